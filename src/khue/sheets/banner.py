"""What the texts around a table say: school, class, term, year, subject; and whether it fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from khue.core.names import fold, nfc
from khue.sheets.data import ImportAs, Known, Refuse
from khue.sheets.headers import key
from khue.sheets.subjects import subject_of
from khue.sheets.workbook import Sheet, address

_TERM = re.compile(r"\b(?:hoc k[iy]|k[iy]|hk|semester|term)\s*[:\-]?\s*(iii|ii|i|1|2|mot|hai)\b")
_TERM_TIGHT = re.compile(r"\bhk(ii|i|1|2)\b")
_WHOLE_YEAR = re.compile(r"\bca nam\b")
_YEAR = re.compile(r"(20\d\d)\s*[-–—/]\s*(20\d\d)")
_YEAR_SHORT = re.compile(r"nam hoc\s*:?\s*(20\d\d)\s*[-–—/]\s*(\d\d)\b")
_CLASS = re.compile(r"\b(?:l[oớ]p(?:\s+h[oọ]c)?|class)\s*:?\s*(\w.*)", re.IGNORECASE)
_CLASS_WORD = re.compile(
    r"(?:\d{1,2}(?:[^\W\d_]\w{0,4}|[./]\d{1,2}|[./-][^\W\d_]\w{0,3})(?:\.\d{1,2})?"
    r"|[^\W\d_]{1,2}\d{1,2}[./-]\w{1,4})"
)
_SUBJECT = re.compile(
    r"\b(?:m[oô]n(?:\s+h[oọ]c)?|subject)\s*:?\s*(.+?)"
    r"\s*(?:\(|;|\||\bl[oớ]p\b|\bkh[oố]i\b|h[oọ]c k|\bk[iìyỳ]\b|năm h|\bhk|gi[aá]o vi[eê]n|\bgv|$)",
    re.IGNORECASE,
)
# «Trường …» at the beginning of a line, or a kind of school anywhere («UBND xã X - Trường THCS Y»)
_SCHOOL = re.compile(
    r"^(?:tên\s+)?trường\b.*|(?<!điểm )\btrường\s+(?:tiểu học|trung học|phổ thông|th|thcs|thpt|pt\w*)\b.*",
    re.IGNORECASE,
)
LINE = 120  # letters of a line that may name a school
_LABEL = re.compile(
    r"(?:ten )?(?:truong|lop|lop hoc|mon|mon hoc|hoc k[iy]|hk|nam hoc|khoi"
    r"|class|subject|semester|school year)\s*:?"
)
ROMAN = {"i": 1, "ii": 2, "1": 1, "2": 2, "mot": 1, "hai": 2}


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
    year_end: Said | None = None  # «Cả năm»


def read_banner(sheet: Sheet, above: int, level: str, known: Known | None = None) -> Banner:
    """Read the rows above the header."""
    found = Banner()
    classes = {class_name(row.name): row.name for row in known.classes} if known else {}
    for row in sheet.numbers():
        if row >= above:
            break
        columns = sorted(sheet.rows[row])
        for number, column in enumerate(columns):
            text = sheet.text(row, column)
            if not text:
                continue
            spot = address(row, column)
            if _LABEL.fullmatch(fold(text)) and number + 1 < len(columns):  # «Lớp:» and «6A» in two cells
                text = f"{text.rstrip(':')} {sheet.text(row, columns[number + 1])}"
            cell = sheet.cell(row, column)
            lines = [text]
            if cell is not None and isinstance(cell.value, str) and "\n" in cell.value:
                lines += [nfc(line) for line in cell.value.splitlines()]
            for line in lines:
                _take(found, line, spot, level, classes)
    return found


def _take(found: Banner, text: str, cell: str, level: str, classes: dict[str, str]) -> None:
    _take_time(found, text, cell)
    if found.school_class is None and (named := _CLASS.search(text)):
        name = _class_said(named[1], classes)
        if name:
            found.school_class = Said(name, cell)
    if found.subject is None and (subject := _SUBJECT.search(text)):
        code = _subject_said(subject[1], level)
        if code:
            found.subject = Said(code, cell)
    if found.school is None and (school := _SCHOOL.search(text)) and len(text) < LINE:
        name = re.sub(r"^(?:tên\s+)?trường\s*:\s*", "", school[0], flags=re.IGNORECASE)
        found.school = Said(re.split(r"\(| - |–|;|,|\s{3,}", name)[0].strip(), cell)


_BETWEEN = re.compile(r"\s+[-–]\s+|\s*[,–]\s*")


def _subject_said(text: str, level: str) -> str | None:
    """The subject a text begins with: «Lịch sử - Địa lí» and «HĐTN, HN» are one, «Toán - Lớp» is not."""
    ends = [found.start() for found in _BETWEEN.finditer(text)]
    codes = (subject_of(text[:end].strip(" -–,"), level) for end in (len(text), *reversed(ends)))
    return next((code for code in codes if code), None)


def _take_time(found: Banner, text: str, cell: str) -> None:
    """Year and term, or that the sheet is of the whole year."""
    plain = fold(text)
    if found.year is None:
        if year := _YEAR.search(text):
            found.year = Said(f"{year[1]}-{year[2]}", cell)
        elif year := _YEAR_SHORT.search(plain):
            found.year = Said(f"{year[1]}-20{year[2]}", cell)
    if (term := (_TERM.search(plain) or _TERM_TIGHT.search(plain))) and term[1] in ROMAN:
        # A later, more exact text («… - Lớp 8A - (Học kỳ 2)») does not change what the title says.
        found.term = found.term or Said(ROMAN[term[1]], cell)
    if found.year_end is None and _WHOLE_YEAR.search(plain):
        found.year_end = Said("CN", cell)


def term_in(text: str) -> int:
    """The term a short text names, such as the name of a sheet; 0 for none."""
    plain = fold(text)
    term = _TERM.search(plain) or _TERM_TIGHT.search(plain)
    return ROMAN.get(term[1], 0) if term else 0


def _class_said(tail: str, classes: dict[str, str]) -> str:
    """The class a text names after «Lớp»; nothing if it names a grade only («Lớp 6»)."""
    words = [word.strip(",;.:-()") for word in tail.split()[:4]]
    for length in range(len(words), 0, -1):
        text = class_name(" ".join(words[:length]))
        if text in classes:
            return classes[text]
    if _CLASS_WORD.fullmatch(words[0]):
        return class_shown(words[0])
    if len(words) > 1 and words[0].isdigit() and re.fullmatch(r"[^\W\d_]\d{0,2}", words[1]):
        return class_shown("".join(words))
    return ""


CLASS_TEXT = re.compile(
    r"(?:l[ớo]p\s*:?\s*)?(?:k\d{1,2}\s?[./-]\s?\w{1,4}"  # «K10-D1»
    r"|\d{1,2}(?:\s?[^\W\d_]{1,5}\s?\d{0,2}(?:[./-]\w{1,3})?|\s?[./_-]\s?\w{1,4}(?:[./]\d{1,2})?)?)",
    re.IGNORECASE,
)
GRADES = 12
_PREFIX = re.compile(r"^l[ớo]p\s*:?\s*", re.IGNORECASE)


def grade_in(name: str) -> int:
    """The grade a class's name begins with: 6 for «6A», 10 for «10 Toán» and «K10-D1»; 0 for none."""
    found = re.match(r"[Kk]?(\d{1,2})(?!\d)", name)
    return int(found[1]) if found and 1 <= int(found[1]) <= GRADES else 0


