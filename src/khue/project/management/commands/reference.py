"""`khue manage reference`: write docs/reference from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from khue.project.reference import PAGES

FOLDER = Path(__file__).resolve().parents[5] / "docs" / "reference"


class Command(BaseCommand):
    """Write the pages, or with --check say which are out of date."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """One option."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        stale = []
        for name, make in PAGES.items():
            path, text = FOLDER / name, make()
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(name)
            if not options["check"]:
                FOLDER.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                self.stdout.write(f"{path.relative_to(FOLDER.parents[1])} đã được viết lại")
        if stale and options["check"]:
            msg = f"out of date, run ./khue manage reference: {', '.join(stale)}"
            raise CommandError(msg)
