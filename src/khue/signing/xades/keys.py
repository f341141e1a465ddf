"""What signing and verifying need of a certificate, worked out once (chứng thư của người ký).

Signing goes through one certificate hundreds of times, verification through a few: everything that
depends on the certificate alone is kept, also its text in `ds:KeyInfo`.
"""

from __future__ import annotations

import datetime as dt
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from khue.core.errors import Invalid, Refused
from khue.signing.algorithms import Algorithm, PublicKey, embedded_check, fits, low_s
from khue.signing.canonical import digest
from khue.signing.trust.certificates import Identity, identity_of, issuer_of, parse, serial_of
from khue.signing.xades import grammar

_KEPT = 8192


@dataclass(frozen=True, slots=True)
class Holder:
    """A signer's certificate, read."""

    certificate: bytes
    key: PublicKey
    identity: Identity
    digest: str  # SHA-256, base64, as in SigningCertificateV2
    not_before: dt.datetime
    not_after: dt.datetime
    serial: str
    issuer: str
    fitting: tuple[Algorithm, ...]  # with which it may sign; of several the first is its own
    embedded: Callable[[Algorithm, bytes, bytes], bool] = field(compare=False, repr=False)

    def valid_at(self, moment: dt.datetime) -> bool:
        """Whether the dates of the certificate cover a moment."""
        return self.not_before <= moment <= self.not_after


@lru_cache(maxsize=_KEPT)
def holder_of(certificate: bytes) -> Holder:
    """The facts of a certificate (DER); refuses one that cannot be read or has another kind of key."""
    parsed = parse(certificate)
    try:
        key = parsed.public_key()
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise Invalid("SIGN-139")
        return Holder(
            certificate,
            key,
            identity_of(certificate),
            encode(digest(certificate)),
            parsed.not_valid_before_utc,
            parsed.not_valid_after_utc,
            serial_of(certificate),
            issuer_of(certificate),
            tuple(one for one in Algorithm if fits(one, key)),
            embedded_check(key),
        )
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid("SIGN-139") from error


@lru_cache(maxsize=_KEPT)
def path_of(certificate: bytes, offered: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The intermediates above a certificate, from below, out of those that a signer offers.

    The root stays out, and so does what does not belong to the path.
    """
    path: list[bytes] = []
    current = certificate
    for _ in range(grammar.MOST_CERTIFICATES - 1):
        above = next((one for one in offered if one not in path and _stands_above(one, current)), None)
        if above is None:
            break
        path.append(above)
        current = above
    return tuple(path)


@lru_cache(maxsize=_KEPT)
def key_info_of(certificates: Sequence[bytes]) -> str:
    """`ds:KeyInfo` for these certificates, leaf first."""
    texts = "".join(grammar.CERTIFICATE.write(certificate=encode(one)) for one in certificates)
    return grammar.KEY_INFO.write(certificates=texts)


@lru_cache(maxsize=_KEPT)
def certificates_of(key_info: str) -> tuple[bytes, ...]:
    """The certificates in a `ds:KeyInfo`, which must be a path from the leaf up, without the root."""
    whole = grammar.KEY_INFO.read(key_info)
    rows = grammar.CERTIFICATE.sequence(whole["certificates"]) if whole else None
    if rows is None or len(rows) > grammar.MOST_CERTIFICATES:
        raise Invalid("SIGN-153")
    found = tuple(decode(row["certificate"]) for row in rows)
    if path_of(found[0], found[1:]) != found[1:]:
        raise Invalid("SIGN-153")
    return found


def encode(data: bytes) -> str:
    """Base64 without line breaks, as everywhere in the profile."""
    return b2a_base64(data, newline=False).decode("ascii")


def decode(text: str) -> bytes:
    """The bytes behind base64 that is written in the one way that `encode` writes it (`SIGN-152`)."""
    try:
        data = a2b_base64(text)  # leniently: what is not exactly as it is written below is seen there
    except ValueError as error:
        raise Invalid("SIGN-152") from error
    if encode(data) != text:
        raise Invalid("SIGN-152")
    return data


def smallest(key: PublicKey, value: bytes) -> bytes:
    """The one form of an ECDSA value r‖s that the profile takes; an RSA value as it is."""
    if isinstance(key, rsa.RSAPublicKey):
        return value
    size = len(value) // 2
    return value[:size] + low_s(key.curve.name, int.from_bytes(value[size:])).to_bytes(len(value) - size)


def refusal(code: str, params: Mapping[str, object]) -> Refused:
    """A refusal with the code and the parameters of something that was found elsewhere."""
    found = Refused(code)
    found.params.update(params)
    return found


def _stands_above(issuer: bytes, subject: bytes) -> bool:
    """Whether a certificate issued another one and is not a root."""
    try:
        parsed = parse(issuer)
        if parsed.issuer == parsed.subject:
            return False
        parse(subject).verify_directly_issued_by(parsed)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, Invalid):
        return False
    return True
