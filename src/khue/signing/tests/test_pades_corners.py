"""Rare paths of CMS and seals: odd certificates, odd structures, voices that differ."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

import pytest
import typst
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from khue.core.errors import Invalid
from khue.signing import cms, der
from khue.signing.algorithms import Algorithm
from khue.signing.cades import verify_cms
from khue.signing.pades import layout, second
from khue.signing.pades.long_term import add_long_term, prepare_document_stamp
from khue.signing.pades.objects import Document
from khue.signing.pades.place import place
from khue.signing.pades.second import Opinion, SecondVoice, moment_of
from khue.signing.pades.verify import verify_pdf
from khue.signing.report import Verdict
from khue.signing.tests.seals import AT, FakeTrust, codes, evidence, paper, sealed, world
from khue.signing.tests.test_pades_attacks import appended, check, numbers, ranged, refused, resigned
from khue.signing.trust.base import PathFact

NOW = AT + dt.timedelta(days=30)


# --- CMS ----------------------------------------------------------------------------------------


def test_a_key_outside_the_profile_signs_nothing() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(AT).not_valid_after(NOW)
    certificate = builder.sign(key, None).public_bytes(Encoding.DER)
    with pytest.raises(Invalid, match="SIGN-001"):
        cms.prepare_cms(bytes(32), certificate, algorithm=Algorithm.ECDSA_P256_SHA256)


def with_essential(value: bytes) -> bytes:
    """A CMS whose signing-certificate-v2 is another."""
    school = world().school
    good = cms.sign_cms(school.key, b"x", school.certificate, school.chain)
    whole = [part.raw for part in der.members(der.members(good)[1].value)]
    info = [part.raw for part in der.members(der.members(whole[-1], der.SET)[0].raw)]
    old = cms._identity(school.certificate).essential
    kept = [one.raw for one in der.parts(der.read(info[3])[1]) if one.raw != old]
    attributes = der.set_of(*kept, cms._attribute(cms._SIGNING_CERTIFICATE, value))
    signed = cms.raw_signature(school.key, hashlib.sha256(attributes).digest(), Algorithm.ECDSA_P256_SHA256)
    info = [*info[:3], der.implicit(0, attributes), info[4], der.octets(signed)]
    return cms._content_info(*whole[:-1], der.set_of(der.sequence(*info)))


def essential(digest: bytes, hashed_with: str) -> bytes:
    named = der.sequence(der.sequence(der.oid(hashed_with)), der.octets(digest))
    return der.sequence(der.sequence(named))


def test_the_certificate_may_be_named_by_another_hash_of_the_profile() -> None:
    certificate = world().school.certificate
    value = essential(hashlib.sha384(certificate).digest(), "2.16.840.1.101.3.4.2.2")
    assert cms.read_cms(with_essential(value)).is_genuine()


@pytest.mark.parametrize(
    "value",
    [
        essential(hashlib.sha1(b"x").digest(), "1.3.14.3.2.26"),
        essential(bytes(48), "2.16.840.1.101.3.4.2.2"),
        der.sequence(),
        der.sequence(der.sequence(der.sequence())),
    ],
)
def test_a_certificate_that_is_not_named_is_not_the_signers(value: bytes) -> None:
    with pytest.raises(Invalid, match="SIGN-503"):
        cms.read_cms(with_essential(value))


def test_a_trust_that_breaks_leaves_a_checkpoint_unproved() -> None:
    class Broken(FakeTrust):
        def judge(self, *_: object, **__: object) -> PathFact:
            raise RuntimeError

    school = world().school
    good = cms.sign_cms(school.key, b"x", school.certificate, school.chain)
    report = verify_cms(good, b"x", trust=Broken(), now=NOW)
    assert report.verdict is Verdict.UNCERTAIN
    assert codes(report) == {"SIGN-538"}


# --- structure ----------------------------------------------------------------------------------


def renumbered(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """A replacement of the same length, so that every offset stays right."""
    assert old in pdf
    assert len(new) <= len(old)
    return pdf.replace(old, new.ljust(len(old)))


def test_a_first_page_without_annotations() -> None:
    pdf = bytes(typst.compile("Xin chào".encode(), ignore_system_fonts=True, timestamp=AT))
    assert b"/Annots" not in pdf
    report = verify_pdf(sealed(pdf), trust=FakeTrust(), now=NOW)
    assert report.verdict is Verdict.VALID, codes(report)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"/Annots\[", b"/Annots 9 0 R/X["),
        (rb"/Type/Page/", b"/Type/Cage/"),
        (rb"/Pages \d+ 0 R", b"/Pagez 1 0 R"),
        (rb"/Pages \d+ 0 R", b"/Pages 9999 0 R"),
        (rb"1 0 obj\n<</Type/Pages", b"2 0 obj\n<</Type/Pages"),
        (rb"0000000016 00000 n", b"0000000016 00001 n"),
        (rb"0000000016 00000 n", b"00000000X6 00000 n"),
        (rb"1 0 obj\n<</Type/Pages", b"1 0 obj\n[</Type/Pages"),
    ],
)
def test_odd_structures_are_refused(old: bytes, new: bytes) -> None:
    pdf = paper()
    changed = re.sub(old, new, pdf)
    assert changed != pdf
    if len(changed) != len(pdf):
        moved = len(changed) - len(pdf)
        table = int(re.findall(rb"startxref\n(\d+)", pdf)[-1]) + moved
        changed = re.sub(rb"startxref\n\d+", b"startxref\n%d" % table, changed)
        changed = re.sub(
            rb"(\d{10}) 00000 n",
            lambda found: (
                b"%010d 00000 n" % (int(found[1]) + (moved if int(found[1]) > changed.index(new) else 0))
            ),
            changed,
        )
    with pytest.raises(Invalid, match="SIGN-510"):
        place(changed, reason="x", location="", name="y", at=AT)


def test_a_table_that_names_an_object_twice_or_leads_to_itself() -> None:
    pdf = appended(sealed(), (90, b"<</Spare true>>"), (91, b"<</Spare true>>"))
    refused(pdf.replace(b"xref\n90 2\n", b"xref\n91 2\n"), "SIGN-524")
    twice = re.sub(rb"xref\n90 2\n(.{20})(.{20})", rb"xref\n90 1\n\g<1>90 1\n\g<2>", pdf, flags=re.DOTALL)
    assert twice != pdf
    refused(twice, "SIGN-524")
    table = Document.read(pdf).last.table
    before = Document.read(sealed_part(pdf)).last.table
    refused(pdf.replace(b"/Prev %d" % before, b"/Prev %d" % table), "SIGN-524")


def sealed_part(pdf: bytes) -> bytes:
    _, end, length = numbers(pdf)
    return pdf[: end + length]


def test_streams_that_are_not_as_they_should_be() -> None:
    document = Document.read(add_long_term(sealed(), evidence()))
    stream = int(re.findall(rb"/Certs\[(\d+) 0 R", document.data)[0])
    assert document.stream(stream) == evidence().certificates[0]
    with pytest.raises(Invalid, match="SIGN-510"):
        document.stream(document.root)
    length = b"/Length %d" % len(evidence().certificates[0])
    shorter = renumbered(document.data, length, b"/Length 1")
    with pytest.raises(Invalid, match="SIGN-510"):
        Document.read(shorter).stream(stream)
    with pytest.raises(Invalid, match="SIGN-510"):
        document.dictionary(99_999)


def test_a_document_stamp_needs_a_form() -> None:
    pdf = resigned(re.sub(rb"/Fields\[", b"/Fieldz[", sealed()))
    with pytest.raises(Invalid, match="SIGN-510"):
        prepare_document_stamp(pdf)


def test_a_place_that_holds_no_der() -> None:
    pdf = sealed()
    start, *_ = numbers(pdf)
    refused(pdf[: start + 1] + b"1f" + pdf[start + 3 :], "SIGN-525")


def test_a_byte_range_with_other_spaces_is_the_same() -> None:
    pdf = sealed()
    start, end, length = numbers(pdf)
    other = ranged(pdf, b"/ByteRange [0 %d %d %d]" % (start, end, length))
    assert len(other) == len(pdf)
    assert check(other).verdict is not Verdict.VALID  # the numbers are right, the digest is not
    moved = re.sub(rb"(/ByteRange \[[^\]]*\])( +)/Contents", rb"\2\1/Contents", other)
    report = check(resigned_any(moved, start, end, length))
    assert report.verdict is Verdict.VALID, codes(report)


def resigned_any(pdf: bytes, start: int, end: int, length: int) -> bytes:
    from khue.signing.pades.update import Placed, embed

    school = world().school
    digest = hashlib.sha256(pdf[:start] + pdf[end:]).digest()
    to_sign = cms.prepare_cms(digest, school.certificate, school.chain, algorithm=Algorithm.ECDSA_P256_SHA256)
    value = cms.raw_signature(school.key, to_sign.digest, to_sign.algorithm)
    return embed(Placed(pdf, (0, start, end, length), digest), cms.complete_cms(to_sign, value))


# --- limits and voices --------------------------------------------------------------------------


def test_too_many_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(layout, "_OBJECTS", 5)
        report = check(sealed())
        assert (report.verdict, codes(report)) == (Verdict.UNCERTAIN, {"SIGN-530"})
    monkeypatch.setattr(second, "_MOST_NODES", 50)
    refused(sealed(), "SIGN-527")


def test_a_seal_that_the_form_does_not_know() -> None:
    """Our reader finds it by its bytes, other readers would not see it."""
    pdf = sealed()
    found = re.search(rb"/Fields\[(\d+ 0 R)\]", pdf)
    assert found
    report = check(resigned(pdf.replace(found[0], b"/Fields[" + b" " * len(found[1]) + b"]")))
    assert report.verdict is Verdict.UNCERTAIN
    assert "SIGN-537" in codes(report)


@pytest.mark.parametrize("opinion", [Opinion(False, True, True), Opinion(True, False, True)])
def test_voices_that_differ_make_nothing_certain(monkeypatch: pytest.MonkeyPatch, opinion: Opinion) -> None:
    monkeypatch.setattr(SecondVoice, "opinion", lambda _: opinion)
    report = check(sealed())
    assert report.verdict is Verdict.UNCERTAIN
    assert codes(report) == {"SIGN-537"}


@pytest.mark.parametrize("text", ["", "D:2026", "D:20261201030000+07'00'", "D:20261301030000Z"])
def test_times_of_another_form_claim_nothing(text: str) -> None:
    assert moment_of(text) is None
