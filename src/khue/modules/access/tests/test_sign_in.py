"""Signing in and out: what the log keeps of it, what the session outlives, who may ask for what."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.backends import cached_db, db
from django.test import Client
from django.urls import reverse

from khue.core.actor import Role
from khue.kit.models import AuditEvent
from khue.modules.access.models import Account, Grant
from khue.modules.people.tests.factories import SINCE, make_staff, make_unit

pytestmark = pytest.mark.django_db
PASSWORD = "lua-nep-cai-hoa-vang-7"


@pytest.fixture(autouse=True)
def plain_world(settings):
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def school():
    return make_unit("Trường THCS Vân Thuỷ")


@pytest.fixture
def hoa(school):
    account = Account.objects.create_user("hoa.nt", PASSWORD, person=make_staff(school, "Nông Thị Hoa"))
    Grant.objects.create(person=account.person, role=Role.TEACHER.value, unit=school, valid_from=SINCE)
    return account


def post(client: Client, password: str, username: str = "hoa.nt", **extra):
    given = {"login": username, "password": password}
    return client.post(reverse("account_login"), given, **extra)


def lines(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=f"access.session.{action}").order_by("id"))


def test_the_log_says_who_signed_in_and_out_and_from_where(client, school, hoa):
    assert post(client, PASSWORD, REMOTE_ADDR="10.1.2.3").status_code == 302
    (opened,) = lines("opened")
    assert (opened.actor_person, opened.actor_name) == (hoa.person_id, "Nông Thị Hoa")
    assert (opened.unit, opened.address, opened.subject_id) == (school.pk, "10.1.2.3", str(hoa.pk))
    assert opened.request_id
    client.post(reverse("account_logout"))
    assert len(lines("closed")) == 1
    assert client.get("/").wsgi_request.user.is_anonymous


def test_a_wrong_password_is_logged_without_what_was_typed(client, hoa):
    post(client, "mat-khau-sai-cua-hoa")
    (refused,) = lines("refused")
    assert (refused.actor_person, refused.actor_name) == (None, "«hoa.nt»")
    assert "mat-khau-sai" not in str(AuditEvent.objects.values())
    assert not lines("opened")


def test_unknown_names_are_told_and_logged_like_nothing(client, hoa):
    """Whether an account exists cannot be asked for."""
    unknown = post(client, "gi-cung-duoc-12", "khong.co")
    known = post(Client(), "gi-cung-duoc-12")
    told = [[str(e) for e in answer.context["form"].non_field_errors()] for answer in (unknown, known)]
    assert told[0] == told[1]
    assert told[0]
    assert len(lines("refused")) == 1


def test_the_address_is_taken_from_a_proxy_only_when_there_is_one(hoa, settings):
    forged = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9", "REMOTE_ADDR": "10.0.0.1"}
    post(Client(), PASSWORD, **forged)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    post(Client(), PASSWORD, **forged)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 3
    assert Client().get("/", **forged).status_code == 200
    assert [line.address for line in lines("opened")] == ["10.0.0.1", "203.0.113.9"]


def test_five_wrong_passwords_lock_the_name_for_a_while_and_the_right_one_too(hoa):
    for _ in range(5):
        post(Client(), "sai")
    answer = post(Client(), PASSWORD)
    assert answer.status_code == 200
    assert answer.wsgi_request.user.is_anonymous


def test_sign_in_leads_to_our_own_pages_only(client, hoa):
    answer = client.post(
        reverse("account_login") + "?next=https://evil.example/",
        {"login": "hoa.nt", "password": PASSWORD, "next": "https://evil.example/"},
    )
    assert answer.headers["Location"] == "/"


def test_a_new_session_key_comes_with_the_sign_in(client, hoa):
    client.get(reverse("account_login"))
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    post(client, PASSWORD)
    assert client.cookies["sessionid"].value != before


def test_sessions_live_where_all_processes_see_them_end():
    """A cache in one process would keep a session that another process has ended."""
    engine = import_module(django_settings.SESSION_ENGINE).SessionStore
    assert issubclass(engine, db.SessionStore)
    assert not issubclass(engine, cached_db.SessionStore)
    assert django_settings.SESSION_COOKIE_HTTPONLY
    assert django_settings.SESSION_COOKIE_SAMESITE == django_settings.CSRF_COOKIE_SAMESITE == "Lax"


HTTPS = """
import django; django.setup()
from django.test import Client
from django.conf import settings
c = Client(enforce_csrf_checks=True)
head = {"HTTP_HOST": "khue.example.vn", "HTTP_X_FORWARDED_PROTO": "https"}
page = c.get("/dang-nhap/login/", **head)
assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000"), page.headers
assert c.cookies["csrftoken"]["secure"]
token = {"login": "a", "password": "b", "csrfmiddlewaretoken": c.cookies["csrftoken"].value}
same = c.post("/dang-nhap/login/", token, **head, HTTP_ORIGIN="https://khue.example.vn")
assert same.status_code == 200, same.status_code
other = c.post("/dang-nhap/login/", token, **head, HTTP_ORIGIN="https://evil.example")
assert other.status_code == 403, other.status_code
bare = c.get("/dang-nhap/login/", HTTP_HOST="evil.example")
assert bare.status_code == 400, bare.status_code
assert settings.SESSION_COOKIE_SECURE
"""


def test_behind_https_forms_work_and_nobody_elses(tmp_path):
    """The proxy speaks HTTP to us: without X-Forwarded-Proto no form would be accepted."""
    world = os.environ | {
        "KHUE_HTTPS": "1", "KHUE_ALLOWED_HOSTS": "khue.example.vn", "KHUE_DATA_DIR": str(tmp_path),
        "KHUE_DATABASE_URL": "",
    }
    start = "from khue.project.server import prepare; import os\n"
    program = f"{start}os.environ['DJANGO_SETTINGS_MODULE']='khue.project.settings'; prepare()\n{HTTPS}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], env=world, capture_output=True, text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]


def test_one_act_ends_the_sessions_on_all_other_devices(hoa):
    here, there = Client(), Client()
    for client in (here, there):
        post(client, PASSWORD)
        assert client.get(reverse("people:home")).status_code == 200
    assert "Đăng xuất khỏi mọi thiết bị khác" in here.get(reverse("mfa_index")).content.decode()
    assert here.get(reverse("access:end_sessions")).status_code == 405
    assert here.post(reverse("access:end_sessions")).status_code == 302
    assert here.get(reverse("people:home")).status_code == 200
    assert there.get(reverse("people:home")).status_code == 302
    assert len(lines("all_ended")) == 1
    assert Client().post(reverse("access:end_sessions")).status_code == 302
    assert len(lines("all_ended")) == 1
