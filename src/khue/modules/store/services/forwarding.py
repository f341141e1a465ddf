"""Handing on what the store has accepted to the Ministry's store (chuyển tiếp lên kho của Bộ).

How the Ministry's store takes transcripts is not published (docs/records/store.md). Until it is, what is
accepted, replaced or ended is written into a folder with an index, from which any program may carry it on.
A batch is numbered before it is written, so that one that was cut off is written again, the same.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from khue.modules.store.models import ForwardBatch, ForwardItem, StoredEvent, StoredRecord, StoredState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

MOST = 1000  # events of one batch
HANDED_ON = (StoredState.ACCEPTED, StoredState.SUPERSEDED, StoredState.RECALLED, StoredState.CANCELLED)


class Forwarder(Protocol):
    """The way to the next store; handing on a batch twice must do no harm."""

    def hand_on(self, number: int, events: Sequence[StoredEvent]) -> None:
        """Hand on these events, with the files of what was accepted."""


class FolderForwarder:
    """A folder: files by year and level, and one index of JSON lines for each batch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_on(self, number: int, events: Sequence[StoredEvent]) -> None:
        """Write the files first, the index last: an index names only what is there."""
        lines = []
        for event in events:
            record = event.record
            place = Path(record.year) / record.level / f"{record.code}-{record.version}.xml"
            if event.state == StoredState.ACCEPTED:
                write(self.folder / place, bytes(record.file.content))
            lines.append(
                {
                    "event": str(event.state), "at": event.at.isoformat(), "code": record.code,
                    "version": record.version, "digest": record.digest, "size": record.size,
                    "school": str(record.school_id), "year": record.year, "level": record.level,
                    "file": place.as_posix(), "reason": event.reason, "authority": event.authority,
                }
            )  # fmt: skip
        text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)
        write(self.folder / f"index-{number:08d}.jsonl", text.encode())


def write(place: Path, data: bytes) -> None:
    """Write a file whole or not at all, and on the disk before anybody is told."""
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(place.name + ".part")
    with beside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(place)


def forwarder() -> Forwarder | None:
    """The way that this installation is set to use; None if it hands on nothing."""
    return FolderForwarder(settings.KHUE_STORE_OUTBOX) if settings.KHUE_STORE_OUTBOX else None


def hand_on_waiting(now: dt.datetime, way: Forwarder | None = None) -> int:
    """Hand on everything that waits; how many events."""
    way = way or forwarder()
    if way is None:
        return 0
    count = 0
    while (batch := _next_batch(now)) is not None:
        events = [
            item.event
            for item in ForwardItem.objects.filter(batch=batch)
            .select_related("event__record__file")
            .order_by("event__at", "event__id")
        ]
        way.hand_on(batch.number, events)
        _done(batch, [event.record_id for event in events], now)
        count += len(events)
    return count


@transaction.atomic
def _next_batch(now: dt.datetime) -> ForwardBatch | None:
    """The batch that was cut off, else a new one of what waits; None if nothing does."""
    begun: ForwardBatch | None = (
        ForwardBatch.objects.select_for_update(of=("self",)).filter(done_at__isnull=True).first()
    )
    if begun is not None:
        return begun
    waiting = StoredEvent.objects.filter(state__in=HANDED_ON, forwarded__isnull=True)
    keys = list(waiting.order_by("at", "id").values_list("id", flat=True)[:MOST])
    if not keys:
        return None
    last = ForwardBatch.objects.aggregate(last=Max("number"))["last"] or 0
    batch = ForwardBatch.objects.create(number=last + 1, made_at=now)
    ForwardItem.objects.bulk_create(ForwardItem(batch=batch, event_id=key) for key in keys)
    return batch


@transaction.atomic
def _done(batch: ForwardBatch, record_ids: Sequence[object], now: dt.datetime) -> None:
    ForwardBatch.objects.filter(pk=batch.pk).update(done_at=now)
    StoredRecord.objects.filter(pk__in=record_ids, forwarded_at__isnull=True).update(forwarded_at=now)
