"""What was known but reached the book late, as something else or not at all. Each was once a fault."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.cast import NOW, SYSTEM, World, make_class, make_pupils

from khue.core.dates import VIETNAM
from khue.kit import outbox
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewPerson, PersonChange, Release
from khue.modules.register import api as register
from khue.modules.register import pages
from khue.modules.register.lines import lines_of
from khue.modules.register.models import RegisterEntry
from khue.modules.register.tests.acts import kinds, move_away
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


def moved_class(world: World, entry: RegisterEntry, on: dt.date) -> None:
    """The pupil goes to 6B, and nobody has heard of it yet."""
    other = make_class(world.school, world.year, "6B", 6, [])
    schooling.move_class(
        world.thu, school_class_id=world.classes["6A"].id, pupil_id=entry.person_id, to_class_id=other.id,
        on=on,
    )  # fmt: skip


def test_a_move_of_class_that_nobody_heard_of_stands_before_the_leaving(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry = entries[0]
    moved_class(world, entry, DAY - dt.timedelta(days=2))
    register.record_event(world.thu, entry_id=entry.id, kind="transferred_out", on=DAY, decision="3/GT")
    move_away(world, entry)
    entry.refresh_from_db()
    assert (kinds(entry)[2:], entry.class_name) == (["class_moved", "transferred_out"], "6B")
    assert list(register.verify_register()) == []


def test_a_file_that_goes_to_another_school_takes_no_move_of_class_with_it(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry = entries[0]
    moved_class(world, entry, DAY - dt.timedelta(days=2))
    move_away(world, entry)
    assert kinds(entry)[2:] == ["class_moved", "transferred_out"]


def test_a_move_of_class_that_was_to_come_never_happened(world: World, entries: list[RegisterEntry]) -> None:
    entry = entries[0]
    moved_class(world, entry, DAY + dt.timedelta(days=5))
    register.record_event(world.thu, entry_id=entry.id, kind="transferred_out", on=DAY, decision="3/GT")
    assert kinds(entry)[2:] == ["transferred_out"]


def came_back(world: World, entry: RegisterEntry, **facts: str) -> RegisterEntry:
    """Out to the other school and back again, by paper both times; between them the other school acts."""
    return register.enter(
        world.thu, school_id=world.school.pk, person_id=entry.person_id, on=DAY, kind="transferred_in",
        decision="8/QĐ", facts={"level": "THCS", "from_school": world.elsewhere.name, **facts},
    )  # fmt: skip


def went_out(world: World, entry: RegisterEntry) -> RegisterEntry:
    """Transferred to the other school, with an entry there."""
    register.record_event(world.thu, entry_id=entry.id, kind="transferred_out", on=DAY, decision="3/GT")
    move_away(world, entry)
    there = register.entry_of(world.elsewhere.pk, entry.person_id)
    assert there is not None
    return there


def back_again(world: World, entry: RegisterEntry) -> None:
    people.move_pupil(
        SYSTEM, person_id=entry.person_id, to_school_id=world.school.pk, on=DAY,
        release=Release(world.elsewhere.pk),
    )  # fmt: skip


def test_a_name_changed_at_another_school_comes_back_as_a_change_with_its_paper(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry = entries[0]
    old, there = entry.name, went_out(world, entry)
    register.change_civil_status(
        SYSTEM, entry_id=there.id, changes={"full_name": "Lý Tiến Bằng"}, paper="45/TLCC", paper_on=DAY
    )
    back_again(world, entry)
    came_back(world, entry)
    outbox.deliver()
    entry.refresh_from_db()
    assert kinds(entry)[2:] == ["transferred_out", "transferred_in", "civil_change"]
    event = entry.events.order_by("-sequence")[0]
    assert event.data["changes"] == {"full_name": [old, "Lý Tiến Bằng"]}
    assert (event.decision, event.decision_on) == ("45/TLCC", DAY)
    assert event.data["from_school"] == world.elsewhere.name
    assert (entry.name, pages.without_paper([entry])) == ("Lý Tiến Bằng", {})
    assert any(f"{old} → Lý Tiến Bằng" in note and "45/TLCC" in note for note in lines_of([entry])[0].notes)
    assert kinds(there)[1:] == ["civil_change", "transferred_out"]
    assert list(register.verify_register()) == []


def test_a_name_that_changed_without_a_known_paper_waits_for_it(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry = entries[0]
    went_out(world, entry)
    change = PersonChange(
        entry.person_id, person={"full_name": "Lý Tiến Bằng"}, pupil={"home_town": "Na Sầm"}
    )
    people.change_person(SYSTEM, person_id=entry.person_id, changes=change)
    outbox.deliver()
    back_again(world, entry)
    came_back(world, entry)
    outbox.deliver()
    entry.refresh_from_db()
    # A home town that the book never had is filled in.
    assert kinds(entry)[2:] == ["transferred_out", "transferred_in", "civil_change", "corrected"]
    assert [event.kind for event in pages.without_paper([entry])[entry.id]] == ["civil_change"]
    assert entry.now["home_town"] == "Na Sầm"


def test_a_parcel_says_by_which_paper(world: World, entries: list[RegisterEntry]) -> None:
    entry = entries[0]
    went_out(world, entry)
    back_again(world, entry)
    change = PersonChange(entry.person_id, person={"full_name": "Lý Tiến Bằng"})
    people.change_person(SYSTEM, person_id=entry.person_id, changes=change)
    came_back(world, entry, civil_paper="Trích lục 45/TLCC")
    outbox.deliver()
    event = entry.events.order_by("-sequence")[0]
    assert (event.kind, event.decision) == ("civil_change", "Trích lục 45/TLCC")
    assert "civil_paper" not in entry.events.get(kind="transferred_in").data
