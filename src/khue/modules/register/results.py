"""A class's year was sealed: who goes up, who repeats, who has completed the level (kết quả cuối năm)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from khue.modules.gradebook import api as gradebook
from khue.modules.register import chain
from khue.modules.register.following import entries_of_school
from khue.modules.register.models import EventKind, RegisterEntry, RegisterEvent
from khue.modules.register.services import recording
from khue.modules.schooling import api as schooling
from khue.rules import enrollment
from khue.rules.enrollment import Kind, State

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor

YEAR, SUMMER = 0, 3


def follow_results(actor: Actor, school_class_id: UUID, on: dt.date) -> None:
    """Write what the kept results of a class's year mean for each pupil; a changed result is corrected."""
    school_class = schooling.class_of(school_class_id)
    kept = _kept(school_class_id)
    if not kept:
        return
    entries = [
        entry for entry in entries_of_school(school_class.school_id, list(kept))
        if entry.book.level == school_class.level
    ]  # fmt: skip
    said = _said(entries, school_class.year.code)
    news = []
    for entry in entries:
        if entry.person_id is None:
            continue
        event = _event(entry, school_class, kept[entry.person_id], said.get(entry.id), on)
        if event is not None:
            news.append((entry, event))
    if news:
        recording.write(actor, news)


def _kept(school_class_id: UUID) -> dict[UUID, gradebook.FrozenResult]:
    """The result that holds of each pupil: after the summer where there is one, else of the year."""
    rows = gradebook.FrozenResult.objects.filter(school_class=school_class_id, term__in=(YEAR, SUMMER))
    return {row.pupil_id: row for row in rows.order_by("term", "version")}


def _said(entries: Sequence[RegisterEntry], year: str) -> dict[UUID, dict[str, Any]]:
    """What each entry says of the year already."""
    rows = RegisterEvent.objects.filter(
        entry__in=[entry.id for entry in entries], data__year=year, data__has_key="result"
    )
    return dict(rows.order_by("sequence").values_list("entry_id", "data"))


def _event(
    entry: RegisterEntry, school_class: schooling.SchoolClass, kept: gradebook.FrozenResult,
    said: dict[str, Any] | None, on: dt.date,
) -> chain.NewEvent | None:  # fmt: skip
    code = str(kept.content.get("decision_code", ""))
    kind = enrollment.result_of(school_class.level, school_class.grade, code)
    data = {
        "year": school_class.year.code, "class": school_class.name, "grade": school_class.grade,
        "result": kind.value if kind else "", "decision": kept.decision, "frozen": kept.id.hex,
    }  # fmt: skip
    if said is not None:
        if said["result"] == data["result"]:
            return None
        after = State.COMPLETED if kind is Kind.COMPLETED else State.STUDYING
        data |= {"was": said["result"]}
        if State(entry.state) in {State.STUDYING, State.COMPLETED}:
            data |= {"state": after.value}
        return chain.NewEvent(EventKind.CORRECTED, on, data=data)
    if kind is None or State(entry.state) is not State.STUDYING:
        return None
    return chain.NewEvent(EventKind(kind.value), on, data=data)
