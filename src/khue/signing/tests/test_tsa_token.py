"""Tokens: ours are taken by three other voices, theirs by us, and whatever was touched is refused."""

from __future__ import annotations

import hashlib
import itertools
import shutil
import subprocess
from pathlib import Path

import pytest
import rfc3161_client
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from khue.core.errors import Invalid
from khue.signing import der
from khue.signing.demo.pki import KeyPair
from khue.signing.report import Sub
from khue.signing.tests.test_demo_pki import openssl, pem
from khue.signing.tests.trust_world import (
    DAY,
    END_ENTITY,
    HOUR,
    NOW,
    YEAR,
    extended,
    fresh,
    named,
    pki,
    stamper,
    store_of,
    tsa_of,
    usage,
)
from khue.signing.tsa.client import request
from khue.signing.tsa.local import POLICY, LocalTsa
from khue.signing.tsa.token import check_token

VALUE = b"a SignatureValue"
DIGEST = hashlib.sha256(VALUE).digest()


@pytest.fixture(scope="module")
def tsa() -> LocalTsa:
    counter, pair = itertools.count(1), pki().tsa()
    return LocalTsa(pair.key, pair.certificate, pair.chain, serials=lambda: next(counter))


@pytest.fixture(scope="module")
def token(tsa: LocalTsa) -> bytes:
    return tsa.token(DIGEST, NOW, nonce=77)


# --- good tokens -----------------------------------------------------------------------------------


def test_a_token_says_what_it_stamped_and_when(tsa: LocalTsa) -> None:
    stamp = check_token(tsa.token(DIGEST, NOW.replace(microsecond=123_456), nonce=2**63), DIGEST).stamp
    assert stamp is not None
    assert (stamp.time, stamp.nonce) == (NOW.replace(microsecond=123_000), 2**63)
    assert (stamp.policy, stamp.digest, stamp.certificate) == (POLICY, DIGEST, pki().tsa().certificate)
    assert set(stamp.certificates) == {pki().tsa().certificate, pki().issuing}
    again = check_token(tsa.token(DIGEST, NOW), DIGEST).stamp
    assert again is not None
    assert (again.nonce, again.serial) == (None, stamp.serial + 1)


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_the_three_hashes_can_be_stamped(tsa: LocalTsa, name: str) -> None:
    digest = hashlib.new(name, VALUE).digest()
    assert check_token(tsa.token(digest, NOW), digest).stamp is not None


def test_other_lengths_are_refused(tsa: LocalTsa) -> None:
    with pytest.raises(Invalid) as refused:
        tsa.token(hashlib.sha1(VALUE).digest(), NOW)
    assert refused.value.code == "SIGN-265"


def test_the_trust_knows_whose_clock_it_was(token: bytes) -> None:
    fact = pki().trust().judge_token(token, DIGEST)
    assert (fact.genuine, fact.time, fact.trusted, fact.sub) == (True, NOW, True, Sub.NONE)
    assert fact.authority.startswith("Khuê TEST TSA")


def test_rfc3161_client_takes_it(tsa: LocalTsa) -> None:
    asked = request(DIGEST, 99)
    answer = rfc3161_client.decode_timestamp_response(tsa.answer(asked, NOW))
    load = x509.load_der_x509_certificate
    verifier = (
        rfc3161_client.VerifierBuilder()
        .add_root_certificate(load(pki().root))
        .add_intermediate_certificate(load(pki().issuing))
        .tsa_certificate(load(pki().tsa().certificate))
        .nonce(99)
        .build()
    )
    assert verifier.verify_message(answer, VALUE)
    assert answer.tst_info.gen_time == NOW
    with pytest.raises(rfc3161_client.VerificationError):
        verifier.verify_message(answer, b"another value")


def test_an_rsa_authority_is_taken_too() -> None:
    key = rsa.generate_private_key(65537, 2048)
    certificate = (
        pki()
        .authority()
        .issue(
            named("TSA RSA"),
            key.public_key(),
            (END_ENTITY, usage("digital_signature"), extended(ExtendedKeyUsageOID.TIME_STAMPING)),
            valid_from=NOW - DAY,
            valid_to=NOW + DAY,
        )
    )
    made = LocalTsa(key, certificate, (pki().issuing,), serials=lambda: 1)
    assert pki().trust().judge_token(made.token(DIGEST, NOW), DIGEST).trusted is True


