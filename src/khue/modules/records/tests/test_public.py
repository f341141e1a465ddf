"""What anybody may find out without an account: of a file in hand, of a print, of the log."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.cast import World
from tests.signers import Signers
from tests.unchanged import unchanged

from khue.modules.records import bundles, renditions, verification
from khue.modules.records.models import Document
from khue.modules.records.services import documents, evidence, settling
from khue.modules.records.tests.acts import APPROVAL, PAGE, issued, pages, spec_of
from khue.modules.records.views import public
from khue.signing.qr import short_code

pytestmark = pytest.mark.django_db
BASE = "https://khue.example"
CONTENT = "Nội dung của trang"  # as a mark would: only who holds the paper or the file sees it


@pytest.fixture
def record(world: World, signers: Signers) -> Document:
    """An issued record in the log."""
    (found,) = issued(signers, 1)
    evidence.publish(world.minh.now)
    return found


def handed_in(content: bytes | None, name: str = "tep") -> Any:
    """Drop a file on the page, without an account; nothing is written."""
    body = {} if content is None else {"file": SimpleUploadedFile(name, content)}
    with unchanged():
        return Client().post(reverse("verify:check"), body)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_page_is_open(world: World) -> None:
    answer = Client().get(reverse("verify:check"))
    assert answer.status_code == 200
    assert "Kiểm tra chữ ký" in text_of(answer)


@pytest.mark.parametrize("kind", ["xml", "pdf", "zip"])
def test_a_file_of_each_kind(record: Document, kind: str) -> None:
    made = {
        "xml": lambda: bytes(record.file.content), "pdf": lambda: renditions.pdf_of(record, BASE),
        "zip": lambda: bundles.bundle_of(record, BASE),
    }  # fmt: skip
    content = made[kind]()
    page = text_of(handed_in(content, f"ho-so.{kind}"))
    assert "Hợp lệ" in page
    assert record.code in page or kind == "pdf"
    assert ("Hệ thống này đang lưu đúng tệp này" in page) == (kind == "xml")
    assert CONTENT not in page
    damaged = bytearray(content)
    damaged[len(damaged) // 2] ^= 1
    page = text_of(handed_in(bytes(damaged), f"ho-so.{kind}"))
    assert "Hợp lệ" not in page
    assert "Hệ thống này đang lưu" not in page


def test_a_forged_record(record: Document) -> None:
    """The text and all digests that a forger can reach are changed; the signatures do not follow."""
    forged = bytes(record.file.content).replace(CONTENT.encode(), "Nội dung tốt hơn nữa".encode())
    page = text_of(handed_in(forged, "ho-so.xml"))
    assert "Không hợp lệ" in page
    assert "Nội dung tốt hơn nữa" not in page


def test_a_record_whose_last_signatures_were_cut_off(record: Document) -> None:
    content = bytes(record.file.content).decode()
    last = content.rindex("<ds:Signature ")
    assert last > content.index("<ds:Signature ")
    cut = content[:last] + content[content.rindex("</kr:Signatures>") :]
    page = text_of(handed_in(cut.encode(), "ho-so.xml"))
    assert "Không hợp lệ" in page


def test_a_bundle_with_another_record_in_it(record: Document, world: World, signers: Signers) -> None:
    bundle = bundles.bundle_of(record, BASE)
    other = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as source, zipfile.ZipFile(other, "w") as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename.endswith(".xml"):
                data = data.replace(CONTENT.encode(), "Nội dung khác hẳn".encode())
            target.writestr(item, data)
    assert "Hợp lệ" not in text_of(handed_in(other.getvalue(), "bang-chung.zip"))


@pytest.mark.parametrize(
    "content",
    [
        b"\n", b"xin chao", b"%PDF-1.7\n%%EOF", b"PK\x03\x04", b"<", b"<a/>", b"<kr:Record",
        b"\xff\xd8\xff" + bytes(999),
    ],
)  # fmt: skip
def test_what_is_no_record_is_said_to_be_none(record: Document, content: bytes) -> None:
    answer = handed_in(content, "anh.jpg")
    assert answer.status_code == 200
    assert "Hợp lệ" not in text_of(answer)


def test_none_too_large_and_too_many(record: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = handed_in(None)
    assert answer.status_code == 400
    assert "Hãy chọn một tệp" in text_of(answer)
    monkeypatch.setattr(verification, "LARGEST", 1024 * 1024)
    answer = handed_in(b"<" * (1024 * 1024 + 1))
    assert answer.status_code == 400
    assert "Tệp lớn quá 1 MB" in text_of(answer)
    monkeypatch.setattr(public, "FILES", 3)
    assert handed_in(b"x").status_code == 200
    answer = handed_in(b"x")
    assert answer.status_code == 422
    assert "đã gửi quá nhiều tệp" in text_of(answer)


def test_a_markup_in_the_name_of_a_file_stays_text(record: Document) -> None:
    page = text_of(handed_in(b"x", "<script>alert(1)</script>.xml"))
    assert "<script>alert" not in page


def at(record: Document) -> str:
    return reverse("verify:print", args=[short_code(bytes.fromhex(record.digest))])


def test_the_code_on_a_print_leads_to_what_it_is(record: Document) -> None:
    answer = Client().get(at(record))
    page = text_of(answer)
    assert answer.status_code == 200
    for told in (record.code, "Trường THCS Khe Vàng", "Lý Thị Lan", "Hoàng Văn Minh", "dòng 1 trong 1"):
        assert told in page
    for hidden in (CONTENT, record.print_code, "0200990000", "CCCD"):
        assert hidden not in page
    typed = at(record).rpartition("/")[2]
    spaced = typed.lower().replace("-", " ")
    for text in (typed, spaced, typed.replace("-", "")):
        answer = Client().get(reverse("verify:lookup"), {"ma": text})
        assert record.code in text_of(answer)


def test_a_wrong_code_tells_nothing(record: Document) -> None:
    good = at(record).rpartition("/")[2]
    mistyped = ("2" if good[0] != "2" else "3") + good[1:]
    other = short_code(bytes(32))
    for text in (mistyped, other, good[:-1], good + "0", "", "x" * 300, "<script>", "%00"):
        answer = Client().get(reverse("verify:lookup"), {"ma": text})
        assert answer.status_code == 404, text
        assert record.code not in text_of(answer)
        assert "<script>" not in text_of(answer).replace('<script src', "")
    assert Client().get(reverse("verify:print", args=[other])).status_code == 404


def test_what_is_not_issued_is_not_found_by_a_code(world: World, signers: Signers) -> None:
    signers.sign(world.lan, PAGE, *pages(1))
    for text in ("", short_code(bytes(32))):
        assert Client().get(reverse("verify:lookup"), {"ma": text}).status_code == 404


def test_who_holds_the_print_sees_it_again(record: Document) -> None:
    code = record.print_code
    for typed in (code, code.lower(), f" {code[:4]}-{code[4:]} "):
        answer = Client().post(at(record), {"print_code": typed})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF")


def test_guessing_is_slow_and_then_nothing_opens(record: Document) -> None:
    guesser = Client()
    for number in range(public.TRIES):
        answer = guesser.post(at(record), {"print_code": f"{number:08d}"})
        assert answer.status_code == 400
        assert "Mã trên bản in không đúng" in text_of(answer)
        assert CONTENT not in text_of(answer)
    answer = guesser.post(at(record), {"print_code": record.print_code})
    assert answer.status_code == 422
    assert "Đã nhập sai mã bản in nhiều lần" in text_of(answer)
    elsewhere = guesser.post(at(record), {"print_code": record.print_code}, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 200  # another address is not punished for it


def test_an_old_print_says_that_it_was_replaced(world: World, signers: Signers, record: Document) -> None:
    documents.supersede(
        world.minh, spec_of(record.subject), changed={"summary"}, reason="Sửa điểm.", authority="15/QĐ"
    )
    assert "đã thay thế" not in text_of(Client().get(at(record)))  # it holds until the new one is issued
    signers.sign(world.lan, PAGE, *pages(1))
    signers.sign(world.minh, APPROVAL, *pages(1))
    settling.after_signing(world.minh.now, world.school.pk)
    page = text_of(Client().get(at(record)))
    assert "Bản in này thuộc một bản cũ. Bản 2" in page
    page = text_of(handed_in(bytes(record.file.content)))
    assert "Hợp lệ" in page
    assert "Đã có bản 2 thay thế" in page


def test_a_recalled_print_says_so(world: World, record: Document) -> None:
    documents.cancel(world.minh, document_id=record.id, reason="Chứng thư bị lộ khoá.", authority="16/QĐ")
    page = text_of(Client().get(at(record)))
    assert "không còn giá trị" in page
    assert "Chứng thư bị lộ khoá" not in page  # why is the school's affair


def log(name: str) -> Any:
    return Client().get(reverse("verify:log", args=[name]))


def test_the_log_is_open_to_anybody(record: Document) -> None:
    checkpoint = log("checkpoint")
    assert checkpoint.status_code == 200
    assert checkpoint.content.startswith(b"khue.invalid/evidence\n1\n")
    assert checkpoint.headers["Content-Type"].startswith("text/plain")
    assert checkpoint.headers["Cache-Control"] == "no-cache"
    assert log("checkpoints/1").content == evidence.log_store().get("checkpoints/1")
    assert log("checkpoints/1.tsr").headers["Content-Type"] == "application/octet-stream"
    assert bytes.fromhex(record.digest) in log("tile/entries/000.p/1").content
    assert log("tile/0/000.p/1").status_code == 200
    key = log("key").content.decode()
    assert re.fullmatch(r"khue\.invalid/evidence\+[0-9a-f]{8}\+\S+\n", key)


@pytest.mark.parametrize(
    "name",
    [
        ".pending", ".lock", ".checkpoint.tmp", "log.key", "../log.key", "..%2flog.key", "%2e%2e/log.key",
        "../../etc/passwd", "/etc/passwd", "tile", "tile/0", "checkpoints", "checkpoints/2", "tile/0/001",
        "tile/0/000.p/2", "tile/99/000", "checkpoint/../log.key", "witness/../log.key", "demo-keys/x", "",
    ],
)  # fmt: skip
def test_nothing_else_of_the_folder_is(record: Document, name: str) -> None:
    store = evidence.log_store()
    (store.folder / ".pending").write_bytes(b'{"from": 0, "to": 1}')
    (store.folder / ".checkpoint.tmp").write_bytes(b"x")
    answer = Client().get(reverse("verify:log", args=["checkpoint"]).removesuffix("checkpoint") + name)
    assert answer.status_code in {301, 404}, name
    assert b"skey" not in answer.content
    assert b"PRIVATE" not in answer.content


def test_only_reading_is_open(record: Document) -> None:
    for name in ("checkpoint", "key"):
        assert Client().post(reverse("verify:log", args=[name])).status_code == 405
    assert Client().put(reverse("verify:check")).status_code == 405
    assert Client().delete(at(record)).status_code == 405


def test_forms_need_the_token_of_their_page(record: Document) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("verify:check"), {}).status_code == 403
    assert strict.post(at(record), {"print_code": record.print_code}).status_code == 403
