"""Pages of classes for each of the cast: what they see, what they may change, how many queries."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.cast import SYSTEM, World, make_actor, make_pupils, make_staff, sign_in

from khue.core.actor import Role
from khue.core.ids import short
from khue.modules.schooling import api as schooling
from khue.modules.schooling.models import ClassMembership, SchoolClass, TeachingAssignment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True  # nothing is collected in tests


def class_url(world: World, name: str = "6A") -> str:
    return reverse("schooling:class", args=[short(world.classes[name].id)])


def text_of(response) -> str:
    assert response.status_code == 200, response.content.decode()[-2000:]
    return response.content.decode()


def test_a_class_offers_no_link_to_a_closed_door(world: World) -> None:
    """IT staff see who is in a class, but not a pupil's own page: names stand without a link."""
    technician = make_actor(make_staff(world.school, "Liễu Tiến Dũng"), (Role.IT_STAFF, world.school))
    own_page = reverse("people:person", args=[short(world.pupils["6A"][0])])
    for actor, open_to in ((technician, False), (world.thu, True)):
        client = sign_in(actor)
        page = text_of(client.get(class_url(world)))
        assert "Lý Tiến Bình" in page
        assert (own_page in page) is open_to
        assert (client.get(own_page).status_code == 200) is open_to


def test_a_teacher_sees_the_classes_of_her_school_and_changes_none(world: World) -> None:
    client = sign_in(world.hoa)
    page = text_of(client.get(reverse("schooling:home")))
    assert ">6A<" in page
    assert ">7A<" in page
    assert ">4A<" not in page
    assert "Mở lớp" not in page
    page = text_of(client.get(class_url(world)))
    assert "Lý Tiến Bình" in page
    assert "Lý Thị Lan" in page
    assert "Xếp học sinh" not in page


def test_a_stranger_finds_nothing(world: World) -> None:
    client = sign_in(world.quang)
    assert ">6A<" not in text_of(client.get(reverse("schooling:home")))
    assert client.get(class_url(world)).status_code == 404
    assert client.get(f"{reverse('schooling:home')}?truong={short(world.school.pk)}").status_code == 404
    assert client.get(reverse("schooling:teaching", args=[short(world.school.pk)])).status_code == 404


@pytest.mark.parametrize("name", ["new_class", "teaching"])
def test_who_may_see_but_not_change_is_told_so(world: World, name: str) -> None:
    for actor in (world.hoa, world.son):
        response = sign_in(actor).get(reverse(f"schooling:{name}", args=[short(world.school.pk)]))
        assert response.status_code == 403


@pytest.mark.parametrize("name", ["place", "add_subject"])
def test_a_teacher_changes_no_class_by_post_either(world: World, name: str) -> None:
    before = ClassMembership.objects.count(), TeachingAssignment.objects.count()
    address = reverse(f"schooling:{name}", args=[short(world.classes["6A"].id)])
    assert sign_in(world.hoa).post(address, {"code": "TDT", "pupil": []}).status_code == 403
    assert (ClassMembership.objects.count(), TeachingAssignment.objects.count()) == before


def test_the_officer_sees_schools_with_their_numbers_and_finds_one(world: World) -> None:
    client = sign_in(world.son)
    page = text_of(client.get(reverse("schooling:home")))
    assert "Khe Vàng" in page
    assert "Nà Lầu" in page
    page = text_of(client.get(reverse("schooling:home"), {"tim": "khe vang"}))
    assert "Khe Vàng" in page
    assert "Nà Lầu" not in page
    assert ">6A<" in text_of(client.get(reverse("schooling:home"), {"truong": short(world.school.pk)}))


def test_the_clerk_opens_a_class(world: World) -> None:
    client = sign_in(world.thu)
    address = reverse("schooling:new_class", args=[short(world.school.pk)])
    assert "Khối" in text_of(client.get(address))
    response = client.post(address, {"nam": "2025-2026", "name": "8a", "grade": "8"})
    row = SchoolClass.objects.get(name="8A")
    assert response.headers["Location"] == reverse("schooling:class", args=[short(row.id)])
    again = client.post(address, {"nam": "2025-2026", "name": "8A", "grade": "8"})
    assert again.status_code == 422
    assert "đã có trong năm học này" in again.content.decode()
    assert SchoolClass.objects.filter(name="8A").count() == 1


