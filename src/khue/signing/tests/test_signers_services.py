"""What is particular to SmartCA and MySign, the phone, and services on a port."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from khue.core.errors import Invalid, Refused
from khue.signing.signers.base import Progress
from khue.signing.signers.check import verified
from khue.signing.signers.fakes import Clock, FakeSmartCa, Phone, serve
from khue.signing.signers.fakes.phone import Decision, Habit
from khue.signing.signers.http import Service
from khue.signing.signers.mysign import _text
from khue.signing.signers.secrets import MemorySecrets
from khue.signing.signers.smartca import Account, SmartCaSigner
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import AT, Rig, genuine, paths, scripted

# --- SmartCA -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("known_by", [("tran_code",), ("transaction_id",)])
def test_status_is_asked_under_either_number(tmp_path: Path, known_by: tuple[str, ...]) -> None:
    rig = rigs.smartca_rig(tmp_path, known_by=known_by)
    assert rig.run(rig.hashes(3)).progress is Progress.DONE


def test_hashes_go_out_as_lower_case_hex_with_our_ids(tmp_path: Path) -> None:
    rig = rigs.smartca_rig(tmp_path)
    (one,) = wanted = rig.hashes(1)
    answer = rig.begin(wanted)
    (call,) = [call for call in rig.service.calls if call.path.endswith("signatures/sign")]
    assert call.body["sign_files"] == [{
        "doc_id": one.id, "file_type": "xml", "sign_type": "hash", "data_to_be_signed": one.digest.hex(),
    }]  # fmt: skip
    assert call.body["transaction_id"] == answer.handle["transaction"]
    assert call.body["time_stamp"] == "20260520080000Z"


def told(rig: Rig, **more: Any) -> bytes:
    number = next(iter(rig.service.transactions))
    return json.dumps({**rig.service.webhook(number), **more}).encode()


def test_the_service_may_tell_us(tmp_path: Path) -> None:
    rig = rigs.smartca_rig(tmp_path)
    wanted = rig.hashes(3)
    begun = rig.begin(wanted)
    assert rig.signer.accept_webhook(begun.handle, told(rig)).progress is Progress.WAITING
    rig.phone.confirm()
    before = len(rig.service.calls)
    answer = rig.signer.accept_webhook(rigs.through_json(begun.handle), told(rig))
    assert answer.progress is Progress.DONE
    assert len(rig.service.calls) == before
    assert rig.ask(begun).values == answer.values
    assert verified(rig.known(), wanted, answer) == answer


def test_what_is_told_about_something_else_is_refused(tmp_path: Path) -> None:
    rig = rigs.smartca_rig(tmp_path)
    begun = rig.begin(rig.hashes(3))
    for body in (b"", b"[]", told(rig, sp_id="x"), told(rig, transaction_id="x")):
        with pytest.raises(Invalid, match="SIGN-342"):
            rig.signer.accept_webhook(begun.handle, body)


@pytest.mark.parametrize("more", [{"status_code": 4002}, {"status_code": 4001}, {"signed_files": []}])
def test_anybody_may_say_no_but_only_the_service_is_believed(tmp_path: Path, more: dict[str, Any]) -> None:
    rig = rigs.smartca_rig(tmp_path)
    begun = rig.begin(rig.hashes(3))
    assert rig.signer.accept_webhook(begun.handle, told(rig, **more)).progress is Progress.WAITING
    forged = [{"doc_id": "x", "signature_value": "AAAA"}]
    assert (
        rig.signer.accept_webhook(begun.handle, told(rig, signed_files=forged)).progress is Progress.WAITING
    )
    assert rig.finish(begun).progress is Progress.DONE


@pytest.mark.parametrize(
    ("status", "progress", "code"),
    [
        ({"status_code": 4001, "message": ""}, Progress.EXPIRED, "SIGN-332"),
        ({"status_code": "4002", "message": ""}, Progress.REFUSED, "SIGN-331"),
        ({"status_code": 200, "message": "User rejected"}, Progress.REFUSED, "SIGN-331"),
        ({"status_code": 200, "message": "TRANSACTION EXPIRED"}, Progress.EXPIRED, "SIGN-332"),
        ({"status_code": 200, "message": "Sig_Wait_For_User_Confirm"}, Progress.WAITING, "SIGN-330"),
        (
            {"status_code": 200, "message": "SUCCESS", "data": {"signatures": None}},
            Progress.WAITING,
            "SIGN-330",
        ),
        ({"status_code": 200, "message": "disk full"}, Progress.FAILED, "SIGN-333"),
        ({"status_code": 400, "message": "transaction not found"}, Progress.FAILED, "SIGN-340"),
        ({"status_code": 1, "data": {"signatures": [1, {"doc_id": 2}]}}, Progress.FAILED, "SIGN-337"),
        ([], Progress.FAILED, "SIGN-333"),
    ],
)
def test_each_status_is_read(tmp_path: Path, status: Any, progress: Progress, code: str) -> None:
    rig = rigs.smartca_rig(tmp_path)
    begun = rig.begin(rig.hashes(2))
    found = scripted(lambda _request: httpx.Response(200, json=status))
    secrets = MemorySecrets({"sp_password": "demo"}, now=rig.clock)
    signer = SmartCaSigner(found, secrets, Account("khue", "001099000001"), now=rig.clock)
    answer = signer.poll(begun.handle)
    assert (answer.progress, answer.code) == (progress, code)


def test_a_wrong_account_is_said_without_its_password(tmp_path: Path) -> None:
    rig = rigs.smartca_rig(tmp_path, sp_password="other")
    with pytest.raises(Refused) as refusal:
        rig.signer.credentials()
    assert refusal.value.code == "SIGN-324"
    assert "demo" not in str(refusal.value)


# --- MySign ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "progress", "code"),
    [
        ("4000", Progress.WAITING, "SIGN-330"),
        ("6000", Progress.WAITING, "SIGN-330"),
        ("4001", Progress.EXPIRED, "SIGN-332"),
        ("4002", Progress.REFUSED, "SIGN-331"),
        ("4005", Progress.FAILED, "SIGN-334"),
        ("13004", Progress.FAILED, "SIGN-335"),
        ("4004", Progress.FAILED, "SIGN-333"),
        (None, Progress.FAILED, "SIGN-333"),
    ],
)
def test_each_state_of_mysign_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str | None, progress: Progress, code: str
) -> None:
    rig = rigs.mysign_rig(tmp_path)
    begun = rig.begin(rig.hashes(2))
    monkeypatch.setattr(rig.service, "_status", lambda _call: (200, {"status": status}))
    answer = rig.ask(begun)
    assert (answer.progress, answer.code) == (progress, code)


def test_text_is_cut_between_letters_to_what_the_gateway_takes() -> None:
    import base64

    shown = _text("Học bạ lớp 9A1, năm học 2026–2027, trường Trung học cơ sở Nguyễn Trãi, tỉnh Lào Cai")
    assert len(shown) <= 96
    assert base64.b64decode(shown).decode().startswith("Học bạ lớp 9A1, năm học 2026–2027, trường")


def test_a_stale_token_of_mysign_is_fetched_anew(tmp_path: Path) -> None:
    rig = rigs.mysign_rig(tmp_path)
    answer = rig.begin(rig.hashes(2))
    rig.service.forget_tokens()
    assert rig.finish(answer).progress is Progress.DONE
    assert paths(rig).count("login") == 2


# --- the phone, and services on a port ---------------------------------------------------------------


def test_the_phone_does_what_its_holder_does() -> None:
    clock = Clock(AT)
    phone = Phone(clock, habit=Habit.CONFIRM, after=5)
    ticket = phone.ring("a", 1, 60)
    assert phone.look(ticket) is Decision.WAITING
    clock.forward(5)
    assert phone.look(ticket) is Decision.CONFIRMED
    phone.habit = Habit.ASK
    first, second, third = (phone.ring(name, 1, 60) for name in "bcd")
    phone.confirm(second.number)
    assert [phone.look(one) for one in (first, second)] == [Decision.WAITING, Decision.CONFIRMED]
    phone.refuse(first.number)
    clock.forward(60)
    assert [phone.look(one) for one in (first, third)] == [Decision.REFUSED, Decision.EXPIRED]
    phone.confirm()
    assert phone.look(third) is Decision.EXPIRED


def test_a_service_on_a_port_rings_a_phone_that_a_page_can_answer() -> None:
    clock = Clock(AT)
    phone = Phone(clock)
    app = FakeSmartCa({"001099000001": {"5401": rigs.key()}}, phone, now=clock)
    with serve(app) as served:
        found = Service("SmartCA", served.base_url)
        secrets = MemorySecrets({"sp_password": "demo"}, now=clock)
        signer = SmartCaSigner(found, secrets, Account("khue", "001099000001"), now=clock)
        wanted = rigs.hashes(3)
        answer = signer.begin("5401", wanted, "Học bạ lớp 9A1")
        assert signer.poll(answer.handle).progress is Progress.WAITING
        (ticket,) = httpx.get(f"{served.base_url}/phone").json()
        assert (ticket["title"], ticket["count"]) == ("Học bạ lớp 9A1", 3)
        left = httpx.post(f"{served.base_url}/phone/confirm", json={"number": ticket["number"]}).json()
        assert left == []
        answer = signer.poll(answer.handle)
        assert answer.progress is Progress.DONE
        assert all(genuine(rigs.key().certificate, one, answer.values[one.id]) for one in wanted)
        assert httpx.get(f"{served.base_url}/nothing").status_code == 404
        found.close()


def test_the_fakes_refuse_what_the_real_ones_refuse(tmp_path: Path) -> None:
    """So that a client that sends too little is noticed here."""
    rig = rigs.smartca_rig(tmp_path)
    post = Service("x", "https://x.test", transport=httpx.WSGITransport(app=rig.service)).post
    account = {"sp_id": "khue", "sp_password": "demo", "user_id": "001099000001", "transaction_id": "1"}
    file = {"doc_id": "1", "file_type": "xml", "sign_type": "hash", "data_to_be_signed": "00" * 32}
    good = {**account, "serial_number": "5401", "sign_files": [file]}
    faults: list[dict[str, Any]] = [
        {**good, "transaction_id": ""}, {**good, "sign_files": []}, {**good, "sign_files": [{}]},
        {**good, "sign_files": [file, file]}, {**good, "sign_files": [{**file, "sign_type": "file"}]},
        {**good, "sign_files": [{**file, "data_to_be_signed": "AA" * 32}]},
        {**good, "sign_files": [{**file, "data_to_be_signed": "00"}]},
    ]  # fmt: skip
    assert [post("v1/signatures/sign", body).get("status_code") for body in faults] == [400] * len(faults)
    assert post("v1/signatures/sign", {**good, "serial_number": "0"}).get("status_code") == 403
    assert post("v1/signatures/sign", good).get("status_code") == 200
    assert post("v1/signatures/sign", good).get("status_code") == 400
    assert len(rig.phone.tickets) == 1
