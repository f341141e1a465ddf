"""The pages in a browser: who reaches what, what the endpoint takes, how many queries a page needs."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.cast import (
    SINCE,
    SYSTEM,
    World,
    fill,
    make_actor,
    make_pupils,
    make_staff,
    make_world,
    sign_in,
    write,
)

from khue.core.actor import Actor, Role
from khue.core.ids import short, uuid7
from khue.kit.models import AuditEvent
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import Cell, Correction, Sheet
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, seal_term, snapshot
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db
CAST = ("hoa", "lan", "minh", "thu", "son", "quang")
WHY = "Cộng nhầm điểm bài tự luận của em."


@pytest.fixture(autouse=True)
def plain_world(settings: Any) -> None:
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True  # nothing is collected in tests


class Browsers:
    """A browser for each person, signed in once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._open: dict[str, Client] = {}

    def __getattr__(self, name: str) -> Client:
        if name not in self._open:
            self._open[name] = sign_in(getattr(self.world, name))
        return self._open[name]

    def of(self, name: str) -> Client:
        return Client() if name == "stranger" else getattr(self, name)


@pytest.fixture
def browsers(world: World) -> Browsers:
    return Browsers(world)


def url(name: str, *args: Any) -> str:
    return reverse(f"gradebook:{name}", args=[short(arg) if hasattr(arg, "bytes") else arg for arg in args])


def statuses(browsers: Browsers, address: str) -> dict[str, int]:
    return {name: browsers.of(name).get(address).status_code for name in (*CAST, "stranger")}


def reach(**codes: int) -> dict[str, int]:
    """Status by person: what is not said is 200; strangers are led to the sign-in page."""
    return dict.fromkeys(CAST, 200) | {"stranger": 302} | codes


def test_who_reaches_which_page(world: World, browsers: Browsers) -> None:
    toan, own, key = world.sheet("6A", "TOAN"), world.sheet("6A", "homeroom"), world.classes["6A"].id
    pupil = world.pupils["6A"][0]
    cell = f"?pupil={short(pupil)}&slot=tx1"
    nobody = {"hoa": 404, "quang": 404}
    for address, wanted in {
        url("home"): reach(),
        url("sheet", toan.id): reach(quang=404),
        url("sheet", own.id): reach(**nobody),
        url("sheet", uuid7()): reach(**dict.fromkeys(CAST, 404)),
        url("sheet", "khong-co"): reach(**dict.fromkeys(CAST, 400)),
        url("history", toan.id) + cell: reach(quang=404),
        url("close_sheet", toan.id): reach(lan=403, minh=403, thu=403, son=403, quang=404),
        url("request_correction", toan.id) + cell: reach(lan=403, minh=403, thu=403, son=403, quang=404),
        url("corrections"): reach(),
        url("class", key): reach(**nobody),
        url("results", key, 1): reach(**nobody),
        url("results", key, 0): reach(**nobody),
        url("results", key, 9): reach(**dict.fromkeys(CAST, 404)),
        url("why", key, pupil): reach(**nobody),
        url("why", key, world.pupils["7A"][0]): reach(**dict.fromkeys(CAST, 404)),
        url("book_xlsx", key, 1): reach(**nobody),
        url("book_xlsx", key, 3): reach(**dict.fromkeys(CAST, 404)),
    }.items():
        assert statuses(browsers, address) == wanted, address


def test_what_is_posted_is_not_fetched_and_the_other_way_round(world: World, browsers: Browsers) -> None:
    toan, key = world.sheet("6A", "TOAN"), world.classes["6A"].id
    posted = (url("operations", toan.id), url("close_many"), url("seal_many"), url("close_class", key, 1))
    for address in posted:
        assert browsers.lan.get(address).status_code == 405
    for address in (url("home"), url("sheet", toan.id), url("class", key), url("results", key, 1)):
        assert browsers.lan.post(address).status_code == 405
    assert browsers.hoa.put(url("close_sheet", toan.id)).status_code == 405


