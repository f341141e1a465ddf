"""Who signs in the measurement: invented people, a school, and the PKI behind their keys."""

from __future__ import annotations

import datetime as dt
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from khue.project.bench.signing_records import (
    AT,
    HOMEROOM,
    PRINCIPAL,
    SCHOOL,
    TAX,
    TEACHER,
    Keys,
)
from khue.signing.demo.pki import DemoPki, KeyPair
from khue.signing.signers.pkcs12 import LocalKey

SINCE = AT - dt.timedelta(days=90)
_LIFE = dt.timedelta(days=700)


@cache
def pki() -> DemoPki:
    """The PKI, made once in a process."""
    return DemoPki.create(SINCE)


@cache
def pairs() -> dict[str, KeyPair]:
    """The keys by role, all P-256."""
    people = {one.role: pki().person(one.name, one.identifier) for one in (HOMEROOM, TEACHER, PRINCIPAL)}
    return people | {"school": pki().school(SCHOOL, TAX)}


@cache
def keys() -> Keys:
    """The same as a server holds them."""
    return {role: LocalKey(one.key, one.certificate, one.chain) for role, one in pairs().items()}


@cache
def rsa_key(bits: int = 2048) -> LocalKey:
    """The homeroom teacher's key if it were RSA, as most certificates in Vietnam are today."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    authority = pki().authority()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.SERIAL_NUMBER, HOMEROOM.identifier),
            x509.NameAttribute(NameOID.COMMON_NAME, HOMEROOM.name),
        ]
    )
    certificate = (
        x509.CertificateBuilder(authority.certificate.subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(SINCE.replace(tzinfo=None))
        .not_valid_after((SINCE + _LIFE).replace(tzinfo=None))
        .sign(authority.pair.key, hashes.SHA256())
    )
    return LocalKey(key, certificate.public_bytes(Encoding.DER), (pki().issuing,))
