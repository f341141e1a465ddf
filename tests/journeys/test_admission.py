"""A class of newcomers from a pasted list: 120 pupils admitted and placed, every act of a person counted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.journeys.conftest import SignIn

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PUPILS, MOST_ACTS = 120, 12
HEAD = "STT\tHọ và tên\tNgày sinh\tGiới tính\tDân tộc\tĐiểm\tThôn"


class Counted:
    """A person at the page: each click, choice and paste is one act."""

    def __init__(self, page: Page) -> None:
        self.page, self.acts = page, 0

    def click(self, what: Locator) -> None:
        self.acts += 1
        what.click()
        self.page.wait_for_load_state()

    def paste(self, where: str, text: str) -> None:
        """Into the field and Ctrl+V: two acts."""
        self.acts += 2
        self.page.locator(where).fill(text)

    def choose(self, where: str, value: str) -> None:
        self.acts += 1
        self.page.locator(where).select_option(value)


def newcomers() -> str:
    """120 children of three villages, one of them too old."""
    draw = random.Random(120)
    rows = [HEAD]
    for number in range(PUPILS):
        girl = draw.random() < 0.5
        family = draw.choice(("Vi", "Lý", "Nông", "Hoàng", "Lương"))
        name = f"{family} {'Thị' if girl else 'Văn'} Mới {number:03d}"
        born = "01/02/2008" if number == 7 else f"{1 + number % 28:02d}/{1 + number % 12:02d}/2015"
        rows.append(
            "\t".join(
                (
                    str(number + 1), name, born, "Nữ" if girl else "Nam",
                    draw.choice(("Tày", "Nùng", "Kinh")), f"{draw.uniform(4, 10):.1f}".replace(".", ","),
                    draw.choice(("Nà Lầu", "Khòn Chang", "Bản Pè")),
                )
            )
        )  # fmt: skip
    return "\n".join(rows)


def test_120_newcomers_are_admitted_and_split_in_twelve_acts(sign_in: SignIn) -> None:
    page = sign_in("thu")
    page.goto("/nhap-du-lieu/")
    person = Counted(page)
    person.click(page.get_by_role("link", name="Tuyển sinh đầu cấp"))
    person.paste("#pasted", newcomers())
    person.click(page.locator("button", has_text="Kiểm tra danh sách"))
    page.wait_for_url("**/tuyen-sinh/*/", timeout=60_000)
    # The exception: the one who is too old is decided on by the papers.
    expect(page.locator("#doubts")).to_contain_text("1 chỗ cần bạn quyết định")
    person.choose("#d0", "yes")
    person.click(page.locator("button", has_text="Lưu lựa chọn"))
    person.click(page.locator("button", has_text=f"Tiếp nhận {PUPILS} học sinh"))
    page.wait_for_url("**/chia-lop/*/", timeout=60_000)
    expect(page.locator("h1")).to_contain_text(f"Chia {PUPILS} em vào khối 6")
    person.click(page.locator("button", has_text=f"Xác nhận xếp {PUPILS} em vào lớp"))
    expect(page.locator("main .tag-ok").first).to_be_visible(timeout=60_000)
    assert person.acts <= MOST_ACTS, person.acts
    page.locator("button", has_text="Hoàn tác chia lớp").click()
    expect(page.get_by_text("Đã hoàn tác: các em trở lại danh sách")).to_be_visible(timeout=60_000)
