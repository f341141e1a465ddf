"""How all services are spoken to, and where secrets are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from khue.core.errors import Refused
from khue.signing.signers.fakes import Clock
from khue.signing.signers.http import LARGEST_ANSWER, Service
from khue.signing.signers.secrets import MemorySecrets
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import AT, code_of, make_rig, scripted


def test_a_body_goes_out_as_json_and_comes_back_so() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://x.test/api/a/b"
        assert request.headers["authorization"] == "Bearer t"
        assert request.headers["accept-encoding"] == "identity"
        return httpx.Response(200, json={"got": json.loads(request.content)})

    assert scripted(answer).post("a/b", {"x": "ê"}, token="t").data == {"got": {"x": "ê"}}


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
    assert code_of(lambda: scripted(lambda _request: response).post("a", {})) == code


def test_an_answer_is_read_up_to_a_size_and_no_further() -> None:
    sent = 0

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal sent
            while True:
                sent += 65536
                yield b"A" * 65536

    assert (
        code_of(lambda: scripted(lambda _r: httpx.Response(200, stream=Endless())).post("a", {}))
        == "SIGN-323"
    )
    assert sent <= LARGEST_ANSWER + 2 * 65536


def test_a_packed_answer_is_not_unpacked() -> None:
    import gzip

    packed = gzip.compress(b'{"a": "' + b"A" * 10_000_000 + b'"}')
    headers = {"Content-Encoding": "gzip"}
    answer = scripted(lambda _r: httpx.Response(200, content=packed, headers=headers))
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

    assert code_of(lambda: scripted(fail).post("a", {})) == code


def test_only_calls_that_change_nothing_are_tried_again() -> None:
    calls, pauses = 0, list[float]()

    def fail_twice(_request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return httpx.Response(500) if calls < 3 else httpx.Response(200, json={"ok": 1})

    assert scripted(fail_twice, tries=3, pauses=pauses).post("a", {}, again=True).data == {"ok": 1}
    assert (calls, pauses) == (3, [0.2, 0.4])
    calls = 0
    assert code_of(lambda: scripted(fail_twice, tries=3).post("a", {})) == "SIGN-321"
    assert calls == 1
    calls = 0
    assert code_of(lambda: scripted(fail_twice, tries=2).post("a", {}, again=True)) == "SIGN-321"
    assert calls == 2


def test_a_plain_no_is_not_tried_again() -> None:
    calls = 0

    def deny(_request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return httpx.Response(401, json={"message": "no"})

    assert code_of(lambda: scripted(deny, tries=3).post("a", {}, again=True)) == "SIGN-324"
    assert calls == 1


@pytest.mark.parametrize("url", ["http://x.test", "ftp://localhost", "x.test", "http://localhost.evil.test"])
def test_a_service_elsewhere_must_use_https(url: str) -> None:
    assert code_of(lambda: Service("x", url)) == "SIGN-327"


def test_a_service_on_this_computer_may_go_without() -> None:
    Service("x", "http://127.0.0.1:8000/a").close()


def test_the_words_of_a_service_are_cut() -> None:
    answer = scripted(lambda _r: httpx.Response(403, json={"message": "x" * 9000}))
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
