"""A small world of certificates for the tests of trust and time-stamps; made once, never changed."""

from __future__ import annotations

import datetime as dt
import itertools
from functools import cache
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from khue.signing.demo.pki import Authority, DemoPki, KeyPair
from khue.signing.trust.anchors import AnchorSets
from khue.signing.trust.revocation import Revocations
from khue.signing.trust.store import TrustStore
from khue.signing.tsa.local import LocalTsa

NOW = dt.datetime(2026, 11, 26, 2, 30, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
YEAR = 365 * DAY
END_ENTITY = (x509.BasicConstraints(ca=False, path_length=None), True)


@cache
def pki() -> DemoPki:
    """The PKI of these tests. Nobody revokes anything in it: `fresh` is for that."""
    return DemoPki.create(NOW)


def fresh() -> DemoPki:
    """A PKI in which one test may revoke what it likes."""
    return DemoPki.create(NOW)


@cache
def person() -> KeyPair:
    """A teacher."""
    return pki().person("Nguyễn Thị Hoa", "CCCD:001099000001")


def named(name: str) -> x509.Name:
    """A subject with nothing but a common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def usage(*names: str) -> tuple[x509.KeyUsage, bool]:
    """A critical keyUsage."""
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in names for name in every}), True


def extended(*kinds: x509.ObjectIdentifier, critical: bool = True) -> tuple[x509.ExtendedKeyUsage, bool]:
    """An extended key usage."""
    return x509.ExtendedKeyUsage(list(kinds)), critical


def stamper(of: DemoPki, *kinds: x509.ObjectIdentifier, critical: bool = True) -> KeyPair:
    """A time-stamping certificate, right or wrong."""
    kinds = kinds or (ExtendedKeyUsageOID.TIME_STAMPING,)
    extensions = (END_ENTITY, usage("digital_signature"), extended(*kinds, critical=critical))
    return of.issue(named("TSA"), *extensions, valid_from=NOW - YEAR, valid_to=NOW + YEAR)


def tsa_of(pair: KeyPair) -> LocalTsa:
    """A local authority with any certificate, for wrong tokens: its own check is passed by."""
    counter = itertools.count(1)
    with mock.patch("khue.signing.tsa.local.fits_purpose", return_value=True):
        return LocalTsa(pair.key, pair.certificate, pair.chain, serials=lambda: next(counter))


def below(authority: Authority, name: str, *extensions: tuple[x509.ExtensionType, bool]) -> Authority:
    """Another CA under a CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    extensions = extensions or (
        (x509.BasicConstraints(ca=True, path_length=None), True),
        usage("key_cert_sign", "crl_sign"),
    )
    certificate = authority.issue(
        named(name), key.public_key(), extensions, valid_from=NOW - 2 * YEAR, valid_to=NOW + 10 * YEAR
    )
    return Authority(KeyPair(key, certificate), "http://ca.khue.invalid")


def leaf_of(
    authority: Authority, *, start: dt.datetime = NOW - YEAR, end: dt.datetime = NOW + YEAR
) -> KeyPair:
    """A signer's certificate by any CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    extensions = (END_ENTITY, usage("digital_signature", "content_commitment"))
    certificate = authority.issue(
        named("Người ký"), key.public_key(), extensions, valid_from=start, valid_to=end
    )
    return KeyPair(key, certificate, (authority.pair.certificate,))


def store_of(of: DemoPki, *crls: bytes, allow_test: bool = True) -> TrustStore:
    """A store with this root and exactly these lists."""
    revocations = Revocations()
    for data in crls:
        revocations.add_crl(data)
    return TrustStore(AnchorSets.test(of.root, of.issuing), revocations, allow_test=allow_test)
