"""CMS signatures, detached (chữ kí CMS tách rời, RFC 5652; CAdES EN 319 122-1): written and read by hand.

The sealing of PDFs and the signing of checkpoints stand on this module, not on asn1crypto (signing.md
3.4). Two steps as everywhere: `prepare_cms` gives the digest that the key signs, `complete_cms`
verifies what came back and writes the ContentInfo. Profile: one signer, named by issuer and serial;
signed attributes content-type, message-digest, signing-certificate-v2, and signing-time only where the
format wants it (CAdES yes, PAdES no: there the time stands in the PDF); a time-stamp as unsigned
attribute. The reader accepts DER of this shape and nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from khue.core.errors import Invalid, Refused
from khue.signing import der
from khue.signing.algorithms import (
    RULES,
    Algorithm,
    PublicKey,
    accepted,
    default_for,
    describe,
    fits,
    is_genuine,
    xml_value,
)

DATA = "1.2.840.113549.1.7.1"
LARGEST = 64 * 1024  # bytes of a CMS that are read at all; a seal with its stamp has some 10 KB
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = (f"1.2.840.113549.1.9.{last}" for last in (3, 4, 5))
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"  # ESS signing-certificate-v2, RFC 5035
_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"  # signature-time-stamp, RFC 3161 appendix A
_RSA, _PSS, _MGF1 = (f"1.2.840.113549.1.1.{last}" for last in (1, 10, 8))
_DIGESTS = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2",
            "sha512": "2.16.840.1.101.3.4.2.3"}  # fmt: skip
_DIGEST_NAMES = {dotted: name for name, dotted in _DIGESTS.items()}
_DIGEST_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
_SIGNATURES = {
    Algorithm.ECDSA_P256_SHA256: "1.2.840.10045.4.3.2",
    Algorithm.ECDSA_P384_SHA384: "1.2.840.10045.4.3.3",
    Algorithm.RSA_SHA256: "1.2.840.113549.1.1.11",
    Algorithm.RSA_SHA384: "1.2.840.113549.1.1.12",
    Algorithm.RSA_SHA512: "1.2.840.113549.1.1.13",
}
_BY_SIGNATURE = {dotted: algorithm for algorithm, dotted in _SIGNATURES.items()}
_RSA_WITH = {"sha256": Algorithm.RSA_SHA256, "sha384": Algorithm.RSA_SHA384, "sha512": Algorithm.RSA_SHA512}
_SALT = 32


def digest_of(algorithm: Algorithm, data: bytes) -> bytes:
    """The digest of content in the hash of a signature algorithm."""
    return hashlib.new(RULES[algorithm].digest, data, usedforsecurity=True).digest()


# --- writing ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CmsToSign:
    """A CMS signature that waits for its value: what the key signs, and all that completing needs."""

    digest: bytes  # of the signed attributes; what the key signs
    signed_attributes: bytes  # DER, as SET OF
    algorithm: Algorithm
    certificate: bytes  # leaf, DER
    chain: tuple[bytes, ...]  # intermediates, DER, without the root
    content_type: str = DATA

    def value_of(self, raw_value: bytes) -> bytes:
        """A returned value as CMS holds it (ECDSA as DER), if it signs this digest; else `SIGN-500`."""
        key = _identity(self.certificate).key
        value = xml_value(key, raw_value)
        if not is_genuine(key, self.algorithm, self.digest, value):
            raise Refused("SIGN-500")
        return _cms_value(key, value)

    def stamp_digest(self, raw_value: bytes) -> bytes:
        """The SHA-256 that a time-stamp authority stamps: that of the value as CMS holds it."""
        return hashlib.sha256(self.value_of(raw_value)).digest()


def prepare_cms(
    content_digest: bytes,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    *,
    algorithm: Algorithm,
    signing_time: dt.datetime | None = None,
    content_type: str = DATA,
) -> CmsToSign:
    """First step: the signed attributes over a digest of the content, and their own digest.

    `content_digest` is in the hash of the algorithm (`digest_of`); the key of the certificate must fit
    it (`SIGN-501`). PAdES passes no signing time (EN 319 142-1, 6.3), CAdES for checkpoints does.
    """
    signer = _identity(certificate)
    rule = RULES[algorithm]
    if not fits(algorithm, signer.key):
        raise Invalid("SIGN-501", key=describe(signer.key), algorithm=algorithm.value)
    if len(content_digest) != _DIGEST_SIZES[rule.digest]:
        raise Invalid("SIGN-502", length=len(content_digest), expected=_DIGEST_SIZES[rule.digest])
    attributes = [
        _attribute(_CONTENT_TYPE, der.oid(content_type)),
        _attribute(_MESSAGE_DIGEST, der.octets(content_digest)),
        signer.essential,
    ]
    if signing_time is not None:
        attributes.append(_attribute(_SIGNING_TIME, der.time(signing_time.replace(microsecond=0))))
    signed = der.set_of(*attributes)
    return CmsToSign(digest_of(algorithm, signed), signed, algorithm, certificate, tuple(chain), content_type)


def complete_cms(to_sign: CmsToSign, raw_value: bytes, *, token: bytes | None = None) -> bytes:
    """Second step: the ContentInfo, DER, with the value that a key returned, once it is verified.

    `token` is an RFC 3161 token over `to_sign.stamp_digest(raw_value)`; it may come later (`add_token`).
    """
    signer = _identity(to_sign.certificate)
    info = [
        der.integer(1),
        signer.name,
        _digest_algorithm(RULES[to_sign.algorithm].digest),
        der.implicit(0, to_sign.signed_attributes),
        _signature_algorithm(to_sign.algorithm),
        der.octets(to_sign.value_of(raw_value)),
    ]
    if token is not None:
        info.append(_unsigned((token,)))
    is_data = to_sign.content_type == DATA
    return _content_info(
        der.integer(1 if is_data else 3),  # RFC 5652 5.1: 3 where the content is of another type
        der.set_of(_digest_algorithm(RULES[to_sign.algorithm].digest)),
        der.sequence(der.oid(to_sign.content_type)),
        _certificates(to_sign.certificate, to_sign.chain),
        der.set_of(der.sequence(*info)),
    )


def cms_stamp_digest(cms: bytes) -> bytes:
    """What a time-stamp authority stamps for a finished CMS: the SHA-256 of its signature value."""
    return hashlib.sha256(read_cms(cms).value).digest()


def add_token(cms: bytes, token: bytes) -> bytes:
    """A finished CMS with a time-stamp token added; nothing that is signed changes (CAdES-B-T)."""
    old = read_cms(cms)
    *head, signer_infos = der.members(der.members(cms)[1].value)  # read_cms has seen that they are there
    signer_info = der.parts(der.whole(signer_infos.raw, der.SET))[0]
    info = [part.raw for part in der.parts(signer_info.value) if part.tag != der.context(1)]
    info.append(_unsigned((*old.tokens, token)))
    return _content_info(*(part.raw for part in head), der.set_of(der.sequence(*info)))


def sign_cms(
    key: PrivateKey,
    content: bytes,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    *,
    signing_time: dt.datetime | None = None,
) -> bytes:
    """Both steps over a key at hand: a detached CMS over content, in the key's own algorithm."""
    algorithm = default_for(key.public_key())
    to_sign = prepare_cms(
        digest_of(algorithm, content), certificate, chain, algorithm=algorithm, signing_time=signing_time
    )
    return complete_cms(to_sign, raw_signature(key, to_sign.digest, algorithm))


