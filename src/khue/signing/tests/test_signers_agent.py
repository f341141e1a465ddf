"""The agent on the teacher's computer, and what the server takes from a page that spoke to it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.signing.algorithms import Algorithm
from khue.signing.signers import agent
from khue.signing.signers.agent import Batch, Console, Desk
from khue.signing.signers.base import Credential, HashToSign, Progress
from khue.signing.signers.fakes import Clock, Phone, VgcaProgram, serve_program
from khue.signing.signers.fakes.phone import Habit
from khue.signing.signers.pkcs12 import KeySigner
from khue.signing.signers.vgca import LocalAgentSigner, Program, batch_root, message, read_certificate
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import genuine

PAGE = "https://khue.test"
client = pytest.importorskip("websockets.sync.client")


class Holder:
    """Somebody before the computer who remembers what was shown."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.agrees, self.shown = agrees, list[Batch]()

    def __call__(self, batch: Batch) -> bool:
        self.shown.append(batch)
        return self.agrees


@pytest.fixture
def holder() -> Holder:
    return Holder()


@pytest.fixture
def desk(holder: Holder) -> Desk:
    return Desk(KeySigner({"hoa": rigs.key(), "rsa": rigs.key("rsa")}), holder, most=50)


def batch(wanted: list[HashToSign], **more: Any) -> str:
    rows = [
        {"Id": one.id, "Algorithm": one.algorithm.value, "HashValue": base64.b64encode(one.digest).decode()}
        for one in wanted
    ]
    asked = {"Action": "sign_batch", "RequestId": "r1", "Key": "hoa", "Description": "Học bạ lớp 9A1"}
    return json.dumps({**asked, "Hashes": rows, **more})


def ask(desk: Desk, text: str) -> dict[str, Any]:
    return json.loads(desk.answer(text, PAGE))


def test_one_question_for_a_whole_class(desk: Desk, holder: Holder) -> None:
    wanted = rigs.hashes(45)
    answer = ask(desk, batch(wanted))
    values = {row["Id"]: base64.b64decode(row["Signature"]) for row in answer["Signatures"]}
    assert all(genuine(rigs.key().certificate, one, values[one.id]) for one in wanted)
    (shown,) = holder.shown
    assert (shown.count, shown.description, shown.origin) == (45, "Học bạ lớp 9A1", PAGE)
    assert shown.signer == "Nguyễn Thị Hoa"
    assert shown.root == answer["Root"]


def test_the_page_and_the_agent_show_the_same_digest(desk: Desk, holder: Holder) -> None:
    signer = LocalAgentSigner([Credential("hoa", rigs.key().certificate)], Program.AGENT)
    answer = signer.begin("hoa", list(reversed(rigs.hashes(7))), "Học bạ")
    ask(desk, json.dumps(answer.handle["state"]["messages"][0]["message"]))
    assert holder.shown[0].root == answer.handle["state"]["root"]


def test_a_key_is_found_by_its_certificate_where_only_that_was_registered(
    desk: Desk, holder: Holder
) -> None:
    wanted = rigs.hashes(2, Algorithm.RSA_SHA256)
    signer = LocalAgentSigner([Credential("", rigs.key("rsa").certificate)], Program.AGENT)
    message = signer.begin("", wanted, "Học bạ").handle["state"]["messages"][0]["message"]
    assert ask(desk, json.dumps(message))["Status"] == 0
    message["CertBase64"] = base64.b64encode(rigs.key("p384").certificate).decode()
    assert ask(desk, json.dumps(message))["Code"] == "SIGN-305"
    assert len(holder.shown) == 1


def test_the_same_batch_again_asks_nobody(desk: Desk, holder: Holder) -> None:
    first = ask(desk, batch(rigs.hashes(3)))
    assert ask(desk, batch(rigs.hashes(3))) == first
    assert len(holder.shown) == 1
    ask(desk, batch(rigs.hashes(4)))  # the same number for other hashes is another batch
    assert len(holder.shown) == 2


def test_what_is_remembered_has_an_end(desk: Desk, holder: Holder) -> None:
    for number in range(agent.REMEMBERED + 1):
        ask(desk, batch(rigs.hashes(1), RequestId=f"r{number}"))
    ask(desk, batch(rigs.hashes(1), RequestId="r0"))
    assert len(holder.shown) == agent.REMEMBERED + 2


