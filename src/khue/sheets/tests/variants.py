"""The same table as another program would write it: moved, renamed, reordered, retyped."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import xlsxwriter

from khue.sheets import workbook
from khue.sheets.data import Limits
from khue.sheets.headers import Header, find_header, key
from khue.sheets.workbook import Book, Cell, Sheet

Change = Callable[[Sheet, Header, random.Random], None]


def load(data: bytes, filename: str) -> Book:
    """A sample as sparse cells."""
    return workbook.read(data, filename, Limits())


def write(book: Book) -> bytes:
    """A workbook with the cells, merged ranges and hidden parts of `book`."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as out:
        day = out.add_format({"num_format": "dd/mm/yyyy"})
        for sheet in book.sheets:
            page = out.add_worksheet(sheet.name)
            for row, cells in sheet.rows.items():
                for column, cell in cells.items():
                    _put(page, row, column, cell, day)
            for top, left, bottom, right in sheet.merges:
                if (top, left) != (bottom, right):
                    page.merge_range(top, left, bottom, right, "")
                    cell = sheet.cell(top, left)
                    if cell is not None:
                        _put(page, top, left, cell, day)
            for column in sheet.hidden_columns:
                page.set_column(column, column, 8, None, {"hidden": True})
            for row in sheet.hidden_rows:
                page.set_row(row, None, None, {"hidden": True})
            if not sheet.visible:
                page.hide()
    return target.getvalue()


