"""The subjects, qualities and homeroom facts of one pupil's year, from the closed book (các dòng học bạ)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from khue.modules.transcripts.content import section_id
from khue.modules.transcripts.data import SubjectLine, Trait
from khue.modules.transcripts.traits import GROUPS, SECTIONS, with_comment
from khue.modules.transcripts.wording import RETEST
from khue.rules import curriculum
from khue.rules.graduation import year_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.modules.gradebook import api as gradebook
    from khue.modules.schooling import api as schooling

YEAR, SUMMER = 0, 3
LAST = 2  # the term whose remarks speak of the whole year
NOT_ASSESSED = "EXEMPT"


def exact(text: str) -> str:
    """A mark in a record has a point, «7.5»; words stay as they are."""
    whole, _, part = text.partition(",")
    return f"{whole}.{part}" if whole.isdigit() and part.isdigit() else text


def values_of(year: gradebook.YearBook, pupil: UUID, term: int) -> Mapping[str, str]:
    """The kept results of a pupil by subject code."""
    kept = year.kept.get((pupil, term))
    return kept.content["values"] if kept is not None else {}


def retest_names(year: gradebook.YearBook, pupil: UUID) -> frozenset[str]:
    """The subjects that were open to a re-assessment (Điều 14 TT 22)."""
    kept = year.kept.get((pupil, YEAR))
    if kept is None or kept.content.get("decision_code") != RETEST:
        return frozenset()
    return frozenset(kept.content["retest"])


def subject_lines(
    year: gradebook.YearBook, pupil: UUID, comments: Mapping[str, str]
) -> list[tuple[schooling.ClassSubject, SubjectLine]]:
    """Every subject that a pupil learned, in the order of the book; `comments` by section."""
    book = year.book
    primary = book.school_class.level == "TH"
    found: list[tuple[schooling.ClassSubject, SubjectLine]] = []
    for subject in book.subjects:
        if not book.takes(subject, pupil):
            continue
        line = _primary(year, subject, pupil) if primary else _secondary(year, subject, pupil)
        mode = book.mode(subject, pupil)
        facts = {
            "position": subject.position, "mode": "" if mode == "NORMAL" else mode,
            "corrections": year.corrections.get((subject.id, pupil), 0),
            "comment": _remark(year, subject, pupil),
        }  # fmt: skip
        found.append((subject, _made(subject, line | facts, comments)))
    return found


def _made(subject: schooling.ClassSubject, facts: dict[str, Any], comments: Mapping[str, str]) -> SubjectLine:
    line = SubjectLine(subject.subject.code, subject.subject.name, subject.kind, **facts)
    written = comments.get(section_id(line))
    return line if written is None else replace(line, comment=written)


def _remark(year: gradebook.YearBook, subject: schooling.ClassSubject, pupil: UUID) -> str:
    """The teacher's remark in the book at the end of the year."""
    cell = year.book.of(year.book.sheet(subject.id, LAST), pupil).get("remark")
    return cell.value if cell is not None else ""


def _secondary(year: gradebook.YearBook, subject: schooling.ClassSubject, pupil: UUID) -> dict[str, Any]:
    code = subject.subject.code
    terms = {
        name: exact(values_of(year, pupil, term).get(code, ""))
        for name, term in (("term1", 1), ("term2", 2), ("year", YEAR))
    }
    if subject.subject.name in retest_names(year, pupil):
        cell = year.book.of(year.book.sheet(subject.id, SUMMER), pupil).get("retest")
        terms["retest"] = cell.value if cell is not None else ""
    return terms


def _primary(year: gradebook.YearBook, subject: schooling.ClassSubject, pupil: UUID) -> dict[str, Any]:
    """Level and test at the end of the year; a transcript of primary school has no terms (TT 27 Điều 9)."""
    cells = year.book.of(year.book.sheet(subject.id, LAST), pupil)
    return {"year": _text(cells, "end.level"), "test": _text(cells, "end.test")}


def traits_of(year: gradebook.YearBook, pupil: UUID, comments: Mapping[str, str]) -> tuple[Trait, ...]:
    """Qualities and competences at the end of a primary year (phẩm chất, năng lực); `comments` by section."""
    book = year.book
    if book.school_class.level != "TH":
        return ()
    cells = book.of(book.sheet(None, LAST, "traits"), pupil)
    groups = curriculum.trait_groups(book.school_class.grade)
    found = tuple(
        Trait(group, code, name, _text(cells, f"end.{code}"))
        for group, (_, traits) in zip(GROUPS, groups, strict=True)
        for code, name in traits
    )
    for section, group in SECTIONS.items():
        found = with_comment(found, group, comments.get(section, ""))
    return found


def homeroom_facts(year: gradebook.YearBook, pupil: UUID) -> dict[str, str]:
    """What the homeroom teacher entered: conduct of the terms, absences by kind, her remark."""
    book = year.book
    terms = [book.of(book.sheet(None, term), pupil) for term in (1, LAST)]
    found = {f"conduct{number}": _text(cells, "conduct") for number, cells in enumerate(terms, 1)}
    for name in ("absent_excused", "absent_unexcused"):
        counts = [int(text) for cells in terms if (text := _text(cells, name))]
        found[name] = str(sum(counts)) if counts else ""
    found["remark"] = _text(terms[1], "remark")
    found["summer_conduct"] = _text(book.of(book.sheet(None, SUMMER), pupil), "conduct")
    return found


def average_of(lines: list[SubjectLine]) -> str:
    """ĐTB of a THPT year: the plain mean of the mark subjects' year averages (assessment.md 7.4)."""
    marks = [
        Decimal(line.year) for line in lines
        if line.kind == "score" and line.year and line.mode != NOT_ASSESSED
    ]  # fmt: skip
    return str(year_mean(marks)) if marks else ""


def _text(cells: Mapping[str, Any], slot: str) -> str:
    cell = cells.get(slot)
    return cell.value if cell is not None else ""
