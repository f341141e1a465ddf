"""Asking an authority over HTTP: a faithful fake that can delay, refuse, mix up and lie."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from khue.core.errors import Conflict, Invalid, KhueError
from khue.signing import der
from khue.signing.sentences import sentence
from khue.signing.tests.trust_world import HOUR, NOW, pki, stamper, tsa_of
from khue.signing.tsa.client import Limits, TsaClient, read_answer, request
from khue.signing.tsa.local import POLICY, LocalTsa
from khue.signing.tsa.token import check_token

DIGEST = hashlib.sha256(b"a SignatureValue").digest()
REPLY = "application/timestamp-reply"
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="module")
def tsa() -> LocalTsa:
    counter, pair = itertools.count(1), pki().tsa()
    return LocalTsa(pair.key, pair.certificate, pair.chain, serials=lambda: next(counter))


def client(handler: Handler, **options: object) -> TsaClient:
    http = httpx.Client(transport=httpx.MockTransport(handler))
    return TsaClient("http://tsa.invalid/", http, **options)


def reply(body: bytes, **changes: object) -> httpx.Response:
    return httpx.Response(200, content=body, headers={"Content-Type": REPLY}, **changes)


def refusal(handler: Handler, **options: object) -> KhueError:
    with client(handler, **options)._http, pytest.raises(KhueError) as refused:
        client(handler, **options).stamp(DIGEST, now=NOW)
    text = sentence(refused.value.code, refused.value.params)
    assert not text.startswith("Mã ")  # it has a sentence that its parameters fill
    return refused.value


def test_a_stamp_is_asked_for_and_checked(tsa: LocalTsa) -> None:
    seen = []

    def answer(asked: httpx.Request) -> httpx.Response:
        seen.append(asked)
        return reply(tsa.answer(asked.content, NOW))

    token = client(answer, policy=POLICY, nonces=lambda: 4711).stamp(DIGEST, now=NOW)
    stamp = check_token(token, DIGEST).stamp
    assert stamp is not None
    assert (stamp.time, stamp.nonce) == (NOW, 4711)
    assert seen[0].headers["Content-Type"] == "application/timestamp-query"
    version, imprint, policy, nonce, certificate = der.members(seen[0].content)
    assert (der.read_integer(version), der.read_oid(policy), der.read_integer(nonce)) == (1, POLICY, 4711)
    assert der.read_boolean(certificate)
    assert der.parts(imprint.value)[1].value == DIGEST


def test_nonces_differ() -> None:
    asked = []

    def answer(query: httpx.Request) -> httpx.Response:
        asked.append(query.content)
        return httpx.Response(503)

    for _ in range(2):
        refusal(answer)
    assert asked[0] != asked[1]


def test_the_digest_must_be_one() -> None:
    with pytest.raises(Invalid) as refused:
        request(b"short")
    assert refused.value.code == "SIGN-265"


def test_answers_that_are_no_stamps(tsa: LocalTsa) -> None:
    def down(_: httpx.Request) -> httpx.Response:
        message = "refused"
        raise httpx.ConnectError(message)

    def slow(_: httpx.Request) -> httpx.Response:
        message = "slow"
        raise httpx.ReadTimeout(message)

    page = httpx.Response(200, content=b"<html>", headers={"Content-Type": "text/html"})
    cases: list[tuple[Handler, str]] = [
        (down, "SIGN-270"),
        (slow, "SIGN-270"),
        (lambda _: httpx.Response(500), "SIGN-271"),
        (lambda _: httpx.Response(302, headers={"Location": "http://elsewhere.invalid"}), "SIGN-271"),
        (lambda _: reply(bytes(100_000)), "SIGN-272"),
        (lambda _: page, "SIGN-273"),
        (lambda _: reply(b""), "SIGN-260"),
        (lambda _: reply(b"rubbish"), "SIGN-260"),
        (lambda _: reply(der.sequence(der.sequence(der.integer(0)))), "SIGN-260"),
        (lambda asked: reply(tsa.answer(asked.content, NOW)[:-1]), "SIGN-260"),
    ]
    assert [refusal(handler).code for handler, _ in cases] == [code for _, code in cases]


def test_a_refusal_of_the_authority_is_told() -> None:
    words = der.sequence(der.utf8("hết hạn hợp đồng"))
    failure = der.bits(bytes((0x00, 0x80)), 7)
    refused = refusal(lambda _: reply(der.sequence(der.sequence(der.integer(2), words, failure))))
    assert isinstance(refused, Conflict)
    assert refused.code == "SIGN-274"
    assert refused.params == {"status": 2, "reason": "hết hạn hợp đồng; failInfo 8"}


def test_answers_to_another_question(tsa: LocalTsa) -> None:
    other = hashlib.sha256(b"other").digest()
    wrong = tsa_of(stamper(pki(), critical=False))
    other_policy = {"policy": "1.2.3", "nonces": lambda: 5}
    cases: list[tuple[Handler, str, dict[str, object]]] = [
        (lambda _: reply(tsa.answer(request(other, 1), NOW)), "SIGN-261", {}),
        (lambda _: reply(tsa.answer(request(DIGEST, 1), NOW)), "SIGN-275", {}),
        (lambda _: reply(tsa.answer(request(DIGEST), NOW)), "SIGN-275", {}),
        (lambda _: reply(tsa.answer(request(DIGEST, 5), NOW)), "SIGN-276", other_policy),
        (lambda asked: reply(tsa.answer(asked.content, NOW - HOUR)), "SIGN-277", {}),
        (lambda asked: reply(wrong.answer(asked.content, NOW)), "SIGN-278", {}),
    ]  # fmt: skip
    assert [refusal(handler, **options).code for handler, _, options in cases] == [
        code for _, code, _ in cases
    ]


def test_a_touched_answer_is_refused(tsa: LocalTsa) -> None:
    def touched(asked: httpx.Request) -> httpx.Response:
        body = bytearray(tsa.answer(asked.content, NOW))
        place = body.index(b"20261126")
        body[place + 3] ^= 1
        return reply(bytes(body))

    assert refusal(touched).code == "SIGN-262"


def test_read_answer_gives_the_token(tsa: LocalTsa) -> None:
    token = read_answer(tsa.answer(request(DIGEST, 1), NOW))
    assert check_token(token, DIGEST).stamp is not None


# --- over a real socket ----------------------------------------------------------------------------


class FakeTsa(BaseHTTPRequestHandler):
    """An authority on this machine; the path says how it misbehaves."""

    tsa: LocalTsa

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        body = self.tsa.answer(query, NOW)
        if self.path == "/silent":
            time.sleep(0.5)
        self.send_response(200)
        self.send_header("Content-Type", REPLY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/cut":
            self.wfile.write(body[:100])
        elif self.path == "/drip":
            for at in range(0, len(body), 50):
                try:
                    self.wfile.write(body[at : at + 50])
                    self.wfile.flush()
                except OSError:  # the client had enough
                    return
                time.sleep(0.03)
        else:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal of the tests."""


@pytest.fixture
def address(tsa: LocalTsa) -> Iterator[str]:
    handler = type("Handler", (FakeTsa,), {"tsa": tsa})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "code"), [("/", ""), ("/silent", "SIGN-270"), ("/cut", "SIGN-270"), ("/drip", "SIGN-270")]
)
def test_time_is_limited_over_a_real_connection(address: str, path: str, code: str) -> None:
    limits = Limits(connect=2.0, read=0.2, whole=0.3)
    with httpx.Client() as http:
        asked = TsaClient(address + path, http, limits=limits)
        begin = time.monotonic()
        if code:
            with pytest.raises(Conflict) as refused:
                asked.stamp(DIGEST, now=NOW)
            assert refused.value.code == code
        else:
            assert check_token(asked.stamp(DIGEST, now=NOW + dt.timedelta(seconds=30)), DIGEST).stamp
        assert time.monotonic() - begin < 3
