"""How a teacher's hand uses the grid: open a sheet, choose a cell, read a column, wait until saved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def open_sheet(page: Page, class_name: str) -> None:
    """From the first page to the sheet of a class: one act."""
    page.goto("/")
    page.locator("main a.card-link", has_text=re.compile(rf"{class_name} ·")).first.click()
    page.wait_for_selector("grade-grid[data-ready]")


def cell(page: Page, row: int, slot: str) -> Locator:
    """The cell of a pupil by number, of a column by its slot."""
    column = page.evaluate("slot => document.querySelector(`th[data-slot='${slot}']`).cellIndex", slot)
    return page.locator(f"grade-grid tbody tr:nth-child({row + 1}) > :nth-child({column + 1})")


def column(page: Page, slot: str) -> list[str]:
    """What a column shows, top to bottom."""
    return page.evaluate(
        """slot => { const i = document.querySelector(`th[data-slot='${slot}']`).cellIndex;
        return [...document.querySelectorAll('grade-grid tbody tr')].map(r => r.cells[i].textContent); }""",
        slot,
    )  # type: ignore[no-any-return]


def saved(page: Page) -> None:
    """Wait until nothing is on its way and the page says so."""
    page.wait_for_function(
        "() => !document.querySelector('grade-grid td.waiting') && "
        "/Đã lưu/.test(document.querySelector('.grid-status').textContent)"
    )


def reload(page: Page) -> None:
    """Load again: what is shown now comes from the server."""
    page.reload()
    page.wait_for_selector("grade-grid[data-ready]")


def paste(page: Page, text: str) -> None:
    """Copy a text elsewhere, paste it here."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def note(page: Page) -> str:
    """What the grid says to the hand that types."""
    return page.locator(".grid-note").last.inner_text()
