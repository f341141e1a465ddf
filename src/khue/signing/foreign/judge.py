"""Judges one signature of a foreign file (kiểm tra một chữ kí): position, digests, value, certificate.

The list of what must be signed comes from the layout and the place, never from the signature itself.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from khue.core.errors import Invalid
from khue.signing.algorithms import RULES, accepted, describe, is_genuine
from khue.signing.foreign.own import own_texts, read_own
from khue.signing.foreign.reading import INCLUSIVE, Problem, Stopped, canonical, doubtful, forged
from khue.signing.foreign.shape import Place, Shape
from khue.signing.foreign.signature import Read, Reference, base64_of, certificate_digests, read_signature
from khue.signing.report import UNKNOWN, Finding, Indication, Revocation, SignatureReport, Sub
from khue.signing.trust.base import Evidence, PathFact, Trust
from khue.signing.trust.certificates import Identity, parse
from khue.signing.xades.grammar import DS, EXCLUSIVE, SIGNED_PROPERTIES, XADES
from khue.signing.xades.judgement import Judgement
from khue.signing.xades.keys import Holder, holder_of

_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


@dataclass(slots=True)
class Outcome:
    """What is known of one signature so far."""

    place: Place
    element: object
    number: int
    read: Read | None = None
    judgement: Judgement = field(default_factory=Judgement)
    covered: tuple[str, ...] = ()
    intact: bool = False
    valid: bool = False
    position_ok: bool = False
    role_ok: bool = False
    trusted: bool | None = None
    holder: Holder | None = None  # of the signer's certificate
    others: tuple[bytes, ...] = ()  # the other certificates that came with it
    level: str = ""
    best_time: dt.datetime | None = None
    anchor_set: str = ""
    revocation: Revocation = UNKNOWN

    def add(self, problem: Problem) -> None:
        """Notes a problem; the first of the worst decides."""
        weigh = self.judgement.fail if problem.forged else self.judgement.doubt
        weigh(problem.sub, problem.finding)

    @property
    def sound(self) -> bool:
        """Whether the bytes are those that were signed, and what was signed is what the place asks for."""
        return self.intact and self.valid and self.position_ok


@dataclass(slots=True)
class Bench:
    """One file under judgement: its shape, who is trusted, and digests that were reckoned already."""

    shape: Shape
    trust: Trust
    now: dt.datetime
    data: bytes  # the file itself
    outcomes: list[Outcome] = field(default_factory=list)
    values: dict[str, Outcome] = field(default_factory=dict)  # Id of a SignatureValue → whose
    octets: dict[tuple[str, str], bytes] = field(default_factory=dict)
    digests: dict[tuple[str, str, str], bytes] = field(default_factory=dict)

    def read_all(self) -> None:
        """Reads every signature before any is judged: later ones may cover the values of earlier ones."""
        texts = own_texts(self.data, self.shape.root)
        for place in self.shape.places:
            for number, element in enumerate(place.signatures, 1):
                one = Outcome(place, element, number)
                self.outcomes.append(one)
                try:
                    text = texts.get(element)
                    one.read = (read_own(element, text) if text else None) or read_signature(element)
                except Stopped as stop:
                    one.add(stop.problem)
                    continue
                identifier = one.read.value_element.get("Id")
                if identifier:
                    self.values[identifier] = one
                for name, (known, octets) in one.read.known.items():
                    if self.shape.by_id.get(name) is known:
                        self.octets[name, EXCLUSIVE] = octets

    def judge_all(self) -> None:
        """Judges every signature, each by all checks that still make sense."""
        for one in self.outcomes:
            if one.read is None:
                continue
            for check in (self.check_position, self.check_digests, self.check_value, self.check_trust):
                try:
                    check(one, one.read)
                except Stopped as stop:
                    one.add(stop.problem)

    def octets_of(self, reference: Reference) -> bytes:
        """The canonical octets to which a reference leads, reckoned once."""
        key = reference.target, reference.method
        if key not in self.octets:
            self.octets[key] = canonical(self.shape.by_id[reference.target], reference.method)
        return self.octets[key]

    def _is_intact(self, reference: Reference) -> bool:
        """Whether the octets to which a reference leads were signed; they are digested once."""
        key = reference.target, reference.method, reference.digest
        if key not in self.digests:
            self.digests[key] = _HASHES[reference.digest](self.octets_of(reference)).digest()
        return self.digests[key] == reference.value

    # What is signed

    def check_position(self, one: Outcome, read: Read) -> None:
        """It covers what its place must cover, its own properties, and perhaps earlier signatures."""
        targets = [reference.target for reference in read.references]
        one.covered = tuple(target for target in targets if target in one.place.covers)
        chained = {target for target in targets if target in self.values}
        strange = set(targets) - set(one.covered) - chained - set(read.own)
        problems = [*self._own_problems(one, read), *self._chain_problems(one, chained)]
        if strange or not one.covered:
            wanted = ", ".join(one.place.covers) or one.place.key
            found = ", ".join(sorted(strange)) or "–"
            problems.append(forged("SIGN-645", Sub.SIG_CONSTRAINTS_FAILURE, found=found[:80], wanted=wanted))
        if len(set(targets)) != len(targets):
            problems.append(forged("SIGN-649", Sub.SIG_CONSTRAINTS_FAILURE))
        for problem in problems:
            one.add(problem)
        one.position_ok = not problems

    def _own_problems(self, one: Outcome, read: Read) -> Iterator[Problem]:
        kinds = {reference.target: reference.kind for reference in read.references}
        by_id = self.shape.by_id
        if any(by_id.get(name) is not element for name, element in read.own.items()):
            yield forged("SIGN-643")
        if read.properties is not None and kinds.get(read.properties.get("Id")) != SIGNED_PROPERTIES:
            yield forged("SIGN-646", Sub.SIG_CONSTRAINTS_FAILURE)
        if read.properties is None and read.claimed is not None and not set(read.own) & set(kinds):
            yield doubtful("SIGN-647")

        if any(item.enveloped for item in read.references if item.target in read.own):
            yield doubtful("SIGN-658", Sub.SIG_CONSTRAINTS_FAILURE)

    def _chain_problems(self, one: Outcome, chained: set[str]) -> Iterator[Problem]:
        step = one.place.slot.step
        if any(self.values[target].place.slot.step >= step for target in chained):
            yield forged("SIGN-645", Sub.ORDER_FAILURE, found=", ".join(sorted(chained))[:80], wanted="–")
        elif chained:
            earlier = [other for other in self.outcomes if other.place.slot.step < step]
            if len(earlier) != len(chained):
                yield doubtful("SIGN-648", Sub.ORDER_FAILURE, found=len(chained), expected=len(earlier))

    def check_digests(self, one: Outcome, read: Read) -> None:
        """Every reference leads to the bytes that were signed."""
        intact = True
        for reference in read.references:
            if reference.target not in self.shape.by_id:
                intact = False
            elif not self._is_intact(reference):
                one.add(forged("SIGN-650", Sub.HASH_FAILURE, id=reference.target))
                intact = False
        one.intact = intact

    # Who signed

    def check_value(self, one: Outcome, read: Read) -> None:
        """The value is that of the key in the certificate, by an algorithm that is accepted."""
        one.holder, one.others = _leaf(read.certificates)
        if read.algorithm not in one.holder.fitting:
            raise Stopped(_refused_algorithm(one.holder, read))
        octets = read.octets or canonical(read.signed_info, read.method)
        digest = _HASHES[RULES[read.algorithm].digest](octets).digest()
        one.valid = is_genuine(one.holder.key, read.algorithm, digest, read.value)
        if not one.valid:
            raise Stopped(forged("SIGN-652", Sub.SIG_CRYPTO_FAILURE))

    def check_trust(self, one: Outcome, read: Read) -> None:
        """The certificate is the one that was signed for, of the right kind, and leads to a root."""
        if one.holder is None or not one.valid:
            return
        self._check_certificate_digests(one, one.holder, read)
        _check_role(one, one.holder.identity)
        evidence = _evidence(read)
        self._read_time_stamp(one, read, evidence)
        at = one.best_time or self.now
        if not accepted(read.algorithm, one.holder.key, at):
            one.add(_refused_algorithm(one.holder, read))
        fact = self.trust.judge(
            one.holder.certificate, one.others, at=at, proved=one.best_time is not None, evidence=evidence
        )
        _take(one, fact)

    def _check_certificate_digests(self, one: Outcome, holder: Holder, read: Read) -> None:
        if read.properties is None:
            return
        names = certificate_digests(read.properties) if read.names is None else read.names
        one.level = "B" if names else ""
        if not all(name(holder.certificate) for name in names):
            one.add(forged("SIGN-654", Sub.NO_SIGNING_CERTIFICATE_FOUND))

    def _read_time_stamp(self, one: Outcome, read: Read, evidence: Evidence | None) -> None:
        """The earliest trusted time-stamp over the value; one that does not fit is named and not used."""
        if read.unsigned is None:
            return
        for stamp in read.unsigned.iter(f"{{{XADES}}}SignatureTimeStamp"):
            method = stamp.find(f"{{{DS}}}CanonicalizationMethod")
            token = stamp.find(f"{{{XADES}}}EncapsulatedTimeStamp")
            if token is None:
                raise Stopped(doubtful("SIGN-656", Sub.FORMAT_FAILURE))
            uri = INCLUSIVE if method is None else method.get("Algorithm", "")
            digest = hashlib.sha256(canonical(read.value_element, uri)).digest()
            fact = self.trust.judge_token(base64_of(token), digest, evidence=evidence)
            if not fact.genuine or not fact.trusted or fact.time is None:
                one.add(doubtful("SIGN-656", fact.sub or Sub.FORMAT_FAILURE))
            elif one.best_time is None or fact.time < one.best_time:
                one.best_time, one.level = fact.time, "T"


def _refused_algorithm(holder: Holder, read: Read) -> Problem:
    key = describe(holder.key)
    return doubtful("SIGN-651", Sub.CRYPTO_CONSTRAINTS_FAILURE, algorithm=read.algorithm, key=key)


@lru_cache(maxsize=8192)
def _leaf(certificates: tuple[bytes, ...]) -> tuple[Holder, tuple[bytes, ...]]:
    """The certificate of the signer among those of KeyInfo: the one that issued none of the others."""
    unclear = Stopped(doubtful("SIGN-653", Sub.NO_SIGNING_CERTIFICATE_FOUND))
    try:
        names = {der: (parse(der).subject, parse(der).issuer) for der in certificates}
        leaves = [
            der for der, (subject, _issuer) in names.items()
            if not any(issuer == subject for other, (_subject, issuer) in names.items() if other != der)
        ]  # fmt: skip
        holders = [holder_of(der) for der in leaves]
    except (Invalid, ValueError) as error:  # parts of a certificate are read only when they are asked for
        raise unclear from error
    if len(holders) != 1:
        raise unclear
    others = tuple(other for other in certificates if other != leaves[0])
    return holders[0], others


def _check_role(one: Outcome, identity: Identity) -> None:
    """Persons sign with a certificate of a person, the school with one of the organization."""
    slot = one.place.slot
    one.role_ok = identity.organization == (slot.signer == "school")
    if not one.role_ok:
        # a certificate for public duty may carry no number that tells persons and bodies apart
        problem = forged if identity.identifiers else doubtful
        one.add(problem("SIGN-655", Sub.SIGNER_MISMATCH, slot=slot.name, signer=identity.name))


def _evidence(read: Read) -> Evidence | None:
    """The certificates, CRLs and OCSP answers that travel with a signature."""
    if read.unsigned is None:
        return None

    def all_of(name: str) -> tuple[bytes, ...]:
        return tuple(base64_of(one) for one in read.unsigned.iter(f"{{{XADES}}}{name}"))

    return Evidence(
        all_of("EncapsulatedX509Certificate"), all_of("EncapsulatedCRLValue"), all_of("EncapsulatedOCSPValue")
    )


def _take(one: Outcome, fact: PathFact) -> None:
    one.trusted, one.anchor_set, one.revocation = fact.trusted, fact.anchor_set, fact.revocation
    if fact.indication is Indication.PASSED:
        return
    failed = fact.indication is Indication.FAILED
    for finding in fact.findings or (Finding("SIGN-657"),):
        one.add(Problem(finding, failed, fact.sub))


def report_of(one: Outcome) -> SignatureReport:
    """The second level of the report."""
    slot, read, holder = one.place.slot, one.read, one.holder
    return SignatureReport(
        signature_id=(read.identifier if read else "") or f"{one.place.ref.signature_id}-{one.number}",
        role=slot.role,
        role_name=slot.name,
        section=", ".join(one.covered or one.place.covers),
        signer=holder.identity.name if holder else "",
        identifiers=holder.identity.identifiers if holder else (),
        serial=holder.serial if holder else "",
        issuer=holder.issuer if holder else "",
        anchor_set=one.anchor_set,
        not_before=holder.not_before if holder else None,
        not_after=holder.not_after if holder else None,
        algorithm=read.algorithm if read else "",
        level=one.level,
        claimed_time=read.claimed if read else None,
        best_time=one.best_time,
        intact=one.intact,
        valid=one.valid,
        trusted=one.trusted,
        position_ok=one.position_ok,
        role_ok=one.role_ok,
        revocation=one.revocation,
        indication=one.judgement.indication,
        sub=one.judgement.sub,
        findings=tuple(one.judgement.findings),
    )
