"""Packages that have come are verified and stored, group by group (kiểm tra và nhận vào kho).

Verification holds no lock and no transaction; each group is written in one. A process that is killed
leaves the group it was at unanswered, and whoever comes next goes on there: an answer is given once.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from khue.core.actor import system_actor
from khue.kit import audit, outbox, rows
from khue.modules.store import judging
from khue.modules.store.events import PackageAnswered
from khue.modules.store.lineage import lineage_of, seals_of
from khue.modules.store.models import (
    ItemReport,
    ItemState,
    Receipt,
    ReceiptState,
    ReceivedChunk,
    ReceivedItem,
    StoredEvent,
    StoredFile,
    StoredRecord,
    StoredState,
    StoreSchool,
)
from khue.modules.store.verifying import Judged, verifier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from uuid import UUID

    from khue.core.actor import Actor

GROUP = 200  # records of one transaction
PATIENCE = dt.timedelta(minutes=15)  # longer than a package may take; then another process goes on
ACTOR = "Kho học bạ"
PIECES = 8  # read at once
Checked = tuple[ReceivedItem, bytes, Judged]


def process_waiting(now: dt.datetime) -> int:
    """Verify and answer whatever waits; how many records were answered."""
    waiting = Receipt.objects.filter(state=ReceiptState.RECEIVED).order_by("received_at", "id")
    return sum(process(key, now) for key in list(waiting.values_list("id", flat=True)))


def process(receipt_id: UUID, now: dt.datetime, *, workers: int = 0) -> int:
    """Verify and answer one package; 0 if another process is at it."""
    quiet = Q(working_since__isnull=True) | Q(working_since__lt=now - PATIENCE)
    mine = Receipt.objects.filter(quiet, pk=receipt_id, state=ReceiptState.RECEIVED)
    if not mine.update(working_since=now):
        return 0
    try:
        return _process(Receipt.objects.get(pk=receipt_id), now, workers)
    finally:
        Receipt.objects.filter(pk=receipt_id).update(working_since=None)


def _process(receipt: Receipt, now: dt.datetime, workers: int) -> int:
    items = list(ReceivedItem.objects.filter(receipt=receipt))
    waiting = {item.id for item in items if item.state == ItemState.WAITING}
    actor = system_actor(ACTOR, now)
    with verifier(len(waiting), workers) as verify:
        for group in _groups(_files(receipt, items, waiting)):
            found = verify([data for _, data in group], now)
            store(actor, receipt, [(item, data, one) for (item, data), one in zip(group, found, strict=True)])
    _answered(actor, receipt)
    return len(waiting)


def _groups(files: Iterable[tuple[ReceivedItem, bytes]]) -> Iterator[list[tuple[ReceivedItem, bytes]]]:
    rest = iter(files)
    while group := list(islice(rest, GROUP)):
        yield group


def _files(
    receipt: Receipt, items: Sequence[ReceivedItem], wanted: Collection[UUID]
) -> Iterator[tuple[ReceivedItem, bytes]]:
    """The files that are wanted, cut from the pieces as they came; one pass, little memory."""
    pieces = ReceivedChunk.objects.filter(receipt=receipt).order_by("offset")
    buffer, read = bytearray(), 0
    for item in items:
        while len(buffer) < item.size:
            for content in pieces.filter(offset__gte=read).values_list("content", flat=True)[:PIECES]:
                buffer += content
                read += len(content)
        if item.id in wanted:
            yield item, bytes(buffer[: item.size])
        del buffer[: item.size]


@transaction.atomic
def store(actor: Actor, receipt: Receipt, group: Sequence[Checked]) -> None:
    """Write the answers of some records; the school's row is locked, so that versions come one by one."""
    door, _ = StoreSchool.objects.get_or_create(
        school_id=receipt.school_id, defaults={"set_at": actor.now, "set_by": actor.name}
    )
    StoreSchool.objects.select_for_update(of=("self",)).get(pk=door.pk)
    line = lineage_of(receipt.school_id)
    seals = seals_of(line)
    unanswered = set(
        ReceivedItem.objects.filter(
            pk__in=[item.id for item, _, _ in group], state=ItemState.WAITING
        ).values_list("id", flat=True)
    )
    group = [one for one in group if one[0].id in unanswered]
    held = judging.holdings(
        line, [item.code for item, _, _ in group], [one.facts.get("transcript", "") for _, _, one in group]
    )
    written = _Written(actor, receipt)
    for item, data, judged in group:
        ruling = judging.rule(item, judged, seals, held)
        record = ruling.record
        if record is None and ruling.state in {ItemState.ACCEPTED, ItemState.HELD}:
            record = written.take(item, data, judged, ruling)
            held.add(record)
        written.answer(item, judged, ruling, record)
    written.write()