def raw_signature(key: PrivateKey, digest: bytes, algorithm: Algorithm) -> bytes:
    """The value of a key at hand over a digest (ECDSA as DER), as any signer would return it."""
    prehashed = utils.Prehashed(_HASHES[RULES[algorithm].digest])
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(digest, ec.ECDSA(prehashed))
    if algorithm is Algorithm.RSA_PSS_SHA256:
        return key.sign(digest, padding.PSS(padding.MGF1(hashes.SHA256()), _SALT), prehashed)
    return key.sign(digest, padding.PKCS1v15(), prehashed)


_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Identity:
    """What a certificate contributes to every signature made with it."""

    key: PublicKey
    name: bytes  # IssuerAndSerialNumber
    essential: bytes  # attribute signing-certificate-v2


@lru_cache(maxsize=256)
def _name(certificate: bytes) -> bytes:
    """Issuer and serial number of a certificate, as a SignerInfo names it."""
    tbs = der.parts(der.members(certificate)[0].value)
    first = 1 if tbs[0].tag == der.context(0) else 0  # the version stands before the serial number
    return der.sequence(tbs[first + 2].raw, tbs[first].raw)


@lru_cache(maxsize=256)
def _identity(certificate: bytes) -> _Identity:
    # ESSCertIDv2 with SHA-256, its default, and without IssuerSerial, as in our XAdES
    hashed = der.sequence(der.octets(hashlib.sha256(certificate).digest()))
    essential = _attribute(_SIGNING_CERTIFICATE, der.sequence(der.sequence(hashed)))
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise Invalid("SIGN-001", key=describe(key))
    return _Identity(key, _name(certificate), essential)


def _cms_value(key: PublicKey, value: bytes) -> bytes:
    if isinstance(key, rsa.RSAPublicKey):
        return value
    half = len(value) // 2
    return utils.encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))


def _attribute(dotted: str, value: bytes) -> bytes:
    return der.sequence(der.oid(dotted), der.tlv(der.SET, value))


