"""Pages of signed records: who reaches what, and every act from its page."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.cast import NOW, World, sign_in
from tests.signers import ScriptedKey, Signers, all_of_it, later, some, stopped
from tests.tampering import forge
from tests.unchanged import unchanged

from khue.core.ids import short, uuid7
from khue.kit.models import AuditEvent
from khue.modules.records import providers, trust, verification
from khue.modules.records.models import (
    BatchState,
    Certificate,
    Document,
    DocumentSignature,
    DocumentState,
    Provider,
    SigningBatch,
)
from khue.modules.records.services import evidence, sealing
from khue.modules.records.tests.acts import PAGE, complete, document_of, issued, pages
from khue.signing.report import Verdict
from khue.signing.signers.base import Progress

pytestmark = pytest.mark.django_db
CAST = ("hoa", "lan", "minh", "thu", "son", "quang")
WHY = {"reason": "Ký nhầm hồ sơ của lớp khác.", "authority": "Số 21/QĐ-THCS"}


class Windows:
    """A browser for each of the cast, signed in once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._open: dict[str, Client] = {"stranger": Client()}

    def __getattr__(self, name: str) -> Client:
        if name not in self._open:
            self._open[name] = sign_in(getattr(self.world, name))
        return self._open[name]


@pytest.fixture
def windows(world: World) -> Windows:
    found = Windows(world)
    for name in CAST:
        getattr(found, name)  # signing in writes, once and for all
    return found


def url(name: str, *args: Any) -> str:
    return reverse(f"records:{name}", args=[short(arg) if hasattr(arg, "bytes") else arg for arg in args])


def statuses(windows: Windows, address: str) -> dict[str, int]:
    return {name: getattr(windows, name).get(address).status_code for name in (*CAST, "stranger")}


def reach(**codes: int) -> dict[str, int]:
    """Status by person: what is not said is 200; strangers are led to the sign-in page."""
    return dict.fromkeys(CAST, 200) | {"stranger": 302} | codes


SEEN = reach(hoa=404, quang=404)


def test_who_reaches_which_page(world: World, signers: Signers, windows: Windows) -> None:
    first, second = issued(signers, 2)
    evidence.publish(world.minh.now)
    batch = SigningBatch.objects.filter(person=world.lan.person_id)[0]
    everybody = reach()
    for address, wanted in {
        url("home"): everybody,
        url("home") + "?tim=Trang&tt=issued&trang=1": everybody,
        url("home") + "?trang=99999999999&tt=x": everybody,
        url("batches"): everybody,
        url("certificates"): everybody,
        url("document", first.id): SEEN,
        url("xml", first.id): SEEN,
        url("pdf", second.id): SEEN,
        url("bundle", second.id): SEEN,
        url("document", uuid7()): reach(**dict.fromkeys(CAST, 404)),
        url("document", "khong-co"): reach(**dict.fromkeys(CAST, 400)),
        url("batch", batch.id): reach(hoa=404, minh=404, thu=404, son=404, quang=404),
        url("state", batch.id): reach(hoa=404, minh=404, thu=404, son=404, quang=404),
        url("batch", uuid7()): reach(**dict.fromkeys(CAST, 404)),
    }.items():
        assert statuses(windows, address) == wanted, address


def test_a_list_shows_only_what_one_may_see(world: World, signers: Signers, windows: Windows) -> None:
    (document,) = issued(signers, 1)
    for name in CAST:
        page = getattr(windows, name).get(url("home")).content.decode()
        assert (document.code in page) == (name not in {"hoa", "quang"}), name


def test_what_is_posted_is_not_fetched_and_the_other_way_round(
    world: World, signers: Signers, windows: Windows
) -> None:
    (document,) = issued(signers, 1)
    batch = SigningBatch.objects.filter(person=world.lan.person_id)[0]
    for name in ("start", "accept", "resume", "cancel_batch"):
        assert windows.lan.get(url(name, batch.id)).status_code == 405
    for address in (url("seal_many"), url("register"), url("cancel", document.id)):
        assert windows.minh.get(address).status_code == 405
    of_document = [url(name, document.id) for name in ("document", "xml", "pdf", "bundle")]
    for address in (url("home"), url("batch", batch.id), *of_document):
        assert windows.lan.post(address).status_code == 405