def class_name(text: str) -> str:
    """A class as it is compared: «6 a», «Lớp 6A» and «6A» are one, «6/1» and «6.1» too."""
    return re.sub(r"[\s./_-]", "", _PREFIX.sub("", text.strip())).upper()


def class_shown(text: str, names: Mapping[str, str] | None = None) -> str:
    """A class as it is stored: as the school calls it, else as written with capitals and no blanks."""
    known = (names or {}).get(class_name(text))
    if known:
        return known
    shown = _PREFIX.sub("", text.strip())
    if re.fullmatch(r"\d{1,2}\s*[^\W\d_]{1,2}\s*\d{0,2}(?:[./]\d{1,2})?", shown):
        return re.sub(r"\s", "", shown).upper()
    return re.sub(r"\s*([./-])\s*", r"\1", shown)


def school_key(name: str) -> str:
    """A school's name without its kind's spelling: «Trường THCS Khe Mẫu» is «thcs khe mau»."""
    plain = re.sub(r"\bva\b", "", key(name))
    for long, short in (
        ("trung hoc co so", "thcs"), ("trung hoc pho thong", "thpt"), ("tieu hoc", "th"),
        ("pho thong dan toc noi tru", "ptdtnt"), ("pho thong dan toc ban tru", "ptdtbt"),
    ):  # fmt: skip
        plain = plain.replace(long, short)
    return " ".join(re.sub(r"^truong ", "", plain).split())


def fits(banner: Banner, wanted: ImportAs, known: Known, sheet: Sheet) -> None:
    """Refuse a sheet of another school, year, term or class."""
    fits_school(banner, wanted, known, sheet)
    if banner.term and wanted.term and banner.term.value != wanted.term:
        refuse("term_mismatch", banner.term, sheet, wanted.term)
    said = banner.school_class
    if said and wanted.school_class and class_name(str(said.value)) != class_name(wanted.school_class):
        refuse("class_mismatch", said, sheet, wanted.school_class)


def fits_school(banner: Banner, wanted: ImportAs, known: Known, sheet: Sheet) -> None:
    """Refuse a sheet of another school or year."""
    if banner.school and known.school_name:
        theirs, ours = school_key(str(banner.school.value)), school_key(known.school_name)
        if theirs and ours and theirs not in ours and ours not in theirs:
            refuse("school_mismatch", banner.school, sheet, known.school_name)
    if banner.year and wanted.school_year and banner.year.value != wanted.school_year:
        refuse("year_mismatch", banner.year, sheet, wanted.school_year)


def refuse(kind: str, said: Said, sheet: Sheet, ours: object) -> None:
    """Nothing of a file may be imported that says something else than what was chosen."""
    raise Refuse(kind, sheet=sheet.name, cell=said.cell, file=said.value, target=ours)
