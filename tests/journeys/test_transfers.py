"""A pupil changes school: both offices together need at most eight acts, and nothing is typed twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.year_end import MOVER, OTHER

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.journeys.conftest import Town, Windows

pytestmark = pytest.mark.browser
MOST_ACTS = 8
WHY = "Gia đình chuyển nơi ở"


class Counted:
    """Clicks and choices of people; typed letters are not counted."""

    def __init__(self) -> None:
        self.acts = 0

    def click(self, what: Locator) -> None:
        self.acts += 1
        what.click()

    def open(self, page: Page) -> None:
        self.click(page.locator(".menu a", has_text="Chuyển trường"))


def test_two_offices_move_a_pupil_in_eight_acts(at_year_end: Windows, year_end: Town) -> None:
    counted = Counted()
    clerk = at_year_end.enter("thu")
    counted.open(clerk)
    clerk.fill("#tim", "mai")
    clerk.keyboard.press("Enter")
    counted.click(clerk.locator("main a", has_text=MOVER))
    clerk.fill("#to_school", OTHER)
    clerk.fill("#reason", WHY)
    counted.click(clerk.locator("main button", has_text="Gửi đề nghị"))
    expect(clerk.locator(".tag", has_text="Chờ trường đang học cho chuyển")).to_be_visible()
    address = clerk.url

    principal = at_year_end.enter("minh")
    principal.goto(address)  # from the list of what waits, one act as well as the key's confirmation
    counted.click(principal.locator("main button", has_text="Ký cho chuyển"))
    counted.click(principal.locator("main button", has_text="Xác nhận ký"))
    principal.locator("sign-tray", has_text="Đã ký xong").wait_for()

    receiver = at_year_end.enter("duyen")
    counted.open(receiver)
    counted.click(receiver.locator("main a", has_text=MOVER))
    expect(receiver.locator("#brings")).to_be_visible()
    counted.click(receiver.locator("main button", has_text=re.compile("^Tiếp nhận$")))
    expect(receiver.locator(".notice-ok", has_text="Đã tiếp nhận vào lớp 8X")).to_be_visible()
    assert counted.acts <= MOST_ACTS

    year_end.work()
    receiver.goto("/dang-bo/")
    receiver.locator("main table tbody a").last.click()  # the cohort that is in grade 8 now
    receiver.fill("#tim", MOVER)
    receiver.keyboard.press("Enter")
    expect(receiver.locator("main", has_text=MOVER)).to_be_visible()
    clerk.goto(address)
    expect(clerk.locator(".tag", has_text="Đã tiếp nhận")).to_be_visible()


def test_a_parcel_goes_to_a_school_elsewhere_and_a_forged_one_is_refused(
    at_year_end: Windows, year_end: Town, tmp_path: Path
) -> None:
    clerk = at_year_end.enter("thu")
    clerk.goto("/chuyen-truong/?tim=nam")
    clerk.locator("main a", has_text="Hoàng Văn Nam").click()
    clerk.fill("#reason", WHY)
    clerk.locator("summary", has_text="Trường ngoài hệ thống").click()
    clerk.fill("#outside", "Trường THCS Chợ Chu, Thái Nguyên")
    clerk.locator("main button", has_text="Gửi đề nghị").click()
    expect(clerk.locator("h1", has_text="Hoàng Văn Nam")).to_be_visible()
    address = clerk.url
    principal = at_year_end.enter("minh")
    principal.goto(address)
    principal.locator("main button", has_text="Ký cho chuyển").click()
    principal.locator("main button", has_text="Xác nhận ký").click()
    principal.locator("sign-tray", has_text="Đã ký xong").wait_for()
    year_end.work()
    clerk.goto(address)
    with clerk.expect_download() as got:
        clerk.locator("main a", has_text="Tải gói").click()
    parcel = tmp_path / "goi.zip"
    got.value.save_as(parcel)
    clerk.fill("#received_by", "Ông Hoàng Văn Sơn, bố")
    clerk.locator("main button", has_text="Ghi đã giao").click()
    expect(clerk.locator(".tag", has_text="Đã giao gói hồ sơ")).to_be_visible()

    receiver = at_year_end.enter("duyen")
    receiver.goto("/chuyen-truong/goi/")
    bad = tmp_path / "hong.zip"
    bad.write_bytes(parcel.read_bytes()[:-200])
    receiver.set_input_files("#file", bad)
    receiver.locator("main button", has_text="Kiểm tra và nhận").click()
    expect(receiver.locator(".notice-bad")).to_be_visible()
    # The pupil who left comes to the other school with her own parcel after all.
    receiver.set_input_files("#file", parcel)
    receiver.locator("main button", has_text="Kiểm tra và nhận").click()
    expect(receiver.locator(".notice-bad", has_text="đã được nhận")).to_be_visible()


def test_the_pages_fit_a_phone_and_say_nothing_wrong(at_year_end: Windows, faults) -> None:  # type: ignore[no-untyped-def]
    for username in ("thu", "minh", "duyen"):
        page = at_year_end.enter(username, viewport={"width": 360, "height": 740})
        page.goto("/chuyen-truong/")
        assert faults(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
        page.locator("main table a").first.click()
        page.wait_for_load_state()
        assert faults(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
