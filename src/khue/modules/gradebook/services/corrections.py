"""The correction ritual after closing (sửa điểm): reason → homeroom teacher → principal.

assessment.md 4.6: after a teacher has closed a sheet a mark changes only so. The old value stays
in the history, the sheet counts its corrections, and a request that nobody decides closes itself.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from khue.core.errors import Conflict, Invalid, Refused
from khue.core.ids import uuid7
from khue.kit import audit, outbox, permissions
from khue.modules.gradebook import columns, policy, words
from khue.modules.gradebook.data import Operation
from khue.modules.gradebook.events import CorrectionApplied
from khue.modules.gradebook.models import Cell, CellState, Correction, CorrectionState, Sheet, SheetState
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.services.entry import (
    SPECIAL_STATES,
    Origin,
    apply_operations,
    load_sheet,
)
from khue.modules.gradebook.signed.reopening import sheet_corrected
from khue.modules.gradebook.slots import clean, normalize
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor

REASON_LENGTH = 10


@transaction.atomic
def request_correction(
    actor: Actor, *, sheet_id: UUID, pupil_id: UUID, slot: str, value: str, reason: str,
    base_version: int, state: str = "",
) -> Correction:
    """Ask to change one mark of a closed sheet; the requester gives the new value and a reason."""
    sheet = load_sheet(actor, sheet_id, do=policy.REQUEST_CORRECTION, lock=True)
    if sheet.state == SheetState.OPEN:
        raise Refused("GRADE-032")
    reason = clean(reason)
    if len(reason) < REASON_LENGTH:
        raise Invalid("GRADE-030", field="reason", length=REASON_LENGTH)
    new_state, new_value = _wanted(sheet, pupil_id, slot, value, state)
    cell = Cell.objects.filter(sheet=sheet, pupil=pupil_id, slot=slot).first()
    old = (cell.state, cell.value) if cell else (CellState.EMPTY.value, "")
    if (cell.version if cell else 0) != base_version:
        raise _stale(cell)
    if old == (new_state, new_value):
        raise Invalid("GRADE-035", field="value")
    waiting = _open(sheet, pupil_id, slot)
    expire_corrections(actor, waiting)
    if waiting.exists():
        raise Refused("GRADE-031")
    leads = _leads(actor, sheet)
    correction = Correction.objects.create(
        school_id=sheet.school_id, sheet=sheet, pupil_id=pupil_id, slot=slot,
        base_version=base_version, old_state=old[0], old_value=old[1],
        new_state=new_state, new_value=new_value, reason=reason,
        # The homeroom teacher's own request needs no second confirmation by the same person.
        state=CorrectionState.CONFIRMED if leads else CorrectionState.REQUESTED,
        requested_at=actor.now, requested_by_id=actor.person_id,
        confirmed_at=actor.now if leads else None, confirmed_by_id=actor.person_id if leads else None,
        expires_at=actor.now + dt.timedelta(hours=settings.KHUE_CORRECTION_WINDOW_HOURS),
    )
    audit.record(
        actor, "gradebook.correction.requested", subject=correction, unit=sheet.school_id,
        before=old[1], after=new_value, reason=reason,
    )
    return correction


@transaction.atomic
def confirm_correction(actor: Actor, *, correction_id: UUID) -> Correction:
    """The homeroom teacher confirms a request (GVCN xác nhận, khoản 2 Điều 20 TT 22)."""
    correction = _load(actor, correction_id, policy.CONFIRM_CORRECTION, CorrectionState.REQUESTED)
    _not_the_requester(actor, correction)
    correction.state = CorrectionState.CONFIRMED
    correction.confirmed_at, correction.confirmed_by_id = actor.now, actor.person_id
    correction.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    audit.record(actor, "gradebook.correction.confirmed", subject=correction, unit=correction.school_id)
    return correction


@transaction.atomic
def approve_correction(actor: Actor, *, correction_id: UUID, decision: str = "") -> Correction:
    """The principal approves: the mark changes now, once, and the sheet is closed again by itself."""
    correction = _load(actor, correction_id, policy.APPROVE_CORRECTION, CorrectionState.CONFIRMED)
    _not_the_requester(actor, correction)
    sheet = _lock_sheet(correction)
    if sheet.state == SheetState.OPEN:  # the class was opened again since
        raise Refused("GRADE-032")
    decision = clean(decision)
    if sheet.state == SheetState.SEALED and not decision:
        raise Invalid("GRADE-037", field="decision")
    operation = Operation(
        uuid7(), correction.pupil_id, correction.slot, correction.new_value,
        correction.base_version, correction.new_state,
    )
    origin = Origin(ChangeSource.CORRECTION, correction.id, correction.reason)
    result = apply_operations(actor, sheet, [operation], origin).results[0]
    if result.status != "done":
        raise _stale(
            Cell.objects.filter(sheet=sheet, pupil=correction.pupil_id, slot=correction.slot).first()
        )
    sheet.correction_count += 1
    sheet.save(update_fields=["correction_count"])
    correction.state, correction.decision = CorrectionState.APPLIED, decision
    correction.decided_at, correction.decided_by_id = actor.now, actor.person_id
    correction.save(update_fields=["state", "decision", "decided_at", "decided_by"])
    if sheet.state == SheetState.SEALED:
        closing.freeze_again(actor, sheet, reason=correction.reason, decision=decision)
    sheet_corrected(actor, sheet, reason=correction.reason, decision=decision)
    audit.record(
        actor, "gradebook.correction.applied", subject=correction, unit=correction.school_id,
        before=correction.old_value, after=correction.new_value, reason=correction.reason,
    )
    outbox.announce(
        actor, CorrectionApplied(correction.id, sheet.id, correction.pupil_id), unit=sheet.school_id
    )
    return correction


@transaction.atomic
def reject_correction(actor: Actor, *, correction_id: UUID, refusal: str) -> Correction:
    """The homeroom teacher or the principal says no, with a word why (từ chối)."""
    refusal = clean(refusal)
    if len(refusal) < REASON_LENGTH:
        raise Invalid("GRADE-030", field="refusal", length=REASON_LENGTH)
    waiting = Correction.objects.filter(pk=correction_id).values_list("state", flat=True).first()
    first = waiting == CorrectionState.REQUESTED
    do = policy.CONFIRM_CORRECTION if first else policy.APPROVE_CORRECTION
    wanted = CorrectionState.REQUESTED if first else CorrectionState.CONFIRMED
    correction = _load(actor, correction_id, do, wanted)
    correction.state, correction.refusal = CorrectionState.REJECTED, refusal
    correction.decided_at, correction.decided_by_id = actor.now, actor.person_id
    correction.save(update_fields=["state", "refusal", "decided_at", "decided_by"])
    audit.record(
        actor, "gradebook.correction.rejected", subject=correction, unit=correction.school_id, reason=refusal
    )
    return correction


def expire_corrections(actor: Actor, rows: QuerySet[Correction]) -> int:
    """Note that windows ran out: nothing stays open because somebody forgot (tự khoá lại)."""
    return rows.filter(expires_at__lte=actor.now).update(
        state=CorrectionState.EXPIRED, decided_at=actor.now
    )


def _lock_sheet(correction: Correction) -> Sheet:
    """The sheet, after its class: approvals in one class wait for each other and for its sealing."""
    rows = Sheet.objects.select_related(
        "school_class__school", "school_class__year", "class_subject__subject"
    )
    closing.lock_class(rows.values_list("school_class_id", flat=True).get(pk=correction.sheet_id))
    return rows.select_for_update(of=("self",)).get(pk=correction.sheet_id)


def _load(actor: Actor, key: UUID, do: str, wanted: CorrectionState) -> Correction:
    correction = permissions.load(
        actor, Correction.objects.all(), key, see=policy.SEE_CORRECTION, do=do, lock=True
    )
    if correction.state in {CorrectionState.REQUESTED, CorrectionState.CONFIRMED} and (
        correction.expires_at <= actor.now
    ):
        raise Refused("GRADE-034", at=words.moment(correction.expires_at))
    if correction.state != wanted:
        raise Refused("GRADE-033", state=CorrectionState(correction.state).label)
    return correction


def _not_the_requester(actor: Actor, correction: Correction) -> None:
    if actor.person_id is not None and actor.person_id == correction.requested_by_id:
        raise Refused("GRADE-036")


def _leads(actor: Actor, sheet: Sheet) -> bool:
    homeroom = schooling.homeroom_of(sheet.school_class_id, actor.today)
    return homeroom is not None and homeroom.person_id == actor.person_id


def _open(sheet: Sheet, pupil_id: UUID, slot: str) -> QuerySet[Correction]:
    return Correction.objects.filter(
        sheet=sheet, pupil=pupil_id, slot=slot,
        state__in=(CorrectionState.REQUESTED, CorrectionState.CONFIRMED),
    )


def _wanted(sheet: Sheet, pupil_id: UUID, code: str, value: str, state: str) -> tuple[str, str]:
    slot = next((slot for slot in columns.slots_of(sheet) if slot.code == code), None)
    if slot is None:
        raise Invalid("GRADE-007", slot=code)
    if not schooling.pupils_of_sheet(sheet.school_class_id, sheet.class_subject, {pupil_id}):
        raise Invalid("GRADE-008")
    if state in SPECIAL_STATES:
        if not slot.periodic:
            raise Invalid("GRADE-010", state=CellState(state).label)
        return state, ""
    text = normalize(slot.kind, value)
    return (CellState.MARK.value if text else CellState.EMPTY.value), text


def _stale(cell: Cell | None) -> Conflict:
    return Conflict(
        "GRADE-009",
        by=cell.changed_by if cell else "",
        value=words.content(cell.state, cell.value) if cell else "",
        at=words.moment(cell.changed_at) if cell else "",
    )