# --- openssl ---------------------------------------------------------------------------------------


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["openssl", *command], cwd=folder, capture_output=True, text=True, check=False, env={"PATH": _path()}
    )


def _path() -> str:
    found = shutil.which("openssl")
    return str(Path(found).parent) if found else ""


@openssl
def test_openssl_takes_our_answer(tmp_path: Path, tsa: LocalTsa) -> None:
    (tmp_path / "value").write_bytes(VALUE)
    (tmp_path / "root.pem").write_bytes(pem(pki().root))
    (tmp_path / "others.pem").write_bytes(pem(pki().issuing, pki().tsa().certificate))
    asked = run(tmp_path, "ts", "-query", "-data", "value", "-sha256", "-cert", "-out", "value.tsq")
    assert asked.returncode == 0, asked.stderr
    answer = tsa.answer((tmp_path / "value.tsq").read_bytes(), NOW)
    (tmp_path / "value.tsr").write_bytes(answer)
    moment = str(int((NOW + HOUR).timestamp()))
    chain = ("-CAfile", "root.pem", "-untrusted", "others.pem", "-attime", moment)
    checked = run(tmp_path, "ts", "-verify", "-queryfile", "value.tsq", "-in", "value.tsr", *chain)
    assert checked.stdout.strip() == "Verification: OK", checked.stderr
    (tmp_path / "value").write_bytes(b"another value")
    refused = run(tmp_path, "ts", "-verify", "-data", "value", "-in", "value.tsr", *chain)
    assert refused.returncode != 0


CONFIGURATION = """
[tsa]
default_tsa = one
[one]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
certs = ./chain.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = {chain}
ess_cert_id_alg = {algorithm}
"""


@openssl
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("chain", ["yes", "no"])
def test_we_take_what_openssl_stamps(tmp_path: Path, algorithm: str, chain: str) -> None:
    """Another implementation: accuracy, ordering, the authority's name inside, ESS of both versions."""
    pair = pki().tsa()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "tsa.key").write_bytes(pair.key.private_bytes(*form))
    (tmp_path / "tsa.pem").write_bytes(pem(pair.certificate))
    (tmp_path / "chain.pem").write_bytes(pem(pki().issuing))
    (tmp_path / "serial").write_text("0A\n")
    (tmp_path / "tsa.cnf").write_text(CONFIGURATION.format(algorithm=algorithm, chain=chain))
    (tmp_path / "query").write_bytes(request(DIGEST, 5))
    made = run(
        tmp_path, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-token_out", "-out", "token"
    )
    assert made.returncode == 0, made.stderr
    checked = check_token((tmp_path / "token").read_bytes(), DIGEST)
    assert checked.findings == ()
    assert checked.stamp is not None
    assert (checked.stamp.nonce, checked.stamp.policy) == (5, "1.2.3.4")


# --- refusals --------------------------------------------------------------------------------------


def test_a_token_over_another_value(token: bytes) -> None:
    fact = pki().trust().judge_token(token, hashlib.sha256(b"x").digest())
    assert (fact.genuine, fact.time, fact.trusted, fact.sub) == (False, None, None, Sub.HASH_FAILURE)
    assert [found.code for found in fact.findings] == ["SIGN-261"]


def test_every_cut_is_refused(token: bytes) -> None:
    for size in range(0, len(token), 13):
        assert check_token(token[:size], DIGEST).sub == Sub.FORMAT_FAILURE
    assert check_token(token + b"\x00", DIGEST).sub == Sub.FORMAT_FAILURE


