"""Witnesses (bên chứng kiến, C2SP tlog-witness): who sees to it that a log shows everybody one history.

A witness keeps the last checkpoint that it signed for each log and signs a newer one only with a proof
that it begins with the old one. So a log that shows a school one tree and a court another finds no
witness for one of them. The witness here is a pure handler over a small store; the client collects.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Protocol

import httpx

from khue.core.errors import Conflict, Invalid, KhueError, Refused
from khue.signing.log.checkpoint import Checkpoint, open_checkpoint
from khue.signing.log.note import DASH, Note, NoteKey, NoteSigner, SignatureLine, decode64, encode64
from khue.signing.log.policy import Witness as Known
from khue.signing.log.store import TileStore
from khue.signing.log.tree import HASH_SIZE, verify_consistency

SIZE_TYPE = "text/x.tlog.size"
LARGEST_REQUEST = 64 * 1024
MOST_HASHES = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,17})")
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,17})\n")
_LIMIT = dt.timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the handler answers over HTTP."""

    status: HTTPStatus
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """The body of `add-checkpoint`: the size that should be known, the proof from it, the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    @property
    def text(self) -> str:
        """The body."""
        return "\n".join([f"old {self.old}", *map(encode64, self.proof)]) + "\n\n" + self.note.text

    @classmethod
    def parse(cls, data: bytes) -> Request:
        """Read a body; a malformed one is refused (`SIGN-430`)."""
        try:
            if len(data) > LARGEST_REQUEST:
                raise Invalid("SIGN-430")
            head, blank, below = data.decode().partition("\n\n")
            first, *lines = head.split("\n")
            proof = tuple(decode64(line) for line in lines)
        except ValueError as error:
            raise Invalid("SIGN-430") from error
        old = _OLD.fullmatch(first)
        if any(len(one) != HASH_SIZE for one in proof) or len(proof) > MOST_HASHES:
            raise Invalid("SIGN-430")
        if not blank or old is None:
            raise Invalid("SIGN-430")
        return cls(int(old[1]), proof, Note.parse(below))


class WitnessState(Protocol):
    """What a witness remembers: one checkpoint for each log."""

    def latest(self, origin: str) -> str | None:
        """The body of the checkpoint that was cosigned last."""

    def replace(self, origin: str, old: str | None, new: str) -> bool:
        """Remember `new` if `old` is still the last, durably and in one step; whether it was."""


class StoredState:
    """What a witness remembers, in a store of files: a folder for real, memory in tests."""

    def __init__(self, store: TileStore) -> None:
        self._store = store

    def latest(self, origin: str) -> str | None:
        """The body that was cosigned last."""
        data = self._store.get(self._name(origin))
        return None if data is None else data.decode()

    def replace(self, origin: str, old: str | None, new: str) -> bool:
        """Compare and set under the lock of the store."""
        try:
            with self._store.lock():
                if self.latest(origin) != old:
                    return False
                self._store.put({self._name(origin): new.encode()})
        except Conflict:  # another request holds the lock: the log asks again
            return False
        return True

    @staticmethod
    def _name(origin: str) -> str:
        return f"witness/{sha256(origin.encode()).hexdigest()}"


class Witness:
    """A witness of several logs, without a network: bytes in, an answer out."""

    def __init__(
        self, signer: NoteSigner, logs: Mapping[str, Sequence[NoteKey]], state: WitnessState
    ) -> None:
        self._signer = signer
        self._logs = logs
        self._state = state

    def add_checkpoint(self, body: bytes, now: dt.datetime) -> Answer:
        """`POST /add-checkpoint`, in the order of checks of the standard."""
        try:
            request = Request.parse(body)
            origin = Checkpoint.parse(request.note.body).origin
        except KhueError:
            return Answer(HTTPStatus.BAD_REQUEST)
        if origin not in self._logs:
            return Answer(HTTPStatus.NOT_FOUND)
        try:
            new, _ = open_checkpoint(request.note, self._logs[origin])
        except KhueError:
            return Answer(HTTPStatus.FORBIDDEN)
        if request.old > new.size:
            return Answer(HTTPStatus.BAD_REQUEST)
        known = self._state.latest(origin)
        return self._refusal(request, new, known) or self._cosign(request.note.body, origin, known, now)

    def _refusal(self, request: Request, new: Checkpoint, known: str | None) -> Answer | None:
        last = None if known is None else Checkpoint.parse(known)
        size = 0 if last is None else last.size
        if request.old != size:
            return Answer(HTTPStatus.CONFLICT, f"{size}\n", SIZE_TYPE)
        if last is not None and size == new.size and last.root != new.root:
            return Answer(HTTPStatus.CONFLICT)  # two trees of one size: a split view, and both are signed
        if size == 0:
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY) if request.proof else None
        root = b"" if last is None else last.root
        if not verify_consistency(size, new.size, request.proof, root, new.root):
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY)
        return None

    def _cosign(self, body: str, origin: str, known: str | None, now: dt.datetime) -> Answer:
        if not self._state.replace(origin, known, body):
            last = self._state.latest(origin)
            size = 0 if last is None else Checkpoint.parse(last).size
            return Answer(HTTPStatus.CONFLICT, f"{size}\n", SIZE_TYPE)
        return Answer(HTTPStatus.OK, self._signer.cosign(body, now).text + "\n")


class WitnessClient:
    """Asks one witness for its cosignature. `transport` stands in for the network in tests."""

    def __init__(self, witness: Known, transport: httpx.BaseTransport | None = None) -> None:
        self.witness = witness
        self._http = httpx.Client(transport=transport, timeout=_LIMIT.total_seconds())

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def cosign(
        self, note: Note, proof_from: Callable[[int], Sequence[bytes]], known: int = 0
    ) -> SignatureLine:
        """The cosignature under a checkpoint.

        `proof_from(old)` gives the consistency proof from a size; `known` is the size that the witness
        signed last, if the log has noted it. Refuses if the witness has seen another history
        (`SIGN-431`), cannot be reached or answers nonsense (`SIGN-432`).
        """
        size = Checkpoint.parse(note.body).size
        old = min(known, size)
        for _ in range(3):
            answer = self._post(Request(old, tuple(proof_from(old)), note))
            if answer.status_code == HTTPStatus.OK:
                return self._line(note, answer.text)
            told = _SIZE.fullmatch(answer.content)
            if answer.status_code != HTTPStatus.CONFLICT or told is None:
                break
            old = int(told[1])
            if old > size:  # the witness knows a longer log than we do
                raise Conflict("SIGN-431", name=self.witness.name, status=int(answer.status_code))
        if answer.status_code in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise Conflict("SIGN-431", name=self.witness.name, status=int(answer.status_code))
        raise Refused("SIGN-432", name=self.witness.name, status=int(answer.status_code))

    def _post(self, request: Request) -> httpx.Response:
        try:
            url = f"{self.witness.url.rstrip('/')}/add-checkpoint"
            return self._http.post(url, content=request.text.encode())
        except httpx.HTTPError as error:
            raise Refused("SIGN-432", name=self.witness.name, status=0) from error

    def _line(self, note: Note, answer: str) -> SignatureLine:
        """The line of this witness among those that came back, verified."""
        key = self.witness.key
        for text in answer.split("\n"):
            line = SignatureLine.parse(text) if text.startswith(DASH) else None
            if line is not None and (line.name, line.key_id) == (key.name, key.key_id):
                if key.is_genuine(note.body, line.value):
                    return line
                break
        raise Refused("SIGN-432", name=self.witness.name, status=int(HTTPStatus.OK))


@dataclass(frozen=True, slots=True)
class Collected:
    """What a round of the witnesses gave: their lines, and why the others gave none."""

    lines: tuple[SignatureLine, ...]
    refusals: tuple[KhueError, ...]


def collect(
    clients: Sequence[WitnessClient], note: Note, proof_from: Callable[[int], Sequence[bytes]]
) -> Collected:
    """Ask all witnesses; one that fails does not stop the others, nor the log."""
    lines, refusals = [], []
    for client in clients:
        try:
            lines.append(client.cosign(note, proof_from))
        except KhueError as error:
            refusals.append(error)
    return Collected(tuple(lines), tuple(refusals))
