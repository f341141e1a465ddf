"""CRLs and OCSP answers as they are read (RFC 5280 5, RFC 6960): parsed once, signatures checked once.

Only complete lists are taken: deltas, indirect lists, lists of some reasons, and lists with critical
extensions that we do not know are refused (`SIGN-221`), because silence in them proves nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from khue.core.errors import Invalid
from khue.signing import der
from khue.signing.trust.base import Purpose
from khue.signing.trust.certificates import (
    facts_of,
    fits_purpose,
    hash_of,
    is_issued_by,
    is_signed_by,
    key_bits,
    parse,
)

_KEPT = 256  # parsed lists; a list of 100,000 entries takes some 20 MB
_EXPIRED_CERTS = "2.5.29.60"  # expiredCertsOnCRL, ISO/IEC 9594-8
_KNOWN = {
    "2.5.29.20", "2.5.29.28", "2.5.29.35", "2.5.29.46", _EXPIRED_CERTS, "1.3.6.1.5.5.7.1.1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """That a certificate was revoked (thu hồi): from when, why, and which statement says so."""

    at: dt.datetime
    reason: str  # as in x509.ReasonFlags; "" where none is given
    said_at: dt.datetime
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Crl:
    """One revocation list (danh sách thu hồi)."""

    digest: str
    issuer: bytes  # name, DER
    this_update: dt.datetime
    next_update: dt.datetime | None
    serials: Mapping[int, x509.RevokedCertificate]
    keeps_expired: dt.datetime | None  # entries of certificates that expired after this stay in
    points: frozenset[str] | None  # None: for every certificate of the issuer
    only_ca: bool
    only_users: bool
    data: bytes
    parsed: x509.CertificateRevocationList

    def covers(self, certificate: bytes) -> bool:
        """Whether silence about this certificate means something."""
        is_ca = facts_of(certificate).is_ca
        if (self.only_ca and not is_ca) or (self.only_users and is_ca):
            return False
        return self.points is None or bool(self.points & _points_of(certificate))

    def entry(self, serial: int) -> Entry | None:
        """What the list says about a serial number; a released one (removeFromCRL) is not revoked."""
        found = self.serials.get(serial)
        if found is None:
            return None
        reason = _reason(found)
        if reason == x509.ReasonFlags.remove_from_crl.value:
            return None
        return Entry(found.revocation_date_utc, reason, self.this_update, "crl")

    def is_genuine(self, issuer: bytes) -> bool:
        """Whether this issuer signed the list, and may."""
        usages = facts_of(issuer).usages
        may = usages is None or "crl_sign" in usages
        named = parse(issuer).subject.public_bytes() == self.issuer
        parsed = self.parsed
        return (
            may
            and named
            and is_signed_by(issuer, parsed.signature, parsed.tbs_certlist_bytes, hash_of(parsed))
        )


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One answer of an OCSP responder about one serial number."""

    digest: str
    serial: int
    hash_name: str
    name_hash: bytes
    key_hash: bytes
    good: bool
    this_update: dt.datetime
    next_update: dt.datetime | None
    entry: Entry | None
    data: bytes
    parsed: ocsp.OCSPResponse

    def is_about(self, serial: int, issuer: bytes) -> bool:
        """Whether it speaks of this certificate: serial number, issuer's name and key."""
        if serial != self.serial or self.hash_name not in {"sha1", "sha256", "sha384", "sha512"}:
            return False
        name = parse(issuer).subject.public_bytes()
        found = [hashlib.new(self.hash_name, data).digest() for data in (name, key_bits(issuer))]
        return found == [self.name_hash, self.key_hash]

    def responder(self, issuer: bytes) -> bytes | None:
        """Who signed it: the issuer itself, or a responder that the issuer appointed; else nobody.

        RFC 6960 4.2.2.2: the responder's certificate is issued by the same CA, for OCSP signing.
        """
        parsed = self.parsed
        for candidate in (issuer, *_certificates(parsed)):
            signed = is_signed_by(candidate, parsed.signature, parsed.tbs_response_bytes, hash_of(parsed))
            if signed and (candidate == issuer or _is_appointed(candidate, issuer, self.this_update)):
                return candidate
        return None


