"""Primary results by moment in the sector database's template and its relatives (TT 27/2020)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from khue.rules.curriculum import traits
from khue.rules.primary import PrimaryLevel, year_level
from khue.sheets import values
from khue.sheets.banner import class_name, class_shown, fits_school, grade_in, read_banner, refuse
from khue.sheets.data import INFO, WARNING, FileReport, ImportAs, Known, Refuse, Table
from khue.sheets.headers import NAME, Column, Header, find_header, key
from khue.sheets.mark_columns import BIRTH, CODE, STT
from khue.sheets.roll import Line, Roll
from khue.sheets.subjects import subject_of
from khue.sheets.workbook import Book

THC = {
    "t": "T",
    "h": "H",
    "c": "C",
    "hoàn thành tốt": "T",
    "hoàn thành": "H",
    "chưa hoàn thành": "C",
    "htt": "T",
    "ht": "H",
    "cht": "C",
}
TDC = {"t": "T", "đ": "Đ", "d": "Đ", "c": "C", "tốt": "T", "đạt": "Đ", "cần cố gắng": "C", "ccg": "C"}
LEVEL_LEAVES = {"muc dat duoc", "muc", "mdd", "muc do", "danh gia", "xep loai", "muc dat", "nhan xet muc"}
TEST_LEAVES = {
    "diem ktdk",
    "diem",
    "diem kt",
    "ktdk",
    "diem kiem tra",
    "diem kiem tra dinh ki",
    "kiem tra",
    "diem thi",
    "diem ktdk cuoi nam",
    "bai kt",
}
DONE = {
    "hoan thanh chuong trinh lop hoc",
    "hoan thanh chuong trinh",
    "htctlh",
    "hoan thanh ct lop hoc",
    "hoan thanh chuong trinh lop",
    "ht ctlh",
    "hoan thanh ctlh",
}
UP = {"len lop", "duoc len lop", "duyet len lop"}
RESULT = {"xep loai cuoi nam", "xep loai", "danh gia ket qua giao duc", "ket qua giao duc", "danh gia kqgd",
    "ket qua cuoi nam", "xep loai kqgd",
          "muc danh gia", "ket qua danh gia", "xep loai ca nam", "danh gia chung",
          "danh gia kq giao duc"}  # fmt: skip
RESULTS = {"htxs": "HTXS", "htt": "HTT", "ht": "HT", "cht": "CHT", "hoan thanh xuat sac": "HTXS",
    "hoan thanh tot": "HTT",
           "hoan thanh": "HT", "chua hoan thanh": "CHT"}  # fmt: skip
LEVELS = {
    PrimaryLevel.HOAN_THANH_XUAT_SAC: "HTXS", PrimaryLevel.HOAN_THANH_TOT: "HTT",
    PrimaryLevel.HOAN_THANH: "HT", PrimaryLevel.CHUA_HOAN_THANH: "CHT",
}  # fmt: skip
YOUNG = 2
HALF = {"GK1": 1, "CK1": 1, "GK2": 2, "CN": 2}  # the term of a moment
CLASS = {"lop", "ma lop", "ten lop", "lop hoc"}

PLAIN = ((NAME, "name"), (CLASS, "lop"), (CODE, "code"), (BIRTH, "birth"), (STT, "stt"))
TRAITS = (("pc", "pham chat"), ("nl", "nang luc"))


def check(book: Book, wanted: ImportAs, known: Known, report: FileReport) -> None:
    """Read all sheets with primary results."""
    read = 0
    for sheet in book.sheets:
        header = find_header(sheet) if sheet.visible else None
        if header is None:
            continue
        banner = read_banner(sheet, header.top, "TH", known)
        fits_school(banner, wanted, known, sheet)
        if banner.term and wanted.moment and banner.term.value != HALF.get(wanted.moment, banner.term.value):
            refuse("term_mismatch", banner.term, sheet, wanted.moment)
        columns = _columns(header)
        if not any(field.startswith("mon.") for field in columns) or not any(
            field.startswith(("nl.", "pc.")) for field in columns
        ):
            continue
        said = str(banner.school_class.value) if banner.school_class else ""
        roll = Roll(header, columns, known, report)
        report.tables.append(_read(header, columns, wanted, said, roll))
        read += 1
    if not read:
        raise Refuse("required_columns_missing")


def trait_field(code: str) -> str:
    """«pc_yn» of the law's list is the column «pc.YN»."""
    group, name = code.split("_", 1)
    return f"{group}.{name.upper()}"


def _traits() -> dict[tuple[str, str], str]:
    """Columns of qualities and competences by (group, name)."""
    found: dict[tuple[str, str], str] = {}
    for code, name in traits(5):
        found[code[:2], key(name)] = trait_field(code)
    return found


def _columns(header: Header) -> dict[str, int]:
    found: dict[str, int] = {}
    known_traits = _traits()
    for column in header.columns:
        field = _field(column, known_traits)
        if field and field not in found:
            found[field] = column.index
    return found


def _field(column: Column, known_traits: dict[tuple[str, str], str]) -> str:
    """What a column holds."""
    leaf, path = column.leaf, column.path
    if not path:
        return ""
    if len(path) == 1:
        found = next((field for words, field in PLAIN if leaf in words), "")
        if found:
            return found
    if leaf in DONE:
        return "ht"
    if leaf in UP:
        return "ll"
    if leaf in RESULT and not any(subject_of(text, "TH") for text in path[:-1]):
        return "xl"
    return _trait(path, known_traits) or _subject_field(path) or _bare_trait(leaf, known_traits)


