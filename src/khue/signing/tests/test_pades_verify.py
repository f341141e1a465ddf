"""What a sealed paper proves, at every level, and what the report says of it."""

from __future__ import annotations

import datetime as dt

import pytest

from khue.signing.algorithms import Algorithm
from khue.signing.pades.long_term import add_long_term
from khue.signing.pades.verify import verify_pdf
from khue.signing.report import Finding, Indication, Revocation, Sub, Verdict
from khue.signing.tests.seals import (
    AT,
    CODE,
    DIGEST,
    LATER,
    MST,
    SCHOOL,
    FakeTrust,
    codes,
    evidence,
    paper,
    sealed,
    token,
    world,
)
from khue.signing.trust.base import PathFact

NOW = AT + dt.timedelta(days=30)


def test_a_sealed_and_stamped_paper_is_valid() -> None:
    trust = FakeTrust()
    pdf = sealed(stamped=LATER)
    report = verify_pdf(pdf, trust=trust, now=NOW, expected_school=MST)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.kind == "pdf"
    assert report.record_code == CODE
    assert report.facts["record_digest"] == DIGEST
    assert report.facts["school"] == SCHOOL
    assert report.content == pdf
    (one,) = report.signatures
    assert (one.role, one.level, one.signer) == ("school", "T", SCHOOL)
    assert one.identifiers == (MST,)
    assert one.claimed_time == AT
    assert one.best_time == LATER
    assert one.intact
    assert one.valid
    assert one.trusted
    assert one.position_ok
    assert one.role_ok
    assert one.indication is Indication.PASSED
    assert trust.asked[0][1:3] == (LATER, True)
    assert "Hợp lệ" in report.text
    assert report.as_json()["verdict"] == "valid"


def test_without_a_stamp_the_certificate_is_judged_now() -> None:
    trust = FakeTrust()
    report = verify_pdf(sealed(), trust=trust, now=NOW)
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].level == "B"
    assert report.signatures[0].best_time is None
    assert trust.asked[0][1:3] == (NOW, False)


