"""Who teaches what: a matrix of subjects and classes, the same turned over, or a list (bảng phân công)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from khue.rules.curriculum import level_of_grade
from khue.sheets.banner import CLASS_TEXT, class_name, class_shown, grade_in
from khue.sheets.data import ERROR, Doubt, FileReport, Finding, KnownStaff, Table
from khue.sheets.headers import NAME, Header, find_header, key
from khue.sheets.mark_columns import SIGNATURE
from khue.sheets.pupils_known import name_key
from khue.sheets.subjects import subject_of
from khue.sheets.workbook import Sheet, address

_CLASS_HEAD = re.compile(
    r"(?:cac |ten |ma |day |phan cong |giang day )*lop(?: hoc| day| phan cong| giang day| phu trach| duoc"
    r"| dam nhiem)*"
)
_SUBJECT_HEAD = re.compile(
    r"(?:ten |day |phan )?(?:bo )?mon(?: hoc| day| giang day| phan cong| phu trach| duoc)*"
    r"(?: va)?(?: (?:hoat dong(?: giao duc)?|hdgd|hd giao duc|hd gd|hd))?|noi dung giang day"
)
_TEACHER_HEAD = re.compile(
    r"(?:ho va ten |ho ten |ten )?(?:giao vien|gv|gvbm|can bo giao vien|cbgv|nguoi day|nha giao)"
    r"(?: day| giang day| bo mon| phu trach| phan cong| duoc| giao vien)*"
)
_MANY = re.compile(r"\s*(?:;|\n|\+|,| và )\s*")
_NAMES = re.compile(r"\s*(?:;|\n|\+|/|,| và )\s*")
FEW = 2
LEVELS = ("THCS", "THPT", "TH")
_RANGE = re.compile(r"(.+?)\s*(?:-|–|—|->|→|\.\.+|đến|tới)\s*(.+)")
_GRADE = re.compile(r"(?:toàn |cả )?khối\s*(\d{1,2})|(?:các |tất cả )lớp (\d{1,2})", re.IGNORECASE)
_REMARK = re.compile(r"\(.*?\)|\[.*?\]")


def is_class_head(text: str) -> bool:
    """Whether a header stands over names of classes."""
    return _CLASS_HEAD.fullmatch(text) is not None


def is_subject_head(text: str) -> bool:
    """Whether a header stands over names of subjects."""
    return _SUBJECT_HEAD.fullmatch(text) is not None


def is_teacher_head(text: str) -> bool:
    """Whether a header stands over names of teachers."""
    return text in NAME or _TEACHER_HEAD.fullmatch(text) is not None


def any_subject(text: str, levels: Iterable[str]) -> str | None:
    """The code of a subject at the first of these levels that has it."""
    return next((code for level in levels if (code := subject_of(text, level))), None)


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
        refs = sorted(teacher.ref for teacher in same)
        info["candidates"] = refs
        facts = {**where, "cell": cell}
        row = int("".join(ch for ch in cell if ch.isdigit()))
        report.doubts.append(
            Doubt(kind, sheet, row, cell, text, "assignments", list(facts), list(facts.values()), refs)
        )
    report.findings.append(Finding(kind, ERROR, sheet, cell, "", info))


def level_of(name: str) -> str:
    """The level a class belongs to by its grade; nothing if it names none."""
    grade = grade_in(class_shown(name))
    return level_of_grade(grade) if grade else ""


def is_matrix(header: Header) -> bool:
    """Whether classes stand side by side."""
    columns = [c for c in header.columns if CLASS_TEXT.fullmatch(c.written) and level_of(c.written)]
    return len(columns) >= FEW


def _subject_columns(header: Header) -> dict[int, str]:
    found = {
        column.index: column.written
        for column in header.columns
        if column.path and not is_class_head(column.leaf) and any_subject(column.written, LEVELS)
    }
    return found if len(found) > FEW else {}


def is_plan(header: Header) -> bool:
    """Whether a table of classes is really a plan of teaching."""
    leaves = [column.leaf for column in header.columns]
    listed = any(map(is_subject_head, leaves)) and any(map(is_teacher_head, leaves))
    return listed or is_matrix(header) or bool(_subject_columns(header))


class _Plan:
    """Assignments on their way to a table."""

    def __init__(
        self, sheet: Sheet, staff: Staff, levels: tuple[str, ...], names: list[str], report: FileReport
    ) -> None:
        self.sheet, self.staff, self.levels, self.report = sheet, staff, levels, report
        self.known = {class_name(name): name for name in names}
        self.rows: list[list[Any]] = []

    def class_at(self, row: int, column: int, text: str) -> str:
        """The class a header or cell names; said if the school has none such."""
        if self.known and class_name(text) not in self.known:
            self.say("class_unknown", row, column, {"class": class_shown(text)})
            return ""
        return class_shown(text, self.known)

    def classes_in(self, row: int, column: int, text: str) -> list[str]:
        """The classes a cell names: «6A, 6B», «6A-6D», «6A, B», «khối 6»."""
        found: list[str] = []
        grade = ""
        for piece in _MANY.split(_REMARK.sub(" ", text)):
            written = f"{grade}{piece}" if re.fullmatch(r"[^\W\d_]\d{0,2}", piece) else piece.strip()
            several = self._several(written)
            if several:
                found += several
            elif level_of(written):
                name = self.class_at(row, column, written)
                found += [name] if name else []
            elif written:
                self.say("class_unknown", row, column, {"class": written})
            begins = grade_in(class_shown(written))
            grade = str(begins) if begins else grade
        return list(dict.fromkeys(found))

    def _several(self, text: str) -> list[str]:
        """The classes of a grade, or from one class to another, in the order of the school's list."""
        names = list(self.known.values())
        grade = _GRADE.fullmatch(text.strip())
        if grade:
            number = grade[1] or grade[2]
            return [name for name in names if grade_in(name) == int(number)]
        ends = _RANGE.fullmatch(text)
        if class_name(text) in self.known or not ends:
            return []
        first, last = self.known.get(class_name(ends[1])), self.known.get(class_name(ends[2]))
        if first is None and last is None:
            return []
        if last is None and re.fullmatch(r"[^\W\d_]?\d{0,2}", ends[2]):  # «6A-D», «6A1-4»
            stem = ends[1].strip()
            short = len(ends[2]) if not ends[2].isdigit() else len(re.search(r"\d*$", stem)[0] or "x")  # type: ignore[index]
            last = self.known.get(class_name(stem[: len(stem) - short] + ends[2]))
        if first is None or last is None:
            return []
        return names[names.index(first) : names.index(last) + 1]

    def say(self, kind: str, row: int, column: int, info: dict[str, Any]) -> None:
        """Note an error of a cell."""
        self.report.findings.append(Finding(kind, ERROR, self.sheet.name, address(row, column), "", info))

    def assign(self, row: int, column: int, school_class: str, subject: str, text: str = "") -> None:
        """All teachers of a cell teach this."""
        for name in _NAMES.split(text or self.sheet.text(row, column)):
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
        level = level_of(school_class)
        return subject_of(text, level) if level else any_subject(text, self.levels)

    def done(self) -> bool:
        """Put the table into the report."""
        columns = ["class", "subject", "ma_cb", "cell"]
        self.report.tables.append(Table(self.sheet.name, "assignments", columns, self.rows))
        return True


