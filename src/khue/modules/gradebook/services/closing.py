"""Closing acts: teacher → homeroom teacher → principal; reopening by decision (chốt sổ, khoá sổ).

Each act is a row that nothing can edit, with the digest of the content that the person saw. Where a
school signs, the acts are made by signing (`signed/acts.py`): it asks the same rules of this file and
comes back with the signature; without one a closing is refused then. Terms: 1, 2, 0 = the year,
3 = after the summer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_noop as _

from khue.core.actor import ActorKind
from khue.core.errors import Conflict, Invalid, KhueError, Refused
from khue.core.ids import uuid7
from khue.kit import audit, outbox, permissions
from khue.kit.words import said
from khue.modules.gradebook import policy, results
from khue.modules.gradebook.attestation import ClosingStatement, attest
from khue.modules.gradebook.book import ClassBook, load_book
from khue.modules.gradebook.data import Operation
from khue.modules.gradebook.digests import digest_of, digest_of_class, digest_of_sheet
from khue.modules.gradebook.events import ClassClosed, ClassReopened, SheetClosed
from khue.modules.gradebook.missing import SheetGaps, gaps_of
from khue.modules.gradebook.models import (
    Cell,
    CellState,
    ClosingAct,
    FrozenResult,
    Sheet,
    SheetKind,
    SheetState,
)
from khue.modules.gradebook.models.acts import ClosingScope
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.services.entry import Origin, apply_operations, load_sheet
from khue.modules.gradebook.services.sheets import open_summer
from khue.modules.gradebook.slots import clean
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from khue.core.actor import Actor

YEAR, SUMMER = 0, 3
TERMS = (1, 2, YEAR, SUMMER)
REASON_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item of a bulk act: done, or the refusal that stopped it."""

    key: UUID
    act_id: UUID | None = None
    refusal: KhueError | None = None


@dataclass(frozen=True, slots=True)
class ClassState:
    """Where a class's term or year stands: open, closed (homeroom teacher), sealed (principal)."""

    state: str
    act: ClosingAct | None = None


@transaction.atomic
def close_sheet(
    actor: Actor, *, sheet_id: UUID, accept_missing: str = "", zero_pending: bool = False, seen: str = ""
) -> ClosingAct:
    """A teacher closes a sheet (GVBM chốt bảng điểm).

    Results that are missing stop it unless the teacher says why (`accept_missing`); what still
    waits for a make-up test becomes 0 or Chưa đạt only by this explicit act (Điều 7 TT 22).
    """
    sheet = load_sheet(actor, sheet_id, do=policy.CLOSE_SHEET, lock=True)
    _without_signature(actor)
    if sheet.state != SheetState.OPEN:
        raise Refused("GRADE-021")
    if seen and seen != digest_of_sheet(sheet):
        raise Conflict("GRADE-023")
    book = load_book(sheet.school_class_id, terms=(sheet.term,), sheet_id=sheet.id)
    return _close(actor, sheet, gaps_of(book, sheet, actor.today), clean(accept_missing), zero_pending)


def close_ready_sheets(actor: Actor, *, sheet_ids: Sequence[UUID]) -> list[Outcome]:
    """Close many sheets in one act; those with gaps stay open and say why."""
    return [_attempt(key, lambda key=key: close_sheet(actor, sheet_id=key)) for key in sheet_ids]


@transaction.atomic
def close_class(actor: Actor, *, school_class_id: UUID, term: int, seen: str = "") -> ClosingAct:
    """The homeroom teacher closes the class's term or year, own sheets included (GVCN chốt)."""
    school_class = load_class(actor, school_class_id, policy.CLOSE_CLASS, term)
    _without_signature(actor)
    if class_state(school_class.id, term).state != "open":
        raise Refused("GRADE-021")
    for sheet in require_class(actor, school_class, term)[0]:
        if sheet.state == SheetState.OPEN:
            _closed(actor, sheet, "")
    return _class_act(actor, school_class, term, "homeroom", seen)


