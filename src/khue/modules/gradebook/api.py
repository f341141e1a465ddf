"""What other modules may call of the gradebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Refused
from khue.core.ids import uuid7
from khue.kit import permissions
from khue.modules.gradebook import history, policy
from khue.modules.gradebook.attestation import use_attestor
from khue.modules.gradebook.book import ClassBook, load_book
from khue.modules.gradebook.columns import slots_of
from khue.modules.gradebook.data import BatchResult, CellContent, Operation, OperationResult
from khue.modules.gradebook.models import CellChange, FrozenResult, Sheet, SheetKind, SheetState
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.queries import cells_of as _cells_of
from khue.modules.gradebook.queries import sheet_lines, waiting_for
from khue.modules.gradebook.results import class_results, pupil_result, term_averages
from khue.modules.gradebook.services.closing import (
    class_state,
    class_states,
    close_class,
    close_ready_sheets,
    close_sheet,
    seal_class,
    seal_classes,
)
from khue.modules.gradebook.services.entry import Origin, apply_operations, load_sheet, record_operations
from khue.modules.gradebook.services.sheets import open_sheets, summer_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor

__all__ = [
    "BatchResult",
    "CellContent",
    "ClassBook",
    "FrozenResult",
    "Operation",
    "OperationResult",
    "Sheet",
    "SheetKind",
    "SheetState",
    "cells_of",
    "class_results",
    "class_state",
    "class_states",
    "close_class",
    "close_ready_sheets",
    "close_sheet",
    "import_cells",
    "keep_layout",
    "load_book",
    "open_sheets",
    "pupil_result",
    "record_operations",
    "require_import",
    "seal_class",
    "seal_classes",
    "sheet_lines",
    "sheets_of",
    "slots_of",
    "summer_sheet",
    "term_averages",
    "undo_import",
    "use_attestor",
    "verify_history",
    "waiting_for",
    "withdraw_sheets",
]

verify_history = history.verify


def sheets_of(school_class_id: UUID, term: int) -> dict[UUID | str, Sheet]:
    """The sheets of a class in a term by class subject; the homeroom teacher's by their kind."""
    rows = Sheet.objects.filter(school_class=school_class_id, term=term).select_related(
        "school_class", "class_subject__subject"
    )
    return {sheet.class_subject_id or sheet.kind: sheet for sheet in rows}


def cells_of(sheet_id: UUID) -> dict[tuple[UUID, str], CellContent]:
    """All cells of a sheet."""
    return {
        (pupil, slot): CellContent(content.state, content.value, content.version)
        for pupil, cells in _cells_of(sheet_id).items()
        for slot, content in cells.items()
    }


def require_import(actor: Actor, sheet_id: UUID) -> None:
    """Refuse whoever may not import into a sheet."""
    load_sheet(actor, sheet_id, do=policy.IMPORT)


@transaction.atomic
def import_cells(
    actor: Actor, *, sheet_id: UUID, operations: Sequence[Operation], run_id: UUID
) -> BatchResult:
    """Write what an import brings into an open sheet: same rules, same history as typing."""
    sheet = load_sheet(actor, sheet_id, do=policy.IMPORT, lock=True)
    if sheet.state != SheetState.OPEN:
        raise Refused("GRADE-001")
    return apply_operations(actor, sheet, operations, Origin(ChangeSource.IMPORT, run_id))


@transaction.atomic
def undo_import(actor: Actor, *, sheet_id: UUID, run_id: UUID) -> BatchResult:
    """Put back what an import changed; refused (`GRADE-038`) if a cell was changed since."""
    sheet = load_sheet(actor, sheet_id, do=policy.IMPORT, lock=True)
    if sheet.state != SheetState.OPEN:
        raise Refused("GRADE-001")
    changes = list(
        CellChange.objects.filter(sheet=sheet, origin=run_id, source=ChangeSource.IMPORT).order_by(
            "-sequence"
        )
    )
    operations = [
        Operation(
            uuid7(), change.pupil, change.slot, change.old_value, change.version,
            change.old_state if change.old_state in {"PENDING_MAKEUP", "ZERO_NO_MAKEUP"} else "",
        )
        for change in changes
    ]
    result = apply_operations(actor, sheet, operations, Origin(ChangeSource.UNDO, run_id))
    stuck = [item for item in result.results if item.status not in {"done", "same"}]
    if stuck:
        raise Refused("GRADE-038", count=len(stuck))
    return result




@transaction.atomic
def keep_layout(actor: Actor, *, sheet_id: UUID, layout: dict[str, object]) -> None:
    """Remember how the file of a sheet looked, so that Excel out looks the same."""
    sheet = load_sheet(actor, sheet_id, do=policy.IMPORT, lock=True)
    sheet.layout = layout
    sheet.save(update_fields=["layout"])


@transaction.atomic
def withdraw_sheets(actor: Actor, *, school_class_ids: Sequence[UUID]) -> int:
    """Take back sheets in which nothing was ever written (`GRADE-039` otherwise)."""
    rows = permissions.visible(actor, policy.IMPORT, Sheet.objects.filter(school_class__in=school_class_ids))
    written = Sheet.objects.filter(school_class__in=school_class_ids, history_length__gt=0).count()
    if written:
        raise Refused("GRADE-039", count=written)
    return int(rows.delete()[0])