def test_a_no_is_a_no(holder: Holder, desk: Desk) -> None:
    holder.agrees = False
    answer = ask(desk, batch(rigs.hashes(2)))
    assert (answer["Status"], answer["Code"], "Signatures" in answer) == (1, "SIGN-365", False)
    holder.agrees = True
    assert ask(desk, batch(rigs.hashes(2)))["Status"] == 0


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("not json", 5, "SIGN-364"),
        ("[]", 5, "SIGN-364"),
        ('{"Action": "delete"}', 5, "SIGN-364"),
        ("{}", 5, "SIGN-364"),
        (batch(rigs.hashes(51)), 5, "SIGN-303"),
        (batch([]), 5, "SIGN-300"),
        (batch([rigs.hashes(1)[0]] * 2), 5, "SIGN-301"),
        (batch(rigs.hashes(1), Key="nobody"), 4, "SIGN-305"),
        (batch(rigs.hashes(1), Hashes=None), 5, "SIGN-364"),
        (batch(rigs.hashes(1), Hashes=[{"Id": "1", "Algorithm": "md5", "HashValue": ""}]), 5, "SIGN-364"),
        (batch(rigs.hashes(1), Hashes=[{"Id": 1}]), 5, "SIGN-364"),
        (batch([HashToSign("1", b"short", Algorithm.ECDSA_P256_SHA256)]), 5, "SIGN-302"),
        (batch(rigs.hashes(1, Algorithm.RSA_SHA256)), 6, "SIGN-306"),
        ('{"HashAlg": "MD5", "HashValue": "AA==", "Encode": "RSA"}', 5, "SIGN-364"),
        ('{"HashAlg": "SHA256", "HashValue": "%", "Encode": "RSA"}', 5, "SIGN-364"),
    ],
)
def test_what_makes_no_sense_is_refused_without_a_question(
    desk: Desk, holder: Holder, text: str, status: int, code: str
) -> None:
    answer = ask(desk, text)
    assert (answer["Status"], answer["Code"]) == (status, code)
    assert answer["Message"].endswith(".")
    assert holder.shown == []


@given(st.text(max_size=80) | st.binary(max_size=80))
@settings(max_examples=60)
def test_no_message_breaks_the_agent(text: str | bytes) -> None:
    answer = json.loads(Desk(KeySigner({"k": rigs.key()}), Holder()).answer(text, PAGE))
    assert answer["Status"] != 0


def test_it_speaks_as_vgca_does(holder: Holder) -> None:
    desk = Desk(KeySigner({"rsa": rigs.key("rsa")}), holder)
    (one,) = rigs.hashes(1, Algorithm.RSA_SHA256)
    answer = ask(desk, json.dumps(message(one)))
    assert genuine(rigs.key("rsa").certificate, one, base64.b64decode(answer["Signature"]))
    assert base64.b64decode(answer["CertBase64"]) == rigs.key("rsa").certificate
    assert (
        read_certificate(json.dumps({"answer": answer}).encode()).certificate == rigs.key("rsa").certificate
    )


def test_certificates_are_told_with_their_issuer(desk: Desk) -> None:
    rows = ask(desk, '{"Action": "certificates"}')["Certificates"]
    assert [row["Key"] for row in rows] == ["hoa", "rsa"]
    assert base64.b64decode(rows[0]["ChainBase64"][0]) == rigs.key().chain[0]


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=9))
@settings(max_examples=30)
def test_the_digest_of_a_batch_is_that_of_rfc_6962(digests: list[bytes]) -> None:
    def tree(rows: list[bytes]) -> bytes:
        if len(rows) == 1:
            return hashlib.sha256(b"\0" + rows[0]).digest()
        size = 1
        while size * 2 < len(rows):
            size *= 2
        return hashlib.sha256(b"\1" + tree(rows[:size]) + tree(rows[size:])).digest()

    assert batch_root(digests) == tree(digests)


# --- over the wire -----------------------------------------------------------------------------------


@pytest.fixture
def listening(desk: Desk) -> Iterator[Any]:
    found = agent.server(desk, [PAGE], port=0)
    thread = Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    thread.join()


@pytest.fixture
def address(listening: Any) -> str:
    return f"ws://127.0.0.1:{listening.socket.getsockname()[1]}/"


def test_a_page_that_is_allowed_is_served(address: str) -> None:
    with client.connect(address, origin=PAGE) as page:
        for number in range(2):
            page.send(batch(rigs.hashes(2), RequestId=str(number)))
            assert json.loads(page.recv(timeout=5))["Status"] == 0


