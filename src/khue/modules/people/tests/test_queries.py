"""Finding and matching persons: accents, scope, doubtful cases, query budgets."""

from __future__ import annotations

import datetime as dt

import pytest

from khue.core.actor import Role
from khue.core.errors import NotFound
from khue.modules.people import api as people
from khue.modules.people import policy, queries, writing
from khue.modules.people.data import MatchRow
from khue.modules.people.tests.factories import NOW, actor_with, make_pupil, make_staff, make_unit

pytestmark = pytest.mark.django_db
MAY = dt.date(2013, 5, 2)


@pytest.fixture
def department():
    return make_unit("Sở Giáo dục và Đào tạo", kind="department")


@pytest.fixture
def school(department):
    return make_unit("Trường THCS Vân Thuỷ", parent=department)


@pytest.fixture
def other_school(department):
    return make_unit("Trường THCS Hồng Phong", parent=department)


def test_search_needs_no_accents_and_sorts_by_given_name(school):
    for name in ("Hoàng Văn Đức", "Đức Thị An", "Lý Minh Dục", "Vi Văn Bình", "Nông Thị Hoan"):
        make_pupil(school, name, moet=f"M{name}".replace(" ", ""))
    thu = actor_with(None, (Role.CLERK, school))
    found = [card.full_name for card in people.find_people(thu, "duc")]
    assert found == ["Đức Thị An", "Lý Minh Dục", "Hoàng Văn Đức"]
    assert [card.full_name for card in people.find_people(thu, "Văn bin")] == ["Vi Văn Bình"]
    # Words begin a name; «an» is not inside «Hoan».
    assert [card.full_name for card in people.find_people(thu, "an")] == ["Đức Thị An"]


def test_search_finds_codes_and_personal_numbers(school):
    make_pupil(school, "Vi Văn A", moet="2012345678", personal="020213001234")
    make_pupil(school, "Vi Văn B")
    thu = actor_with(None, (Role.CLERK, school))
    for text in ("2012345678", "020213001234", "0202 1300 1234"):
        assert [card.full_name for card in people.find_people(thu, text)] == ["Vi Văn A"]


def test_lists_show_only_what_is_in_scope(school, other_school, department, django_assert_max_num_queries):
    make_pupil(school, "Vi Văn A")
    make_pupil(other_school, "Vi Văn B")
    make_staff(school, "Nông Thị Hoa")
    quang = actor_with(None, (Role.CLERK, other_school))
    son = actor_with(None, (Role.DEPARTMENT_OFFICER, department))
    teacher = actor_with(None, (Role.TEACHER, school))
    assert [card.full_name for card in people.find_people(quang)] == ["Vi Văn B"]
    with django_assert_max_num_queries(2):
        assert [card.full_name for card in people.find_people(son)] == ["Vi Văn A", "Vi Văn B"]
    assert people.find_people(teacher, kind="staff") == []
    assert [card.full_name for card in people.find_people(son, kind="staff")] == ["Nông Thị Hoa"]
    assert people.find_people(actor_with(None)) == []


def test_a_stranger_gets_not_found_and_everybody_sees_themselves(school, other_school):
    pupil, hoa = make_pupil(school, "Vi Văn A"), make_staff(school, "Nông Thị Hoa")
    with pytest.raises(NotFound):
        people.person_in_scope(actor_with(None, (Role.CLERK, other_school)), pupil.pk)
    with pytest.raises(NotFound):
        people.person_in_scope(actor_with(None, (Role.TEACHER, school)), hoa.pk)
    assert people.person_in_scope(actor_with(hoa), hoa.pk) == hoa


def test_sensitive_facts_are_for_the_office_and_for_emergencies(school):
    from khue.kit import permissions

    pupil = make_pupil(school, "Vi Văn A", personal="020213001234")
    for role, allowed in ((Role.CLERK, True), (Role.EMERGENCY_READER, True), (Role.TEACHER, False)):
        actor = actor_with(None, (role, school))
        assert permissions.can(actor, policy.SEE_PERSON_SENSITIVE, pupil) is allowed
    number = queries.identifiers_of(pupil.pk)[0]
    assert writing.shown(number, full=False) == "•••••••••234"
    assert writing.shown(number, full=True) == "020213001234"


