"""Time-stamps, evidence and archive stamps: added as text, in one order, at any time."""

from dataclasses import replace

import pytest
from lxml import etree

from khue.core.errors import Conflict, Invalid, KhueError, Refused
from khue.signing.canonical import digest, is_canonical
from khue.signing.report import Indication, Sub, Verdict
from khue.signing.tests.xades_world import (
    DAY,
    HOMEROOM,
    HOUR,
    MINUTE,
    NOW,
    ORDER,
    PRINCIPAL,
    SEAL,
    SIGNED_AT,
    archived,
    complete_record,
    evidence,
    pki,
    report_on,
    signed,
    small,
    stamped,
    tsa,
    year_record,
)
from khue.signing.trust.base import Evidence
from khue.signing.xades import grammar
from khue.signing.xades.augment import (
    archive_digest,
    replace_signature,
    stamp_digest,
    with_archive_timestamp,
    with_evidence,
    with_timestamp,
)
from khue.signing.xades.reading import parse
from khue.signing.xades.record import assemble
from khue.signing.xades.signature import take_apart

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
XADES141 = "{http://uri.etsi.org/01903/v1.4.1#}"


def refused(kind, code, act):
    with pytest.raises(KhueError) as refusal:
        act()
    assert (type(refusal.value), refusal.value.code) == (kind, code)


def seal_of(record):
    return record.signatures[-1]


