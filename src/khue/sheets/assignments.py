"""Who teaches what: a matrix of subjects and classes, the same turned over, or a list (bảng phân công)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from khue.rules.curriculum import level_of_grade
from khue.sheets.banner import CLASS_TEXT, class_name, class_shown
from khue.sheets.data import ERROR, FileReport, Finding, KnownStaff, Table
from khue.sheets.headers import NAME, Header, find_header, key
from khue.sheets.mark_columns import SIGNATURE
from khue.sheets.pupils_known import name_key
from khue.sheets.subjects import subject_of
from khue.sheets.workbook import Sheet, address

CLASS_HEAD = {
    "lop",
    "ten lop",
    "lop hoc",
    "ma lop",
    "lop day",
    "cac lop day",
    "lop phan cong",
    "day lop",
    "day cac lop",
    "lop giang day",
}
SUBJECT_HEAD = {
    "mon hoc hoat dong giao duc", "mon hoc", "mon", "mon hoc va hoat dong giao duc", "mon hoat dong giao duc",
    "ten mon",
    "mon hoc hdgd", "mon hdgd", "mon va hoat dong giao duc", "mon day", "mon giang day", "ten mon hoc",
    "bo mon",
    "mon phan cong", "mon hoc va hdgd",
}  # fmt: skip
TEACHER_HEAD = NAME | {
    "giao vien", "gv", "giao vien day", "gv day", "giao vien giang day", "giao vien bo mon", "gvbm",
    "ten giao vien", "ten gv",
    "giao vien phu trach", "nguoi day", "can bo giao vien", "ho ten giao vien day", "gv giang day",
    "giao vien phan cong",
}  # fmt: skip
_MANY = re.compile(r"\s*(?:;|\n|\+|,| và )\s*")
_NAMES = re.compile(r"\s*(?:;|\n|\+|/|,| và )\s*")
FEW = 2


@dataclass(slots=True)
class Teacher:
    """A member of staff while names are being resolved."""

    ref: str
    name: str
    subjects: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    teaches: bool = True


class Staff:
    """Staff by name; several of one name are told apart by the subject."""

    def __init__(self) -> None:
        self.by_name: dict[str, list[Teacher]] = defaultdict(list)

    @classmethod
    def known(cls, people: Iterable[KnownStaff]) -> Staff:
        """Those the school already has."""
        staff = cls()
        for person in people:
            staff.add(Teacher(person.ref, person.name, set(person.subjects)))
        return staff

    def add(self, teacher: Teacher) -> None:
        """Note a person."""
        self.by_name[name_key(teacher.name)].append(teacher)

    def find(self, name: str, subject: str = "") -> tuple[Teacher | None, list[Teacher]]:
        """The one person meant, and all who could be."""
        same = self.by_name.get(name_key(_bare(name)), [])
        if len(same) > 1 and subject:
            fitting = [teacher for teacher in same if subject in teacher.subjects or subject in teacher.parts]
            if len(fitting) == 1:
                return fitting[0], fitting
            same = fitting or same
        if len(same) > 1:
            teaching = [teacher for teacher in same if teacher.teaches]
            same = teaching if len(teaching) == 1 else same
        return (same[0], same) if len(same) == 1 else (None, same)


def _bare(name: str) -> str:
    """A name without a title or a remark in brackets."""
    bare = re.sub(r"\(.*?\)", "", name)
    return re.sub(r"^(?:thầy|cô|gv|gv\.|đ/c|ông|bà)\s+", "", bare.strip(), flags=re.IGNORECASE).strip()


def no_teacher(
    report: FileReport, sheet: str, cell: str, text: str, same: list[Teacher], **where: str
) -> None:
    """Say that a name means nobody, or more than one."""
    kind = "teacher_ambiguous" if same else "teacher_not_found"
    info: dict[str, Any] = {**where, "raw": text}
    if same:
        info["candidates"] = sorted(teacher.ref for teacher in same)
    report.findings.append(Finding(kind, ERROR, sheet, cell, "", info))


def level_of(name: str) -> str:
    """The level a class belongs to by its grade; nothing if it names none."""
    grade = re.match(r"\d{1,2}", class_shown(name))
    return level_of_grade(int(grade[0])) if grade and 1 <= int(grade[0]) <= 12 else ""  # noqa: PLR2004


def is_matrix(header: Header) -> bool:
    """Whether classes stand side by side."""
    columns = [c for c in header.columns if CLASS_TEXT.fullmatch(c.written) and level_of(c.written)]
    return len(columns) >= FEW


def _subject_columns(header: Header, level: str) -> dict[int, str]:
    found = {
        c.index: c.written for c in header.columns if c.leaf not in CLASS_HEAD and subject_of(c.leaf, level)
    }
    return found if len(found) > FEW else {}


def is_plan(header: Header) -> bool:
    """Whether a table of classes is really a plan of teaching."""
    leaves = {column.leaf for column in header.columns}
    level = "THCS"
    return (
        is_matrix(header)
        or bool(_subject_columns(header, level))
        or bool(leaves & SUBJECT_HEAD and leaves & TEACHER_HEAD)
    )


class _Plan:
    """Assignments on their way to a table."""

    def __init__(self, sheet: Sheet, staff: Staff, level: str, names: list[str], report: FileReport) -> None:
        self.sheet, self.staff, self.level, self.report = sheet, staff, level, report
        self.known = {class_name(name): name for name in names}
        self.rows: list[list[Any]] = []

    def class_at(self, row: int, column: int, text: str) -> str:
        """The class a header or cell names; said if the school has none such."""
        if self.known and class_name(text) not in self.known:
            self.say("class_unknown", row, column, {"class": class_shown(text)})
            return ""
        return class_shown(text, self.known)

    def say(self, kind: str, row: int, column: int, info: dict[str, Any]) -> None:
        """Note an error of a cell."""
        self.report.findings.append(Finding(kind, ERROR, self.sheet.name, address(row, column), "", info))

    def assign(self, row: int, column: int, school_class: str, subject: str) -> None:
        """All teachers of a cell teach this."""
        for name in _NAMES.split(self.sheet.text(row, column)):
            if not name:
                continue
            teacher, same = self.staff.find(name, subject)
            if teacher is None:
                where = {"class": school_class, "subject": subject}
                no_teacher(self.report, self.sheet.name, address(row, column), name, same, **where)
            else:
                self.rows.append([school_class, subject, teacher.ref, address(row, column)])

    def subject(self, text: str, school_class: str) -> str | None:
        """The code of a subject as this class learns it."""
        return subject_of(text, level_of(school_class) or self.level)

    def done(self) -> bool:
        """Put the table into the report."""
        columns = ["class", "subject", "ma_cb", "cell"]
        self.report.tables.append(Table(self.sheet.name, "assignments", columns, self.rows))
        return True


def read_plan(sheet: Sheet, staff: Staff, level: str, names: list[str], report: FileReport) -> bool:
    """Read a sheet that says who teaches what; False if it does not."""
    plan = _Plan(sheet, staff, level, names, report)
    header = find_header(sheet, lambda text: text in SUBJECT_HEAD)
    if header is not None and is_matrix(header):
        return _matrix(plan, header)
    if header is not None and _is_list(header):
        return _list(plan, header)
    header = find_header(sheet, lambda text: text in CLASS_HEAD)
    if header is not None and _subject_columns(header, level):
        return _turned(plan, header)
    return False


def _matrix(plan: _Plan, header: Header) -> bool:
    sheet = plan.sheet
    subject_column = next(column.index for column in header.columns if column.leaf in SUBJECT_HEAD)
    classes: dict[int, str] = {}
    for column in header.columns:
        if CLASS_TEXT.fullmatch(column.written) and level_of(column.written):
            name = plan.class_at(column.row, column.index, column.written)
            if name:
                classes[column.index] = name
    for row in sheet.numbers():
        text = sheet.text(row, subject_column)
        if row < header.first or not text or header.repeats(row):
            continue
        codes = {index: plan.subject(text, name) for index, name in classes.items()}
        cells = [index for index in classes if sheet.text(row, index)]
        if not any(codes.values()):
            if cells and not SIGNATURE.search(key(text)):
                plan.say("subject_unknown", row, subject_column, {"raw": text})
            continue
        for index in cells:
            code = codes[index]
            if code is None:
                plan.say("subject_unknown", row, index, {"raw": text, "class": classes[index]})
            else:
                plan.assign(row, index, classes[index], code)
    return plan.done()


def _turned(plan: _Plan, header: Header) -> bool:
    """Classes below each other, subjects side by side."""
    sheet = plan.sheet
    class_column = next(column.index for column in header.columns if column.leaf in CLASS_HEAD)
    subjects = _subject_columns(header, plan.level)
    for row in sheet.numbers():
        text = sheet.text(row, class_column)
        if row < header.first or not CLASS_TEXT.fullmatch(text) or not level_of(text):
            continue
        name = plan.class_at(row, class_column, text)
        for column, subject in subjects.items():
            if name and sheet.text(row, column):
                code = plan.subject(subject, name)
                if code is None:
                    plan.say("subject_unknown", row, column, {"raw": subject, "class": name})
                else:
                    plan.assign(row, column, name, code)
    return plan.done()


def _is_list(header: Header) -> bool:
    leaves = {column.leaf for column in header.columns}
    return bool(leaves & SUBJECT_HEAD and leaves & TEACHER_HEAD and leaves & CLASS_HEAD)


def _list(plan: _Plan, header: Header) -> bool:
    """A row for each teacher, subject and the classes taught."""
    sheet = plan.sheet
    place = {
        name: next(column.index for column in header.columns if column.leaf in words)
        for name, words in (("subject", SUBJECT_HEAD), ("teacher", TEACHER_HEAD), ("class", CLASS_HEAD))
    }
    for row in sheet.numbers():
        texts = {name: sheet.text(row, column) for name, column in place.items()}
        if row < header.first or not all(texts.values()) or header.repeats(row):
            continue
        for written in _MANY.split(texts["class"]):
            name = plan.class_at(row, place["class"], written) if level_of(written) else ""
            code = plan.subject(texts["subject"], name) if name else None
            if code is not None:
                plan.assign(row, place["teacher"], name, code)
            elif name:
                plan.say("subject_unknown", row, place["subject"], {"raw": texts["subject"]})
    return plan.done()