def _trait(path: tuple[str, ...], known_traits: dict[tuple[str, str], str]) -> str:
    """«Phẩm chất / Yêu nước», «Phẩm chất: yêu nước»."""
    text = " ".join(path)
    for prefix, words in TRAITS:
        if words in text:
            names = (f for (group, name), f in known_traits.items() if group == prefix and _ends(text, name))
            found = next(names, "")
            if found:
                return found
    return ""


def _bare_trait(leaf: str, known_traits: dict[tuple[str, str], str]) -> str:
    """No group says which: a quality's name is enough."""
    return known_traits.get(("pc", leaf)) or known_traits.get(("nl", leaf)) or ""


def _ends(text: str, name: str) -> bool:
    return text == name or text.endswith(" " + name)


_NOISE = re.compile(
    r"\b(?:cac )?mon hoc (?:va|hoac)? ?(?:hoat dong giao duc|hdgd)\b|\b(?:cac )?mon hoc\b|\bhdgd\b"
)
_TEST = re.compile(
    r"\b(?:diem(?: kt\w*| kiem tra(?: dinh k[iy])?| thi)?|ktdk|bai kt|kt|kiem tra(?: dinh k[iy])?)\b"
    r"(?: cuoi nam| cuoi k[iy]| giua k[iy])?"
)
_LEVEL = re.compile(r"\b(?:muc(?: dat(?: duoc)?| do)?|mdd|dat duoc|danh gia|xep loai)\b")


def _subject_field(path: tuple[str, ...]) -> str:
    """«mon.TOAN» or «kt.TOAN» from the texts of a header, in one cell or several."""
    if any(words in text for _, words in TRAITS for text in path):
        return ""
    texts = [text for text in path if text not in LEVEL_LEAVES and text not in TEST_LEAVES]
    test = any(_TEST.search(text) for text in path)
    for text in (*reversed(texts), " ".join(path)):
        bare = " ".join(_LEVEL.sub(" ", _TEST.sub(" ", _NOISE.sub(" ", text))).split())
        code = subject_of(text, "TH") or subject_of(bare, "TH")
        if code:
            return f"kt.{code}" if test else f"mon.{code}"
    return ""


def _order(columns: dict[str, int]) -> list[str]:
    return [
        field
        for field in sorted(columns, key=columns.__getitem__)
        if field.startswith(("mon.", "kt.", "nl.", "pc."))
    ]


def _read(header: Header, columns: dict[str, int], wanted: ImportAs, said: str, roll: Roll) -> Table:
    sheet = header.sheet
    grades = {row.name: row.grade for row in roll.known.classes}
    shown = {class_name(row.name): row.name for row in roll.known.classes}
    fields = _order(columns)
    names = ["r", "ref", "lop", "ma_moet", "ho_ten", "ngay_sinh", *fields, "ht", "ll", "xl_file", "xl"]
    classes: set[str] = set()
    for line in roll.lines():
        written = sheet.text(line.row, columns["lop"]) if "lop" in columns else said or wanted.school_class
        group = class_shown(written, shown) or line.pupil.class_name
        if not roll.belongs(line, group):
            continue
        classes.add(group)
        grade = grades.get(group) or grade_in(group)
        ministry = line.code if re.fullmatch(r"\d{10}", line.code) else line.pupil.ref
        head = [line.row + 1, line.pupil.ref, group, ministry, line.name, line.birth]
        before = len(roll.report.findings)
        roll.keep(line, [*head, *_row(roll, line, fields, grade)], before)
    roll.missing(classes)
    about = {"grades": wanted.grades} if wanted.grades else {}
    return Table(sheet.name, "primary_results", names, roll.rows, about)


def _row(roll: Roll, line: Line, fields: list[str], grade: int) -> list[Any]:
    """Levels, tests, flags and results of a pupil."""
    sheet, columns, row, ref = roll.sheet, roll.fields, line.row, line.pupil.ref
    found: dict[str, Any] = {}
    bad = False
    for field in fields:
        cell = sheet.cell(row, columns[field])
        if field.startswith("kt."):
            read = values.whole_mark(cell)
        else:
            read = values.letter(cell, THC if field.startswith("mon.") else TDC)
        found[field] = read.value
        bad = bad or read.bad
        if read.kind:
            roll.say(read.kind, read.severity, row, field, ref, **({"field": field} | read.info))
    done = values.flag(sheet.cell(row, columns["ht"])).value if "ht" in columns else None
    up = values.flag(sheet.cell(row, columns["ll"])).value if "ll" in columns else None
    text = sheet.text(row, columns["xl"]) if "xl" in columns else ""
    written = RESULTS.get(key(text), text or None)
    ours = None if bad else _level(found, grade)
    if ours and written and ours != written:
        roll.say("result_mismatch", WARNING, row, "xl", ref, file=written, correct=ours)
    elif ours is None and not bad:
        roll.say("level_not_computable", INFO, row, "xl", ref)
    if ours and done is not None and done != (ours != "CHT") and written == ours:
        roll.say("flag_mismatch", WARNING, row, "ht", ref, file=done, correct=ours != "CHT")
    return [*(found[field] for field in fields), done, up, written, ours]


def _level(found: dict[str, Any], grade: int) -> str | None:
    subjects = {field[4:]: value for field, value in found.items() if field.startswith("mon.") and value}
    qualities = [value for field, value in found.items() if field.startswith("pc.")]
    later = {"nl.CN", "nl.TH"} if grade <= YOUNG else set()  # not assessed yet
    competences = [value for field, value in found.items() if field.startswith("nl.") and field not in later]
    tests = {
        field[3:]: Decimal(value)
        for field, value in found.items()
        if field.startswith("kt.") and value is not None
    }
    if not subjects or None in qualities or None in competences:
        return None
    return LEVELS[year_level(subjects, qualities, competences, tests).value]