def test_names_and_lists_of_a_school(school):
    b, a = make_pupil(school, "Vi Văn Bình"), make_pupil(school, "Lý Thị An")
    hoa = make_staff(school, "Nông Thị Hoa")
    assert list(people.names_of([b.pk, a.pk]).values()) == ["Lý Thị An", "Vi Văn Bình"]
    assert [card.person_id for card in people.pupils_of(school.pk)] == [a.pk, b.pk]
    assert [card.person_id for card in people.staff_of(school.pk, NOW.date())] == [hoa.pk]
    assert people.staff_of(school.pk, dt.date(2020, 1, 1)) == []


def test_matching_by_identifier_then_by_name_and_birth_date(
    school, other_school, django_assert_max_num_queries
):
    by_code = make_pupil(school, "Vi Văn A", born=MAY, moet="M1", software="S1")
    by_name = make_pupil(school, "Hoàng Thị Hoà", born=MAY)
    make_pupil(other_school, "Lý Thị Xa", born=MAY, software="S1")
    rows = [
        MatchRow("Tên đã đổi", ministry="M1"),
        MatchRow("Vi Văn A", software="S1"),
        MatchRow("Hoàng Thị Hòa", birth_date=MAY),  # the other place of the tone mark
        MatchRow("Hoàng Thị Hoà"),  # no birth date proves nothing
        MatchRow("Hoàng Thị Hoà", birth_date=dt.date(2013, 5, 3)),
        MatchRow("Lý Thị Xa", birth_date=MAY),  # of another school
    ]
    with django_assert_max_num_queries(3):
        found = people.match_people(school.pk, rows)
    assert [(item.outcome, item.person_ids, item.by) for item in found] == [
        ("match", (by_code.pk,), "ministry"),
        ("match", (by_code.pk,), "software"),
        ("match", (by_name.pk,), "name_birth"),
        ("none", (), ""),
        ("none", (), ""),
        ("none", (), ""),
    ]


def test_doubtful_matches_are_left_to_a_person(school):
    one = make_pupil(school, "Vi Văn Nam", born=MAY)
    two = make_pupil(school, "Vi Văn Nam", born=MAY)
    coded = make_pupil(school, "Lý Thị Hoa", born=MAY, moet="M1", software="S1")
    other = make_pupil(school, "Hà Thị Mai", born=MAY, software="S2")
    found = people.match_people(
        school.pk,
        [
            MatchRow("Vi Văn Nam", birth_date=MAY),
            MatchRow("Ai Đó", ministry="M1", software="S2"),
            MatchRow("Lý Thị Hoá", birth_date=MAY),
            MatchRow("Hà Thị Mai", birth_date=MAY, software="S9"),
            MatchRow("Lý Thị Hoa", birth_date=MAY, ministry="M9"),
        ],
    )
    assert [(item.outcome, set(item.person_ids), item.by) for item in found] == [
        ("ambiguous", {one.pk, two.pk}, "name_birth"),
        ("ambiguous", {coded.pk, other.pk}, "codes_disagree"),
        ("ambiguous", {coded.pk}, "similar_name"),
        ("ambiguous", {other.pk}, "other_code"),
        ("none", set(), ""),
    ]


@pytest.mark.parametrize(
    "typed", ["duc", "Đức", "\u00d0\u1ee9c", "đu\u031b\u0301c", "van duc", "duc nong", "NÔNG đ"]
)
def test_a_pupil_is_found_however_the_name_is_typed(school, typed):
    """Without accents, decomposed, with a foreign Đ, in part, in any order."""
    clerk = actor_with(make_staff(school, "Vi Thị Thu", "Nhân viên"), (Role.CLERK, school))
    make_pupil(school, "Nông Văn Đức")
    make_pupil(school, "Lý Đình Dũng")
    assert [card.full_name for card in queries.find_people(clerk, typed)] == ["Nông Văn Đức"]
