"""Two offices at the same moment: no number twice, no event lost; on PostgreSQL."""

from __future__ import annotations

import pytest
from tests.cast import NOW, SYSTEM, World
from tests.fixtures import Race

from khue.kit import outbox
from khue.modules.people import api as people
from khue.modules.people.data import NewPerson
from khue.modules.register import api as register
from khue.modules.register.models import RegisterBook, RegisterEntry

pytestmark = pytest.mark.postgres
DAY = NOW.date()


def admitted(world: World, count: int) -> list[people.Person]:
    """Pupils whose announcement nobody has delivered yet."""
    new = [NewPerson(f"Học Sinh {number}") for number in range(count)]
    rows = people.register_people(SYSTEM, school_id=world.school.pk, people=new)
    people.PupilProfile.objects.bulk_create(
        people.PupilProfile(person=row, school=world.school, admitted_on=DAY) for row in rows
    )
    return rows


def test_numbers_given_at_the_same_moment_differ(committed_world: World, race: Race) -> None:
    world = committed_world
    rows = admitted(world, 4)
    found = race(
        [
            lambda row=row: register.enter(
                world.thu, school_id=world.school.pk, person_id=row.pk, on=DAY, kind="admitted"
            )
            for row in rows
        ]
    )
    assert [type(one).__name__ for one in found] == ["RegisterEntry"] * 4, found
    numbers = sorted(one.number for one in found)
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    assert list(register.verify_register()) == []


def test_one_pupil_is_entered_once_and_one_book_is_opened_once(committed_world: World, race: Race) -> None:
    world = committed_world
    outbox.deliver()
    row = admitted(world, 1)[0]
    found = race(
        [
            lambda: register.enter(
                world.thu, school_id=world.school.pk, person_id=row.pk, on=DAY, kind="admitted"
            )
        ] * 2
    )  # fmt: skip
    assert sorted(type(one).__name__ for one in found) == ["Refused", "RegisterEntry"], found
    assert RegisterEntry.objects.filter(person=row.pk).count() == 1
    assert RegisterBook.objects.filter(school=world.school.pk, first_year=2025).count() == 1


def test_events_at_the_same_moment_stand_one_after_the_other(committed_world: World, race: Race) -> None:
    world = committed_world
    outbox.deliver()
    entry = register.entry_of(world.school.pk, world.pupils["6A"][0])
    assert entry is not None
    found = race(
        [
            lambda number=number: register.record_event(
                world.thu, entry_id=entry.id, kind="award", on=DAY, decision=f"{number}/QĐ"
            )
            for number in range(4)
        ]
    )
    assert sorted(one.sequence for one in found) == [3, 4, 5, 6]
    assert list(register.verify_register()) == []
