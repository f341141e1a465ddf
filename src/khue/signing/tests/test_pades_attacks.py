"""Forged papers: every one is refused, none raises (signing.md 4)."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from khue.signing import cms
from khue.signing.algorithms import Algorithm
from khue.signing.pades.layout import LARGEST
from khue.signing.pades.long_term import add_long_term
from khue.signing.pades.objects import Document
from khue.signing.pades.place import place
from khue.signing.pades.seal import reason_of
from khue.signing.pades.update import Placed, Update, embed
from khue.signing.pades.verify import verify_pdf
from khue.signing.report import Report, Verdict
from khue.signing.tests.seals import (
    AT,
    CODE,
    DIGEST,
    LATER,
    SCHOOL,
    FakeTrust,
    Pair,
    codes,
    evidence,
    paper,
    sealed,
    token,
    world,
)

NOW = AT + dt.timedelta(days=30)
RANGE = re.compile(rb"/ByteRange\[0 +(\d+) +(\d+) +(\d+)\]")
Name = generic.NameObject


def check(pdf: bytes) -> Report:
    return verify_pdf(pdf, trust=FakeTrust(), now=NOW)


def refused(pdf: bytes, *expected: str) -> None:
    report = check(pdf)
    assert report.verdict is Verdict.INVALID
    assert set(expected) <= codes(report), codes(report)
    assert report.content == b""
    assert report.text.startswith("Không hợp lệ. ")


def numbers(pdf: bytes) -> tuple[int, int, int]:
    found = RANGE.search(pdf)
    assert found
    return int(found[1]), int(found[2]), int(found[3])


def resigned(pdf: bytes, by: Pair | None = None) -> bytes:
    """A paper whose byte range was changed, signed anew: only the school itself could do this."""
    start, end, length = numbers(pdf)
    signer = by or world().school
    digest = cms.digest_of(Algorithm.ECDSA_P256_SHA256, pdf[:start] + pdf[end : end + length])
    to_sign = cms.prepare_cms(digest, signer.certificate, signer.chain, algorithm=Algorithm.ECDSA_P256_SHA256)
    value = cms.raw_signature(signer.key, to_sign.digest, to_sign.algorithm)
    return embed(Placed(pdf, (0, start, end, length), digest), cms.complete_cms(to_sign, value))


def ranged(pdf: bytes, text: bytes) -> bytes:
    old = RANGE.search(pdf)
    assert old
    return pdf.replace(old[0], text.ljust(len(old[0])) if len(text) < len(old[0]) else text)


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """An incremental update by pyHanko, without the changes of title data that it makes by itself."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer._update_meta = lambda: None
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(pdf)
    assert len(out.getvalue()) > len(pdf)
    return out.getvalue()


def appended(pdf: bytes, *objects: tuple[int, bytes]) -> bytes:
    """An incremental update by hand: objects by number, new or in place of older ones."""
    update = Update(Document.read(pdf))
    update.next = max([update.next, *(number + 1 for number, _ in objects)])
    for number, text in objects:
        update.add(number, text)
    return update.finish()


# --- bytes after the seal -----------------------------------------------------------------------


@pytest.mark.parametrize("tail", [b"\n", b" ", b"%comment\n", b"garbage", b"\x00" * 100, b"%%EOF\n"])
def test_bytes_after_the_seal(tail: bytes) -> None:
    refused(sealed() + tail, "SIGN-524")


def test_a_copy_of_the_end_after_the_seal() -> None:
    pdf = sealed()
    end = pdf[pdf.rindex(b"xref\n", 0, pdf.rindex(b"startxref")) :]
    refused(pdf + end, "SIGN-524")


def test_an_object_outside_the_table_of_an_update() -> None:
    pdf = sealed()
    longer = add_long_term(pdf, evidence())
    hidden = b"999 0 obj\n<</Hidden true>>\nendobj\n"
    rest = longer[len(pdf) :].replace(b"startxref", b"startxref", 1)
    shifted = pdf + hidden + _moved(rest, len(hidden))
    assert check(longer).verdict is Verdict.VALID
    refused(shifted, "SIGN-524")


