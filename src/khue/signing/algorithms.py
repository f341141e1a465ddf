"""Signature algorithms, how their values look in XML, and until when each is accepted (thuật toán ký).

The policy is a dated table. Source of the dates: ETSI TS 119 312 v1.5.1 (RSA PKCS#1 v1.5 ends on
2029-01-01, RSA-PSS from 3000 bits and ECDSA from 256 bits have no end); Vietnam's rules (TT 15/2025)
accept RSA from 2048 bits. SHA-1, MD5, HMAC and other curves are not in the table, so not accepted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from khue.core.errors import Invalid

POLICY_VERSION = "2026-11"


class Algorithm(StrEnum):
    """The algorithms of the closed profile. Our own keys are P-256; the others are accepted."""

    ECDSA_P256_SHA256 = "ecdsa-p256-sha256"
    ECDSA_P384_SHA384 = "ecdsa-p384-sha384"
    RSA_SHA256 = "rsa-sha256"
    RSA_SHA384 = "rsa-sha384"
    RSA_SHA512 = "rsa-sha512"
    RSA_PSS_SHA256 = "rsa-pss-sha256"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the policy: the address of the algorithm in XML, its hash, sizes, and its last day."""

    uri: str
    digest: str
    least_bits: int
    last_day: dt.date | None


RULES: dict[Algorithm, Rule] = {
    Algorithm.ECDSA_P256_SHA256: Rule(
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "sha256", 256, None
    ),
    Algorithm.ECDSA_P384_SHA384: Rule(
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", "sha384", 384, None
    ),
    Algorithm.RSA_SHA256: Rule(
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "sha256", 2048, dt.date(2028, 12, 31)
    ),
    Algorithm.RSA_SHA384: Rule(
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", "sha384", 2048, dt.date(2028, 12, 31)
    ),
    Algorithm.RSA_SHA512: Rule(
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "sha512", 2048, dt.date(2028, 12, 31)
    ),
    Algorithm.RSA_PSS_SHA256: Rule(
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "sha256", 3072, None
    ),
}
BY_URI: dict[str, Algorithm] = {rule.uri: algorithm for algorithm, rule in RULES.items()}
DIGEST_URIS: dict[str, str] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
SHA256_URI = "http://www.w3.org/2001/04/xmlenc#sha256"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip
_PREHASHED = {name: utils.Prehashed(algorithm) for name, algorithm in _HASHES.items()}
_ECDSA = {name: ec.ECDSA(prehashed) for name, prehashed in _PREHASHED.items()}
_CURVES: dict[str, tuple[Algorithm, int]] = {
    "secp256r1": (Algorithm.ECDSA_P256_SHA256, 32),
    "secp384r1": (Algorithm.ECDSA_P384_SHA384, 48),
}
_ORDERS = {
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp384r1": int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF"
        "581A0DB248B0A77AECEC196ACCC52973", 16
    ),
}  # fmt: skip
_HALVES = {name: (_ORDERS[name] >> 1).to_bytes(size) for name, (_, size) in _CURVES.items()}
_OF_CURVE = {
    algorithm: (name, size, _ECDSA[RULES[algorithm].digest]) for name, (algorithm, size) in _CURVES.items()
}
_SIGN = 0x80
_ECDSA_OF = {algorithm: _ECDSA[rule.digest] for algorithm, rule in RULES.items()}
_FUNCTIONS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
HASHED = {algorithm: _FUNCTIONS[rule.digest] for algorithm, rule in RULES.items()}
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def default_for(key: object) -> Algorithm:
    """The algorithm with which a key signs for us; refuses a key outside the profile (`SIGN-001`)."""
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name][0]
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= RULES[Algorithm.RSA_SHA256].least_bits:
        return Algorithm.RSA_SHA256
    raise Invalid("SIGN-001", key=describe(key))


def describe(key: object) -> str:
    """A key in short words, for reports: «RSA 1024», «secp256k1»."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name
    return type(key).__name__


def fits(algorithm: Algorithm, key: object) -> bool:
    """Whether a key is of the kind and at least of the size that the algorithm asks for."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name in _CURVES and _CURVES[key.curve.name][0] == algorithm
    return (
        isinstance(key, rsa.RSAPublicKey)
        and algorithm.value.startswith("rsa")
        and key.key_size >= RULES[algorithm].least_bits
    )


def accepted(algorithm: Algorithm, key: object, at: dt.datetime) -> bool:
    """Whether the policy accepts a signature with this algorithm and key that was made at that time."""
    return fits(algorithm, key) and in_force(algorithm, at)


def in_force(algorithm: Algorithm, at: dt.datetime) -> bool:
    """Whether the policy accepts signatures with this algorithm, by whatever key, that were made then."""
    last = RULES[algorithm].last_day
    return last is None or at.astimezone(dt.UTC).date() <= last


