"""Whether a CMS signature holds (kiểm tra chữ ký CMS, CAdES EN 319 122-1): value, time-stamps, certificate.

What a seal on a PDF and the signature on a checkpoint of the log have in common. What is wrong makes a
file invalid, what cannot be known here and now makes it uncertain; nothing is ever raised.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from khue.core.errors import KhueError
from khue.signing.algorithms import POLICY_VERSION, describe
from khue.signing.cms import Cms, read_cms
from khue.signing.report import Finding, Indication, Report, SignatureReport, Sub, Verdict
from khue.signing.trust.base import Evidence, Trust
from khue.signing.trust.certificates import facts_of, identity_of

TOLERANCE = dt.timedelta(minutes=5)  # by which a time-stamp may precede the time that the signer claims
_INDICATIONS = {
    Verdict.VALID: Indication.PASSED,
    Verdict.INVALID: Indication.FAILED,
    Verdict.UNCERTAIN: Indication.INDETERMINATE,
}
_VIETNAM = dt.timezone(dt.timedelta(hours=7))


def verify_cms(
    data: bytes, content: bytes, *, trust: Trust | None, now: dt.datetime, evidence: Evidence | None = None
) -> Report:
    """The report (kind «cms») on a detached signature over content, as checkpoints carry one.

    Who may sign what is the caller's question: `signatures[0]` says who did.
    """
    check = Check(data, trust, now, "cms")
    try:
        cms = read_cms(data)
        check.signed_by(cms, hashlib.new(cms.digest_name, content).digest())
        check.note(claimed_time=cms.signing_time, position_ok=True, level="T" if cms.tokens else "B")
        best = check.proved_time(((token, cms.stamp_digest) for token in cms.tokens), evidence)
        check.certificate(cms, best, evidence)
        check.order(best)
    except KhueError as error:
        check.fail(Sub.FORMAT_FAILURE, Finding(error.code, error.params))
    except Exception as error:  # whatever it makes a library raise: it stays unproved
        check.doubt(Finding("SIGN-538", {"what": type(error).__name__}))
    return check.report()


@dataclass(slots=True)
class Check:
    """One verification while it runs."""

    data: bytes
    trust: Trust | None
    now: dt.datetime
    kind: str
    wrong: list[Finding] = field(default_factory=list)
    doubts: list[Finding] = field(default_factory=list)
    sub: Sub = Sub.NONE  # of the first thing that was wrong, else of the first doubt
    signature: SignatureReport | None = None
    facts: dict[str, str] = field(default_factory=dict)

    def fail(self, sub: Sub, *findings: Finding) -> None:
        """Something is wrong: the file is invalid."""
        if not self.wrong:
            self.sub = sub
        self.wrong.extend(findings)

    def doubt(self, *findings: Finding, sub: Sub = Sub.NONE) -> None:
        """Something cannot be known: the file is not certain."""
        self.sub = self.sub or sub
        self.doubts.extend(findings)

    def note(self, **facts: object) -> None:
        """Something for the report on the signature."""
        if self.signature is not None:
            self.signature = replace(self.signature, **facts)  # type: ignore[arg-type]

    @property
    def genuine(self) -> bool:
        """Whether these bytes were signed by the key of the certificate, whoever that is."""
        return self.signature is not None and self.signature.intact and self.signature.valid

    def signed_by(self, cms: Cms, content_digest: bytes) -> None:
        """Who signed, whether it covers this content, whether it is genuine."""
        owner, facts = identity_of(cms.certificate), facts_of(cms.certificate)
        self.signature = SignatureReport(
            signature_id="",
            role="",
            role_name="",
            section="",
            signer=owner.name,
            identifiers=owner.identifiers,
            serial=f"{facts.serial:x}",
            issuer=facts.issuer_name,
            not_before=facts.not_before,
            not_after=facts.not_after,
            algorithm=cms.algorithm.value,
            intact=cms.covers(content_digest),
            valid=cms.is_genuine(),
        )
        if not self.signature.intact:
            self.fail(Sub.HASH_FAILURE, Finding("SIGN-532"))
        if not self.signature.valid:
            self.fail(Sub.SIG_CRYPTO_FAILURE, Finding("SIGN-533"))

    def proved_time(
        self, stamps: Iterable[tuple[bytes, bytes]], evidence: Evidence | None
    ) -> dt.datetime | None:
        """The earliest time that a trusted time-stamp (token, what it must stamp) proves."""
        times = [self._stamp(token, digest, evidence) for token, digest in stamps]
        best = min((time for time in times if time is not None), default=None)
        self.note(best_time=best)
        return best

    def _stamp(self, token: bytes, digest: bytes, evidence: Evidence | None) -> dt.datetime | None:
        if self.trust is None:
            return None
        fact = self.trust.judge_token(token, digest, evidence=evidence)
        if not fact.genuine:
            self.fail(fact.sub or Sub.SIG_CRYPTO_FAILURE, Finding("SIGN-541"), *fact.findings)
        elif fact.trusted is not True:
            # a stamp that nobody vouches for proves no time; it does not make the signature wrong
            unknown = Finding("SIGN-542", {"authority": fact.authority})
            self.doubt(unknown, *fact.findings, sub=fact.sub)
        return fact.time if fact.genuine and fact.trusted else None

    def certificate(self, cms: Cms, best: dt.datetime | None, evidence: Evidence | None) -> None:
        """Algorithm and certificate, at the time that is proved, or now."""
        at = best or self.now
        if not cms.accepted(at):
            old = Finding("SIGN-534", {"algorithm": cms.algorithm.value, "key": describe(cms.key)})
            self.doubt(old, sub=Sub.CRYPTO_CONSTRAINTS_FAILURE)
        if self.trust is None:
            self.doubt(Finding("SIGN-540"), sub=Sub.NO_CERTIFICATE_CHAIN_FOUND)
            return
        fact = self.trust.judge(cms.certificate, cms.chain, at=at, proved=best is not None, evidence=evidence)
        self.note(trusted=fact.trusted, anchor_set=fact.anchor_set, revocation=fact.revocation)
        unnamed = Finding("SIGN-544", {"name": identity_of(cms.certificate).name})
        if fact.trusted is False:
            self.fail(fact.sub, *(fact.findings or (unnamed,)))
        elif fact.trusted is None:
            self.doubt(*(fact.findings or (unnamed,)), sub=fact.sub)

    def order(self, best: dt.datetime | None) -> None:
        """A time-stamp cannot be from well before the time that the signer claims."""
        claimed = self.signature.claimed_time if self.signature else None
        if best is not None and claimed is not None and best < claimed - TOLERANCE:
            wrong = Finding("SIGN-543", {"time": _shown(best), "claimed": _shown(claimed)})
            self.fail(Sub.TIMESTAMP_ORDER_FAILURE, wrong)

    def report(self) -> Report:
        """What was found, as a report."""
        findings = (*self.wrong, *self.doubts)
        verdict = Verdict.VALID
        if self.wrong:
            verdict = Verdict.INVALID
        elif self.doubts or self.signature is None:
            verdict = Verdict.UNCERTAIN
        signatures: Sequence[SignatureReport] = ()
        if self.signature is not None:
            self.note(indication=_INDICATIONS[verdict], sub=self.sub, findings=findings)
            signatures = (self.signature,)
        shown = self.signature is not None and self.signature.position_ok and not self.wrong
        return Report(
            kind=self.kind,
            verdict=verdict,
            digest=hashlib.sha256(self.data).hexdigest(),
            size=len(self.data),
            checked_at=self.now,
            policy=POLICY_VERSION,
            record_code=self.facts.get("record_code", ""),
            facts=self.facts,
            signatures=tuple(signatures),
            findings=() if signatures else findings,
            content=self.data if shown else b"",
            sub=self.sub,
        )


def merged(*evidence: Evidence | None) -> Evidence:
    """Evidence from several places as one."""
    found = [one for one in evidence if one is not None]
    return Evidence(
        certificates=tuple(dict.fromkeys(item for one in found for item in one.certificates)),
        crls=tuple(dict.fromkeys(item for one in found for item in one.crls)),
        ocsps=tuple(dict.fromkeys(item for one in found for item in one.ocsps)),
    )


def _shown(moment: dt.datetime) -> str:
    return f"{moment.astimezone(_VIETNAM):%d/%m/%Y %H:%M:%S}"