def require_class(
    actor: Actor, school_class: schooling.SchoolClass, term: int, *, whole: bool = False
) -> tuple[list[Sheet], ClassBook | None]:
    """What must be before a class is closed: terms before, every sheet.

    Gives the homeroom teacher's own sheets, and the term's or the `whole` book if it had to be loaded.
    """
    require_terms_before(school_class.id, term)
    sheets = _lock_sheets(school_class, term)
    own = [sheet for sheet in sheets if sheet.class_subject_id is None]
    waiting = [sheet for sheet in sheets if sheet.state == SheetState.OPEN and sheet not in own]
    unfinished = [sheet for sheet in own if sheet.state == SheetState.OPEN]
    book = None
    if unfinished:
        book = load_book(school_class.id, terms=(1, 2, SUMMER) if whole else (term,))
        for sheet in unfinished:
            require_complete(actor, book, sheet)
    if waiting:
        raise Refused("GRADE-022", sheets=names_of(waiting))
    return own, book


@transaction.atomic
def seal_class(actor: Actor, *, school_class_id: UUID, term: int, seen: str = "") -> ClosingAct:
    """The principal approves and seals: sheets are locked, results are frozen (duyệt, khoá sổ)."""
    school_class = load_class(actor, school_class_id, policy.SEAL_CLASS, term)
    _without_signature(actor)
    state = class_state(school_class.id, term)
    if state.state == "sealed":
        raise Refused("GRADE-021")
    if state.state == "open":
        raise Refused("GRADE-024")
    require_terms_before(school_class.id, term)
    return _seal(actor, school_class, term, seen)


def _seal(
    actor: Actor, school_class: schooling.SchoolClass, term: int, seen: str = "",
    signature: records.SignatureRef | None = None,
) -> ClosingAct:  # fmt: skip
    sheets = _lock_sheets(school_class, term)
    act = _class_act(actor, school_class, term, "principal", seen, signature)
    _set_state(sheets, SheetState.SEALED)
    book = load_book(school_class.id)
    _freeze(act, book, term)
    if term == YEAR:
        open_summer(actor, book)
    return act


def sheet_signed(
    actor: Actor, sheet: Sheet, accepted: str, signature: records.SignatureRef, digest: str
) -> ClosingAct:
    """A teacher's signature closes a sheet; a co-teacher's or a second one stands beside the first."""
    return _closed(actor, sheet, accepted, signature, digest)


def class_signed(
    actor: Actor, school_class: schooling.SchoolClass, term: int, signature: records.SignatureRef
) -> None:
    """The homeroom teacher's signature closes a class; a sealed one stays sealed when it is signed again."""
    if class_state(school_class.id, term).state == "sealed":
        return
    for sheet in _lock_sheets(school_class, term):
        if sheet.class_subject_id is None and sheet.state == SheetState.OPEN:
            _closed(actor, sheet, "", signature)
    _class_act(actor, school_class, term, "homeroom", "", signature)


def seal_signed(
    actor: Actor, school_class: schooling.SchoolClass, term: int, signature: records.SignatureRef
) -> None:
    """The principal's signature seals a class; signed again after a correction nothing is frozen anew."""
    if class_state(school_class.id, term).state == "sealed":
        _class_act(actor, school_class, term, "principal", "", signature)
    else:
        _seal(actor, school_class, term, "", signature)


def seal_classes(actor: Actor, *, school_class_ids: Sequence[UUID], term: int) -> list[Outcome]:
    """Seal many classes in one act; a class that is not ready stays as it is and says why."""
    return [
        _attempt(key, lambda key=key: seal_class(actor, school_class_id=key, term=term))
        for key in school_class_ids
    ]


