"""A pupil goes to another school: who may, what moves, what stays behind."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.cast import World, make_actor, make_staff
from tests.fixtures import Race

from khue.core.actor import Role
from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.core.ids import uuid7
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange, Release
from khue.modules.people.models import PupilProfile

ON = dt.date(2025, 12, 10)


@pytest.fixture
def clerk(world: World):
    """The clerk of the other school."""
    return make_actor(make_staff(world.elsewhere, "Hà Văn Thư", "Nhân viên"), (Role.CLERK, world.elsewhere))


def state(person_id):
    row = PupilProfile.objects.filter(person=person_id).values().get()
    return row, AuditEvent.objects.count(), OutboxEvent.objects.count()


def move(actor, world, person_id, **options):
    release = Release(world.school.pk, "Giấy giới thiệu 12/GT", uuid7())
    facts = {"to_school_id": world.elsewhere.pk, "on": ON, "release": release} | options
    return people.move_pupil(actor, person_id=person_id, **facts)


def test_the_entry_moves_and_both_schools_have_it_in_their_logs(world: World, clerk) -> None:
    child = world.pupils["6A"][0]
    noted = PersonChange(child, pupil={"note": "Hay đau bụng", "register_number": "12/THCS"})
    people.change_person(world.thu, person_id=child, changes=noted)
    release = Release(world.school.pk, "Giấy giới thiệu 12/GT", uuid7())
    profile = move(clerk, world, child, release=release, register_number="7/THCS", status="Chuyển đến kỳ 1")
    profile.refresh_from_db()
    assert (profile.school_id, profile.register_number) == (world.elsewhere.pk, "7/THCS")
    assert (profile.status, profile.admitted_on, profile.note) == ("Chuyển đến kỳ 1", ON, "")
    ours = AuditEvent.objects.get(action="people.pupil.released")
    theirs = AuditEvent.objects.get(action="people.pupil.moved")
    assert (ours.unit, theirs.unit) == (world.school.pk, world.elsewhere.pk)
    assert ours.before["note"] == "Hay đau bụng"
    assert "Hay đau bụng" not in str([theirs.before, theirs.after])
    assert theirs.reason == ours.reason == "Giấy giới thiệu 12/GT"
    assert theirs.after["release"] == str(release.reference)
    event = OutboxEvent.objects.get(name="PupilMoved")
    assert event.unit == world.elsewhere.pk
    assert event.payload == {
        "person_id": str(child), "from_school": str(world.school.pk),
        "to_school": str(world.elsewhere.pk), "on": "2025-12-10",
    }  # fmt: skip


def test_afterwards_the_old_school_reads_nothing_new_and_the_new_one_everything(world: World, clerk) -> None:
    child = world.pupils["6A"][0]
    with pytest.raises(NotFound):
        people.person_in_scope(clerk, child)
    move(clerk, world, child)
    fresh = world.at(world.thu, world.thu.now)
    with pytest.raises(NotFound):
        people.person_in_scope(fresh, child)
    with pytest.raises(NotFound):
        people.change_person(fresh, person_id=child, changes=PersonChange(child, person={"phone": "1"}))
    assert child not in {card.person_id for card in people.find_people(fresh)}
    clerk = world.at(clerk, clerk.now)
    people.change_person(clerk, person_id=child, changes=PersonChange(child, person={"phone": "0912"}))
    assert people.person_in_scope(clerk, child).phone == "0912"


def test_the_old_school_keeps_the_class_list_with_the_pupil(world: World, clerk) -> None:
    from khue.modules.schooling import api as schooling

    child = world.pupils["6A"][0]
    schooling.leave_class(
        world.thu, school_class_id=world.classes["6A"].id, pupil_id=child, on=ON, status="Chuyển đi kỳ 1"
    )
    move(clerk, world, child)
    row = next(row for row in schooling.roster(world.classes["6A"].id) if row.pupil_id == child)
    assert (row.status, row.until) == ("Chuyển đi kỳ 1", ON)
    with pytest.raises(Refused, match="SCH-018"):
        schooling.enroll(world.thu, school_class_id=world.classes["6A"].id, pupil_id=child, since=ON)


def test_only_the_accepting_office_moves_and_only_with_a_release_that_fits(world: World, clerk) -> None:
    child = world.pupils["6A"][0]
    before = state(child)
    teacher = make_actor(make_staff(world.elsewhere, "Hà Thị Dạy"), (Role.TEACHER, world.elsewhere))
    after_staff = state(child)
    cases = (
        (teacher, {}, NotAllowed, "KIT-002"),
        (world.thu, {}, NotFound, "KIT-001"),
        (clerk, {"person_id": uuid7()}, NotFound, "KIT-001"),
        (clerk, {"person_id": clerk.person_id}, NotFound, "KIT-001"),
        (clerk, {"release": Release(world.primary.pk)}, Conflict, "PEO-019"),
        (clerk, {"on": dt.date(2025, 12, 16)}, Invalid, "PEO-020"),
        (clerk, {"register_number": "1" * 41}, Invalid, "PEO-015"),
    )
    for actor, options, kind, code in cases:
        with pytest.raises(kind) as caught:
            move(actor, world, options.pop("person_id", child), **options)
        assert caught.value.code == code
    assert state(child) == after_staff
    assert before[0] == after_staff[0]
    move(clerk, world, child)
    done = state(child)
    with pytest.raises(Refused) as caught:
        move(clerk, world, child)
    assert caught.value.code == "PEO-017"
    assert state(child) == done


def test_a_pupil_may_come_back(world: World, clerk) -> None:
    child = world.pupils["6A"][0]
    move(clerk, world, child)
    back = people.move_pupil(
        world.thu, person_id=child, to_school_id=world.school.pk, on=ON,
        release=Release(world.elsewhere.pk), register_number="12/THCS",
    )
    assert (back.school_id, back.register_number) == (world.school.pk, "12/THCS")
    assert OutboxEvent.objects.filter(name="PupilMoved").count() == 2


def test_numbers_are_written_beside_many_pupils_at_once(
    world: World, clerk, django_assert_max_num_queries
) -> None:
    numbers = {key: f"{n}/THCS" for n, key in enumerate(world.pupils["6A"] + world.pupils["7A"], 1)}
    stranger = world.pupils["4A"][0]
    with django_assert_max_num_queries(8):
        changed = people.set_register_numbers(
            world.thu, school_id=world.school.pk, numbers=numbers | {stranger: "9/TH"}
        )
    assert changed == len(numbers)
    rows = dict(PupilProfile.objects.filter(person__in=numbers).values_list("person", "register_number"))
    assert rows == numbers
    assert PupilProfile.objects.get(person=stranger).register_number == ""
    assert people.set_register_numbers(world.thu, school_id=world.school.pk, numbers=numbers) == 0
    assert AuditEvent.objects.filter(action="people.pupil.numbered").count() == len(numbers)
    for actor, kind in ((world.hoa, NotAllowed), (clerk, NotFound)):
        with pytest.raises(kind):
            people.set_register_numbers(actor, school_id=world.school.pk, numbers={stranger: "1"})


@pytest.mark.postgres
def test_of_two_schools_that_accept_one_pupil_one_is_done(committed_world: World, race: Race) -> None:
    world, child = committed_world, committed_world.pupils["6A"][0]
    clerks = [
        make_actor(make_staff(school, f"Thư {n}", "Nhân viên"), (Role.CLERK, school))
        for n, school in enumerate((world.elsewhere, world.upper))
    ]
    found = race(
        [
            lambda actor=actor: people.move_pupil(
                actor, person_id=child, to_school_id=actor.grants[0].unit_id, on=ON,
                release=Release(world.school.pk),
            )
            for actor in clerks
        ]
    )
    assert sorted(type(item).__name__ for item in found) == ["Conflict", "PupilProfile"]
    assert OutboxEvent.objects.filter(name="PupilMoved").count() == 1
