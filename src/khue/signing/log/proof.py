"""Proofs that fit in one small text file (chứng cứ nhật kí, C2SP tlog-proof).

`<file>.tlog-proof` says: the entry with this index is under this checkpoint. It is checked with the
record and the published keys alone, without the log and without a network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from khue.core.errors import Invalid, KhueError, Refused
from khue.signing.log.checkpoint import Checkpoint, open_checkpoint
from khue.signing.log.note import LARGEST, Note, decode64, encode64, verified
from khue.signing.log.policy import Policy
from khue.signing.log.tiles import TileReader
from khue.signing.log.tree import HASH_SIZE, leaf_hash, verify_inclusion
from khue.signing.report import Finding, LogReport

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,17})")
_EXTRA = "extra "
_MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class TlogProof:
    """An index, a path and a checkpoint. `extra` is not signed by anybody: never trust it."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes = b""

    @property
    def text(self) -> str:
        """The file."""
        extra = [f"{_EXTRA}{encode64(self.extra)}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *map(encode64, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.note.text

    @classmethod
    def parse(cls, data: str | bytes) -> TlogProof:
        """Read the file; another form than the standard's is refused (`SIGN-440`)."""
        try:
            text = data.decode() if isinstance(data, bytes) else data
        except UnicodeDecodeError as error:
            raise Invalid("SIGN-440") from error
        head, blank, below = text.partition("\n\n")
        lines = head.split("\n")
        if len(text) > LARGEST or not blank or lines.pop(0) != HEADER:
            raise Invalid("SIGN-440")
        try:
            extra = b""
            if lines and lines[0].startswith(_EXTRA):
                extra = decode64(lines.pop(0).removeprefix(_EXTRA))
            index = _INDEX.fullmatch(lines.pop(0) if lines else "")
            hashes = tuple(decode64(line) for line in lines)
        except ValueError as error:
            raise Invalid("SIGN-440") from error
        if index is None or len(hashes) > _MOST_HASHES or any(len(one) != HASH_SIZE for one in hashes):
            raise Invalid("SIGN-440")
        return cls(int(index[1]), hashes, Note.parse(below), extra)


def make_proof(reader: TileReader, index: int, note: Note) -> TlogProof:
    """The proof of one entry under a checkpoint; what the files give is verified first (`SIGN-441`)."""
    checkpoint = Checkpoint.parse(note.body)
    if checkpoint.size != reader.size or not 0 <= index < reader.size:
        raise Invalid("SIGN-442", index=index, size=checkpoint.size)
    hashes = reader.inclusion(index)
    leaf = leaf_hash(reader.entry(index))
    if not verify_inclusion(leaf, index, checkpoint.size, hashes, checkpoint.root):
        raise Refused("SIGN-441", index=index, size=checkpoint.size)
    return TlogProof(index, tuple(hashes), note)


def verify_proof(entry: bytes, proof: TlogProof, policy: Policy) -> LogReport:
    """Whether an entry is in a log that the policy accepts, seen by as many witnesses as it asks for."""
    try:
        checkpoint = Checkpoint.parse(proof.note.body)
        keys = policy.keys_of(checkpoint.origin)
        if not keys:
            raise Refused("SIGN-443", origin=checkpoint.origin)
        open_checkpoint(proof.note, keys)
        witnesses = tuple(_witnesses(proof.note, policy))
    except KhueError as error:
        return LogReport(False, index=proof.index, findings=(Finding(error.code, error.params),))
    findings = []
    if not verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root):
        findings.append(Finding("SIGN-444", {"index": proof.index, "size": checkpoint.size}))
    if not policy.satisfied(witnesses):
        findings.append(Finding("SIGN-445", {"count": len(witnesses)}))
    return LogReport(
        included=not findings, origin=checkpoint.origin, index=proof.index, size=checkpoint.size,
        witnesses=witnesses, findings=tuple(findings),
    )  # fmt: skip


def _witnesses(note: Note, policy: Policy) -> Sequence[str]:
    """The names of the witnesses that cosigned."""
    signed = verified(note, [one.key for one in policy.witnesses])
    return [one.name for one in policy.witnesses if one.key in signed]


def verify_inclusion_file(record: bytes, proof: str | bytes, policy: Policy) -> LogReport:
    """Whether a stored file is in the log, by its `.tlog-proof`; never raises for what the files say."""
    try:
        parsed = TlogProof.parse(proof)
    except KhueError as error:
        return LogReport(False, findings=(Finding(error.code, error.params),))
    return verify_proof(sha256(record).digest(), parsed, policy)
