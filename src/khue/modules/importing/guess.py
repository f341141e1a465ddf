"""What a file is, when nobody says: from its own words and the choices that were made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from khue.core.names import fold
from khue.modules.orgs import api as orgs
from khue.modules.schooling import api as schooling
from khue.sheets import fonts, workbook
from khue.sheets.banner import read_banner, school_key
from khue.sheets.data import ImportAs, Limits, Refuse
from khue.sheets.headers import find_header

if TYPE_CHECKING:
    import argparse

SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("school", ("thong tin nha truong", "ma truong")),
    ("equipment_and_certificates", ("ma tai san", "ten thiet bi")),
    ("primary_results", ("muc dat duoc", "pham chat", "nang luc")),
    ("term_summary", ("bang tong hop", "ket qua ren luyen")),
    ("gradebook", ("ddgtx", "thuong xuyen", "bang diem", "ddggk")),
    ("staff", ("trinh do chuyen mon", "chuc vu", "ma can bo")),
    ("pupils", ("danh sach hoc sinh", "so dang bo", "ma hoc sinh", "ho ten cha")),
)
GRADES = re.compile(r"khoi\s?([1-5]{1,3})")


def wanted(data: bytes, filename: str, options: argparse.Namespace | Any) -> ImportAs:
    """The choice for a file: what was said first, the rest read from the file."""
    said: dict[str, Any] = {
        "kind": options.kind,
        "school": options.school,
        "school_year": options.year,
        "school_class": options.school_class,
        "term": options.term,
        "subject": options.subject,
        "moment": options.moment,
    }
    if said["kind"] == "results":
        said["kind"] = "auto"
    try:
        book = workbook.read(data, filename, Limits())
        fonts.decode_book(book)
    except Refuse:
        said["kind"] = "pupils" if said["kind"] == "auto" else said["kind"]
        return _complete(said)
    if said["kind"] == "auto":
        said["kind"] = _kind(book)
    sheet = next((s for s in book.sheets if s.visible), book.sheets[0])
    header = find_header(sheet)
    banner = read_banner(sheet, header.top if header else 30, "THCS")
    if said["kind"] == "school":
        said["school"] = said["school"] or _said_code(book)
    if not said["school_year"]:
        said["school_year"] = str(banner.year.value) if banner.year else _any_year(book)
    if said["kind"] in {"gradebook", "term_summary"}:
        said["term"] = said["term"] or (int(str(banner.term.value)) if banner.term else 0)
    if said["kind"] == "gradebook" and banner.school_class:
        said["school_class"] = said["school_class"] or str(banner.school_class.value)
    if said["kind"] == "primary_results":
        said["moment"] = said["moment"] or "CN"
        found = GRADES.search(fold(filename))
        said["grades"] = found[1] if found else ""
    if not said["school"]:
        said["school"] = _school(str(banner.school.value) if banner.school else "")
    return _complete(said)


def _complete(said: dict[str, Any]) -> ImportAs:
    if not said["school"]:
        only = orgs.SchoolProfile.objects.values_list("unit__codes__value", flat=True)[:2]
        said["school"] = only[0] if len(only) == 1 else ""
    if not said["school_year"]:
        last = schooling.SchoolYear.objects.order_by("-code").first()
        said["school_year"] = last.code if last else ""
    return ImportAs(**said)


def _texts(book: workbook.Book) -> str:
    parts = []
    for sheet in book.sheets:
        if sheet.visible:
            for row in sheet.numbers()[:14]:
                parts += [fold(sheet.text(row, column)) for column in sheet.rows[row]]
    return " | ".join(parts)


def _kind(book: workbook.Book) -> str:
    text = _texts(book)
    if "ten truong" in text and "ma truong" in text:
        return "school"  # it holds lists of staff and classes too
    scores = {kind: sum(sign in text for sign in signs) for kind, signs in SIGNS}
    return max(scores, key=lambda kind: scores[kind])


def _any_year(book: workbook.Book) -> str:
    found = re.search(r"(20\d\d)\s*[-–]\s*(20\d\d)", _texts(book))
    return f"{found[1]}-{found[2]}" if found else ""


def _said_code(book: workbook.Book) -> str:
    for sheet in book.sheets:
        for row in sheet.numbers()[:40]:
            for column in sheet.rows[row]:
                if fold(sheet.text(row, column)).rstrip(":") in {"ma truong", "ma don vi"}:
                    return sheet.text(row, column + 1)
    return ""


def _school(name: str) -> str:
    if not name:
        return ""
    for profile in orgs.SchoolProfile.objects.select_related("unit").prefetch_related("unit__codes"):
        if school_key(profile.unit.name) == school_key(name):
            code = next(
                (c.value for c in profile.unit.codes.all() if c.scheme == "moet" and c.valid_to is None), ""
            )
            return str(code)
    return ""
