"""English chosen in the foot of a page: remembered by this browser, also by the script of the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.grid import cell, open_sheet

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.journeys.conftest import SignIn

pytestmark = pytest.mark.browser


def test_the_grid_speaks_the_language_that_was_chosen(sign_in: SignIn) -> None:
    page = sign_in("hoa")
    open_sheet(page, "7A")
    sheet = page.url
    page.locator(".language button", has_text="English").click()
    page.wait_for_selector("html[lang=en] grade-grid[data-ready]")
    assert page.url == sheet
    assert page.locator(".grid-bar button", has_text="Undo").is_visible()
    assert page.locator(".grid-status").inner_text() == "Saves as you type"
    first = cell(page, 0, "tx1")
    first.click()
    page.keyboard.press("F2")
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    assert "«11» is not a mark from 0 to 10." in page.locator(".grid-note").inner_text()
    assert first.inner_text().replace(",", "").isdigit()  # marks keep their comma
    page.locator(".language button", has_text="Tiếng Việt").click()
    page.wait_for_selector("html[lang=vi] grade-grid[data-ready]")
    assert page.locator(".grid-bar button", has_text="Hoàn tác").is_visible()


def test_the_sign_in_page_fits_a_phone_in_english(browser: Browser, demo: str) -> None:
    context = browser.new_context(base_url=demo, viewport={"width": 360, "height": 800}, locale="en-US")
    page = context.new_page()
    page.goto("/dang-nhap/login/")
    assert page.locator("html").get_attribute("lang") == "vi"  # whatever the browser prefers
    page.locator(".language button", has_text="English").press("Enter")
    page.wait_for_selector("html[lang=en]")
    assert page.locator("main button.btn-primary").inner_text() == "Sign in"
    assert page.locator(".language button[aria-current]").inner_text() == "English"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