def operation(
    pupil: Any, slot: str = "tx1", value: str = "7.5", base: int = 0, **more: Any
) -> dict[str, Any]:
    """One wish as the grid sends it: `state` only where it is special."""
    wish = {"op_id": short(uuid7()), "pupil": short(pupil), "slot": slot, "value": value, "base": base}
    return wish | more


def send(client: Client, sheet: Sheet, body: Any, *, to: Sheet | None = None) -> HttpResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = url("operations", (to or sheet).id)
    return client.post(address, data, "application/json", HTTP_ACCEPT="application/json")


def batch(sheet: Sheet, *operations: dict[str, Any]) -> dict[str, Any]:
    return {"sheet": short(sheet.id), "ops": list(operations)}


def test_the_endpoint_saves_and_answers_with_computed_columns(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    wishes = [operation(pupil, slot, "7,5") for slot in ("tx1", "tx2", "tx3", "tx4", "gk", "ck")]
    answer = send(browsers.hoa, sheet, batch(sheet, *wishes))
    assert answer.status_code == 200
    body = answer.json()
    assert [item["status"] for item in body["results"]] == ["done"] * 6
    assert body["results"][0] == {
        "op_id": wishes[0]["op_id"], "status": "done", "version": 1, "value": "7.5",
    }  # fmt: skip
    assert body["rows"] == [{"pupil": short(pupil), "calc": {"term": "7,5"}}]
    assert body["seq"] == 6
    again = send(browsers.hoa, sheet, batch(sheet, *wishes)).json()
    assert [item["status"] for item in again["results"]] == ["done"] * 6
    assert again["seq"] == 6


def test_a_conflict_shows_the_other_value_who_and_when(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(SYSTEM, sheet, pupil, "tx1", "8")
    (item,) = send(browsers.hoa, sheet, batch(sheet, operation(pupil, value="9"))).json()["results"]
    assert (item["status"], item["value"], item["version"], item["by"]) == ("conflict", "8.0", 1, "kiểm thử")
    assert "«8,0» lúc 08:00 15/12/2025" in item["message"]
    write(SYSTEM, sheet, pupil, "ck", "", state="PENDING_MAKEUP")
    (item,) = send(browsers.hoa, sheet, batch(sheet, operation(pupil, "ck", "9"))).json()["results"]
    assert (item["status"], item["state"]) == ("conflict", "PENDING_MAKEUP")
    assert "«Vắng, chờ kiểm tra bù»" in item["message"]


def test_a_refused_operation_says_why(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    (item,) = send(browsers.hoa, sheet, batch(sheet, operation(pupil, value="11"))).json()["results"]
    assert (item["status"], item["code"]) == ("refused", "GRADE-002")
    assert "«11»" in item["message"]


def test_what_is_malformed_is_refused_whole(world: World, browsers: Browsers) -> None:
    sheet, other, pupil = world.sheet("6A", "TOAN"), world.sheet("7A", "TOAN"), world.pupils["6A"][0]
    good = operation(pupil)
    before = snapshot()
    for body in (
        b"", b"{", b"[]", b"\xff\xfe", b'{"sheet":"x","ops":[]}',
        {"ops": [good]},
        batch(other, good),
        batch(sheet, good, good | {"pupil": "khong-phai"}),
        batch(sheet, good, good | {"base": "0"}),
        batch(sheet, good, good | {"base": 2**70}),
        batch(sheet, good, good | {"base": -1}),
        batch(sheet, good, good | {"value": 7.5}),
        batch(sheet, good, good | {"extra": 1}),
        batch(sheet, good, {"op_id": good["op_id"]}),
    ):  # fmt: skip
        answer = send(browsers.hoa, sheet, body)
        assert answer.status_code == 400, body
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "GRADE-011"
    assert snapshot() == before


def test_too_much_at_once_is_refused(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    many = send(browsers.hoa, sheet, batch(sheet, *[operation(pupil)] * 2001))
    assert (many.status_code, many.json()["code"]) == (400, "GRADE-012")
    huge = send(browsers.hoa, sheet, batch(sheet, operation(pupil, "remark", "x" * 600_000)))
    assert (huge.status_code, huge.json()["code"]) == (400, "KIT-004")
    assert not Cell.objects.exists()


def test_who_may_send_operations(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    wanted = {"lan": 403, "minh": 403, "thu": 403, "son": 403, "quang": 404, "stranger": 401}
    found = {
        name: send(browsers.of(name), sheet, batch(sheet, operation(pupil))).status_code for name in wanted
    }
    assert found == wanted
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    closed = send(browsers.hoa, sheet, batch(sheet, operation(pupil)))
    assert (closed.status_code, closed.json()["code"]) == (422, "GRADE-001")


def test_a_browser_without_token_is_refused(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in(world.hoa).cookies
    assert send(strict, sheet, batch(sheet, operation(world.pupils["6A"][0]))).status_code == 403
    assert not Cell.objects.exists()


def test_forty_five_marks_are_less_than_5_kb(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    body = batch(sheet, *(operation(uuid7(), "tx1", "7.5", 12) for _ in range(45)))
    assert len(json.dumps(body, separators=(",", ":"))) < 5 * 1024


def test_the_history_of_a_cell(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(SYSTEM, sheet, pupil, "ck", "8")
    write(world.hoa, sheet, pupil, "ck", "", state="PENDING_MAKEUP")
    address = url("history", sheet.id)
    found = browsers.lan.get(address, {"pupil": short(pupil), "slot": "ck"}).json()
    assert found["changes"] == [
        {
            "at": "08:00 15/12/2025", "by": "Nông Thị Hoa", "old": "8,0", "new": "Vắng, chờ kiểm tra bù",
            "source": "Nhập trên bảng", "reason": "",
        },
        {
            "at": "08:00 15/12/2025", "by": "kiểm thử", "old": "", "new": "8,0", "source": "Nhập trên bảng",
            "reason": "",
        },
    ]  # fmt: skip
    for slot, whom, status in (
        ("tx99", short(pupil), 404), ("a\x00b", short(pupil), 404), ("ck", "x", 400),
    ):  # fmt: skip
        assert browsers.lan.get(address, {"pupil": whom, "slot": slot}).status_code == status


def test_the_sheet_page_shows_the_grid(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(world.hoa, sheet, pupil, "tx1", "7")
    write(world.hoa, sheet, pupil, "remark", "<script>alert(1)</script>")
    page = browsers.hoa.get(url("sheet", sheet.id)).content.decode()
    assert f'data-sheet="{short(sheet.id)}"' in page
    assert 'data-state="open"' in page
    assert 'data-slot="tx1" data-kind="mark" data-editable="1"' in page
    assert '<td data-b="1">7,0</td>' in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert f"ma={short(sheet.id)}&amp;hanh-dong=gradebook.sheet.enter" in page
    assert 'data-state="readonly"' in browsers.lan.get(url("sheet", sheet.id)).content.decode()


def test_why_somebody_may_or_may_not_enter(world: World, browsers: Browsers) -> None:
    asked = {"loai": "gradebook.Sheet", "hanh-dong": "gradebook.sheet.enter"}
    asked["ma"] = short(world.sheet("6A", "TOAN").id)
    mine = browsers.hoa.get(reverse("access:explain"), asked).content.decode()
    assert "Toán, lớp 6A, học kì 1" in mine
    assert "Được phân công dạy môn này của lớp." in mine
    assert "không được «Nhập điểm»" in browsers.lan.get(reverse("access:explain"), asked).content.decode()


def test_closing_a_sheet_on_its_page(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    write(world.hoa, sheet, pupil, "ck", "", state="PENDING_MAKEUP")
    write(world.hoa, sheet, pupil, "tx1", "")
    page = browsers.hoa.get(url("close_sheet", sheet.id))
    assert "Còn thiếu 2 kết quả" in page.content.decode()
    seen = page.context["seen"]
    refusal = browsers.hoa.post(url("close_sheet", sheet.id), {"seen": seen})
    assert refusal.status_code == 422
    assert "Chưa chốt được vì còn thiếu: Toán (TX1 của" in refusal.content.decode()
    write(world.hoa, sheet, pupil, "tx1", "8")
    stale = browsers.hoa.post(url("close_sheet", sheet.id), {"seen": seen, "zero_pending": "1"})
    assert (stale.status_code, "Nội dung đã thay đổi" in stale.content.decode()) == (422, True)
    done = browsers.hoa.post(
        url("close_sheet", sheet.id), {"seen": stale.context["seen"], "zero_pending": "1"}
    )
    assert (done.status_code, done["Location"]) == (302, url("sheet", sheet.id))
    assert Sheet.objects.get(pk=sheet.id).state == "closed"
    closed = browsers.hoa.get(url("sheet", sheet.id)).content.decode()
    assert 'data-state="closed"' in closed
    assert "data-correct-url" in closed
    assert "data-correct-url" not in browsers.lan.get(url("sheet", sheet.id)).content.decode()


def test_closing_many_sheets_from_the_first_page(world: World, browsers: Browsers) -> None:
    sheets = [world.sheet(name, "TOAN") for name in ("6A", "7A")]
    fill(sheets[0])
    page = browsers.hoa.get(url("home") + "?nam=2025-2026&ky=1")
    assert "Chốt 1 bảng đã đủ" in page.content.decode()
    done = browsers.hoa.post(url("close_many"), {"sheet": [short(sheet.id) for sheet in sheets]}, follow=True)
    assert "Đã chốt 1 bảng." in done.content.decode()
    assert "còn thiếu" in done.content.decode()


def test_a_sheet_without_required_results_is_not_called_full(world: World, browsers: Browsers) -> None:
    gradebook.summer_sheet(world.classes["6A"].id, world.school.pk, world.subject("6A", "TOAN"))
    page = browsers.hoa.get(url("home") + "?nam=2025-2026&ky=3").content.decode()
    assert "Đã nhập 0 %" in page
    assert "bảng đã đủ" not in page


def test_how_full_counts_only_who_is_waited_for(world: World) -> None:
    from khue.modules.gradebook.queries import lines_of

    sheet, (first, second, *_) = world.sheet("6A", "GDTC"), world.pupils["6A"]
    fill(sheet)
    for slot in ("tx1", "tx2", "gk", "ck"):
        write(SYSTEM, sheet, first, slot, "")
        write(SYSTEM, sheet, second, slot, "")
    assert lines_of([world.sheet("6A", "GDTC")])[0].percent == 60
    schooling.set_mode(
        world.thu, class_subject_id=sheet.class_subject_id, pupil_id=first, mode="EXEMPT", decision="03/QĐ"
    )
    schooling.leave_class(
        world.thu, school_class_id=sheet.school_class_id, pupil_id=second, on=world.thu.today,
        status="Chuyển trường",
    )
    assert lines_of([world.sheet("6A", "GDTC")])[0].percent == 100


def test_closing_and_sealing_a_class_on_its_page(world: World, browsers: Browsers) -> None:
    key = world.classes["6A"].id
    fill_term(world)
    close_subjects(world)
    results, act = url("results", key, 1), url("close_class", key, 1)
    page = browsers.lan.get(results)
    assert "Giáo viên chủ nhiệm chốt" in page.content.decode()
    for name, status in {"minh": 403, "thu": 403, "son": 403, "hoa": 404, "quang": 404}.items():
        before = snapshot()
        assert browsers.of(name).post(act, {"step": "close"}).status_code == status
        assert snapshot() == before
    closed = browsers.lan.post(act, {"step": "close", "seen": page.context["seen"]}, follow=True)
    assert "Đã chốt học kì I." in closed.content.decode()
    stale = browsers.minh.post(act, {"step": "seal", "seen": "0" * 64}, follow=True)
    assert "Nội dung đã thay đổi" in stale.content.decode()
    sealed = browsers.minh.post(act, {"step": "seal", "seen": stale.context["seen"]}, follow=True)
    assert "Đã khoá học kì I." in sealed.content.decode()
    assert gradebook.class_state(key, 1).state == "sealed"
    empty = browsers.minh.post(act, {"step": "reopen"}, follow=True)
    assert "Mở lại sau khi khoá phải có lí do" in empty.content.decode()
    opened = browsers.minh.post(
        act, {"step": "reopen", "reason": "Nhập nhầm cột điểm.", "decision": "12/QĐ"}, follow=True
    )
    assert "Đã mở lại học kì I." in opened.content.decode()
    assert browsers.minh.post(url("close_class", key, 7), {"step": "seal"}).status_code == 404
    nonsense = browsers.minh.post(act, {"step": "khác"}, follow=True)
    assert "Dữ liệu gửi lên không đọc được" in nonsense.content.decode()


def test_sealing_many_names_no_class_of_another_school(world: World, browsers: Browsers) -> None:
    fill_term(world)
    close_subjects(world)
    gradebook.close_class(world.lan, school_class_id=world.classes["6A"].id, term=1)
    keys = [short(world.classes[name].id) for name in ("6A", "7A", "10A1")]
    page = browsers.minh.post(url("seal_many"), {"term": "1", "class": keys}, follow=True).content.decode()
    assert "Đã khoá 1 lớp: 6A." in page
    assert "7A: Giáo viên chủ nhiệm chưa chốt." in page
    assert "10A1" not in page
    stranger = browsers.quang.post(url("seal_many"), {"term": "1", "class": keys}, follow=True)
    assert "7A" not in stranger.content.decode()
    assert browsers.minh.post(url("seal_many"), {"term": "một"}).status_code == 400


def test_a_correction_in_the_browser(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    address = url("request_correction", sheet.id)
    form = browsers.hoa.get(address, {"pupil": short(pupil), "slot": "ck"})
    assert "giá trị hiện tại <strong>7,5</strong>" in form.content.decode()
    wish = {"pupil": short(pupil), "slot": "ck", "value": "9", "base": str(form.context["base"])}
    short_reason = browsers.hoa.post(address, wish | {"reason": "nhầm"})
    assert (short_reason.status_code, "từ 10 kí tự" in short_reason.content.decode()) == (422, True)
    assert browsers.hoa.post(address, wish | {"reason": WHY, "base": "x"}).status_code == 422
    stale = browsers.hoa.post(address, wish | {"reason": WHY, "base": "0"})
    assert (stale.status_code, "kiểm thử" in stale.content.decode()) == (422, True)
    assert browsers.lan.post(address, wish | {"reason": WHY}).status_code == 403
    assert not Correction.objects.exists()
    sent = browsers.hoa.post(address, wish | {"reason": WHY})
    row = Correction.objects.get()
    page = url("correction", row.id)
    assert (sent.status_code, sent["Location"]) == (302, page)
    assert statuses(browsers, page) == reach(quang=404)
    assert browsers.quang.get(url("corrections")).content.decode().count("Chờ giáo viên") == 0
    assert browsers.lan.get(url("corrections")).content.decode().count("Chờ giáo viên") == 1
    for name, step, status in (("hoa", "confirm", 403), ("minh", "confirm", 403), ("quang", "confirm", 404)):
        assert browsers.of(name).post(page, {"step": step}).status_code == status
    assert "Chủ nhiệm xác nhận</button>" in browsers.lan.get(page).content.decode()
    assert "Chủ nhiệm xác nhận</button>" not in browsers.hoa.get(page).content.decode()
    assert browsers.lan.post(page, {"step": "confirm"}).status_code == 302
    assert "yêu cầu sửa điểm đang chờ bạn" in browsers.minh.get(url("home")).content.decode()
    done = browsers.minh.post(page, {"step": "approve"}, follow=True).content.decode()
    assert "Đã duyệt và sửa điểm." in done
    assert browsers.minh.post(page, {"step": "approve"}).status_code == 422
    assert browsers.minh.post(page, {"step": "xoá"}).status_code == 422
    assert gradebook.cells_of(sheet.id)[pupil, "ck"].value == "9.0"
    assert "Sửa chữa ở 1 chỗ" in browsers.hoa.get(url("sheet", sheet.id)).content.decode()


def test_a_request_that_ran_out_says_so_and_offers_nothing(world: World, browsers: Browsers) -> None:
    from khue.modules.gradebook.services.corrections import request_correction

    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    row = request_correction(
        world.hoa, sheet_id=sheet.id, pupil_id=world.pupils["6A"][0], slot="ck", value="9", reason=WHY,
        base_version=1,
    )  # of December 2025; the browser's day is much later
    page = browsers.lan.get(url("correction", row.id)).content.decode()
    assert "Hết hạn" in page
    assert "tự hết hạn" not in page
    assert "xác nhận</button>" not in page
    late = browsers.lan.post(url("correction", row.id), {"step": "confirm"})
    assert (late.status_code, "Yêu cầu đã hết hạn lúc" in late.content.decode()) == (422, True)


def test_results_and_why_with_clauses(world: World, browsers: Browsers) -> None:
    key, pupil = world.classes["6A"].id, world.pupils["6A"][0]
    for term in (1, 2):
        fill_term(world, term=term)
    write(SYSTEM, world.sheet("6A", "homeroom"), pupil, "absent_excused", "43")
    page = browsers.lan.get(url("results", key, 0)).content.decode()
    assert "Được lên lớp" in page
    assert "46 buổi" in page
    assert "xếp hạng" not in page.lower()
    why = browsers.lan.get(url("why", key, pupil)).content.decode()
    for text in (
        "Điều 9 khoản 1 TT 22/2021", "Điều 12 TT 22/2021 khoản 1 điểm c",
        "Nghỉ 46 buổi, quá 45 buổi trong năm học.", "Điều 15", "Điều 8 khoản 2",
    ):  # fmt: skip
        assert text in why
    primary = sign_in(make_actor(make_staff(world.primary, "Đàm Văn Hà"), (Role.PRINCIPAL, world.primary)))
    for term in (1, 2):
        fill_term(world, "4A", term)
    small = primary.get(url("why", world.classes["4A"].id, world.pupils["4A"][0])).content.decode()
    assert "Điều 9 khoản 2 điểm a TT 27/2020" in small


def test_doubtful_results_are_shown_to_the_principal(world: World, browsers: Browsers) -> None:
    fill_term(world)
    schooling.set_mode(
        world.thu, class_subject_id=world.subject("6A", "GDTC").id, pupil_id=world.pupils["6A"][0],
        mode="EXEMPT", decision="03/QĐ, 10/9/2025",
    )
    page = browsers.minh.get(url("results", world.classes["6A"].id, 1)).content.decode()
    assert "1 học sinh có hai cách hiểu quy định" in page


def test_the_book_as_pdf(world: World, browsers: Browsers) -> None:
    seal_term(world)
    for name, class_name in ((browsers.lan, "6A"), (browsers.son, "4A")):
        answer = name.get(url("book_pdf", world.classes[class_name].id))
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF")
        assert answer.content.count(b"/Type /Page\n") + answer.content.count(b"/Type/Page") > 1
        assert f"so-diem-{class_name.lower()}-2025-2026.pdf" in answer["Content-Disposition"]
    assert AuditEvent.objects.filter(action="gradebook.class.exported.pdf").count() == 2
    assert browsers.hoa.get(url("book_pdf", world.classes["6A"].id)).status_code == 404


def test_the_same_book_gives_the_same_pdf(world: World) -> None:
    from khue.modules.gradebook import paper

    fill_term(world)
    first, second = (
        paper.book_pdf(gradebook.load_book(world.classes["6A"].id), world.hoa.today) for _ in range(2)
    )
    assert first == second


def test_excel_out_holds_the_marks(world: World, browsers: Browsers) -> None:
    from python_calamine import CalamineWorkbook

    fill_term(world)
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(world.hoa, sheet, pupil, "tx1", "10")
    write(world.hoa, sheet, pupil, "ck", "", state="ZERO_NO_MAKEUP")
    write(world.hoa, sheet, pupil, "remark", "=1+1")
    answer = browsers.thu.get(url("book_xlsx", world.classes["6A"].id, 1))
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert {"Toán", "Ngữ văn", "Rèn luyện, chuyên cần"} <= set(book.sheet_names)
    rows = book.get_sheet_by_name("Toán").to_python(skip_empty_area=False)
    roster = gradebook.load_book(sheet.school_class_id).roster
    name = next(row.name for row in roster if row.pupil_id == pupil)
    mine = next(row for row in rows if name in row)
    # tx1 to tx4, gk, ck: (10 + 3×7,5 + 2×7,5 + 0) : 9 = 5,3
    assert mine[4:] == [10.0, 7.5, 7.5, 7.5, 7.5, 0.0, 5.3, "=1+1"]
    sport = book.get_sheet_by_name("Giáo dục thể chất").to_python(skip_empty_area=False)
    assert next(row for row in sport if name in row)[4:9] == ["Đ"] * 5
    assert len([row for row in rows if row[0] in (1.0, 2.0, 3.0, 4.0, 5.0)]) == 5


def asked(client: Client, address: str, budget: Any, limit: int) -> int:
    client.get(address)  # what a process loads once
    with budget(limit) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["hoa", "lan", "minh", "son"])
def test_the_sheet_page_needs_few_queries(
    world: World, browsers: Browsers, django_assert_max_num_queries: Any, who: str
) -> None:
    sheet = world.sheet("6A", "TOAN", 2)
    fill(sheet)
    asked(browsers.of(who), url("sheet", sheet.id), django_assert_max_num_queries, 14)


def test_queries_do_not_grow_with_the_class(db: None, django_assert_max_num_queries: Any) -> None:
    counts = {}
    world = make_world(5)
    for size in (5, 40):
        if size > 5:
            _enlarge(world)
        for term in (1, 2):
            fill_term(world, term=term)
        browser = sign_in(_fresh(world, size))
        counts[size] = [
            asked(browser, address, django_assert_max_num_queries, 20)
            for address in (
                url("results", world.classes["6A"].id, 0),
                url("class", world.classes["6A"].id),
                url("why", world.classes["6A"].id, world.pupils["6A"][0]),
                url("sheet", world.sheet("6A", "TOAN").id),
            )
        ]
    assert counts[5] == counts[40]


def _fresh(world: World, number: int) -> Actor:
    return make_actor(make_staff(world.school, f"Hiệu phó {number}"), (Role.VICE_PRINCIPAL, world.school))


def _enlarge(world: World) -> None:
    """Thirty-five more pupils in 6A."""
    new = make_pupils(world.school, tuple(f"Hoàng Văn Mới {n}" for n in range(35)), 2077000000)
    members = [schooling.NewMember(pupil, SINCE) for pupil in new]
    schooling.enroll_many(SYSTEM, school_class_id=world.classes["6A"].id, members=members)


def test_the_first_page_needs_few_queries(
    world: World, browsers: Browsers, django_assert_max_num_queries: Any
) -> None:
    seal_term(world)
    for name in ("hoa", "lan", "minh"):
        asked(browsers.of(name), url("home") + "?nam=2025-2026&ky=1", django_assert_max_num_queries, 20)
