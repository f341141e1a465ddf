"""What a file says of itself when nobody chose anything: its kind, school, class, term and year."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from khue.core.names import fold
from khue.sheets import fonts, workbook
from khue.sheets.banner import Banner, class_name, read_banner
from khue.sheets.data import Limits, Look, Refuse
from khue.sheets.headers import Header, find_header
from khue.sheets.mark_columns import columns_of
from khue.sheets.subjects import subject_of

if TYPE_CHECKING:
    from khue.sheets.workbook import Book, Sheet

SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("school", ("thong tin nha truong", "ma truong")),
    ("equipment_and_certificates", ("ma tai san", "ten thiet bi")),
    ("staff", ("trinh do chuyen mon", "chuc vu", "ma can bo")),
    ("pupils", ("danh sach hoc sinh", "so dang bo", "ma hoc sinh", "ho ten cha")),
)
RESULTS = (
    "ket qua hoc tap",
    "kqht",
    "xep loai hoc tap",
    "ket qua ren luyen",
    "kqrl",
    "ren luyen",
    "hanh kiem",
)
TRAITS = ("pham chat", "nang luc")
SUBJECTS = 3  # so many subject columns make a summary
TOP = 14  # rows in which a file says what it is
GRADES = re.compile(r"khoi\s?([1-5]{1,3})")


def look(data: bytes, filename: str, limits: Limits | None = None) -> Look:
    """Look into a file; one that is refused says nothing."""
    try:
        book = workbook.read(data, filename, limits or Limits())
        fonts.decode_book(book)
    except Refuse:
        return Look()
    visible = [sheet for sheet in book.sheets if sheet.visible] or book.sheets
    headers = [header for sheet in visible if (header := find_header(sheet)) is not None]
    banner = _banner(visible, headers)
    classes = {class_name(header.sheet.name) for header in headers if _is_class(header.sheet.name)}
    said = str(banner.school_class.value) if banner.school_class else ""
    found = GRADES.search(fold(filename))
    return Look(
        kind=_kind(book, headers),
        school_name=str(banner.school.value) if banner.school else "",
        school_code=_code(book),
        year=str(banner.year.value) if banner.year else _year(book),
        term=int(str(banner.term.value)) if banner.term else 0,
        school_class="" if len(classes) > 1 else said,  # a sheet per class: no single one was meant
        grades=found[1] if found else "",
    )


def _banner(visible: list[Sheet], headers: list[Header]) -> Banner:
    """The title of the first table; what it does not say, from the first sheet."""
    if headers:
        return read_banner(headers[0].sheet, headers[0].top, "THCS")
    return read_banner(visible[0], 30, "THCS") if visible else Banner()


def _is_class(name: str) -> bool:
    return re.fullmatch(r"\d{1,2}[A-Z]?\d{0,2}|\d{1,2}[A-Z]{1,5}\d{0,2}", class_name(name)) is not None


def _kind(book: Book, headers: list[Header]) -> str:
    """By the columns of its tables, else by its words."""
    text = _texts(book)
    if "ten truong" in text and "ma truong" in text:
        return "school"  # it holds lists of staff and classes too
    for kind, fits in (
        ("primary_results", _is_primary),
        ("term_summary", _is_summary),
        ("gradebook", _is_marks),
    ):
        if any(fits(header) for header in headers):
            return kind
    scores = {kind: sum(sign in text for sign in signs) for kind, signs in SIGNS}
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] else "pupils"


def _is_primary(header: Header) -> bool:
    return any(word in text for column in header.columns for text in column.path for word in TRAITS)


def _is_summary(header: Header) -> bool:
    paths = [" ".join(column.path) for column in header.columns]
    taught = {
        code for column in header.columns for text in column.path for level in ("THCS", "THPT")
        if (code := subject_of(text, level))
    }  # fmt: skip
    leaves = {column.leaf for column in header.columns}
    results = any(word in path for path in paths for word in RESULTS) or {"ht", "rl"} <= leaves
    return len(taught) >= SUBJECTS and results


def _is_marks(header: Header) -> bool:
    found = columns_of(header, 0)
    return found is not None and (len(found.marks()) > 1)


def _texts(book: Book) -> str:
    parts = []
    for sheet in book.sheets:
        if sheet.visible:
            for row in sheet.numbers()[:TOP]:
                parts += [fold(sheet.text(row, column)) for column in sheet.rows[row]]
    return " | ".join(parts)


def _year(book: Book) -> str:
    found = re.search(r"(20\d\d)\s*[-–]\s*(20\d\d)", _texts(book))
    return f"{found[1]}-{found[2]}" if found else ""


def _code(book: Book) -> str:
    """The school's code beside «Mã trường»."""
    for sheet in book.sheets:
        for row in sheet.numbers()[:40]:
            for column in sheet.rows[row]:
                if fold(sheet.text(row, column)).rstrip(":") in {"ma truong", "ma don vi"}:
                    return sheet.text(row, column + 1)
    return ""