def is_genuine(key: PublicKey, algorithm: Algorithm, digest: bytes, value: bytes) -> bool:
    """Whether `value`, in the form that XML uses (r‖s for ECDSA), signs this digest."""
    name = RULES[algorithm].digest
    prehashed = _PREHASHED[name]
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(der_of(value, _CURVES[key.curve.name][1]), digest, _ECDSA[name])
        elif algorithm is Algorithm.RSA_PSS_SHA256:
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
            key.verify(value, digest, pss, prehashed)
        else:
            key.verify(value, digest, padding.PKCS1v15(), prehashed)
    except (InvalidSignature, Invalid, KeyError):
        return False
    return True


def embedded_check(key: PublicKey) -> Callable[[Algorithm, bytes, bytes], bool]:
    """The question whether a value signs a digest and has the one form that is embedded, for one key.

    Algorithm, digest and value go in. The same as `is_genuine` and, of r‖s, that s is the smaller one.
    """
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        return lambda algorithm, digest, value: is_genuine(key, algorithm, digest, value)
    size, half, verify = _CURVES[key.curve.name][1], _HALVES[key.curve.name], key.verify

    def check(algorithm: Algorithm, digest: bytes, value: bytes) -> bool:
        if len(value) != 2 * size or value[size:] > half:
            return False
        try:
            verify(der_of(value, size), digest, _ECDSA_OF[algorithm])
        except InvalidSignature:
            return False
        return True

    return check


def proven_value(key: PublicKey, algorithm: Algorithm, digest: bytes, raw: bytes) -> bytes | None:
    """A returned value in the one form that is embedded, or None if it does not sign this digest.

    The algorithm fits the key. The same as `xml_value`, the smaller s and `is_genuine` one after the other
    (`SIGN-002`), without going from DER to r‖s and back: what is verified are the numbers that are given
    back.
    """
    if algorithm not in _OF_CURVE:
        value = xml_value(key, raw)
        return value if is_genuine(key, algorithm, digest, value) else None
    curve, size, ecdsa = _OF_CURVE[algorithm]
    r, s = _numbers(raw, size)
    low = low_s(curve, s)
    try:
        value = r.to_bytes(size) + low.to_bytes(size)
        der = raw if low == s and len(raw) != 2 * size else utils.encode_dss_signature(r, low)
        cast("ec.EllipticCurvePublicKey", key).verify(der, digest, ecdsa)
    except InvalidSignature:
        return None
    except OverflowError as error:
        raise Invalid("SIGN-002", length=len(raw), expected=2 * size) from error
    return value


def low_s(curve: str, s: int) -> int:
    """The smaller of s and n - s.

    (r, s) and (r, n - s) are both good ECDSA signatures of the same text; the profile takes the smaller,
    so that nobody without the key can make other bytes that also verify.
    """
    order = _ORDERS.get(curve, 0)
    return order - s if order >> 1 < s < order else s


def der_of(value: bytes, size: int) -> bytes:
    """An ECDSA value r‖s as DER; any other length than twice the size is refused (`SIGN-002`)."""
    if len(value) != 2 * size:
        raise Invalid("SIGN-002", length=len(value), expected=2 * size)
    r, s = value[:size].lstrip(b"\0"), value[size:].lstrip(b"\0")
    # as DER writes numbers that are not negative: no byte more than it takes, and one for the sign
    r = r if r and r[0] < _SIGN else b"\0" + r
    s = s if s and s[0] < _SIGN else b"\0" + s
    return b"0%c\x02%c%b\x02%c%b" % (4 + len(r) + len(s), len(r), r, len(s), s)


def xml_value(key: PublicKey, value: bytes) -> bytes:
    """A returned signature value as XML wants it: ECDSA from DER to r‖s, lengths checked (`SIGN-002`).

    Remote services and tokens return DER or r‖s; both are taken, nothing else.
    """
    if isinstance(key, rsa.RSAPublicKey):
        expected = (key.key_size + 7) // 8
        if len(value) != expected:
            raise Invalid("SIGN-002", length=len(value), expected=expected)
        return value
    size = _CURVES[key.curve.name][1]
    if len(value) == 2 * size:
        return value
    try:
        r, s = _numbers(value, size)
        return r.to_bytes(size) + s.to_bytes(size)
    except OverflowError as error:
        raise Invalid("SIGN-002", length=len(value), expected=2 * size) from error


def _numbers(value: bytes, size: int) -> tuple[int, int]:
    """r and s of a value r‖s or in DER."""
    if len(value) == 2 * size:
        return int.from_bytes(value[:size]), int.from_bytes(value[size:])
    try:
        return utils.decode_dss_signature(value)
    except ValueError as error:
        raise Invalid("SIGN-002", length=len(value), expected=2 * size) from error
