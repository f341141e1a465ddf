"""Revocation data: only what the right authority signed counts, and old questions keep their old answers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from khue.core.errors import Invalid
from khue.signing import der
from khue.signing.demo.pki import DemoPki, KeyPair, Revoked
from khue.signing.report import Revocation
from khue.signing.tests.trust_world import (
    DAY,
    END_ENTITY,
    HOUR,
    NOW,
    YEAR,
    below,
    extended,
    fresh,
    leaf_of,
    named,
    person,
    pki,
    usage,
)
from khue.signing.trust.base import Evidence
from khue.signing.trust.revocation import Freshness, Revocations
from khue.signing.trust.statements import read_crl, read_ocsp

UNKNOWN = Revocation()


def with_lists(*crls: bytes) -> Revocations:
    store = Revocations()
    for data in crls:
        store.add_crl(data)
    return store


def state(store: Revocations, of: DemoPki, certificate: bytes, at: dt.datetime) -> str:
    return store.status(certificate, of.issuing, at).revocation.state


def custom_crl(of: DemoPki, *extensions: tuple[x509.ExtensionType, bool], at: dt.datetime = NOW) -> bytes:
    builder = x509.CertificateRevocationListBuilder(
        of.authority().certificate.subject, at.replace(tzinfo=None), (at + 7 * DAY).replace(tzinfo=None)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(of.authority().pair.key, hashes.SHA256()).public_bytes(Encoding.DER)


def point(**changes: object) -> x509.IssuingDistributionPoint:
    facts = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }  # fmt: skip
    return x509.IssuingDistributionPoint(**{**facts, **changes})


def test_nothing_is_known_without_data() -> None:
    assert Revocations().status(person().certificate, pki().issuing, NOW).revocation == UNKNOWN


def test_a_list_says_good_and_a_later_one_revoked() -> None:
    made = fresh()
    pair = made.person("A", "CCCD:001099000001")
    store = with_lists(made.crl(NOW))
    assert state(store, made, pair.certificate, NOW + HOUR) == "good"
    made.revoke(pair.certificate, NOW + 2 * HOUR)
    store.add_crl(made.crl(NOW + 3 * HOUR))
    before = store.status(pair.certificate, made.issuing, NOW + HOUR)
    assert before.revocation == Revocation("good", "crl", NOW + 3 * HOUR, NOW + 2 * HOUR)
    after = store.status(pair.certificate, made.issuing, NOW + 2 * HOUR)
    assert after.revocation == Revocation("revoked", "crl", NOW + 3 * HOUR, NOW + 2 * HOUR)
    assert after.entry is not None


@pytest.mark.parametrize(
    ("later", "expected"),
    [(0 * DAY, "good"), (7 * DAY, "good"), (7 * DAY + HOUR, "unknown"), (-HOUR, "good")],
)
def test_a_list_is_fresh_for_as_long_as_the_policy_says(later: dt.timedelta, expected: str) -> None:
    store = with_lists(pki().crl(NOW))
    status = store.status(person().certificate, pki().issuing, NOW + later)
    assert status.revocation.state == expected
    assert status.stale == (expected == "unknown")


def test_a_policy_may_ask_for_less_and_grace_ends() -> None:
    strict = Revocations(freshness=Freshness(crl=HOUR))
    strict.add_crl(pki().crl(NOW))
    assert state(strict, pki(), person().certificate, NOW + 2 * HOUR) == "unknown"
    short = Revocations()
    short.add_crl(pki().authority().crl(NOW, lasts=HOUR))
    assert state(short, pki(), person().certificate, NOW + HOUR + DAY) == "good"
    assert state(short, pki(), person().certificate, NOW + 2 * HOUR + DAY) == "unknown"


def test_a_list_of_somebody_else_under_the_same_name_does_not_count() -> None:
    stranger = fresh()
    store = with_lists(stranger.crl(NOW))
    known = store.about(person().certificate, pki().issuing)
    assert known.status(NOW).revocation == UNKNOWN
    assert known.rejected


def test_a_list_by_a_ca_that_may_not_sign_lists_does_not_count() -> None:
    extensions = ((x509.BasicConstraints(ca=True, path_length=None), True), usage("key_cert_sign"))
    authority = below(pki().authority("root"), "CA", *extensions)
    pair = leaf_of(authority)
    store = with_lists(authority.crl(NOW))
    assert store.status(pair.certificate, authority.pair.certificate, NOW).revocation == UNKNOWN


def test_a_changed_list_does_not_count() -> None:
    made = fresh()
    pair = made.person("A", "CCCD:001099000001")
    made.revoke(pair.certificate, NOW)
    data = bytearray(made.crl(NOW))
    serial = x509.load_der_x509_certificate(pair.certificate).serial_number.to_bytes(20).lstrip(b"\0")
    place = data.index(serial)
    data[place + len(serial) - 1] ^= 1
    assert state(with_lists(bytes(data)), made, pair.certificate, NOW) == "unknown"


@pytest.mark.parametrize(
    ("extension", "code"),
    [
        ((x509.DeltaCRLIndicator(1), True), "SIGN-221"),
        ((point(indirect_crl=True), True), "SIGN-221"),
        ((point(only_contains_attribute_certs=True), True), "SIGN-221"),
        ((point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})), True), "SIGN-221"),
        ((x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00"), True), "SIGN-221"),
    ],
)
def test_partial_lists_are_refused(extension: tuple[x509.ExtensionType, bool], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_crl(custom_crl(pki(), extension))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (point(only_contains_user_certs=True), "good"),
        (point(only_contains_ca_certs=True), "unknown"),
        (point(full_name=[x509.UniformResourceIdentifier("http://pki.khue.invalid/issuing.crl")]), "good"),
        (point(full_name=[x509.UniformResourceIdentifier("http://pki.khue.invalid/2.crl")]), "unknown"),
    ],
)
def test_silence_counts_only_within_the_scope_of_a_list(
    scope: x509.IssuingDistributionPoint, expected: str
) -> None:
    store = with_lists(custom_crl(pki(), (scope, True)))
    assert state(store, pki(), person().certificate, NOW) == expected


def test_after_expiry_silence_proves_nothing_unless_the_list_keeps_expired() -> None:
    pair = pki().person("A", "CCCD:001099000001", NOW - YEAR, NOW)
    late = NOW + DAY
    assert state(with_lists(pki().crl(late)), pki(), pair.certificate, NOW - HOUR) == "unknown"
    since = der.generalized_time(NOW - 5 * YEAR)
    keeps = (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), since), False)
    store = with_lists(custom_crl(pki(), keeps, at=late))
    assert state(store, pki(), pair.certificate, NOW - HOUR) == "good"
    assert with_lists(pki().crl(NOW - DAY)).about(pair.certificate, pki().issuing).good_before_expiry() == (
        Revocation("good", "crl", NOW - DAY)
    )


def test_a_hold_ends_when_a_later_list_is_silent() -> None:
    made = fresh()
    pair = made.person("A", "CCCD:001099000001")
    made.revoke(pair.certificate, NOW, "certificateHold")
    store = with_lists(made.crl(NOW + HOUR))
    assert state(store, made, pair.certificate, NOW + HOUR) == "revoked"
    made.authority().revoked.clear()
    store.add_crl(made.crl(NOW + 3 * HOUR))
    assert state(store, made, pair.certificate, NOW + 2 * HOUR) == "revoked"
    assert state(store, made, pair.certificate, NOW + 4 * HOUR) == "good"


def test_other_revocations_do_not_end() -> None:
    made = fresh()
    pair = made.person("A", "CCCD:001099000001")
    made.revoke(pair.certificate, NOW)
    store = with_lists(made.crl(NOW + HOUR))
    made.authority().revoked.clear()
    store.add_crl(made.crl(NOW + 3 * HOUR))
    assert state(store, made, pair.certificate, NOW + 4 * HOUR) == "revoked"


# --- OCSP ------------------------------------------------------------------------------------------


def answered(data: bytes) -> Revocations:
    store = Revocations()
    store.add_ocsp(data)
    return store


def test_an_answer_says_good_or_revoked() -> None:
    made = fresh()
    pair = made.person("A", "CCCD:001099000001")
    store = answered(made.ocsp(pair.certificate, NOW))
    assert store.status(pair.certificate, made.issuing, NOW + HOUR).revocation == Revocation(
        "good", "ocsp", NOW
    )
    made.revoke(pair.certificate, NOW + HOUR, "superseded")
    store.add_ocsp(made.ocsp(pair.certificate, NOW + 2 * HOUR))
    status = store.status(pair.certificate, made.issuing, NOW + 2 * HOUR)
    assert status.revocation == Revocation("revoked", "ocsp", NOW + 2 * HOUR, NOW + HOUR)
    assert status.entry is not None
    assert status.entry.reason == "superseded"


def test_an_answer_signed_by_the_issuer_itself_counts() -> None:
    made = pki()
    issuer = KeyPair(made.authority().pair.key, made.issuing)
    store = answered(made.ocsp(person().certificate, NOW, signer=issuer))
    assert state(store, made, person().certificate, NOW) == "good"


def test_an_answer_about_another_serial_does_not_count() -> None:
    other = pki().person("B", "CCCD:001099000002")
    store = answered(pki().ocsp(other.certificate, NOW))
    assert state(store, pki(), person().certificate, NOW) == "unknown"


def test_an_answer_about_the_same_serial_of_another_ca_does_not_count() -> None:
    stranger = fresh()
    store = answered(pki().ocsp(person().certificate, NOW))
    assert store.status(person().certificate, stranger.issuing, NOW).revocation == UNKNOWN


def responder(of: DemoPki, *extensions: tuple[x509.ExtensionType, bool]) -> KeyPair:
    return of.issue(named("OCSP"), END_ENTITY, usage("digital_signature"), *extensions)


OCSP_SIGNING = extended(ExtendedKeyUsageOID.OCSP_SIGNING, critical=False)


def test_responders_without_authority_do_not_count() -> None:
    stranger = fresh()
    wrong = [
        responder(pki()),  # not for OCSP
        responder(pki(), extended(ExtendedKeyUsageOID.EMAIL_PROTECTION)),
        responder(stranger, OCSP_SIGNING),  # appointed by another CA of the same name
        pki().issue(  # not valid yet when it answered
            named("OCSP"), END_ENTITY, usage("digital_signature"), OCSP_SIGNING, valid_from=NOW + DAY
        ),
        leaf_of(pki().authority("root")),
    ]
    for pair in wrong:
        known = answered(pki().ocsp(person().certificate, NOW, signer=pair)).about(
            person().certificate, pki().issuing
        )
        assert known.status(NOW).revocation == UNKNOWN
        assert known.rejected


def test_a_revoked_responder_does_not_count_unless_it_asks_not_to_be_checked() -> None:
    made = fresh()
    pair = made.person("A", "CCCD:001099000001")
    checked = responder(made, OCSP_SIGNING)
    data = made.ocsp(pair.certificate, NOW, signer=checked)
    assert state(answered(data), made, pair.certificate, NOW) == "good"
    made.revoke(checked.certificate, NOW)
    store = answered(data)
    store.add_crl(made.authority().crl(NOW, lasts=HOUR))
    assert store.about(pair.certificate, made.issuing).answers == ()


def test_a_changed_answer_does_not_count() -> None:
    data = bytearray(pki().ocsp(person().certificate, NOW))
    place = data.index(b"20261126")
    data[place : place + 4] = b"2027"
    assert state(answered(bytes(data)), pki(), person().certificate, NOW) == "unknown"


def test_an_unknown_status_says_nothing() -> None:
    made = pki()
    own = made.ocsp_responder()
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(person().certificate),
        issuer=made.authority().certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.UNKNOWN,
        this_update=NOW.replace(tzinfo=None),
        next_update=None,
        revocation_time=None,
        revocation_reason=None,
    )
    loaded = x509.load_der_x509_certificate(own.certificate)
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, loaded).certificates([loaded])
    data = builder.sign(own.key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert state(answered(data), made, person().certificate, NOW) == "unknown"


@pytest.mark.parametrize("data", [b"", b"0\x00", b"rubbish"])
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as crl:
        read_crl(data)
    with pytest.raises(Invalid) as answer:
        read_ocsp(data)
    assert (crl.value.code, answer.value.code) == ("SIGN-220", "SIGN-222")


def test_an_error_of_a_responder_is_refused() -> None:
    failed = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    with pytest.raises(Invalid) as refused:
        read_ocsp(failed.public_bytes(Encoding.DER))
    assert refused.value.code == "SIGN-222"


# --- the store -------------------------------------------------------------------------------------


def test_what_travels_with_a_signature_is_used_and_not_kept() -> None:
    store = Revocations()
    evidence = Evidence(crls=(b"broken", pki().crl(NOW)), ocsps=(b"broken",))
    known = store.about(person().certificate, pki().issuing, evidence)
    assert known.status(NOW).revocation.state == "good"
    assert state(store, pki(), person().certificate, NOW) == "unknown"
    false = Evidence(crls=(fresh().crl(NOW),))
    assert store.about(person().certificate, pki().issuing, false).rejected


def test_a_folder_keeps_everything(tmp_path: Path) -> None:
    store = Revocations(folder=tmp_path)
    data = pki().crl(NOW)
    store.add_crl(data)
    store.add_crl(data)  # the same again changes nothing
    store.add_ocsp(pki().ocsp(person().certificate, NOW))
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".crl", ".ocsp"]
    again = Revocations(folder=tmp_path)
    known = again.about(person().certificate, pki().issuing)
    assert (len(known.crls), len(known.answers)) == (1, 1)
    assert again.status(person().certificate, pki().issuing, NOW).revocation.state == "good"


def test_the_revision_moves_only_with_news() -> None:
    store = Revocations()
    data, answer = pki().crl(NOW), pki().ocsp(person().certificate, NOW)
    store.add_crl(data)
    store.add_ocsp(answer)
    revision = store.revision
    store.add_crl(data)
    store.add_ocsp(answer)
    assert store.revision == revision == 2


def test_a_long_list_is_read_whole() -> None:
    made = fresh()
    made.authority().revoked.update({number: Revoked(NOW, "unspecified") for number in range(1, 3000)})
    crl = read_crl(made.crl(NOW))
    assert crl.entry(2999) is not None
    assert crl.entry(3000) is None
    assert len(crl.serials) == 2999
