"""What a stranger without an account may find out: about a file in hand, about a print."""

from __future__ import annotations

import copy
import hashlib
import io
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from khue.signing.qr import short_code
from tests.journeys.conftest import Windows
from tests.journeys.town import ISSUED, PASSWORD, SCHOOL

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.journeys.conftest import Town

pytestmark = pytest.mark.browser
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(3000)
MARK, FORGED = b">7.5<", b">9.5<"  # as they stand in a record


@dataclass(frozen=True, slots=True)
class Files:
    """What thầy Minh hands out of one issued record."""

    record: bytes
    paper: bytes
    bundle: bytes

    @property
    def address(self) -> str:
        """Where the QR code of the print leads."""
        return f"/k/{short_code(hashlib.sha256(self.record).digest())}"


@pytest.fixture(scope="module")
def files(browser: Browser, town: Town) -> Files:
    """The record, the print and the bundle of 6C, from the links of its page."""
    windows = Windows(browser, town.address, PASSWORD, town.sessions)
    page = windows.enter("minh")
    page.goto("/ho-so/")
    page.locator("main table a", has_text=ISSUED).click()
    links = page.locator("main p.row a")
    texts = ("Tệp hồ sơ (.xml)", "Bản in PDF", "Gói bằng chứng (.zip)")
    found = [_fetched(page, links.filter(has_text=text).get_attribute("href") or "") for text in texts]
    windows.close()
    return Files(*found)


def _fetched(page: Page, address: str) -> bytes:
    answer = page.request.get(address)
    assert answer.ok
    return answer.body()


def _forged_bundle(bundle: bytes) -> bytes:
    """By somebody who knows what a bundle is: one mark changed, and the digest in its list as well."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as given, zipfile.ZipFile(out, "w") as made:
        record = given.read("ho-so.xml")
        forged = record.replace(MARK, FORGED, 1)
        sums = [hashlib.sha256(one).hexdigest().encode() for one in (record, forged)]
        assert sums[0] in given.read("manifest.json")
        for info in given.infolist():
            data = given.read(info)
            if info.filename == "ho-so.xml":
                data = forged
            made.writestr(copy.copy(info), data.replace(*sums) if info.filename == "manifest.json" else data)
    return out.getvalue()


def _without_seal(record: bytes) -> bytes:
    """The last signature cut off."""
    start = record.rindex(b"<ds:Signature ")
    end = record.index(b"</ds:Signature>", start) + len(b"</ds:Signature>")
    return record[:start] + record[end:]


# What is dropped: how it was made, the verdict, and a part of what is said.
DROPPED: dict[str, tuple[Callable[[Files], bytes], str, str]] = {
    "goi.zip": (lambda f: f.bundle, "Hợp lệ", "đủ 15 chữ ký đúng người"),
    "goi-sua-mot-diem.zip": (lambda f: _forged_bundle(f.bundle), "Không hợp lệ", "bị thay đổi sau khi ký"),
    "ban-in.pdf": (lambda f: f.paper, "Hợp lệ", "nội dung nguyên vẹn"),
    "ban-in-them.pdf": (lambda f: f.paper + b"\n% 9,5\n", "Không hợp lệ", "được thêm sau con dấu"),
    "ho-so.xml": (lambda f: f.record, "Hợp lệ", "Hệ thống này đang lưu đúng tệp này"),
    "ho-so-cat-dau.xml": (lambda f: _without_seal(f.record), "Không hợp lệ", "còn thiếu: Nhà trường"),
    "anh.jpg": (lambda f: PHOTO, "Không hợp lệ", "Tệp này không phải hồ sơ .xml"),
}


@pytest.mark.parametrize("name", DROPPED)
def test_a_file_that_is_dropped_gets_its_verdict_in_words(at_town: Windows, files: Files, name: str) -> None:
    made, verdict, said = DROPPED[name]
    page = at_town.stranger()
    page.goto("/kiem-tra/")
    page.set_input_files(
        "#file", {"name": name, "mimeType": "application/octet-stream", "buffer": made(files)}
    )
    page.locator("main button", has_text="Kiểm tra").click()
    assert page.locator(".verdict .tag").first.inner_text() == verdict
    text = page.locator("main").inner_text()
    assert said in text
    assert name in text
    _shows_no_mark(page)


def _shows_no_mark(page: Page) -> None:
    """Neither a mark nor a pupil is anywhere in the page, not even where nobody sees it."""
    content = page.content()
    assert not re.search(r"\b[79][.,]5\b|Hoàng (Bình|Châu|Đức)", content)


def test_a_print_is_looked_up_and_opened_with_the_code_on_it(
    at_town: Windows, town: Town, files: Files
) -> None:
    page = at_town.stranger()
    page.goto(files.address)
    assert page.locator(".head .tag").inner_text() == "Đã phát hành"
    assert page.locator(".verdict .tag").inner_text() == "Hợp lệ"
    assert SCHOOL in page.locator(".facts").inner_text()
    assert "Điểm chỉ hiện khi có mã trên bản in" in page.locator("main").inner_text()
    _shows_no_mark(page)

    page.fill("#print_code", "ABCDEFGH")
    page.locator("main button", has_text="Xem bản gốc").click()
    page.locator(".notice-bad", has_text="Mã trên bản in không đúng").wait_for()
    _shows_no_mark(page)

    page.fill("#print_code", _print_code(town))
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        page.locator("main button", has_text="Xem bản gốc").click()
    assert answered.value.status == 200
    assert answered.value.headers["content-type"] == "application/pdf"


def test_a_print_is_found_by_its_code_as_people_type_it(at_town: Windows, files: Files) -> None:
    """Small letters, spaces; a wrong letter is said to be one."""
    page = at_town.stranger()
    page.goto("/kiem-tra/")
    code = files.address.removeprefix("/k/")
    page.fill("#ma", code.lower().replace("-", " "))
    page.locator("main button", has_text="Tra cứu").click()
    assert ISSUED in page.locator("h1").inner_text()
    page.goto("/kiem-tra/")
    page.fill("#ma", code[:-1] + ("0" if code[-1] != "0" else "1"))
    page.locator("main button", has_text="Tra cứu").click()
    assert "Không có hồ sơ nào mang mã này" in page.locator("main").inner_text()


def _print_code(town: Town) -> str:
    """What stands under the QR code on the paper."""
    question = "SELECT print_code FROM records_document WHERE title LIKE ?"
    with closing(sqlite3.connect(town.folder / "khue.sqlite3")) as database:
        return str(database.execute(question, (f"%lớp {ISSUED}%",)).fetchone()[0])
