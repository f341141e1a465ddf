"""The grid when something goes wrong: slips of the hand, a bad line, a closed sheet, a session that ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PASSWORD
from tests.journeys.grid import cell, column, note, open_sheet, paste, reload, saved
from tests.journeys.signing import sign

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.journeys.conftest import SignIn

pytestmark = pytest.mark.browser


def test_typing_begins_at_the_first_empty_column(sign_in: SignIn) -> None:
    """One tap from the first page: nothing has to be chosen in the sheet."""
    page = sign_in("lan")
    open_sheet(page, "7A")
    page.keyboard.type("7510")
    assert column(page, "tx3")[:2] == ["7,5", "10,0"]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    saved(page)


def test_enter_after_a_mark_skips_nobody(sign_in: SignIn) -> None:
    """Hands used to Excel press Enter after each mark, and some write «10,0»: no mark slips to the next."""
    page = sign_in("lan")
    open_sheet(page, "7A")
    cell(page, 4, "tx3").click()
    for text in ("75", "7,5", "8", "10", "64"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    page.keyboard.type("10,0")
    page.keyboard.type("56")
    assert column(page, "tx3")[4:11] == ["7,5", "7,5", "8,0", "10,0", "6,4", "10,0", "5,6"]
    page.keyboard.press("ArrowDown")
    page.keyboard.type("61")
    assert column(page, "tx3")[11:13] == ["", "6,1"]
    saved(page)


def test_typing_on_after_the_last_pupil_changes_nothing(sign_in: SignIn) -> None:
    page = sign_in("lan")
    open_sheet(page, "7A")
    last = len(column(page, "tx3")) - 1
    cell(page, last, "tx3").click()
    page.keyboard.type("75")
    page.keyboard.type("80")
    assert column(page, "tx3")[last] == "7,5"
    assert "hết danh sách" in note(page)
    cell(page, last, "tx3").click()
    page.keyboard.type("80")
    assert column(page, "tx3")[last] == "8,0"
    saved(page)


def test_telex_turns_a_second_d_into_one_letter(sign_in: SignIn) -> None:
    """Unikey sends Backspace and «đ» for it: one pupil gets Đ, and nobody's result is erased."""
    page = sign_in("lan")
    open_sheet(page, "6A")
    cell(page, 2, "conduct").click()
    page.keyboard.type("k")
    cell(page, 0, "conduct").click()
    page.keyboard.type("d")
    page.evaluate(
        """() => { for (const key of ['Backspace', 'đ', 'd']) document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})); }"""
    )
    assert column(page, "conduct")[:3] == ["Đ", "Đ", "K"]
    saved(page)


def test_a_heading_above_a_pasted_column_is_left_out(sign_in: SignIn) -> None:
    page = sign_in("lan")
    open_sheet(page, "7A")
    cell(page, 0, "tx4").click()
    paste(page, "ĐĐGtx\r\nTX4\r\n7,5\r\n8.25\r\n9\r\n")
    assert column(page, "tx4")[:4] == ["7,5", "8,3", "9,0", ""]
    assert "2 dòng tiêu đề" in note(page)
    saved(page)


def test_a_pasted_list_finds_its_pupils_by_name(sign_in: SignIn) -> None:
    """In another order, with a stranger: each mark reaches its own pupil, who is not found is named."""
    page = sign_in("lan")
    open_sheet(page, "8A")
    names = page.locator("grade-grid tbody th").all_inner_texts()
    assert len({names[1], names[3], names[5]}) == 3
    rows = [
        ("STT", "Họ và tên", "TX4"),
        ("1", names[5], "5"),
        ("2", names[1], "6,5"),
        ("3", "Lò Thị Lạ", "9"),
    ]
    rows.append(("4", names[3], "7"))
    cell(page, 0, "tx4").click()
    paste(page, "\n".join("\t".join(row) for row in rows))
    assert column(page, "tx4")[:6] == ["", "6,5", "", "7,0", "", "5,0"]
    assert "Lò Thị Lạ" in note(page)
    page.keyboard.press("Control+z")
    assert column(page, "tx4")[:6] == [""] * 6
    saved(page)


def test_many_conflicts_are_decided_at_once(sign_in: SignIn) -> None:
    """A pasted column meets another's: one box with every value, and one act for all or for some."""
    first = sign_in("lan")
    open_sheet(first, "7A")
    second = first.context.new_page()
    second.goto(first.url)
    second.wait_for_selector("grade-grid[data-ready]")
    cell(first, 0, "ck").click()
    paste(first, "5\n6\n7")
    saved(first)
    cell(second, 0, "ck").click()
    paste(second, "1\n2\n3")
    second.locator("dialog h2", has_text="3 ô").wait_for()
    expect(second.locator("dialog td", has_text="Lý Thị Lan")).to_have_count(3)
    second.keyboard.press("Escape")
    assert "3 ô chờ bạn chọn" in second.locator(".grid-status").inner_text()
    reload(second)  # nothing was decided: it is asked again
    second.locator("dialog h2", has_text="3 ô").wait_for()
    second.locator("dialog input").nth(1).check()
    second.locator("dialog button", has_text="đã đánh dấu").click()
    saved(second)
    reload(first)
    assert column(first, "ck")[:3] == ["5,0", "2,0", "7,0"]