class _Written:
    """The rows of one group, written together."""

    def __init__(self, actor: Actor, receipt: Receipt) -> None:
        self.actor, self.receipt = actor, receipt
        self.records: list[StoredRecord] = []
        self.files: list[StoredFile] = []
        self.events: list[StoredEvent] = []
        self.items: list[ReceivedItem] = []
        self.reports: list[ItemReport] = []
        self.over: list[StoredRecord] = []

    def take(self, item: ReceivedItem, data: bytes, judged: Judged, ruling: judging.Ruling) -> StoredRecord:
        """A record for the store, in force or held."""
        state = StoredState.ACCEPTED if ruling.state is ItemState.ACCEPTED else StoredState.HELD
        record = StoredRecord(
            school_id=self.receipt.school_id, code=item.code, version=item.version, kind=item.kind,
            year=judged.facts.get("year", "")[:9], level=judged.facts.get("level", "")[:4],
            transcript=judged.facts.get("transcript", "")[:60], digest=item.digest, size=item.size,
            state=state, replaces=ruling.replaces, stored_at=self.actor.now,
        )  # fmt: skip
        before = ruling.replaces
        if state is StoredState.ACCEPTED and before is not None and before.state == StoredState.ACCEPTED:
            before.state = StoredState.SUPERSEDED
            self.over.append(before)
            self.events.append(event_of(self.actor, before, reason=f"Thay bằng bản {record.version}"))
        self.records.append(record)
        self.files.append(StoredFile(record=record, content=data, digest=item.digest))
        self.events.append(event_of(self.actor, record, reasons=ruling.reasons))
        return record

    def answer(
        self, item: ReceivedItem, judged: Judged, ruling: judging.Ruling, record: StoredRecord | None
    ) -> None:
        """The answer for one record, with what its verification found."""
        item.state, item.reasons, item.record = ruling.state, list(ruling.reasons), record
        item.answered_at = self.actor.now
        self.items.append(item)
        self.reports.append(
            ItemReport(item=item, verdict=judged.verdict, checked_at=self.actor.now, report=judged.report)
        )

    def write(self) -> None:
        """Write it all; those that are superseded first, because one version is in force at a time."""
        StoredRecord.objects.bulk_update(self.over, ["state"])
        rows.insert(self.records)
        StoredFile.objects.bulk_create(self.files, batch_size=50)
        rows.insert(self.events)
        rows.insert(self.items, unique=("id",), update=("state", "reasons", "record", "answered_at"))
        rows.insert(self.reports)


def event_of(
    actor: Actor, record: StoredRecord, *, reasons: Sequence[dict[str, Any]] = (), reason: str = "",
    authority: str = "",
) -> StoredEvent:  # fmt: skip
    """A step in the life of a record, not saved yet."""
    return StoredEvent(
        record=record, state=record.state, at=actor.now, person=actor.person_id, person_name=actor.name,
        reasons=list(reasons), reason=reason, authority=authority,
    )  # fmt: skip


@transaction.atomic
def _answered(actor: Actor, receipt: Receipt) -> None:
    """Every record has its answer: the pieces go, the school may read."""
    row = Receipt.objects.select_for_update(of=("self",)).defer("manifest").get(pk=receipt.pk)
    items = ReceivedItem.objects.filter(receipt=row)
    if row.state != ReceiptState.RECEIVED or items.filter(state=ItemState.WAITING).exists():
        return
    ReceivedChunk.objects.filter(receipt=row).delete()
    row.state, row.answered_at = ReceiptState.ANSWERED, actor.now
    row.save(update_fields=["state", "answered_at"])
    counts = dict(Counter(items.order_by("state").values_list("state", flat=True)))
    audit.record(
        actor, "store.package.answered", subject=row, unit=row.school_id, after={"code": row.code, **counts}
    )
    outbox.announce(actor, PackageAnswered(row.school_id, row.code), unit=row.school_id)


def process_small(school_id: UUID, code: str, now: dt.datetime, most: int) -> int:
    """Verify a package at once if it has few records; larger ones wait for the worker."""
    found = Receipt.objects.filter(school=school_id, code=code, state=ReceiptState.RECEIVED, count__lte=most)
    key = found.values_list("id", flat=True).first()
    return process(key, now) if key is not None else 0