@pytest.mark.parametrize("algorithm", [Algorithm.RSA_SHA256, Algorithm.RSA_SHA384, Algorithm.RSA_SHA512])
def test_rsa_seals_are_valid(algorithm: Algorithm) -> None:
    pdf = sealed(by=world().rsa_school, algorithm=algorithm, stamped=LATER)
    report = verify_pdf(pdf, trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.signatures[0].algorithm == algorithm.value


def test_rsa_after_its_last_day_needs_a_stamp_from_before() -> None:
    late = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    by = world().rsa_school
    assert codes(verify_pdf(sealed(by=by), trust=FakeTrust(), now=late)) == {"SIGN-534"}
    stamped = verify_pdf(sealed(by=by, stamped=LATER), trust=FakeTrust(), now=late)
    assert stamped.verdict is Verdict.VALID


@pytest.mark.parametrize("standard", ["1.4", "1.7", "2.0", "a-2b", "a-2a", "a-4"])
def test_every_form_that_the_renderer_writes_is_sealed_and_valid(standard: str) -> None:
    pdf = sealed(paper(standard=standard), stamped=LATER)
    pdf = add_long_term(pdf, evidence(), stamp=lambda digest: token(digest, LATER))
    report = verify_pdf(pdf, trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.signatures[0].level == "LTA"


def test_long_term_data_raise_the_level_and_reach_trust() -> None:
    trust = FakeTrust()
    pdf = add_long_term(sealed(stamped=LATER), evidence())
    report = verify_pdf(pdf, trust=trust, now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.signatures[0].level == "LT"
    assert trust.asked[0][3] == evidence()


def test_a_document_stamp_proves_a_time_too() -> None:
    pdf = add_long_term(sealed(), evidence(), stamp=lambda digest: token(digest, LATER))
    report = verify_pdf(pdf, trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.signatures[0].best_time == LATER


def test_without_trust_nothing_is_certain() -> None:
    report = verify_pdf(sealed(stamped=LATER), trust=None, now=NOW)
    assert report.verdict is Verdict.UNCERTAIN
    assert codes(report) == {"SIGN-540"}
    assert report.signatures[0].trusted is None
    assert report.signatures[0].intact
    assert report.signatures[0].valid


def test_an_unknown_stamp_authority_proves_no_time() -> None:
    trust = FakeTrust(token_trusted=None)
    report = verify_pdf(sealed(stamped=LATER), trust=trust, now=NOW)
    assert report.verdict is Verdict.UNCERTAIN
    assert "SIGN-542" in codes(report)
    assert report.signatures[0].best_time is None
    assert trust.asked[0][1:3] == (NOW, False)


@pytest.mark.parametrize(
    ("fact", "verdict"),
    [
        (PathFact(False, Indication.FAILED, Sub.EXPIRED), Verdict.INVALID),
        (PathFact(False, Indication.INDETERMINATE, Sub.NO_CERTIFICATE_CHAIN_FOUND), Verdict.INVALID),
        (
            PathFact(
                False, Indication.FAILED, Sub.REVOKED, "TEST", Revocation("revoked", "crl", AT, AT),
                (Finding("SIGN-535", {"name": "x"}),),
            ),
            Verdict.INVALID,
        ),
        (PathFact(None, Indication.INDETERMINATE, Sub.TRY_LATER), Verdict.UNCERTAIN),
    ],
)  # fmt: skip
def test_what_trust_says_decides(fact: PathFact, verdict: Verdict) -> None:
    report = verify_pdf(sealed(), trust=FakeTrust(path=fact), now=NOW)
    (one,) = report.signatures
    assert report.verdict is verdict
    assert one.sub is fact.sub
    assert one.trusted is fact.trusted
    assert one.revocation == fact.revocation
    assert one.findings
    assert one.intact


def test_a_persons_certificate_is_no_seal_of_a_school() -> None:
    from khue.signing import cms
    from khue.signing.pades.place import place
    from khue.signing.pades.seal import reason_of
    from khue.signing.pades.update import embed

    hoa = world().person
    placed = place(paper(), reason=reason_of(CODE, DIGEST), location="", name=SCHOOL, at=AT)
    to_sign = cms.prepare_cms(
        placed.digest, hoa.certificate, hoa.chain, algorithm=Algorithm.ECDSA_P256_SHA256
    )
    pdf = embed(
        placed, cms.complete_cms(to_sign, cms.raw_signature(hoa.key, to_sign.digest, to_sign.algorithm))
    )
    report = verify_pdf(pdf, trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"SIGN-535"}
    assert report.signatures[0].sub is Sub.SIGNER_MISMATCH
    assert not report.signatures[0].role_ok


def test_the_seal_of_another_school_is_refused_where_one_is_expected() -> None:
    pdf = sealed(by=world().other_school)
    assert verify_pdf(pdf, trust=FakeTrust(), now=NOW).verdict is Verdict.VALID
    report = verify_pdf(pdf, trust=FakeTrust(), now=NOW, expected_school=MST)
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"SIGN-536"}


def test_a_stamp_over_another_value_is_refused() -> None:
    from khue.signing.pades.seal import stamp_seal

    pdf = stamp_seal(sealed(), token(bytes(32), LATER))
    report = verify_pdf(pdf, trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"SIGN-541"}
    assert report.signatures[0].best_time is None


def test_a_stamp_from_long_before_the_claimed_time_is_refused() -> None:
    just, before = AT - dt.timedelta(minutes=4), AT - dt.timedelta(minutes=6)
    assert verify_pdf(sealed(stamped=just), trust=FakeTrust(), now=NOW).verdict is Verdict.VALID
    report = verify_pdf(sealed(stamped=before), trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"SIGN-543"}
    assert report.signatures[0].sub is Sub.TIMESTAMP_ORDER_FAILURE


def test_a_paper_without_a_seal_proves_nothing() -> None:
    report = verify_pdf(paper(), trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"SIGN-522"}
    assert report.content == b""
    assert "không có chữ ký số" in report.text


def test_a_trust_that_breaks_leaves_the_file_unproved() -> None:
    class Broken(FakeTrust):
        def judge(self, *_: object, **__: object) -> PathFact:
            raise RuntimeError

    report = verify_pdf(sealed(), trust=Broken(), now=NOW)
    assert report.verdict is Verdict.UNCERTAIN
    assert codes(report) == {"SIGN-538"}
