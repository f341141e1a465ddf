"""What the texts around a table say: school, class, term, year, subject; and whether it fits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from khue.core.names import fold
from khue.rules.curriculum import subject_code_of
from khue.sheets.data import ImportAs, Known, Refuse
from khue.sheets.headers import key
from khue.sheets.workbook import Sheet, address

_TERM = re.compile(r"\b(?:hoc k[iy]|hk)\s*[:\-]?\s*(iii|ii|i|1|2)\b")
_TERM_TIGHT = re.compile(r"\bhk(ii|i|1|2)\b")
_YEAR = re.compile(r"(20\d\d)\s*[-–—/]\s*(20\d\d)")
_CLASS = re.compile(r"\bl[oớ]p\s*:?\s*(\d{1,2}\s*[\w.]{0,6})", re.IGNORECASE)
_SUBJECT = re.compile(r"m[oô]n(?:\s+h[oọ]c)?\s*:?\s*(.+?)\s*(?:-|–|\(|,|l[oớ]p|kh[oố]i|h[oọ]c k|năm h|hk|$)", re.IGNORECASE)
ROMAN = {"i": 1, "ii": 2, "1": 1, "2": 2}


@dataclass(frozen=True, slots=True)
class Said:
    """Something a sheet says about itself, and where."""

    value: object
    cell: str


@dataclass(slots=True)
class Banner:
    """All that a sheet says about itself above its table."""

    term: Said | None = None
    year: Said | None = None
    school_class: Said | None = None
    subject: Said | None = None
    school: Said | None = None


def read_banner(sheet: Sheet, above: int, level: str) -> Banner:
    """Read the rows above the header."""
    found = Banner()
    for row in sheet.numbers():
        if row >= above:
            break
        for column in sorted(sheet.rows[row]):
            text = sheet.text(row, column)
            if text:
                _take(found, text, address(row, column), level)
    return found


def _take(found: Banner, text: str, cell: str, level: str) -> None:
    plain = fold(text)
    if found.year is None and (year := _YEAR.search(text)):
        found.year = Said(f"{year[1]}-{year[2]}", cell)
    if term := (_TERM.search(plain) or _TERM_TIGHT.search(plain)):
        # A later, more exact text («… - Lớp 8A - (Học kỳ 2)») does not change what the title says.
        found.term = found.term or Said(ROMAN[term[1]], cell)
    if found.school_class is None and (named := _CLASS.search(text)):
        name = named[1].strip().rstrip(".-")
        if not plain.startswith("danh sach lop nam hoc"):
            found.school_class = Said(class_name(name), cell)
    if found.subject is None and (subject := _SUBJECT.search(text)):
        code = subject_code_of(subject[1], level) if level else None
        if code:
            found.subject = Said(code, cell)
    if found.school is None and plain.startswith("truong ") and len(plain) < 90:  # noqa: PLR2004 - a line, not a text
        found.school = Said(text.split("(")[0].strip(), cell)


def class_name(text: str) -> str:
    """A class as it is compared: «6 a» is 6A."""
    return re.sub(r"[\s./]", "", text).upper()


def school_key(name: str) -> str:
    """A school's name without its kind's spelling: «Trường THCS Khe Mẫu» is «thcs khe mau»."""
    plain = key(name)
    for long, short in (
        ("trung hoc co so", "thcs"), ("trung hoc pho thong", "thpt"), ("tieu hoc", "th"),
        ("pho thong dan toc noi tru", "ptdtnt"), ("pho thong dan toc ban tru", "ptdtbt"),
    ):  # fmt: skip
        plain = plain.replace(long, short)
    return re.sub(r"^truong ", "", plain).strip()


def fits(banner: Banner, wanted: ImportAs, known: Known, sheet: Sheet) -> None:
    """Refuse a sheet of another school, year, term or class."""
    if banner.school and known.school_name:
        theirs, ours = school_key(str(banner.school.value)), school_key(known.school_name)
        if theirs and ours and theirs != ours and theirs not in ours and ours not in theirs:
            _refuse("school_mismatch", banner.school, sheet, banner.school.value, known.school_name)
    if banner.year and wanted.school_year and banner.year.value != wanted.school_year:
        _refuse("year_mismatch", banner.year, sheet, banner.year.value, wanted.school_year)
    if banner.term and wanted.term and banner.term.value != wanted.term:
        _refuse("term_mismatch", banner.term, sheet, banner.term.value, wanted.term)
    if banner.school_class and wanted.school_class:
        target = class_name(wanted.school_class)
        if banner.school_class.value != target:
            _refuse("class_mismatch", banner.school_class, sheet, banner.school_class.value, wanted.school_class)


def _refuse(kind: str, said: Said, sheet: Sheet, theirs: object, ours: object) -> None:
    raise Refuse(kind, sheet=sheet.name, cell=said.cell, file=theirs, target=ours)
