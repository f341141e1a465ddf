"""Copies and extracts: given out, opened by a link with a code, revoked, expired; never edited."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zipfile
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.cast import NOW, SYSTEM, World, make_actor, make_staff, sign_in
from tests.signers import Signers
from tests.unchanged import refused, unchanged

from khue.core.actor import Actor
from khue.core.errors import Invalid, NotAllowed, NotFound, Refused
from khue.core.ids import short
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.people import api as people
from khue.modules.people.data import NewPerson
from khue.modules.records import trust
from khue.modules.transcripts import sharing
from khue.modules.transcripts.forms import MINISTRY, ROWS, SHEETS, national
from khue.modules.transcripts.models import (
    Copy,
    CopyOpening,
    CopyRevocation,
    Opened,
    ReceivedFile,
    SentRow,
    Transcript,
)
from khue.modules.transcripts.services import copies
from khue.modules.transcripts.services.keeping import keep_file
from khue.project.bench.transcripts_keys import record_of, ring_of, signed_record
from khue.project.bench.transcripts_pages import year_page
from khue.signing.xades.record import assemble

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0"
MARK = year_page("THCS", 6).subjects[0].year  # in the signed file; nobody sees it without the code
ASKED = copies.NewCopy("Xét tuyển lớp 10", "Trường THPT Đèo Khách", NOW.date() + dt.timedelta(days=30))


@pytest.fixture
def kept(world: World, signers: Signers) -> Transcript:
    """The transcript of the first pupil of 6A: two years, signed by another school, kept byte for byte."""
    pki = trust.demo_pki()
    assert pki is not None
    at = NOW - dt.timedelta(days=30)
    ring = ring_of(pki, "Trường THCS Khe Vàng", at - dt.timedelta(days=60))
    pupil = people.Person.objects.get(pk=world.pupils["6A"][0])
    for grade in (6, 7):
        page = year_page("THCS", grade)
        identity = replace(page.identity, name=pupil.full_name, born=pupil.birth_shown, ministry_code="")
        record = record_of(replace(page, identity=identity), f"KIEM-THU-{grade}")
        file = assemble(signed_record(record, ring, at))
        keep_file(world.thu, school_id=world.school.pk, person_id=pupil.pk, file=file)
    return Transcript.objects.get(person=pupil)


@pytest.fixture
def copy(kept: Transcript, world: World) -> Copy:
    """A copy of it, given out by the clerk."""
    return copies.issue_copy(world.thu, transcript_id=kept.id, asked=ASKED)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The clock of the public page, which asks nobody's actor."""

    def go(at: dt.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: at)

    go(NOW)
    return go


def mother_of(world: World) -> Actor:
    """The mother of the first pupil of 6A."""
    person = people.register_person(SYSTEM, school_id=world.school.pk, person=NewPerson("Hoàng Thị Mai"))
    people.link_guardian(
        SYSTEM, child_id=world.pupils["6A"][0], guardian_id=person.pk, relation="mother",
        since=NOW.date() - dt.timedelta(days=10),
    )  # fmt: skip
    return make_actor(person)


def address(copy: Copy) -> str:
    return reverse("shared:copy", args=[sharing.token_of(copy.id)])


def opened(copy: Copy, code: str = "", **headers: str) -> Any:
    client = Client(headers={"user-agent": FIREFOX} | headers)
    return client.post(address(copy), {"code": code}) if code else client.get(address(copy))


# --- giving out -----------------------------------------------------------------------------------


