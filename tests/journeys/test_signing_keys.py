"""Signing with a key that the holder has elsewhere: a phone that rings, a token in the computer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from khue.signing.signers.agent import Batch, Desk, server
from khue.signing.signers.fakes import Clock, FakeSmartCa, Phone, VgcaProgram, serve, serve_program
from khue.signing.signers.fakes.phone import Decision, Habit, Ticket
from khue.signing.signers.pkcs12 import KeySigner
from tests.journeys.signing import SIGN, line
from tests.journeys.town import NUMBERS, PEOPLE, RUNG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.journeys.conftest import Town, Windows

pytestmark = pytest.mark.browser
CERTIFICATES = "/ho-so/chung-thu/"
LATE = 400  # seconds; a request of the service is good for 300


@pytest.fixture(scope="module")
def smartca(town: Town) -> Iterator[FakeSmartCa]:
    """The service that has cô Lan's key and rings her phone; the town's configuration says where it is."""
    clock = Clock(dt.datetime.now(dt.UTC))
    service = FakeSmartCa({NUMBERS["lan"]: {"5AC0": town.key("lan")}}, Phone(clock), now=clock)
    password = town.folder / "smartca.password"
    password.write_text("demo", encoding="utf-8")
    with serve(service) as served:
        (town.folder / "signers.toml").write_text(
            f'[smartca]\nname = "VNPT SmartCA"\nurl = "{served.base_url}"\nsp_id = "khue"\n'
            f'sp_password_file = "{password}"\n',
            encoding="utf-8",
        )
        yield service


def _of_service(page: Page, number: str) -> None:
    """Register what the service has for a number, unless it was done before."""
    page.goto(CERTIFICATES)
    if page.locator("#mine + .table-scroll").count():
        return
    assert "Bạn chưa đăng ký chứng thư nào" in page.locator("main").inner_text()
    page.select_option("#service", label="VNPT SmartCA trên điện thoại")
    page.fill("#number", number)
    page.locator("main button", has_text="Lấy chứng thư").click()
    page.locator(".notice-ok", has_text="Đã đăng ký chứng thư của").wait_for()


def _ask_phone(page: Page, school_class: str) -> None:
    """Sign the summary of one class; the phone is asked at once, and the page says so."""
    page.goto(SIGN)
    for box in page.locator(".checks input").all():
        box.uncheck()
    line(page, school_class).locator("input").check()
    page.locator("main button", has_text="Ký tổng hợp").click()
    page.locator("sign-tray [data-text]", has_text="Hãy xác nhận trên thiết bị").wait_for()


def test_a_request_that_nobody_confirms_is_asked_again_and_signed_once(
    at_town: Windows, smartca: FakeSmartCa
) -> None:
    page = at_town.enter("lan")
    _of_service(page, NUMBERS["lan"])
    _ask_phone(page, RUNG[0])
    [ticket] = smartca.phone.waiting()
    assert ticket.count == 1
    assert "Ký tổng hợp 1 lớp" in ticket.title
    smartca.phone._now.forward(LATE)
    page.locator("sign-tray", has_text="Quá thời gian mà chưa có xác nhận").wait_for()
    assert page.locator(".head .tag").inner_text() == "Dừng giữa chừng"
    assert smartca.signed == 0

    beside = page.context.new_page()
    beside.goto(page.url)
    page.locator("main button", has_text="Ký tiếp").click()
    page.locator("sign-tray [data-text]", has_text="Hãy xác nhận trên thiết bị").wait_for()
    beside.reload()  # two windows ask for the same batch from now on
    [again] = smartca.phone.waiting()
    assert again.number > ticket.number
    smartca.phone.confirm()
    for window in (page, beside):
        window.locator("sign-tray", has_text="Đã ký xong 1 mục").wait_for()
    assert smartca.signed == 1
    page.goto(SIGN)
    assert "đã ký" in line(page, RUNG[0]).inner_text()
    page.goto("/ho-so/")
    page.locator("main table a", has_text=RUNG[0]).click()
    signed = page.locator("#slots + .table-scroll tr", has_text="Giáo viên chủ nhiệm")
    assert PEOPLE["lan"][0] in signed.inner_text()


def test_what_the_holder_refuses_on_the_phone_is_not_signed(at_town: Windows, smartca: FakeSmartCa) -> None:
    page = at_town.enter("lan")
    _of_service(page, NUMBERS["lan"])
    before = smartca.signed
    _ask_phone(page, RUNG[1])
    smartca.phone.refuse()
    page.locator("sign-tray", has_text="Người ký đã từ chối trên điện thoại").wait_for()
    page.locator("main button", has_text="Bỏ phần còn lại").click()
    page.locator(".head .tag", has_text="Đã bỏ").wait_for()
    assert smartca.signed == before
    page.locator("main a", has_text="Về trang Ký").click()
    assert "đủ, chờ ký" in line(page, RUNG[1]).inner_text()


def test_a_number_that_is_somebody_elses_registers_nothing(at_town: Windows, smartca: FakeSmartCa) -> None:
    """The service answers whoever asks; the name in the certificate decides."""
    page = at_town.enter("quy")
    page.goto(CERTIFICATES)
    page.select_option("#service", label="VNPT SmartCA trên điện thoại")
    page.fill("#number", NUMBERS["lan"])
    page.locator("main button", has_text="Lấy chứng thư").click()
    page.locator(".notice-bad", has_text="không phải của bạn").wait_for()


PATIENCE = 120  # seconds until a program is given up that nothing hinders but a busy machine


@dataclass
class Token:
    """Khuê's program on the computer of cô Nhung, with her token; she looks before she says yes."""

    town: Town
    asked: list[Batch] = field(default_factory=list)
    came: Event = field(default_factory=Event)
    may: Event = field(default_factory=Event)

    def start(self) -> None:
        """Start the program."""
        desk = Desk(KeySigner({"token": self.town.key("nhung")}), self._confirm)
        self._server = server(desk, [self.town.address], port=self.town.agent_port)
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the program."""
        self._server.shutdown()

    def _confirm(self, batch: Batch) -> bool:
        self.asked.append(batch)
        self.came.set()
        return self.may.wait(PATIENCE)


def _of_token(page: Page, program: str) -> None:
    page.goto(CERTIFICATES)
    page.select_option("#program", value=program)
    page.locator("main button", has_text="Đọc chứng thư từ token").click()
    page.locator(".notice-ok", has_text="Đã đăng ký chứng thư của").wait_for()


def test_a_token_signs_a_batch_and_goes_on_when_its_program_was_closed(at_town: Windows, town: Town) -> None:
    page, token = at_town.enter("nhung"), Token(town)
    page.goto(CERTIFICATES)
    page.locator("main button", has_text="Đọc chứng thư từ token").click()
    page.locator("agent-certificates", has_text="Hãy mở chương trình").wait_for()
    token.start()
    _of_token(page, "agent")
    page.goto(SIGN)
    page.locator(".checks input").last.uncheck()
    page.locator("main button", has_text="Ký 3 bảng đã đủ").click()
    shown = page.locator("sign-tray [data-text]", has_text="Mã nội dung")
    shown.wait_for()
    assert token.came.wait(PATIENCE)
    [batch] = token.asked  # one question for all of it, and the same code on the page and at the token
    assert batch.count == 2
    assert batch.root[:16] in shown.inner_text()
    assert batch.signer == PEOPLE["nhung"][0]
    token.may.set()
    page.locator("sign-tray", has_text="Đã ký xong 2 mục").wait_for()

    token.stop()
    page.goto(SIGN)
    page.locator("main button", has_text="Ký 1 bảng đã đủ").click()
    page.locator("sign-tray", has_text="Hãy mở chương trình, cắm token rồi bấm «Ký tiếp»").wait_for()
    token.start()
    page.locator("main button", has_text="Ký tiếp").click()
    page.locator("sign-tray", has_text="Đã ký xong 1 mục").wait_for()
    page.goto(SIGN)
    expect(page.locator(".checks li", has_text="đã ký")).to_have_count(3)
    assert [one.count for one in token.asked] == [2, 1]
    token.stop()


def test_who_says_no_at_the_token_reads_so_and_may_sign_again(at_town: Windows, town: Town) -> None:
    """The program that takes one hash a message: what it signed before the no is kept."""

    class Tired(Phone):
        """Says yes so often, then no."""

        yes = 3

        def look(self, ticket: Ticket) -> Decision:
            return Decision.CONFIRMED if ticket.number <= self.yes else Decision.REFUSED

    hand = Tired(lambda: dt.datetime.now(dt.UTC), habit=Habit.CONFIRM)
    program = VgcaProgram(town.key("vinh"), hand)
    page = at_town.enter("vinh")
    with serve_program(program, [town.address], port=town.vgca_port):
        _of_token(page, "vgca")
        page.goto(SIGN)
        page.locator("main button", has_text="Ký 3 bảng đã đủ").click()
        page.locator("sign-tray", has_text="Bạn đã không đồng ý ký ở máy này").wait_for()
        assert page.locator("progress").get_attribute("value") == "2"
        hand.yes = 9
        page.locator("main button", has_text="Ký tiếp").click()
        page.locator("sign-tray", has_text="Đã ký xong 3 mục").wait_for()
    assert program.signed == 1 + 3  # once to read the certificate, then each sheet once
