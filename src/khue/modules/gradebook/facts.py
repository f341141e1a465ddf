"""From cells to the facts that the law judges: the one bridge between the book and `khue.rules`."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from khue.modules.gradebook.models import CellState, SheetKind
from khue.rules import curriculum, primary, secondary
from khue.rules.secondary import LearningLevel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.modules.gradebook.book import ClassBook, Content, PupilCells
    from khue.modules.schooling.api import ClassSubject, RosterRow

ONGOING = ("tx1", "tx2", "tx3", "tx4", "tx5", "tx6", "tx7", "tx8")
TERMS = (1, 2)
SUMMER = 3
# Primary moments by term and half of the term (TT 27 Điều 7).
MOMENTS = {(1, "mid"): "GK1", (1, "end"): "CK1", (2, "mid"): "GK2", (2, "end"): "CN"}
LEVELS = {
    "T": LearningLevel.TOT,
    "K": LearningLevel.KHA,
    "Đ": LearningLevel.DAT,
    "CĐ": LearningLevel.CHUA_DAT,
}


@lru_cache(maxsize=256)
def _decimal(text: str) -> Decimal:
    return Decimal(text)


def mark_of(content: Content | None) -> Decimal | None:
    """The mark in a cell, if it holds one."""
    return _decimal(content.value) if content is not None and content.value else None


def text_of(content: Content | None) -> str | None:
    """The letters in a cell, if it holds some."""
    return content.value if content is not None and content.value else None


def state_of(content: Content | None) -> str:
    """The state of a cell; a cell that was never written is EMPTY."""
    return content.state if content is not None else CellState.EMPTY.value


def term_entry(
    kind: str, ongoing: int, cells: Mapping[str, Content]
) -> secondary.TermMarks | secondary.TermComments:
    """What one pupil has in one subject and term, as the law reads it."""
    return term_marks(ongoing, cells) if kind == "score" else term_comments(ongoing, cells)


def term_marks(ongoing: int, cells: Mapping[str, Content]) -> secondary.TermMarks:
    """The marks of one pupil in one subject and term (môn tính điểm)."""
    get = cells.get
    gk, ck = get("gk"), get("ck")
    return secondary.TermMarks(
        ongoing=tuple(mark_of(get(slot)) for slot in ONGOING[:ongoing]),
        midterm=mark_of(gk), final=mark_of(ck), topic=mark_of(get("topic")),
        midterm_state=state_of(gk), final_state=state_of(ck),
    )  # fmt: skip


def term_comments(ongoing: int, cells: Mapping[str, Content]) -> secondary.TermComments:
    """The results of one pupil in one comment subject and term (môn nhận xét)."""
    get = cells.get
    gk, ck = get("gk"), get("ck")
    return secondary.TermComments(
        ongoing=tuple(text_of(get(slot)) for slot in ONGOING[:ongoing]),
        midterm=text_of(gk), final=text_of(ck), midterm_state=state_of(gk), final_state=state_of(ck),
    )  # fmt: skip


def pupil_facts(book: ClassBook, row: RosterRow) -> secondary.PupilFacts:
    """All that TT 22 (or TT 58) needs to judge a pupil's terms and year."""
    pupil = row.pupil_id
    homeroom = [book.of(book.sheet(None, term), pupil) for term in (*TERMS, SUMMER)]
    return secondary.PupilFacts(
        subjects=tuple(
            _subject(book, subject, pupil) for subject in book.subjects if book.takes(subject, pupil)
        ),
        conduct=tuple(LEVELS.get(text_of(cells.get("conduct")) or "") for cells in homeroom[:2]),
        absences=absences_of(homeroom[:2]),
        summer_conduct=LEVELS.get(text_of(homeroom[2].get("conduct")) or ""),
        grade=book.school_class.grade,
    )


def absences_of(homeroom: list[PupilCells]) -> int | None:
    """Absent sessions of the terms together, or None where nobody has entered any."""
    counts = [
        int(cells[slot].value)
        for cells in homeroom
        for slot in ("absent_excused", "absent_unexcused")
        if slot in cells and cells[slot].value
    ]
    return sum(counts) if counts else None


@lru_cache(maxsize=32)
def _optional(level: str, grade: int) -> frozenset[str]:
    """Codes of the optional subjects of a grade (môn tự chọn), which a reading may leave out."""
    return frozenset(item.code for item in curriculum.subjects(level, grade) if item.optional)


def _subject(book: ClassBook, subject: ClassSubject, pupil: UUID) -> secondary.SubjectFacts:
    retest = book.of(book.sheet(subject.id, SUMMER), pupil).get("retest")
    return secondary.SubjectFacts(
        code=subject.subject.code,
        name=subject.subject.name,
        kind=subject.kind,
        ongoing_required=subject.ongoing_required,
        terms=tuple(
            term_entry(subject.kind, subject.ongoing_required, book.of(book.sheet(subject.id, term), pupil))
            for term in TERMS
        ),
        mode=book.mode(subject, pupil),
        optional=subject.subject.code in _optional(book.school_class.level, book.school_class.grade),
        retest=mark_of(retest) if subject.kind == "score" else text_of(retest),
    )


def primary_facts(book: ClassBook, row: RosterRow) -> primary.PrimaryFacts:
    """All that TT 27 needs to judge a primary pupil's moments and year."""
    pupil = row.pupil_id
    codes = [code for code, _ in curriculum.traits(book.school_class.grade)]
    traits: dict[str, dict[str, str | None]] = {}
    for (term, half), moment in MOMENTS.items():
        cells = book.of(book.sheet(None, term, SheetKind.TRAITS), pupil)
        traits[moment] = {code: text_of(cells.get(f"{half}.{code}")) for code in codes}
    return primary.PrimaryFacts(
        grade=book.school_class.grade,
        subjects=tuple(
            _primary_subject(book, subject, pupil)
            for subject in book.subjects
            if book.takes(subject, pupil)
        ),
        traits=traits,
    )


def _primary_subject(book: ClassBook, subject: ClassSubject, pupil: UUID) -> primary.PrimarySubject:
    levels: dict[str, str | None] = {}
    tests: dict[str, Decimal | None] = {}
    for (term, half), moment in MOMENTS.items():
        cells = book.of(book.sheet(subject.id, term), pupil)
        levels[moment] = text_of(cells.get(f"{half}.level"))
        tested = subject.tested_midterm if half == "mid" else subject.tested_endterm
        if tested:
            tests[moment] = mark_of(cells.get(f"{half}.test"))
    return primary.PrimarySubject(
        code=subject.subject.code, name=subject.subject.name, levels=levels, tests=tests,
        mode=book.mode(subject, pupil),
    )  # fmt: skip
