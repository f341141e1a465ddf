"""The interface for programs: keys, statuses, headers, limits, and that each school sees its own only."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from tests.cast import NOW, World, sign_in
from tests.unchanged import refused, unchanged

from khue.core.errors import Invalid, NotAllowed, NotFound
from khue.modules.store.models import Receipt, StoredFile, StoredRecord, StoreKey, StoreLink, StoreSchool
from khue.modules.store.services import keys, receiving
from khue.modules.store.tests.press import KHE_VANG, NA_LAU, File, Press
from khue.modules.store.views import machine

pytestmark = pytest.mark.django_db
API = "/kho-hoc-ba/api/v1/"
USED = {"store.StoreKey"}  # the day of its last use


class Machine:
    """A program with a key."""

    def __init__(self, key: str) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": f"Bearer {key}"}

    def ask(self, method: str, path: str, data: bytes = b"", kind: str = "", **headers: str) -> Any:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.generic(
            method, API + path, data, content_type=kind or "application/octet-stream",
            headers=self.headers | named,
        )  # fmt: skip

    def piece(self, code: str, offset: int, data: bytes, **headers: str) -> Any:
        return self.ask("PATCH", f"packages/{code}/body", data, Upload_Offset=str(offset), **headers)


@pytest.fixture
def given(world: World) -> str:
    """A key of Khe Vàng, given today by the officer."""
    today = world.at(world.son, timezone.now())
    keys.set_seals(today, school_id=world.school.pk, seals=[KHE_VANG[1]])
    return keys.give(today, school_id=world.school.pk, label="Máy văn phòng", days=400)[1]


@pytest.fixture
def program(given: str) -> Machine:
    return Machine(given)


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (
        answer.content
    )
    body = answer.json()
    assert (body["code"], body["status"], body["type"]) == (code, status, f"about:{code}")
    assert body["title"].endswith(".")
    return body


def test_a_package_from_the_manifest_to_the_answers(program: Machine, press: Press) -> None:
    files = [press.transcript(number) for number in (1, 2)]
    manifest, whole = press.manifest(*files), b"".join(one.data for one in files)
    opened = program.ask("POST", "packages/", manifest, "application/xml")
    assert (opened.status_code, opened["Location"]) == (201, f"{API}packages/GOI-0001")
    assert (opened["Upload-Offset"], opened["Upload-Length"]) == ("0", str(len(whole)))
    half = len(whole) // 2
    first = program.piece("GOI-0001", 0, whole[:half])
    assert (first.status_code, first["Upload-Offset"]) == (200, str(half))
    asked = program.ask("HEAD", "packages/GOI-0001/body")
    assert (asked.status_code, asked["Upload-Offset"], asked.content) == (200, str(half), b"")
    packed = gzip.compress(whole[half:])
    assert program.piece("GOI-0001", half, packed, Content_Encoding="gzip").status_code == 200
    done = program.ask("POST", "packages/GOI-0001/finish")
    assert done.status_code == 200
    assert done.json() == {
        "code": "GOI-0001", "digest": opened.json()["digest"], "state": "answered", "offset": len(whole),
        "size": len(whole), "counts": {"accepted": 2},
    }  # fmt: skip
    answers = program.ask("GET", "packages/GOI-0001/answers").json()
    assert answers["next"] is None
    assert [(one["code"], one["state"], one["reasons"]) for one in answers["answers"]] == [
        ("HB-0001", "accepted", []), ("HB-0002", "accepted", []),
    ]  # fmt: skip
    counters = program.ask("GET", "counters").json()
    assert counters == {"counters": [{"year": "2025-2026", "level": "TH", "states": {"accepted": 2}}]}
    again = program.ask("POST", "packages/", manifest, "application/xml")
    assert (again.status_code, again.json()) == (200, done.json())
    listed = program.ask("GET", "packages/").json()["packages"]
    assert listed == [done.json()]
    assert done["Cache-Control"] == "no-store"


def test_reasons_come_with_code_and_sentence(program: Machine, press: Press) -> None:
    file = Press(NA_LAU).transcript()
    _whole(program, press.manifest(file), file)
    (answer,) = program.ask("GET", "packages/GOI-0001/answers").json()["answers"]
    assert answer["state"] == "rejected"
    (reason,) = answer["reasons"]
    assert reason["code"] == "STO-054"
    assert "Trường THCS Nà Lầu (MST:4900999999)" in reason["text"]


def _whole(program: Machine, manifest: bytes, *files: File, code: str = "GOI-0001") -> None:
    assert program.ask("POST", "packages/", manifest, "application/xml").status_code in {200, 201}
    whole = b"".join(one.data for one in files)
    assert program.piece(code, 0, whole).status_code == 200
    assert program.ask("POST", f"packages/{code}/finish").status_code == 200


def test_answers_come_in_pages(program: Machine, press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "PAGE", 2)
    files = [press.transcript(number) for number in (1, 2, 3)]
    _whole(program, press.manifest(*files), *files)
    first = program.ask("GET", "packages/GOI-0001/answers").json()
    assert ([one["position"] for one in first["answers"]], first["next"]) == ([1, 2], 2)
    rest = program.ask("GET", "packages/GOI-0001/answers?after=2").json()
    assert ([one["position"] for one in rest["answers"]], rest["next"]) == ([3], None)
    problem(program.ask("GET", "packages/GOI-0001/answers?after=x"), 400, "STO-037")


def test_every_refusal_has_its_status_and_changes_nothing(program: Machine, press: Press) -> None:
    file = press.transcript()
    manifest = press.manifest(file)
    program.ask("POST", "packages/", manifest, "application/xml")
    piece = program.piece
    with unchanged(USED):
        problem(program.ask("POST", "packages/", b"<x/>"), 422, "STO-021")
        problem(program.ask("POST", "packages/", file.data), 422, "STO-022")
        problem(program.ask("POST", "packages/", bytes(2**21)), 422, "STO-021")
        problem(program.ask("POST", "packages/", bytes(2**21 + 1)), 413, "STO-029")
        problem(program.ask("POST", "packages/", press.manifest(press.transcript(9))), 409, "STO-027")
        problem(program.ask("GET", "packages/GOI-9999"), 404, "STO-032")
        problem(program.ask("GET", "packages/GOI-9999/answers"), 404, "STO-032")
        problem(piece("GOI-9999", 0, b"x"), 404, "STO-032")
        problem(program.ask("PATCH", "packages/GOI-0001/body", b"x"), 400, "STO-037")
        problem(piece("GOI-0001", 0, b"x", Content_Encoding="br"), 415, "STO-035")
        problem(piece("GOI-0001", 0, b"not packed", Content_Encoding="gzip"), 415, "STO-035")
        problem(piece("GOI-0001", 0, gzip.compress(b"x")[:-4], Content_Encoding="gzip"), 415, "STO-035")
        problem(piece("GOI-0001", 0, gzip.compress(b"x") + b"y", Content_Encoding="gzip"), 415, "STO-035")
        bomb = gzip.compress(bytes(2**28))
        problem(piece("GOI-0001", 0, bomb, Content_Encoding="gzip"), 413, "STO-029")
        problem(piece("GOI-0001", 0, bytes(2**20 + 1)), 413, "STO-029")
        problem(piece("GOI-0001", 0, b""), 413, "STO-029")
        problem(program.ask("POST", "packages/GOI-0001/finish"), 422, "STO-030")
        wrong = problem(piece("GOI-0001", 5, b"x"), 409, "STO-028")
        assert wrong["offset"] == 0
        assert piece("GOI-0001", 5, b"x")["Upload-Offset"] == "0"
        for method, path in (
            ("DELETE", "packages/"), ("POST", "packages/GOI-0001"), ("PUT", "packages/GOI-0001/body"),
            ("GET", "packages/GOI-0001/finish"), ("POST", "counters"), ("GET", "requests/"),
        ):  # fmt: skip
            answer = program.ask(method, path)
            assert answer.status_code == 405
            assert method not in answer["Allow"]


def test_a_package_may_be_given_up(program: Machine, press: Press) -> None:
    file = press.transcript()
    manifest = press.manifest(file)
    program.ask("POST", "packages/", manifest)
    assert program.ask("DELETE", "packages/GOI-0001").json()["state"] == "abandoned"
    problem(program.piece("GOI-0001", 0, b"x"), 422, "STO-031")
    _whole(program, manifest, file)
    problem(program.ask("DELETE", "packages/GOI-0001"), 422, "STO-031")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic eDp4", "Bearer khue-kho-" + "A" * 43, "Bearer " + "k" * 9000]
)
def test_without_a_key_nobody_learns_anything(world: World, press: Press, header: str) -> None:
    stranger = Machine("x")
    stranger.headers = {"Authorization": header} if header else {}
    for method, path in (
        ("GET", "packages/"), ("POST", "packages/"), ("GET", "packages/GOI-0001"),
        ("PATCH", "packages/GOI-0001/body"), ("GET", "counters"), ("POST", "requests/"),
    ):  # fmt: skip
        with unchanged():
            answer = stranger.ask(method, path)
        problem(answer, 401, "STO-033")
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_session_is_no_key(world: World) -> None:
    """The principal's browser opens nothing here: no page can be made to send."""
    assert sign_in(world.minh).get(f"{API}packages/").status_code == 401


