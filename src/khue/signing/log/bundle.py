"""The offline bundle (gói hồ sơ) for parents, schools, courts: one zip with all that proves a record.

It is checked with the published key of the log and the roots of the certificates, without us and
without a network. The manifest only finds damage; what proves something is signed by itself.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from khue.core.errors import Invalid, KhueError, Refused
from khue.signing.algorithms import POLICY_VERSION
from khue.signing.log.archive import CheckpointEvidence, judge_chain, token_suffix
from khue.signing.log.howto import HOWTO
from khue.signing.log.note import Note
from khue.signing.log.package import read_package, shown, write_package
from khue.signing.log.policy import Policy
from khue.signing.log.proof import TlogProof, verify_inclusion_file
from khue.signing.report import Finding, LogReport, Report, Verdict
from khue.signing.trust.base import Evidence, Trust

FORMAT = "khue-bundle/1"
RECORD, PDF, PROOF, KEYS = "ho-so.xml", "ho-so.pdf", "ho-so.tlog-proof", "keys.txt"
CHECKPOINT, CMS, CERTIFICATES = "checkpoint", "checkpoint.p7s", "chung-thu.pem"
GUIDE, MANIFEST = "HUONG-DAN.txt", "manifest.json"
REQUIRED = (RECORD, PROOF, CHECKPOINT, KEYS, MANIFEST)
DIGEST_FACT = "record_digest"  # the fact in which the report of a PDF says which record it renders, hex
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n")
# Nothing is wrong, but something cannot be known here; every other finding says that something is.
_UNCERTAIN = {
    "SIGN-421", "SIGN-423", "SIGN-443", "SIGN-445", "SIGN-474", "SIGN-475", "SIGN-477",
}  # fmt: skip

# The record, evidence that travels with it, and the time at which the log proves that it was there.
RecordCheck = Callable[[bytes, Evidence, dt.datetime | None], Report]
PdfCheck = Callable[[bytes, Evidence], Report]
# A detached signature, what it is over, and evidence.
CmsCheck = Callable[[bytes, bytes, Evidence], Report]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle holds. `checkpoint.note` is the archived file that the tokens stamp."""

    record: bytes
    proof: str
    checkpoint: CheckpointEvidence
    keys: str  # the policy file: whose signatures the checkpoint should bear
    pdf: bytes = b""
    evidence: Evidence = field(default_factory=Evidence)


def write_bundle(bundle: Bundle) -> bytes:
    """The zip; the same parts give the same bytes. Refuses what `read_bundle` would refuse."""
    parts = {
        RECORD: bundle.record,
        PROOF: bundle.proof.encode(),
        CHECKPOINT: bundle.checkpoint.note,
        KEYS: bundle.keys.encode(),
        GUIDE: HOWTO.encode(),
    }
    optional = {PDF: bundle.pdf, CMS: bundle.checkpoint.cms, CERTIFICATES: _pem(bundle.evidence.certificates)}
    parts |= {name: data for name, data in optional.items() if data}
    parts |= {CHECKPOINT + token_suffix(number): one for number, one in enumerate(bundle.checkpoint.tokens)}
    parts |= {f"thu-hoi/{number}.crl": one for number, one in enumerate(bundle.evidence.crls, 1)}
    parts |= {f"thu-hoi/{number}.ocsp": one for number, one in enumerate(bundle.evidence.ocsps, 1)}
    listed = {name: {"sha256": sha256(data).hexdigest(), "size": len(data)} for name, data in parts.items()}
    manifest = json.dumps({"format": FORMAT, "parts": listed}, indent=1, sort_keys=True)
    data = write_package(parts | {MANIFEST: f"{manifest}\n".encode()})
    read_bundle(data)  # what no reader would take is not given out
    return data


def read_bundle(data: bytes) -> Bundle:
    """The parts of a bundle; a hostile zip (`SIGN-460` …), a part too few, too many or damaged is refused."""
    parts = read_package(data)
    for name in REQUIRED:
        if name not in parts:
            raise Refused("SIGN-469", name=name)
    _check_manifest(parts)
    tokens = _numbered(parts, "checkpoint{}.tsr", ["", *(f".{number}" for number in range(1, 100))])
    crls = _numbered(parts, "thu-hoi/{}.crl", range(1, 100))
    ocsps = _numbered(parts, "thu-hoi/{}.ocsp", range(1, 100))
    known = {*REQUIRED, PDF, CMS, CERTIFICATES, GUIDE, *tokens, *crls, *ocsps}
    for name in parts:
        if name not in known:
            raise Refused("SIGN-470", name=shown(name))
    try:
        proof, keys = parts[PROOF].decode(), parts[KEYS].decode()
        certificates = _ders(parts.get(CERTIFICATES, b"").decode("ascii"))
    except ValueError as error:
        raise Invalid("SIGN-460") from error
    return Bundle(
        parts[RECORD], proof,
        CheckpointEvidence(parts[CHECKPOINT], tuple(tokens.values()), parts.get(CMS, b"")),
        keys, parts.get(PDF, b""), Evidence(certificates, tuple(crls.values()), tuple(ocsps.values())),
    )  # fmt: skip


