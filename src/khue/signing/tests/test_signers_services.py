"""What is particular to each service, and to the way that all of them are spoken to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from khue.core.errors import Invalid, KhueError, Refused
from khue.signing.algorithms import Algorithm
from khue.signing.signers.base import Progress
from khue.signing.signers.check import verified
from khue.signing.signers.csc import CscSigner, Options
from khue.signing.signers.csc_answers import known, sign_oid
from khue.signing.signers.fakes import Clock, FakeCsc, FakeSmartCa, Phone, serve
from khue.signing.signers.fakes.csc import Settings
from khue.signing.signers.fakes.phone import Decision, Habit
from khue.signing.signers.http import LARGEST_ANSWER, Service
from khue.signing.signers.mysign import _text
from khue.signing.signers.secrets import MemorySecrets
from khue.signing.signers.smartca import Account, SmartCaSigner
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import AT, Rig, csc_rig, genuine, make_rig

Handler = Callable[[httpx.Request], httpx.Response]


def service(handler: Handler, **more: Any) -> Service:
    pauses: list[float] = more.pop("pauses", [])
    return Service(
        "Dịch vụ", "https://x.test/api/", transport=httpx.MockTransport(handler), pause=pauses.append, **more
    )


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(KhueError) as refusal:
        work()
    return refusal.value.code


# --- the connection ----------------------------------------------------------------------------------


def test_a_body_goes_out_as_json_and_comes_back_so() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://x.test/api/a/b"
        assert request.headers["authorization"] == "Bearer t"
        assert request.headers["accept-encoding"] == "identity"
        return httpx.Response(200, json={"got": json.loads(request.content)})

    assert service(answer).post("a/b", {"x": "ê"}, token="t").data == {"got": {"x": "ê"}}


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (httpx.Response(500), "SIGN-321"),
        (httpx.Response(503), "SIGN-326"),
        (httpx.Response(429), "SIGN-326"),
        (httpx.Response(200, text="<html>"), "SIGN-322"),
        (httpx.Response(200, text="5"), "SIGN-322"),
        (httpx.Response(200, text="[" * 100_000), "SIGN-322"),
        (httpx.Response(302, headers={"Location": "https://evil.test"}, json={}), "SIGN-322"),
        (httpx.Response(401, json={"error": "invalid_token"}), "SIGN-324"),
        (httpx.Response(403, json={"message": "locked"}), "SIGN-324"),
    ],
)
def test_each_kind_of_trouble_has_its_code(response: httpx.Response, code: str) -> None:
    assert code_of(lambda: service(lambda _request: response).post("a", {})) == code


def test_an_answer_is_read_up_to_a_size_and_no_further() -> None:
    sent = 0

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal sent
            while True:
                sent += 65536
                yield b"A" * 65536

    assert (
        code_of(lambda: service(lambda _r: httpx.Response(200, stream=Endless())).post("a", {})) == "SIGN-323"
    )
    assert sent <= LARGEST_ANSWER + 2 * 65536


def test_a_packed_answer_is_not_unpacked() -> None:
    import gzip

    packed = gzip.compress(b'{"a": "' + b"A" * 10_000_000 + b'"}')
    headers = {"Content-Encoding": "gzip"}
    answer = service(lambda _r: httpx.Response(200, content=packed, headers=headers))
    assert code_of(lambda: answer.post("a", {})) == "SIGN-322"


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (httpx.ConnectError, "SIGN-320"),
        (httpx.ConnectTimeout, "SIGN-320"),
        (httpx.ReadTimeout, "SIGN-329"),
        (httpx.RemoteProtocolError, "SIGN-329"),
    ],
)
def test_what_was_surely_not_sent_is_told_apart(raised: type[httpx.TransportError], code: str) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        message = "x"
        raise raised(message)

    assert code_of(lambda: service(fail).post("a", {})) == code


def test_only_calls_that_change_nothing_are_tried_again() -> None:
    calls, pauses = 0, list[float]()

    def fail_twice(_request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return httpx.Response(500) if calls < 3 else httpx.Response(200, json={"ok": 1})

    assert service(fail_twice, tries=3, pauses=pauses).post("a", {}, again=True).data == {"ok": 1}
    assert (calls, pauses) == (3, [0.2, 0.4])
    calls = 0
    assert code_of(lambda: service(fail_twice, tries=3).post("a", {})) == "SIGN-321"
    assert calls == 1
    calls = 0
    assert code_of(lambda: service(fail_twice, tries=2).post("a", {}, again=True)) == "SIGN-321"
    assert calls == 2


def test_a_plain_no_is_not_tried_again() -> None:
    calls = 0

    def deny(_request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return httpx.Response(401, json={"message": "no"})

    assert code_of(lambda: service(deny, tries=3).post("a", {}, again=True)) == "SIGN-324"
    assert calls == 1


@pytest.mark.parametrize("url", ["http://x.test", "ftp://localhost", "x.test", "http://localhost.evil.test"])
def test_a_service_elsewhere_must_use_https(url: str) -> None:
    assert code_of(lambda: Service("x", url)) == "SIGN-327"


def test_a_service_on_this_computer_may_go_without() -> None:
    Service("x", "http://127.0.0.1:8000/a").close()


def test_the_words_of_a_service_are_cut() -> None:
    answer = service(lambda _r: httpx.Response(403, json={"message": "x" * 9000}))
    with pytest.raises(Refused) as refusal:
        answer.post("a", {})
    assert len(str(refusal.value.params["reason"])) == 200


# --- secrets -----------------------------------------------------------------------------------------


def test_secrets_end_with_their_time_and_missing_ones_are_said() -> None:
    clock = Clock(AT)
    secrets = MemorySecrets({"pin": "1", "pin/k2": lambda: "2", "otp": ""}, now=clock)
    assert (secrets.ask("pin", "k1"), secrets.ask("pin", "k2")) == ("1", "2")
    assert code_of(lambda: secrets.ask("otp", "k1")) == "SIGN-328"
    secrets.keep("sad", "x", 60)
    clock.forward(59)
    assert secrets.recall("sad") == "x"
    clock.forward(1)
    assert secrets.recall("sad") == ""
    secrets.keep("sad", "y", 60)
    secrets.forget("sad")
    secrets.forget("sad")
    assert secrets.recall("sad") == ""


@pytest.mark.parametrize("name", [*rigs.REMOTE, *rigs.PAGES])
def test_no_secret_stands_in_a_handle(name: str, tmp_path: Path) -> None:
    rig = make_rig(name, tmp_path)
    answer = rig.begin(rig.hashes(2))
    secrets = ["demo", "123456", *(call.token for call in getattr(rig.service, "calls", []) if call.token)]
    memory = getattr(rig.signer, "secrets", None)
    if memory is not None:
        secrets += [
            value for key, (value, _until) in memory._kept.items() if key.startswith(("sad/", "token/"))
        ]
    for shown in (repr(answer.handle), repr(rig.finish(answer).handle)):
        assert not [secret for secret in secrets if secret in shown]


# --- CSC ---------------------------------------------------------------------------------------------


def paths(rig: Rig) -> list[str]:
    assert rig.service is not None
    return [call.path.rpartition("/")[2] for call in rig.service.calls]


def test_one_confirmation_of_several_calls_is_extended(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile", multisign=4, per_call=2)
    wanted = rig.hashes(7)
    assert len(verified(rig.known(), wanted, rig.run(wanted)).values) == 7
    assert [ticket.count for ticket in rig.phone.tickets] == [4, 3]
    assert [name for name in paths(rig) if name in {"authorize", "signHash", "extendTransaction"}] == [
        "authorize", "signHash", "extendTransaction", "signHash",
        "authorize", "signHash", "extendTransaction", "signHash",
    ]  # fmt: skip


def test_without_extension_the_rest_is_confirmed_anew(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile", multisign=4, per_call=2, extends=False)
    wanted = rig.hashes(4)
    assert len(verified(rig.known(), wanted, rig.run(wanted)).values) == 4
    assert [ticket.count for ticket in rig.phone.tickets] == [4, 2]


def test_a_wrong_pin_is_said_at_once_and_sent_once(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, pin="999999")
    assert code_of(lambda: rig.begin(rig.hashes(2))) == "SIGN-344"
    assert paths(rig).count("authorize") == 1


def test_a_refusal_half_way_keeps_what_was_signed(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile", multisign=2)
    wanted = rig.hashes(4)
    answer = rig.begin(wanted)
    rig.phone.confirm()
    answer = rig.ask(answer)  # the first two are signed, the phone rings for the others
    rig.phone.refuse()
    answer = rig.ask(answer)
    assert (answer.progress, answer.code, len(answer.values)) == (Progress.REFUSED, "SIGN-331", 2)
    assert len(verified(rig.known(), wanted, answer).values) == 2


def test_a_stale_access_token_is_fetched_anew(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile")
    answer = rig.begin(rig.hashes(2))
    rig.service.forget_tokens()
    assert rig.finish(answer).progress is Progress.DONE
    rig.clock.forward(7200)
    assert rig.run(rig.hashes(2, start=5)).progress is Progress.DONE
    assert paths(rig).count("token") == 3


def test_an_unknown_account_is_said(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, client=("khue", "other"))
    assert code_of(rig.signer.credentials) == "SIGN-324"


def test_a_token_may_be_given(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "implicit")
    rig.known()
    token = next(call.token for call in rig.service.calls if call.token)
    secrets = MemorySecrets({"token": token}, now=rig.clock)
    signer = CscSigner(rig.signer.service, secrets, now=rig.clock, options=Options())
    assert signer.begin("c1", rig.hashes(2), "").progress is Progress.DONE


def test_a_sad_that_is_too_old_ends_the_request(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile")
    answer = rig.begin(rig.hashes(2))
    rig.phone.confirm()
    rig.mischief.where, rig.mischief.errors = "signHash", 1
    answer = rig.ask(answer)
    assert answer.code == "SIGN-321"
    rig.clock.forward(301)
    answer = rig.ask(answer)
    assert (answer.progress, answer.code) == (Progress.FAILED, "SIGN-339")
    assert rig.service.signed == 0


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("algorithm", [Algorithm.RSA_SHA256, Algorithm.RSA_PSS_SHA256])
def test_rsa_in_both_forms_and_both_versions(version: int, algorithm: Algorithm) -> None:
    clock = Clock(AT)
    app = FakeCsc({"c": rigs.key("rsa3072")}, Phone(clock), now=clock, settings=Settings(version=version))
    at = "/csc/v2" if version > 1 else "/adss/service/ras/csc/v1"
    transport = httpx.WSGITransport(app=app)
    secrets = MemorySecrets({"client_secret": "demo", "pin": "123456", "otp": "000000"}, now=clock)
    options = Options(client_id="khue", version=version)

    def login(_service: Service, _secrets: object) -> tuple[str, int]:
        other = Service("x", "https://x.test", transport=transport)
        body = {"client_id": "khue", "client_secret": "demo"}
        return str(other.post("adss/service/ras/v1/login", body).get("access_token")), 60

    found = Service("CSC", f"https://x.test{at}", transport=transport)
    signer = CscSigner(found, secrets, now=clock, options=options, login=login if version == 1 else None)
    wanted = rigs.hashes(3, algorithm)
    answer = signer.begin("c", wanted, "")
    assert answer.progress is Progress.DONE
    assert all(genuine(rigs.key("rsa3072").certificate, one, answer.values[one.id]) for one in wanted)
    assert str(signer.info()["specs"]).startswith(str(version))


def test_a_mixed_batch_is_refused(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path)
    mixed = [*rigs.hashes(1), *rigs.hashes(1, Algorithm.RSA_SHA256, start=3)]
    assert code_of(lambda: rig.begin(mixed)) == "SIGN-308"


def info(**more: Any) -> dict[str, Any]:
    from khue.signing.signers.handles import encoded

    cert = {"status": "valid", "certificates": [encoded(rigs.key().certificate)]}
    key = {"status": "enabled", "algo": ["1.2.840.10045.2.1"]}
    return {"cert": cert, "key": key, "multisign": 5, **more}


def test_both_versions_are_read() -> None:
    old = known("c", info(authMode="explicit", PIN={"presence": "true"}, OTP={"presence": "false"}))
    objects = [{"type": "Password", "id": "PIN"}, {"type": "SelfSignature", "id": "mobile"}]
    new = known("c", info(auth={"mode": "explicit", "objects": objects}, multisign="2147483647"))
    assert (old.mode, old.secrets, old.others, old.multisign) == ("explicit", ("PIN",), (), 5)
    assert (new.mode, new.secrets, new.others, new.multisign) == (
        "explicit",
        ("PIN",),
        ("mobile",),
        2147483647,
    )
    assert known("c", info(cert={"certificates": ["AAAA"]})) is None
    assert known("c", info(cert=[])) is None
    assert not known("c", info(key={"status": "disabled"})).enabled
    assert known("c", info(multisign="many")).multisign == 1


def test_the_exact_identifier_is_asked_for_first() -> None:
    assert sign_oid(Algorithm.RSA_SHA256, ["1.2.840.113549.1.1.1"]) == "1.2.840.113549.1.1.1"
    both = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"]
    assert sign_oid(Algorithm.RSA_SHA256, both) == "1.2.840.113549.1.1.11"
    assert sign_oid(Algorithm.RSA_SHA256, ["1.2.840.10045.4.3.2"]) == ""


@pytest.mark.parametrize(("mode", "code"), [("oauth2code", "SIGN-343")])
def test_a_credential_for_browsers_only_is_refused(tmp_path: Path, mode: str, code: str) -> None:
    rig = csc_rig(tmp_path, mode)
    assert code_of(lambda: rig.begin(rig.hashes(1))) == code


def test_a_stamp_comes_as_the_service_gives_it() -> None:
    clock = Clock(AT)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("timestamp"):
            body = json.loads(request.content)
            assert body == {"hash": "AAE=", "hashAlgo": "2.16.840.1.101.3.4.2.1", "nonce": "0a"}
            return httpx.Response(200, json={"timestamp": "MAA="})
        return httpx.Response(200, json={})

    signer = CscSigner(service(answer), MemorySecrets({"token": "t"}, now=clock), now=clock)
    assert signer.timestamp(b"\0\1", nonce="0a") == b"0\0"
    assert signer.info() == {}


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
    found = service(lambda _request: httpx.Response(200, json=status))
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


def test_the_fake_csc_refuses_what_the_standard_refuses() -> None:
    clock = Clock(AT)
    app = FakeCsc({"c": rigs.key()}, Phone(clock), now=clock, settings=Settings(multisign=2))
    post = Service("x", "https://x.test/csc/v2", transport=httpx.WSGITransport(app=app)).post
    form = {"grant_type": "client_credentials", "client_id": "khue", "client_secret": "demo"}
    token = str(post("oauth2/token", form, form=True).get("access_token"))
    assert code_of(lambda: post("credentials/list", {}, token="other")) == "SIGN-324"
    digest = "A" * 43 + "="
    typed = [{"id": "PIN", "value": "123456"}, {"id": "OTP", "value": "000000"}]
    good = {"credentialID": "c", "numSignatures": 1, "hashes": [digest], "authData": typed}
    faults: list[dict[str, Any]] = [
        {**good, "credentialID": "x"}, {**good, "numSignatures": 0}, {**good, "numSignatures": 3},
        {**good, "hashes": []}, {**good, "hashes": [digest, digest]}, {**good, "authData": typed[:1]},
    ]  # fmt: skip
    assert [post("credentials/authorize", body, token=token).status for body in faults] == [400] * len(faults)
    sad = post("credentials/authorize", good, token=token).get("SAD")
    sign = {"credentialID": "c", "SAD": sad, "hashes": [digest], "signAlgo": "1.2.840.10045.4.3.2"}
    faults = [
        {**sign, "SAD": "x"}, {**sign, "SAD": ""}, {**sign, "credentialID": "x"}, {**sign, "hashes": []},
        {**sign, "hashes": ["B" * 43 + "="]}, {**sign, "hashes": [digest, digest]},
        {**sign, "signAlgo": "1.2.840.113549.1.1.11"}, {**sign, "signAlgo": "1.2.840.10045.2.1"},
    ]  # fmt: skip
    assert [post("signatures/signHash", body, token=token).status for body in faults] == [400] * len(faults)
    assert post("signatures/signHash", sign, token=token).status == 200
    assert post("signatures/signHash", sign, token=token).status == 400  # it is spent
    assert app.signed == 1
