"""Time-stamp tokens as they are read (dấu thời gian, RFC 3161 2.4.2, RFC 5816): small, strict and fast.

A token is CMS SignedData around TSTInfo. Here it is decided whether it is genuine: over this value,
whole, signed by the certificate it names. Whether that certificate may stamp, and who stands behind
it, is asked of `khue.signing.trust`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from khue.core.errors import Invalid
from khue.signing import der
from khue.signing.report import Finding, Sub
from khue.signing.trust.certificates import is_signed_by, parse

LARGEST = 64 * 1024  # bytes; a token with three certificates has five or six thousand
SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip
_RSA = "1.2.840.113549.1.1.1"  # names no hash: that of the SignerInfo holds
_SIGNATURES = {
    "1.2.840.113549.1.1.11": "sha256", "1.2.840.113549.1.1.12": "sha384", "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.3.2": "sha256", "1.2.840.10045.4.3.3": "sha384", "1.2.840.10045.4.3.4": "sha512",
}  # fmt: skip
_IMPLICIT_0, _IMPLICIT_1, _KEY_ID = der.context(0), der.context(1), der.context(0, constructed=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a genuine token says."""

    time: dt.datetime
    serial: int
    policy: str
    digest: bytes  # that was stamped
    nonce: int | None
    certificate: bytes  # of the authority, DER
    certificates: tuple[bytes, ...]  # all that came in the token


@dataclass(frozen=True, slots=True)
class Checked:
    """The stamp, or why there is none."""

    stamp: Stamp | None
    sub: Sub = Sub.NONE
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Signer:
    """One SignerInfo, taken apart."""

    identifier: der.Element
    digest: str
    attributes: bytes  # as they are signed: a SET
    values: dict[str, der.Element]
    hash: str
    signature: bytes


def check_token(token: bytes, value_digest: bytes) -> Checked:
    """Whether a token (ContentInfo, DER) is genuine and stamps this digest.

    The digest is SHA-256, SHA-384 or SHA-512 of the stamped value, told apart by its length.
    """
    try:
        content, certificates, signer = _open(token)
        stamp = _read_info(content)
    except (Invalid, IndexError) as error:
        reason = error.params.get("what", error.code) if isinstance(error, Invalid) else "thiếu phần tử"
        return _failed(Sub.FORMAT_FAILURE, "SIGN-260", what=reason)
    if signer.hash not in _HASHES or signer.digest not in _HASHES:
        return _failed(Sub.CRYPTO_CONSTRAINTS_FAILURE, "SIGN-263")
    certificate = _signing_certificate(signer, certificates)
    if certificate is None:
        return _failed(Sub.NO_SIGNING_CERTIFICATE_FOUND, "SIGN-264")
    digest = hashlib.new(signer.digest, content).digest()
    said = signer.values[MESSAGE_DIGEST]
    if (said.tag, said.value) != (der.OCTETS, digest):
        return _failed(Sub.HASH_FAILURE, "SIGN-262")
    if not is_signed_by(certificate, signer.signature, signer.attributes, _HASHES[signer.hash]):
        return _failed(Sub.SIG_CRYPTO_FAILURE, "SIGN-262")
    if stamp.digest != value_digest:
        return _failed(Sub.HASH_FAILURE, "SIGN-261")
    return Checked(
        Stamp(
            stamp.time,
            stamp.serial,
            stamp.policy,
            stamp.digest,
            stamp.nonce,
            certificate,
            certificates,
        )
    )


def _open(token: bytes) -> tuple[bytes, tuple[bytes, ...], _Signer]:
    """TSTInfo (DER), the certificates, and the only signer."""
    if len(token) > LARGEST:
        raise Invalid("SIGN-003", what="quá lớn")
    kind, wrapped = _exactly(der.members(token), 2)
    _must(der.read_oid(kind) == SIGNED_DATA, "không phải SignedData")
    version, digests, encapsulated, *others = der.members(der.expect(wrapped, _IMPLICIT_0))
    _must(der.read_integer(version) == 3, "phiên bản SignedData")  # noqa: PLR2004 — RFC 5652 5.1
    der.expect(digests, der.SET)
    content_type, inner = _exactly(der.parts(der.expect(encapsulated, der.SEQUENCE)), 2)
    _must(der.read_oid(content_type) == TST_INFO, "không phải TSTInfo")
    content = der.whole(der.expect(inner, _IMPLICIT_0), der.OCTETS)
    certificates: tuple[bytes, ...] = ()
    if others[0].tag == _IMPLICIT_0:
        certificates = tuple(one.raw for one in der.parts(others.pop(0).value) if one.tag == der.SEQUENCE)
    if others[0].tag == _IMPLICIT_1:
        others.pop(0)
    (infos,) = _exactly(others, 1)
    (info,) = _exactly(der.parts(der.expect(infos, der.SET)), 1)
    return content, certificates, _read_signer(info)


