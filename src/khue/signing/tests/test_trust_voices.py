"""Other voices about the same certificates: pyhanko-certvalidator with revocation, and openssl."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, errors
from pyhanko_certvalidator.context import ValidationContext

from khue.signing.demo.pki import DemoPki, KeyPair
from khue.signing.report import Sub
from khue.signing.tests.test_demo_pki import openssl, pem
from khue.signing.tests.trust_world import DAY, HOUR, NOW, YEAR, below, fresh, leaf_of, store_of
from khue.signing.trust.path import _run

Case = tuple[DemoPki, KeyPair, tuple[bytes, ...], dt.datetime]


def good() -> Case:
    made = fresh()
    return made, made.person("A", "CCCD:001099000001"), (made.crl(NOW), made.root_crl(NOW)), NOW + HOUR


def revoked() -> Case:
    made, pair, _, at = good()
    made.revoke(pair.certificate, NOW)
    return made, pair, (made.crl(NOW), made.root_crl(NOW)), at


def ca_revoked() -> Case:
    made, pair, _, at = good()
    made.revoke(made.issuing, NOW)
    return made, pair, (made.crl(NOW), made.root_crl(NOW)), at


def not_yet() -> Case:
    made, _, crls, at = good()
    return made, made.person("A", "CCCD:001099000001", NOW + DAY), crls, at


def expired() -> Case:
    made, _, crls, at = good()
    return made, made.person("A", "CCCD:001099000001", NOW - YEAR, NOW - HOUR), crls, at


def stale() -> Case:
    made, pair, crls, _ = good()
    return made, pair, crls, NOW + 60 * DAY


def no_data() -> Case:
    made, pair, _, at = good()
    return made, pair, (made.root_crl(NOW),), at


def stranger_signed_the_list() -> Case:
    made, pair, _, at = good()
    return made, pair, (fresh().crl(NOW), made.root_crl(NOW)), at


def another_root() -> Case:
    made, _, crls, at = good()
    return made, fresh().person("A", "CCCD:001099000001"), crls, at


def too_deep() -> Case:
    made, _, crls, at = good()
    deeper = below(made.authority(), "CA")
    return made, leaf_of(deeper), (*crls, deeper.crl(NOW)), at


CASES: list[tuple[Callable[[], Case], Sub, type[Exception] | None, str]] = [
    (good, Sub.NONE, None, ""),
    (revoked, Sub.REVOKED_NO_POE, errors.RevokedError, "certificate revoked"),
    (ca_revoked, Sub.REVOKED_CA_NO_POE, errors.RevokedError, "certificate revoked"),
    (not_yet, Sub.NOT_YET_VALID, errors.NotYetValidError, "certificate is not yet valid"),
    (expired, Sub.OUT_OF_BOUNDS_NO_POE, errors.ExpiredError, "certificate has expired"),
    (stale, Sub.TRY_LATER, errors.InsufficientRevinfoError, "CRL has expired"),
    (no_data, Sub.TRY_LATER, errors.InsufficientRevinfoError, "unable to get certificate CRL"),
    (stranger_signed_the_list, Sub.TRY_LATER, errors.PathValidationError, "unable to get certificate CRL"),
    (
        another_root,
        Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        errors.PathError,
        "unable to get local issuer certificate",
    ),
    (too_deep, Sub.CHAIN_CONSTRAINTS_FAILURE, errors.PathValidationError, "path length constraint exceeded"),
]


def ours(case: Case) -> Sub:
    made, pair, crls, at = case
    fact = store_of(made, *crls).judge(pair.certificate, pair.chain, at=at, proved=False)
    assert (fact.trusted is True) == (fact.sub is Sub.NONE)
    return fact.sub


@pytest.mark.parametrize(("make", "expected", "error", "words"), CASES)
def test_certvalidator_agrees(
    make: Callable[[], Case], expected: Sub, error: type[Exception] | None, words: str
) -> None:
    made, pair, crls, at = case = make()
    load = asn1_x509.Certificate.load
    context = ValidationContext(
        trust_roots=[load(made.root)],
        other_certs=[load(made.issuing), *map(load, pair.chain)],
        moment=at,
        crls=list(crls),
        revocation_mode="require",
    )
    validator = CertificateValidator(load(pair.certificate), validation_context=context)
    if error is None:
        _run(validator.async_validate_usage({"digital_signature"}))
    else:
        # a path that cannot be built and one that does not hold are both "not valid"
        with pytest.raises((error, errors.ValidationError) if error is errors.PathError else error):
            _run(validator.async_validate_usage({"digital_signature"}))
    assert ours(case) == expected
    assert (words == "") == (error is None)


@openssl
@pytest.mark.parametrize(("make", "expected", "error", "words"), CASES)
def test_openssl_agrees(
    tmp_path: Path, make: Callable[[], Case], expected: Sub, error: type[Exception] | None, words: str
) -> None:
    made, pair, crls, at = case = make()
    (tmp_path / "root.pem").write_bytes(pem(made.root))
    (tmp_path / "others.pem").write_bytes(pem(made.issuing, *pair.chain))
    (tmp_path / "leaf.pem").write_bytes(pem(pair.certificate))
    lists = b"".join(x509.load_der_x509_crl(one).public_bytes(Encoding.PEM) for one in crls)
    (tmp_path / "lists.pem").write_bytes(lists)
    command = [
        "openssl", "verify", "-attime", str(int(at.timestamp())), "-CAfile", "root.pem",
        "-untrusted", "others.pem", "-CRLfile", "lists.pem", "-crl_check_all", "leaf.pem",
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode == 0) == (error is None)
    assert words in ran.stderr
    assert ours(case) == expected
