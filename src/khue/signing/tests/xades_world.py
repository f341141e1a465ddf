"""One class of one school, its teachers and its records, for the tests of XAdES; made once, never changed."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from khue.signing.algorithms import RULES, Algorithm
from khue.signing.canonical import element, escape_text
from khue.signing.demo.pki import DemoPki, KeyPair
from khue.signing.report import Report
from khue.signing.tbs import SlotRef, ToBeSigned
from khue.signing.trust.base import Evidence
from khue.signing.trust.store import TrustStore
from khue.signing.tsa.local import LocalTsa
from khue.signing.xades.augment import (
    archive_digest,
    replace_signature,
    stamp_digest,
    with_archive_timestamp,
    with_evidence,
    with_timestamp,
)
from khue.signing.xades.complete import add, complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import (
    Record,
    Section,
    Signer,
    Types,
    assemble,
    build_head,
    build_section,
    next_slots,
)
from khue.signing.xades.verify import verify_record

NOW = dt.datetime(2026, 12, 24, 2, 30, tzinfo=dt.UTC)
SIGNED_AT = NOW - dt.timedelta(hours=3)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
CODE = "so-6a1-hk1-2026"
SCHOOL, MST = "Trường THCS Lê Lợi", "MST:0101234567"
HOA = Signer("CCCD:001099000001", "Nguyễn Thị Hoa", 1, "teacher")
LAN = Signer("CCCD:001099000002", "Hoàng Thị Lan", 2, "teacher")
BINH = Signer("CCCD:001099000003", "Vi Văn Bình", 1, "teacher")
DUNG = Signer("CCCD:001099000004", "Nông Văn Dũng", 1, "homeroom")
MINH = Signer("CCCD:001099000005", "Lý Thị Minh", 1, "principal")
TEACHER_1, TEACHER_2 = SlotRef("teacher", "s01", 1), SlotRef("teacher", "s01", 2)
TEACHER_3, HOMEROOM = SlotRef("teacher", "s02", 1), SlotRef("homeroom", "s03", 1)
PRINCIPAL, SEAL = SlotRef("principal"), SlotRef("school")
ORDER = (TEACHER_1, TEACHER_2, TEACHER_3, HOMEROOM, PRINCIPAL, SEAL)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def pki() -> DemoPki:
    """The PKI of these tests. Nobody revokes anything in it."""
    return DemoPki.create(NOW - 90 * DAY)


@cache
def trust() -> TrustStore:
    """A store that trusts it, with fresh revocation lists."""
    return pki().trust(at=NOW)


@cache
def pair_of(slot: SlotRef) -> KeyPair:
    """The key of whoever signs in a slot of the class record."""
    people = {TEACHER_1: HOA, TEACHER_2: LAN, TEACHER_3: BINH, HOMEROOM: DUNG, PRINCIPAL: MINH}
    if slot == SEAL:
        return pki().school(SCHOOL, MST)
    one = people[slot]
    return pki().person(one.name, one.identifier)


@cache
def rsa_pair(name: str, identifier: str, bits: int = 2048) -> tuple[rsa.RSAPrivateKey, bytes]:
    """An RSA key with a certificate of the issuing CA."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    authority = pki().authority()
    now = (NOW - 90 * DAY).replace(tzinfo=None)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.SERIAL_NUMBER, identifier), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder(authority.certificate.subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + 700 * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(authority.pair.key, hashes.SHA256())
    )
    return key, certificate.public_bytes(Encoding.DER)


@cache
def tsa() -> LocalTsa:
    """The time-stamping authority of the PKI."""
    pair, numbers = pki().tsa(), itertools.count(1)
    return LocalTsa(pair.key, pair.certificate, pair.chain, serials=lambda: next(numbers))


def pupil(number: int, name: str = "Hoàng Văn An", note: str = "") -> str:
    """A row of a sheet."""
    attributes = {"order": str(number), "name": name, "average": "8,5", "note": note or None}
    return element("Pupil", attributes, element("Comment", {}, escape_text("Chăm & ngoan, <tiến bộ>")))


def sheet(section_id: str, signers: Sequence[Signer], pupils: int = 2, code: str = CODE) -> Section:
    """The sheet of a subject."""
    rows = [pupil(number) for number in range(1, pupils + 1)]
    return build_section(section_id, "sheet", code, signers, {"subject": "Toán"}, *rows)


