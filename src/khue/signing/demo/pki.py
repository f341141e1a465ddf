"""A PKI of our own for tests and the demo province (hạ tầng khoá thử nghiệm): real formats, no trust.

Root → issuing CA → persons, schools, a time-stamping authority and an OCSP responder, all P-256, all
marked TEST in their names. The shape follows RFC 5280, RFC 3161 (critical timeStamping usage) and
RFC 6960 (delegated responder), so that every checker that takes real certificates takes these.
Anchors of the set TEST are refused outside demo mode (`trust.anchors`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from khue.core.errors import Invalid
from khue.signing.algorithms import describe
from khue.signing.trust.anchors import AnchorSets
from khue.signing.trust.revocation import Revocations
from khue.signing.trust.store import TrustStore

MARK = "THỬ NGHIỆM / TEST"
ADDRESS = "http://pki.khue.invalid"  # RFC 2606: answers nowhere until an operator gives another one
_YEAR = dt.timedelta(days=365)
_BEFORE = 6 * _YEAR  # the demo province has records of former school years
_CA_LIFE, _SERVICE_LIFE, _PERSON_LIFE = 26 * _YEAR, 16 * _YEAR, 2 * _YEAR
_LONGEST_NAME = 64  # bytes of a commonName, which is all that some readers take (RFC 5280, ub-common-name)
_UPDATE = dt.timedelta(days=7)  # how long a CRL or an OCSP answer is good for
_P256 = ec.SECP256R1()
_SHA256 = hashes.SHA256()
_SIGNER_USE = frozenset({"digital_signature", "content_commitment"})
_SERVICE_USE = frozenset({"digital_signature"})
_CA_USE = frozenset({"key_cert_sign", "crl_sign"})
_USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key with its certificate and the intermediates above it (cặp khoá), without the root."""

    key: ec.EllipticCurvePrivateKey
    certificate: bytes
    chain: tuple[bytes, ...] = ()

    def pkcs12(self, password: str, *, rounds: int = 20_000) -> bytes:
        """Key and certificates as a PKCS#12 file (tệp .p12); `rounds` slows down who guesses passwords."""
        leaf, *others = (x509.load_der_x509_certificate(one) for one in (self.certificate, *self.chain))
        name = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        protection = (
            serialization.PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(rounds)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(_SHA256)
            .build(password.encode())
        )
        return pkcs12.serialize_key_and_certificates(str(name).encode(), self.key, leaf, others, protection)

    @classmethod
    def from_pkcs12(cls, data: bytes, password: str) -> KeyPair:
        """What `pkcs12` wrote."""
        found = pkcs12.load_pkcs12(data, password.encode())
        if not isinstance(found.key, ec.EllipticCurvePrivateKey) or found.cert is None:
            raise Invalid("SIGN-001", key=describe(found.key))
        others = tuple(one.certificate.public_bytes(Encoding.DER) for one in found.additional_certs)
        return cls(found.key, found.cert.certificate.public_bytes(Encoding.DER), others)

    def _save(self, folder: Path, name: str, password: str) -> None:
        protection = serialization.BestAvailableEncryption(password.encode())
        secret = self.key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        certificate = x509.load_der_x509_certificate(self.certificate)
        _write(folder / f"{name}.key", secret)
        _write(folder / f"{name}.crt", certificate.public_bytes(Encoding.PEM))

    @classmethod
    def _load(cls, folder: Path, name: str, password: str, chain: tuple[bytes, ...]) -> KeyPair:
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), password.encode())
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Invalid("SIGN-001", key=describe(key))
        return cls(key, certificate.public_bytes(Encoding.DER), chain)


@dataclass(frozen=True, slots=True)
class Revoked:
    """When a certificate was revoked and why (thu hồi)."""

    at: dt.datetime
    reason: str  # as in x509.ReasonFlags: «keyCompromise», «unspecified»