def _read_signer(info: der.Element) -> _Signer:
    version, identifier, digest, attributes, algorithm, signature, *unsigned = der.parts(
        der.expect(info, der.SEQUENCE)
    )
    _must(der.read_integer(version) in {1, 3}, "phiên bản SignerInfo")
    _must(not unsigned or [one.tag for one in unsigned] == [_IMPLICIT_1], "SignerInfo")
    values: dict[str, der.Element] = {}
    for attribute in der.parts(der.expect(attributes, _IMPLICIT_0)):
        name, content = _exactly(der.parts(der.expect(attribute, der.SEQUENCE)), 2)
        kind = der.read_oid(name)
        _must(kind not in values, "thuộc tính lặp lại")
        (values[kind],) = _exactly(der.parts(der.expect(content, der.SET)), 1)
    _must(CONTENT_TYPE in values and der.read_oid(values[CONTENT_TYPE]) == TST_INFO, "content-type")
    _must(MESSAGE_DIGEST in values, "message-digest")
    digest_name = DIGESTS.get(_algorithm(digest), "")
    named = _algorithm(algorithm)
    return _Signer(
        identifier,
        digest_name,
        bytes((der.SET,)) + attributes.raw[1:],
        values,
        digest_name if named == _RSA else _SIGNATURES.get(named, ""),
        der.expect(signature, der.OCTETS),
    )


def _read_info(content: bytes) -> Stamp:
    """TSTInfo (RFC 3161 2.4.2), without its signer."""
    version, policy, imprint, serial, time, *others = der.members(content)
    _must(der.read_integer(version) == 1, "phiên bản TSTInfo")
    algorithm, digest = _exactly(der.parts(der.expect(imprint, der.SEQUENCE)), 2)
    value = der.expect(digest, der.OCTETS)
    name = DIGESTS.get(_algorithm(algorithm), "")
    _must(name != "" and len(value) == hashlib.new(name).digest_size, "thuật toán băm")
    _must(time.tag == der.GENERALIZED_TIME, "genTime")
    # optional: accuracy, ordering, nonce, tsa, extensions, in this order; an unknown extension is refused
    tags = [one.tag for one in others]
    order = (der.SEQUENCE, der.BOOLEAN, der.INTEGER, _IMPLICIT_0)
    _must(tags == [tag for tag in order if tag in tags], "TSTInfo")
    nonce = next((der.read_integer(one) for one in others if one.tag == der.INTEGER), None)
    return Stamp(der.read_time(time), der.read_integer(serial), der.read_oid(policy), value, nonce, b"", ())


def _signing_certificate(signer: _Signer, certificates: tuple[bytes, ...]) -> bytes | None:
    """The certificate that both the signer's identifier and the signed ESS attribute name."""
    try:
        name, digest = _certificate_digest(signer)
        for one in certificates:
            if hashlib.new(name, one).digest() == digest and _is_named(signer.identifier, one):
                return one
    except (Invalid, IndexError):
        return None
    return None


def _certificate_digest(signer: _Signer) -> tuple[str, bytes]:
    """Hash and digest in ESSCertIDv2 (RFC 5035) or ESSCertID, whose SHA-1 only picks among certificates."""
    second = signer.values.get(SIGNING_CERTIFICATE_V2)
    first = signer.values.get(SIGNING_CERTIFICATE)
    if second is None and first is None:
        raise Invalid("SIGN-264")
    listed = der.parts(der.expect(second or first, der.SEQUENCE))[0]  # type: ignore[arg-type]
    fields = der.parts(der.expect(der.parts(der.expect(listed, der.SEQUENCE))[0], der.SEQUENCE))
    if second is None:
        return "sha1", der.expect(fields[0], der.OCTETS)
    if fields[0].tag == der.SEQUENCE:
        return DIGESTS.get(_algorithm(fields[0]), "sha256"), der.expect(fields[1], der.OCTETS)
    return "sha256", der.expect(fields[0], der.OCTETS)


def _is_named(identifier: der.Element, certificate: bytes) -> bool:
    parsed = parse(certificate)
    if identifier.tag == _KEY_ID:
        own = (one.value for one in parsed.extensions if isinstance(one.value, x509.SubjectKeyIdentifier))
        return any(one.digest == identifier.value for one in own)
    issuer, serial = _exactly(der.parts(der.expect(identifier, der.SEQUENCE)), 2)
    return (issuer.raw, der.read_integer(serial)) == (parsed.issuer.public_bytes(), parsed.serial_number)


def _algorithm(element: der.Element) -> str:
    return der.read_oid(der.parts(der.expect(element, der.SEQUENCE))[0])


def _exactly(elements: list[der.Element], count: int) -> list[der.Element]:
    _must(len(elements) == count, "số phần tử")
    return elements


def _must(holds: bool, what: str) -> None:  # noqa: FBT001 — reads as a sentence
    if not holds:
        raise Invalid("SIGN-003", what=what)


def _failed(sub: Sub, code: str, **params: object) -> Checked:
    return Checked(None, sub, (Finding(code, params),))
