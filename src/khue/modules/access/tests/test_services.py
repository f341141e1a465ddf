"""Accounts, grants, emergency access: the good way, each refusal, each denial, nothing changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.contrib.auth.hashers import check_password

from khue.core.actor import Role
from khue.core.errors import Invalid, NotAllowed, NotFound, Refused
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.access import accounts, services
from khue.modules.access import api as access
from khue.modules.access.models import Account, EmergencyAccess, Grant
from khue.modules.people import api as people
from khue.modules.people.tests.factories import NOW, SYSTEM, actor_with, make_staff, make_unit

pytestmark = pytest.mark.django_db
STRONG = "lua-nep-cai-hoa-vang-7"
REASON = "Phụ huynh em Vi Văn A báo mất học bạ, cần tra ngay."


@pytest.fixture
def department():
    return make_unit("Sở Giáo dục và Đào tạo", kind="department")


@pytest.fixture
def school(department):
    return make_unit("Trường THCS Vân Thuỷ", parent=department)


@pytest.fixture
def hoa(school):
    return make_staff(school, "Nông Thị Hoa")


@pytest.fixture
def minh(school):
    return actor_with(make_staff(school, "Hoàng Văn Minh", "Hiệu trưởng"), (Role.PRINCIPAL, school))


@pytest.fixture
def thu(school):
    return actor_with(make_staff(school, "Vi Thị Thu", "Nhân viên"), (Role.CLERK, school))


@pytest.fixture
def quang(department):
    other = make_unit("Trường THCS Hồng Phong", parent=department)
    return actor_with(make_staff(other, "Triệu Văn Quang", "Hiệu trưởng"), (Role.PRINCIPAL, other))


@pytest.fixture
def admin(department):
    return actor_with(None, (Role.DEPARTMENT_ADMIN, department))


def counts():
    return [t.objects.count() for t in (Account, Grant, EmergencyAccess, AuditEvent, OutboxEvent)]


def code_of(kind, call, *args, **kwargs):
    before = counts()
    with pytest.raises(kind) as caught:
        call(*args, **kwargs)
    assert counts() == before
    return caught.value.code


def test_an_account_gets_a_one_time_password_that_is_stored_nowhere(school, hoa, minh):
    made = access.create_account(minh, unit_id=school.pk, person_id=hoa.pk)
    account = Account.objects.get(person=hoa)
    assert (made.username, account.username) == ("hoa.nt", "hoa.nt")
    assert check_password(made.password, account.password)
    assert account.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert account.must_change_password
    written = str(list(AuditEvent.objects.values())) + str(list(OutboxEvent.objects.values()))
    assert made.password not in written + repr(made)


def test_a_given_password_has_to_be_strong_and_need_not_be_changed(school, hoa, minh):
    make = {"unit_id": school.pk, "person_id": hoa.pk, "username": "cohoa"}
    assert code_of(Invalid, access.create_account, minh, **make, password="1234567890") == "ACC-005"
    access.create_account(minh, **make, password=STRONG)
    assert not Account.objects.get(username="cohoa").must_change_password


def test_usernames_are_readable_and_never_taken_twice(school, hoa, minh):
    Account.objects.create_user("hoa.nt")
    made = access.create_account(minh, unit_id=school.pk, person_id=hoa.pk)
    assert made.username == "hoa.nt2"
    lan = make_staff(school, "Lý Thị Lan")
    make = {"unit_id": school.pk, "person_id": lan.pk}
    assert code_of(Refused, access.create_account, minh, **make, username="hoa.nt") == "ACC-003"
    assert code_of(Invalid, access.create_account, minh, **make, username="cô lan") == "ACC-004"
    again = {"unit_id": school.pk, "person_id": hoa.pk}
    assert code_of(Refused, access.create_account, minh, **again) == "ACC-006"
    assert accounts.free_username("Y", set()) == "y.kh"


def test_accounts_of_a_school_are_made_in_few_statements(school, minh, django_assert_max_num_queries):
    staff = [make_staff(school, f"Lý Văn {chr(65 + n)}") for n in range(20)]
    with django_assert_max_num_queries(14):
        made = access.create_accounts(minh, unit_id=school.pk, person_ids=[row.pk for row in staff])
    assert len({item.username for item in made}) == len({item.password for item in made}) == 20
    too_many = [row.pk for row in staff] * 11
    assert code_of(Invalid, access.create_accounts, minh, unit_id=school.pk, person_ids=too_many) == "ACC-007"


def test_clerks_teachers_and_strangers_make_no_accounts(school, hoa, thu, quang):
    make = {"unit_id": school.pk, "person_id": hoa.pk}
    assert code_of(NotAllowed, access.create_account, thu, **make) == "KIT-002"
    assert code_of(NotFound, access.create_account, quang, **make) == "KIT-001"
    own = {"unit_id": quang.grants[0].unit_id, "person_id": hoa.pk}
    assert code_of(NotFound, access.create_account, quang, **own) == "KIT-001"


def test_nobody_gets_the_password_of_somebody_above(school, hoa, minh):
    access.grant(SYSTEM, person_id=minh.person_id, role="principal", unit_id=school.pk)
    son = actor_with(make_staff(school, "Lương Văn Sơn"), (Role.IT_STAFF, school))
    make = {"unit_id": school.pk, "person_id": minh.person_id}
    assert code_of(Refused, access.create_account, son, **make) == "ACC-015"
    access.create_account(SYSTEM, **make, password=STRONG)
    assert code_of(Refused, access.reset_account, son, **make) == "ACC-015"
    assert check_password(STRONG, Account.objects.get(person=minh.person_id).password)


def test_a_lost_phone_is_helped_with_a_new_password(school, hoa, minh):
    from allauth.mfa.models import Authenticator

    access.create_account(SYSTEM, unit_id=school.pk, person_id=hoa.pk, password=STRONG)
    account = Account.objects.get(person=hoa)
    Authenticator.objects.create(user=account, type="totp", data={})
    made = access.reset_account(minh, unit_id=school.pk, person_id=hoa.pk, remove_second_factor=True)
    account.refresh_from_db()
    assert check_password(made.password, account.password)
    assert account.must_change_password
    assert not Authenticator.objects.exists()
    assert AuditEvent.objects.get(action="access.account.reset").after == {"second_factor_removed": True}
    mine = {"unit_id": school.pk, "person_id": minh.person_id}
    access.create_account(SYSTEM, **mine)
    assert code_of(Refused, access.reset_account, minh, **mine) == "ACC-014"


def test_an_account_is_closed_and_opened_again(school, hoa, minh, thu):
    access.create_account(SYSTEM, unit_id=school.pk, person_id=hoa.pk)
    one = {"unit_id": school.pk, "person_id": hoa.pk}
    assert code_of(NotAllowed, accounts.set_account_active, thu, **one, active=False) == "KIT-002"
    assert not accounts.set_account_active(minh, **one, active=False).is_active
    assert accounts.set_account_active(minh, **one, active=True).is_active


def test_a_principal_grants_school_roles_only(school, department, hoa, minh, admin, thu, quang):
    give = {"person_id": hoa.pk, "unit_id": school.pk}
    row = access.grant(minh, **give, role="clerk", source="QĐ 12/QĐ-THCS")
    assert row.valid_from == NOW.date()
    assert access.actor_for(hoa.pk, NOW).holds(Role.CLERK)
    assert code_of(Refused, access.grant, minh, **give, role="principal") == "ACC-015"
    assert code_of(Invalid, access.grant, minh, **give, role="emergency_reader") == "ACC-010"
    assert code_of(Invalid, access.grant, admin, **give, role="king") == "ACC-010"
    assert code_of(Refused, access.grant, minh, **give, role="clerk") == "ACC-011"
    assert code_of(NotAllowed, access.grant, thu, **give, role="teacher") == "KIT-002"
    assert code_of(NotFound, access.grant, quang, **give, role="teacher") == "KIT-001"
    above = {"person_id": hoa.pk, "unit_id": department.pk, "role": "teacher"}
    assert code_of(NotFound, access.grant, minh, **above) == "KIT-001"
    own = {"person_id": minh.person_id, "unit_id": school.pk, "role": "clerk"}
    assert code_of(Refused, access.grant, minh, **own) == "ACC-014"
    days = {"since": NOW.date(), "until": NOW.date()}
    assert code_of(Invalid, access.grant, minh, **give, role="teacher", **days) == "ACC-013"
    assert access.grant(admin, **give, role="principal").role == "principal"


def test_only_staff_are_granted_roles(school, minh):
    from khue.modules.people.tests.factories import make_pupil

    pupil = make_pupil(school, "Vi Văn A")
    give = {"person_id": pupil.pk, "unit_id": school.pk, "role": "teacher"}
    assert code_of(Refused, access.grant, minh, **give) == "ACC-016"


def test_a_grant_ends_and_stays_written(school, hoa, minh, thu, quang):
    row = access.grant(SYSTEM, person_id=hoa.pk, unit_id=school.pk, role="clerk", since=dt.date(2026, 9, 1))
    assert code_of(NotAllowed, access.revoke, thu, grant_id=row.pk) == "KIT-002"
    assert code_of(NotFound, access.revoke, quang, grant_id=row.pk) == "KIT-001"
    access.revoke(minh, grant_id=row.pk, reason="Chuyển công tác")
    row.refresh_from_db()
    assert row.valid_to == NOW.date()
    assert not access.actor_for(hoa.pk, NOW).grants
    event = AuditEvent.objects.get(action="access.role.revoked")
    assert (event.reason, event.before, event.after) == ("Chuyển công tác", {"to": ""}, {"to": "2026-10-05"})
    assert code_of(Refused, access.revoke, minh, grant_id=row.pk) == "ACC-012"
    boss = access.grant(SYSTEM, person_id=hoa.pk, unit_id=school.pk, role="principal")
    assert code_of(Refused, access.revoke, minh, grant_id=boss.pk) == "ACC-015"


def with_account(actor):
    account = Account.objects.create_user(f"u{actor.person_id}"[:30], person_id=actor.person_id)
    return replace(actor, account_id=account.pk)


def test_emergency_access_is_reasoned_short_and_loud(school, settings):
    son = with_account(actor_with(make_staff(school, "Lương Văn Sơn"), (Role.IT_STAFF, school)))
    assert code_of(Invalid, access.open_emergency, son, unit_id=school.pk, reason="cần gấp") == "ACC-020"
    settings.KHUE_EMERGENCY_MINUTES = 30
    row = access.open_emergency(son, unit_id=school.pk, reason=REASON)
    assert row.expires_at - row.opened_at == dt.timedelta(minutes=30)
    assert AuditEvent.objects.get(action="access.emergency.opened").reason == REASON
    assert OutboxEvent.objects.get(name="EmergencyOpened").unit == school.pk
    account = Account.objects.get(pk=son.account_id)
    during = access.actor_for(account, NOW + dt.timedelta(minutes=29))
    assert during.holds(Role.EMERGENCY_READER)
    assert during.emergency_reason == REASON
    assert not access.actor_for(account, NOW + dt.timedelta(minutes=30)).holds(Role.EMERGENCY_READER)
    assert code_of(Refused, access.open_emergency, son, unit_id=school.pk, reason=REASON) == "ACC-021"


def test_emergency_access_is_closed_by_its_owner_or_the_principal(school, minh, thu, quang):
    son = with_account(actor_with(make_staff(school, "Lương Văn Sơn"), (Role.IT_STAFF, school)))
    row = access.open_emergency(son, unit_id=school.pk, reason=REASON)
    assert code_of(NotAllowed, access.close_emergency, thu, access_id=row.pk) == "KIT-002"
    assert code_of(NotFound, access.close_emergency, quang, access_id=row.pk) == "KIT-001"
    access.close_emergency(minh, access_id=row.pk)
    account = Account.objects.get(pk=son.account_id)
    assert not access.actor_for(account, NOW).emergency_reason
    assert code_of(Refused, access.close_emergency, son, access_id=row.pk) == "ACC-022"


def test_emergency_access_is_not_for_everybody(school, thu, quang, hoa):
    call = {"unit_id": school.pk, "reason": REASON}
    assert code_of(NotAllowed, services.open_emergency, with_account(thu), **call) == "KIT-002"
    assert code_of(NotFound, services.open_emergency, with_account(quang), **call) == "KIT-001"
    teacher = with_account(actor_with(hoa, (Role.TEACHER, school)))
    assert code_of(NotAllowed, services.open_emergency, teacher, **call) == "KIT-002"


def test_roles_held_elsewhere_give_no_power_here(school, hoa, department):
    """Administrator of one subtree, principal of a school outside it: two hats, never one power."""
    island = make_unit("Trường THCS Đảo", parent=None)
    both = actor_with(
        make_staff(school, "Hoàng Văn Minh", "Hiệu trưởng"), (Role.PRINCIPAL, school),
        (Role.DEPARTMENT_ADMIN, island),
    )
    give = {"person_id": hoa.pk, "unit_id": school.pk}
    assert code_of(Refused, access.grant, both, **give, role="principal") == "ACC-015"
    assert access.grant(both, **give, role="clerk").role == "clerk"


def test_nobody_gets_the_password_of_a_colleague_of_another_school(school, minh, quang):
    """A clerk of both schools: whoever looks after accounts here would get the keys of the other one."""
    shared = make_staff(school, "Lý Thị Dung", "Nhân viên")
    access.create_account(SYSTEM, unit_id=school.pk, person_id=shared.pk)
    other = quang.grants[0].unit_id
    row = Grant.objects.create(person=shared, role="clerk", unit_id=other, valid_from=NOW.date())
    reset = {"unit_id": school.pk, "person_id": shared.pk}
    assert code_of(Refused, access.reset_account, minh, **reset) == "ACC-017"
    Grant.objects.filter(pk=row.pk).update(valid_from=NOW.date() + dt.timedelta(days=1))
    assert code_of(Refused, access.reset_account, minh, **reset) == "ACC-017"
    Grant.objects.filter(pk=row.pk).delete()
    people.employ(SYSTEM, school_id=other, person_id=shared.pk, position="Giáo viên", since=NOW.date())
    assert code_of(Refused, accounts.set_account_active, minh, **reset, active=False) == "ACC-017"
    assert access.reset_account(SYSTEM, **reset).person_id == shared.pk


def test_who_leaves_the_school_loses_the_roles(
    school, hoa, minh, department, django_capture_on_commit_callbacks
):
    access.grant(minh, person_id=hoa.pk, role="clerk", unit_id=school.pk)
    Grant.objects.create(person=hoa, role="department_officer", unit=department, valid_from=NOW.date())
    job = people.Employment.objects.get(person=hoa)
    on = NOW.date() + dt.timedelta(days=10)
    with django_capture_on_commit_callbacks(execute=True):
        people.end_employment(SYSTEM, employment_id=job.pk, on=on)
    assert set(Grant.objects.filter(person=hoa).values_list("valid_to", flat=True)) == {on}
    said = AuditEvent.objects.filter(action="access.role.revoked", unit=school.pk).get()
    assert said.after == {"to": on.isoformat()}
    assert access.actor_for(hoa.pk, NOW).holds(Role.CLERK)
    assert not access.actor_for(hoa.pk, NOW + dt.timedelta(days=10)).grants


def test_another_position_keeps_the_roles(school, hoa, minh, django_capture_on_commit_callbacks):
    access.grant(minh, person_id=hoa.pk, role="clerk", unit_id=school.pk)
    job = people.Employment.objects.get(person=hoa)
    people.employ(SYSTEM, school_id=school.pk, person_id=hoa.pk, position="Nhân viên", since=NOW.date())
    with django_capture_on_commit_callbacks(execute=True):
        people.end_employment(SYSTEM, employment_id=job.pk, on=NOW.date() + dt.timedelta(days=10))
    assert Grant.objects.get(person=hoa).valid_to is None