@pytest.mark.parametrize("origin", ["https://evil.test", "https://khue.test.evil.test", "null", None])
def test_other_pages_are_turned_away_before_a_message(
    address: str, holder: Holder, origin: str | None
) -> None:
    from websockets.exceptions import InvalidStatus

    with pytest.raises(InvalidStatus) as refusal, client.connect(address, origin=origin):
        pass
    assert refusal.value.response.status_code == 403
    assert holder.shown == []


def test_it_listens_on_this_computer_only(listening: Any) -> None:
    assert listening.socket.getsockname()[0] == "127.0.0.1"


def test_a_message_that_is_too_large_ends_the_talk(address: str, holder: Holder) -> None:
    from websockets.exceptions import ConnectionClosed

    with client.connect(address, origin=PAGE) as page, pytest.raises(ConnectionClosed):  # noqa: PT012
        page.send("x" * (agent.LARGEST_MESSAGE + 1))  # either call may notice
        page.recv(timeout=5)
    assert holder.shown == []


def test_the_vgca_of_our_own_is_served_to_its_pages() -> None:
    clock = Clock(rigs.AT)
    program = VgcaProgram(rigs.key("rsa"), Phone(clock, habit=Habit.CONFIRM))
    (one,) = rigs.hashes(1, Algorithm.RSA_SHA256)
    with serve_program(program, [PAGE]) as served, client.connect(served.url, origin=PAGE) as page:
        page.send(json.dumps(message(one)))
        answer = json.loads(page.recv(timeout=5))
    assert genuine(rigs.key("rsa").certificate, one, base64.b64decode(answer["Signature"]))


# --- the person at the terminal ----------------------------------------------------------------------


def test_the_console_shows_what_is_signed_and_hides_what_would_move_the_cursor() -> None:
    shown, out = list[Batch](), io.StringIO()
    console = Console(by_pin=True, secret=lambda _prompt: "123456", out=out)
    desk = Desk(
        KeySigner({"hoa": rigs.key()}), lambda batch: shown.append(batch) is None and console.confirm(batch)
    )
    answer = ask(desk, batch(rigs.hashes(3), Description="Học bạ\x1b[2J\r\n9A1" + "x" * 500))
    assert answer["Status"] == 0
    text = out.getvalue()
    assert "3 hồ sơ" in text
    assert "Nguyễn Thị Hoa" in text
    assert PAGE in text
    assert answer["Root"][:16] in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 250


def test_the_pin_is_kept_for_one_batch_only() -> None:
    typed = iter(["111111", "222222", ""])
    console = Console(by_pin=True, secret=lambda _prompt: next(typed), out=io.StringIO())
    shown = Batch(1, "", "00", "Hoa", PAGE)
    assert console.confirm(shown)
    assert console.pin() == "111111"
    assert console.pin() == "222222"  # not the old one: asked for anew
    assert not console.confirm(shown)


@pytest.mark.parametrize(
    ("typed", "agreed"), [("ký", True), (" KÝ ", True), ("ky", True), ("", False), ("k", False)]
)
def test_without_a_token_a_word_is_the_consent(typed: str, agreed: bool) -> None:
    console = Console(by_pin=False, line=lambda _prompt: typed, out=io.StringIO())
    assert console.confirm(Batch(1, "x", "00", "Hoa", PAGE)) is agreed


def test_the_command_says_what_is_wrong_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hoa.p12"
    path.write_bytes(rigs.p12())
    monkeypatch.setattr(agent.getpass, "getpass", lambda _prompt: "sai")
    assert agent.main(["--p12", str(path), "--origin", PAGE]) == 1
    assert "mật khẩu sai" in capsys.readouterr().out
    assert agent.main(["--p12", str(tmp_path / "none"), "--origin", PAGE]) == 1
    with pytest.raises(SystemExit):
        agent.main(["--p12", str(path)])  # no page is allowed unless it is named


def test_the_command_runs_until_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hoa.p12"
    path.write_bytes(rigs.p12())
    monkeypatch.setattr(agent.getpass, "getpass", lambda _prompt: "matkhau")
    seen: list[bool] = []

    def interrupted(thread: Thread) -> None:
        seen.append(thread.is_alive())
        raise KeyboardInterrupt

    assert agent.main(["--p12", str(path), "--origin", PAGE, "--port", "0"], wait=interrupted) == 0
    assert seen == [True]
    assert "Nguyễn Thị Hoa" in capsys.readouterr().out