def test_a_copy_says_what_for_whom_by_whom_and_of_which_bytes(copy: Copy, world: World) -> None:
    files = ReceivedFile.objects.order_by("year")
    assert copy.sources == [[one.record_code, 1, one.digest] for one in files]
    assert (copy.purpose, copy.recipient) == (ASKED.purpose, ASKED.recipient)
    assert (copy.issued_by, copy.issued_by_name) == (world.thu.person_id, world.thu.name)
    assert copy.form == "hoc-ba-pdf 2026.1"
    token, code = sharing.token_of(copy.id), sharing.code_of(copy.id)
    assert copy.token_digest == hashlib.sha256(token.encode()).hexdigest()
    stored = json.dumps(list(Copy.objects.values()), default=str)
    assert token not in stored
    assert code not in stored
    assert AuditEvent.objects.filter(action="transcripts.copy.issued", subject_id=str(copy.id)).exists()
    assert OutboxEvent.objects.filter(name="CopyIssued").exists()


def test_what_is_shown_later_is_what_was_digested(copy: Copy) -> None:
    made = sharing.content_of(copy, sharing.check(copy, NOW))
    assert hashlib.sha256(made.content).hexdigest() == copy.digest


def test_an_extract_holds_one_year(kept: Transcript, world: World) -> None:
    year = year_page("THCS", 7).year
    found = copies.issue_copy(world.thu, transcript_id=kept.id, asked=replace(ASKED, year=year))
    assert [code for code, _version, _digest in found.sources] == ["KIEM-THU-7"]
    assert (found.kind, found.form) == ("extract", "trich-luc-pdf 2026.1")
    with refused(Refused, "TRANS-129"):
        copies.issue_copy(world.thu, transcript_id=kept.id, asked=replace(ASKED, year="2010-2011"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"purpose": " ơi "}, "TRANS-120"), ({"recipient": ""}, "TRANS-120"),
        ({"expires_on": NOW.date()}, "TRANS-121"),
        ({"expires_on": NOW.date() + dt.timedelta(days=400)}, "TRANS-121"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly(kept: Transcript, world: World, change: dict[str, Any], code: str) -> None:
    with refused(Invalid, code):
        copies.issue_copy(world.thu, transcript_id=kept.id, asked=replace(ASKED, **change))


def test_a_transcript_without_an_issued_year(world: World, signers: Signers) -> None:
    row = Transcript.objects.create(
        person_id=world.pupils["6A"][1], level="THCS", code="HB-1", opened_on=NOW.date(), school=world.school
    )
    with refused(Refused, "TRANS-112"):
        copies.issue_copy(world.thu, transcript_id=row.id, asked=ASKED)


def test_who_may_give_out_and_who_may_not(kept: Transcript, world: World) -> None:
    for stranger in (world.quang, world.hoa, make_actor(make_staff(world.elsewhere, "Lý Văn Lạ"))):
        with refused(NotFound):
            copies.issue_copy(stranger, transcript_id=kept.id, asked=ASKED)
    with refused(NotAllowed):
        copies.issue_copy(world.son, transcript_id=kept.id, asked=ASKED)
    mother = mother_of(world)
    found = copies.issue_copy(mother, transcript_id=kept.id, asked=ASKED)
    assert found.issued_by == mother.person_id


def test_nobody_edits_what_was_given_out(copy: Copy) -> None:
    sharing.noted(copy, what=Opened.FACTS, agent="", now=NOW)
    for change in (
        lambda: Copy.objects.filter(pk=copy.pk).update(purpose="khác"),
        lambda: Copy.objects.filter(pk=copy.pk).update(expires_at=NOW + dt.timedelta(days=900)),
        lambda: CopyOpening.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# --- revoking -------------------------------------------------------------------------------------


def test_revoked_once_with_a_reason(copy: Copy, world: World, today: Any) -> None:
    with refused(Invalid, "TRANS-123"):
        copies.revoke_copy(world.thu, copy_id=copy.id, reason="ừ")
    with refused(NotFound):
        copies.revoke_copy(world.quang, copy_id=copy.id, reason="Gửi nhầm người")
    copies.revoke_copy(world.minh, copy_id=copy.id, reason="Gửi nhầm người")
    with refused(Refused, "TRANS-122"):
        copies.revoke_copy(world.thu, copy_id=copy.id, reason="Gửi nhầm người")
    assert CopyRevocation.objects.get().person_name == world.minh.name
    answer = opened(copy)
    assert "không mở được nữa" in answer.content.decode()
    refusal = opened(copy, sharing.code_of(copy.id))
    assert refusal.status_code == 400
    assert refusal["Content-Type"].startswith("text/html")


# --- opening --------------------------------------------------------------------------------------


def test_without_the_code_only_facts(copy: Copy, today: Any) -> None:
    answer = opened(copy)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("Chữ ký hợp lệ") == 2
    assert "Trường THCS Khe Vàng" in page
    assert "Hoàng Văn Minh" in page
    for _code, _version, digest in copy.sources:
        assert digest in page
    mine = ("Tày", "Lý Tiến Bình", copy.purpose, sharing.code_of(copy.id))
    for secret in (f">{MARK}<", MARK.replace(".", ","), *mine):
        assert secret not in page
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"].startswith("noindex")
    (row,) = CopyOpening.objects.all()
    assert (row.what, row.device) == (Opened.FACTS, "Android")
    opened(copy)
    assert CopyOpening.objects.count() == 1  # loaded again at once


@pytest.mark.parametrize("written", [lambda code: code, lambda code: f" {code[:4].lower()}-{code[4:]} "])
def test_with_the_code_the_content(copy: Copy, today: Any, written: Any) -> None:
    answer = opened(copy, written(sharing.code_of(copy.id)))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert b"pdfaid" in answer.content
    assert list(CopyOpening.objects.values_list("what", flat=True)) == [Opened.CONTENT]


def test_guessing_is_slow_and_leaves_a_trace(copy: Copy, today: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "TRIES", 3)
    for _ in range(3):
        answer = opened(copy, "AAAAAAAA")
        assert answer.status_code == 400
        assert "Mã mở không đúng" in answer.content.decode()
    answer = opened(copy, sharing.code_of(copy.id))
    assert answer.status_code == 422
    assert "nhiều lần" in answer.content.decode()
    assert CopyOpening.objects.filter(what=Opened.REFUSED).count() == 4


def test_a_copy_expires(copy: Copy, today: Any) -> None:
    today(copy.expires_at - dt.timedelta(seconds=1))
    assert "Mở nội dung" in opened(copy).content.decode()
    today(copy.expires_at)
    page = opened(copy).content.decode()
    assert "Đã hết hạn" in page
    assert "Mở nội dung" not in page
    assert opened(copy, sharing.code_of(copy.id)).status_code == 400


def test_a_link_that_nobody_gave_out(copy: Copy, today: Any) -> None:
    with unchanged():
        for token in ("x", "0" * 40, sharing.token_of(copy.id)[:-1], copy.token_digest):
            assert Client().get(reverse("shared:copy", args=[token])).status_code == 404


def test_bytes_that_were_changed_are_noticed_at_the_opening(copy: Copy, today: Any) -> None:
    """Behind everybody's back: the trigger is gone and a mark is better."""
    row = ReceivedFile.objects.order_by("year").first()
    assert row is not None
    better = bytes(row.content).replace(MARK.encode(), b"9.9")
    assert better != bytes(row.content)
    sharing_kept = sharing._kept
    original = sharing_kept([row.digest])
    assert row.digest in original
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sharing, "_kept",
            lambda digests: {**sharing_kept(digests), row.digest: (better, "issued")},
        )  # fmt: skip
        page = opened(copy).content.decode()
        assert "Không dùng bản này" in page
        answer = opened(copy, sharing.code_of(copy.id))
    assert answer.status_code == 422
    assert "không còn đúng với chữ ký" in answer.content.decode()
    assert not CopyOpening.objects.filter(what=Opened.CONTENT).exists()


# --- pages of school and family -------------------------------------------------------------------


def test_the_clerk_gives_out_by_the_page_and_sees_who_opened(
    kept: Transcript, world: World, today: Any
) -> None:
    client = sign_in(world.thu)
    home = reverse("copies:home", args=[short(kept.id)])
    assert "Cấp bản sao" in client.get(home).content.decode()
    body = {"purpose": "Chuyển trường", "recipient": "Trường THCS Nà Lầu", "expires_on": "01/03/2026"}
    wrong = client.post(reverse("copies:issue", args=[short(kept.id)]), body | {"purpose": ""})
    assert wrong.status_code == 400
    assert "Trường THCS Nà Lầu" in wrong.content.decode()
    answer = client.post(reverse("copies:issue", args=[short(kept.id)]), body, follow=True)
    copy = Copy.objects.get()
    page = answer.content.decode()
    assert sharing.token_of(copy.id) in page
    assert sharing.code_of(copy.id) in page
    assert "<svg" in page
    opened(copy, sharing.code_of(copy.id))
    page = client.get(reverse("copies:copy", args=[short(kept.id), short(copy.id)])).content.decode()
    assert "Mở nội dung" in page
    assert "Android" in page
    assert "Chuyển trường" in client.get(home).content.decode()
    revoke = reverse("copies:revoke", args=[short(kept.id), short(copy.id)])
    page = client.post(revoke, {"reason": "Không dùng nữa"}, follow=True).content.decode()
    assert "Không dùng nữa" in page
    assert sharing.token_of(copy.id) not in page


def test_strangers_find_no_page_and_readers_no_code(copy: Copy, world: World, today: Any) -> None:
    key = short(copy.transcript_id)
    pages = [reverse("copies:home", args=[key]), reverse("copies:copy", args=[key, short(copy.id)])]
    stranger = sign_in(world.quang)
    assert [stranger.get(page).status_code for page in pages] == [404, 404]
    officer = sign_in(world.son)
    page = officer.get(pages[1])
    assert page.status_code == 200
    assert sharing.code_of(copy.id) not in page.content.decode()
    assert sharing.token_of(copy.id) not in page.content.decode()
    assert Client().get(pages[0]).status_code == 302


# --- rows for the nation --------------------------------------------------------------------------


def test_versions_of_rows_only_grow_and_only_for_a_reason(kept: Transcript, world: World) -> None:
    def export(**options: Any) -> Any:
        made = copies.export_rows(
            world.thu, transcript_id=kept.id, form=ROWS, lists=national.Lists(), **options
        )
        return next(iter(json.loads(made.content).values()))[0]

    first = export()
    assert (first["sukien"], first["phienban"]) == ("NEW", 1)
    assert export() == first
    SentRow.objects.get()
    cancelled = export(cancelled=True)
    assert (cancelled["sukien"], cancelled["phienban"]) == ("CANCEL", 2)
    again = export()
    assert (again["sukien"], again["phienban"]) == ("UPDATE", 3)
    assert [row.version for row in SentRow.objects.filter(transcript=kept)] == [1, 2, 3]
    with refused(NotFound):
        copies.export_rows(world.quang, transcript_id=kept.id, form=ROWS, lists=national.Lists())


def test_exports_by_the_page(kept: Transcript, world: World, today: Any) -> None:
    address_of_export = reverse("copies:export", args=[short(kept.id)])
    client = sign_in(world.thu)
    rows = client.post(address_of_export, {"form": ROWS})
    assert json.loads(rows.content)["thongtinsohocbasothcsthpt"][0]["madinhdanhhocba"] == kept.code
    assert client.post(address_of_export, {"form": SHEETS}).content.startswith(b"PK")
    answer = client.post(address_of_export, {"form": MINISTRY})
    assert answer.content.startswith(b"<HOC_BA>")  # one of the two years had this layout
    assert AuditEvent.objects.filter(action="transcripts.exported").exists()
    assert client.post(address_of_export, {"form": "?"}).status_code == 400
    assert sign_in(world.son).post(address_of_export, {"form": MINISTRY}).status_code == 403
    assert not zipfile.is_zipfile(BytesIO(answer.content))
