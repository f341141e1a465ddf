"""The end of a year: from closed gradebooks to sealed transcripts of five classes in the department's store.

Every person does what a person does at the pages; each click is counted where a promise was made.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.year_end import CLASSES, PUPILS, first_year

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.conftest import Town, Windows

pytestmark = pytest.mark.browser
ALL = len(CLASSES) * PUPILS
YEAR = f"{first_year()}-{first_year() + 1}"
HOME = f"/hoc-ba/?nam={YEAR}"
LONG = 240_000  # milliseconds that a batch of 150 may take beside other tests
WHY = "Cha mẹ đề nghị đính chính nơi sinh theo giấy khai sinh."


def _sign(page: Page, button: str) -> None:
    """Press a button of the page of transcripts, confirm, wait for the last signature."""
    page.locator("main button", has_text=button).click(timeout=LONG)  # hundreds of parts are checked
    page.locator("main button", has_text="Xác nhận ký").click(timeout=LONG)
    page.locator("sign-tray", has_text="Đã ký xong").wait_for(timeout=LONG)


def _issued(page: Page) -> int:
    """How many transcripts the page of the office says are signed, over all classes."""
    page.goto(HOME)
    return sum(int(text) for text in page.locator("main table tbody td:nth-child(6)").all_inner_texts())


def test_the_clerk_makes_all_transcripts_of_the_year(at_year_end: Windows) -> None:
    page = at_year_end.enter("thu")
    page.goto(HOME)
    page.locator("main button", has_text="Lập học bạ của mọi lớp").click(timeout=LONG)
    page.locator(".notice-ok").first.wait_for(timeout=LONG)
    for cell in page.locator("main table tbody td:nth-child(3)").all():
        expect(cell).to_have_text("0")


def test_teachers_take_the_proposed_comments_and_sign_each_in_one_act(at_year_end: Windows) -> None:
    for username, parts in (("hoa", ALL), ("quy", 0)):
        page = at_year_end.enter(username)
        page.goto(HOME)
        page.locator("main button", has_text="Nhận mọi câu gợi ý").click(timeout=LONG)
        page.locator(".notice-ok").first.wait_for(timeout=LONG)
        button = page.locator("main button", has_text=re.compile(r"Ký \d+ phần môn học"))
        if parts:
            expect(button).to_have_text(f"Ký {parts} phần môn học")
        _sign(page, "phần môn học")


def test_the_homeroom_teacher_signs_the_year(at_year_end: Windows) -> None:
    page = at_year_end.enter("lan")
    page.goto(HOME)
    page.locator("main button", has_text="Nhận mọi câu gợi ý").click(timeout=LONG)
    page.locator(".notice-ok").first.wait_for(timeout=LONG)
    expect(page.locator("main button", has_text="Ký kết quả năm")).to_have_text(
        f"Ký kết quả năm {ALL} học bạ"
    )
    _sign(page, "Ký kết quả năm")


def test_the_principal_signs_all_in_three_acts_and_the_seal_follows(
    at_year_end: Windows, year_end: Town
) -> None:
    page = at_year_end.enter("minh")
    page.goto(HOME)  # 1
    expect(page.locator("main button", has_text="Ký duyệt")).to_have_text(f"Ký duyệt {ALL} học bạ")
    _sign(page, "Ký duyệt")  # 2 and 3
    year_end.work()
    assert _issued(at_year_end.enter("thu")) == ALL


def test_the_store_takes_all_of_them(at_year_end: Windows, year_end: Town) -> None:
    page = at_year_end.enter("thu")
    page.goto("/kho-hoc-ba/")
    page.locator("main button", has_text=f"Gửi {ALL} học bạ").click()
    for _ in range(6):
        year_end.work()
        page.goto("/kho-hoc-ba/")
        if page.locator("main td.num").first.inner_text() == str(ALL):
            break
    expect(page.locator("main td.num").first).to_have_text(str(ALL))
    officer = at_year_end.enter("sen")
    officer.goto("/kho-hoc-ba/")
    row = officer.locator("main tr", has_text="Khe Vàng").first
    assert str(ALL) in row.inner_text()


def test_one_is_recalled_and_issued_again(at_year_end: Windows, year_end: Town) -> None:
    page = at_year_end.enter("minh")
    _open_first(page)
    mine = page.url
    page.locator("main a", has_text="Chữ ký, tệp, bản in").click()
    page.locator("summary", has_text="Thu hồi").click()
    page.fill("#reason", WHY)
    page.fill("#authority", "QĐ 12/QĐ-THCS")
    page.locator("main button", has_text="Thu hồi").click()
    expect(page.locator(".tag", has_text="Đã thu hồi").first).to_be_visible()
    page.goto(mine)
    page.locator("summary", has_text="Lập bản mới").click()
    page.fill("#reason", WHY)
    page.fill("#decision", "QĐ 12/QĐ-THCS")
    page.locator("details button", has_text="Lập bản mới").click()
    page.wait_for_load_state()
    for username, button in (
        ("hoa", "phần môn học"), ("quy", "phần môn học"), ("lan", "Ký kết quả năm"), ("minh", "Ký duyệt"),
    ):  # fmt: skip
        window = at_year_end.enter(username)
        window.goto(HOME)
        _sign(window, button)
    year_end.work()
    page.goto(mine)
    expect(page.locator("main", has_text="bản 2")).to_be_visible()


def test_a_family_shares_a_link_and_takes_it_back(at_year_end: Windows) -> None:
    page = at_year_end.enter("thu")
    _open_first(page, "9B")
    name = page.locator("#who").inner_text()
    page.locator("main a", has_text="Bản sao").click()
    page.fill("#purpose", "Xét tuyển lớp 10")
    page.fill("#recipient", "Trường THPT Na Dương")
    page.locator("main button", has_text="Cấp bản sao").click()
    link = page.locator("section a.wrap").get_attribute("href")
    code = page.locator("section strong code").inner_text()
    mine = page.url

    stranger = at_year_end.stranger()
    stranger.goto(link)
    expect(stranger.locator(".notice-ok", has_text="Chữ ký hợp lệ")).to_be_visible()
    assert name not in stranger.locator("main").inner_text()
    stranger.fill("#code", "00000000")
    stranger.locator("main button", has_text="Xem bản sao").click()
    expect(stranger.locator(".notice-bad")).to_be_visible()
    stranger.fill("#code", code)
    with stranger.expect_response(lambda answer: answer.request.method == "POST", timeout=LONG) as got:
        stranger.locator("main button", has_text="Xem bản sao").click()
    assert (got.value.status, got.value.headers["content-type"]) == (200, "application/pdf")

    page.goto(mine)
    expect(page.locator("#openings + ul li")).to_have_count(3)
    page.locator("summary", has_text="Thu hồi bản sao").click()
    page.fill("#reason", "Đã nhập học")
    page.locator("main button", has_text="Thu hồi").click()
    stranger.goto(link)
    expect(stranger.locator(".notice-warn", has_text="không mở được nữa")).to_be_visible()


def test_a_university_verifies_the_file_and_finds_a_changed_mark(
    at_year_end: Windows, tmp_path: Path
) -> None:
    page = at_year_end.enter("thu")
    _open_first(page, "9B")
    page.locator("main a", has_text="Chữ ký, tệp, bản in").click()
    with page.expect_download() as file:
        page.locator("main a", has_text="Tệp hồ sơ").first.click()
    record = tmp_path / "hoc-ba.xml"
    file.value.save_as(record)
    university = at_year_end.stranger()
    for verdict in ("Hợp lệ", "Không hợp lệ"):
        university.goto("/kiem-tra/")
        university.set_input_files("input[type=file]", record)
        university.locator("main button", has_text="Kiểm tra").first.click()
        expect(university.locator("main", has_text=verdict)).to_be_visible()
        genuine = record.read_bytes()
        record.write_bytes(genuine.replace(b'result="7.5"', b'result="9.5"', 1))
        assert record.read_bytes() != genuine or verdict != "Hợp lệ"


def _open_first(page: Page, name: str = "9A") -> None:
    """The transcript of the first pupil of a class."""
    page.goto(HOME)
    more = page.locator("main details summary", has_text="lớp khác")
    if more.count():
        more.first.click()
    page.locator("main table a", has_text=name).first.click()
    page.locator("main table a").first.click()
    page.wait_for_load_state()
