"""The time of a checkpoint (dấu thời gian của điểm chốt, RFC 3161) and how it outlives its stamping service.

Beside `checkpoints/<size>` stand, as far as they exist: `.tsr`, the token over that file; `.1.tsr`,
`.2.tsr` …, each a newer token over the token before it, so that the first stays provable after its
certificate and its algorithms are gone (the renewal of RFC 4998, 5.2, in plain files); `.p7s`, the
signature (CAdES) of the office that answers for the log. All are bare CMS objects in DER.

One renewed checkpoint a year is enough: it holds every leaf before it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from khue.core.errors import Refused
from khue.signing.log.checkpoint import ARCHIVE
from khue.signing.log.store import TileStore
from khue.signing.log.writer import archived, sizes
from khue.signing.report import Finding, Sub
from khue.signing.trust.base import Evidence, TokenFact, Trust

AGED = {  # what time does to a good token; a newer token over it makes up for it
    Sub.EXPIRED,
    Sub.OUT_OF_BOUNDS_NO_POE,
    Sub.OUT_OF_BOUNDS_NOT_REVOKED,
    Sub.CRYPTO_CONSTRAINTS_FAILURE,
}
Stamp = Callable[[bytes], bytes]  # SHA-256 digest -> RFC 3161 token, DER
SignCms = Callable[[bytes], bytes]  # content -> detached CMS, DER


@dataclass(frozen=True, slots=True)
class CheckpointEvidence:
    """A checkpoint as the log signed it, and what proves when and by whom."""

    note: bytes
    tokens: tuple[bytes, ...] = ()
    cms: bytes = b""


@dataclass(frozen=True, slots=True)
class ChainFact:
    """What a chain of tokens proves: the time of the first, if all that follow hold."""

    time: dt.datetime | None = None
    genuine: bool = False
    trusted: bool | None = None
    authority: str = ""
    findings: tuple[Finding, ...] = ()


def token_suffix(number: int) -> str:
    """`.tsr` for the first token, then `.1.tsr`, `.2.tsr` …"""
    return f".{number}.tsr" if number else ".tsr"


def evidence_of(store: TileStore, size: int) -> CheckpointEvidence:
    """Everything that the archive has of one checkpoint; refuses without the checkpoint (`SIGN-402`)."""
    note = store.get(archived(size))
    if note is None:
        raise Refused("SIGN-402", name=archived(size))
    tokens: list[bytes] = []
    while (token := store.get(archived(size, token_suffix(len(tokens))))) is not None:
        tokens.append(token)
    return CheckpointEvidence(note, tuple(tokens), store.get(archived(size, ".p7s")) or b"")


def seal_checkpoint(
    store: TileStore, size: int, *, stamp: Stamp | None = None, sign_cms: SignCms | None = None
) -> CheckpointEvidence:
    """Give a checkpoint its first token and its office signature, where it lacks them; repeatable."""
    known = evidence_of(store, size)
    if sign_cms is not None and not known.cms:
        store.put({archived(size, ".p7s"): sign_cms(known.note)})
    if stamp is not None and not known.tokens:
        store.put({archived(size, token_suffix(0)): stamp(sha256(known.note).digest())})
    return evidence_of(store, size)


def renew(store: TileStore, size: int, stamp: Stamp) -> CheckpointEvidence:
    """Add a token over the last token of a checkpoint (gia hạn), or the first over the checkpoint itself."""
    known = evidence_of(store, size)
    last = known.tokens[-1] if known.tokens else known.note
    store.put({archived(size, token_suffix(len(known.tokens))): stamp(sha256(last).digest())})
    return evidence_of(store, size)


def to_renew(store: TileStore) -> list[int]:
    """Which checkpoints the yearly renewal goes over: those renewed before, and the last."""
    known = sizes(store)
    renewed = {name.removeprefix(f"{ARCHIVE}/") for name in store.names(ARCHIVE)}
    return [size for size in known if f"{size}{token_suffix(1)}" in renewed or size == known[-1]]


def judge_chain(
    note: bytes, tokens: Sequence[bytes], trust: Trust, *, evidence: Evidence | None = None
) -> ChainFact:
    """Whether the tokens prove when a checkpoint was there; each must stamp exactly what stands before it.

    A token whose own certificate can no longer be judged is carried by the next one, if that is
    trusted: it shows that the older token was there while it could still be checked.
    """
    if not tokens:
        return ChainFact(findings=(Finding("SIGN-421"),))
    facts = [
        trust.judge_token(token, sha256(before).digest(), evidence=evidence)
        for before, token in zip((note, *tokens), tokens, strict=False)
    ]
    for number, fact in enumerate(facts, 1):
        if not fact.genuine:
            return ChainFact(findings=(Finding("SIGN-420", {"number": number}), *fact.findings))
    times = [fact.time for fact in facts if fact.time is not None]
    if len(times) != len(facts) or times != sorted(times):
        return ChainFact(findings=(Finding("SIGN-422"),))
    trusted = _carried(facts)
    found = () if trusted else tuple(one for fact in facts for one in fact.findings)
    return ChainFact(times[0], genuine=True, trusted=trusted, authority=facts[0].authority, findings=found)


def _carried(facts: Sequence[TokenFact]) -> bool | None:
    """The newest token decides, unless an older one failed by more than its age."""
    newest = facts[-1].trusted
    if newest is True and any(fact.trusted is False and fact.sub not in AGED for fact in facts):
        return False
    return newest
