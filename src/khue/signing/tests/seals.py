"""A school, a time-stamping authority and their papers, for the tests of PDF seals."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import typst
from asn1crypto import cms as asn1_cms
from asn1crypto import tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from khue.signing import cms
from khue.signing.algorithms import Algorithm
from khue.signing.demo.pki import DemoPki
from khue.signing.pades.seal import complete_seal, prepare_seal
from khue.signing.report import Indication, Report
from khue.signing.trust.base import Evidence, PathFact, Purpose, TokenFact
from khue.signing.tsa.local import LocalTsa

AT = dt.datetime(2026, 12, 1, 3, 0, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(minutes=20)
CODE = "K5T2-9GQX-4M7R-ZD3*"
XML = b"<kr:Record xmlns:kr='urn:khue:record:1'/>"
DIGEST = hashlib.sha256(XML).hexdigest()
SCHOOL = "Trường THCS Lê Lợi"
MST = "MST:0101234567"

TEMPLATE = """
#set document(title: "Sổ theo dõi và đánh giá học sinh", date: datetime(year: 2026, month: 12, day: 1))
#set page(paper: "a4")
= Trường THCS Lê Lợi
Sổ theo dõi và đánh giá học sinh, lớp 6A1. #link("https://khue.example/k")[Tra cứu]
#table(columns: 3, [Họ và tên], [Toán], [Ngữ văn], [Nguyễn Văn An], [8,5], [7,0])
#pagebreak()
Trang hai.
"""


@dataclass(frozen=True)
class Pair:
    """A key and its certificates, as `DemoPki` gives them, for any kind of key."""

    key: cms.PrivateKey
    certificate: bytes
    chain: tuple[bytes, ...]


@dataclass(frozen=True)
class World:
    """Everybody who takes part."""

    pki: DemoPki
    school: Pair
    rsa_school: Pair
    other_school: Pair
    person: Pair
    tsa: Pair


@cache
def world() -> World:
    """Made once: an RSA key costs a tenth of a second."""
    pki = DemoPki.create(AT - dt.timedelta(days=100))
    one, other = pki.school(SCHOOL, MST), pki.school("Trường THPT Chu Văn An", "MST:0109999999")
    person, tsa = pki.person("Nguyễn Thị Hoa", "CCCD:001099000001"), pki.tsa()
    pairs = (Pair(item.key, item.certificate, item.chain) for item in (one, other, person, tsa))
    school, other_school, hoa, authority = pairs
    return World(pki, school, _rsa_school(pki, school), other_school, hoa, authority)


def _rsa_school(pki: DemoPki, like: Pair) -> Pair:
    from cryptography import x509

    key = rsa.generate_private_key(65537, 2048)
    old = x509.load_der_x509_certificate(like.certificate)
    builder = x509.CertificateBuilder(old.issuer, old.subject, key.public_key(), 4711)
    builder = builder.not_valid_before(old.not_valid_before_utc).not_valid_after(old.not_valid_after_utc)
    for extension in old.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectKeyIdentifier):
            value = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(value, extension.critical)
    signed = builder.sign(pki.authority().pair.key, hashes.SHA256())
    return Pair(key, signed.public_bytes(Encoding.DER), like.chain)


@cache
def paper(template: str = TEMPLATE, standard: str = "1.7") -> bytes:
    """A PDF of our renderer."""
    tags = {} if standard == "a-2a" else {"pdf_tags": False}
    return bytes(
        typst.compile(
            template.encode(), ignore_system_fonts=True, timestamp=AT, pdf_standards=standard, **tags
        )
    )


def sealed(
    pdf: bytes | None = None,
    *,
    by: Pair | None = None,
    stamped: dt.datetime | None = None,
    algorithm: Algorithm | None = None,
    code: str = CODE,
) -> bytes:
    """A sealed paper; `stamped` makes it B-T."""
    signer = by or world().school
    tbs = prepare_seal(
        pdf or paper(), record_code=code, record_digest=DIGEST, school=SCHOOL, at=AT,
        certificate=signer.certificate, chain=signer.chain, algorithm=algorithm,
    )  # fmt: skip
    raw = cms.raw_signature(signer.key, tbs.digest, tbs.algorithm)
    stamp = token(tbs.stamp_digest(raw), stamped) if stamped else None
    return complete_seal(tbs, raw, stamp)


@cache
def _authority() -> LocalTsa:
    tsa = world().tsa
    return LocalTsa(tsa.key, tsa.certificate, tsa.chain, serials=itertools.count(1).__next__)


def token(digest: bytes, at: dt.datetime) -> bytes:
    """An RFC 3161 token of the demo authority."""
    return _authority().token(digest, at)


@cache
def evidence(at: dt.datetime = AT) -> Evidence:
    """Certificates, CRLs and an OCSP answer of the day."""
    pki, school, tsa = world().pki, world().school, world().tsa
    return Evidence(
        certificates=(school.certificate, tsa.certificate, pki.issuing, pki.root),
        crls=(pki.crl(at), pki.root_crl(at)),
        ocsps=(pki.ocsp(school.certificate, at),),
    )


@dataclass
class FakeTrust:
    """A `Trust` that answers what a test wants, and keeps what it was asked."""

    path: PathFact = field(default_factory=lambda: PathFact(True, Indication.PASSED, anchor_set="TEST"))
    token_trusted: bool | None = True
    asked: list[tuple[bytes, dt.datetime, bool, Evidence | None]] = field(default_factory=list)

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
        self.asked.append((leaf, at, proved, evidence))
        return self.path

    def judge_token(
        self, token: bytes, value_digest: bytes, *, evidence: Evidence | None = None
    ) -> TokenFact:
        signed_data = asn1_cms.ContentInfo.load(token)["content"]["encap_content_info"]
        if signed_data["content_type"].native != "tst_info":
            return TokenFact(genuine=False)
        info = signed_data["content"].parsed
        assert isinstance(info, tsp.TSTInfo)  # known once asn1crypto.tsp is imported
        imprint = info["message_imprint"]["hashed_message"].native
        return TokenFact(
            imprint == value_digest, info["gen_time"].native, self.token_trusted, "Khuê TEST TSA"
        )


def codes(report: Report) -> set[str]:
    """All codes of a report."""
    found = [*report.findings, *(one for signature in report.signatures for one in signature.findings)]
    return {one.code for one in found}