@transaction.atomic
def reopen_class(actor: Actor, *, school_class_id: UUID, term: int, reason: str, decision: str) -> ClosingAct:
    """The principal reopens a closed term or year by a numbered decision (mở lại sổ)."""
    school_class = load_class(actor, school_class_id, policy.REOPEN_CLASS, term)
    reason, decision = clean(reason), clean(decision)
    if len(reason) < REASON_LENGTH or not decision:
        raise Invalid("GRADE-025", field="reason" if len(reason) < REASON_LENGTH else "decision")
    if class_state(school_class.id, term).state == "open":
        raise Refused("GRADE-026")
    after = {1: YEAR, 2: YEAR, YEAR: SUMMER}.get(term)
    if after is not None and class_state(school_class.id, after).state != "open":
        raise Refused("GRADE-028", later=TERM_NAMES[after], term=TERM_NAMES[term])
    _set_state(_lock_sheets(school_class, term), SheetState.OPEN)
    records.withdraw(actor, subject=school_class.id, part=term, reason=reason, authority=decision)
    act = _write_act(
        actor, school_class, term=term, step="principal", closes=False, reason=reason, decision=decision,
        digest=digest_of_class(school_class.id, term),
    )
    outbox.announce(actor, ClassReopened(school_class.id, term, act.id), unit=school_class.school_id)
    return act


def freeze_again(actor: Actor, sheet: Sheet, *, reason: str, decision: str) -> None:
    """After a correction in a sealed class: a new version of the results that changed; old ones stay."""
    book = load_book(sheet.school_class_id)
    terms = [sheet.term] if sheet.term in {1, 2} else [SUMMER]
    terms += [term for term in (YEAR, SUMMER) if term not in terms]
    for term in terms:
        if class_state(sheet.school_class_id, term).state != "sealed":
            continue
        act = _write_act(
            actor, book.school_class, term=term, step="principal", closes=True, reason=reason,
            decision=decision, digest=digest_of_class(sheet.school_class_id, term),
        )
        _freeze(act, book, term)


def class_state(school_class_id: UUID, term: int) -> ClassState:
    """The state of a class's term or year, from its last act."""
    return class_states([school_class_id]).get((school_class_id, term), ClassState("open"))


def class_states(school_class_ids: Iterable[UUID]) -> dict[tuple[UUID, int], ClassState]:
    """States of many classes by (class, term), in one query; what is absent is open."""
    found: dict[tuple[UUID, int], ClassState] = {}
    acts = ClosingAct.objects.filter(school_class__in=list(school_class_ids)).exclude(
        scope=ClosingScope.SHEET
    )
    for act in acts.order_by("at", "id"):
        state = "open"
        if act.closes:
            state = "sealed" if act.step == "principal" else "closed"
        found[act.school_class_id, act.term] = ClassState(state, act)
    return found


def _attempt(key: UUID, act: object) -> Outcome:
    try:
        done: ClosingAct = act()  # type: ignore[operator]
    except KhueError as refusal:
        return Outcome(key, refusal=refusal)
    return Outcome(key, act_id=done.id)


def load_class(actor: Actor, key: UUID, do: str, term: int) -> schooling.SchoolClass:
    """A class in the actor's scope, locked against other acts upon it."""
    if term not in TERMS:
        raise Invalid("KIT-003", field="term")
    rows = schooling.SchoolClass.objects.select_related("school", "year")
    school_class = permissions.load(actor, rows, key, see=policy.SEE_CLASS, do=do)
    lock_class(school_class.id)
    return school_class


def lock_class(school_class_id: UUID) -> None:
    """Let acts upon one class wait for each other: first the class, then its sheets.

    Not a full lock: a teacher who closes a sheet refers to the class and must not wait for it.
    """
    rows = schooling.SchoolClass.objects.select_for_update(of=("self",), no_key=True)
    rows.filter(pk=school_class_id).values_list("pk").get()


def _lock_sheets(school_class: schooling.SchoolClass, term: int) -> list[Sheet]:
    """The sheets of a term, locked; the year has none: it rests on sealed ones, guarded by the class."""
    rows = Sheet.objects.select_for_update(of=("self",)).filter(school_class=school_class, term=term)
    return list(rows.select_related("school_class", "class_subject__subject").order_by("id"))


def _set_state(sheets: Iterable[Sheet], state: SheetState) -> None:
    Sheet.objects.filter(pk__in=[sheet.id for sheet in sheets]).update(state=state)


