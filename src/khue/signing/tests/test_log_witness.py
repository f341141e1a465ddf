"""Witnesses: every answer of C2SP tlog-witness, and two histories of which only one is cosigned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from khue.core.errors import Conflict, Refused
from khue.signing.log.checkpoint import Checkpoint, sign_checkpoint
from khue.signing.log.note import Kind, Note, NoteSigner, SignatureLine, verified
from khue.signing.log.policy import Policy
from khue.signing.log.policy import Witness as Known
from khue.signing.log.store import FolderStore, MemoryStore
from khue.signing.log.tree import Tree, leaf_hash
from khue.signing.log.witness import Request, StoredState, Witness, WitnessClient, collect

NOW = dt.datetime(2027, 6, 1, 3, tzinfo=dt.UTC)
ORIGIN = "log.example/so"
LOG = NoteSigner(ORIGIN, bytes(range(32)))
SELF = NoteSigner("witness.example/luu-tru", bytes(range(1, 33)), Kind.COSIGNATURE)
KNOWN = Known("luu-tru", SELF.key, "https://witness.example/")


def leaves(size: int, branch: int | None = None) -> list[bytes]:
    """The leaves of the log; from `branch` on, those of another history."""
    return [
        leaf_hash(sha256(b"%d %d" % (number, branch is not None and number >= branch)).digest())
        for number in range(size)
    ]


TREE, SPLIT = Tree(leaves(200)), Tree(leaves(200, branch=60))


def note_at(size: int, tree: Tree = TREE) -> Note:
    return sign_checkpoint(Checkpoint(ORIGIN, size, tree.root(size)), LOG)


def asked(old: int, size: int, tree: Tree = TREE) -> bytes:
    return Request(old, tuple(tree.consistency(old, size)), note_at(size, tree)).text.encode()


@pytest.fixture(params=["memory", "folder"])
def witness(request: pytest.FixtureRequest, tmp_path: Path) -> Witness:
    store = MemoryStore() if request.param == "memory" else FolderStore(tmp_path)
    return Witness(SELF, {ORIGIN: [LOG.key]}, StoredState(store))


def test_the_body_of_a_request() -> None:
    text = asked(50, 100).decode()
    proof = TREE.consistency(50, 100)
    lines = text.split("\n")
    assert lines[0] == "old 50"
    assert lines[1 + len(proof)] == ""
    assert "\n".join(lines[2 + len(proof) :]) == note_at(100).text
    assert Request.parse(text.encode()) == Request(50, tuple(proof), note_at(100))


def test_a_growing_log_is_cosigned(witness: Witness) -> None:
    for old, size in ((0, 50), (50, 50), (50, 51), (51, 64), (64, 200)):
        answer = witness.add_checkpoint(asked(old, size), NOW)
        assert answer.status == HTTPStatus.OK
        line = SignatureLine.parse(answer.body.removesuffix("\n"))
        assert line.seconds == int(NOW.timestamp())
        assert list(verified(note_at(size).with_lines([line]), [SELF.key])) == [SELF.key]


def test_an_old_size_that_is_not_known_is_told_the_known_one(witness: Witness) -> None:
    witness.add_checkpoint(asked(0, 50), NOW)
    for old in (0, 49, 51):
        answer = witness.add_checkpoint(asked(old, 100), NOW)
        assert (answer.status, answer.body, answer.content_type) == (
            HTTPStatus.CONFLICT,
            "50\n",
            "text/x.tlog.size",
        )


def test_a_split_view_is_refused_and_both_sides_are_signed_proof_of_it(witness: Witness) -> None:
    witness.add_checkpoint(asked(0, 50), NOW)
    assert witness.add_checkpoint(asked(50, 100), NOW).status == HTTPStatus.OK
    same = witness.add_checkpoint(asked(100, 100, SPLIT), NOW)
    assert (same.status, same.body) == (HTTPStatus.CONFLICT, "")
    longer = witness.add_checkpoint(asked(100, 150, SPLIT), NOW)
    assert longer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    ours, theirs = note_at(100), note_at(100, SPLIT)
    assert ours.body != theirs.body
    assert verified(ours, [LOG.key])
    assert verified(theirs, [LOG.key])
    assert witness.add_checkpoint(asked(100, 150), NOW).status == HTTPStatus.OK  # the refusal changed nothing


def test_proofs_that_do_not_hold(witness: Witness) -> None:
    first = Request(0, (bytes(32),), note_at(50)).text.encode()
    assert witness.add_checkpoint(first, NOW).status == HTTPStatus.UNPROCESSABLE_ENTITY
    witness.add_checkpoint(asked(0, 50), NOW)
    for proof in ((), tuple(TREE.consistency(49, 100)), (*TREE.consistency(50, 100), bytes(32))):
        body = Request(50, proof, note_at(100)).text.encode()
        assert witness.add_checkpoint(body, NOW).status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_who_may_ask(witness: Witness) -> None:
    stranger = NoteSigner.create(ORIGIN)
    unsigned = sign_checkpoint(Checkpoint(ORIGIN, 50, TREE.root(50)), stranger)
    forged = Note(note_at(50).body, (*unsigned.signatures, stranger.sign("another\n")))
    for note in (unsigned, forged):
        assert witness.add_checkpoint(Request(0, (), note).text.encode(), NOW).status == HTTPStatus.FORBIDDEN
    other = sign_checkpoint(Checkpoint("log.example/x", 1, bytes(32)), NoteSigner.create("log.example/x"))
    assert witness.add_checkpoint(Request(0, (), other).text.encode(), NOW).status == HTTPStatus.NOT_FOUND
    mixed = Note(
        note_at(50).body, (*note_at(50).signatures, *unsigned.signatures)
    )  # unknown keys are ignored
    assert witness.add_checkpoint(Request(0, (), mixed).text.encode(), NOW).status == HTTPStatus.OK


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff", b"old 0\n", b"old 00\n\n" + note_at(5).text.encode(),
        b"old -1\n\n" + note_at(5).text.encode(),
        b"new 0\n\n" + note_at(5).text.encode(), b"old 0\nAAAA\n\n" + note_at(5).text.encode(),
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + note_at(5).text.encode(),
        b"old 0\n\n" + note_at(5).text.encode() + b"x" * 70_000, b"old 0\n\nno checkpoint\n",
        Request(10, (), note_at(5)).text.encode(),
    ],
)  # fmt: skip
def test_bad_requests(witness: Witness, body: bytes) -> None:
    assert witness.add_checkpoint(body, NOW).status == HTTPStatus.BAD_REQUEST


def test_a_slower_request_does_not_roll_back(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race of the standard: two requests are checked, the larger is stored, the smaller must not be."""
    witness.add_checkpoint(asked(0, 50), NOW)
    state = witness._state
    real: Callable[[str], str | None] = state.latest

    def overtaken(origin: str) -> str | None:
        known = real(origin)
        monkeypatch.setattr(state, "latest", real)
        assert witness.add_checkpoint(asked(50, 150), NOW).status == HTTPStatus.OK
        return known

    monkeypatch.setattr(state, "latest", overtaken)
    answer = witness.add_checkpoint(asked(50, 100), NOW)
    assert (answer.status, answer.body) == (HTTPStatus.CONFLICT, "150\n")


