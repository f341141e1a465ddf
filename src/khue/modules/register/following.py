"""What other modules announce becomes events of the register (nghe biến động từ các phần khác).

Everything here can be run again: each event names the stay or the result that it was made from, and what
stands in the book already is not written twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from khue.core.dates import first_year
from khue.core.names import fold
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.register import chain, numbering, placing
from khue.modules.register.data import NewEntry
from khue.modules.register.facts import facts_of
from khue.modules.register.models import EntryState, EventKind, RegisterEntry, RegisterEvent
from khue.modules.register.placing import ATTENDING, LEAVING, Draft, add_places, known_of, stays_of
from khue.modules.register.services import entering, recording
from khue.modules.schooling import api as schooling
from khue.rules import enrollment
from khue.rules.enrollment import State

if TYPE_CHECKING:
    import datetime as dt
    from collections import defaultdict
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from khue.core.actor import Actor


def follow(
    actor: Actor, school_id: UUID, person_ids: Iterable[UUID], kind: EventKind = EventKind.ADMITTED
) -> None:
    """Bring the register up to what the school knows of these pupils: entries, places, facts.

    Whoever has no entry yet comes in by `kind`.
    """
    profiles = {
        row.person_id: row
        for row in people.PupilProfile.objects.filter(school=school_id, person__in=list(person_ids))
    }
    ids = [key for key in dict.fromkeys(person_ids) if key in profiles]
    if not ids:
        return
    stays = stays_of(school_id, ids)
    fresh = _enter_missing(actor, school_id, [profiles[key] for key in ids], stays, kind)
    # Of who was entered a moment ago, and attends, only classes can tell more.
    ids = [
        key for key in ids
        if key not in fresh or stays[key] or fold(profiles[key].status) not in ATTENDING
    ]  # fmt: skip
    if not ids:
        return
    entries = _entries(school_id, ids)
    known = known_of(entries)
    now = facts_of(school_id, ids)
    news: list[tuple[RegisterEntry, chain.NewEvent]] = []
    for entry in entries:
        person = entry.person_id
        if person is None:
            continue
        mine = [stay for stay in stays[person] if stay.school_class.level == entry.book.level]
        events = Draft(entry)
        add_places(events, mine, known[entry.id])
        if events.state in enrollment.PRESENT:
            _facts(events, now[person], actor.today)
            _status(events, profiles[person].status, actor.today, by_paper=known[entry.id].by_paper)
        news += [(entry, event) for event in events.made]
    if news:
        recording.write(actor, news)


def _entries(school_id: UUID, ids: Sequence[UUID]) -> list[RegisterEntry]:
    rows = RegisterEntry.objects.filter(school=school_id, person__in=ids).select_related("book")
    return list(rows.select_for_update(of=("self",)).order_by("id"))


def _enter_missing(
    actor: Actor, school_id: UUID, profiles: Sequence[people.PupilProfile],
    stays: defaultdict[UUID, list[schooling.ClassMembership]], kind: EventKind,
) -> set[UUID]:  # fmt: skip
    """Whoever has no entry of a level gets one: of each level with a class, else of the school's only one."""
    held = set(
        RegisterEntry.objects.filter(school=school_id, person__in=[row.person_id for row in profiles])
        .values_list("person_id", "book__level")
    )  # fmt: skip
    entered = {person for person, _ in held}
    expected = _expected(school_id, [key for row in profiles if not stays[key := row.person_id]])
    items = []
    for row in profiles:
        first: dict[str, schooling.ClassMembership] = {}
        for stay in stays[row.person_id]:
            first.setdefault(stay.school_class.level, stay)
        for level, stay in first.items():
            if (row.person_id, level) not in held:
                items.append(_of_class(actor, row, level, stay, again=row.person_id in entered))
        if not first and row.person_id not in entered:
            number = row.register_number.strip()
            grade, year = expected.get(row.person_id, (None, None))
            items.append(
                NewEntry(row.person_id, row.admitted_on or actor.today, grade=grade, year=year, number=number)
            )
    if items:
        items = [replace(item, kind=kind.value) for item in items]
        entering.enter_many(actor, school_id=school_id, items=items)
    return {item.person_id for item in items} - entered


def _expected(school_id: UUID, ids: Sequence[UUID]) -> dict[UUID, tuple[int | None, int | None]]:
    """Grade and school year of pupils who wait in a split that is not confirmed yet (chia lớp thử)."""
    if not ids:
        return {}
    rows = schooling.ClassSplit.objects.filter(school=school_id, state="draft").select_related("year")
    wanted = {str(key): key for key in ids}
    return {
        wanted[key]: (row.grade, first_year(row.year.code))
        for row in rows.order_by("id")
        for key in row.pupils.keys() & wanted.keys()
    }


