"""Closing a term by signing, in the browser: a teacher's sheets, a principal's classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.signing import SIGN, line, sign
from tests.journeys.town import ALIKE, GAPS, ISSUED, OPEN, SCHOOL, TO_APPROVE

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import Windows

pytestmark = pytest.mark.browser


def test_a_teacher_signs_what_is_complete_and_one_sheet_with_a_reason(at_town: Windows) -> None:
    page = at_town.enter("hoa")
    page.goto(SIGN)
    expect(page.locator(".checks li")).to_have_count(len(OPEN))
    expect(page.locator(".checks input:checked")).to_have_count(len(OPEN) - len(GAPS))
    for name in GAPS:
        assert "còn thiếu" in line(page, name).inner_text()
    sign(page, f"Ký {len(OPEN) - len(GAPS)} bảng đã đủ")
    assert f"Đã ký xong {len(OPEN) - len(GAPS)} mục" in page.locator("sign-tray").inner_text()
    page.locator("main a", has_text="Về trang Ký").click()
    for name in OPEN:
        assert ("đã ký" in line(page, name).inner_text()) == (name not in GAPS)
    expect(page.locator("main button")).to_have_count(0)
    line(page, "6E").locator("a").first.click()
    page.locator(".tag", has_text="Giáo viên đã chốt").wait_for()
    expect(page.locator("a", has_text="Ký và chốt")).to_have_count(0)

    page.goto(SIGN)
    line(page, GAPS[0]).locator("a", has_text="Ký khi còn thiếu").click()
    page.fill("#accept", "Em mới chuyển đến, chưa kịp kiểm tra đủ")
    sign(page, "Ký và chốt bảng điểm")
    page.goto(SIGN)
    assert "đã ký" in line(page, GAPS[0]).inner_text()
    assert "còn thiếu" in line(page, GAPS[1]).inner_text()


def test_a_sheet_with_gaps_is_not_signed_without_a_reason(at_town: Windows) -> None:
    """The browser asks for it, and so does the server; afterwards she is still where she can give it."""
    page = at_town.enter("hoa")
    page.goto(SIGN)
    line(page, GAPS[2]).locator("a", has_text="Ký khi còn thiếu").click()
    address = page.url
    page.fill("#accept", "thiếu")
    page.locator("main button", has_text="Ký và chốt bảng điểm").click()
    expect(page.locator("#accept:invalid")).to_have_count(1)
    page.locator("#accept").evaluate("field => field.removeAttribute('minlength')")
    page.locator("main button", has_text="Ký và chốt bảng điểm").click()
    page.locator(".notice-warn", has_text="Chưa chốt được vì còn thiếu").wait_for()
    assert page.url == address
    page.goto(SIGN)
    assert "còn thiếu" in line(page, GAPS[2]).inner_text()


def test_a_principal_signs_a_school_in_three_acts_and_holds_one_class_back(at_town: Windows) -> None:
    """Open «Ký», press, confirm; a class that he unticks stays, and what is unusual is said before."""
    page = at_town.enter("minh")
    pressed = _counted(page)
    page.locator(".menu a", has_text=re.compile("^Ký$")).click()
    expect(page.locator("main li.card")).to_have_count(len(TO_APPROVE))
    assert "cả lớp cùng một điểm cuối kì" in line(page, ALIKE).inner_text()
    assert "Không có gì bất thường" in line(page, TO_APPROVE[0]).inner_text()
    held, signed = TO_APPROVE[-1], TO_APPROVE[:-1]
    line(page, held).locator("input").press("Space")
    page.locator("main button", has_text="Ký duyệt").click()
    page.locator("main button", has_text=f"Xác nhận ký {len(signed)} mục").click()
    assert f"Đã ký xong {len(signed)} mục" in page.locator("sign-tray").inner_text()
    assert [text for text in pressed if text] == ["Ký", "Ký duyệt các lớp đã chọn", "Xác nhận ký 11 mục"]

    page.locator("main a", has_text="Về trang Ký").click()
    assert line(page, held).locator("input").is_checked()
    expect(page.locator("main li.card")).to_have_count(1)
    page.locator("summary", has_text="lớp đã ký duyệt").click()
    done = page.locator(".names li:visible")
    assert {text.split()[0] for text in done.all_inner_texts()} == {*signed, ISSUED}
    expect(done.locator(".tag", has_text="đã phát hành")).to_have_count(len(signed) + 1)
    for name in (signed[0], ALIKE):
        done.locator("a", has_text=name).click()
        assert page.locator(".verdict .tag").inner_text() == "Hợp lệ"
        seal = page.locator("table.data tr", has=page.locator("th", has_text="Nhà trường")).last
        assert SCHOOL in seal.inner_text()
        page.go_back()
        page.locator("summary", has_text="lớp đã ký duyệt").click()


def _counted(page: Page) -> list[str]:
    """What is pressed from now on, in the order of pressing, named by its text."""
    pressed: list[str] = []

    def note(text: str) -> None:
        pressed.append(text)

    page.expose_function("pressed", note)
    page.add_init_script("addEventListener('click', e => pressed(e.target.textContent.trim()), true)")
    page.reload()
    return pressed
