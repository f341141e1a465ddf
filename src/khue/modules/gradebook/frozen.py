"""What a sealing kept: the results that hold, and every older version of them (kết quả đã lưu khi khoá).

A sealed term or year is never computed again: pages, paper and other modules show what was kept,
also where a rule, a reading of it or the program has changed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.modules.gradebook.models import FrozenResult
from khue.modules.gradebook.results import ResultRow, Section, class_results
from khue.modules.gradebook.services.closing import ClassState, class_state, class_states
from khue.rules.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from khue.modules.gradebook.book import ClassBook
    from khue.modules.schooling.api import RosterRow


@dataclass(frozen=True, slots=True)
class ClassResults:
    """The results of a class that hold, and those pupils of whom the book would now say something else."""

    rows: list[ResultRow]
    drifted: list[ResultRow]
    state: ClassState


def official_results(book: ClassBook, term: int, state: ClassState | None = None) -> ClassResults:
    """The results of a class: as kept while it is sealed, else as the book gives them."""
    computed = class_results(book, term)
    state = state or class_state(book.school_class.id, term)
    if state.state != "sealed":
        return ClassResults(computed, [], state)
    last = {row.pupil_id: row for row in _kept(book, term)}
    rows = [
        thaw(now.pupil, last[now.pupil.pupil_id]) if now.pupil.pupil_id in last else now for now in computed
    ]
    drifted = [kept for kept, now in zip(rows, computed, strict=True) if _essence(kept) != _essence(now)]
    return ClassResults(rows, drifted, state)


def official_parts(book: ClassBook, terms: Iterable[int]) -> list[ResultRow]:
    """The results that hold of the one pupil of a loaded book, term after term."""
    states = class_states([book.school_class.id])
    found = []
    for term in terms:
        state = states.get((book.school_class.id, term), ClassState("open"))
        found += official_results(book, term, state).rows
    return found


def versions_of(school_class_id: UUID, pupil_id: UUID) -> Sequence[FrozenResult]:
    """All that was ever kept of a pupil in a class, the newest first, with the act that kept it."""
    rows = FrozenResult.objects.filter(school_class=school_class_id, pupil=pupil_id)
    return list(rows.select_related("closing").order_by("term", "-version"))


def thaw(pupil: RosterRow, kept: FrozenResult) -> ResultRow:
    """A kept result as pages show results; what an older program did not keep yet is left empty."""
    content = kept.content
    return ResultRow(
        pupil=pupil, term=kept.term, values=content["values"], level=kept.level, conduct=kept.conduct,
        title=kept.title, decision=kept.decision, decision_code=content.get("decision_code", ""),
        absences=content["absences"], base_level=content["base_level"], adjusted_by=content["adjusted_by"],
        retest=tuple(content["retest"]), missing=tuple(content["missing"]),
        sections=tuple(
            Section(
                section["title"], section["value"],
                tuple(Reason(clause, text, passed) for clause, text, passed in section["reasons"]),
                section.get("doubtful", False), section["note"],
            )
            for section in content["sections"]
        ),
    )  # fmt: skip


def _kept(book: ClassBook, term: int) -> Sequence[FrozenResult]:
    rows = FrozenResult.objects.filter(school_class=book.school_class, term=term)
    return list(rows.filter(pupil__in=[row.pupil_id for row in book.roster]).order_by("version"))


def _essence(row: ResultRow) -> tuple[object, ...]:
    return row.values, row.level, row.conduct, row.title, row.decision, row.absences
