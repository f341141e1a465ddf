"""Ruled tables for papers that are made in bulk (bảng kẻ): what `ruled.typ` draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from khue.kit.paper.widths import POINT, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ACROSS = 4 * POINT  # on both sides of a text


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its width in millimeters, where texts stand, whether the head lies on its side."""

    head: str
    width: float
    left: bool = False
    turned: bool = False
    size: float = 7.5  # of the head, in points


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is more than a line of text: bold, of another size, or with a smaller note below."""

    text: str
    size: float = 0  # points; 0 is the size of the table
    bold: bool = False
    note: str = ""  # lines of its own begin after "\n"
    fine: float = 7  # points of the note


def ruled(columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]], *, size: float) -> dict[str, Any]:
    """The data of a table whose texts are set in `size` points; `ruled(data, first, next)` draws it.

    Texts that fit their column are put in place without asking; only others are measured.
    """
    return {
        "columns": columns,
        "rows": [_row(columns, row, size) for row in rows],
    }


def _row(columns: Sequence[Column], row: Sequence[str | Cell], size: float) -> dict[str, Any]:
    cells: list[str | Cell] = []
    tall = []
    for number, (column, cell) in enumerate(zip(columns, row, strict=True)):
        if isinstance(cell, str) and width(cell, size) <= column.width - ACROSS:
            cells.append(cell)
            continue
        one = Cell(cell) if isinstance(cell, str) else cell
        cells.append(one if one.size else replace(one, size=size))
        tall.append(number)
    return {"cells": cells, "tall": tall}
