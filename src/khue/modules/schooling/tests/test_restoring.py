"""A stay is not given back to a pupil who sits in another class, or learns at another school, by now."""

from __future__ import annotations

import pytest
from tests.cast import NOW, SYSTEM, World, make_class
from tests.unchanged import refused

from khue.core.errors import Refused
from khue.modules.people import api as people
from khue.modules.people.data import Release
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db
DAY = NOW.date()


def restore(world: World, pupil: object) -> None:
    schooling.restore_stays(
        world.thu,
        school_class_id=world.classes["6A"].id,
        stays={pupil: (None, "Đang học")},  # type: ignore[dict-item]
    )


def test_a_stay_is_given_back_only_where_it_harms_nothing(world: World) -> None:
    pupil, key = world.pupils["6A"][0], world.classes["6A"].id
    other = make_class(world.school, world.year, "6B", 6, [])
    schooling.leave_class(world.thu, school_class_id=key, pupil_id=pupil, on=DAY, status="Thôi học")
    restore(world, pupil)
    schooling.move_class(world.thu, school_class_id=key, pupil_id=pupil, to_class_id=other.id, on=DAY)
    with refused(Refused, "SCH-004"):
        restore(world, pupil)
    with refused(Refused, "SCH-006"):
        restore(world, world.pupils["7A"][0])


def test_a_stay_is_not_given_back_to_a_pupil_of_another_school(world: World) -> None:
    pupil, key = world.pupils["6A"][0], world.classes["6A"].id
    schooling.leave_class(world.thu, school_class_id=key, pupil_id=pupil, on=DAY, status="Chuyển đi")
    people.move_pupil(
        SYSTEM, person_id=pupil, to_school_id=world.elsewhere.pk, on=DAY,
        release=Release(world.school.pk),
    )  # fmt: skip
    with refused(Refused, "SCH-018"):
        restore(world, pupil)
