"""The demo PKI: real formats that foreign tools take, kept across restarts, fast enough for a province."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from khue.core.errors import Invalid
from khue.signing.demo.pki import MARK, DemoPki, KeyPair
from khue.signing.tests.trust_world import DAY, HOUR, NOW, fresh, person, pki
from khue.signing.trust.certificates import identity_of

openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def extension(certificate: bytes, kind: type) -> x509.Extension:
    return x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(kind)


def pem(*certificates: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    loaded = [x509.load_der_x509_certificate(one) for one in certificates]
    return b"".join(one.public_bytes(Encoding.PEM) for one in loaded)


def test_a_person_has_what_a_signers_certificate_needs() -> None:
    pair = person()
    usage = extension(pair.certificate, x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    assert not extension(pair.certificate, x509.BasicConstraints).value.ca
    access = extension(pair.certificate, x509.AuthorityInformationAccess).value
    assert {one.access_method for one in access} == {
        AuthorityInformationAccessOID.OCSP, AuthorityInformationAccessOID.CA_ISSUERS,
    }  # fmt: skip
    assert (
        extension(pair.certificate, x509.CRLDistributionPoints).value[0].full_name[0].value.endswith(".crl")
    )
    above = extension(pki().issuing, x509.SubjectKeyIdentifier).value.digest
    assert extension(pair.certificate, x509.AuthorityKeyIdentifier).value.key_identifier == above
    assert pair.chain == (pki().issuing,)
    subject = x509.load_der_x509_certificate(pair.certificate).subject
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == MARK


def test_services_have_their_usages_and_stay_the_same() -> None:
    made = pki()
    stamping = extension(made.tsa().certificate, x509.ExtendedKeyUsage)
    assert stamping.critical
    assert list(stamping.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    answering = made.ocsp_responder().certificate
    assert list(extension(answering, x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert extension(answering, x509.OCSPNoCheck)
    assert made.tsa() is made.tsa()


def test_a_school_with_a_long_name_keeps_it() -> None:
    name = "Trường Phổ thông Dân tộc bán trú Tiểu học và Trung học cơ sở xã Tân Thành"
    pair = pki().school(name, "MST:0101234567")
    common = x509.load_der_x509_certificate(pair.certificate).subject.get_attributes_for_oid(
        NameOID.COMMON_NAME
    )
    assert len(common[0].value.encode()) <= 64
    identity = identity_of(pair.certificate)
    assert (identity.name, identity.identifiers, identity.organization) == (name, ("MST:0101234567",), True)


def test_pkcs12_returns_and_needs_its_password() -> None:
    pair = person()
    data = pair.pkcs12("mật khẩu", rounds=1000)
    again = KeyPair.from_pkcs12(data, "mật khẩu")
    assert (again.certificate, again.chain) == (pair.certificate, pair.chain)
    assert again.key.private_numbers() == pair.key.private_numbers()
    with pytest.raises(ValueError, match="password"):
        KeyPair.from_pkcs12(data, "khác")


def test_a_saved_pki_goes_on_where_it_stopped(tmp_path: Path) -> None:
    made = fresh()
    pair = made.person("Lý Văn Páo", "CCCD:020099000002")
    made.tsa()
    made.revoke(pair.certificate, NOW + HOUR, "keyCompromise")
    made.save(tmp_path, "mật khẩu")
    again = DemoPki.load(tmp_path, "mật khẩu")
    assert (again.root, again.issuing, again.created) == (made.root, made.issuing, made.created)
    assert again.tsa().certificate == made.tsa().certificate
    crl = x509.load_der_x509_crl(again.crl(NOW + 2 * HOUR))
    entry = crl.get_revoked_certificate_by_serial_number(
        x509.load_der_x509_certificate(pair.certificate).serial_number
    )
    assert entry.revocation_date_utc == NOW + HOUR
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value == "keyCompromise"
    for path in tmp_path.glob("*.key"):
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match=r"[Ii]ncorrect password|[Bb]ad decrypt"):
        DemoPki.load(tmp_path, "khác")


def test_an_rsa_key_is_not_taken_for_ours(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pki().save(tmp_path, "x")
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    (tmp_path / "issuing.key").write_bytes(key)
    with pytest.raises(Invalid) as refused:
        DemoPki.load(tmp_path, "x")
    assert refused.value.code == "SIGN-001"


def test_lists_and_answers_speak_of_their_time() -> None:
    made = fresh()
    pair = made.person("Lý Văn Páo", "CCCD:020099000002")
    made.revoke(pair.certificate, NOW + DAY)
    assert len(x509.load_der_x509_crl(made.crl(NOW))) == 0
    assert len(x509.load_der_x509_crl(made.crl(NOW + DAY))) == 1
    states = [
        ocsp.load_der_ocsp_response(made.ocsp(pair.certificate, at)).certificate_status
        for at in (NOW, NOW + DAY)
    ]
    assert states == [ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED]
    made.revoke(made.issuing, NOW + DAY)
    assert len(x509.load_der_x509_crl(made.root_crl(NOW + DAY))) == 1


@openssl
def test_openssl_takes_path_list_and_answer(tmp_path: Path) -> None:
    made, pair = pki(), person()
    (tmp_path / "root.pem").write_bytes(pem(made.root))
    (tmp_path / "issuing.pem").write_bytes(pem(made.issuing))
    (tmp_path / "leaf.pem").write_bytes(pem(pair.certificate))
    (tmp_path / "leaf.ocsp").write_bytes(made.ocsp(pair.certificate, NOW))
    for name, data in (("issuing", made.crl(NOW)), ("root", made.root_crl(NOW))):
        from cryptography.hazmat.primitives.serialization import Encoding

        (tmp_path / f"{name}.crl").write_bytes(x509.load_der_x509_crl(data).public_bytes(Encoding.PEM))
    moment = str(int((NOW + HOUR).timestamp()))
    verify = [
        "openssl", "verify", "-attime", moment, "-CAfile", "root.pem", "-untrusted", "issuing.pem",
        "-CRLfile", "issuing.crl", "-CRLfile", "root.crl", "-crl_check_all", "-x509_strict", "leaf.pem",
    ]  # fmt: skip
    answered = [
        "openssl", "ocsp", "-respin", "leaf.ocsp", "-sha256", "-issuer", "issuing.pem", "-cert", "leaf.pem",
        "-CAfile", "root.pem", "-attime", moment, "-verify_other", "issuing.pem",
        "-validity_period", "999999999",
    ]  # fmt: skip
    ran = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout == "leaf.pem: OK\n", ran.stderr
    ran = subprocess.run(answered, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Response verify OK" in ran.stderr, ran.stderr


def test_a_province_has_its_keys_in_seconds() -> None:
    made = pki()
    begin = time.process_time()
    for number in range(100):
        made.person("Người ký", f"CCCD:{number:012}")
    assert time.process_time() - begin < 0.5  # 17,500 in a minute and a half, even on a slow core


def test_times_keep_their_zone() -> None:
    local = dt.timezone(dt.timedelta(hours=7))
    pair = pki().person("A", "CCCD:001099000003", NOW.astimezone(local), (NOW + DAY).astimezone(local))
    loaded = x509.load_der_x509_certificate(pair.certificate)
    assert (loaded.not_valid_before_utc, loaded.not_valid_after_utc) == (NOW, NOW + DAY)
