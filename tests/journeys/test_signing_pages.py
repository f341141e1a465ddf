"""Every page of signing in every state: what axe finds, a narrow phone, the keyboard alone, no script."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import expect

from khue.signing.signers.agent import Desk, server
from khue.signing.signers.pkcs12 import KeySigner
from tests.journeys.grid import cell, saved
from tests.journeys.signing import SIGN, line, sign
from tests.journeys.town import ISSUED, TO_APPROVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page, Request

    from tests.journeys.conftest import Town, Windows

    Look = Callable[[Page, str], None]

pytestmark = pytest.mark.browser
WINDOWS = ((1280, "light"), (360, "dark"))
MOST_TABS = 90
BUDGET = 30_000  # bytes of a page with all that belongs to it; the promise is 60 KB


@pytest.fixture
def look(faults: Callable[[Page], list[str]]) -> Iterator[Look]:
    """Look at a page as it stands, everything opened, on a screen and on a phone; faults fail the test."""
    found: list[str] = []

    def one(page: Page, name: str) -> None:
        page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
        for width, scheme in WINDOWS:
            page.set_viewport_size({"width": width, "height": 740})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found.extend(f"{name}, {width}: {fault}" for fault in faults(page))
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            if wide > 0:
                found.append(f"{name}, {width}: {wide} px wider than the window")
        expect(page.locator("h1:visible")).to_have_count(1)

    yield one
    assert not found, "\n".join(found)


def test_pages_of_a_teacher(at_town: Windows, look: Look) -> None:
    """Also a sheet that changed between looking and confirming: it is left out and named."""
    page, beside = at_town.enter("hoa"), at_town.enter("hoa")
    page.goto(SIGN)
    look(page, "Ký")
    _only(page, "6E", "6G")
    page.locator("main button", has_text="bảng đã đủ").click()
    look(page, "batch, checked")
    beside.goto(SIGN)
    beside.goto("/so-diem/")
    beside.locator("main a.card-link", has_text="6E").click()
    beside.wait_for_selector("grade-grid[data-ready]")
    cell(beside, 0, "tx1").click()
    beside.keyboard.type("95")
    saved(beside)
    page.locator("main button", has_text="Xác nhận ký 2 mục").click()
    assert "Đã ký 1/2 mục" in page.locator("sign-tray").inner_text()
    left_out = page.locator(".notice-warn").inner_text()
    assert "Toán, lớp 6E: Nội dung đã thay đổi từ lúc bạn xem" in left_out
    look(page, "batch, with refusals")
    page.goto("/ho-so/ky/")
    look(page, "batches")
    page.goto("/ho-so/chung-thu/")
    look(page, "certificates")


def test_pages_of_a_principal(at_town: Windows, town: Town, look: Look) -> None:
    service = '[smartca]\nurl = "http://127.0.0.1:9"\nsp_id = "khue"\n'
    (town.folder / "signers.toml").write_text(service, encoding="utf-8")
    page = at_town.enter("minh")
    page.goto(SIGN)
    look(page, "Ký")
    page.locator("main button", has_text="Ký duyệt").click()
    look(page, "batch, checked")
    page.locator("main button", has_text="Để sau").click()
    page.locator(".head .tag", has_text="Đã bỏ").wait_for()
    look(page, "batch, cancelled")
    page.goto("/ho-so/chung-thu/")
    page.select_option("#service", label="VNPT SmartCA trên điện thoại")
    page.fill("#number", "020099000002")
    page.locator("main button", has_text="Lấy chứng thư").click()
    assert "sp_password" in page.locator(".notice-bad").inner_text()  # what the operator forgot
    look(page, "certificates")
    page.goto("/ho-so/")
    look(page, "documents")
    page.goto("/ho-so/")
    page.locator("main table a", has_text=ISSUED).click()
    look(page, "document")
    page.goto("/ho-so/")
    page.locator("main table a", has_text=TO_APPROVE[0]).click()
    look(page, "document, in work")


def test_pages_of_a_batch_that_waits_for_a_token(at_town: Windows, town: Town, look: Look) -> None:
    """With the certificate from its file; no program, one whose holder says no, then yes."""
    page = at_town.enter("nhung")
    page.goto(SIGN)
    look(page, "Ký, without a certificate")
    page.locator("main a", has_text="Đăng ký chứng thư").click()
    page.locator("summary", has_text="Hoặc chọn tệp chứng thư").click()
    leaf = x509.load_der_x509_certificate(town.key("nhung").certificate)
    issuing = x509.load_der_x509_certificate(town.key("nhung").chain[0])
    content = b"".join(one.public_bytes(Encoding.PEM) for one in (leaf, issuing))
    page.set_input_files("#file", {"name": "toi.pem", "mimeType": "text/plain", "buffer": content})
    page.locator("main button", has_text="Đăng ký").click()
    page.locator(".notice-ok", has_text="Đã đăng ký chứng thư").wait_for()
    page.goto(SIGN)
    page.locator("main button", has_text="Ký 3 bảng đã đủ").click()
    page.locator("sign-tray", has_text="Hãy mở chương trình").wait_for()
    look(page, "batch, waiting")

    answers = iter((False, True))
    desk = Desk(KeySigner({"slot 1": town.key("nhung")}), lambda batch: next(answers))
    program = server(desk, [town.address], port=town.agent_port)
    Thread(target=program.serve_forever, daemon=True).start()
    page.locator("main button", has_text="Ký tiếp").click()
    page.locator(".head .tag", has_text="Dừng giữa chừng").wait_for()
    assert "Bạn đã không đồng ý ký ở máy này" in page.locator("sign-tray").inner_text()
    look(page, "batch, stopped")
    page.locator("main button", has_text="Ký tiếp").click()
    page.locator("sign-tray", has_text="Đã ký xong 3 mục").wait_for()
    look(page, "batch, done")
    program.shutdown()


def test_pages_of_a_stranger(at_town: Windows, look: Look) -> None:
    reader, page = at_town.enter("minh"), at_town.stranger()
    reader.goto("/ho-so/")
    reader.locator("main table a", has_text=ISSUED).click()
    links = reader.locator("main p.row a").filter(has_text="Gói bằng chứng")
    bundle = reader.request.get(links.get_attribute("href") or "").body()
    page.goto("/kiem-tra/")
    look(page, "check")
    for name, content in (("goi.zip", bundle), ("goi-hong.zip", bundle[:-9]), ("anh.jpg", b"\xff\xd8")):
        page.set_input_files("#file", {"name": name, "mimeType": "application/zip", "buffer": content})
        page.locator("main button", has_text="Kiểm tra").click()
        page.locator(".verdict").first.wait_for()
        look(page, f"check, {name}")
    reader.locator("main a", has_text="Bản in PDF").wait_for()
    page.goto(_print_page(reader))
    look(page, "print")
    page.fill("#print_code", "ABCDEFGH")
    page.locator("main button", has_text="Xem bản gốc").click()
    page.locator(".notice-bad").wait_for()
    look(page, "print, wrong code")


def _print_page(page: Page) -> str:
    from khue.signing.qr import short_code

    return f"/k/{short_code(bytes.fromhex(page.locator('code.wrap').inner_text()))}"


def test_a_teacher_signs_with_the_keyboard_alone(at_town: Windows) -> None:
    """Tab, Space, Enter; where one is can be seen."""
    page = at_town.enter("hoa")
    page.goto(SIGN)
    boxes = page.locator(".checks input")
    count, last = boxes.count(), boxes.last.get_attribute("value")
    assert count > 1
    _tab_to(page, lambda here: here["value"] == last)
    page.keyboard.press("Space")
    _tab_to(page, lambda here: here["text"].startswith("Ký "))
    page.keyboard.press("Enter")
    page.locator("main button", has_text=f"Xác nhận ký {count - 1} mục").wait_for()
    assert _here(page)["text"].startswith("Xác nhận ký")  # it waits for Enter where one arrives
    page.keyboard.press("Enter")
    page.locator("sign-tray", has_text=f"Đã ký xong {count - 1} mục").wait_for()
    _tab_to(page, lambda here: here["text"] == "Về trang Ký")
    page.keyboard.press("Enter")
    page.locator("main button", has_text="Ký 1 bảng đã đủ").wait_for()


def test_a_principal_signs_without_scripts(at_town: Windows) -> None:
    at_town.enter("minh")  # the session is the same
    page = at_town.enter("minh", java_script_enabled=False)
    page.goto(SIGN)
    _only(page, TO_APPROVE[0], cards=True)
    sign(page, "Ký duyệt")
    page.locator("main a", has_text="Về trang Ký").click()
    expect(page.locator("li.card", has_text=f"Lớp {TO_APPROVE[0]}")).to_have_count(0)
    page.goto("/ho-so/")
    page.locator("main table a", has_text=f"lớp {TO_APPROVE[0]}").click()
    assert page.locator(".head .tag").inner_text() == "Đã phát hành"
    assert page.locator(".verdict .tag").inner_text() == "Hợp lệ"


def test_pages_of_signing_are_light_and_carry_scripts_only_where_they_sign(at_town: Windows) -> None:
    page = at_town.enter("hoa")
    page.goto(SIGN)
    expect(page.locator("script")).to_have_count(0)
    page.locator("main button", has_text="đã đủ").click()
    address = page.url
    fresh = at_town._window(page.context.storage_state(), {})  # nothing is kept in it yet
    requests: list[Request] = []

    def note(request: Request) -> None:
        requests.append(request)

    fresh.on("requestfinished", note)
    fresh.goto(address)
    fresh.wait_for_load_state("networkidle")
    scripts = {request.url.rpartition("/")[2].split(".")[0] for request in requests} - {"khue", ""}
    assert scripts == {"sign-tray", "sign-program", "grid-words"}
    assert sum(request.sizes()["responseBodySize"] for request in requests) < BUDGET
    page.locator("main button", has_text="Để sau").click()


def _only(page: Page, *names: str, cards: bool = False) -> None:
    """Leave only these classes ticked."""
    for box in page.locator("li.card input" if cards else ".checks input").all():
        box.uncheck()
    for name in names:
        line(page, name).locator("input").check()


def _here(page: Page) -> dict[str, Any]:
    """Where the focus is, and whether one sees it."""
    return page.evaluate(
        """() => { const one = document.activeElement, style = getComputedStyle(one);
        return { text: one.textContent.trim(), value: one.value, seen: style.outlineStyle !== 'none' }; }"""
    )  # type: ignore[no-any-return]


def _tab_to(page: Page, wanted: Callable[[dict[str, Any]], bool]) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = _here(page)
        assert here["seen"]
        if wanted(here):
            return
    pytest.fail("the keyboard does not lead there")
