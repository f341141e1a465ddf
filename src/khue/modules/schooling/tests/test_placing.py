"""A class goes up a year in one act; who left comes back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from tests.cast import SYSTEM, World, make_pupils, sign_in

from khue.core.errors import NotAllowed, NotFound, Refused
from khue.core.ids import short
from khue.kit.models import AuditEvent
from khue.modules.people import api as people
from khue.modules.schooling import api as schooling
from khue.modules.schooling.models import ClassMembership
from khue.modules.schooling.services import pupils

pytestmark = pytest.mark.django_db
RETURN = dt.date(2026, 2, 2)


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def next_year(world: World) -> schooling.SchoolClass:
    """7A of the year after."""
    year = schooling.open_year(
        SYSTEM, code="2026-2027", term_starts=(dt.date(2026, 9, 5), dt.date(2027, 1, 18)),
        ends_on=dt.date(2027, 6, 1),
    )
    return schooling.open_class(SYSTEM, school_id=world.school.pk, year=year, name="7A", grade=7)


def test_a_class_goes_up_in_one_act(world: World, next_year, django_assert_max_num_queries) -> None:
    new = make_pupils(world.school, ("Chu Văn Mới",), 2044000000)
    client = sign_in(world.thu)
    address = reverse("schooling:place", args=[short(next_year.id)])
    page = client.get(address).content.decode()
    assert "Từ lớp 6A (5)" in page
    assert "Mới vào trường (1)" in page
    assert page.index("Từ lớp 6A") < page.index("Từ lớp 7A")  # the grade below comes first
    assert " checked" not in page
    with django_assert_max_num_queries(25):
        whole = client.get(address, {"tu": short(world.classes["6A"].id)}).content.decode()
    assert whole.count(" checked") == 5
    assert "Chu Văn Mới" not in whole
    assert "Chu Văn Mới" in client.get(address, {"tu": "moi"}).content.decode()
    up = world.pupils["6A"][:4]  # one stays behind
    done = client.post(address, {"pupil": [short(key) for key in up], "since": "05/09/2026"})
    assert done.status_code == 302
    assert set(schooling.ClassMembership.objects.filter(school_class=next_year).values_list(
        "pupil_id", flat=True
    )) == set(up)
    assert "Từ lớp 6A (1)" in client.get(address).content.decode()
    assert new[0] not in up


def test_who_left_comes_back_with_the_register(world: World) -> None:
    pupil, row = world.pupils["6A"][0], world.classes["6A"]
    schooling.leave_class(
        SYSTEM, school_class_id=row.id, pupil_id=pupil, on=dt.date(2025, 11, 3), status="Chuyển đi"
    )
    profile = people.PupilProfile.objects.get(person=pupil)
    assert profile.status == "Chuyển đi"
    client = sign_in(world.thu)
    address = reverse("schooling:place", args=[short(row.id)])
    assert "1 học sinh đã rời lớp trong năm" in client.get(address).content.decode()
    body = {"act": "back", "pupil": short(pupil), "since": "02/02/2026"}
    assert client.post(address, body).status_code == 302
    profile.refresh_from_db()
    assert profile.status == "Đang học"
    stays = ClassMembership.objects.filter(school_class=row, pupil=pupil).order_by("valid_from")
    assert [(stay.valid_from, stay.valid_to) for stay in stays][1] == (RETURN, None)
    assert len(stays) == 2
    assert "rời lớp trong năm" not in client.get(address).content.decode()


def test_nobody_is_taken_back_by_a_teacher_a_stranger_or_twice(world: World) -> None:
    pupil, row = world.pupils["6A"][0], world.classes["6A"]
    take = {"school_class_id": row.id, "pupil_ids": [pupil], "since": RETURN}
    before = (list(ClassMembership.objects.order_by("id").values_list()), AuditEvent.objects.count())
    for actor, kind in ((world.hoa, NotAllowed), (world.quang, NotFound), (world.thu, Refused)):
        with pytest.raises(kind):
            pupils.take_back(actor, **take)
    assert (list(ClassMembership.objects.order_by("id").values_list()), AuditEvent.objects.count()) == before
