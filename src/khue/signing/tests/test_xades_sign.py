"""Signing in two steps: what is prepared, what a key returns, what is embedded."""

import datetime as dt
from base64 import b64decode
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, utils
from lxml import etree

from khue.core.errors import Conflict, Invalid, KhueError, Refused
from khue.signing.algorithms import Algorithm
from khue.signing.tbs import SlotRef
from khue.signing.tests.xades_world import (
    BINH,
    CODE,
    DAY,
    DUNG,
    HOA,
    HOMEROOM,
    MST,
    NOW,
    ORDER,
    PRINCIPAL,
    SCHOOL,
    SEAL,
    SIGNED_AT,
    TEACHER_1,
    TEACHER_2,
    TEACHER_3,
    complete_record,
    head,
    pair_of,
    pki,
    prepared,
    raw_value,
    record,
    report_on,
    rsa_pair,
    sheet,
    signed,
    year_record,
)
from khue.signing.xades import grammar
from khue.signing.xades.complete import add, complete
from khue.signing.xades.keys import holder_of, path_of, smallest
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import Signer

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"


def refused(kind, code, act):
    with pytest.raises(KhueError) as refusal:
        act()
    assert (type(refusal.value), refusal.value.code) == (kind, code)


def value_for(tbs, slot):
    return raw_value(pair_of(slot).key, tbs)


def test_a_section_is_signed_before_the_record_exists():
    section = sheet("s02", [BINH])
    tbs = prepared(section, TEACHER_3)
    assert (tbs.record_code, tbs.slot, tbs.algorithm) == (CODE, TEACHER_3, Algorithm.ECDSA_P256_SHA256)
    embedded = complete(section, tbs, value_for(tbs, TEACHER_3))
    assert add(record(), embedded).signatures == (embedded,)
    assert prepared(record(), TEACHER_3).digest == tbs.digest


def test_what_is_prepared_is_canonical_and_complete():
    tbs = prepared(signed(record(), *ORDER[:4]), PRINCIPAL, claimed_role="Phó Hiệu trưởng & Bí thư")
    info = etree.fromstring(tbs.signed_info)
    assert etree.tostring(info, method="c14n", exclusive=True) == tbs.signed_info
    references = info.findall(f"{DS}Reference")
    assert [one.get("URI") for one in references] == [
        "#content",
        *(f"#{slot.signature_id}-value" for slot in ORDER[:4]),
        "#sig-principal-properties",
    ]
    assert {one.get("Algorithm") for one in info.iter(f"{DS}Transform")} == {grammar.EXCLUSIVE}
    properties = tbs.signed_properties.decode()
    assert "<xades:SigningTime>2026-12-23T23:30:00Z</xades:SigningTime>" in properties
    assert "<xades:ClaimedRole>principal</xades:ClaimedRole>" in properties
    assert "<xades:ClaimedRole>Phó Hiệu trưởng &amp; Bí thư</xades:ClaimedRole>" in properties
    assert tbs.chain == (pki().issuing,)


def test_signers_of_one_step_do_not_cover_each_other():
    before = prepared(record(), TEACHER_2)
    assert prepared(signed(record(), TEACHER_1, TEACHER_3), TEACHER_2).digest == before.digest


def test_a_signature_is_embedded_as_the_format_says():
    root = etree.fromstring(complete_record().signatures[0].text)
    names = ("SignedInfo", "SignatureValue", "KeyInfo", "Object")
    assert [one.tag for one in root] == [f"{DS}{name}" for name in names]
    certificates = [b64decode(one.text) for one in root.iter(f"{DS}X509Certificate")]
    assert certificates == [pair_of(TEACHER_1).certificate, pki().issuing]
    assert len(b64decode(root.findtext(f"{DS}SignatureValue"))) == 64
    assert root.find(f"{DS}KeyInfo/{DS}KeyValue") is None


