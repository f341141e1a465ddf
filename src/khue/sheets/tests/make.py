"""Small workbooks and a small school, for tests that say everything themselves."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import xlsxwriter

from khue.sheets import check
from khue.sheets.data import (
    FileReport,
    ImportAs,
    Known,
    KnownClass,
    KnownPupil,
    KnownStaff,
    KnownSubject,
    Place,
)

YEAR = "2025-2026"
SCORE, WORDS = KnownSubject("score", 2), KnownSubject("comment", 2)
SUBJECTS = {"TOAN": SCORE, "VAN": SCORE, "KHTN": SCORE, "GDTC": WORDS, "NT": WORDS}
PUPILS = (
    KnownPupil("2099000001", "Nông Thị Hoa", "2014-03-12", "6A", "50000001", "099314000001"),
    KnownPupil("2099000002", "Hoàng Văn Dũng", "2014-11-02", "6A", "50000002"),
    KnownPupil("2099000003", "Lý Minh Đức", "2014-07-30", "6A", "50000003"),
    KnownPupil("2099000004", "Vi Thị Thu", "2014-01-05", "6A", "50000004"),
    KnownPupil("2099000005", "Chu Quốc Anh", "2014-09-19", "6A", "50000005"),
    KnownPupil("2099000006", "Hà Bích Ngọc", "2014-05-21", "6B", "50000006"),
)
KNOWN = Known(
    school="20990001", school_name="Trường THCS Thử Nghiệm", school_year=YEAR, levels=("THCS",),
    classes=(KnownClass("6A", 6, "THCS", SUBJECTS), KnownClass("6B", 6, "THCS", SUBJECTS)), pupils=PUPILS,
    staff=(KnownStaff("9001", "Hoàng Thị Hạnh", ("TOAN",)), KnownStaff("9002", "Hoàng Thị Hạnh", ("VAN",))),
    communes=(
        Place("06001", "Xã Lộc Bình"), Place("06002", "Xã Na Dương"),
        Place("05001", "Xã Tú Đoạn", True, ("06001",)),
    ),
    ethnic={"Nùng": "Nùng", "Tày": "Tày", "Kinh": "Kinh", "Mông": "Hmông", "Hmông": "Hmông"},
)  # fmt: skip
MARKS = ImportAs("gradebook", "20990001", YEAR, "6A", 1, "TOAN")
HEAD = ["STT", "Mã học sinh", "Họ và tên", "Ngày sinh", "TX1", "TX2", "GK", "CK", "TBM HK1", "Nhận xét"]


def cells(*sheets: tuple[str, list[list[Any]]], **options: Any) -> bytes:
    """A workbook of rows; None leaves a cell out, `("=", 7.5)` is a formula with its result."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, **options.get("book", {})}) as out:
        day = out.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets:
            page = out.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    _put(page, number, column, value, day)
            for number in options.get("hidden_rows", ()):
                page.set_row(number, None, None, {"hidden": True})
            if name in options.get("hidden", ()):
                page.hide()
    return target.getvalue()


def _put(page: Any, row: int, column: int, value: Any, day: Any) -> None:
    if value is None:
        return
    if isinstance(value, tuple):
        page.write_formula(row, column, f"{value[0]}1+0", None, value[1])
    elif isinstance(value, dt.date):
        page.write_datetime(row, column, dt.datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
    elif isinstance(value, str):
        page.write_string(row, column, value)
    else:
        page.write(row, column, value)


def line(number: int, *marks: Any, name: str = "", code: str = "", birth: Any = None) -> list[Any]:
    """The row of a pupil of 6A, by position in the list; marks follow."""
    pupil = PUPILS[number - 1]
    year, month, day = pupil.birth.split("-")
    shown = birth if birth is not None else f"{day}/{month}/{year}"
    return [number, code or pupil.software, name or pupil.name, shown, *marks]


FULL = (8, 7.5, 7, 8, 7.6, "Khá")


def sheet(*lines: list[Any], head: list[Any] | None = None, above: list[list[Any]] | None = None) -> bytes:
    """A mark sheet of class 6A in mathematics; pupils that no line names get full marks."""
    said = {row[0] for row in lines}
    rows = [*lines, *(line(number, *FULL) for number in range(1, 6) if number not in said)]
    return cells(("Toán", [*(above or []), head or HEAD, *rows]))


def report(data: bytes, wanted: ImportAs = MARKS, known: Known = KNOWN, name: str = "tep.xlsx") -> FileReport:
    """What the engine says."""
    return check.check(data, name, wanted, known)


def said(found: FileReport) -> list[tuple[str, str, str]]:
    """Kind, severity and cell of all findings but information."""
    return [(f.kind, f.severity, f.cell) for f in found.findings if f.severity != "info"]


def rezip(data: bytes, change: dict[str, bytes]) -> bytes:
    """A workbook with parts replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
        for name in set(change) - set(old.namelist()):
            new.writestr(name, change[name])
    return target.getvalue()