def test_the_form_of_an_upper_school_offers_combinations(world: World) -> None:
    clerk = sign_in(world.thu)
    assert clerk.get(reverse("schooling:new_class", args=[short(world.upper.pk)])).status_code == 404
    person = make_staff(world.upper, "Đàm Thị Uyên", "Nhân viên")
    client = sign_in(make_actor(person, (Role.CLERK, world.upper)))
    address = reverse("schooling:new_class", args=[short(world.upper.pk)])
    assert "Vật lí" in text_of(client.get(address))
    form = {"nam": "2025-2026", "name": "10A2", "grade": "10"}
    client.post(address, {**form, "electives_10": ["VL", "HH"], "topics_10": ["VL"]})
    row = SchoolClass.objects.get(name="10A2")
    assert row.combination == "VL,HH"
    assert row.subjects.get(subject__code="VL").has_topic


def plan_fields(world: World) -> dict[str, str]:
    page = sign_in_once(world).get(reverse("schooling:teaching", args=[short(world.school.pk)]))
    plan = page.context["plan"]
    cells = [*plan.homerooms, *(cell for _, row in plan.rows for cell in row if cell)]
    return {"stamp": plan.stamp, "since": "15/12/2025", **{cell.name: cell.value for cell in cells}}


_clients: dict[object, object] = {}


def sign_in_once(world: World):
    # By the person: an address in memory is used again by the next test's world.
    key = world.thu.person_id
    if key not in _clients:
        _clients.clear()
        _clients[key] = sign_in(world.thu)
    return _clients[key]


def test_a_whole_teaching_plan_is_one_act(world: World) -> None:
    client, fields = sign_in_once(world), plan_fields(world)
    address = reverse("schooling:teaching", args=[short(world.school.pk)])
    van = f"m_{short(world.subject('7A', 'VAN').id)}"
    toan = f"m_{short(world.subject('6A', 'TOAN').id)}"
    leader = f"h_{short(world.classes['7A'].id)}"
    assert fields[toan] == "Nông Thị Hoa"
    response = client.post(address, {**fields, van: "lan", toan: "Lý Thị Lan; hoa", leader: "nong thi hoa"})
    assert response.status_code == 302
    day = world.hoa.today
    taught = schooling.teachers_of(world.classes["6A"].id, day)[world.subject("6A", "TOAN").id]
    assert {name for _, name in taught} == {"Nông Thị Hoa", "Lý Thị Lan"}
    assert schooling.homeroom_of(world.classes["7A"].id, day).name == "Nông Thị Hoa"


def test_a_name_that_is_not_clear_saves_nothing_and_says_which(world: World) -> None:
    make_staff(world.school, "Vi Thị Lan")
    client, fields = sign_in_once(world), plan_fields(world)
    before = TeachingAssignment.objects.count()
    van = f"m_{short(world.subject('7A', 'VAN').id)}"
    toan = f"m_{short(world.subject('7A', 'TOAN').id)}"
    address = reverse("schooling:teaching", args=[short(world.school.pk)])
    response = client.post(address, {**fields, van: "lan", toan: ""})
    page = response.content.decode()
    assert response.status_code == 400
    assert "Lý Thị Lan, Vi Thị Lan" in page
    assert 'value="lan"' in page
    assert TeachingAssignment.objects.count() == before
    assert not TeachingAssignment.objects.exclude(valid_to=None).exists()


def test_a_plan_somebody_else_changed_meanwhile_is_a_conflict(world: World) -> None:
    client, fields = sign_in_once(world), plan_fields(world)
    new = schooling.Assignment(world.subject("7A", "VAN").id, world.lan.person_id)
    schooling.assign_teachers(SYSTEM, school_id=world.school.pk, assignments=[new], since=world.hoa.today)
    toan = f"m_{short(world.subject('6A', 'TOAN').id)}"
    response = client.post(reverse("schooling:teaching", args=[short(world.school.pk)]), {**fields, toan: ""})
    assert response.status_code == 409
    assert schooling.teachers_of(world.classes["6A"].id, world.hoa.today)[world.subject("6A", "TOAN").id]


