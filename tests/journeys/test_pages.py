"""The other pages: sign-in, correction through three people, results and why, import, axe on all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xlsxwriter
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from tests.journeys.conftest import PASSWORD
from tests.journeys.grid import cell, column, open_sheet
from tests.journeys.signing import sign

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.journeys.conftest import SignIn

pytestmark = pytest.mark.browser
NOT_FOUND = 404


def test_sign_in_and_out(browser: Browser, demo: str) -> None:
    """From the first page of the demo: the name is there already, a wrong password is said in words."""
    page = browser.new_context(base_url=demo).new_page()
    page.goto("/")
    page.locator("main a", has_text=re.compile("^lan$")).click()
    assert page.locator("#id_login").input_value() == "lan"
    page.fill("#id_password", "sai")
    page.keyboard.press("Enter")
    page.locator("[role=alert]", has_text="chưa đúng").wait_for()
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("h1", has_text="Lý Thị Lan").wait_for()
    page.click("header .who button")
    page.locator("header a", has_text="Đăng nhập").wait_for()
    page.context.close()


def test_a_passkey_is_added_and_signs_in(browser: Browser, demo: str) -> None:
    """Under the content security policy of every page; the key is the browser's own."""
    # A passkey belongs to a name, not to an address.
    context = browser.new_context(base_url=demo.replace("127.0.0.1", "localhost"), locale="vi-VN")
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/dang-nhap/login/?tai-khoan=tuan")
    page.fill("#id_password", PASSWORD)
    page.click("main button.btn-primary")
    page.locator("header .me").click()
    page.locator("a", has_text="Thêm khoá").click()
    page.fill("input[type=password]", PASSWORD)  # asked again, because it matters
    page.locator("main button", has_text="Xác nhận").click()
    page.check("#id_passwordless")
    page.locator("main button", has_text="Thêm khoá").click()
    page.locator("h1", has_text="Mã dự phòng").wait_for()
    page.click("header .who button")
    page.goto("/dang-nhap/login/")
    page.click("#passkey_login")
    page.locator("h1", has_text="Đàm Văn Tuấn").wait_for()
    context.close()


def test_a_mark_is_corrected_after_closing_by_three_people(sign_in: SignIn) -> None:
    """The teacher asks with a reason, the homeroom teacher confirms, the principal approves."""
    teacher = sign_in("hoa")
    open_sheet(teacher, "6A")
    sheet = teacher.url
    old = column(teacher, "tx1")[0]
    teacher.locator("a", has_text="Ký và chốt").click()
    teacher.fill("#accept", "Học kì chưa hết, chốt sớm để thử quy trình")
    sign(teacher, "Ký và chốt bảng điểm")
    teacher.goto(sheet)
    teacher.locator(".tag", has_text="Giáo viên đã chốt").wait_for()
    teacher.wait_for_selector("grade-grid[data-ready]")
    cell(teacher, 0, "tx1").click()
    teacher.keyboard.type("99")
    assert column(teacher, "tx1")[0] == old
    teacher.keyboard.press("Enter")
    teacher.fill("#value", "9,5")
    teacher.fill("#reason", "Cộng sót nửa điểm câu 4 khi chấm bài")
    teacher.locator("main button", has_text="Gửi yêu cầu").click()
    for person, button in (("lan", "Chủ nhiệm xác nhận"), ("minh", "Duyệt và sửa")):
        page = sign_in(person)
        page.locator("a", has_text="yêu cầu sửa điểm đang chờ bạn").click()
        page.locator("main table a").first.click()
        assert "Cộng sót nửa điểm" in page.locator(".facts").inner_text()
        page.locator("main button", has_text=button).click()
        page.wait_for_load_state()
    teacher.goto(sheet)
    teacher.wait_for_selector("grade-grid[data-ready]")
    assert column(teacher, "tx1")[0] == "9,5"
    assert "Sửa chữa ở 1 chỗ" in teacher.locator("main").inner_text()
    cell(teacher, 0, "tx1").click()
    teacher.keyboard.press("Alt+h")
    said = teacher.locator("dialog").inner_text()
    assert old in said
    assert "Cộng sót nửa điểm" in said


def _year_results(page: Page) -> None:
    page.goto("/so-diem/?nam=2025-2026&ky=2")
    page.locator("main td a").first.click()
    page.locator("nav.tabs a", has_text="Cả năm").click()
    page.wait_for_load_state()


def test_results_say_why(sign_in: SignIn) -> None:
    """From the table of a class to the clause of one pupil's result; nobody is ranked."""
    page = sign_in("minh")
    _year_results(page)
    table = page.locator("table.summary").inner_text()
    assert "Được lên lớp" in table
    assert "hạng" not in table.lower()
    page.locator("table.summary tbody a").first.click()
    why = page.locator("main").inner_text()
    assert re.search(r"Điều 12 khoản 1 điểm [abc] TT 22/2021", why)
    assert re.search(r"Điều 9 khoản \d điểm [a-d] TT 22/2021", why)


def test_a_clerk_imports_marks_and_takes_them_back(sign_in: SignIn, tmp_path: Path) -> None:
    """What was exported brings nothing new; a changed mark is shown before it is written, and is undone."""
    page = sign_in("thu")
    if page.request.get("/nhap-du-lieu/").status == NOT_FOUND:
        pytest.skip("the import module has no pages")
    page.goto("/so-diem/")
    page.locator("main th a", has_text="9A").click()
    with page.expect_download() as download:
        page.locator("a", has_text="Excel HK I").first.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    _upload(page, path)
    assert _tiles(page)["mới"] == _tiles(page)["đổi"] == 0
    assert _tiles(page)["giữ nguyên"] > 0
    _change_one_mark(path)
    _upload(page, path)
    tiles = _tiles(page)
    assert tiles["mới"] + tiles["đổi"] == 1
    page.locator("main button", has_text="Xác nhận nhập 1 thay đổi").click()
    page.locator("main button", has_text="Hoàn tác lần nhập này").click()
    page.wait_for_load_state()
    expect(page.locator("main button", has_text="Hoàn tác lần nhập này")).to_have_count(0)


def _upload(page: Page, path: Path) -> None:
    page.goto("/nhap-du-lieu/")
    page.set_input_files("#files", path)
    page.locator("main button", has_text="Kiểm tra tệp").click()
    page.locator(".tiles").wait_for(timeout=30_000)


def _tiles(page: Page) -> dict[str, int]:
    """How many new, changed, unchanged, doubtful, refused."""
    texts = [text.split(maxsplit=1) for text in page.locator(".tiles .card").all_inner_texts()]
    return {name: int(number) for number, name in texts}


def _change_one_mark(path: Path) -> None:
    """As a clerk would in Excel: the first pupil's first mark of Toán."""
    book = CalamineWorkbook.from_path(path)
    rows = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    head = next(row for row in rows["Toán"] if "ĐĐGtx" in row)
    first = next(row for row in rows["Toán"] if row[0] == 1)
    first[head.index("ĐĐGtx")] = 1.5
    with xlsxwriter.Workbook(path) as changed:
        for name, sheet in rows.items():
            page = changed.add_worksheet(name)
            for number, row in enumerate(sheet):
                page.write_row(number, 0, row)
