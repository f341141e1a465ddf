"""What a verification found, in three levels from one object (kết quả kiểm tra chữ ký).

After ETSI EN 319 102-1: every signature has an indication and a sub-indication, and keeps *intact*
(the bytes are those that were signed), *valid* (the signature is the key's) and *trusted* (the
certificate led to a root at that time) apart. Level one is a sentence; level two the signatures;
level three `as_json`, with the inputs' digests and the version of the policy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from khue.signing.sentences import sentence


class Verdict(StrEnum):
    """The first level."""

    VALID = "valid"
    UNCERTAIN = "uncertain"  # nothing wrong was found, but something cannot be known here and now
    INVALID = "invalid"


# Exit codes of `khue verify`; also the order from best to worst is VALID, UNCERTAIN, INVALID.
EXIT_CODES = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.UNCERTAIN: 2}


class Indication(StrEnum):
    """EN 319 102-1, clause 5.1."""

    PASSED = "TOTAL_PASSED"
    INDETERMINATE = "INDETERMINATE"
    FAILED = "TOTAL_FAILED"


class Sub(StrEnum):
    """Sub-indications: those of EN 319 102-1 that can occur, then ours for roles."""

    NONE = ""
    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    REVOKED = "REVOKED"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    TRY_LATER = "TRY_LATER"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    SIGNER_MISMATCH = "SIGNER_MISMATCH"  # ours: another person, role or school than the record names
    ROLE_MISSING = "ROLE_MISSING"  # ours: a required signature is not there
    ORDER_FAILURE = "ORDER_FAILURE"  # ours: signatures do not stand in the order of the record type


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, with a stable code.

    A parameter may be a finding itself. Pages fill the sentence in the reader's language (filter `told`).
    """

    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The Vietnamese sentence."""
        return sentence(self.code, self.params)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Revocation:
    """What was known about the revocation of a certificate at a time."""

    state: str = "unknown"  # good, revoked, unknown
    source: str = ""  # crl, ocsp
    this_update: dt.datetime | None = None
    revoked_at: dt.datetime | None = None


UNKNOWN = Revocation()


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature."""

    signature_id: str
    role: str
    role_name: str
    section: str
    signer: str
    capacity: str = ""  # the free text of the claimed role: «Phó hiệu trưởng, theo uỷ quyền số …»
    identifiers: tuple[str, ...] = ()  # «CCCD:…», «MST:…»: from the certificate
    serial: str = ""
    issuer: str = ""
    anchor_set: str = ""  # NEAC, VGCA, TEST
    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None
    algorithm: str = ""
    level: str = ""  # B, T, LT, LTA
    claimed_time: dt.datetime | None = None
    best_time: dt.datetime | None = None  # the time that is proved: time-stamp, else none
    intact: bool = False
    valid: bool = False
    trusted: bool | None = None  # None: not asked or not knowable here
    position_ok: bool = False  # it covers exactly what its slot must cover
    role_ok: bool = False
    revocation: Revocation = UNKNOWN
    indication: Indication = Indication.FAILED
    sub: Sub = Sub.NONE
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class LogReport:
    """Whether the finished file is in the evidence log (nhật kí bằng chứng)."""

    included: bool
    origin: str = ""
    index: int | None = None
    size: int | None = None
    time: dt.datetime | None = None  # of the time-stamped checkpoint
    witnesses: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole file: record, sealed PDF or bundle."""

    kind: str  # xml, pdf, bundle
    verdict: Verdict
    digest: str  # SHA-256 of the file, hex
    size: int
    checked_at: dt.datetime
    policy: str
    record_type: str = ""
    record_name: str = ""  # «Sổ theo dõi và đánh giá học sinh, học kì I»
    record_code: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)  # from the verified head: school, class, year …
    signatures: tuple[SignatureReport, ...] = ()
    missing: tuple[str, ...] = ()  # names of required roles without a signature
    log: LogReport | None = None
    findings: tuple[Finding, ...] = ()
    content: bytes = b""  # the verified bytes, the only ones that may be shown; empty unless intact
    parts: tuple[Report, ...] = ()  # of a bundle
    sub: Sub = Sub.NONE  # why the file as a whole failed: FORMAT_FAILURE, ROLE_MISSING …

    @property
    def exit_code(self) -> int:
        """0 valid, 1 invalid, 2 not certain."""
        return EXIT_CODES[self.verdict]

    @property
    def conclusion(self) -> Finding:
        """The first level: the verdict and, if it is not good, the first reason."""
        reasons = [*self.findings, *(found for one in self.signatures for found in one.findings)]
        reason = reasons[0] if reasons and self.verdict is not Verdict.VALID else ""
        return Finding(f"SIGN-V-{self.verdict.value}", {"reason": reason, "count": len(self.signatures)})

    @property
    def text(self) -> str:
        """The first level as one Vietnamese sentence."""
        return self.conclusion.text

    def as_json(self) -> dict[str, Any]:
        """The third level: everything, in plain values."""
        plain = _plain(asdict(self))
        plain.pop("content")
        plain["sentence"] = self.text
        for kept, found in zip(plain["findings"], self.findings, strict=True):
            kept["text"] = found.text
        for kept, signature in zip(plain["signatures"], self.signatures, strict=True):
            for one, found in zip(kept["findings"], signature.findings, strict=True):
                one["text"] = found.text
        plain["parts"] = [part.as_json() for part in self.parts]
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return value
