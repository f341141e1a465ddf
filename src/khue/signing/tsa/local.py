"""A time-stamping authority in this process (cấp dấu thời gian tại chỗ, RFC 3161), from a DER template.

For the demo, for tests, and for an installation that runs its own authority. Everything that is the
same in every token is encoded once; what remains is two digests and one signature.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from khue.core.errors import Invalid
from khue.signing import der
from khue.signing.trust.base import Purpose
from khue.signing.trust.certificates import facts_of, fits_purpose, parse
from khue.signing.tsa.token import (
    CONTENT_TYPE,
    DIGESTS,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)

POLICY = "2.999.3161"  # the arc for examples (X.660); an operator gives the number of its own policy
_OIDS = {hashlib.new(name).digest_size: oid for oid, name in DIGESTS.items()}
_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
_ECDSA = der.sequence(der.oid("1.2.840.10045.4.3.2"))
_RSA = der.sequence(der.oid("1.2.840.113549.1.1.11"), der.null())
_GRANTED, _REJECTED = 0, 2
_BAD_ALGORITHM, _BAD_FORMAT, _BAD_POLICY = 0, 5, 15  # bits of PKIFailureInfo


class LocalTsa:
    """Stamps digests with a key of its own."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
        certificate: bytes,
        chain: tuple[bytes, ...],
        policy_oid: str = POLICY,
        *,
        serials: Callable[[], int],
    ) -> None:
        """`serials` gives a number that was never given before, also after a restart."""
        if not fits_purpose(certificate, Purpose.TIME_STAMPING):
            raise Invalid("SIGN-278", name=facts_of(certificate).name)
        self.certificate = certificate
        self._key = key
        self._serials = serials
        self._policy = policy_oid
        parsed = parse(certificate)
        identifier = der.sequence(parsed.issuer.public_bytes(), der.integer(parsed.serial_number))
        listed = der.sequence(der.sequence(der.octets(hashlib.sha256(certificate).digest())))
        self._attributes = (
            _attribute(CONTENT_TYPE, der.oid(TST_INFO)),
            _attribute(SIGNING_CERTIFICATE_V2, der.sequence(listed)),
        )
        self._certificates = der.implicit(0, der.set_of(certificate, *chain))
        self._signer_head = der.integer(1) + identifier + _SHA256
        self._signed_head = der.integer(3) + der.set_of(_SHA256)
        self._info_head = der.integer(1) + der.oid(policy_oid)

    def token(
        self,
        digest: bytes,
        at: dt.datetime,
        *,
        nonce: int | None = None,
        with_certificates: bool = True,
    ) -> bytes:
        """A token over a digest (SHA-256, SHA-384 or SHA-512) with this time, in milliseconds."""
        oid = _OIDS.get(len(digest))
        if oid is None:
            raise Invalid("SIGN-265", length=len(digest))
        time = at.replace(microsecond=at.microsecond // 1000 * 1000)
        info = der.sequence(
            self._info_head,
            der.sequence(der.sequence(der.oid(oid)), der.octets(digest)),
            der.integer(self._serials()),
            der.generalized_time(time),
            b"" if nonce is None else der.integer(nonce),
        )
        stamped = _attribute(MESSAGE_DIGEST, der.octets(hashlib.sha256(info).digest()))
        attributes = der.set_of(*self._attributes, stamped)
        algorithm, signature = self._sign(attributes)
        signer = der.sequence(
            self._signer_head, der.implicit(0, attributes), algorithm, der.octets(signature)
        )
        signed = der.sequence(
            self._signed_head,
            der.sequence(der.oid(TST_INFO), der.explicit(0, der.octets(info))),
            self._certificates if with_certificates else b"",
            der.tlv(der.SET, signer),
        )
        return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, signed))

    def answer(self, request: bytes, at: dt.datetime) -> bytes:
        """The TimeStampResp to a TimeStampReq (both DER): a token, or why not."""
        try:
            version, imprint, *others = der.members(request)
            algorithm, digest = der.parts(der.expect(imprint, der.SEQUENCE))
            value = der.expect(digest, der.OCTETS)
            oid = der.read_oid(der.parts(der.expect(algorithm, der.SEQUENCE))[0])
            if der.read_integer(version) != 1:
                return _rejection(_BAD_FORMAT)
            asked = {one.tag: one for one in others}
            policy = der.read_oid(asked[der.OID]) if der.OID in asked else self._policy
            nonce = der.read_integer(asked[der.INTEGER]) if der.INTEGER in asked else None
            certificates = der.BOOLEAN in asked and der.read_boolean(asked[der.BOOLEAN])
        except (Invalid, ValueError, IndexError):
            return _rejection(_BAD_FORMAT)
        if _OIDS.get(len(value)) != oid:
            return _rejection(_BAD_ALGORITHM)
        if policy != self._policy:
            return _rejection(_BAD_POLICY)
        token = self.token(value, at, nonce=nonce, with_certificates=certificates)
        return der.sequence(der.sequence(der.integer(_GRANTED)), token)

    def _sign(self, data: bytes) -> tuple[bytes, bytes]:
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return _ECDSA, self._key.sign(data, ec.ECDSA(hashes.SHA256()))
        return _RSA, self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


def _rejection(bit: int) -> bytes:
    """A refusal with its PKIFailureInfo: a bit string that ends with the bit that is set."""
    value = bytearray(bit // 8 + 1)
    value[-1] = 0x80 >> bit % 8
    failure = der.bits(bytes(value), 7 - bit % 8)
    return der.sequence(der.sequence(der.integer(_REJECTED), failure))