def test_keys_end(world: World, given: str) -> None:
    row, program = StoreKey.objects.get(), Machine(given)
    assert program.ask("GET", "packages/").status_code == 200
    row.refresh_from_db()
    assert row.used_on == timezone.now().date()
    today = world.at(world.son, timezone.now())
    keys.revoke(today, key_id=row.pk)
    keys.revoke(today, key_id=row.pk)
    problem(program.ask("GET", "packages/"), 401, "STO-033")
    _, second = keys.give(today, school_id=world.school.pk, label="Máy khác", days=1)
    assert keys.holder_of(second, today.now + dt.timedelta(hours=23)).label == "Máy khác"
    StoreKey.objects.update(expires_at=timezone.now())
    problem(Machine(second).ask("GET", "packages/"), 401, "STO-033")
    assert given not in str(list(StoreKey.objects.values()))  # kept as a digest


def test_a_key_opens_its_school_only(world: World, program: Machine, press: Press) -> None:
    today = world.at(world.son, timezone.now())
    keys.set_seals(today, school_id=world.elsewhere.pk, seals=[NA_LAU[1]])
    other = Machine(keys.give(today, school_id=world.elsewhere.pk, label="Nà Lầu", days=9)[1])
    file = press.transcript()
    _whole(program, press.manifest(file), file)
    body = {
        "id": str(uuid4()), "kind": "recall", "code": "HB-0001", "digest": file.item.digest,
        "reason": "Nhập nhầm kết quả.", "authority": "Số 1",
    }  # fmt: skip
    with unchanged(USED):
        problem(other.ask("GET", "packages/GOI-0001"), 404, "STO-032")
        problem(other.ask("DELETE", "packages/GOI-0001"), 404, "STO-032")
        problem(other.ask("POST", "packages/GOI-0001/finish"), 404, "STO-032")
        problem(
            other.ask("POST", "packages/", press.manifest(press.transcript(5), code="G5")), 422, "STO-023"
        )
        problem(other.ask("POST", "requests/", json.dumps(body).encode()), 422, "STO-073")
        assert other.ask("GET", "packages/").json() == {"packages": []}
        assert other.ask("GET", "counters").json() == {"counters": []}


