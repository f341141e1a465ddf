"""The wizard's pages: many files in one act, one by one, sent again after a lost connection, decided on."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cast import PUPILS, World, sign_in

from khue.core.ids import short, uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.importing.tests.files import marks, workbook
from khue.modules.people import api as people

pytestmark = pytest.mark.django_db

HOME = "/nhap-du-lieu/"
JSON = {"headers": {"accept": "application/json"}}
HEAD = ["STT", "Lớp", "Mã MOET", "Họ và tên", "Ngày sinh"]


@pytest.fixture(autouse=True)
def without_second_step(settings: Any) -> None:
    """The second step of signing in has tests of its own."""
    settings.KHUE_REQUIRE_MFA = False


def excel(data: bytes, name: str = "bang.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def sheet(subject: str = "Toán") -> bytes:
    rows = [
        [n + 1, str(2099000000 + n), name, f"05/{1 + n % 12:02d}/2014", 8, 7, 9, 8, 7, 8, 7.8]
        for n, name in enumerate(PUPILS)
    ]
    return marks(rows, subject=subject)


def pupils(*rows: list[Any]) -> bytes:
    return workbook(DS=[["DANH SÁCH HỌC SINH NĂM HỌC 2025-2026"], HEAD, *rows])


def send_one(client: Client, data: bytes, batch: str, name: str = "bang.xlsx", **choices: Any) -> Any:
    choice = {"batch": batch, "school": "20180001", "year": "2025-2026", "kind": "auto"} | choices
    return client.post(f"{HOME}gui/mot/", {"files": excel(data, name)} | choice, **JSON)


def test_many_files_are_sent_confirmed_and_taken_back_in_three_acts(world: World) -> None:
    client = sign_in(world.thu)
    files = [excel(sheet(), "toan.xlsx"), excel(sheet("Ngữ văn"), "van.xlsx")]
    answer = client.post(f"{HOME}gui/", {"files": files, "school": "20180001", "year": "2025-2026"})
    page = answer["Location"]
    assert "/lo/" in page
    runs = list(ImportRun.objects.order_by("filename"))
    assert [(run.filename, run.state) for run in runs] == [("toan.xlsx", "checked"), ("van.xlsx", "checked")]
    assert "toan.xlsx" in client.get(page).content.decode()
    client.post(f"{page}nhap/", {"run": [short(run.id) for run in runs]})
    assert len(gradebook.cells_of(world.sheet("6A", "VAN").id)) == 30
    assert "Hoàn tác 2 tệp" in client.get(page).content.decode()
    client.post(f"{page}hoan-tac/")
    assert set(ImportRun.objects.values_list("state", flat=True)) == {RunState.UNDONE}
    assert {cell.value for cell in gradebook.cells_of(world.sheet("6A", "VAN").id).values()} == {""}


def test_a_file_sent_again_after_a_lost_connection_is_not_checked_twice(world: World) -> None:
    client, batch = sign_in(world.thu), short(uuid7())
    data = sheet()
    first, again = send_one(client, data, batch), send_one(client, data, batch)
    assert (first.status_code, first.json()["state"]) == (200, "ok")
    assert again.json()["url"] == first.json()["url"]
    assert ImportRun.objects.count() == 1
    other = send_one(client, sheet("Ngữ văn"), batch, "van.xlsx")
    assert other.json()["url"] != first.json()["url"]
    assert other.json()["batch"] == first.json()["batch"]


def test_nobody_sends_into_the_sending_of_somebody_else(world: World) -> None:
    batch = short(uuid7())
    send_one(sign_in(world.thu), sheet(), batch)
    assert send_one(sign_in(world.minh), sheet("Ngữ văn"), batch).status_code == 404
    assert ImportRun.objects.count() == 1


def test_a_refusal_of_one_file_is_said_in_its_line(world: World) -> None:
    client, batch = sign_in(world.thu), short(uuid7())
    refused = send_one(client, b"%PDF-1.7 ...", batch, "bang.xlsx")
    assert (refused.status_code, refused.json()["state"]) == (200, "bad")
    unknown = send_one(client, sheet(), batch, school="20999999")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "IMP-002")
    empty = client.post(f"{HOME}gui/mot/", {"batch": batch}, **JSON)
    assert empty.json()["code"] == "IMP-010"


def test_junk_in_the_choices_is_no_bug(world: World) -> None:
    client = sign_in(world.thu)
    assert send_one(client, sheet(), short(uuid7()), term="zwei").status_code == 200
    assert send_one(client, sheet(), "???").status_code == 400


def test_too_many_files_are_refused_and_none_is_lost_silently(world: World) -> None:
    client = sign_in(world.thu)
    files = [excel(b"x", f"{n}.xlsx") for n in range(61)]
    answer = client.post(f"{HOME}gui/", {"files": files, "school": "20180001"}, **JSON)
    assert answer.json()["code"] == "IMP-012"
    assert ImportRun.objects.count() == 0


def test_a_file_is_confirmed_by_a_program_with_its_new_state(world: World) -> None:
    client = sign_in(world.thu)
    url = send_one(client, sheet(), short(uuid7())).json()["url"]
    assert client.post(f"{url}nhap/", **JSON).json()["said"] == "Đã nhập"
    assert client.post(f"{url}nhap/", **JSON).json()["code"] == "IMP-004"


def test_doubtful_rows_are_decided_on_the_page(world: World) -> None:
    client = sign_in(world.thu)
    twins = [[n, "6A", f"209966600{n}", "Vi Thị Hoa", "01/02/2014"] for n in (6, 7)]
    first = send_one(client, pupils(*twins), short(uuid7()), kind="pupils").json()["url"]
    client.post(f"{first}nhap/")
    doubtful = pupils([1, "6A", None, "Vi Thị Hoa", "01/02/2014"])
    url = send_one(client, doubtful, "", kind="pupils").json()["url"]
    page = client.get(url).content.decode()
    assert "1 dòng chưa rõ là ai" in page
    assert "Học sinh mới" in page
    assert "Hãy chọn người" in page
    client.post(f"{url}chon/", {"d0": "new", "d7": "x"})
    assert "Xác nhận nhập 1 thay đổi" in client.get(url).content.decode()
    client.post(f"{url}nhap/")
    assert people.Person.objects.filter(full_name="Vi Thị Hoa").count() == 3


def test_a_file_that_brings_nothing_new_asks_for_nothing(world: World) -> None:
    client = sign_in(world.thu)
    client.post(send_one(client, sheet(), short(uuid7())).json()["url"] + "nhap/")
    page = client.get(send_one(client, sheet(), short(uuid7())).json()["url"]).content.decode()
    assert "Mọi thứ trong tệp đã có sẵn." in page
    assert "/nhap/" not in page.split("<main")[1]


def test_findings_of_one_kind_stand_together(world: World) -> None:
    client = sign_in(world.thu)
    rows = [[n, "6A", f"20996660{n:02d}", f"Vi Thị Hoa {n}", 2014] for n in range(10, 30)]
    url = send_one(client, pupils(*rows), short(uuid7()), kind="pupils").json()["url"]
    page = client.get(url).content.decode()
    assert page.count("Chỉ có năm sinh.") == 1
    assert "cột Ngày sinh; ghi là 2014" in page


def test_strangers_find_no_page(world: World) -> None:
    url = send_one(sign_in(world.thu), sheet(), short(uuid7())).json()["url"]
    batch = f"{HOME}lo/{short(ImportRun.objects.get().batch)}/"
    stranger = sign_in(world.quang)
    for address in (url, batch):
        assert stranger.get(address).status_code == 404
    for address in (f"{url}nhap/", f"{url}chon/", f"{url}so-sanh/", f"{url}hoan-tac/"):
        assert stranger.post(address).status_code == 404
    stranger.post(f"{batch}hoan-tac/")
    assert ImportRun.objects.get().state == RunState.CHECKED