def _unsigned(tokens: tuple[bytes, ...]) -> bytes:
    stamps = [_attribute(_TIME_STAMP, token) for token in tokens]
    return der.implicit(1, der.set_of(*stamps))


@lru_cache(maxsize=256)
def _certificates(certificate: bytes, chain: tuple[bytes, ...]) -> bytes:
    return der.implicit(0, der.set_of(certificate, *chain))


@lru_cache(maxsize=8)
def _digest_algorithm(name: str) -> bytes:
    return der.sequence(der.oid(_DIGESTS[name]))  # without parameters: RFC 5754, 2


@lru_cache(maxsize=8)
def _signature_algorithm(algorithm: Algorithm) -> bytes:
    if algorithm is Algorithm.RSA_PSS_SHA256:
        return der.sequence(der.oid(_PSS), _pss_parameters(der.null()))
    none = b"" if algorithm.value.startswith("ecdsa") else der.null()
    return der.sequence(der.oid(_SIGNATURES[algorithm]), none)


def _pss_parameters(none: bytes) -> bytes:
    """RSASSA-PSS-params for SHA-256; both spellings of the hash's parameters are in use (RFC 4055, 2.1)."""
    hashed = der.sequence(der.oid(_DIGESTS["sha256"]), none)
    mask = der.sequence(der.oid(_MGF1), hashed)
    return der.sequence(der.explicit(0, hashed), der.explicit(1, mask), der.explicit(2, der.integer(_SALT)))


def _content_info(*parts: bytes) -> bytes:
    return der.sequence(der.oid(_SIGNED_DATA), der.explicit(0, der.sequence(*parts)))


# --- reading ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cms:
    """A CMS signature that was read; nothing of it is verified until the methods are asked."""

    algorithm: Algorithm
    message_digest: bytes
    signed_attributes: bytes  # DER, as SET OF
    value: bytes  # as CMS holds it, ECDSA as DER
    certificate: bytes  # of the signer, DER: issuer, serial and ESS digest agree
    chain: tuple[bytes, ...]
    content_type: str = DATA
    signing_time: dt.datetime | None = None
    tokens: tuple[bytes, ...] = ()

    @property
    def digest_name(self) -> str:
        """The hash of the content, «sha256»."""
        return RULES[self.algorithm].digest

    @property
    def key(self) -> PublicKey:
        """The signer's public key."""
        return _identity(self.certificate).key

    @property
    def stamp_digest(self) -> bytes:
        """What its time-stamps must stamp (SHA-256 of the value)."""
        return hashlib.sha256(self.value).digest()

    def covers(self, content_digest: bytes) -> bool:
        """Whether it was made over content with this digest (*intact*)."""
        return self.message_digest == content_digest

    def is_genuine(self) -> bool:
        """Whether the value is the signer's, over these signed attributes (*valid*)."""
        if not fits(self.algorithm, self.key):
            return False
        try:
            value = xml_value(self.key, self.value)
        except Invalid:
            return False
        # ECDSA must stand here as DER: r‖s would be read by us and by nobody else
        if _cms_value(self.key, value) != self.value:
            return False
        digest = digest_of(self.algorithm, self.signed_attributes)
        return is_genuine(self.key, self.algorithm, digest, value)

    def accepted(self, at: dt.datetime) -> bool:
        """Whether the policy accepts its algorithm and key at a time."""
        return accepted(self.algorithm, self.key, at)


def read_cms(data: bytes) -> Cms:
    """Read a detached CMS of one signer; anything outside the profile is refused (`SIGN-503`, `SIGN-003`)."""
    if len(data) > LARGEST:
        raise Invalid("SIGN-503", what=f"{len(data)} byte")
    try:
        return _read(data)
    except (ValueError, IndexError, UnsupportedAlgorithm) as error:
        raise Invalid("SIGN-503", what=str(error) or type(error).__name__) from error


def _read(data: bytes) -> Cms:
    kind, explicit = der.members(data)
    _must(der.read_oid(kind) == _SIGNED_DATA, "không phải SignedData")
    signed_data = der.members(der.expect(explicit, der.context(0)))
    # between certificates and signers some put CRLs; revocation is not read from here
    _must([one.tag for one in signed_data[4:-1]] in ([], [der.context(1)]), "thành phần của SignedData")
    content_type = der.read_oid(_only(der.members(signed_data[2].raw), "nội dung không tách rời"))
    certificates = _split(der.expect(signed_data[3], der.context(0)))
    info = der.members(_only(der.members(signed_data[-1].raw, der.SET), "số người ký").raw)
    _must(len(info) in {6, 7} and der.read_integer(info[0]) == 1, "SignerInfo")
    _must(der.read_integer(signed_data[0]) == (1 if content_type == DATA else 3), "phiên bản")
    _must(signed_data[1].raw == der.set_of(info[2].raw), "danh sách hàm băm")
    attributes = _attributes(info[3])
    _must(attributes.pop(_CONTENT_TYPE, b"") == der.oid(content_type), "content-type")
    leaf = _signer(info[1].raw, attributes.pop(_SIGNING_CERTIFICATE, b""), certificates)
    return Cms(
        algorithm=_algorithm(info[4], info[2]),
        message_digest=der.whole(attributes.pop(_MESSAGE_DIGEST, b""), der.OCTETS),
        signed_attributes=bytes((der.SET,)) + info[3].raw[1:],
        value=der.expect(info[5], der.OCTETS),
        certificate=leaf,
        chain=tuple(one for one in certificates if one != leaf),
        content_type=content_type,
        signing_time=_time(attributes.pop(_SIGNING_TIME, b"")),
        tokens=_tokens(info[6]) if len(info) == 7 else (),  # noqa: PLR2004 — the last part is optional
    )