@lru_cache(maxsize=_KEPT)
def read_crl(data: bytes) -> Crl:
    """A list from DER (`SIGN-220`, `SIGN-221`)."""
    try:
        parsed = x509.load_der_x509_crl(data)
        extensions = {one.oid.dotted_string: one for one in parsed.extensions}
        serials = {one.serial_number: one for one in parsed}
        point = extensions.pop("2.5.29.28", None)
        scope = point.value if point is not None else None
        expired = extensions.get(_EXPIRED_CERTS)
        keeps = None if expired is None else _expired_since(expired.value)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise Invalid("SIGN-220") from error
    if "2.5.29.27" in extensions or any(
        one.critical and key not in _KNOWN for key, one in extensions.items()
    ):
        raise Invalid("SIGN-221")
    points, only_ca, only_users = None, False, False
    if isinstance(scope, x509.IssuingDistributionPoint):
        partial = (scope.indirect_crl, scope.only_contains_attribute_certs, scope.only_some_reasons)
        if any(partial) or scope.relative_name is not None:
            raise Invalid("SIGN-221")
        points = None if scope.full_name is None else frozenset(str(one.value) for one in scope.full_name)
        only_ca, only_users = scope.only_contains_ca_certs, scope.only_contains_user_certs
    return Crl(
        digest=hashlib.sha256(data).hexdigest(),
        issuer=parsed.issuer.public_bytes(),
        this_update=parsed.last_update_utc,
        next_update=parsed.next_update_utc,
        serials=serials,
        keeps_expired=keeps,
        points=points,
        only_ca=only_ca,
        only_users=only_users,
        data=data,
        parsed=parsed,
    )


@lru_cache(maxsize=_KEPT)
def read_ocsp(data: bytes) -> tuple[Answer, ...]:
    """The answers in a successful OCSP response from DER; anything else is refused (`SIGN-222`)."""
    try:
        parsed = ocsp.load_der_ocsp_response(data)
        if parsed.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Invalid("SIGN-222")
        if any(one.critical for one in parsed.extensions):
            raise Invalid("SIGN-222")
        return tuple(_answer(data, parsed, one) for one in parsed.responses)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise Invalid("SIGN-222") from error


def _answer(data: bytes, parsed: ocsp.OCSPResponse, one: ocsp.OCSPSingleResponse) -> Answer:
    entry = None
    if one.certificate_status is ocsp.OCSPCertStatus.REVOKED and one.revocation_time_utc is not None:
        reason = "" if one.revocation_reason is None else str(one.revocation_reason.value)
        entry = Entry(one.revocation_time_utc, reason, one.this_update_utc, "ocsp")
    return Answer(
        digest=hashlib.sha256(data).hexdigest(),
        serial=one.serial_number,
        hash_name=one.hash_algorithm.name,
        name_hash=one.issuer_name_hash,
        key_hash=one.issuer_key_hash,
        good=one.certificate_status is ocsp.OCSPCertStatus.GOOD,
        this_update=one.this_update_utc,
        next_update=one.next_update_utc,
        entry=entry,
        data=data,
        parsed=parsed,
    )


def has_no_check(certificate: bytes) -> bool:
    """Whether a responder's certificate asks not to be checked (id-pkix-ocsp-nocheck)."""
    return any(isinstance(one.value, x509.OCSPNoCheck) for one in parse(certificate).extensions)


def _is_appointed(responder: bytes, issuer: bytes, at: dt.datetime) -> bool:
    try:
        facts = facts_of(responder)
    except Invalid:
        return False
    may = fits_purpose(responder, Purpose.OCSP) and facts.key_accepted
    return may and facts.not_before <= at <= facts.not_after and is_issued_by(responder, issuer)


def _certificates(response: ocsp.OCSPResponse) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in response.certificates]


def _points_of(certificate: bytes) -> frozenset[str]:
    for one in parse(certificate).extensions:
        if isinstance(one.value, x509.CRLDistributionPoints):
            names = (name for point in one.value for name in point.full_name or ())
            return frozenset(str(name.value) for name in names)
    return frozenset()


def _reason(revoked: x509.RevokedCertificate) -> str:
    for one in revoked.extensions:
        if isinstance(one.value, x509.CRLReason):
            return str(one.value.reason.value)
    return ""


def _expired_since(extension: x509.ExtensionType) -> dt.datetime:
    if not isinstance(extension, x509.UnrecognizedExtension):
        raise Invalid("SIGN-220")
    return der.read_time(der.parts(extension.value)[0])