def test_every_flipped_byte_is_refused_or_changes_nothing(tsa: LocalTsa) -> None:
    """CMS leaves some bytes unsigned (digestAlgorithms, other certificates): they must not matter."""
    pair = pki().tsa()
    alone = LocalTsa(pair.key, pair.certificate, (), serials=lambda: 7).token(DIGEST, NOW, nonce=77)
    genuine = check_token(alone, DIGEST).stamp
    assert genuine is not None
    harmless = []
    for place in range(len(alone)):
        changed = bytearray(alone)
        changed[place] ^= 0x01
        found = check_token(bytes(changed), DIGEST)
        assert found.stamp in {None, genuine}
        if found.stamp is not None:
            harmless.append(place)
    assert len(harmless) < 30


@pytest.mark.parametrize(
    ("kinds", "critical"),
    [
        ((ExtendedKeyUsageOID.TIME_STAMPING,), False),
        ((ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION), True),
        ((ExtendedKeyUsageOID.EMAIL_PROTECTION,), True),
    ],
)
def test_an_authority_that_may_not_stamp(kinds: tuple[x509.ObjectIdentifier, ...], critical: bool) -> None:
    wrong = stamper(pki(), *kinds, critical=critical)
    with pytest.raises(Invalid) as refused:
        LocalTsa(wrong.key, wrong.certificate, wrong.chain, serials=lambda: 1)
    assert refused.value.code == "SIGN-278"
    fact = pki().trust().judge_token(tsa_of(wrong).token(DIGEST, NOW), DIGEST)
    assert (fact.genuine, fact.trusted, fact.sub) == (True, False, Sub.CHAIN_CONSTRAINTS_FAILURE)
    assert [found.code for found in fact.findings] == ["SIGN-207"]


def test_an_authority_that_nobody_trusts() -> None:
    other = fresh()
    token = tsa_of(other.tsa()).token(DIGEST, NOW)
    assert pki().trust().judge_token(token, DIGEST).trusted is False
    closed = pki().trust(allow_test=False).judge_token(tsa_of(pki().tsa()).token(DIGEST, NOW), DIGEST)
    assert (closed.genuine, closed.trusted) == (True, False)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("superseded", True), ("unspecified", True), ("keyCompromise", False), ("cACompromise", False)],
)
def test_a_revoked_authority(reason: str, expected: bool) -> None:
    """RFC 3161 4: earlier tokens stay good, unless the key may be in other hands."""
    made = fresh()
    pair = made.tsa()
    made.revoke(pair.certificate, NOW + HOUR, reason)
    store = store_of(made, made.crl(NOW + 2 * HOUR), made.root_crl(NOW))
    early = store.judge_token(tsa_of(pair).token(DIGEST, NOW), DIGEST)
    late = store.judge_token(tsa_of(pair).token(DIGEST, NOW + HOUR), DIGEST)
    assert (early.trusted, late.trusted, late.sub) == (expected, False, Sub.REVOKED_NO_POE)


def test_an_authority_outside_its_days() -> None:
    pair = pki().issue(
        named("TSA"), END_ENTITY, usage("digital_signature"), extended(ExtendedKeyUsageOID.TIME_STAMPING),
        valid_from=NOW, valid_to=NOW + DAY,
    )  # fmt: skip
    store, tsa = pki().trust(), tsa_of(pair)
    subs = [
        store.judge_token(tsa.token(DIGEST, at), DIGEST).sub for at in (NOW - HOUR, NOW + HOUR, NOW + 2 * DAY)
    ]
    assert subs == [Sub.NOT_YET_VALID, Sub.NONE, Sub.OUT_OF_BOUNDS_NO_POE]


def test_without_revocation_data_a_token_is_not_certain(token: bytes) -> None:
    fact = store_of(pki()).judge_token(token, DIGEST)
    assert (fact.genuine, fact.trusted, fact.sub) == (True, None, Sub.TRY_LATER)


def test_a_token_without_its_certificate(tsa: LocalTsa) -> None:
    bare = tsa.token(DIGEST, NOW, with_certificates=False)
    checked = check_token(bare, DIGEST)
    assert (checked.sub, checked.findings[0].code) == (Sub.NO_SIGNING_CERTIFICATE_FOUND, "SIGN-264")