def test_a_server_in_trouble_is_tried_again(sign_in: SignIn) -> None:
    page = sign_in("lan")
    open_sheet(page, "7A")
    answers = iter((500, 429))

    def trouble(route: Route) -> None:
        status = next(answers, 0)
        if status:
            route.fulfill(status=status, body="")
        else:
            route.continue_()

    page.route("**/ghi/", trouble)
    cell(page, 10, "ck").click()
    page.keyboard.type("64")
    page.locator(".grid-status", has_text="Máy chủ đang bận: 1 ô chờ gửi").wait_for()
    saved(page)
    reload(page)
    assert column(page, "ck")[10] == "6,4"


def test_what_was_typed_survives_the_end_of_a_session(sign_in: SignIn) -> None:
    page = sign_in("lan")
    open_sheet(page, "7A")
    page.context.clear_cookies()
    cell(page, 12, "ck").click()
    page.keyboard.type("64")
    page.locator(".grid-note", has_text="Phiên đăng nhập đã hết").wait_for()
    page.keyboard.type("58")  # one goes on typing before one reads
    page.locator(".grid-note button", has_text="Đăng nhập lại").click()
    page.fill("#id_login", "lan")
    page.fill("#id_password", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_selector("grade-grid[data-ready]")
    saved(page)
    reload(page)
    assert column(page, "ck")[12:14] == ["6,4", "5,8"]


def test_a_digit_without_enter_is_not_lost_with_the_page(sign_in: SignIn) -> None:
    page = sign_in("lan")
    page.on("dialog", lambda dialog: dialog.accept())
    open_sheet(page, "7A")
    address = page.url
    cell(page, 16, "ck").click()
    page.keyboard.type("9")
    page.goto("/so-diem/")
    page.goto(address)
    page.wait_for_selector("grade-grid[data-ready]")
    page.wait_for_function("() => !document.querySelector('grade-grid td.waiting')")
    reload(page)
    assert column(page, "ck")[16] == "9,0"


def test_a_sheet_closed_while_someone_types(sign_in: SignIn) -> None:
    """What could not be sent is kept, told by name after a reload, and thrown away only by a person."""
    page = sign_in("mai")
    _open_subject(page, "Đạo đức")
    cell(page, 0, "end.level").click()
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("a", has_text="Ký và chốt").click()
    if other.locator("input[name=zero_pending]").count():
        other.check("input[name=zero_pending]")
    other.fill("#accept", "Chốt thử khi còn trống")
    sign(other, "Ký và chốt bảng điểm")
    page.keyboard.type("h")
    page.locator(".grid-note", has_text="1 ô chưa gửi vẫn giữ").wait_for()
    page.locator(".grid-note button", has_text="Tải lại trang").click()
    page.locator(".grid-note", has_text=re.compile("Mức đạt được cuối kì: H")).wait_for()
    page.locator(".grid-note button", has_text="Đã xem").click()
    reload(page)
    assert not note(page)


def test_remarks_for_all_who_have_none(sign_in: SignIn) -> None:
    """By level from the bank of phrases, no two neighbors alike; what was written stays; one step to undo."""
    page = sign_in("mai")
    _open_subject(page, "Toán")
    cell(page, 0, "end.level").click()
    page.keyboard.type("tttt")
    cell(page, 1, "remark").click()
    page.keyboard.type("Em tính nhanh.")
    page.keyboard.press("Enter")
    before = column(page, "remark")
    page.locator(".grid-bar button", has_text="Điền mẫu nhận xét").click()
    remarks = column(page, "remark")
    assert remarks[1] == "Em tính nhanh."
    assert remarks[0]
    assert remarks[2]
    assert remarks[2] != remarks[3]
    page.keyboard.press("Control+z")
    assert column(page, "remark") == before
    saved(page)


def test_what_a_screen_reader_is_told(sign_in: SignIn) -> None:
    """Range, computed columns, special states and dangers are said, not only colored."""
    page = sign_in("lan")
    open_sheet(page, "9A")
    cell(page, 0, "tx3").click()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("td[aria-selected=true]")).to_have_count(2)
    page.keyboard.press("Control+ArrowDown")
    last = len(column(page, "tx3")) - 1
    assert cell(page, last, "tx3").evaluate("td => td === document.activeElement")
    page.keyboard.press("Control+Home")
    assert page.evaluate("() => document.activeElement.cellIndex") == 2
    expect(page.locator("tbody td.calc:not([aria-readonly=true])")).to_have_count(0)
    cell(page, 1, "ck").click()
    page.keyboard.type("v")
    assert cell(page, 1, "ck").get_attribute("aria-label") == "Vắng, chờ kiểm tra bù"
    page.keyboard.press("Control+z")
    assert cell(page, 1, "ck").get_attribute("aria-label") is None
    saved(page)
    assert page.locator(".grid-status").get_attribute("role") == "status"
    assert page.locator(".grid-note").get_attribute("role") == "alert"


def _open_subject(page: Page, subject: str) -> None:
    page.goto("/")
    page.locator("main a.card-link").first.click()
    page.locator("nav.tabs a", has_text=re.compile(rf"^{subject}$")).click()
    page.wait_for_selector("grade-grid[data-ready]")
