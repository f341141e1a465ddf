"""Many files are one act: sent with a bar, gone on with after a lost connection, taken back at once."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import xlsxwriter
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn

if TYPE_CHECKING:
    from playwright.sync_api import Route

TRIES = 5  # of the page, for each file, before it says that the connection is lost
FILES = 3


def _list(number: int) -> Any:
    """A list with one new pupil of 6A."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        page = book.add_worksheet("DS")
        page.write_row(0, 0, ["STT", "Lớp", "Mã MOET", "Họ và tên", "Ngày sinh"])
        page.write_row(1, 0, [1, "6A", f"209955500{number}", f"Nông Văn Tệp {number}", "01/02/2014"])
    return {"name": f"ds{number}.xlsx", "mimeType": "application/octet-stream", "buffer": stream.getvalue()}


def test_files_go_on_after_a_lost_connection_and_come_and_go_together(sign_in: SignIn) -> None:
    page = sign_in("thu")
    page.goto("/nhap-du-lieu/")
    asked = 0

    def network(route: Route) -> None:
        nonlocal asked
        asked += 1
        if 1 < asked <= 1 + TRIES:
            route.abort()
        else:
            route.continue_()

    page.route("**/gui/mot/", network)
    page.set_input_files("#files", [_list(number) for number in range(FILES)])
    page.locator("main button", has_text="Kiểm tra tệp").click()
    again = page.locator(".sending button", has_text="Gửi tiếp")
    again.wait_for(timeout=60_000)
    expect(page.locator(".sending li[data-state=ok]")).to_have_count(1)
    again.click()
    page.wait_for_url("**/lo/**", timeout=60_000)
    expect(page.locator("tbody tr")).to_have_count(FILES)
    page.locator("main button", has_text="Xác nhận các tệp đã chọn").click()
    undo = page.locator("main button", has_text="Hoàn tác 3 tệp")
    undo.wait_for(timeout=60_000)
    expect(page.locator("tbody .tag-ok")).to_have_count(FILES)
    undo.click()
    page.wait_for_load_state()
    expect(page.locator("tbody .tag-ok")).to_have_count(0)
