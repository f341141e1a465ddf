"""Pages of the tree: any day, founding, moving, merging with all that follows; readings of the law."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from khue.core.actor import Role
from khue.core.ids import short
from khue.kit import permissions
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.access.models import Account, Grant
from khue.modules.access.queries import actor_for
from khue.modules.orgs import api as orgs
from khue.modules.orgs.models import SchoolProfile, Unit, UnitCode, UnitLink, UnitName, UnitPath
from khue.modules.people import api as people
from khue.modules.people.tests.factories import SINCE, SYSTEM, make_pupil, make_staff

pytestmark = pytest.mark.django_db
TODAY = dt.date.today()  # noqa: DTZ011 - pages act on the day of the request
TABLES = (Unit, UnitCode, UnitLink, UnitName, UnitPath, SchoolProfile, AuditEvent, OutboxEvent)


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def province():
    return orgs.found_unit(SYSTEM, kind="province", name="Tỉnh Lạng Sơn")


@pytest.fixture
def commune(province):
    return orgs.found_unit(SYSTEM, kind="commune", name="Xã Lộc Bình", parent=province)


def make_school(parent, name: str, code: str):
    return orgs.found_school(SYSTEM, name=name, code=code, levels="THCS", parent=parent)


@pytest.fixture
def school(commune):
    return make_school(commune, "Trường THCS Vân Thuỷ", "20180001")


@pytest.fixture
def other(commune):
    return make_school(commune, "Trường THCS Hồng Phong", "20180002")


def sign_in(unit, name: str, role: Role, at=None) -> Client:
    person = make_staff(at or unit, name)
    account = Account.objects.create_user(f"u.{person.pk.hex}", person=person)
    Grant.objects.create(person=person, role=role.value, unit=unit, valid_from=SINCE)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def admin(province):
    office = orgs.found_unit(SYSTEM, kind="department", name="Sở GD&ĐT Lạng Sơn", parent=province)
    return sign_in(province, "Lương Văn Sơn", Role.DEPARTMENT_ADMIN, at=office)


def address(name: str, unit) -> str:
    return reverse(f"orgs:{name}", args=[short(unit.pk)])


def counts():
    return [table.objects.count() for table in TABLES]


def refused(client: Client, where: str, body: dict, code: int, words: str = "") -> None:
    before = counts()
    answer = client.post(where, body)
    assert answer.status_code == code
    assert words in answer.content.decode()
    assert counts() == before


def test_the_tree_is_shown_as_it_stood_on_any_day(province, admin):
    """1 July 2025: the district stays in history."""
    district = orgs.found_unit(SYSTEM, kind="district", name="Huyện Lộc Bình", parent=province)
    school = make_school(district, "Trường THCS Khe Vàng", "20180009")
    orgs.move_unit(SYSTEM, unit=school, parent=province, on=dt.date(2025, 7, 1))
    orgs.end_unit(SYSTEM, unit=district, on=dt.date(2025, 7, 1))
    then = admin.get(address("unit", school), {"ngay": "30/06/2025"}).content.decode()
    now = admin.get(address("unit", school)).content.decode()
    assert "Huyện Lộc Bình" in then.split("Lịch sử")[0]
    assert "Huyện Lộc Bình" not in now.split("Lịch sử")[0]
    assert "Trực thuộc Huyện Lộc Bình" in now
    old = admin.get(address("unit", district)).content.decode()
    assert "kết thúc ngày 01/07/2025" in old
    top = admin.get(address("unit", province)).content.decode()
    assert "1 đơn vị đã kết thúc" in top


def test_home_leads_to_the_own_unit_and_finds_without_accents(school, other, admin):
    clerk = sign_in(school, "Vi Thị Thu", Role.CLERK)
    assert clerk.get(reverse("orgs:home")).headers["Location"] == address("unit", school)
    found = admin.get(reverse("orgs:home"), {"tim": "hong phong"}).content.decode()
    assert "Hồng Phong" in found
    assert "Vân Thuỷ" not in found
    assert "Hồng Phong" not in clerk.get(reverse("orgs:home"), {"tim": "hong phong"}).content.decode()
    assert clerk.get(address("unit", other)).status_code == 404


def test_the_department_founds_a_school(commune, admin):
    new = address("new_unit", commune)
    body = {"kind": "school", "name": "Trường TH&THCS Bản Pè", "code": "20180077", "levels": ["THCS", "TH"],
            "since": "01/08/2026", "address": "Thôn Bản Pè"}
    assert admin.get(new).status_code == 200
    assert admin.post(new, body).status_code == 302
    unit = orgs.school_by_code("20180077")
    assert unit.school.levels == "TH,THCS"
    assert orgs.ancestors_of(unit.pk, dt.date(2026, 8, 1))[0] == commune
    refused(admin, new, body | {"name": "Khác"}, 422, "đang dùng cho đơn vị khác")
    refused(admin, new, body | {"code": "1", "levels": ["MN"]}, 400, "Cấp học")
    refused(admin, new, {"kind": "commune", "name": "  "}, 400, "Chưa ghi tên")
    refused(admin, new, {"kind": "Xã!", "name": "A"}, 400, "Loại đơn vị")


def test_clerks_and_principals_do_not_change_the_tree(school, other, commune):
    for role in (Role.CLERK, Role.PRINCIPAL):
        client = sign_in(school, f"Người {role.value}", role)
        refused(client, address("new_unit", school), {"kind": "campus", "name": "Điểm trường"}, 403)
        for act in ("rename", "move", "merge", "end"):
            body = {"act": act, "name": "X", "other": short(school.pk)}
            refused(client, address("change", school), body, 403)
        refused(client, address("change", other), {"act": "end"}, 404)
        refused(client, address("change", commune), {"act": "end"}, 404)


def test_renaming_and_moving_keep_history(school, province, admin):
    body = {"act": "rename", "name": "Trường THCS Vân Thuỷ 1", "on": "01/09/2026"}
    assert admin.post(address("change", school), body).status_code == 302
    assert "Tên «Trường THCS Vân Thuỷ»" in admin.get(address("unit", school)).content.decode()
    refused(admin, address("change", school), body | {"on": "01/09/1970"}, 400, "phải sau ngày")
    move = {"act": "move", "other": short(province.pk), "on": f"{TODAY:%d/%m/%Y}"}
    assert admin.post(address("change", school), move).status_code == 302
    assert orgs.ancestors_of(school.pk, TODAY)[0] == province
    refused(admin, address("change", province), {"act": "move", "other": short(school.pk)}, 422, "chính nó")


def test_a_merger_takes_everybody_along_and_keeps_the_records(
    school, other, admin, django_capture_on_commit_callbacks
):
    """Sáp nhập trường: pupils, staff and roles follow; the successor reads the old records."""
    binh = make_pupil(school, "Lý Tiến Bình", moet="2011111111")
    hoa, minh = make_staff(school, "Nông Thị Hoa"), make_staff(school, "Hoàng Văn Minh", "Hiệu trưởng")
    for person, role in ((hoa, Role.TEACHER), (minh, Role.PRINCIPAL)):
        Grant.objects.create(person=person, role=role.value, unit=school, valid_from=SINCE)
    leader = make_staff(other, "Triệu Văn Quang", "Hiệu trưởng")
    Grant.objects.create(person=leader, role=Role.PRINCIPAL.value, unit=other, valid_from=SINCE)
    later = TODAY + dt.timedelta(days=3)
    merge = {"act": "merge", "other": short(other.pk)}
    refused(admin, address("change", school), merge | {"on": f"{later:%d/%m/%Y}"}, 422, "chưa đến")
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post(address("change", school), merge | {"on": f"{TODAY:%d/%m/%Y}"}).status_code == 302
    binh.pupil.refresh_from_db()
    assert binh.pupil.school_id == other.pk
    jobs = people.Employment.objects.filter(person=hoa).order_by("valid_from")
    assert [(job.school_id, job.valid_to) for job in jobs] == [(school.pk, TODAY), (other.pk, None)]
    open_grants = Grant.objects.filter(valid_to__isnull=True)
    assert open_grants.filter(person=hoa, unit=other, role="teacher").exists()
    assert not open_grants.filter(person=minh).exists()
    now = SYSTEM.now.replace(year=TODAY.year, month=TODAY.month, day=TODAY.day)
    seen = permissions.visible(actor_for(leader.pk, now), "orgs.unit.see", Unit.objects.all())
    assert set(seen) == {school, other}
    gone = permissions.visible(actor_for(minh.pk, now), "orgs.unit.see", Unit.objects.all())
    assert not gone.exists()
    assert "Đơn vị kế thừa" in admin.get(address("unit", school)).content.decode()
    again = {"act": "end", "on": f"{TODAY:%d/%m/%Y}"}
    refused(admin, address("change", school), again, 422, "đã kết thúc")


def test_records_go_on_to_the_next_successor(school, other, commune):
    third = make_school(commune, "Trường THCS Thứ Ba", "20180003")
    orgs.merge_units(SYSTEM, units=[school], into=other, on=dt.date(2026, 8, 1))
    orgs.merge_units(SYSTEM, units=[other], into=third, on=dt.date(2026, 9, 1))
    school.refresh_from_db()
    assert school.successor_id == third.pk


def test_roles_end_with_the_unit(school, admin, django_capture_on_commit_callbacks):
    hoa = make_staff(school, "Nông Thị Hoa")
    Grant.objects.create(person=hoa, role="teacher", unit=school, valid_from=SINCE)
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(address("change", school), {"act": "end", "on": f"{TODAY:%d/%m/%Y}"})
    assert Grant.objects.get(person=hoa).valid_to == TODAY


def test_a_school_writes_its_own_facts(school, other):
    clerk = sign_in(school, "Vi Thị Thu", Role.CLERK)
    body = {"act": "school", "levels": ["THCS"], "address": "Thôn 1,  xã Lộc Bình", "phone": "0205 111"}
    assert clerk.post(address("change", school), body).status_code == 302
    school.school.refresh_from_db()
    assert school.school.address == "Thôn 1, xã Lộc Bình"
    refused(clerk, address("change", school), body | {"levels": []}, 400, "ít nhất một")
    refused(clerk, address("change", school), body | {"phone": "1" * 31}, 400, "dài quá 30")
    refused(clerk, address("change", other), body, 404)


def test_the_principal_chooses_a_reading_with_its_reason(school):
    minh = sign_in(school, "Hoàng Văn Minh", Role.PRINCIPAL)
    clerk = sign_in(school, "Vi Thị Thu", Role.CLERK)
    body = {"act": "readings", "r_absence": "session", "r_topic": "extra", "reason": "Biên bản họp 12/8"}
    refused(clerk, address("change", school), body, 403)
    refused(minh, address("change", school), body | {"reason": " "}, 400, "Chưa ghi căn cứ")
    refused(minh, address("change", school), body | {"r_absence": "never"}, 400, "không nhận giá trị")
    assert minh.post(address("change", school), body).status_code == 302
    assert orgs.rule_settings_of(school.pk) == {"absence": "session"}
    event = AuditEvent.objects.get(action="orgs.school.readings_chosen")
    assert (event.before, event.after, event.reason) == ({}, {"absence": "session"}, "Biên bản họp 12/8")
    assert "mỗi buổi là một" in minh.get(address("unit", school)).content.decode()
