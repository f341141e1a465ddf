"""Two people doing the same at the same moment: one is done, the other is told; on PostgreSQL."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.cast import SYSTEM, World, make_pupils
from tests.fixtures import Race

from khue.core.errors import Conflict, Refused
from khue.modules.schooling import api as schooling
from khue.modules.schooling.models import ClassMembership, SchoolClass, TeachingAssignment
from khue.modules.schooling.services import splitting

pytestmark = pytest.mark.postgres
DAY = dt.date(2025, 12, 15)


def outcomes(found: list[object]) -> list[str]:
    return sorted(type(item).__name__ for item in found)


def test_one_child_is_not_put_into_two_classes(committed_world: World, race: Race) -> None:
    world = committed_world
    child = make_pupils(world.school, ("Bế Văn An",), 2088000000)[0]
    found = race(
        [
            lambda name=name: schooling.enroll(
                world.thu, school_class_id=world.classes[name].id, pupil_id=child, since=DAY
            )
            for name in ("6A", "7A")
        ]
    )
    assert outcomes(found) == ["ClassMembership", "Refused"]
    assert ClassMembership.objects.filter(pupil=child).count() == 1


def test_a_child_moves_once(committed_world: World, race: Race) -> None:
    world, child = committed_world, committed_world.pupils["6A"][0]
    others = [
        schooling.open_class(SYSTEM, school_id=world.school.pk, year=world.year, name=name, grade=6)
        for name in ("6B", "6C")
    ]
    found = race(
        [
            lambda other=other: schooling.move_class(
                world.thu, school_class_id=world.classes["6A"].id, pupil_id=child, to_class_id=other.id,
                on=DAY,
            )
            for other in others
        ]
    )
    assert outcomes(found) == ["ClassMembership", "Refused"]
    assert ClassMembership.objects.filter(pupil=child, valid_to__isnull=True).count() == 1


def test_a_class_is_opened_once(committed_world: World, race: Race) -> None:
    world = committed_world
    found = race(
        [
            lambda: schooling.open_class(
                world.thu, school_id=world.school.pk, year=world.year, name="8A", grade=8
            )
        ]
        * 3
    )
    assert outcomes(found) == ["Refused", "Refused", "SchoolClass"]
    assert {item.code for item in found if isinstance(item, Refused)} == {"SCH-002"}
    assert SchoolClass.objects.filter(name="8A").count() == 1


def test_a_teacher_is_assigned_once(committed_world: World, race: Race) -> None:
    world = committed_world
    wanted = [schooling.Assignment(world.subject("7A", "VAN").id, world.lan.person_id)]
    race(
        [
            lambda: schooling.assign_teachers(
                world.thu, school_id=world.school.pk, assignments=wanted, since=DAY
            )
        ]
        * 4
    )
    assert TeachingAssignment.objects.filter(class_subject=wanted[0].class_subject_id).count() == 1


def test_of_two_teaching_plans_one_is_kept(committed_world: World, race: Race) -> None:
    world = committed_world
    subject = world.subject("6A", "TOAN")
    seen = schooling.teaching_stamp([world.classes["6A"].id])
    found = race(
        [
            lambda persons=persons: schooling.set_teachers(
                world.thu, school_id=world.school.pk, teachers={subject.id: persons}, since=DAY, seen=seen
            )
            for persons in ([world.lan.person_id], [])
        ]
    )
    assert sum(isinstance(item, Conflict) for item in found) == 1


def test_a_split_is_confirmed_once(committed_world: World, race: Race) -> None:
    world = committed_world
    ids = make_pupils(world.school, tuple(f"Bế Văn {name}" for name in "ABCDEF"), 2087000000)
    row = schooling.draft_split(
        world.thu, school_id=world.school.pk, year=world.year, grade=8,
        newcomers=[schooling.Newcomer(key) for key in ids],
    )
    found = race(
        [
            lambda: splitting.apply_split(
                world.thu, split_id=row.id, seen=row.version, since=dt.date(2025, 9, 5)
            )
        ]
        * 3
    )
    assert outcomes(found) == ["ClassSplit", "Conflict", "Conflict"]
    assert ClassMembership.objects.filter(school_class__grade=8).count() == 6
