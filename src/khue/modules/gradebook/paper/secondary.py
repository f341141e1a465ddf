"""Pages of marks and results of THCS and THPT: subjects by term, summaries, the year, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from khue.modules.gradebook import calculation
from khue.modules.gradebook.facts import ONGOING
from khue.modules.gradebook.frozen import official_results
from khue.modules.gradebook.models import SheetKind
from khue.modules.gradebook.paper.common import ROMAN, TERM_NAMES, cell, note_of, stay
from khue.modules.gradebook.results import SUMMER, YEAR, ResultRow, stayed
from khue.modules.gradebook.services.closing import sheet_name
from khue.modules.schooling import api as schooling
from khue.rules.regimes import RegimeId
from khue.rules.secondary import LearningLevel, OldLevel, Promotion

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from khue.modules.gradebook.book import ClassBook, PupilCells
    from khue.modules.gradebook.models import Correction, Sheet
    from khue.modules.gradebook.paper.common import Corrections
    from khue.modules.gradebook.slots import Slot

FORM_ONGOING = 4  # columns of ĐĐGtx that the form prints; a subject uses 2, 3 or 4 of them
NEW_REGIMES = {RegimeId.TT22.value}
PROMOTED = {Promotion.LEN_LOP.value, Promotion.LEN_LOP_SAU_HE.value}
KEPT_DOWN = {Promotion.O_LAI_LOP.value}
SUMMER_TASKS = {Promotion.REN_LUYEN_HE.value, Promotion.KIEM_TRA_DANH_GIA_LAI.value}


def sheets(book: ClassBook, day: dt.date, corrections: Corrections) -> list[dict[str, Any]]:
    """A page for each subject and term, in the order of the form: first term, then second."""
    teachers = schooling.teachers_of(book.school_class.id, day)
    pages = []
    for term in (1, 2):
        for subject in book.subjects:
            sheet = book.sheet(subject.id, term)
            if sheet is not None:
                names = [name for _, name in teachers.get(subject.id, ())]
                pages.append(_sheet(book, sheet, names, corrections))
    return pages


def _sheet(book: ClassBook, sheet: Sheet, teachers: list[str], corrections: Corrections) -> dict[str, Any]:
    slots = {slot.code: slot for slot in book.slots(sheet)}
    subject = sheet.class_subject
    before = book.sheet(sheet.class_subject_id, 1)
    summer = book.sheet(sheet.class_subject_id, SUMMER) if sheet.term == 2 else None  # noqa: PLR2004
    score = sheet.kind == SheetKind.SCORE
    columns = [*ONGOING[:FORM_ONGOING], *ONGOING[FORM_ONGOING : subject.ongoing_required if subject else 0]]
    columns += [*(["topic"] if "topic" in slots else []), "gk", "ck"]
    computed = calculation.calc_columns(sheet)
    rows = []
    for number, row in enumerate(book.pupils_of(sheet), 1):
        cells = book.of(sheet, row.pupil_id)
        changed = {code: corrections.get((sheet.id, row.pupil_id, code), []) for code in slots}
        values = dict(calculation.calculate(sheet, cells, book.of(before, row.pupil_id), book.settings))
        line: list[Any] = [str(number), row.name]
        line += [cell(slots[code], cells, changed[code]) if code in slots else None for code in columns]
        line += [values.get(column.code, "") for column in computed]
        if sheet.term == 2:  # noqa: PLR2004 - the page that shows the year
            line.append(_retest(book, summer, row.pupil_id, corrections))
        mode = book.mode(subject, row.pupil_id) if subject else ""
        line.append(_note(slots, cells, row, changed, mode))
        rows.append(line)
    return {
        "name": sheet_name(sheet), "term": TERM_NAMES[sheet.term], "score": score,
        "group": "ĐĐGtx" if score else "Thường xuyên",
        "ongoing": sum(1 for code in columns if code.startswith("tx")), "topic": "topic" in slots,
        "heads": [
            *(("ĐĐGgk", "ĐĐGck") if score else ("Giữa kì", "Cuối kì")),
            *(column.label for column in computed),
            *(["Đánh giá lại" if score else "Mức đánh giá lại"] if sheet.term == 2 else []),  # noqa: PLR2004
            "Ghi chú",
        ],
        "rows": rows, "teachers": teachers, "corrections": sheet.correction_count,
    }  # fmt: skip


def _retest(book: ClassBook, summer: Sheet | None, pupil_id: Any, corrections: Corrections) -> Any:
    if summer is None:
        return ""
    (slot,) = book.slots(summer)
    return cell(slot, book.of(summer, pupil_id), corrections.get((summer.id, pupil_id, slot.code)))


def _note(
    slots: dict[str, Slot], cells: PupilCells, row: schooling.RosterRow, changed: dict[str, list[Correction]],
    mode: str,
) -> str:  # fmt: skip
    """Ghi chú: corrections with their names, another way of assessment, leaving, the teacher's remark."""
    notes = [note_of(slots[code], rows) for code, rows in changed.items() if rows]
    if mode and mode != schooling.AssessmentMode.NORMAL:
        notes.append(schooling.AssessmentMode(mode).label)
    if row.until:
        notes.append(stay(row))
    remark = cells.get("remark")
    if remark is not None and remark.value:
        notes.append(remark.value)
    return "; ".join(notes)


