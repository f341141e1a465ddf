"""The class gradebook on paper: A4 PDF in the parts of the TT 22 form (assessment.md 4.3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst
from django.utils import timezone

from khue.core.dates import format_date
from khue.modules.gradebook import calculation, grid
from khue.modules.gradebook.models import SheetKind
from khue.modules.gradebook.results import PRIMARY, ResultRow, class_results
from khue.modules.gradebook.services.closing import class_state, sheet_name
from khue.modules.gradebook.slots import SlotKind
from khue.modules.orgs import api as orgs
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    import datetime as dt

    from khue.modules.gradebook.book import ClassBook
    from khue.modules.gradebook.models import Sheet

FOLDER = Path(__file__).parent
TERM_NAMES = {1: "Học kì I", 2: "Học kì II", 0: "Cả năm", 3: "Sau hè"}


def book_pdf(book: ClassBook, day: dt.date) -> bytes:
    """The whole book of a class as PDF; the same data give the same bytes."""
    data = json.dumps(book_data(book, day), ensure_ascii=False)
    return bytes(
        typst.compile(
            str(FOLDER / "book.typ"), root=str(FOLDER), font_paths=[str(FOLDER / "fonts")],
            ignore_system_fonts=True, sys_inputs={"data": data},
        )
    )  # fmt: skip


def book_data(book: ClassBook, day: dt.date) -> dict[str, Any]:
    """All texts of the book, in the order of its pages."""
    school_class = book.school_class
    primary = school_class.regime in PRIMARY
    teachers = schooling.teachers_of(school_class.id, day)
    homeroom = schooling.homeroom_of(school_class.id, day)
    above = orgs.ancestors_of(school_class.school_id, day)
    return {
        "title": "Bảng tổng hợp kết quả đánh giá giáo dục của lớp"
        if primary
        else "Sổ theo dõi và đánh giá học sinh",
        "subtitle": "" if primary else "(theo lớp học)",
        "school": school_class.school.name,
        "units": [unit.name for unit in above],
        "class": school_class.name,
        "year": school_class.year.code,
        "size": sum(1 for row in book.roster if not row.left_by(day)),
        "homeroom": homeroom.name if homeroom else "",
        "teachers": [
            [s.subject.name, ", ".join(name for _, name in teachers.get(s.id, ()))] for s in book.subjects
        ],
        "pupils": [
            [row.name, row.birth_shown, row.sex, row.ministry_code, row.status, _stay(row)]
            for row in book.roster
        ],
        "sheets": [_sheet(book, sheet, teachers) for sheet in _ordered(book)],
        "summaries": [_summary(book, term, primary=primary) for term in (1, 2, 0)],
        "decisions": _decisions(class_results(book, 0), primary=primary),
        "primary": primary,
        "states": [[TERM_NAMES[term], *_state(book, term)] for term in (1, 2, 0)],
    }


def _ordered(book: ClassBook) -> list[Sheet]:
    return sorted(
        (sheet for sheet in book.sheets if sheet.term in {1, 2}),
        key=lambda s: (s.term, s.class_subject.position if s.class_subject else 999, s.kind),
    )


def _sheet(book: ClassBook, sheet: Sheet, teachers: dict[Any, list[tuple[Any, str]]]) -> dict[str, Any]:
    slots = [
        slot for slot in book.slots(sheet) if slot.kind is not SlotKind.TEXT or sheet.kind != SheetKind.TRAITS
    ]
    computed = calculation.calc_columns(sheet)
    before = book.sheet(sheet.class_subject_id, 1) if sheet.class_subject_id else None
    rows = []
    for number, row in enumerate(book.pupils_of(sheet), 1):
        cells = book.of(sheet, row.pupil_id)
        values = dict(calculation.calculate(sheet, cells, book.of(before, row.pupil_id), book.settings))
        shown = [
            grid.cell_text(s, cells[s.code].state, cells[s.code].value) if s.code in cells else ""
            for s in slots
        ]
        rows.append([str(number), row.name, *shown, *(values.get(column.code, "") for column in computed)])
    return {
        "name": sheet_name(sheet),
        "term": TERM_NAMES[sheet.term],
        "heads": [slot.label for slot in slots] + [column.label for column in computed],
        "wide": [slot.kind is SlotKind.TEXT for slot in slots] + [False] * len(computed),
        "rows": rows,
        "teachers": [name for _, name in teachers.get(sheet.class_subject_id, ())],
        "corrections": sheet.correction_count,
    }


def _summary(book: ClassBook, term: int, *, primary: bool) -> dict[str, Any]:
    results = class_results(book, term)
    level = "Đánh giá" if primary else "Kết quả học tập"
    heads = [s.subject.name for s in book.subjects]
    heads += [] if primary and term else [level]
    heads += [] if primary else ["Kết quả rèn luyện"]
    heads.append("Số buổi nghỉ")
    rows = []
    for number, row in enumerate(results, 1):
        line = [row.values.get(s.subject.code, "") for s in book.subjects]
        line += [] if primary and term else [row.level]
        line += [] if primary else [row.conduct]
        line.append("" if row.absences is None else str(row.absences))
        rows.append([str(number), row.pupil.name, *line])
    return {"term": TERM_NAMES[term], "heads": heads, "rows": rows, "counts": _counts(results)}


def _counts(results: list[ResultRow]) -> list[list[str]]:
    counts: dict[str, int] = {}
    for row in results:
        if row.level:
            counts[row.level] = counts.get(row.level, 0) + 1
    return [[level, str(number)] for level, number in counts.items()]


def _decisions(results: list[ResultRow], *, primary: bool) -> list[list[str]]:
    return [
        [
            str(number), row.pupil.name, row.level, "" if primary else row.conduct,
            "" if row.absences is None else str(row.absences), row.decision, row.title,
        ]
        for number, row in enumerate(results, 1)
    ]  # fmt: skip


def _state(book: ClassBook, term: int) -> list[str]:
    state = class_state(book.school_class.id, term)
    if state.act is None or state.state == "open":
        return ["Đang nhập", "", ""]
    done = "Đã khoá" if state.state == "sealed" else "Chủ nhiệm đã chốt"
    return [done, state.act.person_name, format_date(timezone.localtime(state.act.at).date())]


def _stay(row: schooling.RosterRow) -> str:
    return f"đến {format_date(row.until)}" if row.until else ""
