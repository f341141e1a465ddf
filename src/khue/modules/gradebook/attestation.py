"""What proves a closing act: the signature it was made by, or the digest of what was stated.

A closing service builds a `ClosingStatement` (who closes what, with which content digest). Made by
signing, the act keeps a reference to the signature in the class's record, whose section carries the
same digests; made without (a school that does not sign yet, a decision to reopen), it keeps the
statement's own digest. `khue verify` compares both with the act and with the history.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from khue.modules.records import api as records

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGEST, SIGNED = "digest", "xades"


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


def attest(statement: ClosingStatement, signature: records.SignatureRef | None = None) -> dict[str, Any]:
    """The statement with its proof, as an act keeps them."""
    proof = {"kind": DIGEST, "sha256": _digest(statement)}
    if signature is not None:
        proof = {
            "kind": SIGNED, "document": str(signature.document_id), "signature": str(signature.signature_id),
            "sha256": signature.digest,
        }  # fmt: skip
    return {"statement": asdict(statement), "proof": proof}


def statement_of(kept: Mapping[str, Any] | None) -> ClosingStatement | None:
    """The statement that an act keeps, if its proof is one of it."""
    try:
        statement, proof = ClosingStatement(**(kept or {})["statement"]), dict((kept or {})["proof"])
    except (KeyError, TypeError):
        return None
    return statement if _proves(statement, proof) else None


def _proves(statement: ClosingStatement, proof: dict[str, Any]) -> bool:
    """A digest is that of the statement; a signature is the person's, over a section that says the same."""
    if proof.get("kind") == DIGEST:
        return proof == {"kind": DIGEST, "sha256": _digest(statement)}
    signed = records.signed_facts(str(proof.get("signature", "")))
    if proof.get("kind") != SIGNED or signed is None or signed.digest != proof.get("sha256"):
        return False
    if str(signed.person_id or "") != statement.person:
        return False
    said = f'contentDigest="{statement.content_digest}"', f'historyHead="{statement.history_head}"'
    return not statement.sheet or all(words in signed.section_text for words in said)


def _digest(statement: ClosingStatement) -> str:
    return hashlib.sha256(statement.canonical()).hexdigest()