class Authority:
    """One CA: signs certificates and its CRL, keeps what it revoked (cơ quan cấp chứng thư)."""

    def __init__(self, pair: KeyPair, address: str, *, answers: bool = False) -> None:
        self.pair = pair
        self.certificate = x509.load_der_x509_certificate(pair.certificate)
        self.revoked: dict[int, Revoked] = {}
        public = self.certificate.public_key()
        self._identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(public)  # type: ignore[arg-type]
        access = [(AuthorityInformationAccessOID.CA_ISSUERS, f"{address}.crt")]
        if answers:
            access.append((AuthorityInformationAccessOID.OCSP, f"{address}/ocsp"))
        points = [_point(f"{address}.crl")]
        self._template = (
            x509.CertificateBuilder(issuer_name=self.certificate.subject)
            .add_extension(self._identifier, critical=False)
            .add_extension(
                x509.AuthorityInformationAccess(
                    x509.AccessDescription(method, x509.UniformResourceIdentifier(where))
                    for method, where in access
                ),
                critical=False,
            )
            .add_extension(x509.CRLDistributionPoints(points), critical=False)
        )

    def issue(
        self,
        subject: x509.Name,
        public: ec.EllipticCurvePublicKey,
        extensions: Iterable[tuple[x509.ExtensionType, bool]],
        *,
        valid_from: dt.datetime,
        valid_to: dt.datetime,
    ) -> bytes:
        """A certificate (DER) with these extensions (extension, critical) and those that all have."""
        builder = _fill(self._template, subject, public, valid_from, valid_to)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.pair.key, _SHA256).public_bytes(Encoding.DER)

    def crl(self, at: dt.datetime, *, lasts: dt.timedelta = _UPDATE) -> bytes:
        """The list as it stood at a time (danh sách thu hồi, DER)."""
        entries = [
            x509.RevokedCertificateBuilder(serial, _naive(item.at))
            .add_extension(x509.CRLReason(x509.ReasonFlags(item.reason)), critical=False)
            .build()
            for serial, item in self.revoked.items()
            if item.at <= at
        ]
        builder = x509.CertificateRevocationListBuilder(
            self.certificate.subject, _naive(at), _naive(at + lasts), revoked_certificates=entries
        )
        number = x509.CRLNumber(int(at.timestamp()))
        builder = builder.add_extension(self._identifier, critical=False).add_extension(
            number, critical=False
        )
        return builder.sign(self.pair.key, _SHA256).public_bytes(Encoding.DER)


