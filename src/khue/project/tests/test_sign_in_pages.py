"""The pages borrowed from django-allauth: in our layout and words, under our policy, with no surprise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from khue.modules.access.models import Account

if TYPE_CHECKING:
    from django.test import Client
    from tests.cast import World

pytestmark = pytest.mark.django_db
PASSWORD = "mat-khau-cua-hoa-26"
ENGLISH = re.compile(
    r">\s*[^<]*\b(the|your|password|sign in|username|please|authenticator app|security key)\b[^<]*<",
    re.IGNORECASE,
)


@pytest.fixture(autouse=True)
def plain_world(settings) -> None:
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def account(world: World) -> Account:
    row = Account.objects.filter(person__isnull=False).order_by("username").first()
    if row is None:
        from khue.modules.people.models import Person

        row = Account(username="hoa.nt", person=Person.objects.get(full_name="Nông Thị Hoa"))
    row.set_password(PASSWORD)
    row.must_change_password = False
    row.save()
    return row


@pytest.fixture
def inside(client: Client, account: Account) -> Client:
    """Signed in by the form and confirmed once more, as the pages of the second factor want it."""
    answer = client.post(reverse("account_login"), {"login": account.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
    return client


def _page(client: Client, name: str, **arguments: object) -> str:
    answer = client.get(reverse(name, kwargs=arguments or None))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert 'class="brand"' in text
    assert not (found := ENGLISH.search(re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))), found
    return text


@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "account_inactive", "account_signup"]
)
def test_pages_for_strangers(client: Client, name: str) -> None:
    _page(client, name)


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index", "account_change_password", "account_logout", "account_reauthenticate",
        "mfa_list_webauthn", "mfa_add_webauthn", "mfa_activate_totp",
    ],
)  # fmt: skip
def test_pages_of_my_account(inside: Client, name: str) -> None:
    _page(inside, name)


def test_the_name_is_filled_in_only_in_the_demo(client: Client, settings) -> None:
    address = reverse("account_login") + "?tai-khoan=hoa"
    settings.KHUE_DEMO = False
    assert 'value="hoa"' not in client.get(address).content.decode()
    settings.KHUE_DEMO = True
    assert 'value="hoa"' in client.get(address).content.decode()
    evil = client.get(reverse("account_login"), {"tai-khoan": '"><script>alert(1)</script>'})
    assert "<script>alert" not in evil.content.decode()


def test_a_wrong_password_is_said_in_words_even_to_an_english_browser(
    client: Client, account: Account
) -> None:
    answer = client.post(
        reverse("account_login"),
        {"login": account.username, "password": "sai"},
        headers={"accept-language": "en"},
    )
    text = answer.content.decode()
    assert "chưa đúng" in text
    assert '<html lang="vi">' in text


def test_what_matters_asks_for_the_password_again(client: Client, account: Account) -> None:
    """allauth's own exceptions are answered by allauth, not taken for bugs."""
    client.force_login(account)
    answer = client.get(reverse("mfa_activate_totp"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 404


def test_a_new_password_is_asked_twice_the_same(inside: Client) -> None:
    given = {"oldpassword": PASSWORD, "password1": "mot-mat-khau-dai", "password2": "mot-mat-khau-khac"}
    answer = inside.post(reverse("account_change_password"), given)
    assert "chưa giống nhau" in answer.content.decode()
    answer = inside.post(reverse("account_change_password"), given | {"password2": given["password1"]})
    assert answer.status_code == 302


def test_recovery_codes_and_the_second_step(inside: Client, account: Account) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(account, generate_totp_secret())
    assert "Mã dự phòng" in _page(inside, "mfa_index")
    _page(inside, "mfa_deactivate_totp")
    _page(inside, "mfa_generate_recovery_codes")
    assert inside.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    codes = re.findall(r"<li><code>(\d{8})</code>", _page(inside, "mfa_view_recovery_codes"))
    assert len(codes) == 10
    inside.post(reverse("account_logout"))
    inside.post(reverse("account_login"), {"login": account.username, "password": PASSWORD})
    _page(inside, "mfa_authenticate")
    wrong = inside.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Mã chưa đúng" in wrong.content.decode()
    assert inside.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302


def test_too_many_tries_are_told_to_wait(client: Client, account: Account) -> None:
    """After 120 in a minute from one address; nothing is locked, and the page is ours."""
    given = {"login": account.username, "password": "sai"}
    answers = [client.post(reverse("account_login"), given) for _ in range(121)]
    assert answers[-1].status_code == 429
    assert "Hãy chờ một phút" in answers[-1].content.decode()
