"""Entering results: the one service behind the grid, the import and off-line work (nhập điểm)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from khue.core.errors import Invalid, KhueError, Refused
from khue.core.ids import uuid7
from khue.kit import outbox, permissions, rows
from khue.modules.gradebook import calculation, columns, history, policy, summer
from khue.modules.gradebook.data import BatchResult, Operation, OperationResult
from khue.modules.gradebook.events import CellsChanged
from khue.modules.gradebook.models import Cell, CellChange, CellState, Sheet, SheetState
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.slots import Slot, normalize, on_paper
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from khue.core.actor import Actor

BATCH_LIMIT = 2000
SPECIAL_STATES = {CellState.PENDING_MAKEUP.value, CellState.ZERO_NO_MAKEUP.value}
CellKey = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where changes come from: the grid, an import run, a correction."""

    source: ChangeSource = ChangeSource.GRID
    key: UUID | None = None
    reason: str = ""


@transaction.atomic
def record_operations(
    actor: Actor, *, sheet_id: UUID, operations: Sequence[Operation]
) -> BatchResult:
    """Apply a batch of operations to a sheet (nhập điểm, nhận xét).

    Idempotent by `op_id`; a cell changed since `base_version` is a conflict and stays as it is;
    a refused operation changes nothing, the others of the batch are kept.
    """
    if len(operations) > BATCH_LIMIT:
        raise Invalid("GRADE-012", limit=BATCH_LIMIT)
    sheet = load_sheet(actor, sheet_id, do=policy.ENTER, lock=True)
    if sheet.state != SheetState.OPEN:
        raise Refused("GRADE-001")
    return apply_operations(actor, sheet, operations, Origin())


def load_sheet(actor: Actor, sheet_id: UUID, *, do: str, lock: bool = False) -> Sheet:
    """A sheet in the actor's scope, with its class and subject; locked if asked."""
    sheets = Sheet.objects.select_related("school_class", "class_subject__subject")
    return permissions.load(actor, sheets, sheet_id, see=policy.SEE_SHEET, do=do, lock=lock)


def apply_operations(
    actor: Actor, sheet: Sheet, operations: Sequence[Operation], origin: Origin
) -> BatchResult:
    """Write the changes of a locked sheet whose permission was checked by the caller."""
    work = _Work(actor, sheet, origin)
    work.prepare(operations)
    results = tuple(work.decide(operation) for operation in operations)
    work.write()
    return BatchResult(results, work.calculated(), sheet.history_length)


@dataclass(slots=True)
class _Work:
    """State of one batch between load and write."""

    actor: Actor
    sheet: Sheet
    origin: Origin
    slots: dict[str, Slot] = field(default_factory=dict)
    pupils: frozenset[UUID] = frozenset()
    done_before: dict[UUID, CellChange] = field(default_factory=dict)
    cells: dict[CellKey, Cell] = field(default_factory=dict)
    touched: dict[CellKey, Cell] = field(default_factory=dict)
    changes: list[CellChange] = field(default_factory=list)

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
            change.op_id: change for change in CellChange.objects.filter(op_id__in=keys)
        }
        self.cells = {
            (cell.pupil_id, cell.slot): cell
            for cell in Cell.objects.filter(sheet=self.sheet, pupil__in=wanted)
        }

    def decide(self, operation: Operation) -> OperationResult:
        """The fate of one operation; writes nothing yet."""
        cell = self.cells.get((operation.pupil_id, operation.slot))
        earlier = self.done_before.get(operation.op_id)
        if earlier is not None:
            if (earlier.sheet_id, earlier.pupil, earlier.slot) != (
                self.sheet.id, operation.pupil_id, operation.slot,
            ):  # the id of another wish: saying «done» would lose this one
                return _refused(operation, Invalid("GRADE-011"), None)
            return _answer(operation, "done", cell)
        try:
            state, value = self._wanted(operation)
        except KhueError as error:
            return _refused(operation, error, cell)
        now_state = cell.state if cell else CellState.EMPTY.value
        now_value = cell.value if cell else ""
        if (state, value) == (now_state, now_value) or self._known_from_paper(operation, cell, value):
            return _answer(operation, "same", cell)
        if operation.base_version != (cell.version if cell else 0):
            return _answer(operation, "conflict", cell, code="GRADE-009")
        cell = self._change(operation, cell, state, value)
        return _answer(operation, "done", cell)

    def _known_from_paper(self, operation: Operation, cell: Cell | None, value: str) -> bool:
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

    def _change(self, operation: Operation, cell: Cell | None, state: str, value: str) -> Cell:
        change = CellChange(
            op_id=operation.op_id,
            sheet_id=self.sheet.id,
            pupil=operation.pupil_id,
            slot=operation.slot,
            version=(cell.version if cell else 0) + 1,
            state=state,
            value=value,
            old_state=cell.state if cell else CellState.EMPTY.value,
            old_value=cell.value if cell else "",
            at=self.actor.now,
            actor_person=self.actor.person_id,
            actor_name=self.actor.name,
            source=self.origin.source,
            origin=self.origin.key,
            reason=self.origin.reason,
        )
        if cell is None:
            cell = Cell(
                id=uuid7(), sheet_id=self.sheet.id, pupil_id=operation.pupil_id, slot=operation.slot
            )
        cell.state, cell.value, cell.version = state, value, change.version
        cell.changed_at, cell.changed_by = self.actor.now, self.actor.name
        key = (operation.pupil_id, operation.slot)
        self.cells[key] = self.touched[key] = cell
        self.changes.append(change)
        self.done_before[operation.op_id] = change
        return cell

    def write(self) -> None:
        """Cells, history and the head of the chain; then the announcement."""
        if not self.changes:
            return
        write_cells(self.touched.values())
        history.append(self.sheet, self.changes)
        rows.insert(self.changes)
        self.sheet.save(update_fields=["history_head", "history_length"])
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

    def calculated(self) -> tuple[tuple[UUID, tuple[tuple[str, str], ...]], ...]:
        """The computed columns of the pupils whose cells were touched."""
        pupils = list(dict.fromkeys(pupil for pupil, _ in self.touched))
        return calculation.columns_for(self.sheet, pupils, self.cells)


def write_cells(cells: Iterable[Cell]) -> None:
    """Insert or update cells in one statement."""
    rows.insert(
        list(cells), unique=("sheet", "pupil", "slot"),
        update=("state", "value", "version", "changed_at", "changed_by"),
    )  # fmt: skip


def _answer(
    operation: Operation, status: str, cell: Cell | None, *, code: str = ""
) -> OperationResult:
    if cell is None:
        return OperationResult(operation.op_id, status, state=CellState.EMPTY.value, code=code)
    return OperationResult(
        operation.op_id, status, cell.version, cell.state, cell.value, cell.changed_by,
        cell.changed_at, code,
    )


def _refused(operation: Operation, error: KhueError, cell: Cell | None) -> OperationResult:
    found = _answer(operation, "refused", cell, code=error.code)
    return OperationResult(
        found.op_id, found.status, found.version, found.state, found.value, found.by, found.at,
        error.code, tuple(error.params.items()),
    )
