"""Making seals: two steps, the same bytes each time, what is refused, what is added later."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid, Refused
from khue.signing import cms
from khue.signing.algorithms import Algorithm
from khue.signing.pades.layout import read_layout
from khue.signing.pades.long_term import add_long_term, read_evidence
from khue.signing.pades.place import place
from khue.signing.pades.seal import (
    SealToBeSigned,
    complete_seal,
    digest_of_file,
    prepare_seal,
    reason_of,
    rendition_of,
    stamp_digest_of,
    stamp_seal,
)
from khue.signing.pades.update import embed
from khue.signing.pades.verify import verify_pdf
from khue.signing.report import Verdict
from khue.signing.tests.seals import (
    AT,
    CODE,
    DIGEST,
    LATER,
    SCHOOL,
    XML,
    FakeTrust,
    codes,
    evidence,
    paper,
    sealed,
    token,
    world,
)
from khue.signing.trust.base import Evidence

NOW = AT + dt.timedelta(days=30)


def prepared(pdf: bytes | None = None, **changed: object) -> SealToBeSigned:
    school = world().school
    facts: dict[str, object] = {
        "record_code": CODE, "record_digest": DIGEST, "school": SCHOOL, "at": AT,
        "certificate": school.certificate, "chain": school.chain,
    }  # fmt: skip
    return prepare_seal(pdf or paper(), **{**facts, **changed})


# --- two steps ----------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_bytes() -> None:
    one, two = prepared(), prepared()
    assert one == two
    raw = cms.raw_signature(world().school.key, one.digest, one.algorithm)
    assert complete_seal(one, raw) == complete_seal(two, raw)
    assert prepared(at=AT + dt.timedelta(seconds=1)).digest != one.digest
    assert prepared(record_code="K").placed.pdf[-80:] != one.placed.pdf[-80:]  # the file's second identifier


def test_the_paper_stands_unchanged_in_front_of_the_seal() -> None:
    assert sealed().startswith(paper())
    start, end = read_layout(sealed()).seal.start, read_layout(sealed()).seal.end
    tbs = prepared()
    assert tbs.placed.byte_range[:3] == (0, start, end)
    before, after = tbs.placed.pdf[:start], tbs.placed.pdf[end:]
    assert tbs.placed.digest == hashlib.sha256(before + after).digest()


def test_a_value_over_something_else_is_refused() -> None:
    tbs, other = prepared(), prepared(record_code="K")
    swapped = cms.raw_signature(world().school.key, other.digest, other.algorithm)
    with pytest.raises(Refused, match="SIGN-500"):
        complete_seal(tbs, swapped)


def test_a_persons_certificate_is_refused() -> None:
    hoa = world().person
    with pytest.raises(Refused, match="SIGN-513"):
        prepared(certificate=hoa.certificate, chain=hoa.chain)


def test_a_stamp_may_come_with_the_seal_or_hours_later() -> None:
    tbs = prepared()
    raw = cms.raw_signature(world().school.key, tbs.digest, tbs.algorithm)
    plain = complete_seal(tbs, raw)
    assert stamp_digest_of(plain) == tbs.stamp_digest(raw)
    stamp = token(stamp_digest_of(plain), LATER)
    assert stamp_seal(plain, stamp) == complete_seal(tbs, raw, stamp)
    longer = add_long_term(plain, evidence())
    report = verify_pdf(stamp_seal(longer, stamp), trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.signatures[0].best_time == LATER


def test_after_a_stamp_over_the_document_it_is_too_late_for_one_in_the_seal() -> None:
    pdf = add_long_term(sealed(), evidence(), stamp=lambda digest: token(digest, LATER))
    with pytest.raises(Invalid, match="SIGN-514"):
        stamp_seal(pdf, token(stamp_digest_of(pdf), LATER))


def test_a_spot_to_click_on() -> None:
    tbs = prepared(rectangle=(400, 30, 560, 90), location="Hà Nội")
    pdf = complete_seal(tbs, cms.raw_signature(world().school.key, tbs.digest, tbs.algorithm))
    report = verify_pdf(pdf, trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.facts["location"] == "Hà Nội"
    assert b"/Rect[400 30 560 90]" in pdf


def test_the_path_of_sealing_loads_neither_asn1crypto_nor_pyhanko() -> None:
    """They once took seconds for one value in five (signing.md 3.4), and hang on one person."""
    code = (
        "import sys, khue.signing.pades.seal, khue.signing.pades.long_term, khue.signing.qr\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'pyhanko', 'asn1crypto', 'lxml'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- what the seal says -------------------------------------------------------------------------

codes_of_records = st.from_regex(r"[^\s;]{1,64}", fullmatch=True)


@given(codes_of_records, st.binary(min_size=32, max_size=32))
@settings(max_examples=200, deadline=None)
def test_what_the_seal_says_is_read_back(code: str, digest: bytes) -> None:
    assert rendition_of(reason_of(code, digest.hex())) == (code, digest.hex())


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_other_words_name_no_record(text: str) -> None:
    assert rendition_of(text) is None
    assert rendition_of(reason_of(CODE, DIGEST) + text) is None or text == ""


@pytest.mark.parametrize(
    ("code", "digest"),
    [("", DIGEST), ("K 5", DIGEST), ("K;5", DIGEST), ("K" * 65, DIGEST), (CODE, DIGEST[1:]),
     (CODE, DIGEST.upper()), (CODE, "")],
)  # fmt: skip
def test_codes_and_digests_of_another_form_are_refused(code: str, digest: str) -> None:
    with pytest.raises(Invalid, match="SIGN-512"):
        reason_of(code, digest)


def test_the_report_names_the_record_whose_file_this_is() -> None:
    report = verify_pdf(sealed(), trust=FakeTrust(), now=NOW)
    assert report.facts["record_digest"] == digest_of_file(XML)
    assert report.facts["reason"].startswith(f"Bản thể hiện đúng của hồ sơ số {CODE}; SHA-256")


# --- places -------------------------------------------------------------------------------------


def placed_text(pdf: bytes) -> bytes:
    return place(pdf, reason="x", location="", name="y", at=AT).pdf


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"%PDF-1.7", b"%PDF-1.3"),
        (b"xref\n0 ", b"xref\n1 "),
        (b"/Root ", b"/Encrypt 1 0 R/Root "),
        (b"/Root ", b"/XRefStm 12/Root "),
        (b"/Root ", b"/Prev 15/Root "),
        (b"/Root ", b"/Boot "),
        (b"/Type/Catalog", b"/Type/Catalog/AcroForm<<>>"),
        (b"/Type/Catalog", b"/Type/Catalog/OpenAction[]"),
        (b"/ID[", b"/IE["),
        (b"startxref\n", b"startxref\n9"),
        (b"%%EOF", b"%%EOF more"),
    ],
)
def test_papers_of_others_are_refused(old: bytes, new: bytes) -> None:
    pdf = paper()
    assert old in pdf
    with pytest.raises(Invalid, match="SIGN-510"):
        placed_text(_replaced(pdf, old, new))


def _replaced(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """The last occurrence replaced, and offsets of the table behind it kept right."""
    at = pdf.rindex(old)
    changed = pdf[:at] + new + pdf[at + len(old) :]
    table = int(re.findall(rb"startxref\n(\d+)", pdf)[-1])
    if at >= table or b"startxref" in old:
        return changed
    moved = b"startxref\n%d\n" % (table + len(new) - len(old))
    return re.sub(rb"startxref\n\d+\n", moved, changed)


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7\n", b"%PDF-1.7\nstartxref\n5\n%%EOF", bytes(100)])
def test_what_is_no_paper_is_refused(pdf: bytes) -> None:
    with pytest.raises(Invalid, match="SIGN-510"):
        placed_text(pdf)


def test_a_sealed_paper_is_not_sealed_again() -> None:
    with pytest.raises(Invalid, match="SIGN-510"):
        prepared(sealed())


def test_a_cms_too_long_for_its_place_is_refused() -> None:
    placed = place(paper(), reason="x", location="", name="y", at=AT, reserve=100)
    assert read_back(embed(placed, bytes(range(100)))) == bytes(range(100))
    with pytest.raises(Invalid, match="SIGN-511"):
        embed(placed, bytes(101))


def read_back(pdf: bytes) -> bytes:
    found = re.search(rb"/Contents<([0-9a-f]+)>", pdf)
    assert found
    return bytes.fromhex(found[1].decode())


def test_links_on_page_one_are_kept() -> None:
    before = re.search(rb"/Annots\[([^\]]*)\]", paper())
    assert before
    after = re.findall(rb"/Annots\[([^\]]*)\]", placed_text(paper()))[-1]
    assert after.endswith(before[1])
    assert after.count(b" 0 R") == before[1].count(b" 0 R") + 1


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_the_digest_is_in_the_hash_of_the_algorithm(digest: str) -> None:
    placed = place(paper(), reason="x", location="", name="y", at=AT, digest=digest)
    _, start, end, _ = placed.byte_range
    assert placed.digest == hashlib.new(digest, placed.pdf[:start] + placed.pdf[end:]).digest()


# --- long-term data -----------------------------------------------------------------------------


def test_long_term_data_are_read_back_and_added_to() -> None:
    pdf = sealed(stamped=LATER)
    first = add_long_term(pdf, evidence())
    assert first.startswith(pdf)
    assert read_evidence(read_layout(first).document) == evidence()
    assert add_long_term(first, evidence()) == first  # nothing new, nothing written
    newer = Evidence(crls=(world().pki.crl(NOW),))
    second = add_long_term(first, newer, stamp=lambda digest: token(digest, NOW))
    found = read_evidence(read_layout(second).document)
    assert found.certificates == evidence().certificates
    assert found.crls == (*evidence().crls, *newer.crls)
    third = add_long_term(second, Evidence(), stamp=lambda digest: token(digest, NOW))
    assert len(read_layout(third).gaps) == 3
    report = verify_pdf(third, trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)
    assert report.signatures[0].level == "LTA"
    assert report.signatures[0].best_time == LATER


def test_adding_the_same_data_gives_the_same_bytes() -> None:
    pdf, data = sealed(), evidence()
    assert add_long_term(pdf, data) == add_long_term(pdf, data)


def test_an_unsealed_paper_gets_no_long_term_data() -> None:
    with pytest.raises(Invalid, match="SIGN-522"):
        add_long_term(paper(), evidence())


def test_another_algorithm_of_the_same_key() -> None:
    school = world().rsa_school
    tbs = prepared(certificate=school.certificate, chain=school.chain, algorithm=Algorithm.RSA_SHA512)
    pdf = complete_seal(tbs, cms.raw_signature(school.key, tbs.digest, tbs.algorithm))
    assert verify_pdf(pdf, trust=FakeTrust(), now=NOW).verdict is Verdict.VALID
