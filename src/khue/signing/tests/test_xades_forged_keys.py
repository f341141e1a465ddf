"""Signatures that are good mathematics and bad records: keys and certificates that leave the profile."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding

from khue.signing.algorithms import BY_URI, RULES, Algorithm
from khue.signing.report import Sub, Verdict
from khue.signing.tests.xades_forger import forged, same, swap, value_of
from khue.signing.tests.xades_world import (
    DAY,
    DUNG,
    HOMEROOM,
    NOW,
    PRINCIPAL,
    pair_of,
    pki,
    report_on,
    rsa_pair,
    signed,
    year_record,
)
from khue.signing.xades.keys import encode, key_info_of

KEYS = {
    "the root added": lambda leaf: (leaf, pki().issuing, pki().root),
    "another order": lambda leaf: (pki().issuing, leaf),
    "a stranger's certificate added": lambda leaf: (leaf, pki().issuing, pair_of(PRINCIPAL).certificate),
    "the same twice": lambda leaf: (leaf, leaf),
    "not a certificate above": lambda leaf: (leaf, b"x"),
    "seven certificates": lambda leaf: (leaf, *[pki().issuing] * 6),
}


@pytest.mark.parametrize("name", KEYS)
def test_other_certificates_in_the_keys_are_refused(name):
    certificates = KEYS[name](pair_of(HOMEROOM).certificate)
    report = forged(key_info=key_info_of(certificates))
    assert (report.verdict, report.signatures[0].sub) == (Verdict.INVALID, Sub.FORMAT_FAILURE)


def test_a_certificate_that_was_not_signed_for_is_refused():
    """The key has two certificates, one of them with another name; only one was signed for."""
    key = pair_of(HOMEROOM).key
    subject = x509.load_der_x509_certificate(pair_of(HOMEROOM).certificate).subject
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    twin = (
        pki()
        .authority()
        .issue(subject, key.public_key(), [(usage, True)], valid_from=NOW - DAY, valid_to=NOW + DAY)
    )
    report = forged(key_info=key_info_of((twin, pki().issuing)))
    assert (report.verdict, report.signatures[0].sub) == (Verdict.INVALID, Sub.NO_SIGNING_CERTIFICATE_FOUND)
    assert report.signatures[0].intact
    assert report.signatures[0].valid


def test_the_other_form_of_an_ecdsa_value_is_refused():
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

    def large(signed_info):
        good = value_of(pair_of(HOMEROOM).key, signed_info, Algorithm.ECDSA_P256_SHA256)
        return good[:32] + (order - int.from_bytes(good[32:])).to_bytes(32)

    report = forged(value=large)
    assert (report.verdict, report.signatures[0].sub) == (Verdict.INVALID, Sub.SIG_CRYPTO_FAILURE)
    assert report.signatures[0].intact
    assert not report.signatures[0].valid


@pytest.mark.parametrize("length", [0, 1, 63, 65, 70, 128])
def test_values_of_other_lengths_are_refused(length):
    def cut(signed_info):
        return (value_of(pair_of(HOMEROOM).key, signed_info, Algorithm.ECDSA_P256_SHA256) * 2)[:length]

    report = forged(value=cut)
    wanted = Sub.SIG_CRYPTO_FAILURE if length else Sub.FORMAT_FAILURE
    assert (report.verdict, report.signatures[0].sub) == (Verdict.INVALID, wanted)


def odd_certificate(key) -> bytes:
    subject = x509.load_der_x509_certificate(pair_of(HOMEROOM).certificate).subject
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    return (
        pki()
        .authority()
        .issue(subject, key.public_key(), [(usage, True)], valid_from=NOW - DAY, valid_to=NOW + DAY)
    )


def with_key(certificate: bytes, value: Callable[[bytes], bytes], uri: str = ""):
    digest = encode(hashlib.sha256(certificate).digest())
    old = encode(hashlib.sha256(pair_of(HOMEROOM).certificate).digest())
    info = same if not uri else swap(RULES[Algorithm.ECDSA_P256_SHA256].uri, uri)
    return forged(swap(old, digest), info, key_info=key_info_of((certificate, pki().issuing)), value=value)


def test_keys_outside_the_profile_are_refused():
    curve = ec.generate_private_key(ec.SECP256K1())
    report = with_key(odd_certificate(curve), lambda info: value_of(curve, info, Algorithm.ECDSA_P256_SHA256))
    assert (report.verdict, report.signatures[0].sub) == (Verdict.INVALID, Sub.CRYPTO_CONSTRAINTS_FAILURE)
    weak, certificate = rsa_pair(DUNG.name, DUNG.identifier, 1024)
    report = with_key(
        certificate, lambda info: value_of(weak, info, Algorithm.RSA_SHA256), RULES[Algorithm.RSA_SHA256].uri
    )
    assert (report.verdict, report.signatures[0].sub) == (Verdict.INVALID, Sub.CRYPTO_CONSTRAINTS_FAILURE)
    assert report.signatures[0].findings[0].params == {"algorithm": "RSA 1024"}
    for key in (ed25519.Ed25519PrivateKey.generate(), dsa.generate_private_key(2048)):
        report = with_key(odd_certificate(key), lambda info: b"x" * 64)
        assert (report.verdict, report.signatures[0].sub) == (
            Verdict.INVALID,
            Sub.NO_SIGNING_CERTIFICATE_FOUND,
        )


def test_rsa_pss_with_a_small_key_is_refused():
    key, certificate = rsa_pair(DUNG.name, DUNG.identifier)

    def value(info):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return key.sign(info, pss, hashes.SHA256())

    report = with_key(certificate, value, RULES[Algorithm.RSA_PSS_SHA256].uri)
    assert (report.verdict, report.signatures[0].sub) == (Verdict.INVALID, Sub.CRYPTO_CONSTRAINTS_FAILURE)
    assert report.signatures[0].valid


def test_only_the_addresses_of_the_policy_are_known():
    assert not [uri for uri in BY_URI if "sha1" in uri or "md5" in uri or "hmac" in uri]


def test_a_value_does_not_fit_another_record():
    base = signed(year_record(), HOMEROOM).signatures[0]
    other = replace(year_record(code="other"), signatures=(base,))
    (found,) = report_on(other, complete=False).signatures
    assert (found.sub, found.intact, found.valid, found.position_ok) == (Sub.HASH_FAILURE, False, True, True)
