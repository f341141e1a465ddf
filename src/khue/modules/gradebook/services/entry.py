"""Entering results: the one service behind the grid, the import and off-line work (nhập điểm)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from khue.core.errors import Invalid, KhueError, Refused
from khue.core.ids import uuid7s
from khue.kit import outbox, permissions, prepared, rows
from khue.kit.prepared import Prepared
from khue.modules.gradebook import calculation, columns, history, policy, summer
from khue.modules.gradebook.book import Content
from khue.modules.gradebook.data import BatchResult, Operation, OperationResult
from khue.modules.gradebook.events import CellsChanged
from khue.modules.gradebook.history import NewChange
from khue.modules.gradebook.models import Cell, CellChange, CellState, Sheet, SheetState
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.slots import Slot, normalize, on_paper
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from khue.core.actor import Actor

BATCH_LIMIT = 2000
SPECIAL_STATES = {CellState.PENDING_MAKEUP.value, CellState.ZERO_NO_MAKEUP.value}
CellKey = tuple[UUID, str]
Place = tuple[UUID, UUID, str]  # sheet, pupil, slot
NOTHING = Content(CellState.EMPTY.value, "")
STORED = ("state", "value", "version", "changed_at", "changed_by")


def _sheets() -> QuerySet[Sheet]:
    return Sheet.objects.select_related("school_class", "class_subject__subject")


# The reads of every save (kit/prepared.py).
_sheet_to_change: Prepared[Sheet] = Prepared(
    lambda key: _sheets().filter(pk=key).select_for_update(of=("self",))
)
_done_before: Prepared[tuple[UUID, UUID, UUID, str]] = Prepared(
    lambda keys: CellChange.objects.filter(op_id__in=keys).values_list("op_id", "sheet_id", "pupil", "slot"),
    grows=True,
)
_cells: Prepared[tuple[UUID, str, str, str, int]] = Prepared(
    lambda sheet, pupils: Cell.objects.filter(sheet=sheet, pupil__in=pupils).values_list(
        "pupil_id", "slot", "state", "value", "version"
    ),
    grows=True,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where changes come from: the grid, an import run, a correction."""

    source: ChangeSource = ChangeSource.GRID
    key: UUID | None = None
    reason: str = ""


def record_operations(
    actor: Actor, *, sheet_id: UUID, operations: Sequence[Operation]
) -> BatchResult:
    """Apply a batch of operations to a sheet (nhập điểm, nhận xét).

    Idempotent by `op_id`; a cell changed since `base_version` is a conflict and stays as it is;
    a refused operation changes nothing, the others of the batch are kept.
    """
    if len(operations) > BATCH_LIMIT:
        raise Invalid("GRADE-012", limit=BATCH_LIMIT)
    with transaction.atomic():
        sheet = load_sheet(actor, sheet_id, do=policy.ENTER, lock=True)
        if sheet.state != SheetState.OPEN:
            raise Refused("GRADE-001")
        work = _Work(actor, sheet, Origin())
        results = work.apply(operations)
    # The sheet is free again while the answer is reckoned.
    return work.answered(operations, results)


def load_sheet(actor: Actor, sheet_id: UUID, *, do: str, lock: bool = False) -> Sheet:
    """A sheet in the actor's scope, with its class and subject; locked if asked."""
    if lock:
        found = _sheet_to_change.first(key=sheet_id)
        return permissions.opened(actor, found, see=policy.SEE_SHEET, do=do)
    return permissions.load(actor, _sheets(), sheet_id, see=policy.SEE_SHEET, do=do)


def apply_operations(
    actor: Actor, sheet: Sheet, operations: Sequence[Operation], origin: Origin
) -> BatchResult:
    """Write the changes of a locked sheet whose permission was checked by the caller."""
    work = _Work(actor, sheet, origin)
    return work.answered(operations, work.apply(operations))


