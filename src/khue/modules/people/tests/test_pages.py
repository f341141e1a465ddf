"""Pages for one newcomer, for positions, codes and family: the good way, refusals, denials."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from khue.core.actor import Role
from khue.core.errors import NotFound, Refused
from khue.core.ids import short
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.access.models import Account, Grant
from khue.modules.people import guardians, joining
from khue.modules.people.data import NewIdentifier, NewPerson
from khue.modules.people.models import Employment, Guardianship, Person, PersonIdentifier, PupilProfile
from khue.modules.people.tests.factories import NOW, SINCE, actor_with, make_pupil, make_staff, make_unit

pytestmark = pytest.mark.django_db
BORN = dt.date(2013, 5, 2)


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def school():
    return make_unit("Trường THCS Vân Thuỷ")


@pytest.fixture
def other():
    return make_unit("Trường THCS Hồng Phong")


def sign_in(school, name: str, role: Role) -> Client:
    person = make_staff(school, name)
    account = Account.objects.create_user(f"u.{person.pk.hex}", person=person)
    Grant.objects.create(person=person, role=role.value, unit=school, valid_from=SINCE)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def thu(school):
    return sign_in(school, "Vi Thị Thu", Role.CLERK)


def counts():
    tables = (Person, PersonIdentifier, PupilProfile, Employment, Guardianship, AuditEvent, OutboxEvent)
    return [table.objects.count() for table in tables]


def refused(client: Client, address: str, body: dict[str, str], code: int, words: str) -> None:
    before = counts()
    answer = client.post(address, body)
    assert answer.status_code == code
    assert words in answer.content.decode()
    assert counts() == before


PUPIL = {"full_name": "Nông  Văn Đức", "birth_date": "02/05/2013", "sex": "Nam", "moet": "2012345678"}


def test_a_clerk_admits_one_pupil_on_a_page(school, thu):
    address = reverse("people:new_pupil")
    assert thu.get(address).status_code == 200
    answer = thu.post(address, PUPIL | {"personal": "020213001234", "register_number": "7/2026"})
    person = Person.objects.get(full_name="Nông Văn Đức")
    assert answer.headers["Location"] == reverse("people:person", args=[short(person.pk)])
    assert (person.birth_date, person.sex) == (BORN, "Nam")
    assert (person.pupil.school_id, person.pupil.register_number) == (school.pk, "7/2026")
    assert set(person.identifiers.values_list("scheme", flat=True)) == {"moet", "personal"}
    refused(thu, address, PUPIL, 422, "đã có trong sổ đăng bộ")
    without = PUPIL | {"moet": ""}
    refused(thu, address, without, 422, "đã có trong sổ đăng bộ")
    assert thu.post(address, without | {"another": "1"}).status_code == 302
    refused(thu, address, PUPIL | {"birth_date": "31/02/2013"}, 400, "không phải là ngày")
    refused(thu, address, PUPIL | {"full_name": " ", "moet": ""}, 400, "Chưa có họ tên")


def test_teachers_and_strangers_admit_nobody(school, other, thu):
    teacher = sign_in(school, "Nông Thị Hoa", Role.TEACHER)
    before = counts()
    for name in ("people:new_pupil", "people:new_staff"):
        assert teacher.get(reverse(name)).status_code == 403
        assert teacher.post(reverse(name), PUPIL).status_code == 403
        assert thu.post(reverse(name), PUPIL | {"unit": short(other.pk)}).status_code == 404
    assert counts() == before
    assert "them-hoc-sinh" not in teacher.get(reverse("people:home")).content.decode()
    assert "them-hoc-sinh" in thu.get(reverse("people:home")).content.decode()


def test_a_clerk_employs_and_ends_a_position(school, thu):
    body = {"full_name": "Lý Thị Dung", "birth_date": "03/04/1990", "position": "Giáo viên", "staff": "GV07",
            "since": "01/08/2026"}
    assert thu.post(reverse("people:new_staff"), body).status_code == 302
    dung = Person.objects.get(full_name="Lý Thị Dung")
    job = Employment.objects.get(person=dung)
    assert (job.position, job.valid_from) == ("Giáo viên", dt.date(2026, 8, 1))
    address = reverse("people:places", args=[short(dung.pk)])
    assert thu.get(address).status_code == 200
    more = {"act": "employ", "unit": short(school.pk), "position": "Thư viện", "since": "01/09/2026"}
    assert thu.post(address, more).status_code == 302
    refused(thu, address, more, 422, "đang giữ chức vụ này")
    end = {"act": "end-job", "row": short(job.pk), "on": "01/12/2026", "reason": "QĐ 12/QĐ"}
    refused(thu, address, end | {"on": "01/07/2026"}, 422, "phải sau ngày bắt đầu")
    assert thu.post(address, end).status_code == 302
    job.refresh_from_db()
    assert job.valid_to == dt.date(2026, 12, 1)
    assert AuditEvent.objects.get(action="people.staff.ended").reason == "QĐ 12/QĐ"


def test_codes_are_replaced_and_the_old_one_is_kept(school, thu):
    binh = make_pupil(school, "Lý Tiến Bình", born=BORN, moet="2011111111")
    address = reverse("people:places", args=[short(binh.pk)])
    assert thu.post(address, {"act": "code", "scheme": "moet", "value": "2022222222"}).status_code == 302
    rows = PersonIdentifier.objects.filter(person=binh).order_by("id")
    assert [(row.value, row.valid_to is None) for row in rows] == [
        ("2011111111", False), ("2022222222", True),
    ]  # fmt: skip
    refused(thu, address, {"act": "code", "scheme": "personal", "value": "12"}, 400, "không đúng dạng")
    refused(thu, address, {"act": "code", "scheme": "software", "value": "A1"}, 400, "không đọc được")
    make_pupil(school, "Vi Thị Ánh", moet="2033333333")
    refused(thu, address, {"act": "code", "scheme": "moet", "value": "2033333333"}, 422, "cho người khác")


def test_family_is_written_once_for_brothers_and_sisters(school, thu):
    binh, chau = make_pupil(school, "Lý Tiến Bình"), make_pupil(school, "Lý Ngọc Châu")
    mother = {"act": "guardian", "relation": "mother", "full_name": "Hà Thị Sen", "phone": "0912 000 111",
              "occupation": "Làm ruộng"}
    for child in (binh, chau):
        assert thu.post(reverse("people:places", args=[short(child.pk)]), mother).status_code == 302
    sen = Person.objects.get(full_name="Hà Thị Sen")
    links = Guardianship.objects.filter(guardian=sen)
    assert set(links.values_list("child", flat=True)) == {binh.pk, chau.pk}
    address = reverse("people:places", args=[short(binh.pk)])
    refused(thu, address, mother, 422, "đã được ghi là người thân")
    refused(thu, address, mother | {"relation": "aunt"}, 400, "Quan hệ «aunt»")
    link = links.get(child=binh)
    assert "Hà Thị Sen" in thu.get(address).content.decode()
    assert thu.post(address, {"act": "end-guardian", "row": short(link.pk)}).status_code == 302
    assert "Hà Thị Sen" not in thu.get(address).content.decode()
    assert Guardianship.objects.get(pk=link.pk).valid_to is not None


def test_nobody_is_made_a_guardian_to_be_looked_at(school, other, thu):
    """A guardian becomes visible: a person of another school cannot be named by id."""
    binh = make_pupil(school, "Lý Tiến Bình")
    quang = make_staff(other, "Triệu Văn Quang")
    clerk = actor_with(make_staff(school, "Hoàng Thị Mai"), (Role.CLERK, school))
    before = counts()
    with pytest.raises(NotFound):
        guardians.link_guardian(clerk, child_id=binh.pk, guardian_id=quang.pk, relation="father")
    assert counts() == before
    assert thu.get(reverse("people:person", args=[short(quang.pk)])).status_code == 404


def test_a_code_alone_opens_no_record_of_another_school(school, other):
    """Who knows the number of a colleague elsewhere does not get the record by employing it."""
    quang = make_staff(other, "Triệu Văn Quang")
    Person.objects.filter(pk=quang.pk).update(birth_date=dt.date(1980, 2, 3))
    PersonIdentifier.objects.create(
        person=quang, scheme="staff", value="GV99", lookup="GV99", valid_from=SINCE
    )
    clerk = actor_with(make_staff(school, "Hoàng Thị Mai"), (Role.CLERK, school))
    job = {"school_id": school.pk, "position": "Giáo viên", "since": NOW.date()}
    codes = (NewIdentifier("staff", "GV99"),)
    before = counts()
    for new in (NewPerson("Ai Đó", identifiers=codes), NewPerson("Triệu Văn Quang", identifiers=codes)):
        with pytest.raises(Refused) as caught:
            joining.employ_newcomer(clerk, person=new, **job)
        assert caught.value.code == "PEO-003"
    assert counts() == before
    true = NewPerson("trieu van quang", birth_date=dt.date(1980, 2, 3), identifiers=codes)
    assert joining.employ_newcomer(clerk, person=true, **job).person_id == quang.pk


def test_a_page_number_that_is_none_is_the_first_page(thu):
    for text in ("²", "99999999999999999999", "-1", "x"):
        assert thu.get(reverse("people:home"), {"trang": text}).status_code == 200