@pytest.mark.parametrize("algorithm", [one for one in Algorithm if one is not Algorithm.ECDSA_P384_SHA384])
def test_every_algorithm_of_the_profile_signs(algorithm):
    key, certificate = pair_of(HOMEROOM).key, pair_of(HOMEROOM).certificate
    if algorithm.value.startswith("rsa"):
        bits = 3072 if algorithm is Algorithm.RSA_PSS_SHA256 else 2048
        key, certificate = rsa_pair(DUNG.name, DUNG.identifier, bits)
    tbs = prepared(year_record(), HOMEROOM, certificate=certificate, algorithm=algorithm)
    one = add(year_record(), complete(year_record(), tbs, raw_value(key, tbs)))
    (found,) = report_on(one, complete=False).signatures
    assert (found.indication, found.algorithm) == ("TOTAL_PASSED", algorithm)


def test_p_384_signs_with_sha_384():
    key = ec.generate_private_key(ec.SECP384R1())
    subject = x509.load_der_x509_certificate(pair_of(HOMEROOM).certificate).subject
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        pki()
        .authority()
        .issue(subject, key.public_key(), [(usage, True)], valid_from=NOW - DAY, valid_to=NOW + DAY)
    )
    tbs = prepared(year_record(), HOMEROOM, certificate=certificate)
    assert (tbs.algorithm, len(tbs.digest)) == (Algorithm.ECDSA_P384_SHA384, 48)
    one = add(year_record(), complete(year_record(), tbs, raw_value(key, tbs)))
    assert report_on(one, complete=False).verdict == "valid"


def test_slots_that_cannot_sign_are_refused():
    whole, section = record(), sheet("s01", [HOA])
    third, elsewhere = SlotRef("teacher", "s01", 3), SlotRef("teacher", "s09", 1)
    strange = (third, elsewhere, SlotRef("teacher"), SlotRef("clerk"))
    for target, slot in ((section, TEACHER_2), *((whole, one) for one in strange)):
        with pytest.raises(Refused, match="SIGN-130"):
            prepared_with(target, slot, pair_of(TEACHER_1).certificate)
    for target, slot in ((section, SlotRef("teacher", "s02")), (section, SlotRef("homeroom", "s01")),
                         (section, PRINCIPAL), (section, SlotRef("clerk", "s01"))):  # fmt: skip
        with pytest.raises(Refused, match="SIGN-133"):
            prepared_with(target, slot, pair_of(TEACHER_1).certificate)
    refused(Refused, "SIGN-132", lambda: prepared(whole, HOMEROOM))
    refused(Refused, "SIGN-132", lambda: prepared(signed(whole, *ORDER[:3]), PRINCIPAL))
    refused(Refused, "SIGN-132", lambda: prepared(whole, SEAL))
    refused(Conflict, "SIGN-131", lambda: prepared(complete_record(), TEACHER_1))


def prepared_with(target, slot, certificate, **facts):
    return prepare(target, slot, certificate, (), **{"signing_time": SIGNED_AT, "tbs_id": "1" * 32, **facts})


def test_certificates_that_do_not_fit_are_refused():
    whole = record()
    other = pki().person("Nguyễn Thị Hoa", "CCCD:001099000999").certificate
    school = pair_of(SEAL).certificate
    refused(Refused, "SIGN-163", lambda: prepared_with(whole, TEACHER_1, other))
    refused(Refused, "SIGN-161", lambda: prepared_with(whole, TEACHER_1, school))
    before_seal = signed(whole, *ORDER[:5])
    refused(Refused, "SIGN-162", lambda: prepared_with(before_seal, SEAL, pair_of(PRINCIPAL).certificate))
    stranger = pki().school(SCHOOL, "MST:0107654321").certificate
    refused(Refused, "SIGN-163", lambda: prepared_with(before_seal, SEAL, stranger))
    old = pki().person(HOA.name, HOA.identifier, valid_to=SIGNED_AT - DAY).certificate
    refused(Refused, "SIGN-134", lambda: prepared_with(whole, TEACHER_1, old))
    young = pki().person(HOA.name, HOA.identifier, valid_from=NOW).certificate
    refused(Refused, "SIGN-134", lambda: prepared_with(whole, TEACHER_1, young))
    good, other = pair_of(TEACHER_1).certificate, Algorithm.RSA_SHA256
    refused(Refused, "SIGN-138", lambda: prepared_with(whole, TEACHER_1, good, algorithm=other))
    refused(Invalid, "SIGN-200", lambda: prepared_with(whole, TEACHER_1, b"no certificate"))
    weak = rsa_pair(HOA.name, HOA.identifier, 1024)[1]
    refused(Invalid, "SIGN-001", lambda: prepared_with(whole, TEACHER_1, weak))


