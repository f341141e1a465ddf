"""Attacks on the file: whatever is changed, moved, doubled, cut off or written otherwise is not valid."""

import random
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.signing.profile import LARGEST, record_types
from khue.signing.report import Sub, Verdict
from khue.signing.tests.xades_world import (
    BINH,
    CODE,
    HOMEROOM,
    NOW,
    ORDER,
    PRINCIPAL,
    SEAL,
    complete_record,
    pki,
    record,
    report_on,
    sheet,
    sign_all,
    signed,
    small,
    stamped,
    year_record,
)
from khue.signing.trust.anchors import AnchorSets
from khue.signing.trust.revocation import Revocations
from khue.signing.trust.store import TrustStore
from khue.signing.xades.record import Record, assemble, build_section

END = "</kr:Signatures></kr:Record>"


@cache
def text() -> str:
    return assemble(complete_record()).decode()


@cache
def other() -> Record:
    """A second record of the same people."""
    sections = tuple(replace(one, text=one.text.replace(CODE, "other")) for one in record(pupils=1).sections)
    return sign_all(replace(record(), code="other", sections=sections))


def swap(before: str, after: str, count: int = 1):
    def attack(whole: str) -> str:
        assert before in whole
        return whole.replace(before, after, count)

    return attack


def moved(whole: str, start: str, end: str, to: str, *, keep: bool = False) -> str:
    """The first part from `start` to `end` put before the first `to` outside it."""
    first = whole.index(start)
    last = whole.index(end, first) + len(end)
    part, rest = whole[first:last], whole if keep else whole[:first] + whole[last:]
    place = rest.index(to)
    return rest[:place] + part + rest[place:]


def section(whole: str, number: int) -> str:
    parts = whole.split("<kr:Section ")
    return "<kr:Section " + parts[number].split("</kr:Section>")[0] + "</kr:Section>"


def signature(whole: str, number: int) -> str:
    part = whole.split("<ds:Signature xmlns")[number]
    return f"<ds:Signature xmlns{part.partition('</ds:Signature>')[0]}</ds:Signature>"