class DemoPki:
    """The whole demo PKI; `save` and `load` keep it across restarts."""

    def __init__(
        self, created: dt.datetime, address: str, pairs: dict[str, KeyPair], revoked: Iterable[Any] = ()
    ) -> None:
        self.created = created
        self.address = address
        self._pairs = pairs
        self._authorities = {
            "root": Authority(pairs["root"], f"{address}/root"),
            "issuing": Authority(pairs["issuing"], f"{address}/issuing", answers=True),
        }
        for name, serial, at, reason in revoked:
            moment = dt.datetime.fromisoformat(at)
            self._authorities[name].revoked[int(serial, 16)] = Revoked(moment, reason)

    @classmethod
    def create(cls, at: dt.datetime, *, address: str = ADDRESS) -> DemoPki:
        """A new PKI. Its CAs are valid from six years before `at`; `address` goes into AIA and CRL points."""
        start, end = at - _BEFORE, at - _BEFORE + _CA_LIFE
        root_key, issuing_key = ec.generate_private_key(_P256), ec.generate_private_key(_P256)
        name = _name("Khuê TEST Root CA")
        builder = _fill(x509.CertificateBuilder(issuer_name=name), name, root_key.public_key(), start, end)
        for extension, critical in _ca_extensions(None):
            builder = builder.add_extension(extension, critical)
        root = KeyPair(root_key, builder.sign(root_key, _SHA256).public_bytes(Encoding.DER))
        issuing = Authority(root, f"{address}/root").issue(
            _name("Khuê TEST Issuing CA"),
            issuing_key.public_key(),
            _ca_extensions(0),
            valid_from=start,
            valid_to=end,
        )
        return cls(at, address, {"root": root, "issuing": KeyPair(issuing_key, issuing)})

    @property
    def root(self) -> bytes:
        """The root certificate (DER)."""
        return self._pairs["root"].certificate

    @property
    def issuing(self) -> bytes:
        """The certificate of the issuing CA (DER)."""
        return self._pairs["issuing"].certificate

    def authority(self, name: str = "issuing") -> Authority:
        """The CA itself, «root» or «issuing», for tests that need odd certificates."""
        return self._authorities[name]

    def issue(
        self,
        subject: x509.Name,
        *extensions: tuple[x509.ExtensionType, bool],
        valid_from: dt.datetime | None = None,
        valid_to: dt.datetime | None = None,
    ) -> KeyPair:
        """A new key with a certificate of the issuing CA; valid for two years unless said otherwise."""
        start = valid_from or self.created
        key = ec.generate_private_key(_P256)
        certificate = self.authority().issue(
            subject,
            key.public_key(),
            extensions,
            valid_from=start,
            valid_to=valid_to or start + _PERSON_LIFE,
        )
        return KeyPair(key, certificate, (self.issuing,))

    def person(
        self,
        name: str,
        identifier: str,
        valid_from: dt.datetime | None = None,
        valid_to: dt.datetime | None = None,
    ) -> KeyPair:
        """A signer who is a person (cá nhân): «CCCD:…» in the subject's serialNumber."""
        subject = _name(name, (NameOID.SERIAL_NUMBER, identifier))
        return self.issue(subject, *_END_SIGNER, valid_from=valid_from, valid_to=valid_to)

    def school(
        self,
        name: str,
        identifier: str,
        valid_from: dt.datetime | None = None,
        valid_to: dt.datetime | None = None,
    ) -> KeyPair:
        """A signer that is a school (tổ chức): «MST:…» and the identifier of EN 319 412-1 5.1.4."""
        number = identifier.rpartition(":")[2]
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, MARK),
                x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"VATVN-{number}"),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, identifier),
                x509.NameAttribute(NameOID.COMMON_NAME, _short(name)),
            ]
        )
        return self.issue(subject, *_END_SIGNER, valid_from=valid_from, valid_to=valid_to)

    def tsa(self) -> KeyPair:
        """The time-stamping authority (cấp dấu thời gian); the same one every time."""
        use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        return self._service("tsa", "Khuê TEST TSA", (use, True))

    def ocsp_responder(self) -> KeyPair:
        """The delegated OCSP responder (RFC 6960 4.2.2.2); the same one every time."""
        use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        return self._service("ocsp", "Khuê TEST OCSP", (use, False), (x509.OCSPNoCheck(), False))

    def revoke(self, certificate: bytes, at: dt.datetime, reason: str = "unspecified") -> None:
        """Revoke a certificate from a time on; later CRLs and OCSP answers say so."""
        leaf = x509.load_der_x509_certificate(certificate)
        for authority in self._authorities.values():
            if leaf.issuer == authority.certificate.subject:
                authority.revoked[leaf.serial_number] = Revoked(at, reason)

    def crl(self, at: dt.datetime) -> bytes:
        """The CRL of the issuing CA as it stood at a time (DER)."""
        return self.authority().crl(at)

    def root_crl(self, at: dt.datetime) -> bytes:
        """The CRL of the root, about the issuing CA (DER)."""
        return self.authority("root").crl(at)

    def ocsp(self, certificate: bytes, at: dt.datetime, *, signer: KeyPair | None = None) -> bytes:
        """An OCSP answer about a certificate of the issuing CA as things stood at a time (DER)."""
        authority, responder = self.authority(), signer or self.ocsp_responder()
        leaf = x509.load_der_x509_certificate(certificate)
        item = authority.revoked.get(leaf.serial_number)
        revoked = item if item and item.at <= at else None
        own = x509.load_der_x509_certificate(responder.certificate)
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=leaf,
            issuer=authority.certificate,
            algorithm=_SHA256,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=_naive(at),
            next_update=_naive(at + _UPDATE),
            revocation_time=_naive(revoked.at) if revoked else None,
            revocation_reason=x509.ReasonFlags(revoked.reason) if revoked else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, own).certificates([own])
        return builder.sign(responder.key, _SHA256).public_bytes(Encoding.DER)

    def trust(self, *, at: dt.datetime | None = None, allow_test: bool = True) -> TrustStore:
        """A trust in this PKI's root alone, with its CRLs as they stood at a time (when it was made)."""
        moment = at or self.created
        revocations = Revocations()
        for data in (self.crl(moment), self.root_crl(moment)):
            revocations.add_crl(data)
        return TrustStore(AnchorSets.test(self.root, self.issuing), revocations, allow_test=allow_test)

    def save(self, folder: Path, password: str) -> None:
        """Write CAs, services and revocations into a folder; keys as PKCS#8 under the password.

        Keys of persons and schools belong to whoever asked for them (`KeyPair.pkcs12`).
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name, pair in self._pairs.items():
            pair._save(folder, name, password)  # noqa: SLF001 — same module
        revoked = [
            (name, f"{serial:x}", item.at.isoformat(), item.reason)
            for name, authority in self._authorities.items()
            for serial, item in authority.revoked.items()
        ]
        facts = {
            "created": self.created.isoformat(),
            "address": self.address,
            "pairs": sorted(self._pairs),
            "revoked": revoked,
        }
        _write(folder / "pki.json", json.dumps(facts, indent=1).encode())

    @classmethod
    def load(cls, folder: Path, password: str) -> DemoPki:
        """What `save` wrote."""
        facts = json.loads((folder / "pki.json").read_bytes())
        issuing = KeyPair._load(folder, "issuing", password, ())  # noqa: SLF001 — same module
        pairs = {
            name: KeyPair._load(folder, name, password, (issuing.certificate,))  # noqa: SLF001
            for name in facts["pairs"]
            if name not in {"root", "issuing"}
        }
        pairs["root"] = KeyPair._load(folder, "root", password, ())  # noqa: SLF001
        pairs["issuing"] = issuing
        return cls(dt.datetime.fromisoformat(facts["created"]), facts["address"], pairs, facts["revoked"])

    def _service(self, key: str, name: str, *extensions: tuple[x509.ExtensionType, bool]) -> KeyPair:
        if key not in self._pairs:
            start = self.created - _BEFORE
            everything = (*_base_extensions(_SERVICE_USE), *extensions)
            self._pairs[key] = self.issue(
                _name(name), *everything, valid_from=start, valid_to=start + _SERVICE_LIFE
            )
        return self._pairs[key]


def _name(common: str, *others: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    first = [(NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, MARK)]
    rows = [*first, *others, (NameOID.COMMON_NAME, _short(common))]
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in rows])


def _short(name: str) -> str:
    """A name that fits into a commonName; a school's whole name stands in organizationName."""
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    return name.encode()[: _LONGEST_NAME - len("…".encode())].decode(errors="ignore") + "…"


def _base_extensions(uses: frozenset[str]) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    usage = x509.KeyUsage(**{use: use in uses for use in _USES})
    return (x509.BasicConstraints(ca=False, path_length=None), True), (usage, True)


def _ca_extensions(length: int | None) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    usage = x509.KeyUsage(**{use: use in _CA_USE for use in _USES})
    return (x509.BasicConstraints(ca=True, path_length=length), True), (usage, True)


_END_SIGNER = _base_extensions(_SIGNER_USE)


def _fill(
    builder: x509.CertificateBuilder,
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    valid_from: dt.datetime,
    valid_to: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        builder.subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_naive(valid_from))
        .not_valid_after(_naive(valid_to))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _point(address: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None)


def _naive(moment: dt.datetime) -> dt.datetime:
    """In UTC without a zone and in whole seconds, as X.509 counts and the builders want it."""
    return moment.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None)


def _write(path: Path, data: bytes) -> None:
    """Write so that an interruption leaves the old file, readable by its owner only."""
    fresh = path.with_suffix(f"{path.suffix}.new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(data)
    fresh.replace(path)