def _moved(update: bytes, by: int) -> bytes:
    """The bytes of an update for a place further behind."""
    lines = re.sub(rb"(\d{10}) 00000 n", lambda found: b"%010d 00000 n" % (int(found[1]) + by), update)
    return re.sub(rb"startxref\n(\d+)", lambda found: b"startxref\n%d" % (int(found[1]) + by), lines)


def test_a_removed_end() -> None:
    pdf = sealed()
    for cut in (1, 7, 300):
        assert check(pdf[:-cut]).verdict is Verdict.INVALID


# --- byte ranges --------------------------------------------------------------------------------


def test_gaps_overlaps_and_more_than_one_gap() -> None:
    pdf = sealed()
    start, end, length = numbers(pdf)
    bad = {
        "a hole before the contents": b"/ByteRange[0 %10d %10d %10d]" % (start - 40, end, length),
        "a hole after the contents": b"/ByteRange[0 %10d %10d %10d]" % (start, end + 1, length - 1),
        "contents covered in part": b"/ByteRange[0 %10d %10d %10d]" % (start + 10, end, length),
        "overlap": b"/ByteRange[0 %10d %10d %10d]" % (end, start, length),
        "not from the start": b"/ByteRange[9 %10d %10d %10d]" % (start - 9, end, length),
        "beyond the end": b"/ByteRange[0 %10d %10d %10d]" % (start, end, length + 1),
        "not to the end of a revision": b"/ByteRange[0 %10d %10d %10d]" % (start, end, length - 60),
        "nothing after": b"/ByteRange[0 %10d %10d %10d]" % (start, end, 0),
        "no gap": b"/ByteRange[0 %10d %10d %10d]" % (start, start, length),
        "negative": b"/ByteRange[0 %10d %10d %10d]" % (start, end, -length),
        "two numbers": b"/ByteRange[0 %10d]" % len(pdf),
        "two gaps": b"/ByteRange[0 9 19 %d %d %d]" % (start - 19, end, length),
        "empty": b"/ByteRange[]",
        "reference": b"/ByteRange[0 9 0 R 5 6]",
    }
    for text in bad.values():
        changed = ranged(pdf, text)
        assert changed != pdf
        report = check(changed)
        assert report.verdict is Verdict.INVALID
        assert codes(report) & {"SIGN-523", "SIGN-525"}, codes(report)


def test_a_second_byte_range_that_overlaps() -> None:
    start, end, length = numbers(sealed())
    again = b"<</ByteRange[0 %d %d %d]>>" % (start, end, length)
    refused(appended(sealed(), (90, again)), "SIGN-523")


def test_data_behind_the_cms_in_its_place() -> None:
    pdf = sealed()
    _, end, _ = numbers(pdf)
    refused(pdf[: end - 5] + b"beef" + pdf[end - 1 :], "SIGN-525")
    refused(pdf[: end - 5] + b"zzzz" + pdf[end - 1 :], "SIGN-525")
    refused(pdf[: end - 1] + b" " + pdf[end:], "SIGN-525")


def test_a_place_too_large_to_be_one() -> None:
    head = b"%PDF-1.7\n1 0 obj\n<</ByteRange[0 "
    inner, tail = b"3003020101" + b"00" * 70_000, b">>\nendobj\n%%EOF\n"
    start = len(head) + len(b"99 999999 17]/Contents")
    numbers = b"%d %d %d]/Contents" % (start, start + len(inner) + 2, len(tail))
    start = len(head) + len(numbers)
    numbers = b"%d %d %d]/Contents" % (start, start + len(inner) + 2, len(tail))
    refused(head + numbers + b"<" + inner + b">" + tail, "SIGN-525")


def test_updates_that_would_keep_a_parser_busy() -> None:
    pdf = sealed()
    refused(appended(pdf, (90, b"[%b]" % (b"0 " * 100_000))), "SIGN-524")
    refused(appended(pdf, *((number, b"null") for number in range(100, 2200))), "SIGN-524")


# --- changed bytes ------------------------------------------------------------------------------