# --- what the server takes from the page -------------------------------------------------------------


@pytest.fixture
def local() -> LocalAgentSigner:
    return LocalAgentSigner([Credential("rsa", rigs.key("rsa").certificate)])


def answered(local: LocalAgentSigner, count: int = 3) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    answer = local.begin("rsa", rigs.hashes(count, Algorithm.RSA_SHA256), "")
    program = VgcaProgram(rigs.key("rsa"), Phone(Clock(rigs.AT), habit=Habit.CONFIRM))
    return dict(answer.handle), json.loads(program.page(answer.handle["state"]["messages"]))


def changed(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**row, "answer": {**row["answer"], **more}}


def posted(handle: dict[str, Any], rows: Any, **more: Any) -> bytes:
    return json.dumps({"transaction": handle["transaction"], "answers": rows, **more}).encode()


def test_the_messages_are_those_of_vgca(local: LocalAgentSigner) -> None:
    handle, _rows = answered(local, 1)
    (one,) = rigs.hashes(1, Algorithm.RSA_SHA256)
    assert handle["state"]["url"] == "wss://127.0.0.1:8987/SignMsg"
    assert handle["state"]["messages"] == [{
        "id": one.id,
        "message": {
            "HashAlg": "SHA256", "HashValue": base64.b64encode(one.digest).decode(), "Encode": "RSA",
        },
    }]  # fmt: skip


def test_vgca_is_asked_for_rsa_only() -> None:
    local = LocalAgentSigner([Credential("hoa", rigs.key().certificate)])
    with pytest.raises(Invalid, match="SIGN-366"):
        local.begin("hoa", rigs.hashes(1), "")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"x" * 5_000_000, b'{"transaction": 1}', b"[" * 100_000],
    ids=["empty", "cut", "list", "huge", "other", "deep"],
)
def test_what_a_page_posts_may_be_anything(local: LocalAgentSigner, body: bytes) -> None:
    handle, _rows = answered(local)
    with pytest.raises(Invalid, match=r"SIGN-362|SIGN-342"):
        local.accept(handle, body)


@pytest.mark.parametrize("rows", [None, 1, [1], [{"id": "1"}], [{"id": "1", "answer": "x"}], {"id": 1}])
def test_answers_of_another_shape_are_refused(local: LocalAgentSigner, rows: Any) -> None:
    handle, _rows = answered(local)
    with pytest.raises(Invalid, match="SIGN-362"):
        local.accept(handle, posted(handle, rows))


def test_the_answer_of_another_request_is_refused(local: LocalAgentSigner) -> None:
    handle, rows = answered(local)
    with pytest.raises(Invalid, match="SIGN-342"):
        local.accept(handle, posted(handle, rows, transaction="0" * 32))


def test_answers_may_be_text_as_the_script_gives_them(local: LocalAgentSigner) -> None:
    handle, rows = answered(local)
    rows = [{"id": row["id"], "answer": json.dumps(row["answer"])} for row in rows]
    assert local.accept(handle, posted(handle, rows)).progress is Progress.DONE


@pytest.mark.parametrize(
    ("change", "code", "left"),
    [
        (lambda rows: rows[:2], "SIGN-336", 2),
        (lambda rows: [*rows, rows[0]], "SIGN-337", 2),
        (lambda rows: [*rows, {**rows[0], "id": "stranger"}], "SIGN-337", 3),
        (lambda rows: [*rows[:2], {**rows[2], "answer": {"Status": 3, "Message": "PIN"}}], "SIGN-361", 2),
        (lambda rows: [*rows[:2], {**rows[2], "answer": {"Status": 1}}], "SIGN-365", 2),
        (lambda rows: [*rows[:2], changed(rows[2], Signature="A" * 9000)], "SIGN-338", 2),
        (lambda rows: [*rows[:2], changed(rows[2], CertBase64="")], "SIGN-360", 2),
    ],
    ids=["short", "twice", "stranger", "failed", "cancelled", "large", "no certificate"],
)  # fmt: skip
def test_good_values_are_kept_and_the_rest_has_a_reason(
    local: LocalAgentSigner, change: Any, code: str, left: int
) -> None:
    handle, rows = answered(local)
    answer = local.accept(handle, posted(handle, change(rows)))
    assert (answer.code, len(answer.values)) == (code, left)
    assert answer.progress in {Progress.FAILED, Progress.REFUSED}
    assert local.accept(answer.handle, b"anything") == answer  # it has ended; nothing is read any more
