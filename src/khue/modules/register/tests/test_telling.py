"""What was known but did not reach the book, or reached it late or as something else. Each was once a fault."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.cast import NOW, SYSTEM, World, make_class, make_pupils

from khue.core.dates import VIETNAM
from khue.kit import outbox
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewPerson, PersonChange, Release
from khue.modules.register import api as register
from khue.modules.register.lines import lines_of
from khue.modules.register.models import RegisterEntry
from khue.modules.register.tests.acts import kinds
from khue.modules.schooling import api as schooling
from khue.modules.schooling.data import Newcomer
from khue.modules.schooling.services import splitting

pytestmark = pytest.mark.django_db
DAY = NOW.date()


def test_a_split_taken_back_with_its_classes_is_said_at_once(world: World) -> None:
    ids = make_pupils(world.school, ("Lý Văn Ong", "Vi Thị Ve"), 2077000000)
    row = schooling.draft_split(
        world.thu, school_id=world.school.pk, year=world.year, grade=8,
        newcomers=[Newcomer(key) for key in ids],
    )  # fmt: skip
    row = splitting.apply_split(world.thu, split_id=row.id, seen=row.version, since=dt.date(2025, 9, 5))
    outbox.deliver()
    entry = register.entry_of(world.school.pk, ids[0])
    assert entry is not None
    assert entry.class_name
    splitting.undo_split(world.thu, split_id=row.id)
    outbox.deliver()
    entry.refresh_from_db()
    assert (kinds(entry)[1:], entry.class_name) == (["class_placed", "corrected"], "")
    event = entry.events.order_by("-sequence")[0]
    assert event.author_name == world.thu.name
    assert list(register.verify_register()) == []


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (dt.date(2026, 5, 20), 2025), (dt.date(2026, 6, 15), 2026), (dt.date(2026, 7, 31), 2026),
        (dt.date(2026, 8, 3), 2026),
    ],
)  # fmt: skip
def test_who_is_admitted_after_the_year_is_of_the_cohort_that_begins_next(
    world: World, day: dt.date, first: int
) -> None:
    office = world.at(world.thu, dt.datetime(day.year, day.month, day.day, 9, tzinfo=VIETNAM))
    person = people.register_person(office, school_id=world.school.pk, person=NewPerson("Chu Thị Én"))
    people.admit_pupils(office, school_id=world.school.pk, pupils=[Admission(person.pk)])
    outbox.deliver()
    entry = register.entry_of(world.school.pk, person.pk)
    assert entry is not None
    assert (entry.entered_on, entry.book.first_year) == (day, first)


def test_who_waits_in_a_split_is_of_the_cohort_of_its_year_and_grade(world: World) -> None:
    ids = make_pupils(world.school, ("Lý Văn Ong",), 2077000000)
    newcomers = [Newcomer(key) for key in ids]
    schooling.draft_split(world.thu, school_id=world.school.pk, year=world.year, grade=8, newcomers=newcomers)
    outbox.deliver()
    entry = register.entry_of(world.school.pk, ids[0])
    assert entry is not None
    assert entry.book.first_year == 2023