@dataclass(slots=True)
class _Work:
    """State of one batch between load and write."""

    actor: Actor
    sheet: Sheet
    origin: Origin
    slots: dict[str, Slot] = field(default_factory=dict)
    pupils: frozenset[UUID] = frozenset()
    done_before: dict[UUID, Place] = field(default_factory=dict)
    cells: dict[CellKey, Content] = field(default_factory=dict)
    touched: dict[CellKey, Content] = field(default_factory=dict)
    changes: list[NewChange] = field(default_factory=list)

    def apply(self, operations: Sequence[Operation]) -> list[OperationResult]:
        """Decide on all operations and write what follows from it."""
        self.prepare(operations)
        results = [self.decide(operation) for operation in operations]
        self.write()
        return results

    def answered(
        self, operations: Sequence[Operation], results: Sequence[OperationResult]
    ) -> BatchResult:
        """What the writer is told."""
        named = _with_authors(self.sheet, operations, results)
        return BatchResult(named, self.calculated(), self.sheet.history_length)

    def prepare(self, operations: Iterable[Operation]) -> None:
        """Load all that the batch needs, whatever its length, in a fixed number of queries."""
        self.slots = {slot.code: slot for slot in columns.slots_of(self.sheet)}
        wanted = {operation.pupil_id for operation in operations}
        self.pupils = frozenset(schooling.pupils_of_sheet(
            self.sheet.school_class_id, self.sheet.class_subject, wanted
        ))
        called = summer.open_to(self.sheet)
        if called is not None:
            self.pupils &= called
        keys = [operation.op_id for operation in operations]
        self.done_before = {
            key: (sheet, pupil, slot) for key, sheet, pupil, slot in _done_before(keys=keys)
        }
        self.cells = {
            (pupil, slot): Content(state, value, version)
            for pupil, slot, state, value, version in _cells(sheet=self.sheet.id, pupils=wanted)
        }

    def decide(self, operation: Operation) -> OperationResult:
        """The fate of one operation; writes nothing yet."""
        cell = self.cells.get((operation.pupil_id, operation.slot))
        earlier = self.done_before.get(operation.op_id)
        if earlier is not None:
            if earlier != (self.sheet.id, operation.pupil_id, operation.slot):
                # The id of another wish: saying «done» would lose this one.
                return _refused(operation, Invalid("GRADE-011"), None)
            return _answer(operation, "done", cell)
        try:
            state, value = self._wanted(operation)
        except KhueError as error:
            return _refused(operation, error, cell)
        now = cell or NOTHING
        if (state, value) == (now.state, now.value) or self._known_from_paper(operation, cell, value):
            return _answer(operation, "same", cell)
        if operation.base_version != now.version:
            return _answer(operation, "conflict", cell, code="GRADE-009")
        new = Content(state, value, now.version + 1)
        return _answer(operation, "done", self._change(operation, now, new))

    def _known_from_paper(self, operation: Operation, cell: Content | None, value: str) -> bool:
        """A file shows «không kiểm tra bù» as 0 or CĐ: reading that again says nothing new."""
        if cell is None or not value or self.origin.source != ChangeSource.IMPORT:
            return False
        return value == on_paper(self.slots[operation.slot].kind, cell.state, cell.value)

    def _wanted(self, operation: Operation) -> tuple[str, str]:
        slot = self.slots.get(operation.slot)
        if slot is None:
            raise Invalid("GRADE-007", slot=operation.slot)
        if operation.pupil_id not in self.pupils:
            raise Invalid("GRADE-008")
        if operation.state in SPECIAL_STATES:
            if not slot.periodic:
                raise Invalid("GRADE-010", state=CellState(operation.state).label)
            return operation.state, ""
        value = normalize(slot.kind, operation.value)
        return (CellState.MARK.value if value else CellState.EMPTY.value), value

    def _change(self, operation: Operation, old: Content, new: Content) -> Content:
        change = NewChange(
            op_id=operation.op_id,
            sheet_id=self.sheet.id,
            pupil=operation.pupil_id,
            slot=operation.slot,
            version=new.version,
            state=new.state,
            value=new.value,
            old_state=old.state,
            old_value=old.value,
            at=self.actor.now,
            actor_person=self.actor.person_id,
            actor_name=self.actor.name,
            source=self.origin.source,
            origin=self.origin.key,
            reason=self.origin.reason,
        )
        key = (operation.pupil_id, operation.slot)
        self.cells[key] = self.touched[key] = new
        self.changes.append(change)
        self.done_before[operation.op_id] = (self.sheet.id, operation.pupil_id, operation.slot)
        return new

    def write(self) -> None:
        """Cells, history and the head of the chain; then the announcement."""
        if not self.changes:
            return
        with prepared.together():
            self._write_cells()
            history.append(self.sheet, self.changes)
            outbox.announce(
                self.actor,
                CellsChanged(
                    self.sheet.id,
                    self.sheet.school_class_id,
                    tuple(dict.fromkeys(pupil for pupil, _ in self.touched)),
                    self.origin.source,
                ),
                unit=self.sheet.school_id,
            )

    def _write_cells(self) -> None:
        now, by = self.actor.now, self.actor.name
        keys = uuid7s(len(self.touched))
        rows.put(
            Cell, ("id", "sheet_id", "pupil_id", "slot", *STORED),
            [
                (key, self.sheet.id, pupil, slot, *content, now, by)
                for key, ((pupil, slot), content) in zip(keys, self.touched.items(), strict=True)
            ],
            unique=("sheet", "pupil", "slot"), update=STORED,
        )  # fmt: skip

    def calculated(self) -> tuple[tuple[UUID, tuple[tuple[str, str], ...]], ...]:
        """The computed columns of the pupils whose cells were touched."""
        pupils = list(dict.fromkeys(pupil for pupil, _ in self.touched))
        return calculation.columns_for(self.sheet, pupils, self.cells)


def _with_authors(
    sheet: Sheet, operations: Sequence[Operation], results: Sequence[OperationResult]
) -> tuple[OperationResult, ...]:
    """Say to those whose wish was not met who wrote what stands there, and when."""
    met = {"done", "same"}
    unmet = {
        (operation.pupil_id, operation.slot)
        for operation, result in zip(operations, results, strict=True)
        if result.status not in met
    }
    if not unmet:
        return tuple(results)
    authors = {
        (cell.pupil_id, cell.slot): (cell.changed_by, cell.changed_at)
        for cell in Cell.objects.filter(sheet=sheet, pupil__in={pupil for pupil, _ in unmet})
    }
    named = []
    for operation, result in zip(operations, results, strict=True):
        by, at = authors.get((operation.pupil_id, operation.slot), ("", None))
        named.append(result if result.status in met else replace(result, by=by, at=at))
    return tuple(named)


def _answer(
    operation: Operation, status: str, cell: Content | None, *, code: str = ""
) -> OperationResult:
    version = cell.version if cell else 0
    state, value = (cell.state, cell.value) if cell else (NOTHING.state, "")
    return OperationResult(operation.op_id, status, version, state, value, code=code)


def _refused(operation: Operation, error: KhueError, cell: Content | None) -> OperationResult:
    found = _answer(operation, "refused", cell, code=error.code)
    return replace(found, params=tuple(error.params.items()))