def test_files_are_what_was_issued_and_taking_them_is_noted(
    world: World, signers: Signers, windows: Windows
) -> None:
    (document,) = issued(signers, 1)
    evidence.publish(world.minh.now)
    kinds = {"xml": "application/xml", "pdf": "application/pdf", "bundle": "application/zip"}
    for name, kind in kinds.items():
        answer = windows.thu.get(url(name, document.id))
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
        assert f"ho-so-{document.code.lower()}-ban-1" in answer.headers["Content-Disposition"]
        assert verification.check(answer.content)[0].verdict is Verdict.VALID, name
    assert windows.thu.get(url("xml", document.id)).content == bytes(document.file.content)
    papers = [window.get(url("pdf", document.id)).content for window in (windows.thu, windows.lan)]
    assert papers[0] == papers[1]
    noted = AuditEvent.objects.filter(action__startswith="records.document.exported.")
    assert set(noted.values_list("action", flat=True)) == {
        f"records.document.exported.{ending}" for ending in ("xml", "pdf", "zip")
    }
    assert {event.actor_name for event in noted} == {"Vi Thị Thu", "Lý Thị Lan"}


def test_files_of_what_is_not_finished_say_so(world: World, signers: Signers, windows: Windows) -> None:
    signers.sign(world.lan, PAGE, *pages(1))
    document = document_of(pages()[0])
    assert windows.minh.get(url("xml", document.id)).content.startswith(b"<kr:Record")
    assert windows.minh.get(url("pdf", document.id)).content.startswith(b"%PDF")
    answer = windows.minh.get(url("bundle", document.id))
    assert answer.status_code == 422
    assert "chưa vào nhật kí bằng chứng" in answer.content.decode()
    page = windows.minh.get(url("document", document.id)).content.decode()
    assert "đến lượt ký" in page
    assert "Đang ký" in page


def test_what_was_tampered_with_is_not_printed(world: World, signers: Signers, windows: Windows) -> None:
    (document,) = issued(signers, 1)
    forge(document.file, content=bytes(document.file.content).replace("Nội".encode(), "Nọi".encode()))
    answer = windows.minh.get(url("pdf", document.id))
    assert answer.status_code == 422
    assert "không còn đúng với chữ ký của nó" in answer.content.decode()
    assert "Không hợp lệ" in windows.minh.get(url("document", document.id)).content.decode()


def test_a_document_that_waits_for_its_stamp_says_so(
    world: World, signers: Signers, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    (document,) = complete(signers, 1)
    sealing.seal_by_itself(world.minh.now)
    page = windows.minh.get(url("document", document.id)).content.decode()
    assert "đang chờ dấu thời gian" in page
    evidence.stamp_waiting(world.minh.now)
    page = windows.minh.get(url("document", document.id)).content.decode()
    assert "đang chờ dấu thời gian" not in page
    assert "Sẽ vào nhật kí bằng chứng trong ít phút" in page
    evidence.publish(world.minh.now)
    page = windows.minh.get(url("document", document.id)).content.decode()
    assert "Nhật kí bằng chứng: dòng 1 trong 1" in page


def test_recalling_from_the_page(world: World, signers: Signers, windows: Windows) -> None:
    (document,) = issued(signers, 1)
    address = url("cancel", document.id)
    assert address in windows.minh.get(url("document", document.id)).content.decode()
    assert address not in windows.thu.get(url("document", document.id)).content.decode()
    others = {"quang": 404, "hoa": 404, "thu": 302, "lan": 302, "son": 302, "stranger": 302}
    for name, status in others.items():
        with unchanged(("kit.AuditEvent",)):
            assert getattr(windows, name).post(address, WHY).status_code == status, name
    answer = windows.minh.post(address, {"reason": "sai"}, follow=True)
    assert "phải có lí do từ 10 kí tự" in answer.content.decode()
    answer = windows.minh.post(address, WHY, follow=True)
    assert "Đã ghi quyết định" in answer.content.decode()
    document.refresh_from_db()
    assert document.state == DocumentState.RECALLED
    paper = windows.minh.get(url("pdf", document.id))
    assert paper.content.startswith(b"%PDF")
    assert b"/ByteRange" not in paper.content  # what was recalled is not sealed again


@pytest.fixture
def key(signers: Signers, monkeypatch: pytest.MonkeyPatch) -> ScriptedKey:
    """Cô Lan's certificate is with a service that does what the test says."""
    lan = signers.certificates["lan"]
    found = ScriptedKey(providers.signer_for(lan))
    Certificate.objects.filter(pk=lan.pk).update(provider=Provider.SMARTCA)
    real = providers.signer_for
    monkeypatch.setattr(providers, "signer_for", lambda one: found if one.id == lan.id else real(one))
    return found


def begun(signers: Signers, key: ScriptedKey, *steps: Any) -> SigningBatch:
    key.steps.extend(steps)
    return signers.sign(signers.world.lan, PAGE, *pages(3))


def test_the_tray_is_told_how_a_batch_stands(
    world: World, signers: Signers, windows: Windows, key: ScriptedKey, settings: Any
) -> None:
    settings.KHUE_SIGNING_MINUTES = 60 * 24 * 700  # pages take the time from the clock
    refusal = stopped(Progress.REFUSED, "SIGN-331")
    batch = begun(signers, key, some(1, Progress.WAITING), later, refusal, all_of_it)
    address = url("state", batch.id)
    told = windows.lan.get(address).json()
    assert (told["state"], told["signed"], told["total"], told["ask"]) == ("waiting", 1, 3, None)
    assert "Đã ký 1/3" in told["text"]
    told = windows.lan.get(address).json()
    assert (told["state"], told["text"][:24]) == ("stopped", "Người ký đã từ chối trên")
    page = windows.lan.get(url("batch", batch.id)).content.decode()
    assert "Người ký đã từ chối trên điện thoại" in page
    assert url("resume", batch.id) in page
    answer = windows.lan.post(url("resume", batch.id))
    assert (answer.status_code, answer.headers["Location"]) == (302, url("batch", batch.id))
    told = windows.lan.get(address).json()
    assert (told["state"], told["signed"]) == ("done", 3)


def test_giving_up_from_the_page(
    world: World, signers: Signers, windows: Windows, key: ScriptedKey, settings: Any
) -> None:
    settings.KHUE_SIGNING_MINUTES = 60 * 24 * 700
    batch = begun(signers, key, some(1, Progress.WAITING))
    for name in ("hoa", "minh", "quang"):
        with unchanged(("kit.AuditEvent",)):
            assert getattr(windows, name).post(url("cancel_batch", batch.id)).status_code == 404
    assert windows.lan.post(url("cancel_batch", batch.id)).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, DocumentSignature.objects.count()) == (BatchState.CANCELLED, 1)
    answer = windows.lan.post(url("cancel_batch", batch.id), follow=True)
    assert "Đợt ký này đang ở trạng thái «Đã bỏ»" in answer.content.decode()