def _put(page: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    value = cell.value
    if cell.formula:
        page.write_formula(row, column, "=0+0", None, _plain(value))
    elif isinstance(value, str):
        page.write_string(row, column, value)
    elif isinstance(value, dt.date):
        page.write_datetime(row, column, dt.datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
    elif isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif value is not None:
        page.write_number(row, column, float(value))


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def apply(book: Book, changes: list[Change], seed: int, anchor: Callable[[str], bool] | None = None) -> None:
    """Change every sheet that has a table."""
    for sheet in book.sheets:
        header = find_header(sheet, anchor) if sheet.visible else None
        if header is None:
            continue
        for change in changes:
            found = find_header(sheet, anchor)
            assert found is not None, (sheet.name, change)
            change(sheet, found, random.Random(seed))


# --- where things stand ------------------------------------------------------------------------


def down(rows: int) -> Change:
    """Everything so many rows lower."""

    def change(sheet: Sheet, header: Header, dice: random.Random) -> None:
        del header, dice
        sheet.rows = {row + rows: cells for row, cells in sheet.rows.items()}
        sheet.merges = [(t + rows, left, b + rows, r) for t, left, b, r in sheet.merges]
        sheet.hidden_rows = {row + rows for row in sheet.hidden_rows}

    return change


def right(columns: int) -> Change:
    """Everything so many columns to the right."""

    def change(sheet: Sheet, header: Header, dice: random.Random) -> None:
        del header, dice
        _move(sheet, lambda column: column + columns)

    return change


def _move(sheet: Sheet, place: Callable[[int], int], first: int = 0, last: int = 10**9) -> None:
    for row, cells in sheet.rows.items():
        if first <= row < last:
            sheet.rows[row] = {place(column): cell for column, cell in cells.items()}
    sheet.merges = [
        (t, place(left), b, place(left) + r - left) if first <= t < last else (t, left, b, r)
        for t, left, b, r in sheet.merges
    ]
    sheet.hidden_columns = {place(column) for column in sheet.hidden_columns}


def shuffled(sheet: Sheet, header: Header, dice: random.Random) -> None:
    """Columns in another order; what stands under one group stays together and in order."""
    blocks: list[list[int]] = []
    for column in header.columns:
        grouped = (
            len(column.path) > 1 and blocks and header.columns[blocks[-1][0]].path[:1] == column.path[:1]
        )
        if grouped:
            blocks[-1].append(column.index)
        else:
            blocks.append([column.index])
    ends = {column.index for column in header.columns}
    dice.shuffle(blocks)
    order = {old: new for new, old in enumerate(column for block in blocks for column in block)}
    last = max((row for row in sheet.rows if row >= header.first), default=header.first) + 1
    _move(sheet, lambda column: order.get(column, column) if column in ends else column, header.top, last)


def without(*names: str) -> Change:
    """Columns of these headers are missing."""
    wanted = {key(name) for name in names}

    def change(sheet: Sheet, header: Header, dice: random.Random) -> None:
        del dice
        for column in header.columns:
            if column.leaf in wanted:
                for row in list(sheet.rows):
                    if row >= header.top:
                        sheet.rows[row].pop(column.index, None)

    return change


def banner(*lines: str) -> Change:
    """More lines above the table."""

    def change(sheet: Sheet, header: Header, dice: random.Random) -> None:
        down(len(lines) + 1)(sheet, header, dice)
        for number, line in enumerate(lines):
            sheet.rows[number] = {0: Cell(line)}

    return change


def numbered(sheet: Sheet, header: Header, dice: random.Random) -> None:
    """A row «(1) (2) (3) …» below the header."""
    low = {row: cells for row, cells in sheet.rows.items() if row >= header.first}
    for row in low:
        del sheet.rows[row]
    for row, cells in low.items():
        sheet.rows[row + 1] = cells
    sheet.merges = [
        (t + 1, left, b + 1, r) if t >= header.first else (t, left, b, r) for t, left, b, r in sheet.merges
    ]
    sheet.hidden_rows = {row + 1 if row >= header.first else row for row in sheet.hidden_rows}
    used = [column.index for column in header.columns if column.path]
    sheet.rows[header.first] = {column: Cell(f"({number})") for number, column in enumerate(used, 1)}


def flat(sheet: Sheet, header: Header, dice: random.Random) -> None:
    """One header row: group and lower text in one cell."""
    del dice
    written: dict[int, str] = {}
    for column in header.columns:
        if not column.path:
            continue
        texts = []
        for row in range(header.top, header.first):
            text = sheet.text(row, column.index) or _merged_text(sheet, row, column.index)
            if text and text not in texts:
                texts.append(text)
        written[column.index] = " ".join(texts)
    for row in range(header.top, header.first):
        sheet.rows.pop(row, None)
    sheet.merges = [m for m in sheet.merges if not header.top <= m[0] < header.first]
    sheet.rows[header.first - 1] = {column: Cell(text) for column, text in written.items()}


def _merged_text(sheet: Sheet, row: int, column: int) -> str:
    for top, left, bottom, right_ in sheet.merges:
        if top <= row <= bottom and left <= column <= right_:
            return sheet.text(top, left)
    return ""


def unmerged(sheet: Sheet, header: Header, dice: random.Random) -> None:
    """No merged ranges: the first cell of each alone holds the text."""
    del header, dice
    sheet.merges = []


def split_names(sheet: Sheet, header: Header, dice: random.Random) -> None:
    """Family name and given name in two columns below one merged header."""
    del dice
    name = next(c.index for c in header.columns if c.leaf in {"ho va ten", "ho ten"} and len(c.path) == 1)
    _move(sheet, lambda column: column + (1 if column > name else 0))
    sheet.merges = [
        (t, left, b, r + 1) if left <= name <= r else (t, left, b, r) for t, left, b, r in sheet.merges
    ]
    if header.first - header.top == 1:
        sheet.merges.append((header.top, name, header.top, name + 1))
    for row in list(sheet.rows):
        cell = sheet.cell(row, name)
        if row >= header.first and cell is not None and isinstance(cell.value, str) and " " in cell.value:
            numbered_row = any(sheet.text(row, c).isdigit() for c in sheet.rows[row])
            if numbered_row:
                words = cell.value.split()
                sheet.rows[row][name] = Cell(" ".join(words[:-1]))
                sheet.rows[row][name + 1] = Cell(words[-1])


# --- how things are called and typed ----------------------------------------------------------


def renamed(words: dict[str, str]) -> Change:
    """Headers in other words."""
    wanted = {key(old): new for old, new in words.items()}

    def change(sheet: Sheet, header: Header, dice: random.Random) -> None:
        del dice
        for row in range(header.top, header.first):
            for cell in sheet.rows.get(row, {}).values():
                if isinstance(cell.value, str) and key(cell.value) in wanted:
                    cell.value = wanted[key(cell.value)]

    return change


def shouted(sheet: Sheet, header: Header, dice: random.Random) -> None:
    """Headers in capitals, with line breaks."""
    del dice
    for row in range(header.top, header.first):
        for cell in sheet.rows.get(row, {}).values():
            if isinstance(cell.value, str):
                cell.value = cell.value.upper().replace(" ", "\n")


def commas(sheet: Sheet, header: Header, dice: random.Random) -> None:
    """Marks as text with a comma."""
    del dice
    _each(sheet, header, lambda value, _: _comma(value))


def _comma(value: Any) -> Any:
    if isinstance(value, Decimal) and value != value.to_integral_value():
        return str(value).replace(".", ",")
    return value


def decomposed(sheet: Sheet, header: Header, dice: random.Random) -> None:
    """All texts in decomposed Unicode."""
    del dice, header
    for cells in sheet.rows.values():
        for cell in cells.values():
            if isinstance(cell.value, str):
                cell.value = unicodedata.normalize("NFD", cell.value)


def days_as(form: str) -> Change:
    """Birth dates as «serial», «real», or text by a format."""

    def change(sheet: Sheet, header: Header, dice: random.Random) -> None:
        del dice

        def typed(value: Any, column: int) -> Any:
            if "sinh" not in header.columns[column].leaf:
                return value
            day = value if isinstance(value, dt.date) else _day(value)
            if day is None:
                return value
            if form == "real":
                return day
            if form == "serial":
                return Decimal((day - dt.date(1899, 12, 30)).days)
            return day.strftime(form)

        _each(sheet, header, typed)

    return change


def _day(value: Any) -> dt.date | None:
    found = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", value) if isinstance(value, str) else None
    return dt.date(int(found[3]), int(found[2]), int(found[1])) if found else None


def _each(sheet: Sheet, header: Header, typed: Callable[[Any, int], Any]) -> None:
    wide = {column.index for column in header.columns if column.path}
    for row, cells in sheet.rows.items():
        if row >= header.first:
            for column, cell in cells.items():
                if column in wide and not cell.formula:
                    cell.value = typed(cell.value, column)