def test_requests_over_the_line(program: Machine, press: Press) -> None:
    file = press.transcript()
    _whole(program, press.manifest(file), file)
    body = {
        "id": str(uuid4()), "kind": "cancel", "code": "HB-0001", "digest": file.item.digest,
        "reason": "Nhập nhầm kết quả.", "authority": "Số 1/QĐ",
    }  # fmt: skip
    answer = program.ask("POST", "requests/", json.dumps(body).encode(), "application/json")
    assert answer.json() == {"id": body["id"], "state": "sent", "note": ""}
    assert program.ask("POST", "requests/", json.dumps(body).encode()).json() == answer.json()
    assert program.ask("GET", f"requests/{body['id']}").json() == answer.json()
    for changed, code, status in (
        ({"reason": 5}, "STO-037", 400), ({"id": "x"}, "STO-037", 400), ({"kind": "x"}, "STO-074", 409),
    ):  # fmt: skip
        problem(program.ask("POST", "requests/", json.dumps(body | changed).encode()), status, code)
    for broken in (b"", b"[]", b"\xff", b"[" * 50_000):
        problem(program.ask("POST", "requests/", broken), 400, "STO-037")
    problem(program.ask("GET", f"requests/{uuid4()}"), 404, "STO-032")
    problem(program.ask("GET", "requests/x"), 400, "STO-037")


