"""The endpoint of the grid: what it takes, what it answers, what it refuses whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.cast import SYSTEM, World, fill, sign_in, write

from khue.core.ids import short, uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import Cell, Sheet
from khue.modules.gradebook.tests.acts import snapshot
from khue.modules.gradebook.tests.browsers import Browsers, url

pytestmark = pytest.mark.django_db


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
