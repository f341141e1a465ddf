"""Pupils come into the register and get their number (ghi vào sổ đăng bộ)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction

from khue.core.errors import Refused
from khue.kit import audit, outbox, permissions
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.register import chain, numbering, policy
from khue.modules.register.data import LeftOut, NewEntry
from khue.modules.register.events import PupilsEntered
from khue.modules.register.facts import facts_of
from khue.modules.register.models import EntryState, EventKind, RegisterEntry
from khue.modules.register.services import changed, recording
from khue.rules import enrollment
from khue.rules.enrollment import State

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.register.models import RegisterBook

OWN = ("level", "grade", "year", "number", "class_name", "paper")
BACK = frozenset({State.TRANSFERRED, State.LEFT, State.SUSPENDED})


@dataclass(slots=True)
class Entered:
    """What became of a list: entries made or taken up again, and who was left out, with the reason."""

    entries: list[RegisterEntry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@transaction.atomic
def enter(
    actor: Actor,
    *,
    school_id: UUID,
    person_id: UUID,
    on: dt.date,
    kind: str,
    facts: Mapping[str, Any] | None = None,
    decision: str = "",
    decision_on: dt.date | None = None,
) -> RegisterEntry:
    """Enter one pupil under a new number; who was here before keeps the number (vào sổ đăng bộ).

    `facts` may say level, grade, year (of that grade), number, class_name, paper; the rest stays with
    the entry, such as `from_school`.
    """
    given = dict(facts or {})
    own = {name: given.pop(name) for name in OWN if given.get(name)}
    item = NewEntry(person_id, on, kind, decision=decision, decision_on=decision_on, facts=given, **own)
    recording.check_paper(actor, decision_on)
    paper = bool(decision or item.paper)
    asked = enrollment.Asked(enrollment.Kind(kind), on, actor.today, paper)
    why = enrollment.refusal(asked, enrollment.Before(State.NEW))
    if why:
        names = people.names_of([person_id])
        raise recording.refused(why, asked, names.get(person_id, ""), State.NEW)
    school = load_school(actor, school_id)
    made = _enter(actor, school, [item])
    if made.left_out:
        left = made.left_out[0]
        raise Refused(left.code, **left.params)
    if not made.entries:
        entry = _standing(school.pk, [person_id])[0]
        raise Refused("REG-002", name=entry.name, number=str(entry))
    return made.entries[0]


@transaction.atomic
def enter_many(actor: Actor, *, school_id: UUID, items: Sequence[NewEntry]) -> Entered:
    """Enter many pupils in the order given, in few statements; whoever cannot be entered is left out.

    Who stands in the register already is passed over, so that a list can be entered twice.
    """
    return _enter(actor, load_school(actor, school_id), items)


def load_school(actor: Actor, school_id: UUID) -> orgs.Unit:
    """The school, locked: whoever gives numbers in it waits for those who do."""
    rows = orgs.Unit.objects.select_related("school")
    school: orgs.Unit = permissions.load(
        actor, rows, school_id, see=policy.SEE_SCHOOL, do=policy.ENTER, lock=True
    )
    return school


def _enter(actor: Actor, school: orgs.Unit, items: Sequence[NewEntry]) -> Entered:
    facts = facts_of(school.pk, [item.person_id for item in items])
    found = Entered()
    new: list[NewEntry] = []
    standing = {(row.person_id, row.book.level): row for row in _standing(school.pk, list(facts))}
    back: list[tuple[RegisterEntry, NewEntry]] = []
    for given in items:
        item = _with_level(school, given)
        refusal = _cannot(school, item, facts.get(item.person_id))
        if refusal is not None:
            found.left_out.append(refusal)
            continue
        entry = standing.get((item.person_id, item.level))
        if entry is None:
            new.append(item)
        elif State(entry.state) in BACK:
            back.append((entry, item))
        elif State(entry.state) not in enrollment.PRESENT:
            params = {
                "name": entry.name, "state": str(EntryState(entry.state).label),
                "event": str(EventKind(item.kind).label),
            }  # fmt: skip
            found.left_out.append(LeftOut(item.person_id, "REG-010", params))
    made = _new_entries(actor, school, new, facts, found)
    made += _taken_up(actor, back, facts)
    found.entries = made
    if made:
        numbers = {entry.person_id: str(entry) for entry in made if entry.person_id}
        people.set_register_numbers(actor, school_id=school.pk, numbers=numbers)
        outbox.announce(actor, PupilsEntered(school.pk, tuple(row.id for row in made)), unit=school.pk)
    return found


def _standing(school_id: UUID, person_ids: Sequence[UUID]) -> list[RegisterEntry]:
    rows = RegisterEntry.objects.filter(school=school_id, person__in=list(person_ids))
    rows = rows.select_related("book").select_for_update(of=("self",))
    return list(rows.order_by("entered_on", "id"))


def _with_level(school: orgs.Unit, item: NewEntry) -> NewEntry:
    """With the level of the school where it has only one."""
    if item.level:
        return item
    levels = school.school.level_set() if hasattr(school, "school") else ()
    if len(levels) != 1:
        return item
    names = NewEntry.__dataclass_fields__
    return NewEntry(**{name: getattr(item, name) for name in names} | {"level": levels[0]})


def _cannot(school: orgs.Unit, item: NewEntry, facts: dict[str, Any] | None) -> LeftOut | None:
    """Why a pupil cannot be entered, whatever the number."""
    if facts is None:
        return LeftOut(item.person_id, "REG-005", {})
    name = str(facts["full_name"])
    if not item.level:
        return LeftOut(item.person_id, "REG-004", {"name": name})
    levels = school.school.level_set() if hasattr(school, "school") else ()
    if item.level not in enrollment.levels() or (levels and item.level not in levels):
        return LeftOut(item.person_id, "REG-006", {"level": item.level})
    if item.number and numbering.read(item.number, item.level) is None:
        params = {"number": item.number[:40], "name": name, "level": item.level}
        return LeftOut(item.person_id, "REG-003", params)
    return None


def _new_entries(
    actor: Actor, school: orgs.Unit, items: Sequence[NewEntry], facts: dict[UUID, dict[str, Any]],
    found: Entered,
) -> list[RegisterEntry]:  # fmt: skip
    if not items:
        return []
    first_years = numbering.cohorts(school.pk, items)
    places = {id(item): (item.level, year) for item, year in zip(items, first_years, strict=True)}
    books = numbering.books_for(actor, school, places.values())
    numbers = _numbers(items, {key: books[place] for key, place in places.items()}, facts, found)
    entries, events = [], []
    for item in items:
        number = numbers.get(id(item))
        if number is None:
            continue
        entry = _entry(school, books[places[id(item)]], number, item, facts[item.person_id])
        events.append(chain.chained(actor, entry, _first_event(item)))
        entries.append(entry)
    RegisterEntry.objects.bulk_create(entries, batch_size=chain.BATCH)
    chain.write(events)
    for book in books.values():
        given = [entry.number for entry in entries if entry.book_id == book.pk]
        if given:
            audit.record(
                actor, "register.entry.entered", subject=book, unit=school.pk, after={"numbers": given}
            )
    return entries


def _numbers(
    items: Sequence[NewEntry], books: Mapping[int, RegisterBook], facts: dict[UUID, dict[str, Any]],
    found: Entered,
) -> dict[int, int]:  # fmt: skip
    """A number for each: first those that a list gives and that are free, then the next ones in order."""
    taken = numbering.taken(books.values())
    numbers: dict[int, int] = {}
    for item in items:
        number = numbering.read(item.number, item.level) if item.number else None
        if number is None:
            continue
        key, name = (books[id(item)].pk, number), str(facts[item.person_id]["full_name"])
        if key in taken:
            params = {"number": numbering.shown(number, item.level), "holder": taken[key], "name": name}
            found.left_out.append(LeftOut(item.person_id, "REG-001", params))
            continue
        taken[key] = name
        numbers[id(item)] = number
    last: dict[object, int] = {}
    for book, number in taken:
        last[book] = max(last.get(book, 0), number)
    for item in items:
        if item.number:
            continue
        book = books[id(item)].pk
        last[book] = numbers[id(item)] = last.get(book, 0) + 1
    return numbers


def _entry(
    school: orgs.Unit, book: RegisterBook, number: int, item: NewEntry, facts: dict[str, Any]
) -> RegisterEntry:
    said = facts | {"person": item.person_id.hex}
    if item.number:
        said["number_given"] = item.number
    entry = RegisterEntry(
        book=book, school=school, number=number, person_id=item.person_id, entered_on=item.on, facts=said,
        now=said, state=State.STUDYING.value, state_on=item.on,
    )  # fmt: skip
    chain.name_entry(entry)
    return entry


def _first_event(item: NewEntry) -> chain.NewEvent:
    data = dict(item.facts)
    data.pop(changed.PAPER, None)
    if item.class_name:
        data["class"] = item.class_name
    if item.grade is not None:
        data["grade"] = item.grade
    return chain.NewEvent(EventKind(item.kind), item.on, item.decision, item.decision_on, item.paper, data)


def _taken_up(
    actor: Actor, back: Sequence[tuple[RegisterEntry, NewEntry]], facts: Mapping[UUID, dict[str, Any]]
) -> list[RegisterEntry]:
    """Who comes back to the same school and level keeps the number (tiếp nhận trở lại).

    What changed of the civil status meanwhile is said so, with the paper that another register names.
    """
    news = []
    for entry, item in back:
        away = State(entry.state)
        kind = EventKind.TRANSFERRED_IN if away is State.TRANSFERRED else EventKind.RETURNED
        event = _first_event(item)
        event.kind = EventKind.TRANSFERRED_IN if item.kind == EventKind.TRANSFERRED_IN else kind
        if away is State.SUSPENDED:
            event.kind = EventKind.RETURNED
        news.append((entry, event))
        news += [(entry, one) for one in changed.meanwhile(entry, item, facts[item.person_id])]
    recording.write(actor, news)
    return [entry for entry, _ in back]


@transaction.atomic
def void_entries(actor: Actor, *, school_id: UUID, person_ids: Sequence[UUID], reason: str) -> int:
    """Strike out entries made by mistake; the numbers stay used and visible (gạch bỏ dòng ghi nhầm)."""
    school = load_school(actor, school_id)
    rows = [row for row in _standing(school.pk, person_ids) if row.state != EntryState.VOID]
    news = [(row, chain.NewEvent(EventKind.VOIDED, actor.today, paper=reason)) for row in rows]
    chain.append(actor, news)
    for row in rows:
        audit.record(
            actor, "register.entry.voided", subject=row, unit=school.pk, before={"number": str(row)},
            reason=reason,
        )  # fmt: skip
    return len(rows)
