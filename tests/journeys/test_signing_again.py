"""A mark of a sealed class is corrected: everybody who must signs again, and the old record says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from khue.signing.qr import short_code
from tests.journeys.grid import cell, column
from tests.journeys.signing import SIGN, line, sign
from tests.journeys.town import ISSUED

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import Windows

pytestmark = pytest.mark.browser


def test_after_a_correction_everybody_signs_again_and_the_old_record_is_replaced(at_town: Windows) -> None:
    teacher, homeroom, principal = (at_town.enter(name) for name in ("quy", "dao", "minh"))
    old = _document(principal)
    digest = principal.locator("code.wrap").inner_text()
    print_page = f"/k/{short_code(bytes.fromhex(digest))}"
    _correct(teacher, homeroom, principal)

    principal.goto(print_page)
    assert principal.locator(".head .tag").inner_text() == "Đã phát hành"  # until the new version is
    teacher.goto(SIGN)
    mine = line(teacher, ISSUED).filter(has_text="Toán")
    assert "ký lại sau khi sửa" in mine.inner_text()
    expect(teacher.locator(".checks input")).to_have_count(
        1
    )  # the other sheets keep theirs
    homeroom.goto(SIGN)
    assert "chờ giáo viên ký: Toán" in line(homeroom, ISSUED).inner_text()
    sign(teacher, "Ký 1 bảng đã đủ")
    homeroom.goto(SIGN)
    sign(homeroom, "Ký tổng hợp 1 lớp")
    principal.goto(SIGN)
    card = line(principal, ISSUED)
    assert re.search(r"Đổi so với bản đã phát hành: .*Toán", card.inner_text())
    assert "1 chỗ đã sửa" in card.inner_text()
    for other in principal.locator("li.card input").all():
        other.uncheck()
    card.locator("input").check()
    sign(principal, "Ký duyệt")

    principal.goto(old)
    assert principal.locator(".head .tag").inner_text() == "Đã được bản mới thay thế"
    versions = principal.locator("#versions + ul li").all_inner_texts()
    assert [" ".join(text.split()) for text in versions] == [
        "Bản 2 Đã phát hành", "Bản 1 Đã được bản mới thay thế",
    ]  # fmt: skip
    principal.locator("#versions + ul a", has_text="Bản 2").click()
    assert "thay cho bản 1" in principal.locator("main").inner_text()
    assert principal.locator(".verdict .tag").inner_text() == "Hợp lệ"
    stranger = at_town.stranger()
    stranger.goto(print_page)
    said = stranger.locator(".notice-warn").inner_text()
    assert re.search(r"Bản in này thuộc một bản cũ\. Bản 2 phát hành ngày \d\d/\d\d/\d{4} đã thay thế", said)


def _document(page: Page) -> str:
    """Open the document of the class; its address."""
    page.goto("/ho-so/")
    page.locator("main table a", has_text=ISSUED).click()
    page.locator(".head .tag", has_text="Đã phát hành").wait_for()
    return page.url


def _correct(teacher: Page, homeroom: Page, principal: Page) -> None:
    """The ritual after closing: asked, confirmed, approved by a decision."""
    teacher.goto(SIGN)
    teacher.locator("main li a", has_text=re.compile(rf"^{ISSUED} · Toán")).click()
    teacher.wait_for_selector("grade-grid[data-ready]")
    assert column(teacher, "tx1")[0] == "7,5"
    cell(teacher, 0, "tx1").click()
    teacher.keyboard.press("Enter")
    teacher.fill("#value", "9,5")
    teacher.fill("#reason", "Cộng sót điểm câu 4 khi chấm bài")
    teacher.locator("main button", has_text="Gửi yêu cầu").click()
    for page, button in ((homeroom, "Chủ nhiệm xác nhận"), (principal, "Duyệt và sửa")):
        page.goto("/")
        page.locator("a", has_text="yêu cầu sửa điểm đang chờ bạn").click()
        page.locator("main table a").first.click()
        if page.locator("#decision").count():
            page.fill("#decision", "QĐ 15/QĐ-THCS ngày hôm nay")
        page.locator("main button", has_text=button).click()
        page.locator(".notice-ok").wait_for()
