"""Fresh revocation lists about every certificate that signs here (danh sách thu hồi)."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

import httpx

from khue.modules.records import trust
from khue.modules.records.models import Certificate
from khue.signing.trust.fetch import addresses_of, fetch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)
MARK = "fetched"


def refresh_revocation(now: dt.datetime, every: dt.timedelta) -> int:
    """Fetch the lists if that is due; how many addresses answered. The demo makes its own."""
    mark = trust.folder(trust.REVOCATION) / MARK
    if trust.demo_pki() is not None or _is_fresh(mark, now, every):
        return 0
    urls = addresses_of(_certificates())
    with httpx.Client(timeout=30, trust_env=False) as http:
        troubles = fetch(urls, trust.current().revocations, http)
    for url, reason in troubles.items():
        log.warning("revocation list %s was not fetched: %s", url, reason)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(now.isoformat(), encoding="ascii")
    return len(urls) - len(troubles)


def _certificates() -> Iterator[bytes]:
    for row in Certificate.objects.filter(ended_at__isnull=True).iterator(chunk_size=500):
        yield bytes(row.content)
        yield from row.intermediates


def _is_fresh(mark: Path, now: dt.datetime, every: dt.timedelta) -> bool:
    if not mark.is_file():
        return False
    return now - dt.datetime.fromisoformat(mark.read_text(encoding="ascii")) < every