def test_what_a_witness_knows_survives_it(tmp_path: Path) -> None:
    for old, size in ((0, 50), (50, 100)):
        fresh = Witness(SELF, {ORIGIN: [LOG.key]}, StoredState(FolderStore(tmp_path)))
        assert fresh.add_checkpoint(asked(old, size), NOW).status == HTTPStatus.OK
    store = FolderStore(tmp_path)
    with store.lock():  # somebody else is at it: nothing is signed
        held = Witness(SELF, {ORIGIN: [LOG.key]}, StoredState(store))
        assert held.add_checkpoint(asked(100, 150), NOW).status == HTTPStatus.CONFLICT


def over_http(witness: Witness) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/add-checkpoint")
        found = witness.add_checkpoint(request.content, NOW)
        return httpx.Response(
            found.status, content=found.body.encode(), headers={"content-type": found.content_type}
        )

    return httpx.MockTransport(answer)


def proofs(size: int, tree: Tree = TREE) -> Callable[[int], list[bytes]]:
    return lambda old: tree.consistency(old, size)


def test_the_client_finds_the_size_and_brings_the_line(witness: Witness) -> None:
    client = WitnessClient(KNOWN, over_http(witness))
    for size in (50, 120, 120, 200):
        line = client.cosign(note_at(size), proofs(size))
        note = note_at(size).with_lines([line])
        assert verified(note, [SELF.key])
    with pytest.raises(
        Conflict
    ) as refused:  # our log is shorter than what the witness signed: it was rolled back
        client.cosign(note_at(100), proofs(100))
    assert refused.value.code == "SIGN-431"
    client.close()


@pytest.mark.parametrize("size", [100, 150])
def test_the_client_tells_of_a_split_view(witness: Witness, size: int) -> None:
    client = WitnessClient(KNOWN, over_http(witness))
    client.cosign(note_at(100), proofs(100))
    with pytest.raises(Conflict) as refused:
        client.cosign(note_at(size, SPLIT), proofs(size, SPLIT))
    assert refused.value.code == "SIGN-431"
    assert refused.value.params["name"] == "luu-tru"
    client.close()


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (200, ""),
        (200, "nonsense"),
        (200, SELF.cosign(note_at(99).body, NOW).text + "\n"),
        (
            200,
            NoteSigner.create("witness.example/x", Kind.COSIGNATURE).cosign(note_at(50).body, NOW).text
            + "\n",
        ),
        (404, ""),
        (403, ""),
        (500, "sorry"),
    ],
)
def test_answers_that_are_none(status: int, text: str) -> None:
    client = WitnessClient(
        KNOWN, httpx.MockTransport(lambda _: httpx.Response(status, content=text.encode()))
    )
    with pytest.raises(Refused) as refused:
        client.cosign(note_at(50), proofs(50))
    assert (refused.value.code, refused.value.params["status"]) == ("SIGN-432", status)
    client.close()


def test_a_witness_that_counts_up_forever_is_left() -> None:
    sizes = iter(range(1, 100))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(
            409, content=f"{next(sizes)}\n".encode(), headers={"content-type": "text/x.tlog.size"}
        )

    client = WitnessClient(KNOWN, httpx.MockTransport(answer))
    with pytest.raises(Conflict):
        client.cosign(note_at(50), proofs(50))
    assert next(sizes) == 4
    client.close()


def test_a_witness_that_is_away_does_not_stop_the_others(witness: Witness) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        msg = "no route"
        raise httpx.ConnectError(msg, request=request)

    other = NoteSigner.create("witness.example/x", Kind.COSIGNATURE)
    clients = [
        WitnessClient(Known("x", other.key, "https://x.example"), httpx.MockTransport(away)),
        WitnessClient(KNOWN, over_http(witness)),
    ]
    found = collect(clients, note_at(50), proofs(50))
    assert [refusal.code for refusal in found.refusals] == ["SIGN-432"]
    assert [line.name for line in found.lines] == [SELF.key.name]
    policy = Policy.simple(LOG.key, [client.witness for client in clients], 1)
    assert policy.satisfied(["luu-tru"])
    for client in clients:
        client.close()
