"""What certificates say: whom they name, in the spellings of Vietnam, and what they may be used for."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from khue.core.errors import Invalid
from khue.signing.tests.trust_world import END_ENTITY, extended, named, person, pki, stamper, usage
from khue.signing.trust.base import Purpose
from khue.signing.trust.certificates import (
    Identity,
    facts_of,
    fits_purpose,
    identity_of,
    issuer_of,
    parse,
    read_identifier,
    serial_of,
)

UID = NameOID.USER_ID


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CCCD:001099000001", "CCCD:001099000001"),
        ("CMND:162952530", "CMND:162952530"),
        ("CMND:001089020747", "CCCD:001089020747"),  # a new number under the old label
        ("CCCD:162952530", "CMND:162952530"),
        ("CMT:162952530", "CMND:162952530"),
        ("cccd: 001 099 000 001", "CCCD:001099000001"),
        ("HC:B1234567", "HC:B1234567"),
        ("MST:0101234567", "MST:0101234567"),
        ("MST:0100686209-199", "MST:0100686209-199"),
        ("MST: 0100686209-199", "MST:0100686209-199"),
        ("MNS:1023456", "MNS:1023456"),
        ("VATVN-0101234567", "MST:0101234567"),
        ("IDCVN-001099000001", "CCCD:001099000001"),
        ("PASVN-B1234567", "HC:B1234567"),
        ("001099000001", "CCCD:001099000001"),
        ("162952530", "CMND:162952530"),
        ("0100686209-199", "MST:0100686209-199"),
        ("0101234567", "MST:0101234567"),
        ("hoa.nguyen", ""),
        ("BHXH:0123456789", ""),
        ("12345", ""),
        ("", ""),
    ],
)
def test_numbers_in_the_spellings_that_occur(text: str, expected: str) -> None:
    assert read_identifier(text) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [(NameOID.COMMON_NAME, "NGUYEN HONG NHUNG"), (NameOID.ORGANIZATION_NAME, "MobiFone IT"),
             (UID, "MST:0100686209-199"), (UID, "CCCD:025199009534")],
            Identity("NGUYEN HONG NHUNG", ("MST:0100686209-199", "CCCD:025199009534"), organization=False),
        ),
        (
            [(NameOID.COMMON_NAME, "TRƯỜNG THPT ĐỒNG ĐĂNG"), (UID, "MST:4900123456")],
            Identity("TRƯỜNG THPT ĐỒNG ĐĂNG", ("MST:4900123456",), organization=True),
        ),
        (
            [(NameOID.COMMON_NAME, "Nguyễn Văn A"), (NameOID.ORGANIZATION_NAME, "Bộ Giáo dục và Đào tạo")],
            Identity("Nguyễn Văn A", (), organization=False),
        ),
        (
            [(NameOID.COMMON_NAME, "Sở GDĐT"), (NameOID.ORGANIZATION_NAME, "Sở GDĐT")],
            Identity("Sở GDĐT", (), organization=True),
        ),
        (
            [(NameOID.COMMON_NAME, "Hộ kinh doanh Hoa"), (UID, "MST:038079004321")],
            Identity("Hộ kinh doanh Hoa", ("MST:038079004321",), organization=False),
        ),
        (
            [(NameOID.ORGANIZATION_NAME, "Trường"), (NameOID.ORGANIZATION_IDENTIFIER, "VATVN-4900123456"),
             (NameOID.SERIAL_NUMBER, "MST:4900123456")],
            Identity("Trường", ("MST:4900123456",), organization=True),
        ),
    ],
)  # fmt: skip
def test_whom_a_subject_names(rows: list[tuple[x509.ObjectIdentifier, str]], expected: Identity) -> None:
    subject = x509.Name([x509.NameAttribute(kind, text) for kind, text in rows])
    assert identity_of(pki().issue(subject).certificate) == expected


def test_serial_and_issuer_in_words() -> None:
    serial = serial_of(person().certificate)
    assert int(serial, 16) == parse(person().certificate).serial_number
    assert len(serial) % 2 == 0
    assert serial == serial.upper()
    assert issuer_of(person().certificate) == "Khuê TEST Issuing CA, THỬ NGHIỆM / TEST"


SIGNS = usage("digital_signature")
A_CA = (x509.BasicConstraints(ca=True, path_length=None), True)
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION


@pytest.mark.parametrize(
    ("extensions", "signing", "stamping"),
    [
        ((END_ENTITY, usage("content_commitment")), True, False),
        ((END_ENTITY, SIGNS), True, False),
        ((END_ENTITY, usage("key_encipherment")), False, False),
        ((END_ENTITY,), False, False),  # does not say what it is for
        ((A_CA, usage("key_cert_sign", "digital_signature")), False, False),
        ((END_ENTITY, SIGNS, extended(EMAIL, critical=False)), True, False),
        ((END_ENTITY, SIGNS, extended(ExtendedKeyUsageOID.SERVER_AUTH, critical=False)), False, False),
        ((END_ENTITY, SIGNS, extended(ExtendedKeyUsageOID.TIME_STAMPING)), False, True),
        ((END_ENTITY, SIGNS, extended(ExtendedKeyUsageOID.TIME_STAMPING, critical=False)), False, False),
        ((END_ENTITY, SIGNS, extended(ExtendedKeyUsageOID.TIME_STAMPING, EMAIL)), True, False),
        ((END_ENTITY, usage("key_encipherment"), extended(ExtendedKeyUsageOID.TIME_STAMPING)), False, False),
        ((END_ENTITY, SIGNS, extended(ExtendedKeyUsageOID.OCSP_SIGNING)), False, False),
    ],
)  # fmt: skip
def test_usages_decide(extensions: tuple, signing: bool, stamping: bool) -> None:
    certificate = pki().issue(named("x"), *extensions).certificate
    assert fits_purpose(certificate, Purpose.SIGNING) is signing
    assert fits_purpose(certificate, Purpose.TIME_STAMPING) is stamping


def test_services_fit_their_purposes_only() -> None:
    assert fits_purpose(pki().ocsp_responder().certificate, Purpose.OCSP)
    assert not fits_purpose(pki().tsa().certificate, Purpose.OCSP)
    assert not fits_purpose(stamper(pki(), critical=False).certificate, Purpose.TIME_STAMPING)


@pytest.mark.parametrize("data", [b"", b"0\x00", b"not a certificate"])
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    for read in (parse, facts_of, identity_of):
        with pytest.raises(Invalid) as refused:
            read(data)
        assert refused.value.code == "SIGN-200"


def test_a_cut_certificate_is_refused() -> None:
    whole = person().certificate
    for size in range(0, len(whole), 37):
        with pytest.raises(Invalid):
            facts_of(whole[:size])