def test_changed_bytes_over_the_whole_file() -> None:
    pdf = sealed(stamped=LATER)
    start, end, _ = numbers(pdf)
    filled = len(pdf[start:end].rstrip(b"0>")) + start
    step = 97
    for at in [*range(9, start, step), *range(start + 1, filled - 2, 5 * step), *range(end, len(pdf), 31)]:
        changed = pdf[:at] + bytes((pdf[at] ^ 1,)) + pdf[at + 1 :]
        report = check(changed)
        # a bit of an intermediate or of the stamp's own certificate does not touch the seal
        inside = start <= at < end
        assert report.verdict is not Verdict.VALID or (inside and report.signatures[0].valid), at


def test_each_byte_of_the_signature_dictionary() -> None:
    pdf = sealed()
    start, *_ = numbers(pdf)
    for at in range(pdf.rindex(b" 0 obj", 0, start), start):
        changed = pdf[:at] + bytes((pdf[at] ^ 0x20,)) + pdf[at + 1 :]
        assert check(changed).verdict is not Verdict.VALID, at


def test_a_foreign_value_under_the_schools_certificate() -> None:
    pdf = sealed()
    start, end, _ = numbers(pdf)
    other = sealed(code=CODE[::-1])
    assert numbers(other)[:2] == (start, end)
    refused(pdf[:start] + other[start:end] + pdf[end:], "SIGN-532")


# --- later changes ------------------------------------------------------------------------------


def page_of(pdf: bytes) -> int:
    found = re.search(rb"/Kids\[(\d+) 0 R", pdf)
    assert found
    return int(found[1])


def test_shadow_hide_by_replacing_an_object() -> None:
    pdf = sealed()
    contents = re.search(rb"/Contents (\d+) 0 R", pdf)
    assert contents
    refused(appended(pdf, (int(contents[1]), b"<</Length 0>>\nstream\n\nendstream")), "SIGN-529")


def test_shadow_replace_of_the_page() -> None:
    pdf = sealed()
    page = Document.read(pdf).dictionary(page_of(pdf))
    shown = b"<</Length 9>>\nstream\n1 0 0 rg\n\nendstream"
    other = re.sub(rb"/Contents \d+ 0 R", b"/Contents 90 0 R", page)
    refused(appended(pdf, (page_of(pdf), other), (90, shown)), "SIGN-529")


def test_shadow_hide_and_replace_of_the_catalog() -> None:
    pdf = sealed()
    document = Document.read(pdf)
    catalog = document.dictionary(document.root)
    pages = re.search(rb"/Pages (\d+) 0 R", catalog)
    assert pages
    tree = document.dictionary(int(pages[1])).replace(b"/Count 2", b"/Count 1")
    refused(
        appended(pdf, (document.root, catalog.replace(pages[0], b"/Pages 90 0 R")), (90, tree)), "SIGN-529"
    )


def test_a_prepared_object_that_an_update_makes_visible() -> None:
    """Hide and replace: the school's paper already holds the other page; an update only points to it."""
    pdf = sealed(appended_free(paper()))
    refused(appended(pdf, (page_of(pdf), b"<</Type/Page/Parent 1 0 R>>")), "SIGN-529")


def appended_free(pdf: bytes) -> bytes:
    """The paper with an object that nothing refers to, as one revision."""
    document = Document.read(pdf)
    number, at = document.size, document.last.table
    spare = b"%d 0 obj\n<</Type/Page/Parent 1 0 R/Spare true>>\nendobj\n" % number
    table = b"xref\n0 %d\n" % (number + 1) + pdf[pdf.index(b"\n", at + 5) + 1 : pdf.rindex(b"trailer")]
    trailer = document.last.trailer.replace(b"/Size %d" % number, b"/Size %d" % (number + 1))
    return b"".join(
        (pdf[:at], spare, table, b"%010d 00000 n\r\n" % at, b"trailer\n", trailer,
         b"\nstartxref\n%d\n%%%%EOF" % (at + len(spare)))
    )  # fmt: skip


