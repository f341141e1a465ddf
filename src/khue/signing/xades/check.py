"""One signature of a record, judged in its slot (kiểm tra một chữ ký).

What it must cover is computed from the record type and the record, written as `ds:SignedInfo`, and
compared with what is there; the references that are there are read only to say what is wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from khue.core.errors import Invalid, KhueError
from khue.signing.algorithms import (
    BY_URI,
    HASHED,
    RULES,
    SHA256_URI,
    Algorithm,
    describe,
    in_force,
)
from khue.signing.canonical import digest, unescape
from khue.signing.report import UNKNOWN, Finding, Indication, Revocation, SignatureReport, Sub, Verdict
from khue.signing.trust.base import Evidence, PathFact, TokenFact, Trust
from khue.signing.trust.certificates import shown
from khue.signing.xades import grammar
from khue.signing.xades.augment import archive_bytes
from khue.signing.xades.binding import misfit_of
from khue.signing.xades.judgement import Judgement, verdict_of
from khue.signing.xades.keys import Holder, holder_of
from khue.signing.xades.record import Place, Signer
from khue.signing.xades.references import fresh_digest, signed_info_around, value_element
from khue.signing.xades.signature import Parts

(_SIGNED_INFO,) = grammar.IN_SIGNED_INFO  # how it opens in place, and alone


@dataclass(frozen=True, slots=True)
class Scope:
    """What all signatures of one verification share."""

    now: dt.datetime
    tolerance: dt.timedelta
    trust: Trust | None
    evidence: Evidence | None
    head: Mapping[str, str]
    judged: dict[tuple[Any, ...], PathFact] = field(default_factory=dict)  # who signs more than once


class Earlier(NamedTuple):
    """The signatures of earlier steps, which a signature covers."""

    elements: tuple[bytes, ...] = ()  # canonical SignatureValue of each
    references: str = ""  # to them, as they stand in SignedInfo
    lacking: tuple[str, ...] = ()  # Ids of required ones that are not there


class Subject(NamedTuple):
    """What one signature must cover and who must have made it, from the record."""

    place: Place
    signer: Signer | None
    data_id: str
    data: bytes  # canonical
    data_digest: str  # base64
    earlier: Earlier


class Checked(NamedTuple):
    """One judged signature, and the time that its own stamps and those over it prove."""

    report: SignatureReport
    indication: Indication
    covers: bool  # intact, valid, and in its position

    @property
    def verdict(self) -> Verdict:
        """What this signature does to the verdict of the record."""
        return verdict_of(self.indication)

    @property
    def proof(self) -> dt.datetime | None:
        """A time at which everything that this signature covers existed already."""
        return self.report.best_time if self.covers and self.report.trusted else None


@dataclass(slots=True)
class _Facts:
    position: bool = False
    intact: bool = False
    valid: bool = False
    role: bool = False
    trusted: bool | None = None
    best: dt.datetime | None = None
    anchor_set: str = ""
    revocation: Revocation = UNKNOWN


def check(parts: Parts, subject: Subject, scope: Scope, later: dt.datetime | None) -> Checked:
    """Judge a signature; `later`: when a stamped signature that covers it is proved to have existed."""
    judgement, facts = Judgement(), _Facts()
    try:
        holder = holder_of(parts.certificates[0])
    except Invalid as error:
        judgement.fail(Sub.NO_SIGNING_CERTIFICATE_FOUND, Finding(error.code, error.params))
        return _checked(parts, subject, None, judgement, facts)
    _check_coverage(parts, subject, judgement, facts)
    algorithm = _check_value(parts, holder, judgement, facts)
    _check_holder(parts, subject, scope, holder, (judgement, facts))
    _check_times(parts, subject, scope, later, (judgement, facts))
    _check_trust(parts, scope, holder, algorithm, (judgement, facts))
    return _checked(parts, subject, holder, judgement, facts)


def broken(signature: str, place: Place | None, finding: Finding | None, sub: Sub) -> Checked:
    """The report on a signature that cannot be read or does not belong where it stands."""
    report = SignatureReport(
        signature_id=signature,
        role=place.slot.role if place else "",
        role_name=place.slot.name if place else "",
        section=place.ref.section if place else "",
        signer="",
        sub=sub,
        findings=(finding,) if finding else (),
    )
    return Checked(report, Indication.FAILED, covers=False)


def _check_coverage(parts: Parts, subject: Subject, judgement: Judgement, facts: _Facts) -> None:
    """Position and intactness: SignedInfo is the one that must stand in this slot of this record."""
    earlier = subject.earlier
    if earlier.lacking:
        judgement.fail(Sub.ORDER_FAILURE, Finding("SIGN-154", {"missing": ", ".join(earlier.lacking)}))
    method = parts.method if parts.method in BY_URI else RULES[Algorithm.ECDSA_P256_SHA256].uri
    wanted = signed_info_around(
        (parts.id, method, subject.data_id), subject.data_digest, earlier.references,
        fresh_digest(parts.properties),
    )  # fmt: skip
    if wanted == parts.signed_info:
        facts.position = facts.intact = not earlier.lacking
    else:
        _explain(parts, wanted, judgement, facts)


def _explain(parts: Parts, wanted: str, judgement: Judgement, facts: _Facts) -> None:
    """Say which part of a SignedInfo is not as it must be."""
    info = grammar.SIGNED_INFO.read(wanted)
    expected = grammar.REFERENCE.sequence(info["references"] if info else "") or []
    found = grammar.REFERENCE.sequence(parts.references)
    if found is None:
        judgement.fail(Sub.FORMAT_FAILURE, Finding("SIGN-150", {"signature": parts.id}))
        return
    if any(one["method"] != SHA256_URI for one in found):
        judgement.fail(Sub.CRYPTO_CONSTRAINTS_FAILURE, Finding("SIGN-159", {"algorithm": _worst(found)}))
        return
    if [(one["kind"], one["target"]) for one in found] != [(one["kind"], one["target"]) for one in expected]:
        judgement.fail(Sub.SIG_CONSTRAINTS_FAILURE, Finding("SIGN-155", {"signature": parts.id}))
        return
    facts.position = True
    changed = [
        one["target"] for one, other in zip(found, expected, strict=True) if one["digest"] != other["digest"]
    ]
    facts.intact = not changed
    for target in changed:
        judgement.fail(Sub.HASH_FAILURE, Finding("SIGN-156", {"part": target}))


def _check_value(parts: Parts, holder: Holder, judgement: Judgement, facts: _Facts) -> Algorithm | None:
    """The mathematics of the signature, and the one form of its value."""
    algorithm = BY_URI.get(parts.method)
    if algorithm is None:
        judgement.fail(Sub.CRYPTO_CONSTRAINTS_FAILURE, Finding("SIGN-159", {"algorithm": parts.method}))
        return None
    if algorithm not in holder.fitting:
        finding = Finding("SIGN-159", {"algorithm": describe(holder.key)})
        judgement.fail(Sub.CRYPTO_CONSTRAINTS_FAILURE, finding)
    signed_info = f"{_SIGNED_INFO[1]}{parts.signed_info[len(_SIGNED_INFO[0]) :]}".encode()
    value = HASHED[algorithm](signed_info).digest()
    facts.valid = holder.embedded(algorithm, value, parts.value_bytes)
    if not facts.valid:
        judgement.fail(Sub.SIG_CRYPTO_FAILURE, Finding("SIGN-157"))
    return algorithm


def _check_holder(
    parts: Parts, subject: Subject, scope: Scope, holder: Holder, state: tuple[Judgement, _Facts]
) -> None:
    """The certificate is the one that was signed for, and its holder belongs into the slot."""
    judgement, facts = state
    slot = subject.place.slot
    if parts.certificate_digest != holder.digest:
        judgement.fail(Sub.NO_SIGNING_CERTIFICATE_FOUND, Finding("SIGN-158"))
    facts.role = parts.roles[0] == slot.role
    if not facts.role:
        params = {"role": slot.role, "claimed": parts.roles[0]}
        judgement.fail(Sub.SIGNER_MISMATCH, Finding("SIGN-160", params))
    misfit = misfit_of(slot, holder.identity, signer=subject.signer, head=scope.head)
    if misfit is not None and misfit.certain:
        facts.role = False
        judgement.fail(Sub.SIGNER_MISMATCH, misfit.finding)
    elif misfit is not None:
        judgement.doubt(Sub.SIGNER_MISMATCH, misfit.finding)
    if not holder.valid_at(parts.claimed_time):
        params = {"claimed": shown(parts.claimed_time), "start": shown(holder.not_before),
                  "end": shown(holder.not_after)}  # fmt: skip
        judgement.fail(Sub.SIG_CONSTRAINTS_FAILURE, Finding("SIGN-165", params))


def _check_times(
    parts: Parts, subject: Subject, scope: Scope, later: dt.datetime | None, state: tuple[Judgement, _Facts]
) -> None:
    """Time-stamps, and the earliest time that anything proves."""
    judgement, facts = state
    proved = [later] if later is not None else []
    if scope.trust is not None and facts.intact and parts.unsigned.stamp:
        tokens = [(parts.unsigned.stamp, value_element(parts.id, parts.value))]
        if parts.unsigned.archives:
            properties = grammar.alone(parts.properties, grammar.IN_PROPERTIES).encode()
            data = [subject.data, *subject.earlier.elements, properties]
            tokens += [
                (token, archive_bytes(parts, data, before))
                for before, token in enumerate(parts.unsigned.archives)
            ]
        for token, stamped in tokens:
            fact = _judge_token(scope, token, stamped)
            _weigh_token(fact, judgement)
            if fact.genuine and fact.trusted and fact.time is not None:
                proved.append(fact.time)
    facts.best = min(proved, default=None)
    claimed = parts.claimed_time
    if facts.best is not None and facts.best < claimed - scope.tolerance:
        params = {"claimed": shown(claimed), "proved": shown(facts.best)}
        judgement.fail(Sub.TIMESTAMP_ORDER_FAILURE, Finding("SIGN-166", params))
    if claimed > scope.now + scope.tolerance:
        params = {"claimed": shown(claimed), "now": shown(scope.now)}
        judgement.doubt(Sub.TRY_LATER, Finding("SIGN-167", params))


def _judge_token(scope: Scope, token: bytes, stamped: bytes) -> TokenFact:
    if scope.trust is None:  # pragma: no cover — callers look first
        return TokenFact(genuine=False)
    try:
        return scope.trust.judge_token(token, digest(stamped), evidence=scope.evidence)
    except KhueError as error:
        return TokenFact(genuine=False, findings=(Finding(error.code, error.params),))


def _weigh_token(fact: TokenFact, judgement: Judgement) -> None:
    """A token over something else is a defect of the file; one that nobody vouches for proves nothing."""
    if not fact.genuine:
        judgement.fail(fact.sub or Sub.SIG_CONSTRAINTS_FAILURE, Finding("SIGN-168"), *fact.findings)
    elif not fact.trusted:
        finding = Finding("SIGN-169", {"authority": fact.authority})
        judgement.doubt(fact.sub or Sub.NO_CERTIFICATE_CHAIN_FOUND, finding, *fact.findings)
    else:
        judgement.note(*fact.findings)


def _check_trust(
    parts: Parts, scope: Scope, holder: Holder, algorithm: Algorithm | None, state: tuple[Judgement, _Facts]
) -> None:
    """The path of the certificate, and the policy on algorithms, at the time that is proved or now."""
    judgement, facts = state
    at = facts.best or scope.now
    if algorithm in holder.fitting and not in_force(algorithm, at):
        finding = Finding("SIGN-170", {"algorithm": describe(holder.key), "at": shown(at)})
        judgement.doubt(Sub.CRYPTO_CONSTRAINTS_FAILURE, finding)
    if scope.trust is None:
        judgement.doubt(Sub.NO_CERTIFICATE_CHAIN_FOUND, Finding("SIGN-171"))
        return
    question = parts.certificates, at, facts.best is not None
    try:
        fact = scope.judged.get(question) or scope.trust.judge(
            parts.certificates[0], parts.certificates[1:], at=at, proved=facts.best is not None,
            evidence=scope.evidence,
        )  # fmt: skip
    except KhueError as error:
        finding = Finding(error.code, error.params)
        judgement.doubt(Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE, finding)
        return
    scope.judged[question] = fact
    facts.trusted, facts.anchor_set, facts.revocation = fact.trusted, fact.anchor_set, fact.revocation
    indication = fact.indication
    if not fact.trusted and indication is Indication.PASSED:
        indication = Indication.INDETERMINATE
    judgement.weigh(indication, fact.sub, fact.findings)


def _checked(
    parts: Parts, subject: Subject, holder: Holder | None, judgement: Judgement, facts: _Facts
) -> Checked:
    slot = subject.place.slot
    report = SignatureReport(
        signature_id=parts.id,
        role=slot.role,
        role_name=slot.name,
        section=subject.place.ref.section,
        signer="" if holder is None else holder.identity.name,
        capacity=unescape(parts.roles[1]) if len(parts.roles) > 1 else "",
        identifiers=() if holder is None else holder.identity.identifiers,
        serial="" if holder is None else holder.serial,
        issuer="" if holder is None else holder.issuer,
        not_before=None if holder is None else holder.not_before,
        not_after=None if holder is None else holder.not_after,
        algorithm=(BY_URI.get(parts.method) or parts.method),
        level=parts.unsigned.level,
        claimed_time=parts.claimed_time,
        best_time=facts.best,
        intact=facts.intact,
        valid=facts.valid,
        trusted=facts.trusted,
        position_ok=facts.position,
        role_ok=facts.role,
        anchor_set=facts.anchor_set,
        revocation=facts.revocation,
        indication=judgement.indication,
        sub=judgement.sub,
        findings=tuple(judgement.findings),
    )
    return Checked(report, judgement.indication, facts.intact and facts.valid and facts.position)


def _worst(found: Sequence[Mapping[str, str]]) -> str:
    return next(one["method"] for one in found if one["method"] != SHA256_URI)
