"""A workbook as sparse cells, read from untrusted bytes.

xlsx is read with expat: no entities, no dense ranges, a cap on everything that is unpacked. The
legacy xls goes through calamine, in the child process with its memory limit.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from khue.core.names import nfc
from khue.sheets.data import Limits, Refuse

Value = str | Decimal | dt.date | bool | None
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"


@dataclass(slots=True)
class Cell:
    """A cell: its value, whether it is a formula, and an Excel error if it holds one."""

    value: Value = None
    formula: bool = False
    error: str = ""


@dataclass(slots=True)
class Sheet:
    """A sheet: cells by row and column (0 = first), merged ranges, what is hidden."""

    name: str
    visible: bool = True
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    font: str = ""  # legacy encoding of its texts, if one was decoded

    def cell(self, row: int, column: int) -> Cell | None:
        """The cell, if anything is there."""
        return self.rows.get(row, {}).get(column)

    def text(self, row: int, column: int) -> str:
        """The cell as clean text: NFC, single spaces; numbers and dates as people write them."""
        cell = self.cell(row, column)
        return "" if cell is None else as_text(cell.value)

    def numbers(self) -> list[int]:
        """Row numbers in order."""
        return sorted(self.rows)


@dataclass(slots=True)
class Book:
    """All sheets of a file."""

    sheets: list[Sheet]
    kind: str  # xlsx, xls, csv


def address(row: int, column: int) -> str:
    """«C11» for row 10, column 2."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def as_text(value: Value) -> str:
    """A value as clean text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return str(int(value)) if value == value.to_integral_value() else str(value.normalize())
    return f"{value:%d/%m/%Y}"


def read(data: bytes, filename: str, limits: Limits) -> Book:
    """The workbook in these bytes, or a refusal that says what they are."""
    if len(data) > limits.file_bytes:
        raise Refuse("file_too_large", limit_mib=limits.file_bytes // 1024**2)
    if data.startswith(ZIP):
        from khue.sheets.xlsx import read_xlsx  # noqa: PLC0415 - it builds on this module

        return read_xlsx(data, limits)
    if data.startswith(OLE):
        return _read_xls(data, filename, limits)
    data = _decoded(data)
    looks = _looks_like(data)
    if looks == "csv" and filename.lower().endswith((".csv", ".txt")):
        return _read_csv(data, limits)
    raise Refuse("not_an_xlsx", looks_like=looks)


def _decoded(data: bytes) -> bytes:
    """Text as UTF-8: Excel also saves «Unicode text» as UTF-16, old programs as Windows-1258."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").encode()
    try:
        return data.decode("utf-8-sig").encode()
    except UnicodeDecodeError:
        return data if b"\x00" in data else data.decode("cp1258", errors="replace").encode()


def _looks_like(data: bytes) -> str:
    head = data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if not head:
        return "empty"
    if head[:5].lower() == b"<html" or head[:9].lower() == b"<!doctype" or b"<table" in head.lower():
        return "html"
    if head.startswith(b"%PDF"):
        return "pdf"
    if head.startswith(b"<?xml"):
        return "xml"
    if b"\x00" in head:
        return "binary"
    return "csv" if any(sep in head for sep in (b";", b",", b"\t")) else "text"


def _read_csv(data: bytes, limits: Limits) -> Book:
    import csv  # noqa: PLC0415 - rare

    text = data.decode(errors="replace")
    delimiter = max(";,\t", key=text[:20_000].count)
    sheet = Sheet("CSV")
    try:
        for number, line in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter)):
            if number >= limits.rows:
                raise Refuse("inflated_size_exceeded", rows=limits.rows)
            cells = {
                column: Cell(value) for column, value in enumerate(line[: limits.columns]) if value.strip()
            }
            if cells:
                sheet.rows[number] = cells
    except csv.Error as error:
        raise Refuse("file_damaged") from error
    return Book([sheet], "csv")


def _inspect_ole(data: bytes, filename: str) -> None:
    """Refuse what is no readable workbook of the old format, by the names of its parts."""

    def holds(part: str) -> bool:
        return part.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        raise Refuse("password_protected")
    if holds("Workbook") or holds("Book"):
        return
    if filename.lower().endswith(".xls") and not holds("WordDocument"):
        raise Refuse("file_damaged")  # cut off: the list of its parts stands at the end
    raise Refuse("not_an_xlsx", looks_like="ole")


def _read_xls(data: bytes, filename: str, limits: Limits) -> Book:
    _inspect_ole(data, filename)
    from python_calamine import CalamineWorkbook, SheetVisibleEnum  # noqa: PLC0415 - only for old files

    try:
        source = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = []
        for about in source.sheets_metadata:
            sheet = Sheet(about.name, visible=about.visible == SheetVisibleEnum.Visible)
            _fill(sheet, source.get_sheet_by_name(about.name), limits)
            sheets.append(sheet)
    except Refuse:
        raise
    except Exception as error:
        if "assword" in str(error):
            raise Refuse("password_protected") from error
        raise Refuse("file_damaged") from error
    return Book(sheets, "xls")


def _fill(sheet: Sheet, found: Any, limits: Limits) -> None:
    """Take over what calamine read of a sheet."""
    for (top, left), (bottom, right) in found.merged_cell_ranges or ():
        sheet.merges.append((top, left, bottom, right))
    for number, line in enumerate(found.iter_rows()):
        cells = {
            column: Cell(_from_calamine(value))
            for column, value in enumerate(line[: limits.columns])
            if value != ""
        }
        if cells:
            if len(sheet.rows) >= limits.rows:
                raise Refuse("inflated_size_exceeded", rows=limits.rows)
            sheet.rows[number] = cells


def _from_calamine(value: Any) -> Value:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return number_of(repr(value))
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else str(value)


def number_of(text: str) -> Decimal:
    """A number as Excel means it: the shortest decimal that gives the stored double."""
    return Decimal(repr(float(text)))  # the file's own numbers are doubles