def test_new_annotations_fields_and_title_data() -> None:
    def stamp(writer: IncrementalPdfFileWriter) -> None:
        note = generic.DictionaryObject({Name("/Type"): Name("/Annot"), Name("/Subtype"): Name("/FreeText")})
        writer.register_annotation(writer.root["/Pages"]["/Kids"].raw_get(0), writer.add_object(note))

    def title(writer: IncrementalPdfFileWriter) -> None:
        info = writer.trailer["/Info"]
        info[Name("/Title")] = generic.TextStringObject("Sổ khác")
        writer.update_container(info)

    refused(updated(sealed(), stamp), "SIGN-527", "SIGN-529")
    refused(updated(sealed(), title), "SIGN-529")


def test_an_orphan_in_an_update() -> None:
    refused(appended(sealed(), (90, b"<</Type/Catalog>>")), "SIGN-529")


def test_a_replaced_dss_is_no_reason_to_accept_more() -> None:
    pdf = add_long_term(sealed(stamped=LATER), evidence())
    assert check(pdf).verdict is Verdict.VALID
    contents = re.search(rb"/Contents (\d+) 0 R", pdf)
    assert contents
    refused(appended(pdf, (int(contents[1]), b"<</Length 0>>\nstream\n\nendstream")), "SIGN-529")


def test_a_skipped_revision() -> None:
    """An update whose table goes on from the unsealed paper: readers would never see the seal."""
    pdf = sealed()
    document = Document.read(pdf)
    update = appended(pdf, (document.root, document.dictionary(document.root)))
    first = document.revisions[0].table
    last = Document.read(update).last
    skipping = b"/Prev %d" % first
    old = b"/Prev %d" % document.last.table
    refused(update.replace(old, skipping.ljust(len(old))), "SIGN-524")
    assert last.number(b"Prev") == document.last.table


def test_a_second_signature() -> None:
    """Another signature after the seal, as someone with any certificate could add."""
    pdf = sealed()
    document = Document.read(pdf)
    update = Update(document)
    field, signature = update.reserve(), update.reserve()
    catalog = document.dictionary(document.root)
    found = re.search(rb"/Fields\[(\d+) 0 R", catalog)
    assert found
    update.add(document.root, catalog.replace(found[0], found[0] + b" %d 0 R" % field))
    from khue.signing.pades.place import add_field

    add_field(update, field, signature, "Second")
    placed = update.finish_with_place(
        signature, b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached",
        reserve=4096, digest="sha256",
    )  # fmt: skip
    hoa = world().person
    to_sign = cms.prepare_cms(placed.digest, hoa.certificate, algorithm=Algorithm.ECDSA_P256_SHA256)
    value = cms.raw_signature(hoa.key, to_sign.digest, to_sign.algorithm)
    refused(embed(placed, cms.complete_cms(to_sign, value)), "SIGN-526", "SIGN-529")


def test_a_document_stamp_over_something_else() -> None:
    pdf = add_long_term(sealed(), evidence(), stamp=lambda _: token(bytes(32), LATER))
    refused(pdf, "SIGN-541")


# --- what the school's own key would have signed -------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"/P 1/V", b"/P 2/V", "SIGN-528"),
        (b"/P 1/V", b"/P 3/V", "SIGN-528"),
        (b"/Perms<</DocMDP", b"/Permz<</DocMDP", "SIGN-528"),
        (b"/Perms<</DocMDP", b"/Perms<</DocMDQ", "SIGN-528"),
        (b"/Reference[", b"/Referenze[", "SIGN-528"),
    ],
)
def test_a_certification_of_another_level(old: bytes, new: bytes, code: str) -> None:
    pdf = sealed()
    assert pdf.count(old) == 1
    refused(resigned(_same_length(pdf, old, new)), code)


