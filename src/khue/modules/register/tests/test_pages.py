"""The pages of the register: who sees what, what forms do, what the print holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.cast import NOW, SYSTEM, World, make_actor, make_pupils, sign_in
from tests.signers import Signers

from khue.core.actor import Role
from khue.core.ids import short
from khue.kit import outbox
from khue.modules.gradebook.tests.browsers import Browsers
from khue.modules.people import api as people
from khue.modules.people.data import NewIdentifier, PersonChange, Release
from khue.modules.records import models as records
from khue.modules.register import api as register
from khue.modules.register import pages
from khue.modules.register.models import RegisterClosing, RegisterEntry
from khue.modules.register.paper import book_data
from khue.modules.register.tests.acts import kinds
from khue.modules.register.tests.test_closing import SUMMER, WHY

pytestmark = pytest.mark.django_db
DAY = f"{NOW:%d/%m/%Y}"


def url(name: str, row: Any = None) -> str:
    """An address of the register."""
    return reverse(f"register:{name}", args=[short(row.pk)] if row is not None else [])


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are opened on the day of the cast."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def reached(browsers: Browsers, address: str) -> dict[str, int]:
    """What each of the cast gets at an address."""
    names = ("minh", "thu", "son", "lan", "hoa", "quang")
    return {name: getattr(browsers, name).get(address).status_code for name in names}


def test_who_reaches_which_page(world: World, entries: list[RegisterEntry], browsers: Browsers) -> None:
    entry, book, school = entries[0], entries[0].book, world.school
    stranger, reader, writer = 404, 200, 403
    expected = {
        url("book", book): (reader, reader, reader, reader, stranger, stranger),
        url("entry", entry): (reader, reader, reader, reader, stranger, stranger),
        url("book_pdf", book): (reader, reader, reader, writer, stranger, stranger),
        url("record", entry): (reader, reader, writer, writer, stranger, stranger),
        url("civil", entry): (reader, reader, writer, writer, stranger, stranger),
        url("lacking", school): (reader, reader, reader, stranger, stranger, stranger),
        url("not_entered", school): (reader, reader, writer, stranger, stranger, stranger),
        url("home"): (reader,) * 6,
    }
    for address, codes in expected.items():
        assert tuple(reached(browsers, address).values()) == codes, address
    assert Client().get(url("book", book)).status_code == 302


def test_homeroom_teachers_see_their_own_pupils_only(
    world: World, entries: list[RegisterEntry], browsers: Browsers
) -> None:
    other = register.entry_of(world.school.pk, world.pupils["7A"][0])
    assert browsers.lan.get(url("entry", other)).status_code == 404
    page = browsers.lan.get(url("home")).content.decode()
    assert "20180001HS2529" in page
    assert "20180001HS2428" not in page


def test_the_book_as_it_looks(world: World, entries: list[RegisterEntry], browsers: Browsers) -> None:
    page = browsers.thu.get(url("book", entries[0].book)).content.decode()
    assert all(entry.name in page for entry in entries)
    assert "2025-2026, 6A" in page
    found = browsers.thu.get(url("book", entries[0].book), {"tim": "duc"}).content.decode()
    assert "Nông Văn Đức" in found
    assert "Lý Tiến Bình" not in found
    counts: list[tuple[dict[str, str], int]] = [
        ({"tt": "left"}, 0), ({"nam": "2025-2026"}, 5), ({"nam": "2019-2020"}, 0), ({"tim": "1"}, 1),
        ({"tim": "2099000001"}, 1), ({"trang": "9"}, 0), ({"tt": "x"}, 5),
    ]  # fmt: skip
    for query, count in counts:
        page = browsers.thu.get(url("book", entries[0].book), query).content.decode()
        assert page.count('<th scope="row">') == count, query


def test_sensitive_facts_stay_with_the_office(
    world: World, entries: list[RegisterEntry], browsers: Browsers
) -> None:
    entry = entries[0]
    register.change_civil_status(
        world.thu, entry_id=entry.id, changes={"religion": "Đạo rất riêng"}, paper="4/TL", paper_on=NOW.date()
    )
    for name in ("minh", "thu"):
        assert "Đạo rất riêng" in getattr(browsers, name).get(url("entry", entry)).content.decode()
    for name in ("lan", "son"):
        assert "Đạo rất riêng" not in getattr(browsers, name).get(url("entry", entry)).content.decode()


def test_an_event_from_the_form(
    world: World, entries: list[RegisterEntry], browsers: Browsers, today: None
) -> None:
    entry = entries[0]
    body = {"act": "event", "kind": "suspended", "on": DAY, "decision": "", "reason": "Chữa bệnh"}
    page = browsers.thu.post(url("record", entry), body)
    assert page.status_code == 400
    assert "phải có số quyết định hoặc giấy tờ" in page.content.decode()
    assert 'value="Chữa bệnh"' in page.content.decode()
    for bad in ({"kind": "admitted"}, {"on": "hôm qua"}, {"decision_on": "x"}):
        assert browsers.thu.post(url("record", entry), body | {"decision": "7/QĐ"} | bad).status_code == 400
    assert kinds(entry) == ["admitted", "class_placed"]
    answer = browsers.thu.post(url("record", entry), body | {"decision": "7/QĐ", "decision_on": DAY})
    assert (answer.status_code, answer.headers["Location"]) == (302, url("entry", entry))
    page = browsers.thu.get(url("entry", entry)).content.decode()
    assert "Chữa bệnh" in page
    assert f"7/QĐ ngày {DAY}" in page
    assert browsers.lan.post(url("record", entry), body).status_code == 403
    assert browsers.quang.post(url("record", entry), body).status_code == 404


def test_a_paper_that_comes_later(
    world: World, entries: list[RegisterEntry], browsers: Browsers, today: None
) -> None:
    entry = entries[0]
    assert entry.person_id is not None
    change = PersonChange(entry.person_id, pupil={"status": "Bỏ học"})
    people.change_person(world.thu, person_id=entry.person_id, changes=change)
    outbox.deliver()
    assert kinds(entry)[-1] == "dropped_out"
    page = browsers.thu.get(url("entry", entry)).content.decode()
    assert "Bổ sung giấy tờ" in page
    unknown = {"act": "paper", "sequence": "9", "decision": "1"}
    assert browsers.thu.post(url("record", entry), unknown).status_code == 404
    body = {"act": "paper", "sequence": "3", "decision": "Biên bản 3", "decision_on": DAY}
    assert browsers.thu.post(url("record", entry), body).status_code == 302
    assert pages.without_paper([entry]) == {}
    assert "Bổ sung giấy tờ" not in browsers.thu.get(url("entry", entry)).content.decode()


def test_a_civil_change_from_the_form(
    world: World, entries: list[RegisterEntry], browsers: Browsers, today: None
) -> None:
    entry = entries[0]
    page = browsers.thu.get(url("civil", entry)).content.decode()
    was = dict(re.findall(r'name="(was_\w+)" value="([^"]*)"', page))
    body = was | {name.removeprefix("was_"): value for name, value in was.items()}
    body |= {"full_name": "Lý Tiến Bằng", "birth": "01/02/2014", "paper": "45/TLCC", "paper_on": DAY}
    assert browsers.thu.post(url("civil", entry), body | {"paper": ""}).status_code == 400
    assert browsers.thu.post(url("civil", entry), body | {"birth": "31/02/2014"}).status_code == 400
    assert browsers.thu.post(url("civil", entry), body).status_code == 302
    entry.refresh_from_db()
    assert (entry.name, entry.now["birth"]) == ("Lý Tiến Bằng", "2014-02-01")
    assert "<del>Lý Tiến Bình</del>" in browsers.minh.get(url("entry", entry)).content.decode().replace(
        "\n", ""
    )


def test_who_could_not_be_entered_is_listed_with_the_reason(
    world: World, entries: list[RegisterEntry], browsers: Browsers, today: None
) -> None:
    pupil = make_pupils(world.school, ("Chu Thị Én",), 2097000000)[0]
    people.PupilProfile.objects.filter(person=pupil).update(register_number="1")
    outbox.deliver()
    page = browsers.thu.get(url("not_entered", world.school)).content.decode()
    assert "đã cấp cho" in page
    assert browsers.thu.post(url("not_entered", world.school), {"pupil": [short(pupil)]}).status_code == 302
    entry = register.entry_of(world.school.pk, pupil)
    assert entry is not None
    assert entry.number == 6


def test_books_are_closed_from_the_page(
    world: World, entries: list[RegisterEntry], browsers: Browsers, signers: Signers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("django.utils.timezone.now", lambda: SUMMER)
    page = browsers.minh.get(url("home")).content.decode()
    assert "Ký khoá sổ" in page
    assert f"{entries[0].book.code}, năm học 2025-2026" in page
    assert "<td>2025-2026</td>" in page  # the cohort
    assert "chưa có kết quả: 6A" in page
    assert "Ký khoá sổ" not in browsers.thu.get(url("home")).content.decode()
    books = {"book": re.findall(r'name="book" value="([^"]+)"', page)}
    assert len(books["book"]) == 2
    close = url("close", world.school)
    assert browsers.quang.post(close, books).status_code == 404
    answer = browsers.minh.post(close, books | {"act": "sign"}, follow=True)
    assert "Khoá sổ năm 2025-2026 cần kết quả" in answer.content.decode()
    answer = browsers.minh.post(close, books | {"act": "sign", "accept_missing": WHY})
    address = answer.headers["Location"]
    page = browsers.minh.get(address).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None, page
    browsers.minh.post(f"{address}bat-dau/", {"token": token[1]})
    assert RegisterClosing.objects.count() == 2
    documents = records.Document.objects.filter(kind="register-year")
    assert {one.state for one in documents} == {records.DocumentState.ISSUED}
    document = documents.get(subject=entries[0].book_id)
    assert short(document.id) in browsers.minh.get(url("book", entries[0].book)).content.decode()
    pdf = browsers.minh.get(reverse("records:pdf", args=[short(document.id)]))
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


def test_a_school_that_does_not_sign_closes_without(
    world: World, entries: list[RegisterEntry], browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: SUMMER)
    body = {"act": "plain", "book": [short(entries[0].book_id)], "accept_missing": WHY}
    assert browsers.minh.post(url("close", world.school), body).status_code == 302
    assert RegisterClosing.objects.count() == 1
    answer = browsers.minh.post(url("close", world.school), {"act": "plain"}, follow=True)
    assert "Không có gì để ký" in answer.content.decode()


def test_the_print_opens_and_hides_what_the_reader_may_not_see(
    world: World, entries: list[RegisterEntry], browsers: Browsers
) -> None:
    person = entries[0].person_id
    assert person is not None
    codes = [(person, NewIdentifier("personal", "020214000001"))]
    people.add_identifiers(SYSTEM, school_id=world.school.pk, identifiers=codes)
    for name in ("minh", "thu", "son"):
        pdf = getattr(browsers, name).get(url("book_pdf", entries[0].book))
        assert (pdf.headers["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    book, day = entries[0].book, NOW.date()
    assert "020214000001" in str(book_data(book, entries, day, sensitive=True))
    assert "020214000001" not in str(book_data(book, entries, day, sensitive=False))


def test_a_reader_of_several_schools_chooses(
    world: World, entries: list[RegisterEntry], browsers: Browsers
) -> None:
    page = browsers.son.get(url("home")).content.decode()
    assert "Trường THCS Khe Vàng" in page
    assert "Trường Tiểu học Bản Pè" in page
    page = browsers.son.get(url("home"), {"truong": short(world.primary.pk)}).content.decode()
    assert "20180002HS" in page
    assert browsers.son.get(url("home"), {"truong": "x"}).status_code == 400


def test_the_path_shows_only_registers_that_the_reader_may_see(
    world: World, entries: list[RegisterEntry]
) -> None:
    person = entries[0].person_id
    assert person is not None
    people.move_pupil(
        SYSTEM, person_id=person, to_school_id=world.elsewhere.pk, on=NOW.date(),
        release=Release(world.school.pk, "5/GT"),
    )  # fmt: skip
    outbox.deliver()
    clerk = make_actor(people.Person.objects.get(pk=world.quang.person_id), (Role.CLERK, world.elsewhere))
    here = register.path_of(person, clerk)
    assert {event.school for event in here} == {"Trường THCS Nà Lầu"}
    assert len(register.path_of(person, world.son)) == 4
    client = sign_in(clerk)
    entry = register.entry_of(world.elsewhere.pk, person)
    assert "20180001" not in client.get(url("entry", entry)).content.decode()
