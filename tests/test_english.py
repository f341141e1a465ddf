"""The pages in English: chosen by a cookie, complete, and without a change to what is official."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from unittest.mock import ANY

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from khue.core.actor import Role
from khue.core.ids import short
from khue.kit.errors import sentence
from khue.kit.ui.templatetags.ui import told
from khue.kit.words import said
from khue.modules.codes import shipped
from khue.modules.gradebook import excel, results
from khue.modules.gradebook.book import load_book
from khue.modules.gradebook.tests.acts import fill_term
from khue.modules.importing.pages import _item
from khue.modules.orgs.api import Unit
from khue.modules.people.models import Person
from khue.modules.records import providers, trust
from khue.modules.records.content import file_of
from khue.modules.records.models import SigningBatch, SigningItem
from khue.signing.qr import short_code
from khue.signing.report import Finding, Report, Verdict
from tests.cast import World, fill, make_actor, make_staff, sign_in
from tests.signers import make_signers

NOW = dt.datetime(2026, 1, 20, 8, tzinfo=dt.UTC)
VIETNAMESE = re.compile(r"[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
NOT_SHOWN = re.compile(r"<script.*?</script>|<!--.*?-->|\s(?:href|action|value|data-p)=\"[^\"]*\"", re.DOTALL)
LAW = re.compile(r'<ul class="why">.*?</ul>', re.DOTALL)  # the reasons, in the language of the law
# The product, the other language, the letters of results, an example, who made the world.
ALLOWED = re.compile(r"Khuê|THỬ NGHIỆM|Tiếng Việt|\bCĐ✗?|\bĐ\b|Đức|kiểm thử")


@pytest.fixture(autouse=True)
def plain_world(settings) -> None:
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


def _in_english(client: Client) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def _vietnamese_in(page: str, data: list[str]) -> list[str]:
    """The lines of a page that still hold Vietnamese, data and law apart."""
    text = unescape(LAW.sub("", NOT_SHOWN.sub("", page)))
    for name in sorted(data, key=len, reverse=True):
        text = text.replace(name, "")
    return [line.strip()[:160] for line in ALLOWED.sub("", text).splitlines() if VIETNAMESE.search(line)]


FIELDS = ("title", "official_name", "license")


@pytest.fixture
def data(world: World) -> list[str]:
    """The names in the database: of people and units."""
    sources = ((Person, "full_name"), (Unit, "name"), (Unit, "short_name"))
    found = [name for model, field in sources for name in model.objects.values_list(field, flat=True) if name]
    # Code lists keep the names that the Ministry gave them.
    return found + [meta[field] for meta in shipped.lists().values() for field in FIELDS]


def _addresses(world: World) -> list[str]:
    key, sheet = short(world.classes["6A"].pk), short(world.sheet("6A", "TOAN").pk)
    own, pupil = short(world.sheet("6A", "homeroom").pk), short(world.pupils["6A"][0])
    school = short(world.school.pk)
    named = (
        ("home",), ("gradebook:home",), ("gradebook:sheet", sheet), ("gradebook:sheet", own),
        ("gradebook:class", key), ("gradebook:results", key, 1), ("gradebook:results", key, 0),
        ("gradebook:why", key, pupil), ("gradebook:corrections",), ("gradebook:sign",),
        ("records:home",), ("records:batches",), ("records:certificates",), ("verify:check",),
        ("schooling:home",), ("schooling:class", key),
        ("schooling:years",), ("schooling:teaching", school), ("schooling:new_class", school),
        ("schooling:place", key), ("schooling:pupil", key, pupil), ("people:home",), ("people:person", pupil),
        ("people:edit", pupil), ("people:places", pupil), ("people:new_pupil",), ("people:new_staff",),
        ("orgs:home",), ("orgs:unit", school), ("orgs:new_unit", short(world.department.pk)),
        ("codes:home",), ("codes:list", "student-status"), ("codes:add", "student-status"),
        ("importing:home",), ("access:home",), ("access:accounts",),
        ("access:explain",), ("access:emergency",), ("access:log",), ("access:grant",), ("mfa_index",),
        ("account_logout",), ("account_set_password",), ("access:second_factor",),
        ("access:first_password",),
    )  # fmt: skip
    return [reverse(name, args=args) for name, *args in named]


@pytest.mark.django_db
def test_every_page_is_english_where_english_was_chosen(world: World, data: list[str]) -> None:
    fill(world.sheet("6A", "TOAN"))
    faults: dict[str, list[str]] = {}
    opened = dict.fromkeys(_addresses(world), 0)
    person = make_staff(world.department, "Quản Văn Trị", "Chuyên viên")
    admin = make_actor(person, (Role.DEPARTMENT_ADMIN, world.department))
    for actor in (world.minh, world.thu, world.lan, admin):
        client = _in_english(sign_in(actor))
        for address in opened:
            answer = client.get(address, follow=True)
            assert answer.headers["Content-Language"] == "en", address
            page = answer.content.decode()
            assert '<html lang="en">' in page, address
            faults |= {address: found} if (found := _vietnamese_in(page, [*data, admin.name])) else {}
            opened[address] += answer.status_code == 200
    assert not faults, "\n".join(f"{address} {line}" for address, lines in faults.items() for line in lines)
    assert [address for address, times in opened.items() if not times] == []


@pytest.mark.django_db
def test_the_pages_of_a_signed_record_are_english(world: World, data: list[str], settings, tmp_path) -> None:
    """What was signed stays as it is, in Vietnamese: names, and the titles of records and sheets."""
    signers = make_signers(world, settings, tmp_path)
    fill_term(world)
    document = signers.sign_class()
    data += [document.title, *SigningBatch.objects.values_list("title", flat=True)]
    data += SigningItem.objects.values_list("title", flat=True)
    key, content = short(document.pk), file_of(document)
    client = _in_english(sign_in(world.minh))
    pages = {
        "record": client.get(reverse("records:document", args=[key])),
        "batch": client.get(reverse("records:batch", args=[short(SigningBatch.objects.latest("id").pk)])),
        "records": client.get(reverse("records:home")),
        "certificates": client.get(reverse("records:certificates")),
        "print": client.get(reverse("verify:print", args=[short_code(bytes.fromhex(document.digest))])),
        "valid": client.post(reverse("verify:check"), {"file": ContentFile(content, "a.xml")}),
        "cut": client.post(reverse("verify:check"), {"file": ContentFile(content[:-400], "b.xml")}),
        "other": client.post(reverse("verify:check"), {"file": ContentFile(b"abc", "c.pdf")}),
    }
    faults = {
        name: found for name, page in pages.items() if (found := _vietnamese_in(page.content.decode(), data))
    }
    assert not faults, "\n".join(f"{name} {line}" for name, lines in faults.items() for line in lines)
    assert {page.status_code for page in pages.values()} == {200}
    assert "Subject teacher" in pages["record"].content.decode()
    assert "by the right people in the right order" in pages["valid"].content.decode()
    assert "Not valid. " in pages["cut"].content.decode()
    trust.forget()
    providers.forget()


@pytest.mark.django_db
def test_strangers_choose_too(world: World, data: list[str]) -> None:
    client = _in_english(Client())
    for address in ("/", reverse("account_login"), reverse("account_reset_password"), "/khong-co/"):
        page = client.get(address).content.decode()
        assert _vietnamese_in(page, data) == [], address
    assert "Sign in" in client.get(reverse("account_login")).content.decode()


@pytest.mark.django_db
def test_the_close_page_and_its_refusal_are_english(world: World, data: list[str]) -> None:
    client = _in_english(sign_in(world.hoa))
    address = reverse("gradebook:close_sheet", args=[short(world.sheet("6A", "TOAN").pk)])
    assert _vietnamese_in(client.get(address).content.decode(), data) == []
    refused = client.post(address, {})
    assert refused.status_code == 422
    assert "Cannot be closed yet" in refused.content.decode()
    assert _vietnamese_in(refused.content.decode(), data) == []


@pytest.mark.django_db
def test_vietnamese_is_first_whatever_the_browser_prefers() -> None:
    answer = Client().get(reverse("account_login"), headers={"accept-language": "en-US,en;q=0.9"})
    assert answer.headers["Content-Language"] == "vi"
    assert "Cookie" in answer.headers["Vary"]
    assert "Accept-Language" not in answer.headers["Vary"]
    page = answer.content.decode()
    assert '<html lang="vi">' in page
    assert "Tên đăng nhập" in page


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["fr", "", "en-GB", "../vi", "x" * 3000])
def test_an_unknown_language_is_vietnamese(wanted: str) -> None:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = wanted
    assert client.get(reverse("account_login")).headers["Content-Language"] == "vi"


@pytest.mark.django_db
def test_the_choice_stands_in_the_foot_of_the_page_and_is_remembered() -> None:
    client = Client()
    page = client.get(reverse("account_login") + "?next=/so-diem/").content.decode()
    form = page[page.index('<form class="language"') :]
    assert 'name="next" value="/dang-nhap/login/?next=/so-diem/"' in form
    assert '<button name="language" value="vi" lang="vi" aria-current="true">Tiếng Việt</button>' in form
    assert '<button name="language" value="en" lang="en">English</button>' in form
    answer = client.post(reverse("set_language"), {"language": "en", "next": "/dang-nhap/login/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/dang-nhap/login/")
    cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("en", True, "Lax")
    assert int(cookie["max-age"]) >= 30_000_000
    assert client.get(reverse("account_login")).headers["Content-Language"] == "en"
    client.post(reverse("set_language"), {"language": "vi"})
    assert client.get(reverse("account_login")).headers["Content-Language"] == "vi"


@pytest.mark.django_db
def test_the_choice_leads_to_no_other_site_and_needs_its_token() -> None:
    answer = Client().post(reverse("set_language"), {"language": "en", "next": "https://example.org/"})
    assert answer.headers["Location"] == "/"
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("set_language"), {"language": "en"}).status_code == 403


@pytest.mark.django_db
def test_the_choice_costs_no_query(world: World, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        _in_english(Client()).get(reverse("account_reset_password"))
        Client().post(reverse("set_language"), {"language": "en"})


@pytest.mark.django_db
def test_programs_are_refused_in_the_chosen_language(world: World) -> None:
    client = _in_english(sign_in(world.hoa))
    address = reverse("gradebook:operations", args=[short(world.sheet("6A", "TOAN").pk)])
    accept = {"accept": "application/json"}
    answer = client.post(address, "{}", content_type="application/json", headers=accept)
    assert answer.status_code == 400
    assert answer.json() == {
        "type": "about:GRADE-011", "status": 400, "code": "GRADE-011", "title": ANY,
    }  # fmt: skip
    assert answer.json()["title"].startswith("What was sent is incomplete or wrong.")


@pytest.mark.django_db
def test_marks_and_dates_are_official_in_any_language(world: World) -> None:
    fill(world.sheet("6A", "TOAN"))
    address = reverse("gradebook:sheet", args=[short(world.sheet("6A", "TOAN").pk)])
    client = sign_in(world.hoa)
    cells = re.compile(r'<td[^>]* data-b="\d+"[^>]*>[^<]*</td>')
    vietnamese = cells.findall(client.get(address).content.decode())
    english = cells.findall(_in_english(client).get(address).content.decode())
    assert english == vietnamese
    assert any(re.search(r">\d,\d<", cell) for cell in english)


@pytest.mark.django_db
def test_what_is_frozen_and_what_goes_to_excel_stays_vietnamese(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    book = load_book(world.classes["6A"].pk)
    found = []
    for language in ("vi", "en"):
        with translation.override(language):
            found.append((excel.default_layout(book, sheet), results.to_freeze(book, 1)))
    assert found[0] == found[1]


def test_a_refusal_is_translated_where_it_is_read_with_its_words() -> None:
    with translation.override("en"):
        assert sentence("KIT-002", {"action": "Nhập điểm"}) == (
            "You can see this record but have no permission to «Enter marks». Ask somebody who has."
        )
        assert sentence("CORE-001", {"value": "Nam"}).startswith("«Nam» is not a number.")  # data stays data
    assert "«Nhập điểm»" in sentence("KIT-002", {"action": "Nhập điểm"})


def test_what_a_verification_found_is_told_in_the_language_of_the_page() -> None:
    found = Finding("SIGN-173", {"roles": "Giáo viên bộ môn, Nhà trường"})
    report = Report("xml", Verdict.INVALID, "", 0, NOW, "1", findings=(found,))
    with translation.override("en"):
        assert told(report.conclusion) == (
            "Not valid. The record lacks signatures: Subject teacher, School. "
            "Have them signed, or use the finished file."
        )
        broken = told(Finding("SIGN-003", {"what": "mức 3"}))
        assert broken.startswith("Binary data (DER) is broken: level 3.")
        part = Finding("SIGN-476", {"name": "ho-so.xml", "reason": report.conclusion})
        assert "ho-so.xml" in told(part)
        assert VIETNAMESE.search(told(part)) is None
    assert told(report.conclusion) == report.text
    assert str(found) in report.text


def test_the_plan_of_an_import_is_shown_in_english_though_it_is_kept_in_vietnamese() -> None:
    kept = {"sheet": "HS", "cell": "dòng 12", "old": "(trống)", "new": "Nam"}
    kept["what"] = "Nông Văn Đức: Giới tính"
    acts = ("Học sinh lớp 6A", "Phân công 6A TOAN", "Lớp")
    with translation.override("en"):
        shown, named = _item(kept), [_item(kept | {"what": act})["what"] for act in acts]
    assert named == ["Pupil of class 6A", "Assignments 6A TOAN", "Class"]
    assert shown == {
        "sheet": "HS", "cell": "row 12", "old": "(empty)", "new": "Nam", "what": "Nông Văn Đức: Sex",
    }  # fmt: skip
    assert _item(kept) == kept


def test_a_word_keeps_its_number() -> None:
    with translation.override("en"):
        assert said("Điểm đánh giá thường xuyên 2") == "Regular mark 2"
        assert (said("TX1"), said(""), said(None), said("Lớp 6A1")) == ("TX1", "", "", "Lớp 6A1")
    assert said("Điểm đánh giá thường xuyên 2") == "Điểm đánh giá thường xuyên 2"
