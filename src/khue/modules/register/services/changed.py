"""What changed of a pupil's civil status while she was at another school (cải chính ở trường khác).

The book of this school was right when it was written: the change is told as one, not as a correction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from khue.modules.register import chain
from khue.modules.register.facts import CIVIL
from khue.modules.register.models import EventKind, RegisterEvent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.modules.register.data import NewEntry
    from khue.modules.register.models import RegisterEntry

PAPER = "civil_paper"  # the paper that a parcel from another system names


def meanwhile(entry: RegisterEntry, item: NewEntry, facts: Mapping[str, Any]) -> list[chain.NewEvent]:
    """A change for each paper that is known, and one for what has none; the office adds its paper later."""
    differ = chain.differences(entry.now, {name: facts[name] for name in CIVIL if name in facts})
    left = {name: pair for name, pair in differ.items() if all(pair)}  # else it is filled in or taken out
    if not left:
        return []
    found = []
    for event in _elsewhere(entry):
        said = event.data.get("changes") or {}
        own = {name: pair for name, pair in left.items() if name in said and said[name][1] == pair[1]}
        if own:
            left = {name: pair for name, pair in left.items() if name not in own}
            told = chain.NewEvent(
                EventKind.CIVIL_CHANGE, item.on, event.decision, event.decision_on, event.paper,
                {"changes": own, "from_school": event.entry.school.name},
            )  # fmt: skip
            found.append(told)
    if left:
        data = {"changes": left, "from_school": item.facts.get("from_school", "")}
        paper = str(item.facts.get(PAPER, ""))
        found.append(chain.NewEvent(EventKind.CIVIL_CHANGE, item.on, paper, data=data))
    return found


def _elsewhere(entry: RegisterEntry) -> list[RegisterEvent]:
    """Changes of civil status that other registers of the same pupil say, the latest first."""
    person: UUID | None = entry.person_id
    rows = RegisterEvent.objects.filter(entry__person=person, kind=EventKind.CIVIL_CHANGE)
    return list(rows.exclude(entry=entry).select_related("entry__school").order_by("-on", "-id"))
