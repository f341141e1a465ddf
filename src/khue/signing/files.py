"""One question for any file (kiểm tra tệp): record, sealed PDF, bundle, or another system's transcript?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from khue.signing.algorithms import POLICY_VERSION
from khue.signing.cades import verify_cms
from khue.signing.canonical import digest
from khue.signing.foreign.layout import Layout, shipped
from khue.signing.foreign.verify import verify_foreign
from khue.signing.log.bundle import CmsCheck, PdfCheck, RecordCheck, verify_bundle
from khue.signing.pades.verify import verify_pdf
from khue.signing.report import Finding, Report, Verdict
from khue.signing.xades.record import OPEN
from khue.signing.xades.verify import verify_record

if TYPE_CHECKING:
    from khue.signing.log.policy import Policy
    from khue.signing.trust.base import Evidence, Trust

PDF, ZIP, XML = b"%PDF-", b"PK\x03\x04", b"<"
_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


def verify_file(
    data: bytes, *, trust: Trust, now: dt.datetime, log_policy: Policy | None = None,
    layouts: Sequence[Layout] | None = None,
) -> Report:  # fmt: skip
    """The report on a file, whatever it is; never raises for what it holds.

    What a file claims to be decides only who looks at it: a record that begins otherwise than ours is
    read as one of another system, which finds nothing of ours in it.
    """
    if data.startswith(PDF):
        return verify_pdf(data, trust=trust, now=now)
    if data.startswith(ZIP):
        return verify_bundle(
            data, verify_record=_record_check(trust, now), verify_pdf=_pdf_check(trust, now),
            log_keys=log_policy, trust=trust, now=now, verify_cms=_cms_check(trust, now),
        )  # fmt: skip
    if data.startswith(OPEN.encode()):
        return verify_record(data, trust=trust, now=now)
    if data.removeprefix(_BOM).lstrip(_SPACE).startswith(XML):
        known = shipped() if layouts is None else layouts
        return verify_foreign(data, trust=trust, now=now, layouts=known)
    return Report(
        "unknown", Verdict.INVALID, digest(data).hex(), len(data), now, POLICY_VERSION,
        findings=(Finding("SIGN-700"),),
    )  # fmt: skip


def _record_check(trust: Trust, now: dt.datetime) -> RecordCheck:
    def check(data: bytes, evidence: Evidence, proved_at: dt.datetime | None) -> Report:
        return verify_record(data, trust=trust, now=now, evidence=evidence, proved_at=proved_at)

    return check


def _pdf_check(trust: Trust, now: dt.datetime) -> PdfCheck:
    def check(data: bytes, evidence: Evidence) -> Report:
        return verify_pdf(data, trust=trust, now=now, evidence=evidence)

    return check


def _cms_check(trust: Trust, now: dt.datetime) -> CmsCheck:
    def check(signature: bytes, content: bytes, evidence: Evidence) -> Report:
        return verify_cms(signature, content, trust=trust, now=now, evidence=evidence)

    return check
