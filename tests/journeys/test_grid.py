"""Entering marks as teachers do: keyboard only, paste, undo, two tabs, no network, a phone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.journeys.grid import cell, column, open_sheet, reload, saved

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

    from tests.journeys.conftest import SignIn

pytestmark = pytest.mark.browser


def _sizes(page: Page) -> list[tuple[int, int]]:
    """Filled while the page works: bytes and operations of each request that saves."""
    found: list[tuple[int, int]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/ghi/"):
            found.append((len(request.post_data or ""), (request.post_data or "").count('"op_id"')))

    page.on("request", note)
    return found


def test_a_column_by_keyboard_only(sign_in: SignIn) -> None:
    """Digits advance by themselves; one column of a class is two key presses a pupil and no Save."""
    page = sign_in("hoa")
    open_sheet(page, "7A")
    sizes = _sizes(page)
    pupils = len(column(page, "tx3"))
    marks = [f"{number % 10},{number * 7 % 10}" for number in range(pupils)]
    marks[3], marks[5] = "10,0", "8,0"
    cell(page, 0, "tx3").click()
    for text in marks:
        if text == "10,0":
            page.keyboard.type("10")
        elif text == "8,0":
            page.keyboard.type("8")
            page.keyboard.press("ArrowDown")
        else:
            page.keyboard.type(text.replace(",", ""))
    assert column(page, "tx3") == marks
    saved(page)
    reload(page)
    assert column(page, "tx3") == marks
    assert sum(operations for _, operations in sizes) == pupils
    # Slow typing is sent in several batches: what 45 marks weigh in one, with its frame counted once.
    frame = len(json.dumps({"sheet": "x" * 22, "ops": []}, separators=(",", ":")))
    assert frame + sum(size - frame for size, _ in sizes) / pupils * 45 < 5000


def test_wrong_keys_change_nothing_and_say_so(sign_in: SignIn) -> None:
    page = sign_in("hoa")
    open_sheet(page, "7A")
    cell(page, 0, "tx1").click()
    before = column(page, "tx1")
    page.keyboard.type("x")
    assert "không dùng được" in page.locator(".grid-note").inner_text()
    page.keyboard.type("5")
    page.keyboard.press("Escape")
    assert column(page, "tx1") == before
    page.keyboard.press("F2")
    page.keyboard.press("Escape")
    assert column(page, "tx1") == before
    page.keyboard.press("F2")
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    assert "không phải điểm" in page.locator(".grid-note").inner_text()
    assert column(page, "tx1") == before
    assert cell(page, 0, "tx1").evaluate("td => td === document.activeElement")


def test_undo_brings_back_what_the_server_said(sign_in: SignIn) -> None:
    page = sign_in("hoa")
    open_sheet(page, "7A")
    before = column(page, "tx2")
    cell(page, 1, "tx2").click()
    page.keyboard.type("15")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    changed = column(page, "tx2")
    assert changed[1:3] == ["1,5", "2,0"]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert column(page, "tx2") == before
    page.keyboard.press("Control+y")
    saved(page)
    reload(page)
    assert column(page, "tx2") == [*before[:1], "1,5", *before[2:]]


def test_a_column_from_excel_in_two_acts(sign_in: SignIn) -> None:
    """Choose the first cell, paste; what does not fit is named, the rest kept; one undo takes all back."""
    page = sign_in("hoa")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_sheet(page, "8A")
    before = column(page, "tx3")
    lines = ["7,5", "8", "10", "6.25", "chín", *["9"] * (len(before) - 5)]
    page.evaluate("text => navigator.clipboard.writeText(text)", "\r\n".join(lines) + "\r\n")
    cell(page, 0, "tx3").click()
    page.keyboard.press("Control+v")
    wanted = ["7,5", "8,0", "10,0", "6,3", before[4], *["9,0"] * (len(before) - 5)]
    assert column(page, "tx3") == wanted
    assert "1 ô không dán được" in page.locator(".grid-note").inner_text()
    saved(page)
    reload(page)
    assert column(page, "tx3") == wanted
    cell(page, 0, "tx4").click()
    page.keyboard.press("Control+v")
    page.keyboard.press("Control+z")
    saved(page)
    reload(page)
    assert column(page, "tx4") == before


def test_a_range_is_copied_cleared_and_filled(sign_in: SignIn) -> None:
    page = sign_in("hoa")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_sheet(page, "8A")
    before = column(page, "tx1")
    cell(page, 0, "tx1").click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+c")
    assert page.evaluate("() => navigator.clipboard.readText()") == "\n".join(before[:3])
    page.keyboard.press("Control+d")
    assert column(page, "tx1")[:4] == [before[0]] * 3 + [before[3]]
    page.keyboard.press("Delete")
    assert column(page, "tx1")[:4] == ["", "", "", before[3]]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert column(page, "tx1") == before


def test_two_tabs_in_one_cell(sign_in: SignIn) -> None:
    """Never the last writer: both values with who and when, and each choice works."""
    first = sign_in("hoa")
    open_sheet(first, "9A")
    second = first.context.new_page()
    second.goto(first.url)
    second.wait_for_selector("grade-grid[data-ready]")
    for row, mark in ((0, "75"), (1, "60")):
        cell(first, row, "tx3").click()
        first.keyboard.type(mark)
    saved(first)
    cell(second, 0, "tx3").click()
    second.keyboard.type("82")
    dialog = second.locator("dialog")
    dialog.wait_for()
    assert re.search(r"Nông Thị Hoa.*\d\d:\d\d \d\d/\d\d/\d{4}", dialog.inner_text(), re.DOTALL)
    assert "7,5" in dialog.inner_text()
    assert "8,2" in dialog.inner_text()
    dialog.locator("button", has_text="Giữ của").click()
    assert column(second, "tx3")[0] == "7,5"
    cell(second, 1, "tx3").click()
    second.keyboard.type("91")
    second.locator("dialog button", has_text="Dùng của tôi").click()
    saved(second)
    reload(first)
    assert column(first, "tx3")[:2] == ["7,5", "9,1"]


def test_without_network_nothing_is_lost(sign_in: SignIn) -> None:
    """Marks typed off-line stay on the machine, through a reload, and are sent when the network is back."""
    page = sign_in("hoa")
    page.on("dialog", lambda dialog: dialog.accept())
    open_sheet(page, "9A")
    address = page.url
    page.context.set_offline(True)
    cell(page, 4, "tx3").click()
    page.keyboard.type("64")
    page.locator(".grid-status", has_text="Mất mạng").wait_for()
    page.context.set_offline(False)
    saved(page)
    page.context.set_offline(True)
    cell(page, 5, "tx3").click()
    page.keyboard.type("57")
    page.locator(".grid-status", has_text="1 ô chờ gửi").wait_for()
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(address)
    page.wait_for_selector("grade-grid[data-ready]")
    saved(page)
    reload(page)
    assert column(page, "tx3")[4:6] == ["6,4", "5,7"]


def test_absent_waits_for_its_make_up(sign_in: SignIn) -> None:
    page = sign_in("hoa")
    open_sheet(page, "9A")
    cell(page, 2, "gk").click()
    page.keyboard.type("v")
    cell(page, 3, "tx3").click()
    page.keyboard.type("v")
    assert "không dùng được" in page.locator(".grid-note").inner_text()
    saved(page)
    reload(page)
    assert column(page, "gk")[2] == "v"
    assert cell(page, 2, "gk").get_attribute("data-s") == "PENDING_MAKEUP"
    cell(page, 2, "gk").click()
    page.keyboard.press("Alt+h")
    assert "Nông Thị Hoa" in page.locator("dialog").inner_text()


def test_remarks_with_the_bank_of_phrases(sign_in: SignIn) -> None:
    """Typing replaces, F2 continues, the bank is reached by keyboard; a quotation mark is only a mark."""
    page = sign_in("hoa")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_sheet(page, "8A")
    cell(page, 0, "remark").click()
    page.keyboard.type("Tiến bộ rõ")
    phrase = page.locator(".phrases button").first.inner_text()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert column(page, "remark")[0] == f"Tiến bộ rõ {phrase}"
    text = '"Nắm vững" kiến thức\t\n"dòng một\ndòng ""hai"""\n'
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")
    assert column(page, "remark")[1:3] == ['"Nắm vững" kiến thức', 'dòng một\ndòng "hai"']
    saved(page)
    reload(page)
    assert column(page, "remark")[:2] == [f"Tiến bộ rõ {phrase}", '"Nắm vững" kiến thức']