def summary(book: ClassBook, term: int) -> dict[str, Any]:
    """Tổng hợp of a term or the year: comment subjects, mark subjects, learning, conduct."""
    comments = [s for s in book.subjects if s.kind == "comment"]
    scores = [s for s in book.subjects if s.kind != "comment"]
    modern = book.school_class.regime in NEW_REGIMES
    return {
        "term": f"học kì {ROMAN[term]}" if term else "cả năm",
        "comments": [s.subject.name for s in comments],
        "scores": [s.subject.name for s in scores],
        "heads": ["Kết quả học tập", "Kết quả rèn luyện"] if modern else ["Học lực", "Hạnh kiểm"],
        "rows": [
            [
                str(number), row.pupil.name,
                *(row.values.get(s.subject.code, "") for s in (*comments, *scores)), row.level, row.conduct,
            ]
            for number, row in enumerate(official_results(book, term).rows, 1)
        ],
    }  # fmt: skip


def decisions(book: ClassBook) -> list[list[str]]:
    """Đánh giá cả năm: conduct and learning, both after the summer, absences, promotion, awards."""
    lines = []
    pairs = zip(official_results(book, YEAR).rows, official_results(book, SUMMER).rows, strict=True)
    for number, (year, after) in enumerate(pairs, 1):
        waits = year.decision_code in SUMMER_TASKS
        decided = after.decision_code if waits else year.decision_code
        lines.append([
            str(number), year.pupil.name, year.conduct, year.level,
            *((after.conduct, after.level) if waits and decided not in SUMMER_TASKS else ("", "")),
            "" if year.absences is None else str(year.absences),
            "X" if decided in PROMOTED else "", "X" if decided in KEPT_DOWN else "", year.title,
            stay(year.pupil) or (year.decision if decided in SUMMER_TASKS else ""),
        ])  # fmt: skip
    return lines


def counts(book: ClassBook) -> dict[str, Any]:
    """Tổng hợp chung: how many pupils reached what; numbers of the class, never an order of pupils."""
    was_there = stayed(book, YEAR)
    terms = {
        term: [row for row in official_results(book, term).rows if was_there(row.pupil)]
        for term in (1, 2, YEAR, SUMMER)
    }
    year, summer = terms[YEAR], terms[SUMMER]
    waits = [row.decision_code in SUMMER_TASKS for row in year]
    last = [after if wait else row for row, after, wait in zip(year, summer, waits, strict=True)]
    modern = book.school_class.regime in NEW_REGIMES
    levels = [level.label for level in (LearningLevel if modern else OldLevel)]
    columns = [terms[1], terms[2], year, last]
    return {
        "levels": [
            [kind, label, *(str(sum(1 for r in rows if value(r) == label)) for rows in columns)]
            for kind, value in _kinds(modern=modern)
            for label in levels
        ],
        "size": str(len(year)),
        "decided": [
            ["Được lên lớp", str(sum(1 for row in last if row.decision_code in PROMOTED))],
            ["Không được lên lớp", str(sum(1 for row in last if row.decision_code in KEPT_DOWN))],
            ["Kiểm tra, đánh giá lại hoặc rèn luyện trong hè", str(sum(waits))],
            *([title, str(number)] for title, number in _titles(year)),
        ],
    }


def _kinds(*, modern: bool) -> Iterable[tuple[str, Callable[[ResultRow], str]]]:
    yield ("Kết quả học tập" if modern else "Học lực"), lambda row: row.level
    yield ("Kết quả rèn luyện" if modern else "Hạnh kiểm"), lambda row: row.conduct


def _titles(year: list[ResultRow]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for row in year:
        if row.title:
            found[row.title] = found.get(row.title, 0) + 1
    return sorted(found.items())
