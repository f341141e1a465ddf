"""Signing from its pages: teacher, homeroom teacher, principal; what strangers are told."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from tests.cast import World, fill, write
from tests.signers import Signers

from khue.core.ids import short, uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import ClosingAct, SheetState
from khue.modules.gradebook.tests.acts import fill_term, untouched
from khue.modules.gradebook.tests.browsers import CAST, Browsers, reach, statuses, url
from khue.modules.records import models as records
from khue.modules.records import proof
from khue.modules.records.models import DocumentState
from khue.signing.report import Verdict

pytestmark = pytest.mark.django_db
WHY = "Em Bình chuyển đến sau kì kiểm tra."


def chosen(client: Client, part: str, *keys: UUID, term: int = 1) -> str:
    """Choose on the page «Ký» and go to the batch; gives its address."""
    body = {"part": part, "term": str(term), "key": [short(key) for key in keys]}
    answer = client.post(url("sign_many"), body)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def confirmed(client: Client, address: str) -> str:
    """Confirm on the page of a batch; gives the page afterwards."""
    page = client.get(address).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None, page
    answer = client.post(f"{address}bat-dau/", {"token": token[1]})
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    return client.get(address).content.decode()


def test_who_reaches_the_page(world: World, signers: Signers, browsers: Browsers) -> None:
    for query in ("", "?ky=1", "?ky=0", "?ky=3", "?ky=9", "?nam=2025-2026&ky=2", "?nam=x"):
        assert statuses(browsers, url("sign") + query) == reach(), query


def test_a_class_is_signed_from_the_pages(world: World, signers: Signers, browsers: Browsers) -> None:
    key = world.classes["6A"].id
    fill_term(world)
    for person, keys in signers.sheets_by_teacher():
        client = browsers.hoa if person is world.hoa else browsers.lan
        page = client.get(url("sign"), {"ky": "1"}).content.decode()
        assert all(short(sheet) in page for sheet in keys)
        shown = confirmed(client, chosen(client, "sheets", *keys))
        assert "Đã ký xong" in shown
    assert records.DocumentSignature.objects.filter(role="teacher").count() == 12
    confirmed(browsers.lan, chosen(browsers.lan, "classes", key))
    page = browsers.minh.get(url("sign"), {"ky": "1"}).content.decode()
    assert short(key) in page
    confirmed(browsers.minh, chosen(browsers.minh, "digest", key))
    document = records.Document.objects.get()
    assert document.state == DocumentState.ISSUED  # the school's seal and the stamp came by themselves
    assert proof.verified(document).verdict is Verdict.VALID
    assert {sheet.state for sheet in gradebook.sheets_of(key, 1).values()} == {SheetState.SEALED}
    assert not [*proof.verify_documents(), *gradebook.verify_records()]


def test_one_sheet_with_a_reason_for_what_is_missing(
    world: World, signers: Signers, browsers: Browsers
) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet, leave=1)
    with untouched():
        answer = browsers.hoa.post(url("sign_sheet", sheet.id), {"accept_missing": "  "})
    assert (answer.status_code, answer.headers["Location"]) == (302, url("close_sheet", sheet.id))
    assert "Chưa chốt được vì còn thiếu" in browsers.hoa.get(answer.headers["Location"]).content.decode()
    answer = browsers.hoa.post(url("sign_sheet", sheet.id), {"accept_missing": WHY})
    confirmed(browsers.hoa, answer.headers["Location"])
    assert ClosingAct.objects.get().reason == WHY


def test_a_test_without_make_up_becomes_nought_from_the_page(
    world: World, signers: Signers, browsers: Browsers
) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    write(world.hoa, sheet, pupil, "ck", "", state="PENDING_MAKEUP")
    answer = browsers.hoa.post(url("sign_sheet", sheet.id), {"zero_pending": "1"})
    confirmed(browsers.hoa, answer.headers["Location"])
    assert gradebook.cells_of(sheet.id)[pupil, "ck"].state == "ZERO_NO_MAKEUP"
    sheet.refresh_from_db()
    assert sheet.state == SheetState.CLOSED


def test_what_is_left_out_is_said_and_nothing_of_strangers(
    world: World, signers: Signers, browsers: Browsers
) -> None:
    ready, gap, foreign = (world.sheet("6A", code) for code in ("TOAN", "TIN", "VAN"))
    fill(ready)
    fill(foreign)
    address = chosen(browsers.hoa, "sheets", ready.id, gap.id, uuid7())
    page = browsers.hoa.get(address).content.decode()
    assert "Chưa chốt được vì còn thiếu" in page
    assert page.count("notice") >= 1
    assert "Ngữ văn" not in page
    assert records.SigningItem.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400), ({"part": "sheets"}, 400), ({"part": "sheets", "term": "9", "key": "x"}, 400),
        ({"part": "anything", "term": "1", "key": "SHEET"}, 400), ({"part": "sheets", "term": "1"}, 302),
        ({"part": "sheets", "term": "1", "key": "khong-co"}, 400),
        ({"part": "sheets", "term": "1", "key": "UNKNOWN"}, 404),
        ({"part": "classes", "term": "1", "key": "SHEET"}, 404),
    ],
)  # fmt: skip
def test_forms_that_no_page_sends(
    world: World, signers: Signers, browsers: Browsers, body: dict[str, str], status: int
) -> None:
    known = {"SHEET": short(world.sheet("6A", "TOAN").id), "UNKNOWN": short(uuid7())}
    with untouched():
        sent = {name: known.get(text, text) for name, text in body.items()}
        answer = browsers.hoa.post(url("sign_many"), sent)
    assert answer.status_code == status


def test_nobody_signs_without_a_certificate(world: World, signers: Signers, browsers: Browsers) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    records.Certificate.objects.filter(person=world.hoa.person_id).update(ended_at=world.hoa.now)
    answer = browsers.hoa.post(
        url("sign_many"), {"part": "sheets", "term": "1", "key": short(sheet.id)}, follow=True
    )
    assert "Bạn chưa có chứng thư số dùng được" in answer.content.decode()
    assert records.SigningBatch.objects.count() == 0


def test_who_may_post_a_sheet(world: World, signers: Signers, browsers: Browsers) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    for name in CAST:
        if name == "hoa":
            continue
        with untouched():
            answer = browsers.of(name).post(url("sign_sheet", sheet.id), {"accept_missing": WHY})
        assert answer.status_code == (404 if name == "quang" else 302), name
    stranger = Client().post(url("sign_sheet", sheet.id))
    assert stranger.headers["Location"].startswith(reverse("account_login"))


def test_the_page_goes_on_to_where_one_came_from(
    world: World, signers: Signers, browsers: Browsers
) -> None:
    """What a form says of the year leads nowhere else."""
    for year in ("2025-2026", "https://evil.example/", "//evil.example", "x\r\nSet-Cookie: a=b"):
        body: dict[str, Any] = {"part": "sheets", "term": "1", "year": year}
        answer = browsers.hoa.post(url("sign_many"), body)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(url("sign"))
        assert "\n" not in answer.headers["Location"]
