"""Primary results by moment in the sector database's template and its relatives (TT 27/2020)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from khue.rules.curriculum import traits
from khue.rules.primary import PrimaryLevel, year_level
from khue.sheets import values
from khue.sheets.banner import class_name, class_shown, read_banner
from khue.sheets.data import ERROR, INFO, WARNING, FileReport, Finding, ImportAs, Known, Refuse, Table
from khue.sheets.gradebook import BIRTH, CODE, SIGNATURE, STT
from khue.sheets.headers import NAME, Column, Header, find_header, key
from khue.sheets.pupils_known import Pupils
from khue.sheets.subjects import subject_of
from khue.sheets.workbook import Book, Sheet, address

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
CLASS = {"lop", "ma lop", "ten lop", "lop hoc"}


def check(book: Book, wanted: ImportAs, known: Known, report: FileReport) -> None:
    """Read all sheets with primary results."""
    read = 0
    for sheet in book.sheets:
        header = find_header(sheet) if sheet.visible else None
        if header is None:
            continue
        banner = read_banner(sheet, header.top, "TH", known)
        if banner.year and wanted.school_year and banner.year.value != wanted.school_year:
            raise Refuse(
                "year_mismatch",
                sheet=sheet.name,
                cell=banner.year.cell,
                file=banner.year.value,
                target=wanted.school_year,
            )
        columns = _columns(header)
        if not any(field.startswith("mon.") for field in columns) or not any(
            field.startswith(("nl.", "pc.")) for field in columns
        ):
            continue
        said = str(banner.school_class.value) if banner.school_class else ""
        _read(sheet, header, columns, wanted, said, known, report)
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
    leaf, whole = column.leaf, column.path
    if not whole:
        return ""
    if len(whole) == 1:
        for names, field in (
            (NAME, "ho_ten"),
            (CLASS, "lop"),
            (CODE, "code"),
            (BIRTH, "ngay_sinh"),
            (STT, "stt"),
        ):
            if leaf in names:
                return field
    if leaf in DONE:
        return "ht"
    if leaf in UP:
        return "ll"
    if leaf in RESULT and not any(subject_of(text, "TH") for text in whole[:-1]):
        return "xl"
    text = " ".join(whole)
    for prefix, words in (("pc", "pham chat"), ("nl", "nang luc")):
        if words in text:  # «Phẩm chất / Yêu nước», «Phẩm chất: yêu nước»
            found = next(
                (f for (group, name), f in known_traits.items() if group == prefix and _ends(text, name)), ""
            )
            if found:
                return found
    if not any(words in text for words in ("pham chat", "nang luc")):
        found = _subject_field(whole)
        if found:
            return found
    for prefix in ("pc", "nl"):  # no group says which: a quality's name is enough
        if found := known_traits.get((prefix, leaf)):
            return found
    return ""


def _ends(text: str, name: str) -> bool:
    return text == name or text.endswith(" " + name)


_NOISE = re.compile(
    r"\b(?:cac )?mon hoc (?:va|hoac)? ?(?:hoat dong giao duc|hdgd)\b|\b(?:cac )?mon hoc\b|\bhdgd\b"
)
_TEST = re.compile(
    r"\b(?:diem(?: kt\w*| kiem tra(?: dinh k[iy])?| thi)?|ktdk|bai kt|kt|kiem tra(?: dinh k[iy])?)\b(?: cuoi nam| cuoi k[iy]| giua k[iy])?"
)
_LEVEL = re.compile(r"\b(?:muc(?: dat(?: duoc)?| do)?|mdd|dat duoc|danh gia|xep loai)\b")


def _subject_field(path: tuple[str, ...]) -> str:
    """«mon.TOAN» or «kt.TOAN» from the texts of a header, in one cell or several."""
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


def _read(
    sheet: Sheet,
    header: Header,
    columns: dict[str, int],
    wanted: ImportAs,
    said: str,
    known: Known,
    report: FileReport,
) -> None:
    classes = {row.name: row for row in known.classes}
    shown = {class_name(row.name): row.name for row in known.classes}
    pupils = Pupils(known)
    fields = _order(columns)
    head = ["r", "ref", "lop", "ma_moet", "ho_ten", "ngay_sinh"]
    names = [*head, *fields, "ht", "ll", "xl_file", "xl"]
    rows: list[list[Any]] = []
    there: set[str] = set()
    seen_classes: set[str] = set()
    for row in sheet.numbers():
        name = sheet.text(row, columns["ho_ten"]) if "ho_ten" in columns else ""
        code = sheet.text(row, columns["code"]) if "code" in columns else ""
        number = sheet.text(row, columns["stt"]) if "stt" in columns else ""
        if (
            row < header.first
            or header.repeats(row)
            or not name
            or key(name) in NAME
            or not (
                code
                or number.isdigit()
                or ("ngay_sinh" in columns and values.date(sheet.cell(row, columns["ngay_sinh"])).value)
            )
        ):
            continue
        if SIGNATURE.search(key(name)) and not code:
            continue
        birth = values.date(sheet.cell(row, columns["ngay_sinh"])).value if "ngay_sinh" in columns else None
        match = pupils.find(code, name, birth or "")
        spot = address(row, columns["ho_ten"])
        if match.problem or match.pupil is None:
            ref = match.pupil.ref if match.pupil else ""
            report.findings.append(
                Finding(match.problem or "pupil_not_in_class", ERROR, sheet.name, spot, ref, {"ho_ten": name})
            )
            there.add(ref)
            continue
        pupil = match.pupil
        written = sheet.text(row, columns["lop"]) if "lop" in columns else said or wanted.school_class
        group = class_shown(written, shown) or pupil.class_name
        if pupil.class_name and class_name(pupil.class_name) != class_name(group):
            info = {"other_class": pupil.class_name, "ho_ten": name}
            report.findings.append(Finding("pupil_in_other_class", ERROR, sheet.name, spot, pupil.ref, info))
            continue
        if pupil.ref in there:
            report.findings.append(
                Finding("pupil_duplicate_row", ERROR, sheet.name, spot, pupil.ref, {"ho_ten": name})
            )
            continue
        there.add(pupil.ref)
        seen_classes.add(group)
        known_class = classes.get(group)
        grade = known_class.grade if known_class else int((re.match(r"\d{1,2}", group) or ["0"])[0])
        line = _row(sheet, row, columns, fields, pupil.ref, grade, report)
        ministry = code if re.fullmatch(r"\d{10}", code) else pupil.ref
        rows.append([row + 1, pupil.ref, group, ministry, name, birth, *line])
    for pupil in known.pupils:
        if pupil.active and pupil.class_name in seen_classes and pupil.ref not in there:
            report.findings.append(
                Finding("pupil_missing_in_file", WARNING, sheet.name, "", pupil.ref, {"ho_ten": pupil.name})
            )
    about = {"grades": wanted.grades} if wanted.grades else {}
    report.tables.append(Table(sheet.name, "primary_results", names, rows, about))


def _row(
    sheet: Sheet,
    row: int,
    columns: dict[str, int],
    fields: list[str],
    ref: str,
    grade: int,
    report: FileReport,
) -> list[Any]:
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
            spot = address(row, columns[field])
            report.findings.append(
                Finding(read.kind, read.severity, sheet.name, spot, ref, {"field": field} | read.info)
            )
    done = values.flag(sheet.cell(row, columns["ht"])).value if "ht" in columns else None
    up = values.flag(sheet.cell(row, columns["ll"])).value if "ll" in columns else None
    written = None
    if "xl" in columns:
        text = sheet.text(row, columns["xl"])
        written = RESULTS.get(key(text), text or None)
    ours = None if bad else _level(found, grade)
    if ours and written and ours != written:
        spot = address(row, columns["xl"])
        report.findings.append(
            Finding("result_mismatch", WARNING, sheet.name, spot, ref, {"file": written, "correct": ours})
        )
    elif ours is None and not bad:
        report.findings.append(
            Finding("level_not_computable", INFO, sheet.name, address(row, columns.get("xl", 0)), ref)
        )
    if ours and done is not None and done != (ours != "CHT") and written == ours:
        spot = address(row, columns["ht"])
        report.findings.append(
            Finding("flag_mismatch", WARNING, sheet.name, spot, ref, {"file": done, "correct": ours != "CHT"})
        )
    return [*(found[field] for field in fields), done, up, written, ours]


def _level(found: dict[str, Any], grade: int) -> str | None:
    subjects = {field[4:]: value for field, value in found.items() if field.startswith("mon.") and value}
    qualities = [value for field, value in found.items() if field.startswith("pc.")]
    competences = [
        value
        for field, value in found.items()
        if field.startswith("nl.") and not (grade <= 2 and field in {"nl.CN",
            "nl.TH"})  # noqa: PLR2004 - not assessed yet
    ]
    tests = {
        field[3:]: Decimal(value)
        for field, value in found.items()
        if field.startswith("kt.") and value is not None
    }
    if not subjects or None in qualities or None in competences:
        return None
    return LEVELS[year_level(subjects, qualities, competences, tests).value]
