"""Checkpoints (điểm chốt của nhật kí, C2SP tlog-checkpoint): which log, how many leaves, which root, signed.

Whoever holds a checkpoint holds the log to everything below it: one leaf changed, removed or put in
between gives another root.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from khue.core.errors import Invalid, Refused
from khue.signing.log.note import (
    Note,
    NoteKey,
    NoteSigner,
    SignatureLine,
    decode64,
    encode64,
    sign_note,
    verified,
)
from khue.signing.log.tree import EMPTY_ROOT, HASH_SIZE

PATH = "checkpoint"  # the latest one
ARCHIVE = "checkpoints"  # every one, as the log signed it: checkpoints/<size>
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
_FIXED = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a tree."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def body(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), encode64(self.root), *self.extensions)
        return "".join(line + "\n" for line in lines)

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """Read the text; another form than the standard's is refused (`SIGN-413`)."""
        lines = body.split("\n")
        if lines.pop() or len(lines) < _FIXED or not all(lines):
            raise Invalid("SIGN-413")
        origin, size, encoded, *extensions = lines
        try:
            root = decode64(encoded)
        except ValueError as error:
            raise Invalid("SIGN-413") from error
        if _SIZE.fullmatch(size) is None or len(root) != HASH_SIZE:
            raise Invalid("SIGN-413")
        if size == "0" and root != EMPTY_ROOT:
            raise Invalid("SIGN-413")
        return cls(origin, int(size), root, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, *signers: NoteSigner) -> Note:
    """The checkpoint as the log publishes it; Ed25519 is deterministic, so it is the same every time."""
    return sign_note(checkpoint.body, *signers)


def open_checkpoint(
    note: Note, keys: Sequence[NoteKey], origin: str | None = None
) -> tuple[Checkpoint, dict[NoteKey, SignatureLine]]:
    """The checkpoint in a note, and who of the known keys signed it; refuses if nobody did (`SIGN-412`).

    `origin` is the log that is asked for; a checkpoint of another one is refused (`SIGN-414`).
    """
    signed = verified(note, keys)
    found = Checkpoint.parse(note.body)
    if not signed:
        raise Refused("SIGN-412", name=found.origin)
    if origin is not None and found.origin != origin:
        raise Refused("SIGN-414", origin=found.origin, expected=origin)
    return found, signed
