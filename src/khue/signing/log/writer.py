"""Appending to the log (ghi nhật kí): batches of leaves, each followed by a checkpoint, safe against a kill.

The order of an append: what is planned (`.pending`), the tiles, the checkpoint in the archive, the
checkpoint that readers fetch. The archived checkpoint is the point of no return, because a log must
never sign two histories: a writer that finds one finishes the append; a writer that finds none removes
the files of it, which no checkpoint ever named. Either way nothing is lost or doubled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.log.checkpoint import ARCHIVE, PATH, Checkpoint, open_checkpoint, sign_checkpoint
from khue.signing.log.note import Note, NoteSigner, SignatureLine
from khue.signing.log.store import TileStore
from khue.signing.log.tiles import Edge, TileReader, layout
from khue.signing.log.tree import EMPTY_ROOT, HASH_SIZE

PENDING = ".pending"


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: the index of its first leaf, and the checkpoint that holds it."""

    first: int
    checkpoint: Checkpoint
    note: Note


def archived(size: int, suffix: str = "") -> str:
    """The name of a file in the archive of checkpoints."""
    return f"{ARCHIVE}/{size}{suffix}"


class LogWriter:
    """The one writer of a log. Get it from `writing`, which holds the lock."""

    def __init__(self, store: TileStore, signer: NoteSigner) -> None:
        self._store = store
        self._signer = signer
        self._edge = Edge(0, [], [])
        self._note: Note
        self._sound = False
        self._load()

    @property
    def size(self) -> int:
        """The number of leaves that are published."""
        return self._edge.size

    @property
    def note(self) -> Note:
        """The latest checkpoint, as the log signed it."""
        return self._note

    def reader(self) -> TileReader:
        """The published tree."""
        return TileReader(self._store, self.size)

    def append(self, entries: Sequence[bytes], *, at: int | None = None) -> Appended:
        """Append leaves (each the SHA-256 of a stored file) and publish the checkpoint.

        `at` is the index that the caller has noted for the first; then the call may be repeated after
        a failure: what is there already must be the same (`SIGN-405`) and is not appended again; a gap
        is refused (`SIGN-404`).
        """
        if not self._sound:
            self._load()
        for entry in entries:
            if len(entry) != HASH_SIZE:
                raise Invalid("SIGN-406", length=len(entry), expected=HASH_SIZE)
        first = self.size if at is None else at
        fresh = self._not_yet(entries, first)
        if fresh:
            self._publish(*self._edge.grown(fresh))
        return Appended(first, Checkpoint.parse(self._note.body), self._note)

    def add_cosignatures(self, size: int, lines: Sequence[SignatureLine]) -> Note:
        """Keep what witnesses signed; the archived original, which is stamped, stays as it is."""
        note = note_of(self._store, size).with_lines(lines)
        text = note.text.encode()
        self._store.put({archived(size, ".cosigned"): text})
        if size == self.size:
            self._store.put({PATH: text})
        return note

    def _not_yet(self, entries: Sequence[bytes], first: int) -> Sequence[bytes]:
        if not 0 <= first <= self.size:
            raise Conflict("SIGN-404", index=first, size=self.size)
        there = min(len(entries), self.size - first)
        for place, known in enumerate(self.reader().entries(first, first + there)):
            if known != entries[place]:
                raise Conflict("SIGN-405", index=first + place)
        return entries[there:]

    def _publish(self, edge: Edge, files: dict[str, bytes]) -> None:
        note = sign_checkpoint(Checkpoint(self._signer.key.name, edge.size, edge.root()), self._signer)
        text = note.text.encode()
        self._sound = False
        self._store.put({PENDING: json.dumps({"from": self.size, "to": edge.size}).encode()})
        self._store.put(files)
        self._store.put({archived(edge.size): text})
        self._store.put({PATH: text})
        self._store.remove([PENDING])
        self._edge, self._note, self._sound = edge, note, True

    def _load(self) -> None:
        """Begin, or continue from what is published, after settling an append that was cut off."""
        pending = self._store.get(PENDING)
        if pending is not None:
            self._settle(json.loads(pending))
        data = self._store.get(PATH)
        if data is None:
            self._begin()
            return
        note = Note.parse(data)
        found, _ = open_checkpoint(note, [self._signer.key], self._signer.key.name)
        edge = Edge.load(TileReader(self._store, found.size))
        if edge.root() != found.root:
            raise Refused("SIGN-407", size=found.size)
        self._edge, self._note, self._sound = edge, note, True

    def _begin(self) -> None:
        """An empty log publishes that it is empty; one that has lost its checkpoint is not empty."""
        if any(self._store.names(ARCHIVE)):
            raise Refused("SIGN-403")
        self._edge = Edge(0, [], [])
        note = sign_checkpoint(Checkpoint(self._signer.key.name, 0, EMPTY_ROOT), self._signer)
        self._store.put({PATH: note.text.encode()})
        self._note, self._sound = note, True

    def _settle(self, planned: dict[str, int]) -> None:
        """Finish an append whose checkpoint is in the archive, take back one whose checkpoint is not."""
        if self._store.get(archived(planned["to"])) is None:
            self._store.remove(layout(planned["to"], planned["from"]))
        else:
            self._store.put({PATH: note_of(self._store, planned["to"]).text.encode()})
        self._store.remove([PENDING])


@contextmanager
def writing(store: TileStore, signer: NoteSigner) -> Iterator[LogWriter]:
    """Hold the log and append to it; refuses while another writer does (`SIGN-401`)."""
    with store.lock():
        yield LogWriter(store, signer)


def note_of(store: TileStore, size: int | None = None) -> Note:
    """The checkpoint of a size with all its cosignatures; the latest by default (`SIGN-402` if none)."""
    names = [PATH] if size is None else [archived(size, ".cosigned"), archived(size)]
    for name in names:
        data = store.get(name)
        if data is not None:
            return Note.parse(data)
    raise Refused("SIGN-402", name=names[-1])


def sizes(store: TileStore) -> list[int]:
    """The sizes of which the archive has a checkpoint, rising."""
    names = (name.removeprefix(f"{ARCHIVE}/") for name in store.names(ARCHIVE))
    return sorted(int(name) for name in names if name.isdigit())