def test_names_only_are_enough_to_sign_where_numbers_are_not_known():
    section = sheet("s01", [replace(HOA, identifier="")])
    assert prepared_with(section, TEACHER_1, pair_of(TEACHER_1).certificate)
    accent = sheet("s01", [Signer("", "Nguyên Thị Hoa", 1, "teacher")])
    refused(Refused, "SIGN-163", lambda: prepared_with(accent, TEACHER_1, pair_of(TEACHER_1).certificate))


@pytest.mark.parametrize("role", [" x", "x ", "x\ny", "x\u200by", "x" * 201])
def test_odd_claimed_roles_are_refused(role):
    refused(Invalid, "SIGN-140", lambda: prepared(record(), TEACHER_1, claimed_role=role))


def test_a_time_without_a_zone_is_refused_and_others_become_utc():
    naive = SIGNED_AT.replace(tzinfo=None)
    refused(Invalid, "SIGN-141", lambda: prepared(record(), TEACHER_1, signing_time=naive))
    here = SIGNED_AT.astimezone(dt.timezone(dt.timedelta(hours=7))) + dt.timedelta(milliseconds=7)
    assert prepared(record(), TEACHER_1, signing_time=here).signing_time == SIGNED_AT


def test_only_intermediates_of_the_path_are_embedded():
    leaf, issuing, root = pair_of(SEAL).certificate, pki().issuing, pki().root
    other = pair_of(HOMEROOM).certificate
    assert path_of(leaf, (root, other, issuing)) == (issuing,)
    assert path_of(leaf, (root, other)) == ()
    assert path_of(leaf, ()) == ()


def test_values_that_do_not_fit_are_refused():
    whole = record()
    tbs, other = prepared(whole, TEACHER_1), prepared(whole, TEACHER_2)
    value = value_for(tbs, TEACHER_1)
    swapped = value_for(other, TEACHER_2)
    r, s = utils.decode_dss_signature(value)
    flat = r.to_bytes(32) + s.to_bytes(32)
    assert complete(whole, tbs, value) == complete(whole, tbs, flat)
    refused(Refused, "SIGN-137", lambda: complete(whole, tbs, swapped))
    refused(Refused, "SIGN-137", lambda: complete(whole, other, value))
    refused(Refused, "SIGN-137", lambda: complete(whole, tbs, bytes(64)))
    refused(Refused, "SIGN-137", lambda: complete(whole, tbs, flat[32:] + flat[:32]))
    for cut in (value[:-1], flat[:-1], b"", value * 2):
        refused(Refused, "SIGN-002", lambda cut=cut: complete(whole, tbs, cut))


def test_swapped_and_cut_rsa_values_are_refused():
    key, certificate = rsa_pair(DUNG.name, DUNG.identifier)
    one = year_record()
    tbs = prepared(one, HOMEROOM, certificate=certificate)
    value = raw_value(key, tbs)
    refused(Refused, "SIGN-002", lambda: complete(one, tbs, value[:-1]))
    refused(Refused, "SIGN-137", lambda: complete(one, tbs, value[::-1]))
    later = prepared(one, HOMEROOM, certificate=certificate, signing_time=SIGNED_AT + DAY)
    refused(Refused, "SIGN-137", lambda: complete(one, later, value))


