"""The seam where closing acts will be digitally signed.

A closing service builds a `ClosingStatement` (who closes what, with which content digest) and
hands it to the attestor of the installation. Today the attestor only keeps the statement's own
digest; the signing module will register one that returns signatures (XAdES) over the statement.
`ClosingAct.attestation` keeps the statement and whatever proof came back; `khue verify` compares both
with the act and with the history.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class ClosingStatement:
    """What a person states by closing: identities as text, times in ISO, digests in hex."""

    scope: str
    step: str
    school_class: str
    sheet: str
    term: int
    person: str
    person_name: str
    at: str
    content_digest: str
    history_head: str
    correction_count: int

    def canonical(self) -> bytes:
        """The bytes to attest: JSON with sorted keys, no spaces, UTF-8."""
        return json.dumps(
            asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()


class Attestor(Protocol):
    """Turns a statement into a proof that it was made."""

    def attest(self, statement: ClosingStatement) -> Mapping[str, Any]:
        """Return what is to be stored with the act; raise a Refused to stop the closing."""

    def proves(self, statement: ClosingStatement, proof: Mapping[str, Any]) -> bool:
        """Whether a stored proof is one of this statement."""


class DigestAttestor:
    """Keeps the digest of the statement: enough to see that nothing was changed since."""

    def attest(self, statement: ClosingStatement) -> Mapping[str, Any]:
        """The statement's SHA-256."""
        return {"kind": DIGEST, "sha256": hashlib.sha256(statement.canonical()).hexdigest()}

    def proves(self, statement: ClosingStatement, proof: Mapping[str, Any]) -> bool:
        """Whether the digest is that of the statement."""
        return dict(proof) == self.attest(statement)


_attestor: list[Attestor] = [DigestAttestor()]


def use_attestor(attestor: Attestor) -> None:
    """Replace the attestor; called once at start-up by the module that can sign."""
    _attestor[:] = [attestor]


def attest(statement: ClosingStatement) -> dict[str, Any]:
    """The statement with the proof of the installation's attestor, as an act keeps them."""
    return {"statement": asdict(statement), "proof": dict(_attestor[0].attest(statement))}


def statement_of(kept: Mapping[str, Any] | None) -> ClosingStatement | None:
    """The statement that an act keeps, if its proof is one of it."""
    try:
        statement, proof = ClosingStatement(**(kept or {})["statement"]), dict((kept or {})["proof"])
    except (KeyError, TypeError):
        return None
    # Acts of the time before signatures stay provable.
    attestor = DigestAttestor() if proof.get("kind") == DIGEST else _attestor[0]
    return statement if attestor.proves(statement, proof) else None