def read_plan(
    sheet: Sheet, staff: Staff, levels: tuple[str, ...], names: list[str], report: FileReport
) -> bool:
    """Read a sheet that says who teaches what; False if it does not."""
    plan = _Plan(sheet, staff, levels, names, report)
    header = find_header(sheet, is_subject_head)
    if header is not None and is_matrix(header):
        return _matrix(plan, header)
    if header is not None and _is_list(header):
        return _list(plan, header)
    header = find_header(sheet, is_class_head)
    if header is not None and _subject_columns(header):
        return _turned(plan, header)
    return False


def _matrix(plan: _Plan, header: Header) -> bool:
    sheet = plan.sheet
    subject_column = next(column.index for column in header.columns if is_subject_head(column.leaf))
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
    class_column = next(column.index for column in header.columns if is_class_head(column.leaf))
    subjects = _subject_columns(header)
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


HEADS = {"subject": is_subject_head, "teacher": is_teacher_head, "class": is_class_head}


def _is_list(header: Header) -> bool:
    leaves = [column.leaf for column in header.columns]
    return all(any(map(is_head, leaves)) for is_head in HEADS.values())


def _list(plan: _Plan, header: Header) -> bool:
    """A row for each teacher, subject and the classes taught; a teacher's name stands once."""
    sheet = plan.sheet
    place = {
        name: next(column.index for column in header.columns if is_head(column.leaf))
        for name, is_head in HEADS.items()
    }
    teacher = ""
    for row in sheet.numbers():
        texts = {name: sheet.text(row, column) for name, column in place.items()}
        if row < header.first or header.repeats(row):
            continue
        teacher = texts["teacher"] or teacher
        if not (teacher and texts["subject"] and texts["class"]):
            continue
        for name in plan.classes_in(row, place["class"], texts["class"]):
            code = plan.subject(texts["subject"], name)
            if code is None:
                plan.say("subject_unknown", row, place["subject"], {"raw": texts["subject"], "class": name})
            else:
                plan.assign(row, place["teacher"], name, code, teacher)
    return plan.done()
