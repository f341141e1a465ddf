"""What is kept between the two steps of signing changes no byte, and nothing is believed because of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

from khue.core.errors import Invalid, KhueError
from khue.signing.algorithms import Algorithm, is_genuine, proven_value, xml_value
from khue.signing.signers.pkcs12 import LocalKey
from khue.signing.tests.xades_world import (
    BINH,
    DUNG,
    HOMEROOM,
    PRINCIPAL,
    SEAL,
    SIGNED_AT,
    TEACHER_1,
    TEACHER_3,
    pair_of,
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
from khue.signing.xades.keys import encode, smallest
from khue.signing.xades.reading import parse, section_of
from khue.signing.xades.record import (
    assemble,
    layout_of,
    open_section,
    places_of,
    shape_of,
)
from khue.signing.xades.references import signed_info_of, value_digest
from khue.signing.xades.task import task_of

DIGEST = bytes(range(32))
ROLES = ("", "Phó Hiệu trưởng", "100 % %s %(a)s {id} {}", "Tổ trưởng & <bí thư>")


def keys():
    rsa_key = rsa.generate_private_key(65537, 2048)
    return [
        (ec.generate_private_key(ec.SECP256R1()), Algorithm.ECDSA_P256_SHA256),
        (ec.generate_private_key(ec.SECP384R1()), Algorithm.ECDSA_P384_SHA384),
        (rsa_key, Algorithm.RSA_SHA256),
        (rsa_key, Algorithm.RSA_SHA512),
    ]


def step_by_step(key, algorithm, digest, raw):
    value = smallest(key, xml_value(key, raw))
    return value if is_genuine(key, algorithm, digest, value) else None


def outcome(act, *given):
    try:
        return act(*given)
    except KhueError as refusal:
        return type(refusal), refusal.code, refusal.params


def variants(raw, size):
    """A value as it came, in its other form, with the other s, and spoilt in several ways."""
    yield from (raw, raw[:-1], raw + b"\0", b"", raw[::-1], bytes(len(raw)), bytes(2 * size))
    for at in range(0, len(raw), 5):
        yield raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def forms(raw, key):
    order = {"secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551}
    r, s = utils.decode_dss_signature(raw)
    size = (key.curve.key_size + 7) // 8
    n = order.get(key.curve.name, s + 1)
    for one in (s, n - s, s + n, 0, n):
        yield utils.encode_dss_signature(r, one)
        yield r.to_bytes(size) + (one % (1 << 8 * size)).to_bytes(size)
    yield utils.encode_dss_signature(r + (1 << 8 * size), s)


@pytest.mark.parametrize(("key", "algorithm"), keys(), ids=lambda one: getattr(one, "value", ""))
def test_a_returned_value_is_proven_as_its_three_steps_would(key, algorithm):
    digest = DIGEST * 2 if algorithm is Algorithm.RSA_SHA512 else DIGEST[:32]
    digest = (DIGEST * 2)[:48] if algorithm is Algorithm.ECDSA_P384_SHA384 else digest
    public, raw = key.public_key(), LocalKey(key, b"").sign(algorithm, digest)
    good = proven_value(public, algorithm, digest, raw)
    assert good is not None
    assert good == step_by_step(public, algorithm, digest, raw)
    given = [*variants(raw, 32)]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        given += [*variants(xml_value(public, raw), 32), *forms(raw, key)]
    seen = set()
    for other, text in product(given, (digest, digest[::-1])):
        found = outcome(proven_value, public, algorithm, text, other)
        assert found == outcome(step_by_step, public, algorithm, text, other)
        seen.add(found if found in (good, None) else found[:2])
    assert seen == {good, None, (Invalid, "SIGN-002")}


def test_a_key_on_the_server_draws_another_number_each_time():
    key = pair_of(HOMEROOM).key
    local = LocalKey(key, pair_of(HOMEROOM).certificate)
    values = {local.sign(Algorithm.ECDSA_P256_SHA256, DIGEST) for _ in range(4)}
    assert len(values) == 4
    assert len({utils.decode_dss_signature(one)[0] for one in values}) == 4
    assert all(proven_value(key.public_key(), Algorithm.ECDSA_P256_SHA256, DIGEST, one) for one in values)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("slot", [TEACHER_1, HOMEROOM, PRINCIPAL, SEAL])
def test_what_was_stored_gives_the_same_bytes_as_what_was_kept(slot, role):
    before = [one.ref for one in places_of(record()) if one.slot.step < layout_step(slot)]
    kept = signed(record(), *before)
    tbs = prepared(kept, slot, claimed_role=role)
    value = raw_value(pair_of(slot).key, tbs)
    embedded = complete(kept, tbs, value)
    stored, again = replace(tbs), replace(kept)
    assert stored is not tbs
    assert task_of(again, slot).made is None
    assert complete(again, stored, value) == complete(kept, stored, value) == embedded
    taken = replace(embedded)  # nothing is known of it
    assert assemble(add(kept, embedded)) == assemble(add(again, taken)) == assemble(add(again, embedded))


def layout_step(slot):
    layout = layout_of(record())
    return layout.places[layout.order[slot]].slot.step


@pytest.mark.parametrize("role", ROLES)
def test_the_text_with_holes_is_the_text_of_the_templates(role):
    whole = signed(year_record(), HOMEROOM)
    tbs = prepared(whole, PRINCIPAL, claimed_role=role)
    one = complete(whole, tbs, raw_value(pair_of(PRINCIPAL).key, tbs))
    parts = grammar.SIGNATURE.read(one.text)
    properties = tbs.signed_properties.decode()
    first = grammar.SIGNATURE.read(whole.signatures[0].text)
    covered = [(first["id"], value_digest(first["id"], first["value"]))]
    task = task_of(whole, PRINCIPAL)
    wanted = signed_info_of(parts["id"], tbs.algorithm, (task.data, task.values[0]), covered, properties)
    assert (parts["signed_info"], parts["properties"]) == (wanted, properties)
    assert grammar.alone(wanted, grammar.IN_SIGNED_INFO).encode() == tbs.signed_info
    assert one.text == grammar.SIGNATURE.write(**parts)


def test_of_two_that_were_prepared_for_a_slot_each_keeps_its_own_facts():
    one = year_record()
    key, certificate = rsa_pair(DUNG.name, DUNG.identifier)
    first = prepared(one, HOMEROOM, certificate=certificate)
    later = prepared(one, HOMEROOM, signing_time=SIGNED_AT + dt.timedelta(minutes=1))
    assert task_of(one, HOMEROOM).made.tbs is later
    for tbs, own in ((first, key), (later, pair_of(HOMEROOM).key)):
        embedded = complete(one, tbs, raw_value(own, tbs))
        (found,) = report_on(add(one, embedded), complete=False).signatures
        assert (found.indication, found.algorithm) == ("TOTAL_PASSED", tbs.algorithm)
        assert found.claimed_time == tbs.signing_time
        assert encode(tbs.certificate) in embedded.text


def test_a_section_signed_alone_fits_into_a_record_that_was_read():
    section = section_of(sheet("s02", [BINH]).text, record().code)
    tbs = prepared(section, TEACHER_3)
    value = raw_value(pair_of(TEACHER_3).key, tbs)
    embedded = complete(section, tbs, value)
    assert complete(replace(section), replace(tbs), value) == embedded
    whole = signed(record(), TEACHER_1)
    assert add(parse(assemble(whole)), embedded) == add(whole, embedded)


OPENINGS = (
    '<kr:Section Id="s01" kind="sheet" record="x">',
    '<kr:Section Id="s01" a="kind=" kind="sheet" name="Toán &amp; Tin" record="x">',
    '<kr:Section A="1" Id="s01" kind="sheet" record="x">',
    '<kr:Section Id="s01" b="> kind=" kind="sh&amp;et" record="x">',
    '<kr:Section Id="s&lt;1" kind="sheet">',
    '<kr:Section kind="sheet">',
    '<kr:Section Id="s01">',
)
NAMING = '<kr:Signer identifier="" name="An &amp; Bình" number="1" role="teacher"></kr:Signer>'


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("signers", ["", NAMING, NAMING + NAMING.replace('"1"', '"2"')])
def test_the_shape_of_a_section_is_what_opening_it_says(opening, signers):
    text = f"{opening}{signers}<kr:Note>{NAMING}</kr:Note></kr:Section>"
    opened = open_section(text)
    quick = shape_of(replace(opened.section))
    assert quick == (opened.section.id, opened.section.kind, opened.naming)
    assert quick == shape_of(opened.section)
    assert opened.naming == signers
    assert len(opened.signers) == signers.count("<kr:Signer ")
