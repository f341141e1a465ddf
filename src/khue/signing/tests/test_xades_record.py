"""Records: how they are built, read back, and whose turn it is."""

from dataclasses import replace

import pytest
from lxml import etree

from khue.core.errors import Invalid, KhueError
from khue.signing.canonical import element
from khue.signing.profile import LARGEST, record_types
from khue.signing.tests.xades_world import (
    BINH,
    CODE,
    DUNG,
    HOA,
    HOMEROOM,
    LAN,
    ORDER,
    PRINCIPAL,
    SEAL,
    TEACHER_1,
    TEACHER_2,
    TEACHER_3,
    complete_record,
    head,
    record,
    report_on,
    sheet,
    sign_all,
    signed,
    stamped,
    summary,
    unsigned,
    year_record,
)
from khue.signing.xades.reading import parse, read, section_of
from khue.signing.xades.record import (
    Record,
    Signer,
    assemble,
    attributes_of,
    build_head,
    build_section,
    check_shape,
    head_of,
    next_slots,
    open_slots,
    replace_section,
    required_slots,
    signers_of,
)


def refused(code, act):
    with pytest.raises(KhueError) as refusal:
        act()
    assert refusal.value.code == code
    return refusal.value.params


def test_a_record_comes_back_as_it_was():
    for one in (record(), signed(record(), TEACHER_2), complete_record(), stamped(complete_record(), ORDER)):
        assert parse(assemble(one)) == one


def test_the_file_is_its_own_canonical_form():
    data = assemble(complete_record())
    root = etree.fromstring(data)
    assert etree.tostring(root, method="c14n", exclusive=True, with_comments=False) == data


def test_parts_alone_are_what_lxml_canonicalizes():
    data = assemble(complete_record())
    source, root = read(data), etree.fromstring(data)
    content, _ = root
    assert source.content == etree.tostring(content, method="c14n", exclusive=True)
    for part in content[1:]:
        wanted = etree.tostring(part, method="c14n", exclusive=True)
        assert source.sections[part.get("Id")] == wanted


def test_signers_and_head_are_read_back():
    odd = Signer('CCCD:"1"&<', 'Đỗ "Thị" <Ân> & Cô\t', 1, "teacher")
    one = sheet("s01", [odd, LAN])
    assert signers_of(one) == (odd, LAN)
    assert attributes_of(one) == {"Id": "s01", "kind": "sheet", "record": CODE, "subject": "Toán"}
    assert head_of(replace(record(), head_text=build_head('"A" & B', "", {"x": None}))) == {
        "school": '"A" & B', "schoolIdentifier": "",
    }  # fmt: skip


def test_a_stored_section_is_read_as_strictly_as_in_a_file():
    one = sheet("s01", [HOA, LAN])
    assert section_of(one.text, CODE) == one
    assert section_of(summary().text, CODE) == summary()
    refused("SIGN-118", lambda: section_of(one.text, "other"))
    refused("SIGN-101", lambda: section_of(one.text.replace("><", ">\n<", 1) + "\n", CODE))
    refused("SIGN-111", lambda: section_of(one.text.replace("><", "><!-- --><", 1), CODE))
    refused("SIGN-114", lambda: section_of(one.text.replace("></kr:Section>", ">x</kr:Section>"), CODE))
    refused("SIGN-114", lambda: section_of(element("Head", {}), CODE))
    refused("SIGN-110", lambda: section_of("<kr:Section>" + "x" * LARGEST, CODE))
    refused("SIGN-121", lambda: section_of(one.text.replace('"Toán"', '"Toán" xml:lang="vi"'), CODE))
    inner = element("Group", {}, one.text)
    nested = build_section("s02", "sheet", CODE, [BINH], {}, inner)
    refused("SIGN-114", lambda: section_of(nested.text, CODE))
    refused("SIGN-112", lambda: section_of(build_section("s02", "sheet", CODE, [BINH], {}, "<").text, CODE))


def test_a_section_keeps_its_own_attributes():
    for name in ("Id", "kind", "record", "id", "ID"):
        refused("SIGN-115", lambda name=name: build_section("s01", "sheet", CODE, [HOA], {name: "x"}))


def changed(**facts) -> Record:
    return replace(record(), **facts)


