"""The gate and the pages: sign-in, second factor, strangers, budgets, what each sees."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from khue.core.actor import Role
from khue.core.ids import short, uuid7
from khue.kit.models import AuditEvent
from khue.modules.access.models import Account, EmergencyAccess, Grant
from khue.modules.people.tests.factories import SINCE, make_pupil, make_staff, make_unit

pytestmark = pytest.mark.django_db
REASON = "Phụ huynh em Vi Văn A báo mất học bạ, cần tra ngay."


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True  # nothing is collected in tests


@pytest.fixture
def department():
    return make_unit("Sở Giáo dục và Đào tạo", kind="department")


@pytest.fixture
def school(department):
    return make_unit("Trường THCS Vân Thuỷ", parent=department)


@pytest.fixture
def other_school(department):
    return make_unit("Trường THCS Hồng Phong", parent=department)


def sign_in(person, *held) -> Client:
    account = Account.objects.create_user(f"u.{person.pk.hex}", person=person)
    for role, unit in held:
        Grant.objects.create(person=person, role=role.value, unit=unit, valid_from=SINCE)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def minh(school):
    return sign_in(make_staff(school, "Hoàng Văn Minh", "Hiệu trưởng"), (Role.PRINCIPAL, school))


@pytest.fixture
def hoa(school):
    return sign_in(make_staff(school, "Nông Thị Hoa"), (Role.TEACHER, school))


@pytest.fixture
def quang(other_school):
    return sign_in(make_staff(other_school, "Triệu Văn Quang"), (Role.PRINCIPAL, other_school))


PAGES = ("access:home", "access:explain", "access:emergency", "people:home")


@pytest.mark.parametrize("name", [*PAGES, "access:grant", "access:accounts", "access:log"])
def test_strangers_go_to_sign_in_and_programs_get_401(client, name):
    address = reverse(name)
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    answer = client.get(address, headers={"accept": "application/json"})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["code"] == "ACC-001"


def test_sign_up_is_closed(client):
    answer = client.get(reverse("account_signup"))
    assert b'name="password1"' not in answer.content


def test_pages_stay_private(minh):
    for name in PAGES:
        answer = minh.get(reverse(name))
        assert answer.status_code == 200, name
        assert "private" in answer["Cache-Control"]


def test_staff_need_a_second_factor_families_do_not(settings, school, minh):
    settings.KHUE_REQUIRE_MFA = True
    assert minh.get(reverse("people:home")).url == reverse("access:second_factor")
    assert "Bảo mật hai lớp" in minh.get(reverse("access:second_factor")).content.decode()
    answer = minh.get(reverse("access:home"), headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "ACC-002")
    account = Account.objects.get(person__full_name="Hoàng Văn Minh")
    Authenticator.objects.create(user=account, type="totp", data={})
    assert minh.get(reverse("access:home")).status_code == 200
    parent = sign_in(make_pupil(school, "Vi Văn A"))
    Account.objects.filter(person__full_name="Vi Văn A").update(is_staff_member=False)
    assert parent.get(reverse("access:home")).status_code == 200


def test_a_printed_password_is_changed_first(hoa):
    account = Account.objects.get(person__full_name="Nông Thị Hoa")
    account.must_change_password = True
    account.set_password("k7mp-w3xn-t9bd")
    account.save()
    client = Client()
    client.force_login(account)
    assert client.get(reverse("people:home")).url == reverse("access:first_password")
    new = "nep-cai-hoa-vang-8"
    form = {"oldpassword": "k7mp-w3xn-t9bd", "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), form).status_code == 302
    account.refresh_from_db()
    assert not account.must_change_password
    assert account.check_password(new)


def test_the_gate_costs_two_queries(minh, django_assert_max_num_queries):
    # Session, account with person, grants; then the list of people and the schools in scope.
    minh.get(reverse("people:home"))
    with django_assert_max_num_queries(6):
        minh.get(reverse("people:home"))


def test_a_closed_account_is_out_at_once(minh):
    Account.objects.update(is_active=False)
    assert minh.get(reverse("people:home")).status_code == 302


def test_a_grant_that_ended_yesterday_opens_nothing(school, minh):
    pupil = make_pupil(school, "Vi Văn A")
    page = reverse("people:person", args=[short(pupil.pk)])
    assert minh.get(page).status_code == 200
    Grant.objects.update(valid_to=timezone.localdate())
    assert minh.get(page).status_code == 404


def test_people_pages_by_reader(school, minh, hoa, quang):
    pupil = make_pupil(
        school, "Vi Văn Đức", born=dt.date(2013, 5, 2), personal="020213001234", moet="2012345678"
    )
    page = reverse("people:person", args=[short(pupil.pk)])
    assert quang.get(page).status_code == 404
    assert quang.get(reverse("people:edit", args=[short(pupil.pk)])).status_code == 404
    full, masked = minh.get(page).content.decode(), hoa.get(page).content.decode()
    assert "020213001234" in full
    assert "020213001234" not in masked
    assert "•••••••••234" in masked
    assert "2012345678" in masked
    assert "Sửa thông tin" in full
    assert "Sửa thông tin" not in masked
    assert hoa.get(reverse("people:edit", args=[short(pupil.pk)])).status_code == 403
    found = hoa.get(reverse("people:home"), {"tim": "duc"}).content.decode()
    assert "Vi Văn Đức" in found
    assert "Vi Văn Đức" not in quang.get(reverse("people:home"), {"tim": "duc"}).content.decode()


def test_facts_are_edited_and_a_conflict_is_shown(school, minh):
    pupil = make_pupil(school, "Vi Văn A", born=dt.date(2013, 5, 2))
    page = reverse("people:edit", args=[short(pupil.pk)])
    assert minh.get(page).status_code == 200
    form = {"full_name": "Vi Văn Ánh", "was_full_name": "Vi Văn A", "birth_date": "03/05/2013",
            "was_birth_date": "02/05/2013", "home_town": "Văn Quan", "was_home_town": ""}
    assert minh.post(page, form).status_code == 302
    pupil.refresh_from_db()
    assert (pupil.full_name, pupil.birth_date) == ("Vi Văn Ánh", dt.date(2013, 5, 3))
    assert pupil.pupil.home_town == "Văn Quan"
    answer = minh.post(page, form | {"full_name": "Vi Văn Anh"})
    assert answer.status_code == 409
    assert "Vi Văn Ánh" in answer.content.decode()
    answer = minh.post(page, {"birth_date": "32/13/2013", "was_birth_date": "03/05/2013"})
    assert answer.status_code == 400
    pupil.refresh_from_db()
    assert pupil.full_name == "Vi Văn Ánh"


def test_a_principal_grants_and_revokes_on_pages(school, minh, hoa, quang):
    lan = make_staff(school, "Lý Thị Lan")
    page = reverse("access:grant")
    assert "Lý Thị Lan" in minh.get(page, {"tim": "lan"}).content.decode()
    form = {"nguoi": short(lan.pk), "vai-tro": "clerk", "don-vi": short(school.pk), "quyet-dinh": "QĐ 12"}
    assert 'value="principal"' not in minh.get(page, {"nguoi": short(lan.pk)}).content.decode()
    assert hoa.post(page, form).status_code == 403
    assert quang.post(page, form).status_code == 404
    assert not Grant.objects.filter(person=lan).exists()
    assert minh.post(page, form).status_code == 302
    assert minh.post(page, form).status_code == 422
    row = Grant.objects.get(person=lan)
    assert "QĐ 12" in minh.get(reverse("access:home"), {"tim": "ly lan"}).content.decode()
    revoke = reverse("access:revoke", args=[short(row.pk)])
    assert quang.get(revoke).status_code == 404
    assert hoa.post(revoke, {"li-do": "x"}).status_code == 404
    assert minh.get(revoke).status_code == 200
    assert minh.post(revoke, {"li-do": "Chuyển trường"}).status_code == 302
    row.refresh_from_db()
    assert row.valid_to == timezone.localdate()


def test_everybody_sees_their_own_grants_only(school, minh, hoa):
    page = hoa.get(reverse("access:home")).content.decode()
    assert "Nông Thị Hoa" in page
    assert "Hoàng Văn Minh" not in page


def test_slips_are_shown_once(school, minh, hoa, quang):
    lan, tho = make_staff(school, "Lý Thị Lan"), make_staff(school, "Hà Văn Thọ")
    page = reverse("access:accounts")
    assert hoa.get(page).status_code == 404
    assert "Lý Thị Lan" in minh.get(page).content.decode()
    form = {"don-vi": short(school.pk), "nguoi": [short(lan.pk), short(tho.pk)]}
    assert quang.post(page, form).status_code == 404
    assert not Account.objects.filter(person=lan).exists()
    answer = minh.post(page, form)
    assert answer["Cache-Control"].startswith("no-store")
    assert "lan.lt" in answer.content.decode()
    assert minh.post(page, form).status_code == 422
    change = reverse("access:account", args=[short(school.pk), short(lan.pk)])
    assert quang.post(change, {"viec": "khoa"}).status_code == 404
    assert minh.post(change, {"viec": "khoa"}).status_code == 302
    assert not Account.objects.get(person=lan).is_active
    assert "Mật khẩu một lần" in minh.post(change, {"viec": "mat-khau"}).content.decode()
    assert minh.post(change, {"viec": "nhảy múa"}).status_code == 400


def test_emergency_pages_log_each_view(school, minh, quang):
    son = sign_in(make_staff(school, "Lương Văn Sơn"), (Role.IT_STAFF, school))
    pupil = make_pupil(school, "Vi Văn A")
    person = reverse("people:person", args=[short(pupil.pk)])
    assert son.get(person).status_code == 404
    page = reverse("access:emergency")
    form = {"don-vi": short(school.pk), "li-do": REASON}
    assert son.post(page, form | {"li-do": "gấp"}).status_code == 400
    assert quang.post(page, form).status_code == 404
    assert son.post(page, form).status_code == 302
    assert son.get(person).status_code == 200
    used = AuditEvent.objects.filter(action="access.emergency.used")
    assert used.get(subject_id=person[:64]).emergency_reason == REASON
    assert REASON in minh.get(page).content.decode()
    row = EmergencyAccess.objects.get()
    assert quang.post(reverse("access:emergency_close", args=[short(row.pk)])).status_code == 404
    EmergencyAccess.objects.update(expires_at=timezone.now())
    assert son.get(person).status_code == 404


def test_the_log_shows_contents_to_the_school_only(department, school, minh, hoa, quang):
    pupil = make_pupil(school, "Vi Văn A")
    minh.post(
        reverse("people:edit", args=[short(pupil.pk)]), {"home_town": "Văn Quan", "was_home_town": ""}
    )
    page = reverse("access:log")
    only = {"viec": "people.pupil.changed"}
    assert hoa.get(page).status_code == 404
    assert "Văn Quan" in minh.get(page, only).content.decode()
    assert "Quê quán" not in quang.get(page, only).content.decode()
    officer = sign_in(make_staff(department, "Lương Văn Sơn"), (Role.DEPARTMENT_OFFICER, department))
    seen = officer.get(page, only).content.decode()
    assert "Quê quán" in seen
    assert "Văn Quan" not in seen


def test_the_log_is_read_in_few_queries(school, minh, django_assert_max_num_queries):
    for number in range(30):
        make_pupil(school, f"Vi Văn {number}")
    minh.get(reverse("access:log"))
    with django_assert_max_num_queries(7):
        minh.get(reverse("access:log"))


def ask(client, action, model, row_id, person=None):
    values = {"hanh-dong": action, "loai": model, "ma": short(row_id)}
    if person is not None:
        values["nguoi"] = short(person.pk)
    return client.get(reverse("access:explain"), values)


def test_explaining_names_the_grant_or_the_refusal(department, school, minh, hoa):
    from khue.modules.people.models import Person

    pupil = make_pupil(school, "Vi Văn A")
    profile, teacher = pupil.pupil, Person.objects.get(full_name="Nông Thị Hoa")
    page = ask(minh, "people.pupil.see", "people.PupilProfile", profile.pk, teacher).content.decode()
    assert "Nông Thị Hoa được «Xem hồ sơ học sinh»" in page
    assert "Giáo viên, Trường THCS Vân Thuỷ" in page
    page = ask(minh, "people.pupil.change", "people.PupilProfile", profile.pk, teacher).content.decode()
    assert "Nông Thị Hoa không được «Sửa hồ sơ học sinh»" in page
    assert "Văn thư, giáo vụ; Hiệu trưởng; Phó hiệu trưởng" in page
    page = ask(minh, "people.person.register", "orgs.Unit", school.pk).content.decode()
    assert "Hoàng Văn Minh được «Thêm người vào đơn vị»" in page
    assert "Đơn vị là trường" in page


def test_explaining_tells_strangers_nothing(school, other_school, minh, hoa, quang):
    from khue.modules.people.models import Person

    pupil = make_pupil(school, "Vi Văn A")
    minh_person = Person.objects.get(full_name="Hoàng Văn Minh")
    key = pupil.pupil.pk
    assert ask(quang, "people.pupil.see", "people.PupilProfile", key, minh_person).status_code == 404
    assert ask(hoa, "people.pupil.see", "people.PupilProfile", key, minh_person).status_code == 404
    there = ask(quang, "people.pupil.see", "people.PupilProfile", key).content.decode()
    nowhere = ask(quang, "people.pupil.see", "people.PupilProfile", uuid7()).content.decode()
    cut = lambda page: page.split('id="ask"')[0].split('id="answer"')[1]  # noqa: E731
    assert cut(there) == cut(nowhere)
    assert "không được" in there
    assert "Vi Văn A" not in there


@pytest.mark.parametrize(
    ("action", "model", "code"),
    [
        ("no.such.action", "orgs.Unit", "Không có hành động"),
        ("people.pupil.see", "sessions.Session", "Không có loại hồ sơ"),
        ("people.pupil.see", "no.Such", "Không có loại hồ sơ"),
        ("people.pupil.see", "orgs.Unit", "Không có loại hồ sơ"),
    ],
)
def test_explaining_refuses_nonsense(school, minh, action, model, code):
    answer = ask(minh, action, model, school.pk)
    assert answer.status_code == 400
    assert code in answer.content.decode()