def _of_class(
    actor: Actor, row: people.PupilProfile, level: str, stay: schooling.ClassMembership, *, again: bool
) -> NewEntry:
    school_class = stay.school_class
    number = row.register_number.strip()
    if again or numbering.is_of_other_level(number, level):
        number = ""
    on = stay.valid_from if again else min(row.admitted_on or actor.today, stay.valid_from)
    return NewEntry(
        row.person_id, on, level=level, grade=school_class.grade, year=first_year(school_class.year.code),
        number=number,
    )  # fmt: skip


def _facts(draft: Draft, now: dict[str, Any], today: dt.date) -> None:
    """Facts that differ from the book without a paper of civil status: the old and the new are kept."""
    changes = chain.differences(draft.entry.now, now)
    code = {"code": changes.pop("code")} if "code" in changes else {}
    if code:
        draft.add(EventKind.IDENTIFIER_ADDED, today, changes=code)
    if changes:
        draft.add(EventKind.CORRECTED, today, changes=changes)


def _status(draft: Draft, status: str, today: dt.date, *, by_paper: bool) -> None:
    """A pupil's file says that the pupil left, or attends again, and no class says it.

    Whom the office suspended by decision it takes back so: the file, which says nothing of it, cannot.
    """
    text = fold(status)
    if text in ATTENDING:
        if draft.state is State.SUSPENDED and not draft.made and not by_paper:
            draft.add(EventKind.RETURNED, today)
        return
    known = next((kind for start, kind in LEAVING if text.startswith(start)), None)
    if known is not None and draft.state is State.STUDYING:
        draft.add(known, today, reason=status)


def follow_move(actor: Actor, person_id: UUID, from_school: UUID, to_school: UUID, on: dt.date) -> None:
    """A pupil's file went to another school: out of one register, into the other (chuyển trường).

    Where the transfer wrote both registers itself nothing is left to do. Whoever goes up to the next level
    has not been transferred; whoever is given back to the level below was entered here by mistake.
    An announcement that comes late, when the pupil is somewhere else again, says nothing any more.
    """
    if not people.PupilProfile.objects.filter(person=person_id, school=to_school).exists():
        return
    profile = orgs.SchoolProfile.objects.filter(unit=to_school).first()
    levels = profile.level_set() if profile else ()
    entries = [row for row in entries_of_school(from_school, [person_id]) if _is_here(row)]
    if not entries:
        follow(actor, to_school, [person_id], EventKind.TRANSFERRED_IN)
        return
    level = entries[-1].book.level
    if level in levels:
        left = chain.NewEvent(EventKind.TRANSFERRED_OUT, on)
        recording.write(actor, [*placing.unheard(entries[-1], on), (entries[-1], left)])
        follow(actor, to_school, [person_id], EventKind.TRANSFERRED_IN)
    elif not any(_is_above(one, level) for one in levels):
        entering.void_entries(
            actor, school_id=from_school, person_ids=[person_id], reason="Trả lại trường cũ"
        )


def _is_here(entry: RegisterEntry) -> bool:
    return State(entry.state) in enrollment.PRESENT


def _is_above(level: str, other: str) -> bool:
    order = list(enrollment.levels())
    return level in order and other in order and order.index(level) > order.index(other)


def follow_merge(
    actor: Actor, school_id: UUID, person_ids: Sequence[UUID], kind: EventKind, heard: str
) -> None:
    """Codes of pupils were brought together or taken apart; written once for each announcement."""
    entries = [row for row in entries_of_school(school_id, person_ids) if _is_here(row)]
    told = RegisterEvent.objects.filter(entry__in=[entry.id for entry in entries], data__heard=heard)
    done = set(told.values_list("entry_id", flat=True))
    now = facts_of(school_id, person_ids)
    news = []
    for entry in entries:
        if entry.id in done or entry.person_id not in now:
            continue
        differ = chain.differences(
            {"code": entry.now.get("code", "")}, {"code": now[entry.person_id]["code"]}
        )
        data: dict[str, Any] = {"heard": heard} | ({"changes": differ} if differ else {})
        news.append((entry, chain.NewEvent(kind, actor.today, data=data)))
    if news:
        recording.write(actor, news)


def entries_of_school(school_id: UUID, ids: Sequence[UUID]) -> list[RegisterEntry]:
    """Entries of pupils in a school that were not struck out, locked."""
    return [entry for entry in _entries(school_id, ids) if entry.state != EntryState.VOID]
