"""What a certificate says, read once (chứng thư số, RFC 5280): whom it names, for what, and for how long."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from khue.core.errors import Invalid
from khue.signing import der as asn1
from khue.signing.algorithms import RULES, Algorithm
from khue.signing.trust.base import Purpose

_Signed = x509.Certificate | x509.CertificateRevocationList | ocsp.OCSPResponse
_LOCAL = dt.timezone(dt.timedelta(hours=7))  # Vietnam has one zone and no summer time
_KEPT = 8192  # parsed certificates in memory; a large school has some hundreds, a province 17,500
_CURVES = {"secp256r1", "secp384r1", "secp521r1"}
_HASHES = {"sha256", "sha384", "sha512"}
# A signer's certificate with extended usages must have one of these: e-mail protection and client
# authentication are what Vietnamese CAs put in; the others mean the signing of documents.
_SIGNER_USES = {
    "2.5.29.37.0", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5",
}  # fmt: skip
_TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING.dotted_string
_OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string

# How numbers of people and bodies are spelled in subjects, as published files and programs show:
#   serialNumber or UID   «CCCD:001099000001», «CMND:162952530», «CMND:001089020747» (a 12-digit number
#                         under the old label), «HC:B1234567» (hộ chiếu), «MST:0100686209-199»; both
#                         UID=MST and UID=CCCD where a person signs for a body (VNPT, Viettel, FPT, Bkav …)
#   serialNumber          bare digits: 12 CCCD, 9 CMND, 10 or 10-3 MST
#   organizationIdentifier  «VATVN-0101234567», «MST:0101234567» (EN 319 412-1, 5.1.4)
#   serialNumber          «IDCVN-001099000001», «PNOVN-…», «PASVN-…», «TINVN-…» (EN 319 412-1, 5.1.3)
# Certificates for public duty (VGCA) may carry no number at all: then there is none.
_LABELS = {
    "CCCD": "CCCD", "CMND": "CMND", "CMT": "CMND", "CMTND": "CMND", "DDCN": "CCCD", "ĐDCN": "CCCD",
    "HC": "HC", "MST": "MST", "MNS": "MNS",
    "IDCVN": "CCCD", "PNOVN": "CCCD", "PASVN": "HC", "TINVN": "MST", "VATVN": "MST", "TAXVN": "MST",
}  # fmt: skip
_LABELED = re.compile(r"\s*([^\W\d_]+)\s*[:\-_]\s*(.+?)\s*")
_BARE = (
    (re.compile(r"\d{12}"), "CCCD"),
    (re.compile(r"\d{9}"), "CMND"),
    (re.compile(r"\d{10}(-\d{3})?"), "MST"),
)
_CITIZEN = re.compile(r"\d{12}")
_PERSONAL = ("CCCD:", "CMND:", "HC:")
_CARRIERS = (NameOID.SERIAL_NUMBER, NameOID.USER_ID, NameOID.ORGANIZATION_IDENTIFIER)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a certificate names (chủ thể): «CCCD:…», «CMND:…», «HC:…», «MST:…», «MNS:…»."""

    name: str
    identifiers: tuple[str, ...]
    organization: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What of a certificate decides about trust."""

    name: str
    issuer_name: str
    serial: int
    not_before: dt.datetime
    not_after: dt.datetime
    is_ca: bool
    usages: frozenset[str] | None  # None: the certificate does not say
    extended: frozenset[str] | None
    extended_critical: bool
    key: str  # «RSA 2048», «secp256r1»
    key_accepted: bool


@lru_cache(maxsize=_KEPT)
def parse(certificate: bytes) -> x509.Certificate:
    """A certificate from DER; what cannot be read is refused (`SIGN-200`)."""
    try:
        _check_form(certificate)
        return x509.load_der_x509_certificate(certificate)
    except (ValueError, IndexError, x509.InvalidVersion, Invalid) as error:
        raise Invalid("SIGN-200") from error


def _check_form(certificate: bytes) -> None:
    """Refuse two things that the parser lets pass.

    A serial number that is not positive (RFC 5280, 4.1.2.2); unused bits in the signature, which would
    give one certificate several forms.
    """
    body, _, signature = asn1.members(certificate)
    asn1.read_bits(signature)
    fields = asn1.parts(asn1.expect(body, asn1.SEQUENCE))
    serial = next((one for one in fields if one.tag == asn1.INTEGER), None)
    if serial is None or asn1.read_integer(serial) <= 0:
        raise Invalid("SIGN-200")


@lru_cache(maxsize=256)
def public_key_of(certificate: bytes) -> object:
    """The key of an authority, which signs many lists and stamps: its point is worked out once."""
    return parse(certificate).public_key()


@lru_cache(maxsize=_KEPT)
def facts_of(certificate: bytes) -> Facts:
    """The facts of a certificate; extensions that cannot be read refuse it (`SIGN-200`)."""
    parsed = parse(certificate)
    try:
        extensions = {type(one.value): one for one in parsed.extensions}
        basic = extensions.get(x509.BasicConstraints)
        usage = extensions.get(x509.KeyUsage)
        extended = extensions.get(x509.ExtendedKeyUsage)
        key, accepted = _key(parsed)
        return Facts(
            name=_words(parsed.subject),
            issuer_name=_words(parsed.issuer),
            serial=parsed.serial_number,
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            is_ca=basic is not None and basic.value.ca,
            usages=None if usage is None else _usages(usage.value),
            extended=None if extended is None else frozenset(one.dotted_string for one in extended.value),
            extended_critical=extended is not None and extended.critical,
            key=key,
            key_accepted=accepted,
        )
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise Invalid("SIGN-200") from error


@lru_cache(maxsize=_KEPT)
def identity_of(certificate: bytes) -> Identity:
    """Whom a certificate names, with the numbers in the spellings listed above."""
    try:
        subject = parse(certificate).subject
    except ValueError as error:
        raise Invalid("SIGN-200") from error
    found: list[str] = []
    for carrier in _CARRIERS:
        for value in _texts(subject, carrier):
            identifier = read_identifier(value)
            if identifier and identifier not in found:
                found.append(identifier)
    common, body = _first(subject, NameOID.COMMON_NAME), _first(subject, NameOID.ORGANIZATION_NAME)
    personal = any(one.startswith(_PERSONAL) for one in found) or _first(subject, NameOID.SURNAME) != ""
    # a tax code of twelve digits is a citizen's number: a household, not a body
    of_body = any(_is_of_body(one) for one in found)
    organization = not personal and (of_body or common == body != "")
    shortened = common.endswith("…") and body.startswith(common[:-1])
    name = body if organization and (shortened or not common) else common
    return Identity(name or body, tuple(found), organization)


def read_identifier(text: str) -> str:
    """A number from a subject in our spelling, «CCCD:001099000001»; "" where it is none that we know."""
    labeled = _LABELED.fullmatch(text)
    if labeled is None:
        return next((f"{kind}:{text.strip()}" for form, kind in _BARE if form.fullmatch(text.strip())), "")
    label, number = _LABELS.get(labeled[1].upper(), ""), re.sub(r"[\s.]", "", labeled[2]).upper()
    if label == "CMND" and _CITIZEN.fullmatch(number):
        label = "CCCD"
    elif label == "CCCD" and not _CITIZEN.fullmatch(number):
        label = "CMND"
    return f"{label}:{number}" if label else ""


def serial_of(certificate: bytes) -> str:
    """The serial number as people compare it: hexadecimal, upper case."""
    number = parse(certificate).serial_number
    return f"{number:0{(number.bit_length() + 7) // 8 * 2}X}"


def issuer_of(certificate: bytes) -> str:
    """The issuer in words: common name, organization."""
    return _words(parse(certificate).issuer)


def fits_purpose(certificate: bytes, purpose: Purpose) -> bool:
    """Whether usages allow the purpose; a CA certificate signs no records, tokens or OCSP answers."""
    facts = facts_of(certificate)
    signs = bool((facts.usages or frozenset()) & {"digital_signature", "content_commitment"})
    if facts.is_ca or not signs:
        return False
    if purpose is Purpose.TIME_STAMPING:
        return facts.extended_critical and facts.extended == frozenset({_TIME_STAMPING})
    if purpose is Purpose.OCSP:
        return facts.extended is not None and _OCSP_SIGNING in facts.extended
    return facts.extended is None or bool(facts.extended & _SIGNER_USES)


def is_signed_by(
    issuer: bytes, signature: bytes, data: bytes, algorithm: hashes.HashAlgorithm | None
) -> bool:
    """Whether the key of `issuer` signed `data`: CRLs, OCSP answers; SHA-1 and MD5 count as no signature."""
    if algorithm is None or algorithm.name not in _HASHES:
        return False
    try:
        key = public_key_of(issuer)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), algorithm)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def is_issued_by(certificate: bytes, issuer: bytes) -> bool:
    """Whether the key of `issuer` signed a certificate and the names fit."""
    parsed, above = parse(certificate), parse(issuer)
    return parsed.issuer == above.subject and is_signed_by(
        issuer, parsed.signature, parsed.tbs_certificate_bytes, hash_of(parsed)
    )


def hash_of(signed: _Signed) -> hashes.HashAlgorithm | None:
    """The hash that a certificate, list or answer was signed with; None for one that we do not know."""
    try:
        return signed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None


@lru_cache(maxsize=256)
def key_bits(certificate: bytes) -> bytes:
    """The subjectPublicKey without its wrapping, which OCSP hashes (RFC 6960, 4.1.1)."""
    info = parse(certificate).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return asn1.read_bits(asn1.members(info)[1])


def shown(moment: dt.datetime) -> str:
    """A moment as people here read it."""
    return f"{moment.astimezone(_LOCAL):%d/%m/%Y %H:%M}"


def _key(parsed: x509.Certificate) -> tuple[str, bool]:
    try:
        key = parsed.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return "?", False
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}", key.key_size >= RULES[Algorithm.RSA_SHA256].least_bits
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name, key.curve.name in _CURVES
    return type(key).__name__, False


def _usages(usage: x509.KeyUsage) -> frozenset[str]:
    names = ("digital_signature", "content_commitment", "key_cert_sign", "crl_sign")
    return frozenset(name for name in names if getattr(usage, name))


def _is_of_body(identifier: str) -> bool:
    label, _, number = identifier.partition(":")
    return label in {"MST", "MNS"} and not _CITIZEN.fullmatch(number)


def _words(name: x509.Name) -> str:
    both = (_first(name, NameOID.COMMON_NAME), _first(name, NameOID.ORGANIZATION_NAME))
    return ", ".join(dict.fromkeys(one for one in both if one)) or name.rfc4514_string()


def _texts(name: x509.Name, kind: x509.ObjectIdentifier) -> list[str]:
    return [one.value for one in name.get_attributes_for_oid(kind) if isinstance(one.value, str)]


def _first(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    return next(iter(_texts(name, kind)), "")