BAD_SHAPES = {
    "type": ("SIGN-117", lambda: changed(type="transcript")),
    "code": ("SIGN-115", lambda: changed(code="a b")),
    "no school": ("SIGN-115", lambda: changed(head_text=element("Head", {"schoolIdentifier": ""}))),
    "no identifier": ("SIGN-115", lambda: changed(head_text=element("Head", {"school": "A"}))),
    "not a head": ("SIGN-115", lambda: changed(head_text=element("Pupil", {}))),
    "no sheet": ("SIGN-119", lambda: changed(sections=(summary(),))),
    "no summary": ("SIGN-119", lambda: changed(sections=(sheet("s01", [HOA]),))),
    "two summaries": ("SIGN-119", lambda: changed(sections=(*record().sections, summary("s04")))),
    "kinds out of order": ("SIGN-114", lambda: changed(sections=(summary(), sheet("s01", [HOA])))),
    "one Id twice": ("SIGN-116", lambda: changed(sections=(sheet("s03", [HOA]), summary()))),
    "the Id of the content": (
        "SIGN-116", lambda: changed(sections=(sheet("content", [HOA]), summary()))
    ),
    "an Id like that of a signature": (
        "SIGN-116", lambda: changed(sections=(sheet("sig-school", [HOA]), summary()))
    ),
    "an unknown kind": (
        "SIGN-115",
        lambda: changed(sections=(build_section("s01", "page", CODE, [HOA], {}), summary())),
    ),
    "another record's section": (
        "SIGN-118", lambda: changed(sections=(sheet("s01", [HOA], code="other"), summary()))
    ),
    "no signer": ("SIGN-120", lambda: changed(sections=(sheet("s01", []), summary()))),
    "wrong role": ("SIGN-120", lambda: changed(sections=(sheet("s01", [DUNG]), summary()))),
    "wrong number": ("SIGN-120", lambda: changed(sections=(sheet("s01", [LAN]), summary()))),
    "numbers twice": ("SIGN-120", lambda: changed(sections=(sheet("s01", [HOA, HOA]), summary()))),
    "the text says otherwise": (
        "SIGN-115",
        lambda: changed(sections=(replace(sheet("s01", [HOA]), id="s02"), summary())),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_SHAPES)
def test_another_shape_is_refused(name):
    code, make = BAD_SHAPES[name]
    refused(code, lambda: check_shape(make()))
    if name not in {"the text says otherwise", "not a head"}:  # a file is taken apart by its tags
        refused(code, lambda: parse(assemble(make())))


def test_whose_turn_it_is():
    one = record()
    assert required_slots(one) == list(ORDER)
    assert next_slots(one) == [TEACHER_1, TEACHER_2, TEACHER_3]
    one = signed(one, TEACHER_3, TEACHER_1)
    assert [item.slot for item in one.signatures] == [TEACHER_1, TEACHER_3]
    assert open_slots(one) == [TEACHER_2, HOMEROOM, PRINCIPAL, SEAL]
    assert next_slots(one) == [TEACHER_2]
    one = signed(one, TEACHER_2)
    assert next_slots(one) == [HOMEROOM]
    one = signed(one, HOMEROOM)
    assert next_slots(one) == [PRINCIPAL]
    one = signed(one, PRINCIPAL, SEAL)
    assert next_slots(one) == open_slots(one) == []


def test_nobody_signs_the_whole_before_it_is_there():
    early = signed(replace(record(), sections=record().sections[:2]), *ORDER[:3])
    assert next_slots(early) == []
    assert open_slots(early) == [PRINCIPAL, SEAL]
    assert next_slots(replace(early, sections=record().sections)) == [HOMEROOM]


def test_who_may_but_need_not_sign_does_so_before_later_steps():
    kind = record_types()["gradebook-year"]
    homeroom, principal, school = kind.slots
    types = {kind.code: replace(kind, slots=(homeroom, replace(principal, required=False), school))}
    one = signed(year_record(), HOMEROOM)
    assert next_slots(one, types) == [PRINCIPAL, SEAL]
    assert required_slots(one, types) == [HOMEROOM, SEAL]


def test_a_corrected_section_drops_its_signatures_and_later_ones_only():
    corrected = sheet("s01", [HOA], pupils=3)
    one = replace_section(complete_record(), corrected)
    assert [item.slot for item in one.signatures] == [TEACHER_3]
    assert one.sections[0] == corrected
    assert next_slots(one) == [TEACHER_1]
    again = sign_all(one)
    assert report_on(again).verdict == "valid"
    assert again.signatures[1] in complete_record().signatures

    total = build_section("s03", "summary", CODE, [DUNG], {}, element("Total", {"good": "13"}))
    one = replace_section(complete_record(), total)
    assert [item.slot for item in one.signatures] == [TEACHER_1, TEACHER_2, TEACHER_3]
    refused("SIGN-116", lambda: replace_section(one, sheet("s09", [HOA])))
    with pytest.raises(Invalid):
        replace_section(one, summary("s03", code="other"))


def test_a_whole_record_without_signatures_is_a_file_too():
    one = unsigned(complete_record())
    assert parse(assemble(one)) == one == record()
    assert assemble(year_record()).endswith(b"</kr:Content><kr:Signatures></kr:Signatures></kr:Record>")
    assert head() in assemble(year_record()).decode()
