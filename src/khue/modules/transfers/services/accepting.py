"""The receiving school decides: it takes the pupil in with a class, or refuses in writing (tiếp nhận)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.dates import VIETNAM, format_date
from khue.core.errors import Invalid, Refused
from khue.core.names import nfc
from khue.kit import permissions
from khue.modules.people import api as people
from khue.modules.people.data import Release
from khue.modules.register import api as register
from khue.modules.schooling import api as schooling
from khue.modules.transfers import policy, rules
from khue.modules.transfers.models import TransferState
from khue.modules.transfers.services.releasing import depart, load
from khue.modules.transfers.services.requesting import REASON_LENGTH, step
from khue.modules.transfers.services.settling import settle_parcel

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.transfers.models import Transfer


@transaction.atomic
def accept(
    actor: Actor, *, transfer_id: UUID, school_class_id: UUID, on: dt.date | None = None, decision: str = ""
) -> Transfer:
    """Take a released pupil in and put her into a class: both registers, both classes, the marks, at once.

    Within one installation the pupil stays the same person and her results follow by themselves; from
    elsewhere she is made from the verified parcel.
    """
    transfer = load(actor, transfer_id, policy.ACCEPT)
    rules.require(transfer.state, TransferState.ACCEPTED)
    day = on or actor.today
    row = _class(actor, transfer, school_class_id)
    _day_fits(actor, transfer, row, day)
    transfer.decision = nfc(decision).strip()[:200] or f"Đồng ý tiếp nhận, {transfer.code}"
    if transfer.from_school_id is None:
        settle_parcel(actor, transfer, row, day)
    else:
        _move(actor, transfer, row, day)
    transfer.state, transfer.to_class, transfer.accepted_on = TransferState.ACCEPTED, row, day
    transfer.decided_at, transfer.decided_by = actor.now, actor.name
    transfer.save(
        update_fields=[
            "state", "to_class", "accepted_on", "decided_at", "decided_by", "decision", "pupil",
        ]
    )  # fmt: skip
    note = f"{row.name}, {day:%d/%m/%Y}"
    step(actor, transfer, TransferState.ACCEPTED, school=transfer.to_school_id, note=note)
    return transfer


def _move(actor: Actor, transfer: Transfer, row: schooling.SchoolClass, day: dt.date) -> None:
    """A pupil of this installation: the old side first, then the new one."""
    school_id, person_id = transfer.destination, transfer.who
    depart(actor, transfer, day)
    people.move_pupil(
        actor, person_id=person_id, to_school_id=school_id, on=day,
        release=Release(transfer.origin, transfer.code, transfer.id),
    )  # fmt: skip
    register.enter(
        actor, school_id=school_id, person_id=person_id, on=day, kind=register.EventKind.TRANSFERRED_IN,
        facts={
            "level": row.level, "grade": row.grade, "year": row.year.starts_on.year, "class_name": row.name,
            "from_school": transfer.from_name, "transfer": str(transfer.id),
        },
        decision=transfer.decision, decision_on=actor.today,
    )  # fmt: skip
    schooling.enroll(actor, school_class_id=row.id, pupil_id=person_id, since=day)


@transaction.atomic
def refuse(actor: Actor, *, transfer_id: UUID, reason: str) -> Transfer:
    """Refuse in writing, with the reason that the family reads (từ chối bằng văn bản)."""
    transfer = load(actor, transfer_id, policy.REFUSE)
    rules.require(transfer.state, TransferState.REFUSED)
    reason = nfc(reason).strip()
    if len(reason) < REASON_LENGTH:
        raise Invalid("XFER-006", field="reason", length=REASON_LENGTH)
    transfer.state, transfer.refusal = TransferState.REFUSED, reason
    transfer.decided_at, transfer.decided_by = actor.now, actor.name
    transfer.save(update_fields=["state", "refusal", "decided_at", "decided_by"])
    step(actor, transfer, TransferState.REFUSED, school=_acting_for(actor, transfer), note=reason)
    return transfer


@transaction.atomic
def withdraw(actor: Actor, *, transfer_id: UUID, reason: str = "") -> Transfer:
    """The family changed its mind (rút đơn)."""
    transfer = load(actor, transfer_id, policy.WITHDRAW)
    rules.require(transfer.state, TransferState.WITHDRAWN)
    transfer.state = TransferState.WITHDRAWN
    transfer.save(update_fields=["state"])
    school, note = _acting_for(actor, transfer), nfc(reason).strip()
    step(actor, transfer, TransferState.WITHDRAWN, school=school, note=note)
    return transfer


def _acting_for(actor: Actor, transfer: Transfer) -> UUID | None:
    """The school for which the actor stands: the receiving one, if both."""
    if transfer.to_school_id is not None and permissions.can(actor, policy.ACCEPT, transfer):
        return transfer.to_school_id
    return transfer.from_school_id


def _class(actor: Actor, transfer: Transfer, school_class_id: UUID) -> schooling.SchoolClass:
    row = (
        schooling.SchoolClass.objects.select_related("year")
        .filter(pk=school_class_id, school=transfer.to_school_id)
        .first()
    )
    year = row.year if row else None
    fits = year is not None and year.starts_on <= actor.today < year.ends_on
    if row is None or not fits or (row.level, row.grade) != (transfer.level, transfer.grade):
        raise Refused("XFER-008", field="school_class", name=row.name if row else "", grade=transfer.grade)
    return row


def _day_fits(actor: Actor, transfer: Transfer, row: schooling.SchoolClass, day: dt.date) -> None:
    released = transfer.released_at.astimezone(VIETNAM).date() if transfer.released_at else day
    if not max(released, row.year.starts_on) <= day <= actor.today:
        raise Invalid("XFER-009", field="on", day=format_date(day))