def test_vietnamese_input_methods_compose_in_a_remark(sign_in: SignIn) -> None:
    """The first key already belongs to the input method: the field must be there to receive it."""
    page = sign_in("hoa")
    open_sheet(page, "7A")
    keyboard = page.context.new_cdp_session(page)
    cell(page, 0, "remark").click()
    keyboard.send(
        "Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Process", "windowsVirtualKeyCode": 229}
    )
    for text in ("t", "ti", "tiê", "tiến"):
        keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": 4, "selectionEnd": 4})
    keyboard.send("Input.insertText", {"text": "tiến bộ"})
    assert page.locator("grade-grid textarea").input_value() == "tiến bộ"
    page.keyboard.press("Enter")
    assert column(page, "remark")[0] == "tiến bộ"
    saved(page)


def test_tab_walks_the_row_and_leaves_the_table(sign_in: SignIn) -> None:
    page = sign_in("hoa")
    open_sheet(page, "8A")
    cell(page, 0, "ck").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert cell(page, 0, "remark").evaluate("td => td === document.activeElement")
    page.keyboard.press("Tab")
    assert not page.evaluate("() => document.activeElement.closest('tbody')")


def test_marks_on_a_phone(sign_in: SignIn) -> None:
    """One column beside the names, a keypad of our own, nothing wider than 360 px."""
    page = sign_in("hoa", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    open_sheet(page, "8A")
    page.select_option(".columns-pick select", label="Điểm đánh giá cuối kì")
    cell(page, 0, "ck").tap()
    for key in ("7", "5", "1", "0"):
        page.locator(".keypad button", has_text=re.compile(f"^{key}$")).tap()
    page.locator(".keypad button", has_text=re.compile("^v$")).tap()
    saved(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    reload(page)
    assert column(page, "ck")[:3] == ["7,5", "10,0", "v"]