def test_confirming_with_a_wrong_token_from_the_page(
    world: World, signers: Signers, windows: Windows, settings: Any
) -> None:
    settings.KHUE_SIGNING_MINUTES = 60 * 24 * 700
    checked = signers.check(world.lan, PAGE, *pages(1))
    assert checked.batch is not None
    answer = windows.lan.post(url("start", checked.batch.id), {"token": "sai"}, follow=True)
    assert "Lần xác nhận này đã dùng rồi hoặc đã cũ" in answer.content.decode()
    assert windows.minh.post(url("start", checked.batch.id), {"token": checked.token}).status_code == 404
    answer = windows.lan.post(url("start", checked.batch.id), {"token": checked.token}, follow=True)
    assert SigningBatch.objects.get().state == BatchState.DONE
    assert "Đã ký xong" in answer.content.decode()


def test_a_program_on_the_computer_signs_what_the_page_carries(
    world: World, signers: Signers, windows: Windows, settings: Any
) -> None:
    """What the agent posts is read strictly; rubbish stops nothing and signs nothing."""
    settings.KHUE_SIGNING_MINUTES = 60 * 24 * 700
    Certificate.objects.filter(pk=signers.certificates["lan"].pk).update(provider=Provider.AGENT)
    batch = signers.sign(world.lan, PAGE, *pages(2))
    assert batch.state == BatchState.WAITING
    told = windows.lan.get(url("state", batch.id)).json()
    assert told["ask"].keys() == {"transaction", "url", "messages", "root"}
    assert "Nội dung của trang" not in json.dumps(told)  # a provider sees digests, never the content
    page = windows.lan.get(url("batch", batch.id))
    assert "connect-src 'self' ws://127.0.0.1:* wss://127.0.0.1:*" in page.headers["Content-Security-Policy"]
    for body in (b"", b"rac", b"{}", b"[1]", json.dumps({"transaction": "khac", "answers": []}).encode()):
        answer = windows.lan.post(url("accept", batch.id), body, content_type="application/json")
        assert answer.status_code < 500, body
        assert DocumentSignature.objects.count() == 0
    much = b"x" * (1024 * 1024 + 1)
    answer = windows.lan.post(url("accept", batch.id), much, content_type="application/json")
    assert answer.status_code == 400