def require_terms_before(school_class_id: UUID, term: int) -> None:
    """The year needs both terms sealed, the summer the year."""
    needed = {YEAR: (1, 2), SUMMER: (YEAR,)}.get(term, ())
    for before in needed:
        if class_state(school_class_id, before).state != "sealed":
            raise Refused("GRADE-027", term=TERM_NAMES[before])


TERM_NAMES = {1: _("học kì I"), 2: _("học kì II"), YEAR: _("năm học"), SUMMER: _("sau hè")}


def _close(
    actor: Actor, sheet: Sheet, gaps: SheetGaps, accept_missing: str, zero_pending: bool  # noqa: FBT001
) -> ClosingAct:
    if gaps.pending and not zero_pending:
        raise Refused("GRADE-020", missing=_named(sheet, gaps))
    if gaps.empty and len(accept_missing) < REASON_LENGTH:
        raise Refused("GRADE-020", missing=_named(sheet, gaps))
    if gaps.pending:
        _no_makeup(actor, sheet, gaps)
    return _closed(actor, sheet, accept_missing)


def require_complete(actor: Actor, book: ClassBook, sheet: Sheet, accept_missing: str = "") -> str:
    """Nothing is missing in a sheet, or its teacher says why; gives the reason that counts."""
    gaps, reason = gaps_of(book, sheet, actor.today), clean(accept_missing)
    if gaps.pending or (gaps.empty and len(reason) < REASON_LENGTH):
        raise Refused("GRADE-020", missing=_named(sheet, gaps))
    return reason if gaps.empty else ""


@transaction.atomic
def no_makeup(actor: Actor, *, sheet_id: UUID) -> int:
    """What still waits for a make-up test becomes 0 or Chưa đạt, by this explicit act (Điều 7 TT 22)."""
    sheet = load_sheet(actor, sheet_id, do=policy.CLOSE_SHEET, lock=True)
    if sheet.state != SheetState.OPEN:
        raise Refused("GRADE-021")
    book = load_book(sheet.school_class_id, terms=(sheet.term,), sheet_id=sheet.id)
    gaps = gaps_of(book, sheet, actor.today)
    if gaps.pending:
        _no_makeup(actor, sheet, gaps)
    return len(gaps.pending)


def _closed(
    actor: Actor, sheet: Sheet, accept_missing: str, signature: records.SignatureRef | None = None,
    digest: str = "",
) -> ClosingAct:  # fmt: skip
    if sheet.state == SheetState.OPEN:
        sheet.state = SheetState.CLOSED
        sheet.save(update_fields=["state"])
    act = _write_act(
        actor, sheet.school_class, term=sheet.term, closes=True, reason=accept_missing, sheet=sheet,
        step="homeroom" if sheet.class_subject_id is None else "teacher",
        digest=digest or digest_of_sheet(sheet), signature=signature,
    )
    outbox.announce(actor, SheetClosed(sheet.id, act.id), unit=sheet.school_id)
    return act


def _without_signature(actor: Actor) -> None:
    """Where a school signs, a person closes a term by signing only; former years come in without."""
    if settings.KHUE_SIGNING == "required" and actor.kind is not ActorKind.SYSTEM:
        raise Refused("GRADE-056")


def _no_makeup(actor: Actor, sheet: Sheet, gaps: SheetGaps) -> None:
    versions = {
        (cell.pupil_id, cell.slot): cell.version
        for cell in Cell.objects.filter(sheet=sheet, state=CellState.PENDING_MAKEUP)
    }
    operations = [
        Operation(
            uuid7(), gap.pupil_id, gap.slot.code, "", versions[gap.pupil_id, gap.slot.code],
            CellState.ZERO_NO_MAKEUP,
        )
        for gap in gaps.pending
    ]
    apply_operations(actor, sheet, operations, Origin(ChangeSource.CLOSING, reason="Không kiểm tra bù"))


