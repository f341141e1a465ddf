"""Frozen gradebook data as canonical record text: the head, a sheet, a summary (nội dung được ký).

Everything a stranger needs to read the record stands in it: names, columns, marks, results, who must
sign, how often it was corrected, and the head of each sheet's history of changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from khue.core.ids import short
from khue.modules.gradebook import calculation
from khue.modules.gradebook.digests import digest_in
from khue.modules.gradebook.frozen import official_results
from khue.modules.gradebook.models import CellState, Sheet
from khue.modules.gradebook.services.closing import SUMMER, YEAR, sheet_name
from khue.signing.canonical import element, escape_text
from khue.signing.xades.record import Signer, build_head, build_section

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from khue.modules.gradebook.book import ClassBook
    from khue.modules.gradebook.results import ResultRow
    from khue.modules.schooling import api as schooling
    from khue.modules.schooling.api import RosterRow

KINDS = {1: "gradebook-term", 2: "gradebook-term", YEAR: "gradebook-year", SUMMER: "gradebook-summer"}
TERM_TITLES = {1: "học kì I", 2: "học kì II", YEAR: "cả năm", SUMMER: "sau hè"}
SUMMARY = "summary"
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
NUMBER = re.compile(r"\d{1,2},\d\Z")
SUMMARY_POSITION = 900  # after every sheet


def kind_of(term: int) -> str:
    """The record type of a term, the year or the summer."""
    return KINDS[term]


def title_of(school_class: schooling.SchoolClass, term: int) -> str:
    """The name of a class's document: «Sổ theo dõi và đánh giá học sinh, lớp 6A, học kì I, 2025-2026»."""
    return (
        f"Sổ theo dõi và đánh giá học sinh, lớp {school_class.name}, "
        f"{TERM_TITLES[term]}, {school_class.year.code}"
    )


def head_text(
    school_class: schooling.SchoolClass, term: int, *, places: dict[str, str], identifier: str, version: int,
    replaces: str,
) -> str:  # fmt: skip
    """The head of a class's document: school, place, class, year, term, regulation, version."""
    return build_head(
        school_class.school.name, identifier,
        {
            "commune": places.get("commune", ""), "province": places.get("province", ""),
            "class": school_class.name, "grade": str(school_class.grade), "level": school_class.level,
            "year": school_class.year.code, "term": str(term), "termName": TERM_TITLES[term],
            "regulation": school_class.regime, "title": title_of(school_class, term),
            "version": str(version), "replaces": replaces or None,
        },
    )  # fmt: skip


def section_id(sheet: Sheet) -> str:
    """The Id of a sheet's section: by the place of its subject in the book, the same every time."""
    subject = sheet.class_subject
    if subject is None:
        return SUMMARY
    code = "".join(char for char in subject.subject.code.lower() if char in LETTERS)
    return f"s{subject.position:02d}{code}"[:32]


def sheet_text(
    book: ClassBook, sheet: Sheet, record: str, signers: Iterable[tuple[str, str]], digest: str
) -> str:
    """A subject's sheet as its teachers sign it (bảng điểm môn); signers are (name, identifier).

    `digest` is that of all cells (`digests.digest_in`), by which the closing act names what was signed.
    """
    first = calculation.first_term_cells(sheet)
    slots = book.slots(sheet)
    computed = calculation.calc_columns(sheet)
    subject = sheet.class_subject
    rows = []
    for number, row in enumerate(book.pupils_of(sheet), 1):
        cells = book.of(sheet, row.pupil_id)
        marks = [
            element("Mark", _mark(slot.code, cell.state), escape_text(cell.value))
            for slot in slots
            if (cell := cells.get(slot.code)) is not None and cell.state != CellState.EMPTY
        ]
        values = calculation.calculate(sheet, cells, first.get(row.pupil_id, {}), book.settings)
        marks += [
            element("Result", {"column": code}, escape_text(exact(text))) for code, text in values if text
        ]
        mode = book.mode(subject, row.pupil_id) if subject is not None else ""
        rows.append(element("Pupil", _pupil(number, row, mode), *marks))
    columns = [
        element("Column", {"code": slot.code, "name": slot.label, "kind": slot.kind.value}) for slot in slots
    ] + [element("Column", {"code": one.code, "name": one.label, "kind": "result"}) for one in computed]
    section = build_section(
        section_id(sheet), "sheet", record, _signers("teacher", signers),
        {
            "name": sheet_name(sheet),
            "subject": subject.subject.code if subject is not None else "", "assessment": sheet.kind,
            "corrections": str(sheet.correction_count), "historyLength": str(sheet.history_length),
            "historyHead": sheet.history_head, "contentDigest": digest,
        },
        *columns, *rows,
    )  # fmt: skip
    return section.text


