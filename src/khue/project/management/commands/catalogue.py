"""`khue manage catalogue`: bring the English catalogue up to date with the source, compile both."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from khue.project import catalogue


class Command(BaseCommand):
    """Write the English django.po and both django.mo; say which messages still have no English."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the source, keep what is translated, drop what nothing says any more."""
        places, written = catalogue.messages(), catalogue.read()
        kept = {message: written[message] for message in places if message in written}
        path = catalogue.ENGLISH
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(catalogue.po_text(places, kept), encoding="utf-8")
        path.with_suffix(".mo").write_bytes(catalogue.mo_bytes(kept))
        borrowed = catalogue.mo_bytes(catalogue.read(catalogue.VIETNAMESE), catalogue.BORROWED_HEADER)
        catalogue.VIETNAMESE.with_suffix(".mo").write_bytes(borrowed)
        for message in places:
            if not all(kept.get(message, ("",))):
                self.stdout.write(f"chưa có tiếng Anh: {message[1]}")
        self.stdout.write(f"{len(kept)} câu, bỏ {len(written) - len(kept)}")