def _class_act(
    actor: Actor, school_class: schooling.SchoolClass, term: int, step: str, seen: str,
    signature: records.SignatureRef | None = None,
) -> ClosingAct:  # fmt: skip
    digest = digest_of_class(school_class.id, term)
    if seen and seen != digest:
        raise Conflict("GRADE-023")
    act = _write_act(
        actor, school_class, term=term, step=step, closes=True, digest=digest, signature=signature
    )
    outbox.announce(actor, ClassClosed(school_class.id, term, step, act.id), unit=school_class.school_id)
    return act


def _write_act(
    actor: Actor, school_class: schooling.SchoolClass, *, term: int, step: str, closes: bool, digest: str,
    reason: str = "", decision: str = "", sheet: Sheet | None = None,
    signature: records.SignatureRef | None = None,
) -> ClosingAct:
    scope = ClosingScope.CLASS_TERM if term in {1, 2} else ClosingScope.CLASS_YEAR
    if sheet is not None:
        scope = ClosingScope.SHEET
    at = actor.now if sheet is not None else _after_the_last(school_class, actor.now)
    statement = ClosingStatement(
        scope=scope.value, step=step, school_class=str(school_class.id), sheet=str(sheet.id) if sheet else "",
        term=term, person=str(actor.person_id or ""), person_name=actor.name, at=at.isoformat(),
        content_digest=digest, history_head=sheet.history_head if sheet else "",
        correction_count=sheet.correction_count if sheet else 0,
    )
    act = ClosingAct.objects.create(
        school_id=school_class.school_id, school_class=school_class, sheet=sheet, scope=scope, term=term,
        step=step, closes=closes, at=at, person=actor.person_id, person_name=actor.name, reason=reason,
        decision=decision, content_digest=digest, attestation=attest(statement, signature),
    )
    audit.record(
        actor, f"gradebook.{scope.value}.{'closed' if closes else 'reopened'}",
        subject=sheet or school_class, unit=school_class.school_id,
        after={"term": term, "step": step, "digest": digest}, reason=reason,
    )
    return act


def _after_the_last(school_class: schooling.SchoolClass, now: dt.datetime) -> dt.datetime:
    """A clock that was set back puts no act before the one that it follows; the class is locked."""
    acts = ClosingAct.objects.filter(school_class=school_class).exclude(scope=ClosingScope.SHEET)
    last = acts.aggregate(last=Max("at"))["last"]
    return now if last is None or last < now else last + dt.timedelta(microseconds=1)


def _freeze(act: ClosingAct, book: ClassBook, term: int) -> None:
    last: dict[UUID, FrozenResult] = {}
    for row in FrozenResult.objects.filter(school_class=book.school_class, term=term).order_by("version"):
        last[row.pupil_id] = row
    new = []
    for frozen in results.to_freeze(book, term):
        before = last.get(frozen.pupil_id)
        digest = digest_of(frozen.content)
        if before is not None and before.digest == digest:
            continue
        new.append(
            FrozenResult(
                school_id=act.school_id, school_class=book.school_class, pupil_id=frozen.pupil_id, term=term,
                version=before.version + 1 if before else 1, regime=book.school_class.regime, closing=act,
                level=frozen.level, conduct=frozen.conduct, title=frozen.title, decision=frozen.decision,
                content=frozen.content, digest=digest,
            )
        )
    FrozenResult.objects.bulk_create(new)


def _named(sheet: Sheet, gaps: SheetGaps) -> str:
    """For a refusal only, so in the language of who reads it."""
    return f"{said(sheet_name(sheet))} ({gaps.in_words()})"


def names_of(sheets: Sequence[Sheet]) -> str:
    """Sheets by their names, for a refusal."""
    return ", ".join(said(sheet_name(sheet)) for sheet in sheets)


def sheet_name(sheet: Sheet) -> str:
    """The name of a sheet as people say it: its subject, or what the homeroom teacher keeps in it."""
    if sheet.class_subject is not None:
        return str(sheet.class_subject.subject.name)
    return _("Phẩm chất, năng lực") if sheet.kind == SheetKind.TRAITS else _("Rèn luyện, chuyên cần")
