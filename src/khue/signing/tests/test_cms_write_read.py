"""CMS by hand: what it writes others read, what others write it reads, what is odd it refuses."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from khue.core.errors import Invalid, Refused
from khue.signing import cms, der
from khue.signing.algorithms import RULES, Algorithm

AT = dt.datetime(2026, 12, 1, 3, 0, tzinfo=dt.UTC)
CONTENT = b"khue.example/log\n42\n"


def certificate_for(key: cms.PrivateKey, name: str = "Trường THCS Lê Lợi (TEST)") -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(True, True, *(False,) * 7)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7)
    builder = builder.not_valid_before(AT - dt.timedelta(days=1)).not_valid_after(AT + dt.timedelta(days=700))
    return builder.add_extension(usage, True).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture(scope="session")
def keys() -> dict[str, cms.PrivateKey]:
    return {
        "p256": ec.generate_private_key(ec.SECP256R1()),
        "p384": ec.generate_private_key(ec.SECP384R1()),
        "rsa": rsa.generate_private_key(65537, 3072),
    }


CASES = [
    ("p256", Algorithm.ECDSA_P256_SHA256),
    ("p384", Algorithm.ECDSA_P384_SHA384),
    ("rsa", Algorithm.RSA_SHA256),
    ("rsa", Algorithm.RSA_SHA384),
    ("rsa", Algorithm.RSA_SHA512),
    ("rsa", Algorithm.RSA_PSS_SHA256),
]


def signed(key: cms.PrivateKey, algorithm: Algorithm, **options: object) -> bytes:
    to_sign = cms.prepare_cms(
        cms.digest_of(algorithm, CONTENT), certificate_for(key), algorithm=algorithm, **options
    )
    return cms.complete_cms(to_sign, cms.raw_signature(key, to_sign.digest, algorithm))


@pytest.mark.parametrize(("name", "algorithm"), CASES)
def test_what_is_written_is_read_and_verifies(
    keys: dict[str, cms.PrivateKey], name: str, algorithm: Algorithm
) -> None:
    found = cms.read_cms(signed(keys[name], algorithm, signing_time=AT))
    assert found.algorithm is algorithm
    assert found.covers(hashlib.new(RULES[algorithm].digest, CONTENT).digest())
    assert not found.covers(hashlib.new(RULES[algorithm].digest, CONTENT + b".").digest())
    assert found.is_genuine()
    assert found.accepted(AT)
    assert found.signing_time == AT
    assert found.certificate == certificate_for(keys[name]) or name.startswith("p")  # ECDSA differs each time
    assert found.tokens == ()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize(("name", "algorithm"), CASES)
@pytest.mark.parametrize("signing_time", [None, AT])
def test_openssl_verifies_it(
    keys: dict[str, cms.PrivateKey],
    tmp_path: Path,
    name: str,
    algorithm: Algorithm,
    signing_time: dt.datetime | None,
) -> None:
    (tmp_path / "cms").write_bytes(signed(keys[name], algorithm, signing_time=signing_time))
    (tmp_path / "content").write_bytes(CONTENT)
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", "cms", "-content", "content"]
    command += ["-binary", "-noverify"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == CONTENT
    (tmp_path / "content").write_bytes(CONTENT + b"!")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode != 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("name", ["p256", "rsa"])
def test_what_openssl_writes_is_read(keys: dict[str, cms.PrivateKey], tmp_path: Path, name: str) -> None:
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    key = keys[name]
    certificate = x509.load_der_x509_certificate(certificate_for(key))
    (tmp_path / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "content").write_bytes(CONTENT)
    command = "openssl cms -sign -cades -md sha256 -binary -outform DER -nosmimecap"
    command += " -signer crt -inkey key -in content -out cms"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    found = cms.read_cms((tmp_path / "cms").read_bytes())
    assert found.covers(hashlib.sha256(CONTENT).digest())
    assert found.is_genuine()


def test_signed_attributes_are_those_of_the_profile(keys: dict[str, cms.PrivateKey]) -> None:
    def kinds(one: bytes) -> list[str]:
        parts = der.members(cms.read_cms(one).signed_attributes, der.SET)
        return [der.read_oid(der.parts(part.value)[0]) for part in parts]

    pades = kinds(signed(keys["p256"], Algorithm.ECDSA_P256_SHA256))
    assert "1.2.840.113549.1.9.5" not in pades  # EN 319 142-1: no signing-time in a PDF
    assert set(pades) == {"1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.16.2.47"}
    cades = kinds(signed(keys["p256"], Algorithm.ECDSA_P256_SHA256, signing_time=AT))
    assert set(cades) == {*pades, "1.2.840.113549.1.9.5"}


def test_both_forms_of_a_returned_ecdsa_value_give_the_same_bytes(keys: dict[str, cms.PrivateKey]) -> None:
    from khue.signing.algorithms import xml_value

    key = keys["p256"]
    to_sign = cms.prepare_cms(
        hashlib.sha256(CONTENT).digest(), certificate_for(key), algorithm=Algorithm.ECDSA_P256_SHA256
    )
    raw = cms.raw_signature(key, to_sign.digest, to_sign.algorithm)
    fixed = xml_value(key.public_key(), raw)
    assert cms.complete_cms(to_sign, raw) == cms.complete_cms(to_sign, fixed)
    assert to_sign.stamp_digest(raw) == cms.cms_stamp_digest(cms.complete_cms(to_sign, fixed))


def test_a_value_over_something_else_is_refused(keys: dict[str, cms.PrivateKey]) -> None:
    key, other = keys["p256"], ec.generate_private_key(ec.SECP256R1())
    algorithm = Algorithm.ECDSA_P256_SHA256
    to_sign = cms.prepare_cms(hashlib.sha256(CONTENT).digest(), certificate_for(key), algorithm=algorithm)
    swapped = cms.raw_signature(key, hashlib.sha256(b"another").digest(), algorithm)
    foreign = cms.raw_signature(other, to_sign.digest, algorithm)
    for raw in (swapped, foreign):
        with pytest.raises(Refused, match="SIGN-500"):
            cms.complete_cms(to_sign, raw)
    with pytest.raises(Invalid, match="SIGN-002"):
        cms.complete_cms(to_sign, swapped[:-1])


def test_key_and_digest_must_fit_the_algorithm(keys: dict[str, cms.PrivateKey]) -> None:
    certificate = certificate_for(keys["p256"])
    with pytest.raises(Invalid, match="SIGN-501"):
        cms.prepare_cms(bytes(32), certificate, algorithm=Algorithm.RSA_SHA256)
    with pytest.raises(Invalid, match="SIGN-502"):
        cms.prepare_cms(bytes(48), certificate, algorithm=Algorithm.ECDSA_P256_SHA256)


def test_a_token_is_added_without_touching_what_is_signed(keys: dict[str, cms.PrivateKey]) -> None:
    plain = signed(keys["rsa"], Algorithm.RSA_SHA256)
    token = der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, der.sequence()))
    stamped = cms.add_token(plain, token)
    before, after = cms.read_cms(plain), cms.read_cms(stamped)
    assert after.tokens == (token,)
    assert after.signed_attributes == before.signed_attributes
    assert after.value == before.value
    assert after.is_genuine()
    assert set(cms.read_cms(cms.add_token(stamped, der.sequence())).tokens) == {token, der.sequence()}


def test_one_step_over_a_key_at_hand(keys: dict[str, cms.PrivateKey]) -> None:
    found = cms.read_cms(cms.sign_cms(keys["p384"], CONTENT, certificate_for(keys["p384"]), signing_time=AT))
    assert found.algorithm is Algorithm.ECDSA_P384_SHA384
    assert found.covers(hashlib.sha384(CONTENT).digest())
    assert found.is_genuine()


def test_every_flipped_byte_is_noticed(keys: dict[str, cms.PrivateKey]) -> None:
    """Each byte of a CMS is read strictly, signed, or the certificate that the attributes name.

    Only intermediates and unsigned attributes could change unnoticed here, and there are none.
    """
    key = keys["p256"]
    data = signed(key, Algorithm.ECDSA_P256_SHA256)
    digest = hashlib.sha256(CONTENT).digest()
    for at in range(len(data)):
        changed = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        try:
            found = cms.read_cms(changed)
        except Invalid:
            continue
        assert not (found.covers(digest) and found.is_genuine()), at


def _parts(data: bytes) -> tuple[list[bytes], list[bytes]]:
    """The parts of a CMS and of its SignerInfo, for tests that put them together wrongly."""
    whole = [part.raw for part in der.members(der.members(data)[1].value)]
    info = [part.raw for part in der.parts(der.members(whole[-1], der.SET)[0].value)]
    return whole, info


def _again(whole: list[bytes], *infos: list[bytes]) -> bytes:
    signers = der.tlv(der.SET, b"".join(der.sequence(*info) for info in infos))
    return cms._content_info(*whole[:-1], signers)


def test_other_shapes_are_refused(keys: dict[str, cms.PrivateKey]) -> None:
    data = signed(keys["p256"], Algorithm.ECDSA_P256_SHA256)
    whole, info = _parts(data)
    attributes = der.parts(der.read(info[3])[1])
    swapped = der.tlv(0xA0, b"".join(one.raw for one in reversed(attributes)))
    twice = der.tlv(0xA0, b"".join(one.raw for one in (attributes[0], *attributes)))
    fewer = [der.tlv(0xA0, b"".join(one.raw for one in attributes if one != gone)) for gone in attributes]
    content = der.sequence(der.oid(cms.DATA), der.explicit(0, der.octets(CONTENT)))
    sha1 = der.sequence(der.oid("1.3.14.3.2.26"), der.null())
    other = certificate_for(ec.generate_private_key(ec.SECP256R1()))  # same issuer and serial, another key
    bad = {
        "two signers": _again(whole, info, info),
        "no signer": _again(whole),
        "content inside": _again([whole[0], whole[1], content, *whole[3:]], info),
        "order": _again(whole, [*info[:3], swapped, *info[4:]]),
        "twice": _again(whole, [*info[:3], twice, *info[4:]]),
        **{f"without {at}": _again(whole, [*info[:3], one, *info[4:]]) for at, one in enumerate(fewer)},
        "sha1": _again(whole, [*info[:2], sha1, *info[3:]]),
        "other hash": _again(whole, [*info[:2], cms._digest_algorithm("sha384"), *info[3:]]),
        "rsa for ec": _again(whole, [*info[:4], der.sequence(der.oid("1.2.840.113549.1.1.5")), info[5]]),
        "swapped certificate": _again([*whole[:3], der.implicit(0, der.set_of(other)), whole[4]], info),
        "behind the end": data + b"\x00",
        "too long": data + bytes(cms.LARGEST),
        "empty": b"",
    }
    for one in bad.values():
        with pytest.raises(Invalid, match=r"SIGN-[05]03"):
            cms.read_cms(one)


def test_an_ecdsa_value_that_only_we_could_read_is_not_genuine(keys: dict[str, cms.PrivateKey]) -> None:
    from khue.signing.algorithms import xml_value

    data = signed(keys["p256"], Algorithm.ECDSA_P256_SHA256)
    whole, info = _parts(data)
    value = der.read(info[5])[1]
    fixed = xml_value(keys["p256"].public_key(), value)
    assert cms.read_cms(data).is_genuine()
    assert not cms.read_cms(_again(whole, [*info[:5], der.octets(fixed)])).is_genuine()


def test_a_weak_key_is_not_genuine_even_if_its_value_is() -> None:
    key = rsa.generate_private_key(65537, 1024)
    certificate = certificate_for(key)
    with pytest.raises(Invalid, match="SIGN-501"):
        cms.prepare_cms(bytes(32), certificate, algorithm=Algorithm.RSA_SHA256)
    # someone else's software would have signed with it
    strong = rsa.generate_private_key(65537, 2048)
    whole, info = _parts(signed(strong, Algorithm.RSA_SHA256))
    identity = cms._identity(certificate)
    attributes = [one.raw for one in der.parts(der.read(info[3])[1])]
    old = cms._identity(cms.read_cms(signed(strong, Algorithm.RSA_SHA256)).certificate).essential
    replaced = [
        identity.essential if len(one) == len(old) and one[:20] == old[:20] else one for one in attributes
    ]
    signed_attributes = der.set_of(*replaced)
    value = key.sign(signed_attributes, padding.PKCS1v15(), hashes.SHA256())
    info = [info[0], identity.name, info[2], der.implicit(0, signed_attributes), info[4], der.octets(value)]
    found = cms.read_cms(_again([*whole[:3], der.implicit(0, der.set_of(certificate)), whole[4]], info))
    assert found.certificate == certificate
    assert not found.is_genuine()
    assert not found.accepted(AT)
