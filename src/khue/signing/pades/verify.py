"""Whether a sealed PDF is what its school sealed (kiểm tra con dấu trên PDF): one seal, no surprises.

In this order: what the bytes cover (`layout`), the CMS by our own reader, time-stamps and certificate by
`Trust`, then contents, later changes and the value once more by pyHanko (`second`). Where the two voices
differ nothing is certain. What is wrong makes the file invalid, what cannot be known here and now
makes it uncertain; nothing is ever raised.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from khue.core.errors import KhueError
from khue.signing.algorithms import POLICY_VERSION, describe
from khue.signing.cms import Cms, read_cms
from khue.signing.pades.layout import Gap, Layout, read_gaps, read_revisions
from khue.signing.pades.long_term import read_evidence
from khue.signing.pades.seal import rendition_of
from khue.signing.pades.second import Opinion, Said, SecondVoice, moment_of
from khue.signing.report import Finding, Indication, Report, SignatureReport, Sub, Verdict
from khue.signing.trust.base import Evidence, TokenFact, Trust
from khue.signing.trust.certificates import facts_of, identity_of

ROLE, ROLE_NAME = "school", "Nhà trường"
TOLERANCE = dt.timedelta(minutes=5)  # by which a time-stamp may precede the time that the seal claims
_SUBFILTER = "/ETSI.CAdES.detached"
_LEVEL = 1
_FOREIGN = "SIGN-530"
# Subs of a certificate that no root known here vouches for
_NOBODY = frozenset(
    {Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE, Sub.NO_CERTIFICATE_CHAIN_FOUND, Sub.NO_SIGNING_CERTIFICATE_FOUND}
)


def verify_pdf(data: bytes, *, trust: Trust | None, now: dt.datetime, expected_school: str = "") -> Report:
    """The report on a PDF (kind «pdf»); `facts` has code and digest of the record that the seal names.

    Without `trust` no certificate is judged, so the best verdict is uncertain. `expected_school` is an
    identifier that the certificate must carry, «MST:0101234567».
    """
    check = _Check(data, trust, now, expected_school)
    try:
        check.run()
    except Exception as error:  # whatever a file makes a library raise: the file stays unproved
        check.doubt("SIGN-538", what=type(error).__name__)
    return check.report()


@dataclass(slots=True)
class _Check:
    """One verification while it runs."""

    data: bytes
    trust: Trust | None
    now: dt.datetime
    expected: str
    wrong: list[Finding] = field(default_factory=list)
    doubts: list[Finding] = field(default_factory=list)
    sub: Sub = Sub.NONE  # of the first thing that was wrong, else of the first doubt
    seal: SignatureReport | None = None
    facts: dict[str, str] = field(default_factory=dict)

    def fail(self, sub: Sub, code: str, **params: object) -> None:
        """Something is wrong: the file is invalid."""
        if not self.wrong:
            self.sub = sub
        self.wrong.append(Finding(code, params))

    def doubt(self, code: str, *, sub: Sub = Sub.NONE, **params: object) -> None:
        """Something cannot be known: the file is not certain."""
        self.sub = self.sub or sub
        self.doubts.append(Finding(code, params))

    def take(self, findings: Sequence[Finding], sub: Sub, *, trusted: bool | None) -> None:
        """What `Trust` found: wrong if it says no, a doubt if it cannot say."""
        for found in findings:
            if trusted is False:
                self.fail(sub, found.code, **found.params)
            else:
                self.doubts.append(found)
                self.sub = self.sub or sub

    def run(self) -> None:
        """All steps; each needs what the one before found."""
        try:
            gaps = read_gaps(self.data)
            cms = read_cms(gaps[0].cms)
            self._cms(gaps[0], cms)
            layout = Layout(gaps, read_revisions(self.data, gaps[0].covered))
        except KhueError as error:
            if error.code == _FOREIGN:
                self.doubts.append(Finding(error.code, error.params))
            else:
                self.fail(Sub.FORMAT_FAILURE, error.code, **error.params)
            return
        if not (self.seal and self.seal.intact and self.seal.valid):
            return  # what a file says that nobody sealed is not even read
        best = self._time(layout, cms)
        self._signer(layout, cms, best)
        if self.seal.trusted is False and self.sub in _NOBODY:
            return  # the same, and strangers cannot keep a slow parser busy
        self._contents(layout)
        claimed = self.seal.claimed_time
        if best is not None and claimed is not None and best < claimed - TOLERANCE:
            self.fail(Sub.TIMESTAMP_ORDER_FAILURE, "SIGN-543", time=_shown(best), claimed=_shown(claimed))

    def _cms(self, gap: Gap, cms: Cms) -> None:
        """The seal by our own reader: who signed, whether it covers these bytes, whether it is genuine."""
        owner, facts = identity_of(cms.certificate), facts_of(cms.certificate)
        intact = cms.covers(_digest(self.data, gap, cms.digest_name))
        valid = cms.is_genuine()
        self.seal = SignatureReport(
            signature_id="",
            role=ROLE,
            role_name=ROLE_NAME,
            section="",
            signer=owner.name,
            identifiers=owner.identifiers,
            serial=f"{facts.serial:x}",
            issuer=facts.issuer_name,
            not_before=facts.not_before,
            not_after=facts.not_after,
            algorithm=cms.algorithm.value,
            level="B",
            intact=intact,
            valid=valid,
        )
        if not intact:
            self.fail(Sub.HASH_FAILURE, "SIGN-532")
        if not valid:
            self.fail(Sub.SIG_CRYPTO_FAILURE, "SIGN-533")
        if not owner.organization:
            self.fail(Sub.SIGNER_MISMATCH, "SIGN-535", name=owner.name)
        elif self.expected and self.expected not in owner.identifiers:
            self.fail(Sub.SIGNER_MISMATCH, "SIGN-536", name=owner.name, expected=self.expected)
        else:
            self._note(role_ok=True)

    def _contents(self, layout: Layout) -> None:
        """The second voice: what the file holds, what the seal says, what came after it."""
        voice = SecondVoice(self.data)
        said = voice.said()
        if said.seals > 1:
            self.fail(Sub.FORMAT_FAILURE, "SIGN-526", count=said.seals)
        if said.active:
            self.fail(Sub.SIG_CONSTRAINTS_FAILURE, "SIGN-527", what=said.active)
        if said.seals == 0 or not _same_places(layout, said):
            self.doubt("SIGN-537", what="vị trí chữ ký")
            return
        if said.subfilter != _SUBFILTER:
            self.doubt(_FOREIGN, what=said.subfilter.removeprefix("/") or "?")
        if said.level != _LEVEL or not said.certifies:
            self.fail(Sub.SIG_CONSTRAINTS_FAILURE, "SIGN-528", what=_level(said))
        self._say(said)
        self._opinion(voice.opinion())

    def _opinion(self, opinion: Opinion) -> None:
        seal = self.seal
        if not opinion.unchanged:
            self.fail(Sub.HASH_FAILURE, "SIGN-529")
        elif not self.wrong:
            self._note(position_ok=True)
        if seal is not None and (opinion.intact, opinion.valid) != (seal.intact, seal.valid):
            self.doubt("SIGN-537", what="chữ ký")

    def _say(self, said: Said) -> None:
        self._note(claimed_time=moment_of(said.claimed))
        self.facts = {
            name: text
            for name, text in (("reason", said.reason), ("school", said.name), ("location", said.location))
            if text
        }
        found = rendition_of(said.reason)
        if found is None:
            self.doubt("SIGN-539")
            return
        self.facts["record_code"], self.facts["record_digest"] = found

    def _time(self, layout: Layout, cms: Cms) -> dt.datetime | None:
        """The earliest time that a trusted time-stamp proves; the level by what is there."""
        evidence = read_evidence(layout.document)
        stamps = [(token, cms.stamp_digest) for token in cms.tokens]
        later = [(gap.cms, _digest(self.data, gap, "sha256")) for gap in layout.gaps[1:]]
        self._note(level=_reached(bool(stamps), bool(later), evidence))
        times = [self._stamp(token, digest, evidence) for token, digest in (*stamps, *later)]
        proved = [time for time in times if time is not None]
        best = min(proved, default=None)
        self._note(best_time=best)
        return best

    def _stamp(self, token: bytes, digest: bytes, evidence: Evidence) -> dt.datetime | None:
        if self.trust is None:
            return None
        fact: TokenFact = self.trust.judge_token(token, digest, evidence=evidence)
        if not fact.genuine:
            self.fail(fact.sub or Sub.SIG_CRYPTO_FAILURE, "SIGN-541")
            self.take(fact.findings, fact.sub, trusted=False)
        elif fact.trusted is not True:
            # a stamp that nobody vouches for proves no time; it does not make the seal wrong
            self.doubt("SIGN-542", sub=fact.sub, authority=fact.authority)
            self.take(fact.findings, fact.sub, trusted=None)
        return fact.time if fact.genuine and fact.trusted else None

    def _signer(self, layout: Layout, cms: Cms, best: dt.datetime | None) -> None:
        """The certificate, at the time that is proved or now."""
        at = best or self.now
        if not cms.accepted(at):
            key = describe(cms.key)
            self.doubt("SIGN-534", sub=Sub.CRYPTO_CONSTRAINTS_FAILURE, algorithm=cms.algorithm.value, key=key)
        if self.trust is None:
            self.doubt("SIGN-540", sub=Sub.NO_CERTIFICATE_CHAIN_FOUND)
            return
        evidence = read_evidence(layout.document)
        fact = self.trust.judge(cms.certificate, cms.chain, at=at, proved=best is not None, evidence=evidence)
        self._note(trusted=fact.trusted, anchor_set=fact.anchor_set, revocation=fact.revocation)
        if fact.trusted is not True:
            unnamed = (Finding("SIGN-544", {"name": identity_of(cms.certificate).name}),)
            self.take(fact.findings or unnamed, fact.sub, trusted=fact.trusted)

    def _note(self, **facts: object) -> None:
        if self.seal is not None:
            self.seal = replace(self.seal, **facts)  # type: ignore[arg-type]

    def report(self) -> Report:
        """What was found, as a report."""
        findings = (*self.wrong, *self.doubts)
        verdict = Verdict.VALID
        if self.wrong:
            verdict = Verdict.INVALID
        elif self.doubts or self.seal is None:
            verdict = Verdict.UNCERTAIN
        indication = {
            Verdict.VALID: Indication.PASSED,
            Verdict.INVALID: Indication.FAILED,
            Verdict.UNCERTAIN: Indication.INDETERMINATE,
        }[verdict]
        signatures: tuple[SignatureReport, ...] = ()
        if self.seal is not None:
            signatures = (replace(self.seal, indication=indication, sub=self.sub, findings=findings),)
        return Report(
            kind="pdf",
            verdict=verdict,
            digest=hashlib.sha256(self.data).hexdigest(),
            size=len(self.data),
            checked_at=self.now,
            policy=POLICY_VERSION,
            record_code=self.facts.get("record_code", ""),
            facts=self.facts,
            signatures=signatures,
            findings=() if signatures else findings,
            sub=self.sub,
            content=self.data if self.seal and self.seal.position_ok and not self.wrong else b"",
        )


def _digest(data: bytes, gap: Gap, name: str) -> bytes:
    hashed = hashlib.new(name)
    for part in gap.parts(data):
        hashed.update(part)
    return hashed.digest()


def _same_places(layout: Layout, said: Said) -> bool:
    """Whether both readers see the same signatures, in the same places, with the same contents."""
    own = {((0, gap.start, gap.end, gap.covered - gap.end), gap.cms) for gap in layout.gaps}
    other = {(places, contents[: len(contents.rstrip(b"\x00"))]) for places, contents in said.places}
    return {(places, cms.rstrip(b"\x00")) for places, cms in own} == other and len(said.places) == len(own)


def _level(said: Said) -> str:
    if said.level is None:
        return "không có mức"
    return f"mức {said.level}" if said.level != _LEVEL else "danh mục không chỉ đến con dấu"


def _reached(stamped: bool, archived: bool, evidence: Evidence) -> str:  # noqa: FBT001 — two facts
    """The level of EN 319 142-1 that the file's parts make up, before they are judged."""
    if not stamped and not archived:
        return "B"
    if not (evidence.crls or evidence.ocsps):
        return "T"
    return "LTA" if archived else "LT"


def _shown(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.timezone(dt.timedelta(hours=7))):%d/%m/%Y %H:%M:%S}"
