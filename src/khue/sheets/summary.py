"""Summary of a term by class: subject results, learning level, conduct, absences (bảng tổng hợp)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from khue.core.names import fold
from khue.rules.levels import learning_level
from khue.sheets import values
from khue.sheets.banner import class_name, fits, read_banner
from khue.sheets.data import (
    ERROR,
    INFO,
    WARNING,
    FileReport,
    Finding,
    ImportAs,
    Known,
    KnownClass,
    Refuse,
    Table,
)
from khue.sheets.gradebook import BIRTH, CODE, SIGNATURE, STT
from khue.sheets.headers import NAME, Column, Header, find_header, key
from khue.sheets.pupils_known import Pupils
from khue.sheets.subjects import subject_of
from khue.sheets.workbook import Book, Sheet, address

LEARNING = (
    "ket qua hoc tap",
    "kqht",
    "hoc tap",
    "hoc luc",
    "muc hoc tap",
    "kq hoc tap",
    "xep loai hoc tap",
    "xlhl",
    "danh gia hoc tap",
)
CONDUCT = (
    "ket qua ren luyen",
    "kqrl",
    "ren luyen",
    "hanh kiem",
    "kq ren luyen",
    "xep loai ren luyen",
    "muc ren luyen",
    "xlhk",
    "danh gia ren luyen",
)
ABSENT_GROUP = (
    "buoi nghi",
    "so buoi nghi",
    "ngay nghi",
    "so ngay nghi",
    "nghi hoc",
    "vang",
    "nghi",
    "so buoi vang",
    "buoi vang",
    "so buoi nghi hoc",
)
EXCUSED = {
    "p",
    "co phep",
    "cp",
    "phep",
    "nghi p",
    "nghi co phep",
    "vang p",
    "vang co phep",
    "nghi phep",
    "so buoi nghi co phep",
    "buoi nghi co phep",
}
UNEXCUSED = {
    "k",
    "khong phep",
    "kp",
    "nghi k",
    "nghi khong phep",
    "vang k",
    "vang khong phep",
    "so buoi nghi khong phep",
    "buoi nghi khong phep",
}
PERSONAL = {"so dinh danh ca nhan", "so dinh danh", "cccd", "so cccd", "can cuoc", "so can cuoc"}
WORDS = {
    "tot": "Tốt",
    "t": "Tốt",
    "kha": "Khá",
    "k": "Khá",
    "dat": "Đạt",
    "d": "Đạt",
    "chua dat": "Chưa đạt",
    "cd": "Chưa đạt",
}


def check(book: Book, wanted: ImportAs, known: Known, report: FileReport) -> None:
    """Read the summary of every class in the file."""
    read = 0
    classes = {class_name(row.name): row for row in known.classes}
    for sheet in book.sheets:
        header = find_header(sheet) if sheet.visible else None
        if header is None:
            continue
        level = known.classes[0].level if known.classes else ""
        banner = read_banner(sheet, header.top, level, known)
        fits(banner, wanted, known, sheet)
        named = str(banner.school_class.value) if banner.school_class else sheet.name
        school_class = classes.get(class_name(named)) or classes.get(class_name(wanted.school_class))
        if school_class is None:
            report.findings.append(Finding("class_unknown", ERROR, sheet.name, info={"raw": named}))
            continue
        columns = _columns(header, school_class)
        if "hoc_tap" not in columns and "ren_luyen" not in columns:
            continue
        term = wanted.term or (int(str(banner.term.value)) if banner.term else 0)
        _read(sheet, header, columns, school_class, term, known, report)
        read += 1
    if not read and not report.findings:
        raise Refuse("required_columns_missing")


def _columns(header: Header, school_class: KnownClass) -> dict[str, int]:
    found: dict[str, int] = {}
    for column in header.columns:
        field = _field(column, school_class)
        if field and field not in found:
            found[field] = column.index
    return found


def _field(column: Column, school_class: KnownClass) -> str:
    first, leaf = (column.path[0] if column.path else ""), column.leaf
    texts = (*column.path, column.whole)
    if any(text in NAME for text in texts):
        return "name"
    for names, field in ((CODE, "code"), (BIRTH, "birth"), (STT, "stt"), (PERSONAL, "personal")):
        if first in names or leaf in names:
            return field
    if any(text.startswith(LEARNING) for text in texts):
        return "hoc_tap"
    if any(text.startswith(CONDUCT) for text in texts):
        return "ren_luyen"
    in_group = any(text.startswith(ABSENT_GROUP) for text in column.path[:-1])
    for group in sorted(ABSENT_GROUP, key=len, reverse=True):
        if leaf.startswith(group + " ") and leaf.removeprefix(group + " ") in EXCUSED | UNEXCUSED:
            leaf, in_group = leaf.removeprefix(group + " "), True  # «Buổi nghỉ P» in one cell
            break
    if leaf in EXCUSED and (in_group or len(leaf) > 2):  # noqa: PLR2004 - «P» alone says nothing
        return "nghi_p"
    if leaf in UNEXCUSED and (in_group or len(leaf) > 2):  # noqa: PLR2004
        return "nghi_k"
    for text in texts:
        code = subject_of(text, school_class.level)
        if code and code in school_class.subjects:
            return code
    return ""


def _read(
    sheet: Sheet,
    header: Header,
    columns: dict[str, int],
    school_class: KnownClass,
    term: int,
    known: Known,
    report: FileReport,
) -> None:
    pupils = Pupils(known, school_class.name)
    codes = [field for field in sorted(columns, key=columns.__getitem__) if field in school_class.subjects]
    names = ["r", "ref", *codes, "hoc_tap_file", "hoc_tap", "ren_luyen", "nghi_p", "nghi_k"]
    rows: list[list[Any]] = []
    there: set[str] = set()
    for row in sheet.numbers():
        if row < header.first or header.repeats(row):
            continue
        name = sheet.text(row, columns["name"])
        code = sheet.text(row, columns["code"]) if "code" in columns else ""
        number = sheet.text(row, columns["stt"]) if "stt" in columns else ""
        if (
            not name
            or key(name) in NAME
            or not (code or number.isdigit() or _born(sheet, row, columns))
            or (SIGNATURE.search(key(name)) and not code)
        ):
            continue
        birth = values.date(sheet.cell(row, columns["birth"])).value if "birth" in columns else ""
        match = pupils.find(code, name, birth or "")
        spot = address(row, columns["name"])
        if match.problem or match.pupil is None:
            ref = match.pupil.ref if match.pupil else ""
            report.findings.append(
                Finding(match.problem or "pupil_not_in_class", ERROR, sheet.name, spot, ref, {"ho_ten": name})
            )
            there.add(ref)
            continue
        pupil = match.pupil
        if pupil.class_name and pupil.class_name != school_class.name:
            info = {"other_class": pupil.class_name, "ho_ten": name}
            report.findings.append(Finding("pupil_in_other_class", ERROR, sheet.name, spot, pupil.ref, info))
            continue
        there.add(pupil.ref)
        rows.append(_row(sheet, row, columns, codes, school_class, pupil.ref, report))
    for pupil in pupils.in_class:
        if pupil.active and pupil.ref not in there:
            report.findings.append(
                Finding("pupil_missing_in_file", WARNING, sheet.name, "", pupil.ref, {"ho_ten": pupil.name})
            )
    about = {"class": school_class.name, "term": term}
    report.tables.append(Table(sheet.name, "term_summary", names, rows, about))


def _born(sheet: Sheet, row: int, columns: dict[str, int]) -> bool:
    return "birth" in columns and bool(values.date(sheet.cell(row, columns["birth"])).value)


def _row(
    sheet: Sheet,
    row: int,
    columns: dict[str, int],
    codes: list[str],
    school_class: KnownClass,
    ref: str,
    report: FileReport,
) -> list[Any]:
    line: list[Any] = [row + 1, ref]
    scores: dict[str, Decimal | None] = {}
    comments: dict[str, str | None] = {}
    for code in codes:
        words = school_class.subjects[code].kind == "comment"
        cell = sheet.cell(row, columns[code])
        read = values.comment(cell) if words else values.mark(cell)
        if read.kind:
            spot = address(row, columns[code])
            report.findings.append(
                Finding(read.kind, read.severity, sheet.name, spot, ref, {"field": code} | read.info)
            )
        line.append(read.value)
        if words:
            comments[code] = read.value
        else:
            scores[code] = Decimal(read.value) if read.value else None
    written = _word(sheet, row, columns, "hoc_tap")
    ours = None
    if "hoc_tap" in columns:
        judged = learning_level(scores, comments).judged
        ours = judged.value.label if judged.value else None
        spot = address(row, columns["hoc_tap"])
        if ours is None:
            report.findings.append(Finding("level_not_computable", INFO, sheet.name, spot, ref))
        elif written and written != ours:
            report.findings.append(
                Finding("level_mismatch", WARNING, sheet.name, spot, ref, {"file": written, "correct": ours})
            )
    absent = [
        values.number(sheet.cell(row, columns[field])).value if field in columns else None
        for field in ("nghi_p", "nghi_k")
    ]
    return [*line, written, ours, _word(sheet, row, columns, "ren_luyen"), *absent]


def _word(sheet: Sheet, row: int, columns: dict[str, int], field: str) -> str | None:
    text = sheet.text(row, columns[field]) if field in columns else ""
    return WORDS.get(fold(text), text or None)
