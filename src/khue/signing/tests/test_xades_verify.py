"""Verdicts: who signed, when, in which role, and whether anybody vouches for it."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.signing.canonical import element, escape_text
from khue.signing.demo.pki import DemoPki
from khue.signing.profile import record_types
from khue.signing.report import EXIT_CODES, Finding, Indication, Sub, Verdict
from khue.signing.tbs import SlotRef
from khue.signing.tests.xades_world import (
    CODE,
    DAY,
    DUNG,
    HOA,
    HOMEROOM,
    HOUR,
    LAN,
    MINH,
    MINUTE,
    MST,
    NOW,
    ORDER,
    PRINCIPAL,
    SCHOOL,
    SEAL,
    SIGNED_AT,
    TEACHER_1,
    complete_record,
    evidence,
    head,
    pair_of,
    pki,
    prepared,
    raw_value,
    record,
    report_on,
    rsa_pair,
    signed,
    small,
    stamped,
    summary,
    tsa,
    unsigned,
    year_record,
)
from khue.signing.trust.base import PathFact, TokenFact
from khue.signing.trust.certificates import identity_of
from khue.signing.tsa.local import LocalTsa
from khue.signing.xades.augment import replace_signature, stamp_digest, with_timestamp
from khue.signing.xades.binding import misfit_of
from khue.signing.xades.complete import add, complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import Signer, assemble, build_section


def test_a_complete_record_is_valid():
    report = report_on(complete_record())
    assert (report.verdict, report.exit_code, report.findings, report.missing) == (Verdict.VALID, 0, (), ())
    assert report.text == "Hợp lệ: nội dung nguyên vẹn, đủ 6 chữ ký đúng người, đúng thứ tự."
    assert (report.record_type, report.record_code) == ("gradebook-term", CODE)
    assert report.facts == {"class": "6A1", "year": "2026-2027", "school": SCHOOL, "schoolIdentifier": MST}
    assert report.content.startswith(b'<kr:Content xmlns:kr="urn:khue:record:1" Id="content"')
    first = report.signatures[0]
    assert (first.signature_id, first.role, first.role_name) == (
        "sig-teacher-s01-1", "teacher", "Giáo viên bộ môn",
    )  # fmt: skip
    assert (first.section, first.signer, first.identifiers) == ("s01", HOA.name, (HOA.identifier,))
    assert (first.level, first.claimed_time, first.best_time) == ("B", SIGNED_AT, None)
    assert (first.algorithm, first.anchor_set) == ("ecdsa-p256-sha256", "TEST")
    assert all((first.intact, first.valid, first.trusted, first.position_ok, first.role_ok))
    assert report.as_json()["signatures"][5]["indication"] == "TOTAL_PASSED"


def test_without_trust_nothing_is_certain():
    report = report_on(complete_record(), trust=None)
    assert (report.verdict, report.exit_code) == (Verdict.UNCERTAIN, EXIT_CODES[Verdict.UNCERTAIN])
    assert all(one.trusted is None and one.intact and one.valid for one in report.signatures)
    assert {one.sub for one in report.signatures} == {Sub.NO_CERTIFICATE_CHAIN_FOUND}
    assert report.content


def test_a_foreign_pki_is_not_trusted():
    other = DemoPki.create(NOW - 90 * DAY).trust(at=NOW)
    report = report_on(complete_record(), trust=other)
    assert report.verdict is Verdict.UNCERTAIN
    assert all(one.trusted is False for one in report.signatures)


def test_a_record_so_far():
    for count in range(1, 7):
        partial = replace(complete_record(), signatures=complete_record().signatures[:count])
        report = report_on(partial, complete=False)
        assert report.verdict is Verdict.VALID
        assert bool(report.content) == (count > 4)  # the principal is the first who signs all of it
        assert bool(report.facts) == (count > 4)
        assert len(report.missing) == 6 - count
    report = report_on(unsigned(complete_record()), complete=False)
    assert (report.verdict, report.findings[0].code) == (Verdict.UNCERTAIN, "SIGN-174")
    assert (report.content, report.record_code) == (b"", "")


def test_sheets_are_signed_and_verified_before_the_summary_exists():
    early = replace(record(), sections=record().sections[:2])
    early = signed(early, *ORDER[:3])
    report = report_on(early, complete=False)
    assert (report.verdict, len(report.signatures)) == (Verdict.VALID, 3)
    assert (report.content, report.facts) == (b"", {})
    report = report_on(early)
    assert (report.verdict, report.findings[0].code) == (Verdict.INVALID, "SIGN-119")
    with pytest.raises(Invalid, match="SIGN-119"):
        signed(early, PRINCIPAL)
    lax = record_types()["gradebook-term"]
    types = {lax.code: replace(lax, sections=(("sheet", 1, 40), ("summary", 0, 1)))}
    report = report_on(signed(early, PRINCIPAL, types=types), complete=False)
    assert (report.verdict, report.sub) == (Verdict.INVALID, Sub.FORMAT_FAILURE)


def test_the_second_role_is_told():
    tbs = prepared(year_record(), HOMEROOM, claimed_role="Tổ trưởng & thư kí")
    one = add(year_record(), complete(year_record(), tbs, raw_value(pair_of(HOMEROOM).key, tbs)))
    assert last(one).capacity == "Tổ trưởng & thư kí"
    assert last(signed(year_record(), HOMEROOM)).capacity == ""


def test_a_missing_co_teacher_is_missed():
    report = report_on(signed(record(), TEACHER_1))
    assert (report.verdict, report.sub) == (Verdict.INVALID, Sub.ROLE_MISSING)
    assert report.missing[0] == "Giáo viên bộ môn (s01, 2)"
    assert "Giáo viên bộ môn (s01, 2)" in report.text


def other_key(slot, pair, target=None):
    """The record of a year in which another key signed in a slot.

    It is signed by a table of types that lets anybody sign, and verified by ours.
    """
    before = (HOMEROOM, PRINCIPAL, SEAL)[: (HOMEROOM, PRINCIPAL, SEAL).index(slot)]
    target = target or signed(year_record(), *before)
    signer = "school" if identity_of(pair.certificate).organization else "person"
    kind = record_types()[target.type]
    slots = tuple(replace(one, signer=signer, bound="office") for one in kind.slots)
    types = {kind.code: replace(kind, slots=slots)}
    tbs = prepare(
        target, slot, pair.certificate, pair.chain, signing_time=SIGNED_AT, tbs_id="1" * 32, types=types
    )
    return add(target, complete(target, tbs, raw_value(pair.key, tbs), types=types), types)


def last(target, **facts):
    return report_on(target, complete=False, **facts).signatures[-1]


def test_the_wrong_person_is_refused():
    for pair in (
        pki().person("Nguyễn Văn Lạ", "CCCD:001099000777"),
        pki().person(DUNG.name, "CCCD:001099000777"),
        pki().person(DUNG.name, "CMND:001099000"),
    ):
        found = last(other_key(HOMEROOM, pair))
        assert (found.indication, found.sub, found.role_ok) == (Indication.FAILED, Sub.SIGNER_MISMATCH, False)
        assert (found.intact, found.valid, found.trusted) == (True, True, True)
        assert found.findings[0].code == "SIGN-163"
        assert "CCCD" not in found.findings[0].text


def test_the_number_decides_whatever_the_name():
    married = pki().person("Nông Văn Dũng (Tày)", DUNG.identifier)
    assert last(other_key(HOMEROOM, married)).indication is Indication.PASSED


def test_the_wrong_kind_of_holder_is_refused():
    school, person = pair_of(SEAL), pair_of(PRINCIPAL)
    assert last(other_key(HOMEROOM, school)).findings[0].code == "SIGN-161"
    assert last(other_key(PRINCIPAL, school)).findings[0].code == "SIGN-161"
    assert last(other_key(SEAL, person)).findings[0].code == "SIGN-162"


def test_the_wrong_school_is_refused():
    found = last(other_key(SEAL, pki().school(SCHOOL, "MST:0107654321")))
    assert (found.indication, found.sub) == (Indication.FAILED, Sub.SIGNER_MISMATCH)
    assert last(other_key(SEAL, pki().school("Trường khác", MST))).indication is Indication.PASSED


def test_where_only_the_name_is_known_it_stays_uncertain():
    no_number = replace(
        year_record(), head_text=head(identifier=""), sections=(summary("s03", replace(DUNG, identifier="")),)
    )
    report = report_on(signed(no_number, HOMEROOM, PRINCIPAL, SEAL))
    assert report.verdict is Verdict.UNCERTAIN
    subs = [(one.indication, one.sub) for one in report.signatures]
    doubt = (Indication.INDETERMINATE, Sub.SIGNER_MISMATCH)
    assert subs == [doubt, (Indication.PASSED, Sub.NONE), doubt]
    assert report.content
    other = replace(no_number, sections=(summary("s03", Signer("", "Nông Văn Dung", 1, "homeroom")),))
    assert last(other_key(HOMEROOM, pair_of(HOMEROOM), other)).indication is Indication.FAILED


def test_names_are_compared_exactly_but_for_the_form_of_unicode():
    slot = record_types()["gradebook-term"].slot("teacher")
    identity = identity_of(pair_of(TEACHER_1).certificate)
    decomposed = Signer("", "Nguye\u0302\u0303n Thi\u0323 Hoa", 1, "teacher")
    found = misfit_of(slot, identity, signer=decomposed, head={})
    assert found is not None
    assert not found.certain
    for name in ("nguyễn thị hoa", "Nguyễn Thị  Hoa", "Nguyễn Thị Hòa", ""):
        found = misfit_of(slot, identity, signer=Signer("", name, 1, "teacher"), head={})
        assert found is not None
        assert found.certain
    assert misfit_of(slot, identity, signer=None, head={}).certain


def test_any_person_may_hold_the_office_and_the_seal_vouches():
    deputy = pki().person("Lê Văn Phó", "CCCD:001099000888")
    sealed = signed(other_key(PRINCIPAL, deputy), SEAL)
    assert report_on(sealed).verdict is Verdict.VALID
    assert report_on(sealed).signatures[1].signer == "Lê Văn Phó"
    assert MINH.name != "Lê Văn Phó"


def test_a_certificate_for_another_purpose_is_not_trusted():
    common = x509.Name([x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, DUNG.identifier),
                        x509.NameAttribute(x509.NameOID.COMMON_NAME, DUNG.name)])  # fmt: skip
    usage = x509.KeyUsage(False, False, True, False, False, False, False, False, False)
    pair = pki().issue(common, (usage, True))
    found = last(other_key(HOMEROOM, pair))
    assert (found.indication, found.sub) == (Indication.INDETERMINATE, Sub.CHAIN_CONSTRAINTS_FAILURE)
    assert report_on(other_key(HOMEROOM, pair), complete=False).verdict is Verdict.UNCERTAIN


def with_stamps(target, at):
    return stamped(target, [one.slot for one in target.signatures], at)


def test_an_expired_certificate_needs_a_time_stamp():
    pair = pki().person(DUNG.name, DUNG.identifier, SIGNED_AT - DAY, SIGNED_AT + HOUR)
    plain = other_key(HOMEROOM, pair)
    found = last(plain)
    assert (found.indication, found.sub) == (Indication.INDETERMINATE, Sub.OUT_OF_BOUNDS_NO_POE)
    kept = evidence(SIGNED_AT + 30 * MINUTE)  # a list from before it expired
    assert last(plain, evidence=kept).sub is Sub.OUT_OF_BOUNDS_NOT_REVOKED
    found = last(with_stamps(plain, SIGNED_AT + MINUTE), evidence=kept)
    assert (found.indication, found.best_time) == (Indication.PASSED, SIGNED_AT + MINUTE)
    found = last(with_stamps(plain, SIGNED_AT + 2 * HOUR), evidence=kept)
    assert (found.indication, found.sub) == (Indication.INDETERMINATE, Sub.OUT_OF_BOUNDS_NO_POE)


@pytest.fixture
def revoked():
    """A key that was revoked an hour after it signed, and a trust that knows."""
    pair = pki().person(DUNG.name, DUNG.identifier)
    pki().revoke(pair.certificate, SIGNED_AT + HOUR)
    yield pair, pki().trust(at=NOW)
    pki().authority().revoked.clear()


def test_a_revoked_certificate_needs_a_time_stamp_from_before(revoked):
    pair, store = revoked
    plain = other_key(HOMEROOM, pair)
    found = last(plain, trust=store)
    assert (found.indication, found.sub) == (Indication.INDETERMINATE, Sub.REVOKED_NO_POE)
    assert found.revocation.state == "revoked"
    assert last(with_stamps(plain, SIGNED_AT + MINUTE), trust=store).indication is Indication.PASSED
    found = last(with_stamps(plain, SIGNED_AT + 2 * HOUR), trust=store)
    assert (found.indication, found.sub, found.trusted) == (
        Indication.INDETERMINATE, Sub.REVOKED_NO_POE, False,
    )  # fmt: skip


def test_one_stamp_on_the_seal_dates_all_signatures(revoked):
    pair, store = revoked
    whole = signed(other_key(HOMEROOM, pair), PRINCIPAL, SEAL)
    assert report_on(whole, trust=store).verdict is Verdict.UNCERTAIN
    report = report_on(stamped(whole, [SEAL]), trust=store)
    assert report.verdict is Verdict.VALID
    assert [one.best_time for one in report.signatures] == [SIGNED_AT + MINUTE] * 3
    assert [one.level for one in report.signatures] == ["B", "B", "T"]
    report = report_on(stamped(whole, [HOMEROOM]), trust=store)
    assert [one.best_time for one in report.signatures] == [SIGNED_AT + MINUTE, None, None]


def test_signers_of_one_step_date_nobody_else():
    report = report_on(stamped(complete_record(), [TEACHER_1]))
    assert [one.best_time is not None for one in report.signatures] == [True] + [False] * 5


def test_a_stamp_under_a_later_signature_that_is_not_trusted_proves_nothing():
    stranger = DemoPki.create(NOW - 90 * DAY).school(SCHOOL, MST)
    sealed = stamped(other_key(SEAL, stranger), [SEAL])
    report = report_on(sealed)
    assert [one.best_time is not None for one in report.signatures] == [False, False, True]


def test_the_log_can_prove_when_the_whole_file_existed(revoked):
    pair, store = revoked
    whole = signed(other_key(HOMEROOM, pair), PRINCIPAL, SEAL)
    report = report_on(whole, trust=store, proved_at=SIGNED_AT + 30 * MINUTE)
    assert report.verdict is Verdict.VALID
    assert {one.best_time for one in report.signatures} == {SIGNED_AT + 30 * MINUTE}
    late = report_on(whole, trust=store, proved_at=SIGNED_AT + 2 * HOUR)
    assert late.verdict is Verdict.UNCERTAIN
    both = report_on(stamped(whole, [SEAL]), trust=store, proved_at=SIGNED_AT + 30 * MINUTE)
    assert {one.best_time for one in both.signatures} == {SIGNED_AT + MINUTE}


def test_a_stamp_before_the_claimed_time_is_refused():
    whole = small()
    assert report_on(stamped(whole, [SEAL], SIGNED_AT - 5 * MINUTE)).verdict is Verdict.VALID
    report = report_on(stamped(whole, [SEAL], SIGNED_AT - 6 * MINUTE))
    assert report.verdict is Verdict.INVALID
    assert {one.sub for one in report.signatures} == {Sub.TIMESTAMP_ORDER_FAILURE}
    wide = report_on(stamped(whole, [SEAL], SIGNED_AT - 6 * MINUTE), tolerance=10 * MINUTE)
    assert wide.verdict is Verdict.VALID


def test_a_claim_from_the_future_is_doubted():
    report = report_on(small(), now=SIGNED_AT - HOUR)
    assert report.verdict is Verdict.UNCERTAIN
    assert "SIGN-167" in [found.code for found in report.signatures[0].findings]


def stamp_with(target, slot, token):
    one = next(one for one in target.signatures if one.slot == slot)
    return replace_signature(target, with_timestamp(one, token))


def test_a_stamp_over_something_else_is_refused():
    one, other = small().signatures[0], small().signatures[1]
    for digest in (stamp_digest(other), bytes(32)):
        report = report_on(stamp_with(small(), one.slot, tsa().token(digest, SIGNED_AT + MINUTE)))
        assert (report.verdict, report.signatures[0].indication) == (Verdict.INVALID, Indication.FAILED)
        assert report.signatures[0].findings[0].code == "SIGN-168"
        assert report.signatures[0].best_time is None
    report = report_on(stamp_with(small(), one.slot, b"\x30\x03\x02\x01\x01"))
    assert report.verdict is Verdict.INVALID


def test_a_stamp_of_a_stranger_proves_nothing():
    pair = DemoPki.create(NOW - 90 * DAY).tsa()
    stranger = LocalTsa(pair.key, pair.certificate, pair.chain, serials=lambda: 1)
    token = stranger.token(stamp_digest(small().signatures[0]), SIGNED_AT + MINUTE)
    report = report_on(stamp_with(small(), HOMEROOM, token))
    assert report.verdict is Verdict.UNCERTAIN
    assert report.signatures[0].indication is Indication.INDETERMINATE
    assert report.signatures[0].best_time is None
    assert "SIGN-169" in [found.code for found in report.signatures[0].findings]


def test_rsa_2048_ends_with_2028_unless_it_is_stamped():
    key, certificate = rsa_pair(DUNG.name, DUNG.identifier)
    plain = signed(year_record(), HOMEROOM, keys={HOMEROOM: (key, certificate)})
    later = dt.datetime(2029, 1, 2, tzinfo=dt.UTC)
    assert report_on(plain, complete=False).verdict is Verdict.VALID
    found = last(plain, now=later)
    assert "SIGN-170" in [one.code for one in found.findings]
    assert found.indication is Indication.INDETERMINATE
    found = last(stamped(plain, [HOMEROOM]), now=later)
    assert "SIGN-170" not in [one.code for one in found.findings]


class Saying:
    """A trust that says what a test wants."""

    def __init__(self, fact=None, token=None):
        self.fact, self.token, self.asked = fact, token, []

    def judge(self, leaf, chain, *, at, proved, purpose=None, evidence=None):
        self.asked.append((at, proved, evidence))
        if isinstance(self.fact, Exception):
            raise self.fact
        return self.fact

    def judge_token(self, token, value_digest, *, evidence=None):
        if isinstance(self.token, Exception):
            raise self.token
        return self.token


GOOD = PathFact(True, Indication.PASSED)


@pytest.mark.parametrize(
    ("fact", "verdict"),
    [
        (GOOD, Verdict.VALID),
        (PathFact(None, Indication.PASSED), Verdict.UNCERTAIN),
        (PathFact(False, Indication.PASSED), Verdict.UNCERTAIN),
        (PathFact(False, Indication.INDETERMINATE, Sub.TRY_LATER), Verdict.UNCERTAIN),
        (PathFact(False, Indication.FAILED, Sub.REVOKED), Verdict.INVALID),
        (PathFact(True, Indication.FAILED), Verdict.INVALID),
        (Invalid("SIGN-200"), Verdict.UNCERTAIN),
    ],
)
def test_trust_has_its_say(fact, verdict):
    assert report_on(small(), trust=Saying(fact)).verdict is verdict


def test_certificates_are_judged_at_the_best_time():
    saying = Saying(GOOD, TokenFact(True, SIGNED_AT + MINUTE, True, "TSA"))
    report_on(stamped(small(), [SEAL]), trust=saying)
    assert saying.asked == [(SIGNED_AT + MINUTE, True, None)] * 3
    saying = Saying(GOOD)
    report_on(small(), trust=saying)
    assert saying.asked == [(NOW, False, None)] * 3


@pytest.mark.parametrize(
    ("token", "indication"),
    [
        (TokenFact(True, SIGNED_AT, True), Indication.PASSED),
        (TokenFact(True, SIGNED_AT, None), Indication.INDETERMINATE),
        (TokenFact(True, None, True), Indication.PASSED),
        (TokenFact(False, SIGNED_AT, True), Indication.FAILED),
        (Invalid("SIGN-260"), Indication.FAILED),
    ],
)
def test_tokens_are_weighed(token, indication):
    report = report_on(stamped(small(), [SEAL]), trust=Saying(GOOD, token))
    assert report.signatures[-1].indication is indication


def test_the_first_of_the_worst_findings_comes_first():
    report = report_on(small(), trust=Saying(PathFact(False, Indication.FAILED, Sub.REVOKED, findings=(
        Finding("SIGN-211", {"name": "A", "date": "B"}),))), now=SIGNED_AT - HOUR)  # fmt: skip
    found = report.signatures[0]
    assert (found.sub, [one.code for one in found.findings]) == (Sub.REVOKED, ["SIGN-211", "SIGN-167"])


def test_an_unknown_table_of_types_makes_a_record_invalid():
    report = report_on(small(), types={})
    assert (report.verdict, report.findings[0].code) == (Verdict.INVALID, "SIGN-117")


WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(WORDS, WORDS), max_size=3),
    st.lists(st.integers(1, 2), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["class", "year", "a", "B"]), WORDS, max_size=3),
)
def test_any_content_signs_and_verifies(rows, teachers, attributes):
    pupils = [element("Pupil", {"name": name}, escape_text(text)) for name, text in rows]
    sections = [
        build_section(f"t{number}", "sheet", CODE, [HOA, LAN][:count], attributes, *pupils)
        for number, count in enumerate(teachers)
    ]
    target = replace(record(), sections=(*sections, summary()))
    pairs = {1: pair_of(TEACHER_1), 2: pair_of(ORDER[1])}
    for number, count in enumerate(teachers):
        for who in range(1, count + 1):
            target = _signed_by(target, SlotRef(TEACHER_1.role, f"t{number}", who), pairs[who])
    target = signed(target, HOMEROOM, PRINCIPAL, SEAL)
    report = report_on(target)
    assert report.verdict is Verdict.VALID
    assert report.content.decode().count("<kr:Pupil") == len(rows) * len(teachers)
    assert report_on(assemble(target)[:-1]).verdict is Verdict.INVALID


def _signed_by(target, slot, pair):
    tbs = prepare(target, slot, pair.certificate, pair.chain, signing_time=SIGNED_AT, tbs_id="2" * 32)
    return add(target, complete(target, tbs, raw_value(pair.key, tbs)))