def summary(section_id: str = "s03", signer: Signer = DUNG, code: str = CODE) -> Section:
    """The summary of a class."""
    return build_section(section_id, "summary", code, [signer], {}, element("Total", {"good": "12"}))


def head(school: str = SCHOOL, identifier: str = MST) -> str:
    """The head of a record."""
    return build_head(school, identifier, {"class": "6A1", "year": "2026-2027"})


def record(pupils: int = 2) -> Record:
    """The class record of a term, unsigned: two sheets, the first with two teachers, and a summary."""
    sections = (sheet("s01", [HOA, LAN], pupils), sheet("s02", [BINH], pupils), summary())
    return Record("gradebook-term", CODE, head(), sections)


def year_record(pupils: int = 0, code: str = CODE) -> Record:
    """The smallest record: one summary, three signatures."""
    rows = [pupil(number) for number in range(1, pupils + 1)]
    section = build_section("s03", "summary", code, [DUNG], {}, *rows)
    return Record("gradebook-year", code, head(), (section,))


def raw_value(key: Key, tbs: ToBeSigned) -> bytes:
    """What a key returns: DER for ECDSA."""
    digest = getattr(hashes, RULES[tbs.algorithm].digest.upper())()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(tbs.digest, ec.ECDSA(utils.Prehashed(digest)))
    if tbs.algorithm is Algorithm.RSA_PSS_SHA256:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return key.sign(tbs.digest, pss, utils.Prehashed(digest))
    return key.sign(tbs.digest, padding.PKCS1v15(), utils.Prehashed(digest))


def prepared(target: Record | Section, slot: SlotRef, **facts: object) -> ToBeSigned:
    """A prepared signature of whoever belongs in the slot."""
    pair = pair_of(slot)
    given = {"certificate": pair.certificate, "chain": pair.chain, "signing_time": SIGNED_AT, **facts}
    return prepare(target, slot, tbs_id="0" * 32, **given)


def signed(
    target: Record,
    *slots: SlotRef,
    keys: dict[SlotRef, tuple[Key, bytes]] | None = None,
    types: Types | None = None,
) -> Record:
    """The record with signatures in these slots, one after the other."""
    for slot in slots:
        pair = pair_of(slot)
        key, certificate = (keys or {}).get(slot, (pair.key, pair.certificate))
        tbs = prepared(target, slot, certificate=certificate, types=types)
        target = add(target, complete(target, tbs, raw_value(key, tbs), types=types), types)
    return target


@cache
def complete_record() -> Record:
    """The class record with all six signatures."""
    return signed(record(), *ORDER)


@cache
def small() -> Record:
    """The smallest complete record."""
    return signed(year_record(), HOMEROOM, PRINCIPAL, SEAL)


def sign_all(target: Record) -> Record:
    """A record signed by everybody who must, in their order."""
    while slots := next_slots(target):
        target = signed(target, slots[0])
    return target


def stamped(target: Record, slots: Iterable[SlotRef], at: dt.datetime = SIGNED_AT + MINUTE) -> Record:
    """The record with time-stamps on these signatures."""
    wanted = set(slots)
    for one in target.signatures:
        if one.slot in wanted:
            token = tsa().token(stamp_digest(one), at)
            target = replace_signature(target, with_timestamp(one, token))
    return target


def evidence(at: dt.datetime = SIGNED_AT + HOUR) -> Evidence:
    """Certificates and revocation data of a day."""
    made = pki()
    answer = made.ocsp(pair_of(SEAL).certificate, at)
    return Evidence((made.issuing,), (made.crl(at), made.root_crl(at)), (answer,))


def archived(target: Record, slot: SlotRef, at: dt.datetime = SIGNED_AT + 2 * HOUR) -> Record:
    """The record with evidence and an archive stamp on one stamped signature."""
    one = next(one for one in target.signatures if one.slot == slot)
    if "CertificateValues" not in one.text:
        one = with_evidence(one, evidence())
    one = with_archive_timestamp(target, one, tsa().token(archive_digest(target, one), at))
    return replace_signature(target, one)


def report_on(target: Record | bytes, **facts: object) -> Report:
    """The report on a record, trusting the PKI of these tests."""
    data = target if isinstance(target, bytes) else assemble(target)
    return verify_record(data, **{"trust": trust(), "now": NOW, **facts})


def unsigned(target: Record) -> Record:
    """The record before anybody signed."""
    return replace(target, signatures=())