def summary_text(
    book: ClassBook, term: int, record: str, homeroom: tuple[str, str], own: Sequence[Sheet],
    corrections: int,
) -> str:  # fmt: skip
    """The class's summary as its homeroom teacher signs it: results, conduct, absences (tổng hợp)."""
    subjects = [
        element("Column", {"code": s.subject.code, "name": s.subject.name, "kind": s.kind})
        for s in book.subjects
    ]
    columns = [
        element(
            "Column",
            {"code": slot.code, "name": slot.label, "kind": slot.kind.value, "sheet": sheet.kind},
        )
        for sheet in own for slot in book.slots(sheet)
    ]  # fmt: skip
    rows = []
    for number, result in enumerate(official_results(book, term).rows, 1):
        rows.append(element("Pupil", _summed(number, result), *_summary_cells(book, result, own)))
    sheets = [
        element(
            "Sheet",
            {
                "kind": sheet.kind, "corrections": str(sheet.correction_count),
                "historyLength": str(sheet.history_length), "historyHead": sheet.history_head,
                "contentDigest": digest_in(book, sheet),
            },
        )
        for sheet in own
    ]  # fmt: skip
    section = build_section(
        SUMMARY, "summary", record, _signers("homeroom", [homeroom]),
        {"name": f"Tổng hợp {TERM_TITLES[term]}", "corrections": str(corrections)},
        *subjects, *columns, *sheets, *rows,
    )  # fmt: skip
    return section.text


def exact(text: str) -> str:
    """A computed result in a record has the form of a mark, with a point: «7.5»; words stay as they are."""
    return text.replace(",", ".") if NUMBER.match(text) else text


def _summary_cells(book: ClassBook, result: ResultRow, own: Sequence[Sheet]) -> list[str]:
    found = [
        element("Result", {"column": subject.subject.code}, escape_text(exact(text)))
        for subject in book.subjects
        if (text := result.values.get(subject.subject.code, ""))
    ]
    for sheet in own:
        cells = book.of(sheet, result.pupil.pupil_id)
        for slot in book.slots(sheet):
            cell = cells.get(slot.code)
            if cell is not None and cell.value:
                found.append(
                    element("Mark", {"column": slot.code, "sheet": sheet.kind}, escape_text(cell.value))
                )
    return found


def _summed(number: int, result: ResultRow) -> dict[str, str | None]:
    """A pupil's attributes in the summary: what the law concluded, with nothing that ranks."""
    return _pupil(number, result.pupil, "") | {
        "level": result.level or None, "conduct": result.conduct or None, "title": result.title or None,
        "decision": result.decision or None, "adjustedBy": result.adjusted_by or None,
        "absences": None if result.absences is None else str(result.absences),
        "incomplete": "; ".join(result.missing) or None,
    }  # fmt: skip


def _pupil(number: int, row: RosterRow, mode: str) -> dict[str, str | None]:
    return {
        "n": str(number), "ref": short(row.pupil_id), "code": row.ministry_code or None, "name": row.name,
        "born": row.birth_shown or None, "left": f"{row.until:%d/%m/%Y}" if row.until else None,
        "mode": mode if mode not in {"", "NORMAL"} else None,
    }  # fmt: skip


def _signers(role: str, signers: Iterable[tuple[str, str]]) -> list[Signer]:
    return [Signer(identifier, name, number, role) for number, (name, identifier) in enumerate(signers, 1)]


def _mark(column: str, state: str) -> dict[str, str]:
    return {"column": column} if state == CellState.MARK else {"column": column, "state": state}