def test_who_sends_too_much_is_asked_to_wait(
    program: Machine, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "PER_MINUTE", 3)
    for _ in range(3):
        assert program.ask("GET", "packages/").status_code == 200
    answer = program.ask("GET", "packages/")
    problem(answer, 429, "STO-034")
    assert answer["Retry-After"] == "60"


def test_who_guesses_keys_is_shut_out(program: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FAILURES", 3)
    for number in range(3):
        problem(Machine(f"guess {number}").ask("GET", "packages/"), 401, "STO-033")
    problem(Machine("guess").ask("GET", "packages/"), 429, "STO-034")


def test_large_packages_are_answered_by_the_worker(
    program: Machine, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    from khue.modules.store import work

    monkeypatch.setattr(machine, "AT_ONCE", 1)
    files = [press.transcript(number) for number in (1, 2)]
    program.ask("POST", "packages/", press.manifest(*files))
    program.piece("GOI-0001", 0, b"".join(one.data for one in files))
    answer = program.ask("POST", "packages/GOI-0001/finish")
    assert (answer.status_code, answer["Retry-After"], answer.json()["state"]) == (202, "30", "received")
    work.work(timezone.now())
    assert program.ask("GET", "packages/GOI-0001").json()["counts"] == {"accepted": 2}
    assert StoredFile.objects.count() == StoredRecord.objects.count() == 2
    assert Receipt.objects.get().working_since is None


def test_keys_are_given_by_the_department_alone(world: World) -> None:
    for actor, kind in (
        (world.minh, NotAllowed), (world.thu, NotAllowed), (world.hoa, NotFound), (world.quang, NotFound),
    ):  # fmt: skip
        with refused(kind):
            keys.give(actor, school_id=world.school.pk, label="Máy", days=9)
        with refused(kind):
            keys.set_seals(actor, school_id=world.school.pk, seals=["MST:1234567890"])
    for label, days in (("", 9), ("x" * 81, 9), ("Máy", 0), ("Máy", 801)):
        with refused(Invalid, "STO-075"):
            keys.give(world.son, school_id=world.school.pk, label=label, days=days)
    for seal in ("4900123456", "MST:", "MST:1 2", "mst:4900123456"):
        with refused(Invalid, "STO-076"):
            keys.set_seals(world.son, school_id=world.school.pk, seals=[seal])
    row, _ = keys.give(world.son, school_id=world.school.pk, label="Máy", days=9)
    for actor in (world.minh, world.quang):
        with refused(NotFound, "KIT-001"):
            keys.revoke(actor, key_id=row.pk)
    keys.set_seals(world.son, school_id=world.school.pk, seals=["MST:1234567890", ""])
    keys.set_seals(world.son, school_id=world.school.pk, seals=["MST:1234567891"])
    assert StoreSchool.objects.get().seals == ["MST:1234567891"]


def test_a_school_keeps_its_key_sealed(world: World) -> None:
    _, text = keys.give(world.son, school_id=world.school.pk, label="Máy", days=9)
    with refused(Invalid, "STO-007"):
        keys.keep_link(world.minh, school_id=world.school.pk, text="khue-kho-x")
    for actor in (world.hoa, world.quang, world.son):
        with refused((NotFound, NotAllowed)):
            keys.keep_link(actor, school_id=world.school.pk, text=text)
    keys.keep_link(world.thu, school_id=world.school.pk, text=f" {text} ")
    keys.keep_link(world.minh, school_id=world.school.pk, text=text)
    assert text not in StoreLink.objects.get().key
    assert StoreLink.objects.get().set_at == NOW
