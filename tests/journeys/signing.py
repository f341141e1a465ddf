"""How a hand signs: the page «Ký», its lines, the confirmation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SIGN = "/so-diem/ky/"


def line(page: Page, name: str) -> Locator:
    """The line or card of a class on the page «Ký»."""
    return page.locator("main li", has_text=re.compile(rf"(^|\s){name}\b"))


def sign(page: Page, button: str) -> None:
    """Press a button of «Ký», confirm on the page of the batch, and see that all was signed."""
    page.locator("main button", has_text=button).click()
    page.locator("main button", has_text="Xác nhận ký").click()
    page.locator("sign-tray", has_text="Đã ký xong").wait_for()