def canonical(element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def test_levels_grow_one_by_one():
    whole = small()
    levels = []
    for grow in (lambda one: one, lambda one: stamped(one, [SEAL]), with_lt, lambda one: archived(one, SEAL)):
        whole = grow(whole)
        report = report_on(whole)
        assert report.verdict is Verdict.VALID
        assert is_canonical(assemble(whole))
        assert parse(assemble(whole)) == whole
        levels.append(report.signatures[-1].level)
    assert levels == ["B", "T", "LT", "LTA"]


def with_lt(record):
    return replace_signature(record, with_evidence(seal_of(record), evidence()))


def test_a_stamp_covers_the_canonical_signature_value():
    root = etree.fromstring(assemble(complete_record()))
    for one, element in zip(complete_record().signatures, root.iter(f"{DS}Signature"), strict=True):
        assert stamp_digest(one) == digest(canonical(element.find(f"{DS}SignatureValue")))


def test_an_archive_stamp_covers_everything_before_it():
    """Counted again from the parsed file, as EN 319 132-1, 5.5.2 says it."""
    whole = archived(archived(stamped(complete_record(), ORDER), SEAL), SEAL, SIGNED_AT + 3 * HOUR)
    root = etree.fromstring(assemble(whole))
    *_, element = root.iter(f"{DS}Signature")
    names = {one.get("Id"): one for one in root.iter() if one.get("Id")}
    octets = [canonical(names[one.get("URI")[1:]]) for one in element.iter(f"{DS}Reference")]
    octets += [canonical(element.find(f"{DS}{name}")) for name in ("SignedInfo", "SignatureValue", "KeyInfo")]
    properties = element.find(f".//{XADES}UnsignedSignatureProperties")
    tags = [one.tag for one in properties]
    assert tags == [
        f"{XADES}SignatureTimeStamp", f"{XADES}CertificateValues", f"{XADES}RevocationValues",
        f"{XADES141}ArchiveTimeStamp", f"{XADES141}ArchiveTimeStamp",
    ]  # fmt: skip
    octets += [canonical(one) for one in properties]
    assert archive_digest(whole, seal_of(whole)) == digest(b"".join(octets))


def test_every_part_alone_is_what_lxml_canonicalizes():
    whole = archived(stamped(complete_record(), ORDER), SEAL)
    root = etree.fromstring(assemble(whole))
    *_, element = root.iter(f"{DS}Signature")
    parts = take_apart(seal_of(whole).text)
    for tag, text, declaring in (
        (f"{DS}SignedInfo", parts.signed_info, grammar.IN_SIGNED_INFO),
        (f"{DS}KeyInfo", parts.key_info, grammar.IN_KEY_INFO),
        (f"{XADES}SignedProperties", parts.properties, grammar.IN_PROPERTIES),
        (f"{XADES}SignatureTimeStamp", parts.unsigned.stamp_text, grammar.IN_SIGNATURE_STAMP),
        (f"{XADES}CertificateValues", parts.unsigned.certificate_values, grammar.IN_CERTIFICATE_VALUES),
        (f"{XADES}RevocationValues", parts.unsigned.revocation_values, grammar.IN_REVOCATION_VALUES),
        (f"{XADES141}ArchiveTimeStamp", parts.unsigned.archive_texts[0], grammar.IN_ARCHIVE_STAMP),
    ):
        alone = grammar.alone(text, declaring)
        assert alone.encode() == canonical(next(element.iter(tag)))
        assert grammar.in_place(alone, declaring) == text


def test_earlier_signatures_are_stamped_after_later_ones():
    before = stamped(small(), [HOMEROOM, PRINCIPAL])
    after = stamped(before, [SEAL])
    assert [one.level for one in report_on(after).signatures] == ["T", "T", "T"]
    assert report_on(after).verdict is Verdict.VALID
    late = archived(after, SEAL)
    again = stamped(signed(year_record(), HOMEROOM), [HOMEROOM])
    assert report_on(signed(again, PRINCIPAL, SEAL)).verdict is Verdict.VALID
    assert report_on(late).verdict is Verdict.VALID


def test_the_order_of_properties_is_fixed():
    bare, whole = seal_of(small()), stamped(small(), [SEAL])
    token = tsa().token(bytes(32), SIGNED_AT)
    refused(Refused, "SIGN-143", lambda: with_evidence(bare, evidence()))
    refused(Refused, "SIGN-143", lambda: with_archive_timestamp(small(), bare, token))
    refused(Refused, "SIGN-143", lambda: with_archive_timestamp(whole, seal_of(whole), token))
    refused(Conflict, "SIGN-142", lambda: with_timestamp(seal_of(whole), token))
    richer = with_lt(whole)
    refused(Conflict, "SIGN-142", lambda: with_evidence(seal_of(richer), evidence()))
    refused(Invalid, "SIGN-144", lambda: with_evidence(seal_of(whole), Evidence((pki().issuing,))))
    full = seal_of(richer)
    for _ in range(grammar.MOST_ARCHIVE_STAMPS):
        full = with_archive_timestamp(richer, full, token)
    refused(Refused, "SIGN-143", lambda: with_archive_timestamp(richer, full, token))


def test_only_the_same_signature_is_replaced():
    whole = small()
    other = signed(year_record(), HOMEROOM, PRINCIPAL, SEAL)
    refused(Conflict, "SIGN-136", lambda: replace_signature(whole, stamped(other, [SEAL]).signatures[-1]))
    refused(Conflict, "SIGN-136", lambda: replace_signature(year_record(), seal_of(whole)))
    wrong = replace(seal_of(whole), slot=PRINCIPAL)
    refused(Invalid, "SIGN-150", lambda: stamp_digest(wrong))


def test_an_archive_stamp_over_something_else_is_refused():
    whole = with_lt(stamped(small(), [SEAL]))
    token = tsa().token(bytes(32), SIGNED_AT + HOUR)
    broken = replace_signature(whole, with_archive_timestamp(whole, seal_of(whole), token))
    report = report_on(broken)
    assert (report.verdict, report.signatures[-1].indication) == (Verdict.INVALID, Indication.FAILED)


@pytest.mark.parametrize("name", ["CertificateValues", "RevocationValues"])
def test_evidence_under_an_archive_stamp_cannot_be_changed(name):
    whole = archived(stamped(small(), [SEAL]), SEAL)
    start = seal_of(whole).text.index(f"<xades:{name}>") + 200
    text = seal_of(whole).text
    letter = "A" if text[start] != "A" else "B"
    changed = replace(seal_of(whole), text=f"{text[:start]}{letter}{text[start + 1 :]}")
    report = report_on(replace(whole, signatures=(*whole.signatures[:-1], changed)))
    assert report.verdict is Verdict.INVALID


ORDERS = {
    "evidence without a stamp": lambda stamp, certificates, lists, archive: certificates + lists,
    "an archive stamp alone": lambda stamp, certificates, lists, archive: archive,
    "no revocation data": lambda stamp, certificates, lists, archive: stamp + certificates,
    "no certificates": lambda stamp, certificates, lists, archive: stamp + lists,
    "another order": lambda stamp, certificates, lists, archive: stamp + lists + certificates,
    "the stamp last": lambda stamp, certificates, lists, archive: certificates + lists + stamp,
    "two stamps": lambda stamp, certificates, lists, archive: stamp + stamp,
    "evidence twice": lambda stamp, certificates, lists, archive: stamp + (certificates + lists) * 2,
    "an archive stamp before evidence": lambda stamp, certificates, lists, archive: stamp + archive,
    "seventeen archive stamps": lambda stamp, certificates, lists, archive: (
        stamp + certificates + lists + archive * 17
    ),
    "an unknown property": lambda stamp, certificates, lists, archive: (
        stamp + "<xades:CompleteCertificateRefs></xades:CompleteCertificateRefs>"
    ),
    "an Id": lambda stamp, certificates, lists, archive: stamp.replace(
        "<xades:SignatureTimeStamp>", '<xades:SignatureTimeStamp Id="x">'
    ),
    "OCSP before CRL": lambda stamp, certificates, lists, archive: (
        stamp
        + certificates
        + lists.replace("CRLValues", "X").replace("OCSPValues", "CRLValues").replace("X", "OCSPValues")
    ),
    "inclusive canonicalization": lambda stamp, certificates, lists, archive: stamp.replace(
        "2001/10/xml-exc-c14n#", "TR/2001/REC-xml-c14n-20010315"
    ),
    "base64 written otherwise": lambda stamp, certificates, lists, archive: stamp.replace(
        "</xades:Enc", "=</xades:Enc"
    ),
}


@pytest.mark.parametrize("name", ORDERS)
def test_other_unsigned_properties_are_refused(name):
    whole = archived(stamped(small(), [SEAL]), SEAL)
    unsigned = take_apart(seal_of(whole).text).unsigned
    texts = (unsigned.stamp_text, unsigned.certificate_values, unsigned.revocation_values)
    inner = ORDERS[name](*texts, unsigned.archive_texts[0])
    bare = seal_of(small()).text
    end = "</xades:QualifyingProperties>"
    text = bare.replace(end, grammar.UNSIGNED.write(properties=inner) + end)
    changed = replace(seal_of(whole), text=text)
    report = report_on(replace(whole, signatures=(*whole.signatures[:-1], changed)))
    assert (report.verdict, report.signatures[-1].sub) == (Verdict.INVALID, Sub.FORMAT_FAILURE)
    assert [one.indication for one in report.signatures[:-1]] == [Indication.PASSED] * 2


def test_evidence_in_one_signature_serves_all():
    """Years later, with no revocation data at hand, what the seal carries decides."""
    whole = archived(stamped(small(), [SEAL]), SEAL)
    later = NOW + 400 * DAY
    bare = pki().trust(at=later)
    bare.revocations = type(bare.revocations)()
    assert report_on(stamped(small(), [SEAL]), trust=bare, now=later).verdict is Verdict.UNCERTAIN
    report = report_on(whole, trust=bare, now=later)
    assert {one.best_time for one in report.signatures} == {SIGNED_AT + MINUTE}
    assert report.verdict is Verdict.VALID
