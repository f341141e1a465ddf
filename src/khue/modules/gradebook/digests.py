"""What stands in sheets as one digest: what a person saw is what is closed and signed (băm nội dung)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from uuid import UUID

from khue.kit.prepared import Prepared
from khue.modules.gradebook.models import Cell, CellState, Sheet
from khue.modules.gradebook.results import YEAR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from khue.modules.gradebook.book import ClassBook

Row = tuple[UUID, UUID, str, str, str]  # sheet, pupil, slot, state, value
_standing: Prepared[Row] = Prepared(
    lambda sheets: Cell.objects.filter(sheet__in=sheets)
    .exclude(state=CellState.EMPTY)
    .values_list("sheet_id", "pupil_id", "slot", "state", "value"),
    grows=True,
)


def digest_of_sheet(sheet: Sheet) -> str:
    """Digest of all that stands in a sheet: what a person saw is what is closed."""
    return digest_of(canonical(_standing(sheets=[sheet.id])))


def digest_in(book: ClassBook, sheet: Sheet) -> str:
    """The same of a sheet whose cells were loaded with a book, for all pupils."""
    return digest_of(
        canonical(
            (sheet.id, pupil, slot, cell.state, cell.value)
            for pupil, cells in book.cells.get(sheet.id, {}).items()
            for slot, cell in cells.items()
            if cell.state != CellState.EMPTY
        )
    )


def digest_of_class(school_class_id: UUID, term: int) -> str:
    """Digest of all that a class's term (or, for the year, every term) holds."""
    sheets = Sheet.objects.filter(school_class=school_class_id)
    if term != YEAR:
        sheets = sheets.filter(term=term)
    return digest_of(canonical(_standing(sheets=list(sheets.values_list("id", flat=True)))))


def canonical(cells: Iterable[Row]) -> list[list[str]]:
    """What stands in cells, in one order and one form, to take a digest of."""
    return sorted([sheet.hex, pupil.hex, slot, state, value] for sheet, pupil, slot, state, value in cells)


def digest_of(content: object) -> str:
    """SHA-256 of content in its canonical form."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
