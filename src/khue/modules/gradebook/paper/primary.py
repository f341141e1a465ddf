"""Bảng tổng hợp kết quả đánh giá giáo dục của lớp: a table for each moment, and that of the year (TT 27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from khue.modules.gradebook import facts
from khue.modules.gradebook.frozen import official_results
from khue.modules.gradebook.paper.common import stay
from khue.modules.gradebook.results import SUMMER, YEAR, ResultRow, stayed
from khue.rules import curriculum, primary
from khue.rules.secondary import Promotion

if TYPE_CHECKING:
    from decimal import Decimal

    from khue.modules.gradebook.book import ClassBook
    from khue.rules.primary import PrimaryFacts

MOMENT_NAMES = {
    "GK1": "Giữa học kì I", "CK1": "Cuối học kì I", "GK2": "Giữa học kì II", "CN": "Cuối năm học",
}  # fmt: skip
COMPLETED = {
    primary.Completion.HOAN_THANH_CT_LOP_HOC.value, primary.Completion.HOAN_THANH_CT_TIEU_HOC.value,
    Promotion.LEN_LOP.value,
}  # fmt: skip


def moments(book: ClassBook) -> list[dict[str, Any]]:
    """The tables of GK1, CK1, GK2 and of the end of the year, each with all subjects and traits."""
    judged = [facts.primary_facts(book, row) for row in book.roster]
    return [_moment(book, code, name, judged) for code, name in MOMENT_NAMES.items()]


def _moment(book: ClassBook, code: str, name: str, judged: list[PrimaryFacts]) -> dict[str, Any]:
    groups = curriculum.trait_groups(book.school_class.grade)
    midterm = code in {"GK1", "GK2"}
    subjects = [
        (s.subject.code, s.subject.name, s.tested_midterm if midterm else s.tested_endterm)
        for s in book.subjects
    ]
    rows = []
    for number, (row, found) in enumerate(zip(book.roster, judged, strict=True), 1):
        by_code = {subject.code: subject for subject in found.subjects}
        line: list[str] = [str(number), row.name, row.birth_shown, "x" if row.sex == "Nữ" else ""]
        for subject_code, _, tested in subjects:
            subject = by_code.get(subject_code)
            line.append((subject.levels.get(code) if subject else "") or "")
            if tested:
                line.append(_whole(subject.tests.get(code) if subject else None))
        traits = found.traits[code]
        line += [traits.get(trait) or "" for _, group in groups for trait, _ in group]
        rows.append([*line, stay(row)])
    return {
        "name": name, "subjects": [[label, tested] for _, label, tested in subjects],
        "groups": [[label, [trait for _, trait in group]] for label, group in groups], "rows": rows,
    }  # fmt: skip


def year(book: ClassBook) -> dict[str, Any]:
    """What the table of the year adds: the level, awards, going up; and the numbers of the class."""
    levels = list(primary.PrimaryLevel)
    results, was_there = official_results(book, SUMMER).rows, stayed(book, YEAR)
    present = [row for row in results if was_there(row.pupil)]
    return {
        "levels": [level.label for level in levels],
        "rows": [_year_line(number, row) for number, row in enumerate(results, 1)],
        "counts": [
            *([level.label, str(sum(1 for r in present if r.level == level.label))] for level in levels),
            [
                "Lên lớp, hoàn thành chương trình",
                str(sum(1 for r in present if r.decision_code in COMPLETED)),
            ],
        ],
        "size": str(len(present)),
    }


def _year_line(number: int, row: ResultRow) -> list[str]:
    completed, kept_down = row.decision_code in COMPLETED, row.decision_code == Promotion.O_LAI_LOP
    return [
        str(number), row.pupil.name, row.pupil.birth_shown, "x" if row.pupil.sex == "Nữ" else "",
        *("X" if row.level == level.label else "" for level in primary.PrimaryLevel), row.title, "",
        "X" if completed else "", "X" if kept_down else "",
        stay(row.pupil) or ("" if completed or kept_down else row.decision),
    ]  # fmt: skip


def _whole(mark: Decimal | None) -> str:
    return "" if mark is None else str(int(mark))
