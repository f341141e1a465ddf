"""Summary of a term by class: subject results, learning level, conduct, absences (bảng tổng hợp)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from khue.core.names import fold
from khue.rules.levels import learning_level
from khue.sheets import values
from khue.sheets.banner import class_name, fits, read_banner, refuse
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
from khue.sheets.headers import NAME, Column, Header, find_header
from khue.sheets.mark_columns import BIRTH, CODE, STT
from khue.sheets.roll import Line, Roll
from khue.sheets.subjects import subject_of
from khue.sheets.workbook import Book, Sheet

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
SHORT_LEARNING, SHORT_CONDUCT = {"ht", "hl", "xl ht", "kq ht"}, {"rl", "xl rl", "kq rl"}
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
        if banner.year_end and not banner.term and wanted.term:
            refuse("term_mismatch", banner.year_end, sheet, wanted.term)
        named = str(banner.school_class.value) if banner.school_class else sheet.name
        school_class = classes.get(class_name(named)) or classes.get(class_name(wanted.school_class))
        if school_class is None:
            report.findings.append(Finding("class_unknown", ERROR, sheet.name, info={"raw": named}))
            continue
        columns = _columns(header, school_class)
        if "hoc_tap" not in columns and "ren_luyen" not in columns:
            continue
        term = wanted.term or (int(str(banner.term.value)) if banner.term else 0)
        roll = Roll(header, columns, known, report)
        report.tables.append(_read(columns, school_class, term, roll))
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
    if any(text.startswith(LEARNING) for text in texts) or leaf in SHORT_LEARNING:
        return "hoc_tap"
    if any(text.startswith(CONDUCT) for text in texts) or leaf in SHORT_CONDUCT:
        return "ren_luyen"
    absence = _absence(column)
    if absence:
        return absence
    for text in texts:
        code = subject_of(text, school_class.level)
        if code and code in school_class.subjects:
            return code
    return ""


def _absence(column: Column) -> str:
    """«Buổi nghỉ / P», «Buổi nghỉ P», «Nghỉ có phép»; «P» alone says nothing."""
    leaf = column.leaf
    in_group = any(text.startswith(ABSENT_GROUP) for text in column.path[:-1])
    for group in sorted(ABSENT_GROUP, key=len, reverse=True):
        if leaf.startswith(group + " ") and leaf.removeprefix(group + " ") in EXCUSED | UNEXCUSED:
            leaf, in_group = leaf.removeprefix(group + " "), True
            break
    if not in_group and len(leaf) < 3:  # noqa: PLR2004 - one or two letters
        return ""
    return "nghi_p" if leaf in EXCUSED else "nghi_k" if leaf in UNEXCUSED else ""


def _read(columns: dict[str, int], school_class: KnownClass, term: int, roll: Roll) -> Table:
    codes = [field for field in sorted(columns, key=columns.__getitem__) if field in school_class.subjects]
    names = ["r", "ref", *codes, "hoc_tap_file", "hoc_tap", "ren_luyen", "nghi_p", "nghi_k"]
    for line in roll.lines(school_class.name):
        if roll.belongs(line, school_class.name):
            before = len(roll.report.findings)
            roll.keep(line, _row(roll, line, codes, school_class), before)
    roll.missing({school_class.name})
    about = {"class": school_class.name, "term": term}
    return Table(roll.sheet.name, "term_summary", names, roll.rows, about)


def _row(roll: Roll, line: Line, codes: list[str], school_class: KnownClass) -> list[Any]:
    """Subject results, level, conduct and absences of a pupil."""
    sheet, columns, row, ref = roll.sheet, roll.fields, line.row, line.pupil.ref
    out: list[Any] = [row + 1, ref]
    scores: dict[str, Decimal | None] = {}
    comments: dict[str, str | None] = {}
    for code in codes:
        words = school_class.subjects[code].kind == "comment"
        cell = sheet.cell(row, columns[code])
        read = values.comment(cell) if words else values.mark(cell)
        if read.kind:
            roll.say(read.kind, read.severity, row, code, ref, **({"field": code} | read.info))
        out.append(read.value)
        if words:
            comments[code] = read.value
        else:
            scores[code] = Decimal(read.value) if read.value else None
    written = _word(sheet, row, columns, "hoc_tap")
    complete = all(code in columns for code in school_class.subjects)
    ours = None
    if "hoc_tap" in columns:
        judged = learning_level(scores, comments).judged if complete else None
        ours = judged.value.label if judged and judged.value else None
        if ours is None:
            roll.say("level_not_computable", INFO, row, "hoc_tap", ref)
        elif written and written != ours:
            roll.say("level_mismatch", WARNING, row, "hoc_tap", ref, file=written, correct=ours)
    absent = [
        values.number(sheet.cell(row, columns[field])).value if field in columns else None
        for field in ("nghi_p", "nghi_k")
    ]
    return [*out, written, ours, _word(sheet, row, columns, "ren_luyen"), *absent]


def _word(sheet: Sheet, row: int, columns: dict[str, int], field: str) -> str | None:
    text = sheet.text(row, columns[field]) if field in columns else ""
    return WORDS.get(fold(text), text or None)