def test_the_clerk_places_moves_and_lets_go_pupils(world: World) -> None:
    client = sign_in(world.thu)
    new = make_pupils(world.school, ("Chu Thị Yến", "Bế Văn An"), 2088000000)
    place = reverse("schooling:place", args=[short(world.classes["6A"].id)])
    assert "Chu Thị Yến" in text_of(client.get(place))
    form = {"pupil": [short(key) for key in new]}
    assert client.post(place, {**form, "since": "32/12/2025"}).status_code == 400
    assert client.post(place, {**form, "since": "15/12/2025"}).status_code == 302
    listed = schooling.roster(world.classes["6A"].id)
    assert [row.name for row in listed][-2:] == ["Bế Văn An", "Chu Thị Yến"]
    assert "vào lớp 15/12/2025" in text_of(client.get(class_url(world)))

    going = reverse("schooling:pupil", args=[short(world.classes["6A"].id), short(new[0])])
    assert "Rời lớp" in text_of(client.get(going))
    response = client.post(going, {"act": "leave", "on": "20/12/2025", "status": "Chuyển đi"})
    assert response.status_code == 302
    assert "rời lớp 20/12/2025: Chuyển đi" in text_of(client.get(class_url(world)))
    assert client.post(going, {"act": "leave", "on": "21/12/2025", "status": "Chuyển đi"}).status_code == 422

    moving = reverse("schooling:pupil", args=[short(world.classes["6A"].id), short(new[1])])
    other = schooling.open_class(
        SYSTEM, school_id=world.school.pk, year=world.year, name="6B", grade=6
    )
    assert client.post(moving, {"act": "move", "to": short(other.id), "on": "22/12/2025"}).status_code == 302
    assert [row.name for row in schooling.roster(other.id)] == ["Bế Văn An"]


def test_electives_topics_and_exemptions_are_one_form(world: World) -> None:
    client = sign_in(world.thu)
    subject, (first, second, *_) = world.subject("6A", "GDTC"), world.pupils["6A"]
    address = reverse("schooling:subject", args=[short(subject.id)])
    assert "Cách đánh giá" in text_of(client.get(address))
    form = {"act": "choices", "pupil": [short(first), short(second)], f"takes_{short(first)}": "1"}
    form |= {f"takes_{short(second)}": "1", f"mode_{short(first)}": "EXEMPT"}
    refused = client.post(address, form)
    assert refused.status_code == 400
    assert "cần số quyết định" in refused.content.decode()
    assert not schooling.choices_of_class(world.classes["6A"].id).exists()
    client.post(address, {**form, f"decision_{short(first)}": "QĐ 12/2025"})
    choice = schooling.choices_of_class(world.classes["6A"].id).get()
    assert (choice.pupil_id, choice.mode, choice.decision) == (first, "EXEMPT", "QĐ 12/2025")

    client.post(address, {"act": "plan", "periods": "70", "elective": "on"})
    subject.refresh_from_db()
    assert subject.elective
    assert schooling.pupils_of_sheet(world.classes["6A"].id, subject, None) == set(world.pupils["6A"])


def test_years_are_listed_and_the_office_opens_the_next(world: World) -> None:
    address = reverse("schooling:years")
    assert "2025-2026" in text_of(sign_in(world.hoa).get(address))
    assert "Mở năm học" in text_of(sign_in(world.minh).get(address))
    form = {"code": "2026-2027", "first": "05/09/2026", "second": "18/01/2027", "ends": "01/06/2027"}
    assert sign_in(world.lan).post(address, form).status_code == 403
    assert schooling.year_of("2026-2027") is None
    client = sign_in(world.thu)
    wrong = client.post(address, {**form, "second": "01/09/2026"})
    assert wrong.status_code == 400
    assert schooling.year_of("2026-2027") is None
    assert client.post(address, form).status_code == 302
    year = schooling.year_of("2026-2027")
    assert [term.number for term in schooling.terms(year)] == [1, 2, 3]


def test_pages_cost_a_fixed_number_of_queries(world: World, django_assert_max_num_queries) -> None:
    client = sign_in(world.thu)
    client.get(class_url(world))
    with django_assert_max_num_queries(20):
        client.get(class_url(world))
    with django_assert_max_num_queries(16):
        client.get(reverse("schooling:home"))
    with django_assert_max_num_queries(18):
        client.get(reverse("schooling:teaching", args=[short(world.school.pk)]))
