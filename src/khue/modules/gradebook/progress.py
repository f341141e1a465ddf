"""How far the entry of marks has come (tiến độ nhập điểm): by class, by subject, by school, to look at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from khue.kit.words import said
from khue.modules.gradebook import queries
from khue.modules.gradebook.missing import whole_percent
from khue.modules.gradebook.models import Sheet
from khue.modules.gradebook.services.closing import sheet_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling import api as schooling

LIMIT = queries.A_PAGE  # classes; what is larger is a report, not a page that opens at once

Bar = dict[str, object]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Progress:
    """Whole percents of the results that are waited for: one per class, and bars for a chart."""

    classes: dict[UUID, int]
    subjects: list[Bar]
    schools: list[Bar]


def progress_of(classes: Sequence[schooling.SchoolClass], term: int) -> Progress | None:
    """The progress of these classes in a term; none where there is nothing to enter, or too much to count."""
    if not classes or len(classes) > LIMIT:
        return None
    sheets = (
        Sheet.objects.filter(school_class__in=[row.id for row in classes], term=term)
        .select_related("school_class__year", "school_class__school", "class_subject__subject")
        .order_by("class_subject__position", "kind")
    )
    lines = [line for line in queries.lines_of(sheets) if line.wanted]
    if not lines:
        return None
    by_class = _percents((line.sheet.school_class_id, line) for line in lines)
    by_subject = _percents((said(sheet_name(line.sheet)), line) for line in lines)
    names = {row.id: row.school.name for row in classes}
    by_school = _percents((names[line.sheet.school_class_id], line) for line in lines)
    return Progress(by_class, _bars(by_subject), _bars(by_school) if len(by_school) > 1 else [])


def progress_today(actor: Actor, year: schooling.SchoolYear, term: int) -> list[Bar]:
    """For the first page: one bar per school, or per class where there is one school only."""
    classes = [line.school_class for line in queries.class_lines(actor, year, term)]
    found = progress_of(classes, term)
    if found is None:
        return []
    if found.schools:
        return found.schools
    return _bars({row.name: found.classes[row.id] for row in classes if row.id in found.classes})


def _percents(lines: Iterable[tuple[Key, queries.SheetLine]]) -> dict[Key, int]:
    filled: dict[Key, int] = defaultdict(int)
    wanted: dict[Key, int] = defaultdict(int)
    for key, line in lines:
        filled[key] += line.filled
        wanted[key] += line.wanted
    return {key: whole_percent(filled[key], wanted[key]) for key in wanted}


def _bars(percents: dict[str, int]) -> list[Bar]:
    return [{"label": label, "value": value} for label, value in percents.items()]