def verify_bundle(
    data: bytes,
    *,
    verify_record: RecordCheck,
    verify_pdf: PdfCheck,
    log_keys: Policy | None,
    trust: Trust,
    now: dt.datetime,
    verify_cms: CmsCheck | None = None,
) -> Report:
    """Everything that a bundle claims, part by part; never raises for what it holds.

    `log_keys` is the policy that the reader has from elsewhere. Without it the bundle's own is taken,
    and the answer is «not certain»: anyone can write a key into a bundle.
    """
    try:
        bundle = read_bundle(data)
        policy = log_keys or Policy.parse(bundle.keys)
    except KhueError as error:
        found = Finding(error.code, error.params)
        return _report(data, now, Verdict.INVALID, findings=(found,))
    log = _log(bundle, policy, trust)
    if log_keys is None:
        log = replace(log, findings=(*log.findings, Finding("SIGN-475", {"origin": log.origin})))
    parts = [(RECORD, verify_record(bundle.record, bundle.evidence, log.time))]
    findings = []
    if bundle.pdf:
        parts.append((PDF, verify_pdf(bundle.pdf, bundle.evidence)))
        findings += _same_record(bundle.record, parts[-1][1])
    if bundle.checkpoint.cms and verify_cms is not None:
        parts.append((CMS, verify_cms(bundle.checkpoint.cms, bundle.checkpoint.note, bundle.evidence)))
    findings += log.findings
    for name, part in parts:
        if part.verdict is not Verdict.VALID:
            code = "SIGN-476" if part.verdict is Verdict.INVALID else "SIGN-477"
            findings.append(Finding(code, {"name": name, "reason": part.conclusion}))
    ranked = tuple(sorted(findings, key=lambda one: one.code in _UNCERTAIN))  # the worst first
    return _report(
        data, now, _verdict(ranked, log), findings=ranked, log=log, record=parts[0][1],
        parts=tuple(part for _, part in parts),
    )  # fmt: skip


def _log(bundle: Bundle, policy: Policy, trust: Trust) -> LogReport:
    """Inclusion by the proof, then the time of the checkpoint by its tokens."""
    log = verify_inclusion_file(bundle.record, bundle.proof, policy)
    try:
        same = Note.parse(bundle.checkpoint.note).body == TlogProof.parse(bundle.proof).note.body
    except KhueError as error:
        return replace(log, included=False, findings=(*log.findings, Finding(error.code, error.params)))
    if not same:
        return replace(log, included=False, findings=(*log.findings, Finding("SIGN-472")))
    chain = judge_chain(bundle.checkpoint.note, bundle.checkpoint.tokens, trust, evidence=bundle.evidence)
    found = chain.findings
    if chain.genuine and chain.trusted is not True and not found:
        found = (Finding("SIGN-423", {"authority": chain.authority}),)
    time = chain.time if log.included and chain.genuine and chain.trusted else None
    return replace(log, time=time, findings=(*log.findings, *found))


def _same_record(record: bytes, pdf: Report) -> list[Finding]:
    """Whether the PDF says that it renders this record."""
    said = pdf.facts.get(DIGEST_FACT, "")
    if not said:
        return [Finding("SIGN-474")]
    return [] if said.lower() == sha256(record).hexdigest() else [Finding("SIGN-473")]


def _verdict(findings: Sequence[Finding], log: LogReport) -> Verdict:
    if any(found.code not in _UNCERTAIN for found in findings):
        return Verdict.INVALID
    return Verdict.VALID if log.included and log.time is not None and not findings else Verdict.UNCERTAIN


def _report(
    data: bytes, now: dt.datetime, verdict: Verdict, *, findings: tuple[Finding, ...],
    log: LogReport | None = None, record: Report | None = None, parts: tuple[Report, ...] = (),
) -> Report:  # fmt: skip
    """The report of the whole: what the record is, and its content only if all of it holds together."""
    report = Report(
        kind="bundle", verdict=verdict, digest=sha256(data).hexdigest(), size=len(data), checked_at=now,
        policy=POLICY_VERSION, log=log, findings=findings, parts=parts,
    )  # fmt: skip
    if record is None:
        return report
    return replace(
        report, record_type=record.record_type, record_name=record.record_name,
        record_code=record.record_code, facts=record.facts, signatures=record.signatures,
        missing=record.missing, content=b"" if verdict is Verdict.INVALID else record.content,
    )  # fmt: skip


def _check_manifest(parts: dict[str, bytes]) -> None:
    """Each part is as long and has the digest that the manifest says, and none is left over (`SIGN-471`)."""
    try:
        manifest = json.loads(parts[MANIFEST])
        listed = dict(manifest["parts"]) if manifest["format"] == FORMAT else {}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("SIGN-471", name=MANIFEST) from error
    for name in sorted({*listed, *parts} - {MANIFEST}):
        data = parts.get(name)
        known = None if data is None else {"sha256": sha256(data).hexdigest(), "size": len(data)}
        if known is None or listed.get(name) != known:
            raise Refused("SIGN-471", name=shown(name))


def _numbered(parts: dict[str, bytes], pattern: str, numbers: Iterable[object]) -> dict[str, bytes]:
    """The parts of a numbered family, in order, up to the first that is not there."""
    found = {}
    for number in numbers:
        name = pattern.format(number)
        if name not in parts:
            break
        found[name] = parts[name]
    return found


def _pem(certificates: Iterable[bytes]) -> bytes:
    """Certificates as the plain tools want them."""
    return "".join(ssl.DER_cert_to_PEM_cert(one) for one in certificates).encode()


def _ders(text: str) -> tuple[bytes, ...]:
    """Certificates out of PEM; anything between them is a `ValueError`."""
    blocks = _PEM.findall(text)
    if "".join(blocks) != text:
        msg = "not only certificates"
        raise ValueError(msg)
    return tuple(ssl.PEM_cert_to_DER_cert(block) for block in blocks)
