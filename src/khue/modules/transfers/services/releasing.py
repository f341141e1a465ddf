"""The school where the pupil is lets her go, with everything she takes along (cho chuyển đi)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from khue.core.actor import ActorKind, system_actor
from khue.core.errors import NotFound, Refused
from khue.kit import permissions
from khue.modules.access import api as access
from khue.modules.records import api as records
from khue.modules.register import api as register
from khue.modules.schooling import api as schooling
from khue.modules.transfers import content, policy, rules
from khue.modules.transfers.compose import gather
from khue.modules.transfers.models import Transfer, TransferState
from khue.modules.transfers.services.requesting import step
from khue.rules import transfers as law

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from uuid import UUID

    from khue.core.actor import Actor

RELEASE = "transfers.release"
PART = 1
LEFT = "Chuyển trường"
PRESENT = frozenset({register.EntryState.STUDYING.value, register.EntryState.SUSPENDED.value})


class ReleaseAct:
    """The principal signs the parcel and so lets the pupil go (kí cho chuyển trường)."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> records.Wanted:
        """The parcel as it would be signed now."""
        transfer = load(actor, subject, policy.RELEASE)
        rules.require(transfer.state, TransferState.RELEASED)
        if actor.person_id is None:
            raise NotFound("KIT-001")
        parcel = gather(actor, transfer).parcel
        school_id = transfer.origin

        def head(version: int, replaces: str) -> str:
            identifier = records.school_identifier(school_id, actor.now)
            return content.head_text(parcel, identifier=identifier, version=version, replaces=replaces)

        title = content.title_of(parcel)
        spec = records.DocumentSpec(content.KIND, transfer.id, PART, school_id, title, head)
        section = records.NewSection(
            content.SECTION, content.SECTION, content.POSITION, transfer.id,
            lambda record: content.parcel_text(parcel, record),
        )  # fmt: skip
        return records.Wanted(
            spec, records.SlotRef("principal"), title, section,
            capacity=access.capacity_of(actor, school_id), facts={"transfer": transfer},
        )  # fmt: skip

    def done(self, actor: Actor, wanted: records.Wanted, signature: records.SignatureRef) -> None:
        """The pupil is released by the signature."""
        transfer = wanted.facts["transfer"]
        transfer.document = signature.document_id
        _released(actor, transfer)


@transaction.atomic
def release(actor: Actor, *, transfer_id: UUID) -> Transfer:
    """Let a pupil go without a signature, where schools do not sign yet (`XFER-010` where they do)."""
    transfer = load(actor, transfer_id, policy.RELEASE)
    rules.require(transfer.state, TransferState.RELEASED)
    if settings.KHUE_SIGNING == "required" and actor.kind is not ActorKind.SYSTEM:
        raise Refused("XFER-010")
    _released(actor, transfer)
    return transfer


def _released(actor: Actor, transfer: Transfer) -> None:
    due = law.deadlines_on(actor.today, same_province=transfer.same_province)
    transfer.state = TransferState.RELEASED
    transfer.released_at, transfer.released_by = actor.now, actor.name
    transfer.decision_due = law.due_on(actor.today, due.consent)
    transfer.placement_due = law.due_on(actor.today, due.consent + due.placement)
    transfer.save(
        update_fields=[
            "state", "released_at", "released_by", "document", "decision_due", "placement_due",
        ]
    )  # fmt: skip
    step(actor, transfer, TransferState.RELEASED, school=transfer.from_school_id)


@transaction.atomic
def hand_over(actor: Actor, *, transfer_id: UUID, received_by: str) -> Transfer:
    """The parcel was given to a school outside: the pupil has left (đã giao gói hồ sơ).

    `received_by` says who took it. The register and the class say so from today.
    """
    transfer = load(actor, transfer_id, policy.HAND_OVER)
    rules.require(transfer.state, TransferState.HANDED_OVER)
    if transfer.to_school_id is not None:
        raise Refused("XFER-011")
    if transfer.document and document_file(transfer) is None:
        raise Refused("XFER-012")
    depart(actor, transfer, actor.today, paper=received_by.strip())
    transfer.state = TransferState.HANDED_OVER
    transfer.save(update_fields=["state"])
    step(
        actor, transfer, TransferState.HANDED_OVER, school=transfer.from_school_id, note=received_by.strip()
    )
    return transfer


def depart(actor: Actor, transfer: Transfer, on: dt.date, *, paper: str = "") -> None:
    """The old school's side: the register says that the pupil left, the class too (ghi chuyển đi).

    It is written in the name of whoever released the pupil: the accepting office has no right there.
    """
    office = replace(system_actor(transfer.released_by or actor.name, actor.now), today=actor.today)
    rows = schooling.ClassMembership.objects.filter(
        school=transfer.from_school_id, pupil=transfer.pupil_id, valid_to__isnull=True
    )
    stays = list(rows.select_related("school_class__year").order_by("id"))
    entry = register.entry_of(transfer.origin, transfer.who)
    if entry is not None and entry.state in PRESENT:
        data = {"to_school": transfer.to_name, "transfer": str(transfer.id)}
        if stays:  # the register need not find out from the class what is written here
            data["left"] = stays[-1].id.hex
        register.record_event(
            office, entry_id=entry.id, kind=register.EventKind.TRANSFERRED_OUT, on=on,
            decision=transfer.code, decision_on=actor.today, paper=paper, data=data,
        )  # fmt: skip
    for stay in stays:
        # Nobody leaves a class on the day of coming into it (`SCH-019`): the pupil would stay in it for ever.
        if stay.valid_from <= on <= stay.school_class.year.ends_on:
            schooling.leave_class(
                office, school_class_id=stay.school_class_id, pupil_id=stay.pupil_id, on=on, status=LEFT
            )


def load(actor: Actor, transfer_id: UUID, do: str) -> Transfer:
    """A transfer in the actor's scope, locked."""
    rows = Transfer.objects.select_related("from_school", "to_school", "from_class__year")
    found: Transfer = permissions.load(actor, rows, transfer_id, see=policy.SEE, do=do, lock=True)
    return found


def document_file(transfer: Transfer) -> bytes | None:
    """The signed and sealed parcel record, once it is issued."""
    files = records.files_of([transfer.id], (content.KIND,))
    return files[-1].content if files else None