def _same_length(pdf: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    return pdf.replace(old, new)


@pytest.mark.parametrize(
    "more",
    [
        b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>",
        b"/OpenAction<</S/GoTo/D[1 0 R/Fit]>>",
        b"/AA<</WC<</S/Launch/F(x)>>>>",
        b"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>",
        b"/Names<</EmbeddedFiles<</Names[]>>>>",
        b"/Names<</#4aavaScript<</Names[]>>>>",
        b"/OCProperties<</OCGs[]/D<<>>>>",
        b"/AF[]",
        b"/Collection<<>>",
        b"/Spare<</S/Launch>>",
        b"/Spare<</S/SubmitForm>>",
        b"/Spare<</Type/EmbeddedFile>>",
    ],
)
def test_active_content_that_the_school_itself_would_have_sealed(more: bytes) -> None:
    refused(handmade(catalog=more), "SIGN-527")


def test_xfa_fields_and_annotations_that_the_school_itself_would_have_sealed() -> None:
    refused(handmade(form=b"/XFA[]"), "SIGN-527")
    refused(handmade(field=b"<</FT/Tx/T(name)>>"), "SIGN-527")
    refused(handmade(field=b"<</Type/Annot/Subtype/FileAttachment/FT/Sig/T(x)>>"), "SIGN-527")


def handmade(catalog: bytes = b"", form: bytes = b"", field: bytes = b"") -> bytes:
    """A paper sealed with more in it than `place` would take."""
    document = Document.read(paper())
    update = Update(document)
    own, signature, other = update.reserve(), update.reserve(), update.reserve()
    fields = b"%d 0 R %d 0 R" % (own, other) if field else b"%d 0 R" % own
    text = document.dictionary(document.root)[:-2] + catalog
    text += b"/AcroForm<</Fields[%b]/SigFlags 3%b>>/Perms<</DocMDP %d 0 R>>>>" % (fields, form, signature)
    update.add(document.root, text)
    update.add(other, field or b"null")
    from khue.signing.pades import place as placing

    placing.add_field(update, own, signature, placing.FIELD)
    opening = placing._signature({"Reason": reason_of(CODE, DIGEST), "Name": SCHOOL}, AT)
    placed = update.finish_with_place(signature, opening, reserve=4096, digest="sha256")
    return resigned(placed.pdf)


def test_the_handmade_paper_is_fine_without_more() -> None:
    assert check(handmade()).verdict is Verdict.VALID


def test_a_seal_that_names_no_record_is_not_certain() -> None:
    signer = world().school
    placed = place(paper(), reason="Đã xem", location="", name=SCHOOL, at=AT)
    pdf = resigned(placed.pdf, signer)
    report = check(pdf)
    assert report.verdict is Verdict.UNCERTAIN
    assert codes(report) == {"SIGN-539"}


def test_seals_of_other_software_are_not_certain() -> None:
    pdf = _same_length(sealed(), b"/SubFilter/ETSI.CAdES.detached", b"/SubFilter/adbe.pkcs7.detached")
    report = check(resigned(pdf))
    assert report.verdict is Verdict.UNCERTAIN
    assert codes(report) == {"SIGN-530"}


# --- strange files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "SIGN-521"),
        (b"PK\x03\x04", "SIGN-521"),
        (b"%PDF-1.7\n", "SIGN-522"),
        (b"%PDF-1.7\n/ByteRange", "SIGN-523"),
        (b"%PDF-1.7\n" + b"/ByteRange[0 1 2 3]" * 100, "SIGN-523"),
        (b"%PDF-1.7\n" + bytes(LARGEST), "SIGN-520"),
    ],
)
def test_files_that_are_no_sealed_paper(data: bytes, code: str) -> None:
    report = verify_pdf(data, trust=None, now=NOW)
    assert report.verdict is Verdict.INVALID
    assert codes(report) == {code}
    assert report.text


def test_a_signed_file_of_another_structure_is_not_certain() -> None:
    """With a cross-reference stream, as other software writes them."""
    pdf = sealed()
    _, end, _ = numbers(pdf)
    changed = pdf[:end] + pdf[end:].replace(b"xref\n", b"xreg\n", 1)
    assert check(changed).verdict is Verdict.INVALID
    report = check(resigned(changed))
    assert report.verdict is Verdict.UNCERTAIN
    assert codes(report) == {"SIGN-530"}
    assert report.signatures[0].valid
    assert not report.signatures[0].position_ok
    assert report.content == b""
