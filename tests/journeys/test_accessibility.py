"""Every page, for every role: WCAG A and AA by axe, on a screen and on a phone, in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

YEAR = "/so-diem/?nam=2025-2026&ky=2 > main td a"
CLASS = "/lop/ > main table a"
# Who looks at what: an address, then links to follow.
PAGES: dict[str, tuple[str, ...]] = {
    "hoa": (
        "/",
        "/so-diem/",
        "/ > main a.card-link",
        "/ > main a.card-link > main a[href$='/chot/']",
        "/so-diem/?nam=2025-2026&ky=1 > main a.card-link",
        "/dang-nhap/2fa/",
        "/dang-nhap/2fa/totp/activate/",
        "/dang-nhap/password/change/",
    ),
    "mai": ("/ > main a.card-link", "/ > main a.card-link > nav.tabs a:nth-child(2)"),
    "lan": ("/ > main a.card-link", "/so-diem/ > main th a"),
    "minh": (
        "/",
        "/so-diem/",
        "/so-diem/sua-diem/",
        YEAR,
        f"{YEAR} > nav.tabs a:nth-child(3)",
        f"{YEAR} > nav.tabs a:nth-child(4)",
        f"{YEAR} > table.summary tbody a",
        "/so-diem/ > main th a",
        "/lop/",
        "/lop/nam-hoc/",
        "/lop/ > a[href*='/phan-cong/']",
        "/lop/ > a[href*='/mo-lop/']",
        CLASS,
        f"{CLASS} > a[href$='/xep-lop/']",
        f"{CLASS} > a[href*='/mon/']",
        f"{CLASS} > td a[href*='/hoc-sinh/']",
        "/nguoi/",
        "/nguoi/ > main table a",
        "/nguoi/ > main table a > a[href$='/sua/']",
        "/quyen/",
        "/quyen/phan-quyen/",
        "/quyen/tai-khoan/",
        "/quyen/vi-sao/",
        "/quyen/khan-cap/",
        "/quyen/nhat-ki/",
    ),
    "thu": ("/", "/nhap-du-lieu/", "/so-diem/sua-diem/", "/nguoi/them-hoc-sinh/", "/nguoi/them-can-bo/"),
    "son": ("/", "/so-diem/", "/don-vi/"),
    "quantri": (
        "/danh-muc/",
        "/danh-muc/ > main table a",
        "/danh-muc/ > main table a > main a[href*='/muc/']",
        "/danh-muc/ > main table a > a[href$='/them/']",
        "/don-vi/",
        "/quyen/",
    ),
}
VISITOR = ("/", "/dang-nhap/login/", "/dang-nhap/password/reset/", "/khong-co/")
Scheme = Literal["light", "dark"]


def test_axe_finds_what_is_wrong(browser: Browser, faults: Callable[[Page], list[str]]) -> None:
    """A check that never fails checks nothing."""
    page = browser.new_page()
    page.set_content("<html lang=vi><title>x</title><button></button><p style='color:#bbb'>nhạt</p>")
    assert {fault.split(":")[0] for fault in faults(page)} == {"button-name", "color-contrast"}
    page.close()


@pytest.mark.parametrize(
    ("username", "width"), [*((name, 1280) for name in PAGES), ("hoa", 360), ("minh", 360), ("thu", 360)]
)
def test_no_page_has_a_fault_axe_can_find(
    sign_in: SignIn, faults: Callable[[Page], list[str]], username: str, width: int
) -> None:
    """One scheme on the screen, the other on the phone; nothing wider than the window."""
    scheme: Scheme = "light" if width > 640 else "dark"
    page = sign_in(
        username, viewport={"width": width, "height": 740}, color_scheme=scheme, reduced_motion="reduce"
    )
    assert not [fault for address in PAGES[username] for fault in _look(page, address, faults)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_a_visitor(
    browser: Browser, demo: str, faults: Callable[[Page], list[str]], scheme: Scheme
) -> None:
    for width in (1280, 360):
        context = browser.new_context(
            base_url=demo, color_scheme=scheme, viewport={"width": width, "height": 740}
        )
        page = context.new_page()
        assert not [fault for address in VISITOR for fault in _look(page, address, faults)]
        context.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_boxes_and_fields_of_the_grid(
    sign_in: SignIn, faults: Callable[[Page], list[str]], width: int
) -> None:
    """What opens while one types: the keys, a cell's history, a remark with its phrases, the keypad."""
    page = sign_in("hoa", viewport={"width": width, "height": 740}, reduced_motion="reduce")
    found = _look(page, "/ > main a.card-link", faults)
    page.locator("grade-grid tbody td:not(.pos):visible").first.click()
    found += faults(page)
    page.keyboard.press("Alt+h")
    page.locator("dialog").wait_for()
    found += faults(page)
    page.keyboard.press("Escape")
    if width > 640:
        page.locator(".grid-bar button", has_text="Phím tắt").click()
        found += faults(page)
        page.keyboard.press("Escape")
        page.keyboard.press("End")
        page.keyboard.press("F2")
        page.locator(".phrases").wait_for()
        found += faults(page)
        page.keyboard.press("Escape")
    assert not found


def _look(page: Page, path: str, faults: Callable[[Page], list[str]]) -> list[str]:
    """Go there by links, and say what is wrong."""
    address, *links = path.split(" > ")
    page.goto(address)
    for link in links:
        page.locator(link).first.click()
        page.wait_for_load_state()
    if page.locator("grade-grid").count():
        page.wait_for_selector("grade-grid[data-ready]")
    expect(page.locator("h1:visible")).to_have_count(1)
    found = [f"{path}: {fault}" for fault in faults(page)]
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return [*found, f"{path}: {wide} px wider than the window"] if wide > 0 else found
