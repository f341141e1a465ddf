"""`khue init`, `doctor` and `verify` on an empty installation."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from khue.project import doctor, setup, verify

pytestmark = pytest.mark.django_db


def test_the_first_administrator_is_made_once(client: Client) -> None:
    password = setup.first_administrator("Tỉnh Mẫu", "Sở Mẫu", "quantri", "Vi Thị Thu")
    assert len(password) >= 12
    assert setup.first_administrator("Tỉnh Mẫu", "Sở Mẫu", "khac", "Người khác") == ""
    answer = client.post(reverse("account_login"), {"login": "quantri", "password": password})
    assert answer.status_code == 302


def test_a_fresh_installation_is_healthy() -> None:
    bad = [finding.text for finding in doctor.examine() if not finding.good]
    assert bad == []


def test_an_empty_history_is_intact(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([]) == 0
    assert "0 bảng sai lệch" in capsys.readouterr().out


def test_the_first_page_is_there_for_visitors(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
