"""The classes of a split: which are proposed, which exist already, who is in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import TYPE_CHECKING, Any

from khue.core.errors import Invalid, Refused
from khue.core.names import nfc
from khue.modules.people import api as people
from khue.modules.schooling import split
from khue.modules.schooling.data import RoomPlan
from khue.modules.schooling.models import ClassMembership, SchoolClass
from khue.modules.schooling.services import classes, combining
from khue.rules import curriculum, entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from khue.modules.orgs import api as orgs
    from khue.modules.schooling.models import SchoolYear

KINH = "01"
MOST_ROOMS = 40


def proposed(
    school: orgs.Unit, year: SchoolYear, grade: int, combinations: Sequence[str]
) -> list[RoomPlan]:
    """The classes of the grade that are open, and as many new ones as numbers and combinations need."""
    level = curriculum.level_of_grade(grade)
    most, _clause = entry.class_size(level, year.starts_on)
    present = present_classes(school.pk, year, grade)
    found = [RoomPlan(name, _fixed(row)) for name, row in present.items()]
    there = ClassMembership.objects.filter(school_class__in=present.values(), valid_to__isnull=True).count()
    wished = Counter(combining.normal(one) for one in combinations)
    for room in found:
        for combination in room.combinations:
            wished.pop(combination, None)
    more = max(-(-(len(combinations) + there) // most) - len(found), 0)
    wanted = Counter({name: number for name, number in wished.items() if name})
    if wanted:  # a class with a combination takes nobody who chose another
        more = max(more, -(-wanted.total() // most))
    names = _free_names(level, grade, set(present))
    allotted = split.allot_combinations(wanted, max(more, 0 if found else 1))
    return found + [RoomPlan(next(names), tuple(sorted(some))) for some in allotted]


def _free_names(level: str, grade: int, taken: set[str]) -> Iterator[str]:
    """6A, 6B …; in upper secondary schools 10A1, 10A2 …"""
    upper = (f"{grade}A{number}" for number in range(1, 1000))
    lower = (f"{grade}{letter}" for letter in "ABCDEGHIKLMNPQRSTUVXY")
    for name in upper if level == "THPT" else chain(lower, upper):
        if name not in taken:
            yield name


def checked(
    school_id: UUID, year: SchoolYear, grade: int, rooms: Sequence[RoomPlan]
) -> list[RoomPlan]:
    """The classes a person wrote: names once each, of this grade; combinations of this curriculum."""
    if not 0 < len(rooms) <= MOST_ROOMS:
        raise Invalid("SCH-030", field="rooms")
    taken = dict(SchoolClass.objects.filter(school=school_id, year=year).values_list("name", "grade"))
    offered = {
        item.code
        for item in curriculum.subjects(curriculum.level_of_grade(grade), grade)
        if item.elective or item.optional
    }
    present = present_classes(school_id, year, grade)
    found: dict[str, RoomPlan] = {}
    for room in rooms:
        name = classes.class_name(room.name)
        other = taken.get(name, grade)
        if other != grade:
            raise Refused("SCH-036", field="rooms", name=name, grade=other, wanted=grade)
        combinations = tuple(sorted({combining.normal(nfc(text)) for text in room.combinations} - {""}))
        for code in combining.subjects_of(combinations):
            if code not in offered:
                raise Invalid("SCH-038", field="rooms", text=code[:40], grade=grade)
        if name in present and not combinations:
            combinations = _fixed(present[name])
        found[name] = replace(room, name=name, combinations=combinations)
    return list(found.values())


def present_classes(school_id: UUID, year: SchoolYear, grade: int) -> dict[str, SchoolClass]:
    """The classes of a grade that exist, by name."""
    rows = SchoolClass.objects.filter(school=school_id, year=year, grade=grade).order_by("sort_key", "id")
    return {row.name: row for row in rows}


def _fixed(row: SchoolClass) -> tuple[str, ...]:
    return (combining.normal(row.combination),) if row.combination else ()


def rooms(
    school_id: UUID, year: SchoolYear, grade: int, plans: Sequence[Mapping[str, Any]], *, without: set[str]
) -> list[split.Room]:
    """The classes as the split needs them."""
    stays = ClassMembership.objects.filter(
        school_class__school=school_id, school_class__year=year, school_class__grade=grade,
        valid_to__isnull=True,
    )
    inside: dict[str, list[split.Candidate]] = defaultdict(list)
    for stay in stays.select_related("pupil", "school_class").order_by("position", "id"):
        if str(stay.pupil_id) not in without:
            inside[stay.school_class.name].append(candidate(stay.pupil, {}))
    return [
        split.Room(plan["name"], tuple(inside[plan["name"]]), frozenset(plan["combinations"]))
        for plan in plans
    ]


def candidate(person: people.Person, facts: Mapping[str, str]) -> split.Candidate:
    """A pupil as the rules see him or her."""
    return split.Candidate(
        key=str(person.pk), sex=person.sex, name=person.full_name,
        minority=person.ethnic_code not in {"", KINH} if person.ethnic_code else None,
        score=_score(facts.get("score", "")), combination=facts.get("combination", ""),
        village=facts.get("village", ""), family=facts.get("family", ""),
    )  # fmt: skip


def _score(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