def test_the_smaller_of_two_equal_values_is_embedded():
    tbs = prepared(record(), TEACHER_1)
    r, s = utils.decode_dss_signature(value_for(tbs, TEACHER_1))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    both = [r.to_bytes(32) + one.to_bytes(32) for one in (s, order - s)]
    assert complete(record(), tbs, both[0]) == complete(record(), tbs, both[1])
    key = holder_of(tbs.certificate).key
    assert smallest(key, both[0]) == smallest(key, both[1]) in both


def test_a_record_that_changed_in_between_is_a_conflict():
    whole = record()
    tbs = prepared(whole, TEACHER_1)
    value = value_for(tbs, TEACHER_1)
    other = replace(whole, sections=(sheet("s01", [HOA, replace(BINH, number=2)], 3), *whole.sections[1:]))
    refused(Conflict, "SIGN-136", lambda: complete(other, tbs, value))
    refused(Conflict, "SIGN-136", lambda: add(other, complete(whole, tbs, value)))
    refused(Conflict, "SIGN-136", lambda: complete(sheet("s01", [HOA], code="other"), tbs, value))
    refused(Conflict, "SIGN-131", lambda: complete(signed(whole, TEACHER_1), tbs, value))
    for facts in ({"digest": bytes(32)}, {"signing_time": NOW}, {"record_code": "other"},
                  {"signed_properties": tbs.signed_properties.replace(b"23:30", b"23:31")},
                  {"signed_properties": b"<x/>"}, {"signed_info": tbs.signed_info + b" "},
                  {"certificate": pair_of(TEACHER_2).certificate}):  # fmt: skip
        refused(Conflict, "SIGN-136", lambda facts=facts: complete(whole, replace(tbs, **facts), value))


def test_what_is_known_of_a_record_does_not_outlive_its_change():
    before = signed(year_record(), HOMEROOM)
    known = prepared(before, PRINCIPAL).digest
    assert prepared(before, PRINCIPAL).digest == known
    same = replace(before)
    assert (same, prepared(same, PRINCIPAL).digest) == (before, known)
    for changes in ({"head_text": head(identifier="")}, {"sections": year_record(pupils=1).sections},
                    {"signatures": signed(year_record(), HOMEROOM).signatures}):  # fmt: skip
        assert prepared(replace(before, **changes), PRINCIPAL).digest != known


def test_an_earlier_signature_made_anew_is_a_conflict_for_later_ones():
    before = signed(year_record(), HOMEROOM)
    tbs = prepared(before, PRINCIPAL)
    again = signed(year_record(), HOMEROOM)
    assert again.signatures != before.signatures
    value = value_for(tbs, PRINCIPAL)
    refused(Conflict, "SIGN-136", lambda: complete(again, tbs, value))
    refused(Conflict, "SIGN-136", lambda: add(again, complete(before, tbs, value)))


def test_a_key_that_does_not_fit_the_algorithm_is_refused():
    tbs = replace(prepared(record(), TEACHER_1), algorithm=Algorithm.RSA_SHA256)
    refused(Refused, "SIGN-138", lambda: complete(record(), tbs, bytes(256)))


def test_adding_what_does_not_belong_is_refused():
    whole = complete_record()
    first, last = whole.signatures[0], whole.signatures[-1]
    refused(Conflict, "SIGN-131", lambda: add(whole, first))
    refused(Refused, "SIGN-130", lambda: add(whole, replace(first, slot=SlotRef("clerk"))))
    refused(Refused, "SIGN-132", lambda: add(record(), last))
    refused(Invalid, "SIGN-150", lambda: add(record(), replace(first, slot=TEACHER_2)))
    refused(Invalid, "SIGN-150", lambda: add(record(), replace(first, text=first.text + " ")))
    strange = first.text.replace("ecdsa-sha256", "ecdsa-sha1")
    refused(Invalid, "SIGN-150", lambda: add(record(), replace(first, text=strange)))
    assert head(identifier="") != head(identifier=MST)
    refused(Conflict, "SIGN-136", lambda: add(replace(year_record(), head_text=head()), _foreign()))


def _foreign():
    return signed(year_record(code="other"), HOMEROOM).signatures[0]
