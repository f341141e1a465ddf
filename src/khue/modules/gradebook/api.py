"""What other modules may call of the gradebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.modules.gradebook import history
from khue.modules.gradebook.book import ClassBook, load_book
from khue.modules.gradebook.columns import slots_of
from khue.modules.gradebook.data import BatchResult, BroughtResult, CellContent, Operation, OperationResult
from khue.modules.gradebook.models import FrozenResult, Sheet, SheetKind, SheetState
from khue.modules.gradebook.progress import progress_today
from khue.modules.gradebook.proof import named as sheet_in_words
from khue.modules.gradebook.proof import verify_records
from khue.modules.gradebook.queries import cells_of as _cells_of
from khue.modules.gradebook.queries import sheet_lines, waiting_for
from khue.modules.gradebook.results import class_results, pupil_result, term_averages
from khue.modules.gradebook.services.bringing import Placed, bring_results, place_results, pupil_results
from khue.modules.gradebook.services.closing import (
    class_state,
    class_states,
    close_class,
    close_ready_sheets,
    close_sheet,
    seal_class,
    seal_classes,
)
from khue.modules.gradebook.services.corrections import request_correction
from khue.modules.gradebook.services.entry import record_operations
from khue.modules.gradebook.services.importing import (
    import_cells,
    keep_layout,
    require_import,
    undo_import,
    withdraw_sheets,
)
from khue.modules.gradebook.services.sheets import open_sheets, summer_sheet
from khue.modules.gradebook.signed.acts import CLASS as SIGN_CLASS
from khue.modules.gradebook.signed.acts import SEAL as SIGN_SEAL
from khue.modules.gradebook.signed.acts import SHEET as SIGN_SHEET
from khue.modules.gradebook.yearly import YearBook, kept_versions, phrases_by_band, year_book

if TYPE_CHECKING:
    from uuid import UUID

__all__ = [
    "SIGN_CLASS",
    "SIGN_SEAL",
    "SIGN_SHEET",
    "BatchResult",
    "BroughtResult",
    "CellContent",
    "ClassBook",
    "FrozenResult",
    "Operation",
    "OperationResult",
    "Placed",
    "Sheet",
    "SheetKind",
    "SheetState",
    "YearBook",
    "bring_results",
    "cells_of",
    "class_results",
    "class_state",
    "class_states",
    "close_class",
    "close_ready_sheets",
    "close_sheet",
    "import_cells",
    "keep_layout",
    "kept_versions",
    "load_book",
    "open_sheets",
    "phrases_by_band",
    "place_results",
    "progress_today",
    "pupil_result",
    "pupil_results",
    "record_operations",
    "request_correction",
    "require_import",
    "seal_class",
    "seal_classes",
    "sheet_in_words",
    "sheet_lines",
    "sheets_of",
    "slots_of",
    "summer_sheet",
    "term_averages",
    "undo_import",
    "verify_history",
    "verify_records",
    "waiting_for",
    "withdraw_sheets",
    "year_book",
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