def _must(holds: bool, what: str) -> None:  # noqa: FBT001 — a condition and its name
    if not holds:
        raise Invalid("SIGN-503", what=what)


def _only(found: list[der.Element], what: str) -> der.Element:
    _must(len(found) == 1, what)
    return found[0]


def _split(content: bytes) -> list[bytes]:
    found = der.parts(content)
    _must(all(one.tag == der.SEQUENCE for one in found), "loại chứng thư")
    return [one.raw for one in found]


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    tag, value, rest = der.read(data)
    _must(not rest, "thừa byte ở cuối")
    return tag, value, data


def _attributes(element: der.Element) -> dict[str, bytes]:
    """Signed attributes by identifier; sorted as DER wants, each once, each with one value."""
    found = der.parts(der.expect(element, der.context(0)))
    _must([one.raw for one in found] == sorted(one.raw for one in found), "thứ tự thuộc tính")
    by_kind: dict[str, bytes] = {}
    for one in found:
        kind, values = der.parts(der.expect(one, der.SEQUENCE))
        dotted = der.read_oid(kind)
        _must(dotted not in by_kind, "thuộc tính lặp lại")
        by_kind[dotted] = _only(der.members(values.raw, der.SET), "thuộc tính nhiều giá trị").raw
    return by_kind


def _signer(name: bytes, attribute: bytes, certificates: list[bytes]) -> bytes:
    """The certificate that both the SignerInfo and signing-certificate-v2 name."""
    for certificate in certificates:
        if _name(certificate) == name:
            _must(_names(attribute, certificate), "signing-certificate-v2")
            return certificate
    raise Invalid("SIGN-503", what="không có chứng thư người ký")


def _names(attribute: bytes, certificate: bytes) -> bool:
    """Whether an ESS signing-certificate-v2 names this certificate first (RFC 5035, 3)."""
    parts = der.parts(der.members(der.members(attribute)[0].raw)[0].value)
    name = "sha256"
    if parts[0].tag == der.SEQUENCE:
        name = _DIGEST_NAMES.get(der.read_oid(der.parts(parts.pop(0).value)[0]), "")
    if name not in _DIGESTS:
        return False
    return der.expect(parts[0], der.OCTETS) == hashlib.new(name, certificate).digest()


def _algorithm(signature: der.Element, digest: der.Element) -> Algorithm:
    """The algorithm of the closed profile that the two identifiers name; anything else is refused."""
    kind, *parameters = der.parts(der.expect(signature, der.SEQUENCE))
    dotted = der.read_oid(kind)
    name = _DIGEST_NAMES.get(der.read_oid(der.parts(der.expect(digest, der.SEQUENCE))[0]), "")
    given = b"".join(one.raw for one in parameters)
    found = _BY_SIGNATURE.get(dotted)
    if dotted == _RSA:  # RFC 3370: the bare key, the hash stands beside it
        found = _RSA_WITH.get(name)
    elif dotted == _PSS and given in {_pss_parameters(der.null()), _pss_parameters(b"")}:
        found, given = Algorithm.RSA_PSS_SHA256, b""
    known = found is not None and RULES[found].digest == name and given in {b"", der.null()}
    if found is None or not known:
        raise Invalid("SIGN-503", what=f"{dotted}, {name or '?'}")
    return found


def _time(attribute: bytes) -> dt.datetime | None:
    return der.read_time(der.Element(*_element(attribute))) if attribute else None


def _tokens(element: der.Element) -> tuple[bytes, ...]:
    """The time-stamps among the unsigned attributes; others say nothing that we would rely on."""
    found: list[bytes] = []
    for one in der.parts(der.expect(element, der.context(1))):
        kind, values = der.parts(der.expect(one, der.SEQUENCE))
        if der.read_oid(kind) == _TIME_STAMP:
            found.extend(value.raw for value in der.members(values.raw, der.SET))
    return tuple(found)
