"""Detached signatures over checkpoints: the same care as for seals."""

from __future__ import annotations

import datetime as dt

from khue.signing import cms
from khue.signing.cades import merged, verify_cms
from khue.signing.report import Sub, Verdict
from khue.signing.tests.seals import AT, LATER, MST, FakeTrust, codes, evidence, token, world
from khue.signing.trust.base import Evidence

NOTE = b"khue.example/nhat-ky\n42\n"
NOW = AT + dt.timedelta(days=30)


def signature(*, stamped: bool = False) -> bytes:
    school = world().school
    plain = cms.sign_cms(school.key, NOTE, school.certificate, school.chain, signing_time=AT)
    return cms.add_token(plain, token(cms.cms_stamp_digest(plain), LATER)) if stamped else plain


def test_a_signature_over_a_checkpoint_is_valid() -> None:
    trust = world().pki.trust(at=NOW)
    report = verify_cms(signature(stamped=True), NOTE, trust=trust, now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.kind == "cms"
    (one,) = report.signatures
    assert one.identifiers == (MST,)
    assert (one.claimed_time, one.best_time, one.level) == (AT, LATER, "T")
    assert verify_cms(signature(), NOTE, trust=trust, now=NOW).signatures[0].level == "B"


def test_another_content_a_broken_value_and_rubbish() -> None:
    trust = FakeTrust()
    good = signature()
    other = verify_cms(good, NOTE + b".", trust=trust, now=NOW)
    assert (other.verdict, other.sub) == (Verdict.INVALID, Sub.HASH_FAILURE)
    broken = verify_cms(good[:-1] + bytes((good[-1] ^ 1,)), NOTE, trust=trust, now=NOW)
    assert (broken.verdict, broken.sub) == (Verdict.INVALID, Sub.SIG_CRYPTO_FAILURE)
    rubbish = verify_cms(b"-----BEGIN CMS-----", NOTE, trust=trust, now=NOW)
    assert (rubbish.verdict, rubbish.sub) == (Verdict.INVALID, Sub.FORMAT_FAILURE)
    assert rubbish.signatures == ()


def test_without_trust_it_is_not_certain() -> None:
    report = verify_cms(signature(), NOTE, trust=None, now=NOW)
    assert report.verdict is Verdict.UNCERTAIN
    assert codes(report) == {"SIGN-540"}


def test_a_stamp_from_before_the_claimed_time_is_refused() -> None:
    plain = signature()
    early = cms.add_token(plain, token(cms.cms_stamp_digest(plain), AT - dt.timedelta(hours=1)))
    report = verify_cms(early, NOTE, trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {"SIGN-543"}


def test_evidence_of_several_places_is_one() -> None:
    one = evidence()
    more = Evidence(crls=(b"x", one.crls[0]))
    assert merged(None) == Evidence()
    assert merged(one, more, None).crls == (*one.crls, b"x")
    assert merged(one, one) == one
