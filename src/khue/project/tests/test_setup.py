"""`khue init`, `doctor` and `verify` on an empty installation."""

from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from khue.core.actor import system_actor
from khue.core.errors import Invalid
from khue.kit import audit, ledger
from khue.kit.models import OutboxEvent
from khue.modules.access.models import Account, Grant
from khue.modules.orgs.models import Unit
from khue.modules.people import api as people
from khue.modules.people.data import NewIdentifier, NewPerson
from khue.modules.people.tests.factories import make_unit
from khue.project import doctor, setup, verify

pytestmark = pytest.mark.django_db


def test_the_first_administrator_is_made_once(client: Client) -> None:
    password = setup.first_administrator("Tỉnh Mẫu", "Sở Mẫu", "quantri", "Vi Thị Thu")
    assert len(password) >= 12
    account = Account.objects.get(username="quantri")
    assert account.must_change_password  # it was shown on a screen
    (office,) = people.schools_of_staff(account.person_id, timezone.localdate())
    assert Unit.objects.get(pk=office).kind == "department"
    assert setup.first_administrator("Tỉnh Mẫu", "Sở Mẫu", "khac", "Người khác") == ""
    answer = client.post(reverse("account_login"), {"login": "quantri", "password": password})
    assert answer.status_code == 302


def test_a_refused_name_leaves_nothing_half_made() -> None:
    """Otherwise the next try would find an administrator who cannot sign in."""
    with pytest.raises(Invalid):
        setup.first_administrator("Tỉnh Mẫu", "Sở Mẫu", "qt", "Vi Thị Thu")
    assert not Grant.objects.exists()
    assert setup.first_administrator("Tỉnh Mẫu", "Sở Mẫu", "quantri", "Vi Thị Thu")


@pytest.fixture
def closed_folder() -> None:
    settings.CONFIG.data_dir.chmod(0o700)


def bad() -> list[str]:
    """What needs doing; the test's PostgreSQL is fast and forgetful on purpose."""
    told = [finding.text for finding in doctor.examine() if not finding.good]
    return [text for text in told if not text.startswith("PostgreSQL ")]


@pytest.mark.usefixtures("closed_folder")
def test_a_fresh_installation_is_healthy() -> None:
    assert bad() == []


@pytest.mark.usefixtures("closed_folder")
def test_the_doctor_finds_what_is_wrong(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def only(words: str) -> None:
        found = bad()
        assert len(found) == 1, found
        assert words in found[0]

    settings.KHUE_REQUIRE_MFA = False
    only("KHUE_REQUIRE_MFA")
    settings.KHUE_REQUIRE_MFA = True
    settings.ALLOWED_HOSTS = ["khue.example.vn"]
    only("khue.example.vn")
    settings.ALLOWED_HOSTS = ["localhost"]
    monkeypatch.setattr(doctor, "LOW_DISK", 2**62)
    only("GiB trống")
    monkeypatch.undo()
    settings.CONFIG.data_dir.chmod(0o755)
    only("chmod 700")
    settings.CONFIG.data_dir.chmod(0o700)
    old = timezone.now() - dt.timedelta(hours=1)
    stuck = OutboxEvent.objects.create(at=old, name="X", payload={})
    only("1 thông báo nội bộ")
    stuck.delete()
    people.register_person(
        system_actor("x", timezone.now()), school_id=make_unit("Trường A").pk,
        person=NewPerson("Lý Văn A", identifiers=(NewIdentifier("personal", "020213001234"),)),
    )
    assert bad() == []
    settings.SECRET_KEY = "another key than the one that sealed"
    only("khoá bí mật")
    settings.SECRET_KEY = "test secret, never used elsewhere"
    audit.record(system_actor("x", timezone.now() + dt.timedelta(days=1)), "x.y.z", subject=("x", "y"))
    only("đồng hồ")


def test_the_doctor_misses_a_guard_that_was_taken_away() -> None:
    table = "kit_auditevent"
    assert ledger.is_guarded(table)
    with connection.cursor() as cursor:
        cursor.execute(ledger.unguard_statements(connection.vendor, table)[0])
    assert not ledger.is_guarded(table)
    assert any(table in text for text in bad())


def test_an_empty_history_is_intact(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([]) == 0
    assert "0 bảng điểm, 0 hồ sơ đã ký: 0 sai lệch" in capsys.readouterr().out


def test_the_first_page_is_there_for_visitors(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
