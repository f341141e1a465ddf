"""The register hears what happens in classes and gradebooks, once, in few statements."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, SYSTEM, World, make_class, make_pupils

from khue.core.ids import uuid7
from khue.kit import outbox
from khue.kit.models import OutboxEvent
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.tests.acts import seal, seal_term
from khue.modules.people import api as people
from khue.modules.people.data import NewPerson, PersonChange, Release
from khue.modules.people.guardians import add_guardian
from khue.modules.register import api as register
from khue.modules.register.following import follow
from khue.modules.register.models import RegisterEntry, RegisterEvent
from khue.modules.register.results import follow_results
from khue.modules.register.tests.acts import kinds
from khue.modules.schooling import api as schooling
from khue.modules.schooling.services.pupils import take_back

pytestmark = pytest.mark.django_db
DAY = NOW.date()


def again() -> None:
    """Everything that was ever announced is delivered once more; nothing may change."""
    before = RegisterEvent.objects.count()
    OutboxEvent.objects.update(delivered_at=None)
    outbox.deliver()
    assert RegisterEvent.objects.count() == before
    assert list(register.verify_register()) == []


def test_moving_leaving_and_coming_back(world: World, entries: list[RegisterEntry]) -> None:
    second = make_class(world.school, world.year, "6B", 6, [])
    moved, gone = entries[0].person_id, entries[1].person_id
    assert moved is not None
    assert gone is not None
    old = world.classes["6A"].id
    schooling.move_class(
        world.thu, school_class_id=old, pupil_id=moved, to_class_id=second.id, on=dt.date(2025, 10, 1)
    )
    schooling.leave_class(
        world.thu, school_class_id=old, pupil_id=gone, on=dt.date(2025, 11, 3), status="Bỏ học"
    )
    outbox.deliver()
    assert kinds(entries[0])[2:] == ["class_moved"]
    event = entries[0].events.order_by("-sequence")[0]
    assert (event.data["from"], event.data["class"], event.on) == ("6A", "6B", dt.date(2025, 10, 1))
    event = entries[1].events.order_by("-sequence")[0]
    assert (event.kind, event.on, event.author_name) == ("dropped_out", dt.date(2025, 11, 3), world.thu.name)
    take_back(world.thu, school_class_id=old, pupil_ids=[gone], since=DAY)
    outbox.deliver()
    assert kinds(entries[1])[2:] == ["dropped_out", "returned", "class_placed"]
    entries[1].refresh_from_db()
    assert entries[1].state == "studying"
    again()


def test_a_status_alone_is_heard_too(world: World, entries: list[RegisterEntry]) -> None:
    person = entries[0].person_id
    assert person is not None
    for status in ("Chuyển đi", "Chuyển đi"):
        change = PersonChange(person, pupil={"status": status})
        people.change_people(SYSTEM, school_id=world.school.pk, changes=[change])
    outbox.deliver()
    assert kinds(entries[0])[2:] == ["transferred_out"]
    again()


def test_a_place_that_was_taken_back_is_said(world: World, entries: list[RegisterEntry]) -> None:
    stay = schooling.ClassMembership.objects.get(pupil=entries[0].person_id)
    stay.delete()
    follow(SYSTEM, world.school.pk, [entries[0].person_id])  # type: ignore[list-item]
    entries[0].refresh_from_db()
    assert kinds(entries[0])[2:] == ["corrected"]
    assert entries[0].class_name == ""
    again()


def test_a_pupil_of_a_school_with_several_levels_waits_for_a_class(world: World) -> None:
    school = world.school.school
    school.levels = "TH,THCS"
    school.save()
    pupil = make_pupils(world.school, ("Chu Thị Én",), 2097000000)[0]
    outbox.deliver()
    assert register.entry_of(world.school.pk, pupil) is None
    make_class(world.school, world.year, "8A", 8, [pupil])
    outbox.deliver()
    entry = register.entry_of(world.school.pk, pupil)
    assert entry is not None
    assert (entry.book.level, entry.book.first_year, entry.book.code) == ("THCS", 2023, "20180001THCSHS2327")


def test_a_year_that_is_sealed_says_who_goes_up(world: World, entries: list[RegisterEntry]) -> None:
    seal_term(world)
    seal_term(world, term=2)
    seal(world, term=0)
    outbox.deliver()
    assert {tuple(kinds(entry)[2:]) for entry in entries} == {("promoted",)}
    event = entries[0].events.order_by("-sequence")[0]
    assert (event.data["year"], event.data["class"], event.author_name) == (
        "2025-2026", "6A", world.minh.name,
    )  # fmt: skip
    again()
    kept = gradebook.FrozenResult.objects.filter(pupil=entries[0].person_id, term=0).get()
    facts = {field.attname: getattr(kept, field.attname) for field in kept._meta.local_fields}
    facts |= {"id": uuid7(), "version": 2, "decision": "Ở lại lớp"}
    facts["content"] = kept.content | {"decision_code": "O_LAI_LOP"}
    version = gradebook.FrozenResult(**facts)
    version.save(force_insert=True)
    follow_results(SYSTEM, world.classes["6A"].id, DAY)
    event = entries[0].events.order_by("-sequence")[0]
    assert (event.kind, event.data["was"], event.data["result"]) == ("corrected", "promoted", "repeated")
    again()


def test_the_last_grade_completes_the_level_and_a_correction_takes_it_back(world: World) -> None:
    pupils = make_pupils(world.primary, ("Chu Thị Én",), 2097000000)
    make_class(world.primary, world.year, "5A", 5, pupils)
    world.classes["5A"] = schooling.SchoolClass.objects.get(name="5A")
    for term in (1, 2):
        seal_term(world, "5A", term)
    seal(world, "5A")
    outbox.deliver()
    entry = register.entry_of(world.primary.pk, pupils[0])
    assert entry is not None
    assert (kinds(entry)[-1], entry.state, entry.book.code) == ("completed", "completed", "20180002HS2126")
    again()


def test_a_class_of_forty_five_costs_few_statements(world: World) -> None:
    pupils = make_pupils(world.school, tuple(f"Học Sinh {n}" for n in range(45)), 2096000000)
    make_class(world.school, world.year, "6C", 6, pupils)
    with CaptureQueriesContext(
        connection,
    ) as few:
        follow(SYSTEM, world.school.pk, pupils[:2])
    with CaptureQueriesContext(connection) as many:
        follow(SYSTEM, world.school.pk, pupils[2:])
    assert len(many) <= len(few) + 2
    assert len(many) < 45
    with CaptureQueriesContext(connection) as nothing:
        follow(SYSTEM, world.school.pk, pupils)
    assert len(nothing) < 12


def test_a_family_that_is_added_later_is_written_into_the_book(
    world: World, entries: list[RegisterEntry]
) -> None:
    person = entries[0].person_id
    assert person is not None
    add_guardian(world.thu, child_id=person, relation="mother", person=NewPerson("Nông Thị Én", phone="0912"))
    outbox.deliver()
    event = entries[0].events.order_by("-sequence")[0]
    assert (event.kind, event.data["changes"]["family"][0]) == ("corrected", [])
    entries[0].refresh_from_db()
    assert [one["name"] for one in entries[0].now["family"]] == ["Nông Thị Én"]
    again()


def test_a_pupil_who_goes_to_another_school_leaves_one_register_and_enters_the_other(
    world: World, entries: list[RegisterEntry]
) -> None:
    person = entries[0].person_id
    assert person is not None
    release = Release(world.school.pk, "5/GT")
    people.move_pupil(SYSTEM, person_id=person, to_school_id=world.elsewhere.pk, on=DAY, release=release)
    outbox.deliver()
    entries[0].refresh_from_db()
    assert (entries[0].state, kinds(entries[0])[-1]) == ("transferred", "transferred_out")
    entry = register.entry_of(world.elsewhere.pk, person)
    assert entry is not None
    assert (kinds(entry), str(entry)) == (["transferred_in"], "1/THCS")
    path = register.path_of(person)
    assert [event.kind for event in path] == ["admitted", "class_placed", "transferred_out", "transferred_in"]
    assert len(register.path_of(person)) == 4
    again()


def test_who_goes_up_a_level_has_not_been_transferred(world: World) -> None:
    outbox.deliver()
    person = world.pupils["4A"][0]
    release = Release(world.primary.pk)
    people.move_pupil(SYSTEM, person_id=person, to_school_id=world.school.pk, on=DAY, release=release)
    outbox.deliver()
    entry = register.entry_of(world.primary.pk, person)
    assert entry is not None
    assert entry.state == "studying"