def test_a_certificate_that_the_signed_attribute_does_not_name() -> None:
    """Another certificate for the same key, issuer and serial number does not take its place."""
    pair = pki().tsa()
    parsed = x509.load_der_x509_certificate(pair.certificate)
    builder = x509.CertificateBuilder(
        parsed.issuer, parsed.subject, pair.key.public_key(), parsed.serial_number
    )
    builder = builder.not_valid_before((NOW - YEAR).replace(tzinfo=None))
    builder = builder.not_valid_after((NOW + YEAR).replace(tzinfo=None))
    other = builder.sign(pki().authority().pair.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    made = tsa_of(KeyPair(pair.key, pair.certificate))
    made._certificates = der.implicit(0, der.set_of(other))
    assert check_token(made.token(DIGEST, NOW), DIGEST).sub == Sub.NO_SIGNING_CERTIFICATE_FOUND


def test_a_signature_by_another_key() -> None:
    pair = pki().tsa()
    made = tsa_of(KeyPair(ec.generate_private_key(ec.SECP256R1()), pair.certificate))
    checked = check_token(made.token(DIGEST, NOW), DIGEST)
    assert (checked.sub, checked.findings[0].code) == (Sub.SIG_CRYPTO_FAILURE, "SIGN-262")


def test_weak_algorithms_are_refused(token: bytes) -> None:
    signed_sha256, signed_sha224 = der.oid("1.2.840.10045.4.3.2"), der.oid("1.2.840.10045.4.3.1")
    checked = check_token(token.replace(signed_sha256, signed_sha224), DIGEST)
    assert (checked.sub, checked.findings[0].code) == (Sub.CRYPTO_CONSTRAINTS_FAILURE, "SIGN-263")
    sha256, sha224 = der.oid("2.16.840.1.101.3.4.2.1"), der.oid("2.16.840.1.101.3.4.2.4")
    assert check_token(token.replace(sha256, sha224), DIGEST).stamp is None


def test_a_huge_token_is_not_read() -> None:
    assert check_token(der.sequence(bytes(70_000)), DIGEST).sub == Sub.FORMAT_FAILURE


def test_a_certificate_is_no_token() -> None:
    assert check_token(pki().root, DIGEST).sub == Sub.FORMAT_FAILURE


def test_every_finding_has_its_sentence(token: bytes) -> None:
    found = [*check_token(b"", DIGEST).findings, *check_token(token, b"").findings]
    assert [one.text for one in found] == [
        "Dấu thời gian hỏng (hết dữ liệu giữa chừng). Hãy lấy dấu mới.",
        "Dấu thời gian đóng cho một giá trị khác, không phải chữ ký này. Hãy lấy dấu mới.",
    ]


# --- answers of the local authority ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "bit"),
    [
        (b"", 5),
        (b"rubbish", 5),
        (der.sequence(der.integer(2), *[one.raw for one in der.members(request(DIGEST))[1:]]), 5),
        (request(DIGEST).replace(der.oid("2.16.840.1.101.3.4.2.1"), der.oid("1.3.14.3.2.26")), 0),
        (request(DIGEST, policy="1.2.3"), 15),
    ],
)  # fmt: skip
def test_wrong_requests_are_refused_in_the_form_of_the_standard(
    tsa: LocalTsa, query: bytes, bit: int
) -> None:
    if bit == 0:
        digest, oid = der.octets(DIGEST), der.sequence(der.oid("1.3.14.3.2.26"), der.null())
        query = der.sequence(der.integer(1), der.sequence(oid, digest), der.boolean(True))
    (status,) = der.members(tsa.answer(query, NOW))
    number, failure = der.parts(status.value)
    assert der.read_integer(number) == 2
    value = int.from_bytes(failure.value[1:])
    size = 8 * (len(failure.value) - 1)
    assert [place for place in range(size) if value >> (size - 1 - place) & 1] == [bit]


def test_an_answer_repeats_nonce_and_policy(tsa: LocalTsa) -> None:
    status, token = der.members(tsa.answer(request(DIGEST, 12345, POLICY), NOW))
    assert der.read_integer(der.parts(status.value)[0]) == 0
    stamp = check_token(token.raw, DIGEST).stamp
    assert stamp is not None
    assert (stamp.nonce, stamp.policy) == (12345, POLICY)
