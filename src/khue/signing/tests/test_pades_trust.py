"""Seals under a real trust: roots, revocation lists, time-stamps, and what years do to them."""

from __future__ import annotations

import datetime as dt

from khue.signing.demo.pki import DemoPki
from khue.signing.pades.long_term import add_long_term
from khue.signing.pades.seal import stamp_digest_of, stamp_seal
from khue.signing.pades.verify import verify_pdf
from khue.signing.report import Sub, Verdict
from khue.signing.tests.seals import (
    AT,
    LATER,
    MST,
    SCHOOL,
    Pair,
    codes,
    evidence,
    sealed,
    token,
    world,
)
from khue.signing.tsa.local import LocalTsa

NOW = AT + dt.timedelta(days=30)
YEARS = AT + dt.timedelta(days=4 * 365)


def test_valid_under_the_root_of_the_demo() -> None:
    trust = world().pki.trust(at=NOW)
    for pdf in (sealed(), sealed(stamped=LATER), add_long_term(sealed(stamped=LATER), evidence())):
        report = verify_pdf(pdf, trust=trust, now=NOW, expected_school=MST)
        assert report.verdict is Verdict.VALID, codes(report)
        assert report.signatures[0].anchor_set == "TEST"
        assert report.signatures[0].revocation.state == "good"


def test_the_demo_is_not_trusted_elsewhere() -> None:
    trust = world().pki.trust(at=NOW, allow_test=False)
    report = verify_pdf(sealed(stamped=LATER), trust=trust, now=NOW)
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].trusted is False


def test_a_foreign_signer_with_the_same_names() -> None:
    other = DemoPki.create(AT - dt.timedelta(days=100))
    forged = other.school(SCHOOL, MST)
    pdf = sealed(by=Pair(forged.key, forged.certificate, forged.chain))
    report = verify_pdf(pdf, trust=world().pki.trust(at=NOW), now=NOW, expected_school=MST)
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].trusted is False
    assert codes(report) == {"SIGN-204"}
    assert report.signatures[0].intact
    assert report.signatures[0].valid


def test_a_seal_outlives_its_certificate_with_a_stamp_only() -> None:
    pki = world().pki
    plain = verify_pdf(sealed(), trust=pki.trust(at=YEARS), now=YEARS)
    assert plain.verdict is Verdict.INVALID
    assert plain.signatures[0].sub in {Sub.OUT_OF_BOUNDS_NO_POE, Sub.OUT_OF_BOUNDS_NOT_REVOKED}
    kept = add_long_term(sealed(stamped=LATER), evidence())
    report = verify_pdf(kept, trust=pki.trust(at=YEARS), now=YEARS)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.signatures[0].level == "LT"


def test_a_revoked_certificate_and_when_it_was_stamped() -> None:
    pki = DemoPki.create(AT - dt.timedelta(days=100))
    pair, tsa = pki.school(SCHOOL, MST), pki.tsa()
    stamps = LocalTsa(tsa.key, tsa.certificate, tsa.chain, serials=iter(range(1, 9)).__next__)
    pki.revoke(pair.certificate, AT + dt.timedelta(days=10))
    trust = pki.trust(at=NOW)
    plain = sealed(by=Pair(pair.key, pair.certificate, pair.chain))
    early, late = (
        stamp_seal(plain, stamps.token(stamp_digest_of(plain), moment))
        for moment in (LATER, AT + dt.timedelta(days=11))
    )
    for pdf in (plain, late):
        report = verify_pdf(pdf, trust=trust, now=NOW)
        assert report.verdict is Verdict.INVALID
        assert report.signatures[0].sub is Sub.REVOKED_NO_POE
        assert report.signatures[0].revocation.state == "revoked"
    report = verify_pdf(early, trust=trust, now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)


def test_a_stamp_of_an_unknown_authority_proves_nothing() -> None:
    other = DemoPki.create(AT - dt.timedelta(days=100)).tsa()
    foreign = LocalTsa(other.key, other.certificate, other.chain, serials=iter(range(1, 9)).__next__)
    plain = sealed()
    pdf = stamp_seal(plain, foreign.token(stamp_digest_of(plain), LATER))
    report = verify_pdf(pdf, trust=world().pki.trust(at=NOW), now=NOW)
    assert report.verdict is Verdict.UNCERTAIN
    assert "SIGN-542" in codes(report)
    assert report.signatures[0].best_time is None


def test_a_broken_stamp_is_refused() -> None:
    plain = sealed()
    good = token(stamp_digest_of(plain), LATER)
    broken = good[:-1] + bytes((good[-1] ^ 1,))
    report = verify_pdf(stamp_seal(plain, broken), trust=world().pki.trust(at=NOW), now=NOW)
    assert report.verdict is Verdict.INVALID
    assert "SIGN-541" in codes(report)
