"""What the verifiers ask of trust: one question about a certificate, one about a time-stamp token."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from khue.signing.report import UNKNOWN, Finding, Indication, Revocation, Sub


class Purpose(StrEnum):
    """What a certificate is used for; decides which key usages are asked for."""

    SIGNING = "signing"  # digitalSignature or nonRepudiation
    TIME_STAMPING = "time_stamping"  # critical extended key usage timeStamping, and no other
    OCSP = "ocsp"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Revocation data that travels with a signature (B-LT), DER."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class PathFact:
    """What is known of a certificate at a time."""

    trusted: bool | None  # None: not knowable here (no revocation data, root not at hand)
    indication: Indication
    sub: Sub = Sub.NONE
    anchor_set: str = ""
    revocation: Revocation = UNKNOWN
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenFact:
    """What is known of a time-stamp token."""

    genuine: bool  # over this value, signed by its own certificate, well formed
    time: dt.datetime | None = None
    trusted: bool | None = None
    authority: str = ""
    sub: Sub = Sub.NONE
    findings: tuple[Finding, ...] = ()


class Trust(Protocol):
    """Answers for one set of roots and one store of revocation data; results are cached."""

    def judge(
        self,
        leaf: bytes,
        chain: Sequence[bytes],
        *,
        at: dt.datetime,
        proved: bool,
        purpose: Purpose = Purpose.SIGNING,
        evidence: Evidence | None = None,
    ) -> PathFact:
        """Whether a certificate (DER) was good at a time.

        `proved`: the time comes from a time-stamp or checkpoint, so that later expiry or revocation
        does not matter; otherwise `at` is the time of checking and both do (OUT_OF_BOUNDS_NO_POE,
        REVOKED_NO_POE).
        """

    def judge_token(
        self, token: bytes, value_digest: bytes, *, evidence: Evidence | None = None
    ) -> TokenFact:
        """Whether an RFC 3161 token (ContentInfo, DER) stamps this digest and whose clock it was."""