KR = "urn:khue:record:1"
# Attacks on the shape of the file: refused before any signature is looked at.
SHAPES = {
    "empty": lambda _: "",
    "noise": lambda _: "\x00\x01PK",
    "another document": lambda _: "<a></a>",
    "a DTD": lambda whole: "<!DOCTYPE kr:Record>" + whole,
    "a DTD with entities": lambda whole: '<!DOCTYPE r [<!ENTITY e "x">]>' + whole,
    "an XML declaration": lambda whole: "<?xml version='1.0'?>" + whole,
    "a byte order mark": lambda whole: "\ufeff" + whole,
    "a comment before": lambda whole: "<!-- x -->" + whole,
    "a comment after": lambda whole: whole + "<!-- x -->",
    "a comment in a text": swap("ngoan", "ng<!-- -->oan"),
    "a comment between": swap("</kr:Head>", "</kr:Head><!-- -->"),
    "a comment in a signature": swap("<ds:Object>", "<ds:Object><!-- -->"),
    "an instruction in a text": swap("ngoan", "ng<?p i?>oan"),
    "an instruction in a signature": swap("<ds:Object>", "<ds:Object><?p i?>"),
    "CDATA": swap("ngoan", "<![CDATA[ngoan]]>"),
    "a character reference": swap("ngoan", "ng&#111;an"),
    "an entity": swap("ngoan", "ng&x;oan"),
    "a newline at the end": lambda whole: whole + "\n",
    "whitespace between elements": swap("</kr:Head>", "</kr:Head>\n  "),
    "whitespace in a tag": swap("<kr:Head ", "<kr:Head  "),
    "whitespace between signatures": swap("</ds:Signature>", "</ds:Signature> "),
    "a carriage return": swap("ngoan", "ng\roan"),
    "other quotes": swap('version="1"', "version='1'"),
    "other order of attributes": swap('class="6A1" school=', 'school="x" class="6A1" a='),
    "a short empty element": swap("></kr:Total>", "/>"),
    "a needless namespace": swap("<kr:Head ", '<kr:Head xmlns:x="urn:x" '),
    "the same namespace again": swap("<kr:Head ", f'<kr:Head xmlns:kr="{KR}" '),
    "another prefix": lambda whole: whole.replace("kr:", "hb:"),
    "no prefix": lambda whole: whole.replace("<kr:", "<").replace("</kr:", "</").replace("xmlns:kr", "xmlns"),
    "another prefix for one element": swap(
        '<kr:Total good="12"></kr:Total>', f'<x:Total xmlns:x="{KR}" good="12"></x:Total>'
    ),
    "another namespace for one element": swap(
        '<kr:Total good="12"></kr:Total>', '<kr:Total xmlns:kr="urn:x" good="12"></kr:Total>'
    ),
    "an attribute with a namespace": swap('<kr:Total good="12">', '<kr:Total good="12" kr:more="x">'),
    "an attribute in a foreign namespace": swap(
        '<kr:Total good="12">', '<kr:Total xmlns:x="urn:x" good="12" x:more="x">'
    ),
    "another namespace of the record": lambda whole: whole.replace(KR, "urn:khue:record:2"),
    "another version": swap('version="1"', 'version="2"'),
    "an attribute of the root": swap('version="1"', 'version="1" x="1"'),
    "an attribute of Content": swap(' type="gradebook-term"', ' type="gradebook-term" x="1"'),
    "an attribute of Signatures": swap("<kr:Signatures>", '<kr:Signatures x="1">'),
    "another Id of Content": swap('Id="content"', 'Id="body"'),
    "xml:lang": swap('subject="Toán"', 'subject="Toán" xml:lang="vi"'),
    "xml:base": swap('good="12"', 'good="12" xml:base="http://x/"'),
    "xml:space": swap('good="12"', 'good="12" xml:space="preserve"'),
    "xml:id": swap('good="12"', 'good="12" xml:id="x"'),
    "an Id in a free element": swap('<kr:Total good="12"', '<kr:Total Id="x" good="12"'),
    "an ID": swap('<kr:Total good="12"', '<kr:Total ID="s01" good="12"'),
    "an id": swap('good="12"', 'good="12" id="s01"'),
    "an iD": swap('good="12"', 'good="12" iD="content"'),
    "two sections with one Id": swap('Id="s02"', 'Id="s01"'),
    "text in Record": swap("<kr:Signatures>", "x<kr:Signatures>"),
    "text in Content": swap("</kr:Content>", "x</kr:Content>"),
    "text in Head": swap("</kr:Head>", "x</kr:Head>"),
    "text in a section": swap("</kr:Section>", "x</kr:Section>"),
    "text in Signatures": swap(END, "x" + END),
    "an element in Record": swap("<kr:Signatures>", "<kr:More></kr:More><kr:Signatures>"),
    "an element in Content": swap("</kr:Content>", "<kr:More></kr:More></kr:Content>"),
    "an element in Signatures": swap(END, "<kr:More></kr:More>" + END),
    "a second Content": lambda whole: moved(
        whole, "<kr:Content", "</kr:Content>", "<kr:Signatures>", keep=True
    ),
    "a second Content with another Id": lambda whole: moved(
        whole.replace('Id="content"', 'Id="c2"', 1),
        "<kr:Content",
        "</kr:Content>",
        "<kr:Signatures>",
        keep=True,
    ),
    "Content after Signatures": lambda whole: moved(whole, "<kr:Content", "</kr:Content>", "</kr:Record>"),
    "Content wrapped": lambda whole: whole.replace("<kr:Content", "<kr:Wrap><kr:Content").replace(
        "</kr:Content>", "</kr:Content></kr:Wrap>"
    ),
    "Content in a new Content": lambda whole: whole.replace(
        "<kr:Content", '<kr:Content Id="content" code="x" type="gradebook-term"><kr:Content', 1
    ).replace("</kr:Content>", "</kr:Content></kr:Content>"),
    "Content in Signatures": lambda whole: moved(whole, "<kr:Content", "</kr:Content>", "<ds:Signature "),
    "Content in an Object": lambda whole: moved(
        whole, "<kr:Content", "</kr:Content>", "<xades:QualifyingProperties"
    ),
    "Signatures in Content": lambda whole: moved(
        whole, "<kr:Signatures>", "</kr:Signatures>", "</kr:Content>"
    ),
    "second Signatures": swap("</kr:Record>", "<kr:Signatures></kr:Signatures></kr:Record>"),
    "a Record in a section": swap("</kr:Section>", "<kr:Record></kr:Record></kr:Section>"),
    "no Head": lambda whole: whole.replace(whole[whole.index("<kr:Head") : whole.index("<kr:Section")], ""),
    "a second Head": lambda whole: moved(whole, "<kr:Head", "</kr:Head>", "<kr:Section", keep=True),
    "Head after the sections": lambda whole: moved(whole, "<kr:Head", "</kr:Head>", "</kr:Content>"),
    "a Head in a section": lambda whole: moved(whole, "<kr:Head", "</kr:Head>", "</kr:Section>", keep=True),
    "a section in a section": lambda whole: whole.replace(
        "</kr:Section>", section(whole, 1).replace("s01", "s09") + "</kr:Section>", 1
    ),
    "a section wrapped": lambda whole: whole.replace(
        section(whole, 1), f"<kr:Wrap>{section(whole, 1)}</kr:Wrap>"
    ),
    "a section in the Head": lambda whole: whole.replace(section(whole, 1), "").replace(
        "</kr:Head>", section(whole, 1) + "</kr:Head>"
    ),
    "sections in another order": lambda whole: whole.replace(section(whole, 3), "").replace(
        "</kr:Head>", "</kr:Head>" + section(whole, 3)
    ),
    "a section without attributes": swap("<kr:Section Id", "<kr:Section></kr:Section><kr:Section Id"),
    "a section of another record": swap(f'record="{CODE}" subject', 'record="other" subject'),
    "a section moved from another record": lambda whole: whole.replace(
        section(whole, 2), section(assemble(other()).decode(), 2)
    ),
    "no summary": lambda whole: whole.replace(section(whole, 3), ""),
    "one more section": lambda whole: whole.replace(
        "<kr:Section ", sheet("s09", [BINH]).text + "<kr:Section ", 1
    ).replace('Id="s09"', 'Id="s01"'),
    "a signer elsewhere": swap(
        "<kr:Total",
        '<kr:Total></kr:Total><kr:Signer identifier="" name="" number="2" role="homeroom">'
        "</kr:Signer><kr:Total",
    ),
    "a signer with one attribute more": swap('number="1" role="teacher"', 'number="1" role="teacher" x=""'),
    "a signer of another role": swap('number="1" role="homeroom"', 'number="1" role="teacher"'),
    "a co-teacher who is number three": swap('number="2"', 'number="3"'),
    "an unknown type": swap('type="gradebook-term"', 'type="transcript"'),
    "the type of a year": swap('type="gradebook-term"', 'type="gradebook-year"'),
    "an unknown kind": swap('kind="sheet"', 'kind="page"'),
    "a cut": lambda whole: whole[:-1],
    "half": lambda whole: whole[: len(whole) // 2],
    "twice": lambda whole: whole * 2,
    "another encoding": lambda whole: whole.encode("utf-16").decode("latin-1"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_another_shape_is_refused(name):
    data = SHAPES[name](text()).encode()
    report = report_on(data, complete=False)
    assert (report.verdict, report.sub) == (Verdict.INVALID, Sub.FORMAT_FAILURE)
    assert (report.content, report.facts, report.signatures, report.record_code) == (b"", {}, (), "")
    assert report.findings[0].code.startswith("SIGN-1")
    assert report.text == f"Không hợp lệ. {report.findings[0].text}"


# Attacks on content and signatures: each signature is reported, and none hides another.
CONTENTS = {
    "a mark": (swap('average="8,5"', 'average="9,5"'), Sub.HASH_FAILURE),
    "a comment on a pupil": (swap("ngoan", "lười"), Sub.HASH_FAILURE),
    "a mark added": (swap("<kr:Total", '<kr:Total good="99"></kr:Total><kr:Total'), Sub.HASH_FAILURE),
    "the name of a pupil": (swap("Hoàng Văn An", "Hoàng Văn Ân"), Sub.HASH_FAILURE),
    "Unicode in another form": (swap("Hoàng Văn An", "Hoa\u0300ng Văn An"), Sub.HASH_FAILURE),
    "the head": (swap('class="6A1"', 'class="6A2"'), Sub.HASH_FAILURE),
    "the school": (swap('school="Trường', 'school="trường'), Sub.HASH_FAILURE),
    "another type with the same sections": (
        swap('type="gradebook-term"', 'type="gradebook-summer"'),
        Sub.HASH_FAILURE,
    ),
    "the co-teacher": (swap('name="Hoàng Thị Lan"', 'name="Hoàng Thị Liên"'), Sub.HASH_FAILURE),
    "sheets exchanged": (
        lambda whole: (
            whole.replace(section(whole, 1), "\0")
            .replace(section(whole, 2), section(whole, 1))
            .replace("\0", section(whole, 2))
        ),
        Sub.ORDER_FAILURE,
    ),
    "a digest": (
        lambda whole: whole.replace(
            "<ds:DigestValue>" + whole.split("<ds:DigestValue>")[1][:43], "<ds:DigestValue>" + "A" * 43, 1
        ),
        Sub.HASH_FAILURE,
    ),
    "the time of signing": (swap("2026-12-23T23:30:00Z", "2026-12-23T23:31:00Z"), Sub.HASH_FAILURE),
    "the claimed role": (
        swap("<xades:ClaimedRole>teacher<", "<xades:ClaimedRole>principal<"),
        Sub.HASH_FAILURE,
    ),
    "a free role": (
        swap(
            "<xades:ClaimedRole>teacher</xades:ClaimedRole>",
            "<xades:ClaimedRole>teacher</xades:ClaimedRole><xades:ClaimedRole>x</xades:ClaimedRole>",
        ),
        Sub.HASH_FAILURE,
    ),
    "the format of the data": (swap(">text/xml<", ">text/html<"), Sub.FORMAT_FAILURE),
    "another canonicalization": (
        swap(
            '<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"',
            '<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2006/12/xml-c14n11"',
        ),
        Sub.FORMAT_FAILURE,
    ),
    "another target": (swap('URI="#s01"', 'URI="#s02"'), Sub.SIG_CONSTRAINTS_FAILURE),
    "the whole document": (swap('URI="#s01"', 'URI=""'), Sub.FORMAT_FAILURE),
    "a key value": (swap("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyValue></ds:KeyValue>"), Sub.FORMAT_FAILURE),
    "one more object": (swap("<ds:Object>", "<ds:Object></ds:Object><ds:Object>"), Sub.FORMAT_FAILURE),
    "an object with an Id": (swap("<ds:Object>", '<ds:Object Id="x">'), Sub.FORMAT_FAILURE),
    "another property": (
        swap(
            "</xades:QualifyingProperties>",
            "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
            "<xades:CounterSignature></xades:CounterSignature></xades:UnsignedSignatureProperties>"
            "</xades:UnsignedProperties></xades:QualifyingProperties>",
        ),
        Sub.FORMAT_FAILURE,
    ),
    "no unsigned properties, written": (
        swap(
            "</xades:QualifyingProperties>",
            "<xades:UnsignedProperties></xades:UnsignedProperties></xades:QualifyingProperties>",
        ),
        Sub.FORMAT_FAILURE,
    ),
    "another Id of a signature": (swap("sig-teacher-s01-1", "sig-teacher-s09-1", 99), Sub.FORMAT_FAILURE),
    "one Id inside": (swap('Target="#sig-teacher-s01-1"', 'Target="#sig-school"'), Sub.FORMAT_FAILURE),
    "a slot that signs as another": (
        lambda whole: whole.replace(
            signature(whole, 3), signature(whole, 1).replace("sig-teacher-s01-1", "sig-teacher-s02-1")
        ),
        Sub.HASH_FAILURE,
    ),
    "the issuer's certificate left out": (
        lambda whole: whole.replace(
            "<ds:X509Certificate>" + whole.split("<ds:X509Certificate>")[2].split("</ds:X509Data>")[0], "", 1
        ),
        Sub.NONE,
    ),
    "a signature of another record": (
        lambda whole: whole.replace(signature(whole, 3), signature(assemble(other()).decode(), 3)),
        Sub.HASH_FAILURE,
    ),
    "a value of another signature": (
        lambda whole: whole.replace(value(whole, 1), value(whole, 2).replace("s01-2", "s01-1")),
        Sub.SIG_CRYPTO_FAILURE,
    ),
    "the same value in other base64": (
        lambda whole: whole.replace(value(whole, 1), other_base64(value(whole, 1))),
        Sub.FORMAT_FAILURE,
    ),
    "the same value in broken lines": (
        lambda whole: whole.replace("=</ds:SignatureValue>", "=\n</ds:SignatureValue>", 1),
        Sub.FORMAT_FAILURE,
    ),
}


def value(whole: str, number: int) -> str:
    part = whole.split("<ds:SignatureValue")[number]
    return f"<ds:SignatureValue{part.partition('</ds:SignatureValue>')[0]}"


def other_base64(one: str) -> str:
    """The last character before «==» carries four bits that decoding throws away."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert one.endswith("==")
    return one[:-3] + letters[letters.index(one[-3]) + 1] + "=="


def root_only() -> TrustStore:
    """A trust that knows the root alone: a path needs every certificate that the file brings."""
    made, revocations = pki(), Revocations()
    for data in (made.crl(NOW), made.root_crl(NOW)):
        revocations.add_crl(data)
    return TrustStore(AnchorSets.test(made.root), revocations, allow_test=True)


@pytest.mark.parametrize("name", CONTENTS)
def test_another_content_or_signature_is_refused(name):
    attack, sub = CONTENTS[name]
    changed = attack(text())
    assert changed != text()
    report = report_on(changed.encode(), trust=root_only())
    assert report.verdict is not Verdict.VALID
    if sub is not Sub.NONE:
        assert report.verdict is Verdict.INVALID
        assert report.content == b""
        assert sub in [one.sub for one in report.signatures]
    assert len(report.signatures) == 6
    assert not any(found.text.startswith("Mã ") for one in report.signatures for found in one.findings)


def test_one_broken_signature_hides_no_other():
    broken = text().replace("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName></ds:KeyName>", 1)
    first, *others = report_on(broken.encode()).signatures
    assert (first.signature_id, first.role, first.sub) == ("sig-teacher-s01-1", "teacher", Sub.FORMAT_FAILURE)
    assert all(one.intact and one.valid and one.indication == "TOTAL_PASSED" for one in others)

    changed = text().replace('class="6A1"', 'class="6A2"')
    intact = [one.intact for one in report_on(changed.encode()).signatures]
    assert intact == [True, True, True, True, False, False]
    assert all(one.valid and one.position_ok for one in report_on(changed.encode()).signatures)


@pytest.mark.parametrize("kept", range(6))
def test_signatures_cut_off_leave_a_record_that_is_not_complete(kept):
    short = replace(complete_record(), signatures=complete_record().signatures[:kept])
    report = report_on(short)
    assert (report.verdict, report.sub) == (Verdict.INVALID, Sub.ROLE_MISSING)
    assert len(report.missing) == 6 - kept
    assert report.missing[-1] == "Nhà trường"
    assert report.content == b""
    assert all(one.indication == "TOTAL_PASSED" for one in report.signatures)


@pytest.mark.parametrize("gone", range(5))
def test_a_signature_taken_out_is_missed_by_all_later_steps(gone):
    rest = [one for index, one in enumerate(complete_record().signatures) if index != gone]
    report = report_on(replace(complete_record(), signatures=tuple(rest)), complete=False)
    assert report.verdict is Verdict.INVALID
    later = [one for one in report.signatures if one.sub is Sub.ORDER_FAILURE]
    assert [one.signature_id for one in later] == [one.signature_id for one in ORDER[max(gone + 1, 3) :]]
    assert not any(one.position_ok or one.intact for one in later)


def test_signatures_in_another_order_are_refused():
    signatures = list(complete_record().signatures)
    for first, second in ((0, 1), (2, 3), (4, 5)):
        changed = list(signatures)
        changed[first], changed[second] = changed[second], changed[first]
        report = report_on(replace(complete_record(), signatures=tuple(changed)))
        assert report.verdict is Verdict.INVALID
        assert Sub.ORDER_FAILURE in [one.sub for one in report.signatures]


def test_a_signature_that_stands_twice_is_refused():
    for index in range(6):
        signatures = list(complete_record().signatures)
        signatures.insert(index, signatures[index])
        report = report_on(replace(complete_record(), signatures=tuple(signatures)))
        assert report.verdict is Verdict.INVALID
        assert "SIGN-172" in [found.code for one in report.signatures for found in one.findings]


def test_a_signature_of_the_step_made_anew_breaks_later_ones():
    again = signed(record(), *ORDER[:3]).signatures
    mixed = (*again[:3], *complete_record().signatures[3:])
    report = report_on(replace(complete_record(), signatures=mixed))
    assert report.verdict is Verdict.INVALID
    assert [one.sub for one in report.signatures] == [Sub.NONE] * 3 + [Sub.HASH_FAILURE] * 3


def test_a_large_file_is_not_parsed():
    report = report_on(text().encode() + b" " * LARGEST)
    assert report.findings[0].code == "SIGN-110"
    padded = replace(record(), head_text=record().head_text.replace("></", ">" + "x" * LARGEST + "</"))
    assert report_on(padded).findings[0].code == "SIGN-110"


def test_every_byte_counts():
    """Each byte of a small record with one signature over all of it, changed in one bit, is noticed."""
    kind = record_types()["gradebook-year"]
    types = {kind.code: replace(kind, slots=kind.slots[1:2])}
    bare = replace(year_record(), sections=(build_section("s03", "summary", CODE, [], {}),))
    data, trust = bytearray(assemble(signed(bare, PRINCIPAL, types=types))), root_only()
    assert report_on(bytes(data), types=types, trust=trust).verdict is Verdict.VALID
    for place, byte in enumerate(data):
        data[place] = byte ^ (1 << place % 7)
        report = report_on(bytes(data), types=types, trust=trust)
        assert report.verdict is not Verdict.VALID, place
        data[place] = byte


MUTATIONS = st.tuples(
    st.sampled_from(["flip", "drop", "double", "insert", "exchange", "copy"]),
    st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True), st.integers(1, 400), st.integers(0),
)  # fmt: skip


def mutated(data: bytes, kind: str, first: int, second: int, length: int, seed: int) -> bytes:
    part = data[first : first + length]
    if kind == "flip":
        return data[:first] + bytes([data[first] ^ (1 << seed % 8)]) + data[first + 1 :]
    if kind == "drop":
        return data[:first] + data[first + length :]
    if kind == "double":
        return data[:first] + part + data[first:]
    if kind == "insert":
        return data[:first] + random.Random(seed).randbytes(length % 9 + 1) + data[first:]
    if kind == "copy":
        return data[:second] + part + data[second:]
    low, high = sorted((first, second))
    return (
        data[:low]
        + data[high : high + length]
        + data[low + length : high]
        + data[low : low + length]
        + (data[high + length :])
    )


@settings(max_examples=150, deadline=None)
@given(MUTATIONS)
def test_any_mutation_is_noticed(mutation):
    kind, first, second, length, seed = mutation
    data = assemble(stamped(small(), [HOMEROOM, PRINCIPAL, SEAL]))
    changed = mutated(data, kind, int(first * len(data)), int(second * len(data)), length, seed)
    report = report_on(changed, trust=root_only())
    assert (report.verdict is Verdict.VALID) == (changed == data)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda one: one.encode("utf-8", "surrogatepass")))
def test_noise_never_raises(data):
    for whole in (data, b'<kr:Record xmlns:kr="urn:khue:record:1" version="1">' + data + END.encode()):
        assert report_on(whole).verdict is Verdict.INVALID
