"""What an officer of the department decides: doubtful records, requests to recall or cancel (quyết định)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from khue.core.errors import Conflict, Invalid, KhueError, NotFound, Refused
from khue.kit import audit, outbox, permissions
from khue.modules.store import policy
from khue.modules.store.data import EndAnswer
from khue.modules.store.events import StoredEnded
from khue.modules.store.lineage import lineage_of
from khue.modules.store.models import (
    ItemState,
    ReceivedItem,
    ReceivedRequest,
    RequestKind,
    RequestState,
    StoredRecord,
    StoredState,
    StoreSchool,
)
from khue.modules.store.services.storing import event_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.store.data import EndAsked
    from khue.modules.store.services.receiving import Sender

REASON_LENGTH = 10
LONGEST_AUTHORITY = 200
_ENDS = {RequestKind.RECALL: StoredState.RECALLED, RequestKind.CANCEL: StoredState.CANCELLED}
_COUNTED = (StoredState.ACCEPTED, StoredState.SUPERSEDED, StoredState.RECALLED, StoredState.CANCELLED)


def decide_many(
    actor: Actor, *, record_ids: Collection[UUID], accept: bool, reason: str
) -> tuple[int, list[KhueError]]:
    """Decide several doubtful records by one act; one that cannot be taken stops none of the others."""
    if not record_ids:
        raise Invalid("STO-077")
    done, refusals = 0, []
    for key in sorted(record_ids):
        try:
            decide(actor, record_id=key, accept=accept, reason=reason)
            done += 1
        except NotFound:
            raise
        except KhueError as refusal:
            refusals.append(refusal)
    return done, refusals


@transaction.atomic
def decide(actor: Actor, *, record_id: UUID, accept: bool, reason: str) -> StoredRecord:
    """Take a doubtful record into the store, or reject it; why is kept for ever."""
    record = permissions.load(
        actor, StoredRecord.objects.all(), record_id, see=policy.SEE_RECORD, do=policy.DECIDE, lock=True
    )
    reason = _reason(reason)
    _lock_school(record)
    record.refresh_from_db()
    if record.state != StoredState.HELD:
        raise Conflict("STO-071")
    if accept:
        _take(actor, record)
    record.state = StoredState.ACCEPTED if accept else StoredState.REJECTED
    record.save(update_fields=["state", "replaces"])
    event_of(actor, record, reason=reason).save(force_insert=True)
    ReceivedItem.objects.filter(record=record, state=ItemState.HELD).update(
        state=ItemState.ACCEPTED if accept else ItemState.REJECTED, answered_at=actor.now
    )
    audit.record(
        actor, "store.record.decided", subject=record, unit=record.school_id, reason=reason,
        after={"code": record.code, "version": record.version, "state": str(record.state)},
    )  # fmt: skip
    return record


def _take(actor: Actor, record: StoredRecord) -> None:
    """The rules of versions once more: something may have come while this one waited."""
    rows = StoredRecord.objects.filter(
        school__in=lineage_of(record.school_id), code=record.code, state__in=_COUNTED
    )
    newest = rows.order_by("-version").first()
    if newest is not None and newest.version >= record.version:
        raise Refused("STO-055", stored=newest.version)
    if newest is not None and newest.pk != record.replaces_id:
        raise Refused("STO-057", stored=newest.version)
    page = StoredRecord.objects.filter(
        school__in=lineage_of(record.school_id), transcript=record.transcript, year=record.year,
        state=StoredState.ACCEPTED,
    ).exclude(code=record.code)  # fmt: skip
    other = page.first() if record.transcript else None
    if other is not None:
        raise Refused("STO-060", stored=other.code)
    if newest is not None and newest.state == StoredState.ACCEPTED:
        newest.state = StoredState.SUPERSEDED
        newest.save(update_fields=["state"])
        event_of(actor, newest, reason=f"Thay bằng bản {record.version}").save(force_insert=True)


@transaction.atomic
def receive_request(sender: Sender, asked: EndAsked, sent_id: UUID) -> EndAnswer:
    """A school asks to recall or cancel a record; sent twice it is one request (nhận đề nghị)."""
    known = ReceivedRequest.objects.filter(school=sender.school, sent_id=sent_id).select_related("record")
    found = known.first()
    if found is not None:
        said = (found.kind, found.record.code, found.record.digest, found.reason, found.authority)
        if said != (asked.kind, asked.code, asked.digest, asked.reason, asked.authority):
            raise Conflict("STO-074")
        return EndAnswer(str(sent_id), found.state, found.note)
    if asked.kind not in RequestKind.values:
        raise Invalid("STO-037", what="kind")
    short = len(asked.reason.strip()) < REASON_LENGTH or not asked.authority.strip()
    if short or len(asked.authority) > LONGEST_AUTHORITY:
        raise Invalid("STO-004", field="reason", length=REASON_LENGTH)
    record = StoredRecord.objects.filter(
        school__in=lineage_of(sender.school.pk), code=asked.code, digest=asked.digest,
        state=StoredState.ACCEPTED,
    ).first()  # fmt: skip
    if record is None:
        raise Refused("STO-073")
    row = ReceivedRequest(
        record=record, school=sender.school, sent_id=sent_id, kind=asked.kind, reason=asked.reason,
        authority=asked.authority, received_at=sender.actor.now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("STO-006") from error
    audit.record(
        sender.actor, "store.request.received", subject=row, unit=sender.school.pk, reason=asked.reason,
        after={"code": asked.code, "kind": asked.kind},
    )  # fmt: skip
    return EndAnswer(str(sent_id), row.state)


def request_state(sender: Sender, sent_id: UUID) -> EndAnswer:
    """Where a request of this school stands."""
    row = ReceivedRequest.objects.filter(school=sender.school, sent_id=sent_id).first()
    if row is None:
        raise NotFound("STO-032")
    return EndAnswer(str(sent_id), row.state, row.note)


@transaction.atomic
def decide_request(actor: Actor, *, request_id: UUID, approve: bool, note: str) -> ReceivedRequest:
    """Approve or refuse a recall or a cancellation; the bytes stay in any case (duyệt đề nghị)."""
    row = permissions.load(
        actor,
        ReceivedRequest.objects.all(),
        request_id,
        see=policy.DECIDE_END,
        do=policy.DECIDE_END,
        lock=True,
    )
    note = _reason(note)
    _lock_school(row.record)
    record = StoredRecord.objects.select_for_update(of=("self",)).get(pk=row.record_id)
    if row.state != RequestState.SENT:
        raise Conflict("STO-072")
    if approve:
        if record.state != StoredState.ACCEPTED:  # a newer version came meanwhile
            raise Refused("STO-073")
        record.state = _ENDS[RequestKind(row.kind)]
        record.save(update_fields=["state"])
        event_of(actor, record, reason=row.reason, authority=row.authority).save(force_insert=True)
        outbox.announce(
            actor, StoredEnded(record.school_id, record.code, record.version, str(record.state)),
            unit=record.school_id,
        )  # fmt: skip
    row.state = RequestState.APPROVED if approve else RequestState.REFUSED
    row.note, row.decided_at, row.decided_by = note, actor.now, actor.name
    row.save(update_fields=["state", "note", "decided_at", "decided_by"])
    audit.record(
        actor, "store.request.decided", subject=row, unit=row.school_id, reason=note,
        after={"code": record.code, "state": str(row.state)},
    )  # fmt: skip
    return row


def _lock_school(record: StoredRecord) -> None:
    """As packages do: versions of a school come one by one."""
    StoreSchool.objects.select_for_update(of=("self",)).filter(school=record.school_id).first()


def _reason(text: str) -> str:
    text = text.strip()
    if len(text) < REASON_LENGTH:
        raise Invalid("STO-070", field="reason", length=REASON_LENGTH)
    return text
