"""Files in which every value is genuine but that are not what they should be: made by people with keys."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from khue.signing.foreign.layout import available
from khue.signing.foreign.prepare import complete, open_form, prepare
from khue.signing.foreign.verify import verify_foreign
from khue.signing.report import Report, Verdict
from khue.signing.tests.foreign_files import (
    DS,
    ENVELOPED,
    EXC,
    INC,
    NOW,
    PLAIN,
    Cast,
    FakeTrust,
    Paper,
    Tool,
    b64,
    c14n,
    cast,
    raw,
    sign,
    signed,
    written,
)  # fmt: skip

LAYOUTS = available()
GVBM = "DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM"
PAPER = Paper()
INVALID, UNCERTAIN = Verdict.INVALID, Verdict.UNCERTAIN


@pytest.fixture(scope="module")
def school() -> Cast:
    return cast("ec", 4)


def checked(data: bytes, people: Cast, **known) -> Report:
    return verify_foreign(data, trust=FakeTrust(people.issuer), now=NOW, layouts=LAYOUTS, **known)


def codes(report: Report) -> set[str]:
    found = [*report.findings, *(one for each in report.signatures for one in each.findings)]
    return {one.code for one in found}


def made_by(people: Cast, paper: Paper, targets: dict[str, str], **tools: Tool) -> bytes:
    root = etree.fromstring(paper.text())
    for role, key, path, target in paper.slots():
        wanted = targets.get(key or role, target)
        sign(root, path, wanted, people.of(role, key), tools.get(role, PLAIN))
    return written(root, paper)


@pytest.mark.parametrize(
    "targets", [{"GV01": "mon02"}, {"GV01": "data"}, {"homeroom": "mon01"}, {"principal": "thongtinhocba"},
                {"school": "thongtinhocba"}, {"school": "mon01"}],
)  # fmt: skip
def test_a_signature_over_another_section(school: Cast, targets: dict[str, str]) -> None:
    report = checked(made_by(school, PAPER, targets), school)
    assert report.verdict is INVALID
    assert "SIGN-645" in codes(report)
    wrong = [one for one in report.signatures if not one.position_ok]
    assert len(wrong) == 1
    assert wrong[0].intact
    assert wrong[0].valid


def test_an_empty_address_over_the_whole_document(school: Cast) -> None:
    report = checked(made_by(school, PAPER, {}, school=Tool(transforms=(ENVELOPED, EXC), uri="")), school)
    assert report.verdict is UNCERTAIN
    assert "SIGN-638" in codes(report)


def test_a_section_that_is_signed_but_lies_outside_the_content(school: Cast) -> None:
    paper = Paper(extra='<DIEM_TONG_KET Id="mon99"><CN>10</CN><GVBM Id="GV01"></GVBM></DIEM_TONG_KET>')
    assert checked(signed(paper, school), school).verdict is INVALID


def test_a_subject_that_no_teacher_signed_but_the_principal_did(school: Cast) -> None:
    paper = Paper(section='<DIEM_TONG_KET Id="mon99"><CN>10</CN></DIEM_TONG_KET>')
    report = checked(signed(paper, school), school)
    assert report.verdict is INVALID
    assert codes(report) == {"SIGN-625"}


def test_a_subject_of_a_teacher_who_signed_only_another(school: Cast) -> None:
    paper = Paper(section='<DIEM_TONG_KET Id="mon99"><CN>10</CN><GVBM Id="GV01"></GVBM></DIEM_TONG_KET>')
    report = checked(signed(paper, school), school)
    assert report.verdict is INVALID
    assert codes(report) == {"SIGN-628"}
    root = etree.fromstring(paper.text())
    for role, key, path, target in paper.slots():
        for wanted in (target, "mon99") if key == "GV01" else (target,):
            sign(root, path, wanted, school.of(role, key))
    assert checked(etree.tostring(root), school).verdict is Verdict.VALID  # two signatures in one slot


def test_the_school_in_place_of_the_principal_and_the_other_way(school: Cast) -> None:
    for swapped in (replace(school, principal=school.school), replace(school, school=school.principal)):
        report = checked(signed(PAPER, swapped), school)
        assert report.verdict is INVALID
        assert codes(report) == {"SIGN-655"}
        assert [one.role_ok for one in report.signatures].count(False) == 1


def test_a_certificate_without_numbers_is_not_certain(school: Cast) -> None:
    nameless = school.issuer.give(ec.generate_private_key(ec.SECP256R1()), "Trường A", "A.12")
    report = checked(signed(PAPER, replace(school, school=nameless)), school)
    assert report.verdict is UNCERTAIN


@pytest.mark.parametrize("xades", ["", "v2", "v1"])
def test_another_certificate_of_the_same_key(school: Cast, xades: str) -> None:
    """Only XAdES binds the certificate; without it a second certificate of the key cannot be told apart."""
    other = school.issuer.give(school.homeroom.key, "Người Khác", "CCCD:001099000055")
    data = made_by(school, PAPER, {}, homeroom=Tool(xades=xades, certificate=other.certificate))
    report = checked(data, school)
    assert report.verdict is (INVALID if xades else Verdict.VALID)
    assert ("SIGN-654" in codes(report)) == bool(xades)


def test_a_certificate_of_another_key(school: Cast) -> None:
    data = made_by(school, PAPER, {}, homeroom=Tool(certificate=school.principal.certificate))
    report = checked(data, school)
    assert report.verdict is INVALID
    assert codes(report) == {"SIGN-652"}


def test_two_possible_leaves(school: Cast) -> None:
    person = replace(school.homeroom, chain=(school.principal.certificate,))
    report = checked(signed(PAPER, replace(school, homeroom=person)), school)
    assert report.verdict is UNCERTAIN
    assert codes(report) == {"SIGN-653"}
    broken = replace(school.homeroom, chain=(b"\x30\x00",))
    assert codes(checked(signed(PAPER, replace(school, homeroom=broken)), school)) == {"SIGN-653"}


@pytest.mark.parametrize("key", ["RSA 1024", "secp256k1", "P-521"])
def test_keys_that_are_too_weak_or_unknown(school: Cast, key: str) -> None:
    made_key = {
        "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
        "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
        "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    }[key]()
    weak = school.issuer.give(made_key, "Khoá Yếu", "CCCD:001099000066")
    report = checked(signed(PAPER, replace(school, homeroom=weak)), school)
    assert report.verdict is UNCERTAIN
    assert codes(report) == {"SIGN-651"}
    assert not next(one for one in report.signatures if one.role == "homeroom").valid


def test_sha_1_throughout(school: Cast) -> None:
    people = replace(school, homeroom=school.issuer.give(
        rsa.generate_private_key(65537, 2048), "Trần Thị Cũ", "CCCD:001099000044"
    ))  # fmt: skip
    data = made_by(people, PAPER, {}, homeroom=Tool(digest="sha1", sign="sha1"))
    assert checked(data, people).verdict is UNCERTAIN


def test_an_hmac_with_the_public_key_as_secret(school: Cast) -> None:
    root = etree.fromstring(signed(PAPER, school))
    signature = root.find(".//KY_PHAT_HANH")[0]
    signature[0][1].set("Algorithm", f"{DS}hmac-sha256")
    secret = school.school.certificate
    signature[1].text = b64(hmac.new(secret, c14n(signature[0], EXC), hashlib.sha256).digest())
    assert checked(etree.tostring(root), school).verdict is INVALID


def test_an_xpath_that_leaves_nothing_to_sign(school: Cast) -> None:
    xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116"
    tool = Tool(transforms=(xpath, EXC), inner={xpath: f'<d:XPath xmlns:d="{DS}">false()</d:XPath>'})
    report = checked(made_by(school, PAPER, {}, school=tool), school)
    assert report.verdict is UNCERTAIN
    assert not report.content.startswith(b"<KHAC")


def test_inclusive_namespaces_are_a_parameter_that_we_do_not_know(school: Cast) -> None:
    inner = {EXC: f'<e:InclusiveNamespaces xmlns:e="{EXC}" PrefixList="xsi"/>'}
    assert codes(checked(made_by(school, PAPER, {}, school=Tool(inner=inner)), school)) == {"SIGN-634"}


@pytest.mark.parametrize("name", ["lang", "space", "base"])
def test_inherited_xml_attributes(school: Cast, name: str) -> None:
    """Inclusive C14N would copy them down; lxml does not, so a file could read as signed that is not."""
    data = signed(PAPER, school, Tool(INC, (INC,)))
    assert checked(data, school).verdict is Verdict.VALID
    report = checked(data.replace(b"<HOC_BA", f'<HOC_BA xml:{name}="x"'.encode(), 1), school)
    assert report.verdict is UNCERTAIN
    assert "SIGN-611" in codes(report)
    assert report.content == b""
    exclusive = signed(Paper(root=f' xml:{name}="x"'), school)
    assert codes(checked(exclusive, school)) == {"SIGN-621"}


def test_enveloped_signature_on_its_own_properties(school: Cast) -> None:
    """It takes the whole signature out, so that nothing of the properties is signed."""
    root = etree.fromstring(PAPER.text())
    for role, key, path, target in PAPER.slots():
        made_one = sign(root, path, target, school.of(role, key), Tool(xades="v2"))
        if role == "school":
            reference = made_one[0][-1]
            transform = etree.Element(f"{{{DS}}}Transform", Algorithm=ENVELOPED)
            reference[0].insert(0, transform)
            made_one[1].text = b64(raw(school.school, "sha256", c14n(made_one[0], EXC)))
    report = checked(etree.tostring(root), school)
    assert report.verdict is UNCERTAIN
    assert codes(report) == {"SIGN-658"}


def test_a_manifest_does_not_stand_for_what_it_lists(school: Cast) -> None:
    root = etree.fromstring(PAPER.text())
    for role, key, path, target in PAPER.slots():
        if role != "school":
            sign(root, path, target, school.of(role, key))
            continue
        made_one = sign(root, path, target, school.of(role, key))
        manifest = etree.fromstring(f'<d:Object xmlns:d="{DS}" Id="m"><d:Manifest/></d:Object>')
        made_one.append(manifest)
        made_one[0][-1].set("URI", "#m")
        made_one[0][-1][-1].text = b64(hashlib.sha256(c14n(manifest, EXC)).digest())
        made_one[1].text = b64(raw(school.school, "sha256", c14n(made_one[0], EXC)))
    report = checked(etree.tostring(root), school)
    assert report.verdict is UNCERTAIN
    assert codes(report) == {"SIGN-642"}


def test_our_chain_notices_a_signature_that_was_taken_out_and_put_back(school: Cast) -> None:
    """The later signatures cover the values of the earlier ones, so a re-made one breaks them."""
    data = c14n(etree.fromstring(PAPER.text()), EXC)
    form = open_form(data, LAYOUTS[0])
    for cell in form.cells:
        person = school.of(cell.ref.role, cell.ref.section)
        known = {"certificate": person.certificate, "chain": person.chain}
        tbs = prepare(form, cell.ref, **known, signing_time=NOW, tbs_id="0" * 32)
        form = complete(form, tbs, raw(person, "sha256", tbs.signed_info))
    assert checked(form.data, school).verdict is Verdict.VALID
    root = etree.fromstring(form.data)
    slot = root.find(GVBM)
    slot.remove(slot[0])
    sign(root, GVBM, "mon01", school.teachers["GV01"])
    report = checked(etree.tostring(root), school)
    assert report.verdict is INVALID
    assert [one.position_ok for one in report.signatures] == [True, True, True, False, False, False]
    first = re.search(rb"<ds:Signature .*?</ds:Signature>", form.data)[0]
    late = form.data.replace(b'<GVBM Id="GV03">', b'<GVBM Id="GV03">' + first)
    assert checked(late, school).verdict is INVALID