def test_sealing_from_the_list(world: World, signers: Signers, windows: Windows) -> None:
    school = signers.certificates["school"]
    Certificate.objects.filter(pk=school.pk).update(provider=Provider.AGENT)
    made = complete(signers, 2)
    page = windows.thu.get(url("home")).content.decode()
    assert all(short(document.id) in page for document in made)
    chosen = {"document": [short(document.id) for document in made]}
    for name in ("lan", "hoa", "quang"):
        with unchanged():
            assert getattr(windows, name).post(url("seal_many"), chosen).status_code == 400
    answer = windows.thu.post(url("seal_many"), chosen)
    batch = SigningBatch.objects.get(person=world.thu.person_id)
    assert answer.headers["Location"] == url("batch", batch.id)
    assert (batch.state, batch.items.count(), batch.certificate_id) == ("waiting", 2, school.id)


def test_registering_and_ending_from_the_page(world: World, signers: Signers, windows: Windows) -> None:
    pki = trust.demo_pki()
    assert pki is not None
    pair = pki.person("Nông Thị Hoa", "CCCD:020199000001", NOW)
    chain = [base64.b64encode(one).decode() for one in pair.chain]
    own = {"provider": "agent", "chain": chain, "file": SimpleUploadedFile("hoa.cer", pair.certificate)}
    answer = windows.hoa.post(url("register"), own, follow=True)
    assert "Đã đăng ký chứng thư của Nông Thị Hoa" in answer.content.decode()
    row = Certificate.objects.get(identifier="CCCD:020199000001")
    assert row.person_id == world.hoa.person_id
    text = base64.b64encode(pair.certificate).decode()
    encoded = {"provider": "agent", "chain": chain, "certificate": text}
    for name, told in {"hoa": "Chứng thư này đã được đăng ký", "lan": "không phải của bạn"}.items():
        with unchanged():
            answer = getattr(windows, name).post(url("register"), encoded, follow=True)
        assert told in answer.content.decode()
    assert windows.lan.post(url("end_certificate", row.id)).status_code == 404
    assert windows.hoa.post(url("end_certificate", row.id)).status_code == 302
    row.refresh_from_db()
    assert row.ended_at is not None


@pytest.mark.parametrize(
    "body",
    [
        {}, {"provider": ""}, {"provider": "demo"}, {"provider": "la"}, {"provider": "agent"},
        {"provider": "agent", "certificate": "!!"}, {"provider": "agent", "certificate": "AAAA"},
        {"provider": "agent", "certificate": "AAAA", "chain": "!!"},
        {"provider": "pkcs12", "certificate": "AAAA"},
        {"provider": "smartca", "number": "1"}, {"provider": "csc", "number": ""},
    ],
)  # fmt: skip
def test_forms_that_register_nothing(
    world: World, signers: Signers, windows: Windows, body: dict[str, str]
) -> None:
    with unchanged():
        answer = windows.hoa.post(url("register"), body, follow=True)
    assert answer.status_code == 200
    assert re.search(r'class="[^"]*(bad|error)[^"]*"', answer.content.decode())
    too_large = SimpleUploadedFile("to.cer", b"x" * (64 * 1024 + 1))
    with unchanged():
        answer = windows.hoa.post(url("register"), {"provider": "agent", "file": too_large}, follow=True)
    assert "Không đọc được chứng thư" in answer.content.decode()


def test_a_page_of_certificates_shows_ones_own_and_the_schools(
    world: World, signers: Signers, windows: Windows
) -> None:
    names = {"hoa": "Nông Thị Hoa", "lan": "Lý Thị Lan"}
    for name, own in names.items():
        page = getattr(windows, name).get(url("certificates")).content.decode()
        shown = {other for other in names.values() if f"CCCD:{_number(signers, other)}" in page}
        assert shown <= {own}
        assert "MST:4900123456" not in page
    assert "MST:4900123456" in windows.minh.get(url("certificates")).content.decode()


def _number(signers: Signers, name: str) -> str:
    return Certificate.objects.get(name=name).identifier.partition(":")[2]


def test_the_document_page_judges_what_stands_there(
    world: World, signers: Signers, windows: Windows
) -> None:
    (document,) = issued(signers, 1)
    page = windows.minh.get(url("document", document.id)).content.decode()
    assert "Đã phát hành" in page
    for name in ("Lý Thị Lan", "Hoàng Văn Minh", "Trường THCS Khe Vàng"):
        assert name in page
    assert Document.objects.get().digest in page
