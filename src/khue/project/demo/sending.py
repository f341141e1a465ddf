"""Transcripts go to the department's store, one of them damaged on the way (gửi kho học bạ).

The store answers the damaged file as it would answer any: refused, with the reason; the school sends it again
with one button.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.core.actor import system_actor
from khue.modules.records import api as records
from khue.modules.store.models import PackageItem
from khue.modules.store.services import packaging, receiving, sending, storing
from khue.modules.store.services.receiving import Sender
from khue.project.demo.schools import writing_as

if TYPE_CHECKING:
    import datetime as dt

    from khue.modules.store.models import Package
    from khue.project.demo.schools import School

SPOILT = 1  # which record of the package loses a byte


def send(lower: School, primary: School, now: dt.datetime) -> None:
    """A package of each school: one arrives whole, one with a damaged file."""
    made = [
        packaging.make(writing_as(school.clerk, now), school_id=school.unit.id)[0]
        for school in (lower, primary)
    ]
    records.settle(now)  # the seals of the packages
    for package in made:
        package.refresh_from_db()
    _damaged(made[0], now)
    for package in made:
        sending.send(package.id, now)


def _damaged(package: Package, now: dt.datetime) -> None:
    """What a bad line does: the bytes arrive, but not as they were sent."""
    sender = Sender(package.school, system_actor(package.school.name, now))
    code = receiving.open_package(sender, bytes(package.document.file.content)).code
    items = list(PackageItem.objects.filter(package=package).select_related("document__file"))
    body = bytearray(b"".join(bytes(item.document.file.content) for item in items))
    body[sum(item.size for item in items[:SPOILT]) + items[SPOILT].size // 2] ^= 1
    for offset in range(0, len(body), receiving.LARGEST_CHUNK):
        piece = bytes(body[offset : offset + receiving.LARGEST_CHUNK])
        receiving.append(sender, code=code, offset=offset, content=piece)
    receiving.finish(sender, code=code)
    storing.process_waiting(now)
