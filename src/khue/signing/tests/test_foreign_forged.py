"""Forged and strange files: none is valid, and nothing of a forged one is shown."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from khue.signing.foreign.layout import available
from khue.signing.foreign.verify import verify_foreign
from khue.signing.profile import LARGEST
from khue.signing.report import Report, Verdict
from khue.signing.tests.foreign_files import (
    DS,
    EXC,
    NOW,
    SHA,
    XADES,
    Cast,
    FakeTrust,
    Paper,
    Tool,
    b64,
    cast,
    signed,
)  # fmt: skip

LAYOUTS = available()
SIGNATURE, INFO, REFERENCE = (f".//{{{DS}}}{name}" for name in ("Signature", "SignedInfo", "Reference"))
KEY_INFO, VALUE = f".//{{{DS}}}KeyInfo", f".//{{{DS}}}SignatureValue"
TR = "http://www.w3.org/TR/1999"
GVBM = "DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM"
PAPER = Paper()
Change = Callable[[etree._Element], object]


@pytest.fixture(scope="module")
def school() -> Cast:
    return cast("ec", 4)


@pytest.fixture(scope="module")
def honest(school: Cast) -> bytes:
    data = signed(PAPER, school, Tool(xades="v2"))
    assert checked(data, school).verdict is Verdict.VALID
    return data


def checked(data: bytes, people: Cast, **known) -> Report:
    return verify_foreign(data, trust=FakeTrust(people.issuer), now=NOW, layouts=LAYOUTS, **known)


def codes(report: Report) -> set[str]:
    found = [*report.findings, *(one for each in report.signatures for one in each.findings)]
    return {one.code for one in found}


def made(text: str) -> etree._Element:
    return etree.fromstring(text)


def swap_slots(root: etree._Element) -> None:
    one, two = root.findall(GVBM)[:2]
    first, second = one[0], two[0]
    one.append(second)
    two.append(first)


def swap_names(root: etree._Element) -> None:
    one, two = root.findall(GVBM)[:2]
    one.set("Id", "GV02")
    two.set("Id", "GV01")


def wrap_content(root: etree._Element) -> None:
    """The classic: the signed element moves aside, another takes its place."""
    content = root.find("DU_LIEU_HOC_BA")
    evil = copy.deepcopy(content)
    evil.find(".//HO_TEN").text = "Kẻ Gian"
    root.replace(content, evil)
    root.append(made("<KHAC/>"))
    root[-1].append(content)
    evil.set("Id", "data2")


def wrap_in_object(root: etree._Element) -> None:
    """The signed element moves into a ds:Object of the signature over it."""
    content = root.find("DU_LIEU_HOC_BA")
    evil = copy.deepcopy(content)
    for one in evil.iter():
        if "Id" in one.attrib:
            one.set("Id", "x" + one.get("Id"))
    root.replace(content, evil)
    holder = etree.SubElement(root.find(".//KY_PHAT_HANH")[0], f"{{{DS}}}Object")
    holder.append(content)


def wrap_inside(root: etree._Element) -> None:
    """The signed section stays, hidden in a new one with the same Id."""
    section = root.find(".//DIEM_TONG_KET")
    evil = copy.deepcopy(section)
    evil.find("CN").text = "10"
    section.getparent().replace(section, evil)
    evil.append(section)


def move_section_out(root: etree._Element) -> None:
    root.append(root.find(".//DIEM_TONG_KET"))


def move_head_out(root: etree._Element) -> None:
    root.find("DANH_SACH_THONG_TIN_KY").append(root.find(".//THONG_TIN_CHUNG"))


def move_signature(root: etree._Element) -> None:
    root.find("PHAT_HANH_HOC_BA").append(root.find(".//KY_PHAT_HANH")[0])


def second_slot(root: etree._Element) -> None:
    root.find("PHAT_HANH_HOC_BA").append(copy.deepcopy(root.find(".//KY_PHAT_HANH")))


def slot_under_both_names(root: etree._Element) -> None:
    root.find("PHAT_HANH_HOC_BA").append(made("<CHUKYDONVI/>"))


def cut_slots(root: etree._Element) -> None:
    root.remove(root.find("PHAT_HANH_HOC_BA"))


def set_text(path: str, text: str) -> Change:
    def change(root: etree._Element) -> None:
        root.find(path).text = text

    return change


def set_attribute(path: str, name: str, value: str) -> Change:
    def change(root: etree._Element) -> None:
        root.find(path).set(name, value)

    return change


def set_algorithm(tag: str, uri: str) -> Change:
    def change(root: etree._Element) -> None:
        next(root.iter(f"{{{DS}}}{tag}")).set("Algorithm", uri)

    return change


def add(path: str, text: str) -> Change:
    def change(root: etree._Element) -> None:
        root.find(path).append(made(text))

    return change


def drop(path: str) -> Change:
    def change(root: etree._Element) -> None:
        found = root.find(path)
        found.getparent().remove(found)

    return change


def comment_in_digits(root: etree._Element) -> None:
    """Verifies everywhere, because comments are not signed; a careless reader sees «7» and not «7.1»."""
    mark = root.find(".//DIEM_TONG_KET/CN")
    mark.text, note = "7", etree.Comment("")
    note.tail = ".1"
    mark.append(note)


def instruction(root: etree._Element) -> None:
    root.addprevious(etree.ProcessingInstruction("xml-stylesheet", 'href="evil.xsl"'))


def drop_properties_reference(root: etree._Element) -> None:
    for one in root.iter(f"{{{DS}}}Reference"):
        if one.get("Type"):
            one.getparent().remove(one)
            return


def change_time(root: etree._Element) -> None:
    next(root.iter(f"{{{XADES}}}SigningTime")).text = "2020-01-01T00:00:00Z"


INVALID, UNCERTAIN = Verdict.INVALID, Verdict.UNCERTAIN
FORGED: dict[str, tuple[Change, Verdict, str]] = {
    # what was signed is changed
    "a mark": (set_text(".//DIEM_TONG_KET/CN", "9.9"), INVALID, "SIGN-650"),
    "a name with a space more": (set_text(".//HO_TEN", "Hoàng Thị  Mai"), INVALID, "SIGN-650"),
    "a name with another space": (set_text(".//HO_TEN", "Hoàng Thị\u00a0Mai"), INVALID, "SIGN-650"),
    "a name with a zero-width space": (set_text(".//HO_TEN", "Hoàng Thị\u200b Mai"), INVALID, "SIGN-650"),
    "a result": (set_text(".//KET_QUA", "Tốt"), INVALID, "SIGN-650"),
    "an attribute": (set_attribute(".//DIEM_TONG_KET", "loai", "2"), INVALID, "SIGN-650"),
    "a subject more": (
        add(".//DANH_SACH_DIEM", '<DIEM_TONG_KET Id="mon88"><CN>10</CN></DIEM_TONG_KET>'), INVALID, "SIGN-625"
    ),
    "a subject less": (drop(".//DIEM_TONG_KET"), INVALID, "SIGN-650"),
    "another teacher": (set_attribute(".//DIEM_TONG_KET/GVBM", "Id", "GV04"), INVALID, "SIGN-624"),
    "a comment in digits": (comment_in_digits, INVALID, "SIGN-606"),
    "a comment in a signature": (
        lambda root: root.find(VALUE).append(etree.Comment("x")), INVALID, "SIGN-606"
    ),
    # wrapping
    "the content in a wrapper": (wrap_content, INVALID, "SIGN-613"),
    "the content in an Object": (wrap_in_object, INVALID, "SIGN-613"),
    "a section in a section": (wrap_inside, INVALID, "SIGN-610"),
    "a section moved out": (move_section_out, INVALID, "SIGN-614"),
    "the head moved out": (move_head_out, INVALID, "SIGN-618"),
    "a second content": (add(".", '<DU_LIEU_HOC_BA Id="x"/>'), INVALID, "SIGN-613"),
    "a section outside": (add(".", '<DIEM_TONG_KET Id="x"/>'), INVALID, "SIGN-614"),
    # Ids
    "an Id twice": (set_attribute(".//DIEM_TONG_KET[2]", "Id", "mon01"), INVALID, "SIGN-610"),
    "an Id under another spelling": (set_attribute(".//KET_QUA", "ID", "data"), INVALID, "SIGN-610"),
    "an xml:id": (
        set_attribute(".//KET_QUA", "{http://www.w3.org/XML/1998/namespace}id", "data"), INVALID, "SIGN-610"
    ),
    "two Ids on one element": (set_attribute("DU_LIEU_HOC_BA", "id", "other"), INVALID, "SIGN-609"),
    "a teacher called as a section": (set_attribute(GVBM, "Id", "mon01"), INVALID, "SIGN-610"),
    "space in an Id": (set_attribute(".//THONG_TIN_CHUNG", "Id", " thongtinhocba"), INVALID, "SIGN-609"),
    "no Id": (lambda root: root.find("DU_LIEU_HOC_BA").attrib.pop("Id"), INVALID, "SIGN-613"),
    # slots
    "two slots swapped": (swap_slots, INVALID, "SIGN-645"),
    "two slots renamed": (swap_names, INVALID, "SIGN-645"),
    "a slot twice": (second_slot, INVALID, "SIGN-616"),
    "a slot under both names": (slot_under_both_names, INVALID, "SIGN-616"),
    "a signature outside its slot": (move_signature, INVALID, "SIGN-619"),
    "the last slots cut off": (cut_slots, INVALID, "SIGN-624"),
    "the school's signature cut off": (
        lambda root: root.find(".//KY_PHAT_HANH").clear(), INVALID, "SIGN-624"
    ),
    "a slot for a stranger": (
        lambda root: root.find(GVBM).getparent().append(copy.deepcopy(root.find(GVBM))), INVALID, "SIGN-616"
    ),
    "a signature twice in its slot": (
        lambda root: root.find(GVBM).append(copy.deepcopy(root.find(GVBM)[0])), INVALID, "SIGN-610"
    ),
    # outside what is signed
    "a note beside the content": (add(".", "<GHI_CHU>Bản chính</GHI_CHU>"), UNCERTAIN, "SIGN-621"),
    "text in the list of signatures": (
        set_text("DANH_SACH_THONG_TIN_KY", "Đã kiểm tra"), UNCERTAIN, "SIGN-621"
    ),
    "an attribute of a slot": (set_attribute(GVBM, "ho_ten", "Người Khác"), UNCERTAIN, "SIGN-621"),
    "an instruction before the root": (instruction, UNCERTAIN, "SIGN-608"),
    # the signature
    "its value": (set_text(VALUE, b64(bytes(64))), INVALID, "SIGN-652"),
    "its value is no base64": (set_text(VALUE, "!"), INVALID, "SIGN-633"),
    "its time": (change_time, INVALID, "SIGN-650"),
    "its properties are not signed": (drop_properties_reference, INVALID, "SIGN-646"),
    "properties of another signature": (
        set_attribute(f".//{{{XADES}}}QualifyingProperties", "Target", "#Signature2"), INVALID, "SIGN-643"
    ),
    "HMAC": (set_algorithm("SignatureMethod", f"{DS}hmac-sha256"), INVALID, "SIGN-636"),
    "RSA with SHA-1": (set_algorithm("SignatureMethod", f"{DS}rsa-sha1"), UNCERTAIN, "SIGN-637"),
    "SHA-1 digest": (set_algorithm("DigestMethod", SHA["sha1"]), UNCERTAIN, "SIGN-637"),
    "C14N 1.1": (
        set_algorithm("CanonicalizationMethod", "http://www.w3.org/2006/12/xml-c14n11"), UNCERTAIN, "SIGN-635"
    ),
    "C14N with comments": (set_algorithm("Transform", f"{EXC}WithComments"), UNCERTAIN, "SIGN-635"),
    "XPath": (
        set_algorithm("Transform", f"{TR}/REC-xpath-19991116"), UNCERTAIN, "SIGN-635"
    ),
    "XSLT": (set_algorithm("Transform", f"{TR}/REC-xslt-19991116"), UNCERTAIN, "SIGN-635"),
    "no certificate": (drop(f".//{{{DS}}}X509Data"), UNCERTAIN, "SIGN-641"),
    "no KeyInfo": (drop(KEY_INFO), UNCERTAIN, "SIGN-630"),
    "a retrieval method": (
        add(KEY_INFO, f'<r:RetrievalMethod xmlns:r="{DS}" URI="#x"/>'), UNCERTAIN, "SIGN-631"
    ),
    "an unknown Object": (add(SIGNATURE, f'<o:Object xmlns:o="{DS}"/>'), UNCERTAIN, "SIGN-642"),
    "a stranger in SignedInfo": (add(INFO, "<x/>"), UNCERTAIN, "SIGN-631"),
    "an unknown attribute": (set_attribute(REFERENCE, "x", "1"), UNCERTAIN, "SIGN-632"),
    "XPointer": (set_attribute(REFERENCE, "URI", "#xpointer(id('m'))"), UNCERTAIN, "SIGN-640"),
    "an external address": (
        set_attribute(REFERENCE, "URI", "http://example.org/x.xml"), INVALID, "SIGN-639"
    ),
    "a file": (set_attribute(REFERENCE, "URI", "file:///etc/passwd"), INVALID, "SIGN-639"),
    "an empty address": (set_attribute(REFERENCE, "URI", ""), UNCERTAIN, "SIGN-638"),
    "an Id that is not there": (set_attribute(REFERENCE, "URI", "#nowhere"), INVALID, "SIGN-645"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "verdict", "code"), FORGED.values(), ids=FORGED)
def test_a_changed_file_is_not_valid(
    school: Cast, honest: bytes, change: Change, verdict: Verdict, code: str
) -> None:
    root = etree.fromstring(honest)
    change(root)
    data = etree.tostring(root.getroottree())
    assert data != honest
    report = checked(data, school)
    assert report.verdict is verdict, report.text
    assert code in codes(report)
    assert (report.content == b"") or verdict is UNCERTAIN
    assert report.text.startswith(("Không hợp lệ", "Chưa thể kết luận"))
    assert report.as_json()["verdict"] == verdict.value


def test_there_are_enough_of_them() -> None:
    assert len(FORGED) >= 50


# Before anything is read


@pytest.mark.parametrize(
    ("change", "verdict", "code"),
    [
        (lambda data: b"<!DOCTYPE HOC_BA>" + data, INVALID, "SIGN-604"),
        (lambda data: b'<!DOCTYPE a [<!ENTITY d "10">]>' + data.replace(b"7.1", b"&d;"), INVALID, "SIGN-604"),
        (lambda data: b'<!DOCTYPE a [<!ATTLIST DU_LIEU_HOC_BA Id ID #IMPLIED>]>' + data, INVALID, "SIGN-604"),
        (lambda data: data.replace(b"7.1", b"&d;"), INVALID, "SIGN-605"),
        (lambda data: data[:-10], INVALID, "SIGN-605"),
        (lambda data: data + b"<x/>", INVALID, "SIGN-605"),
        (lambda _data: b"", INVALID, "SIGN-605"),
        (lambda _data: b"<a>" * 300 + b"</a>" * 300, INVALID, "SIGN-605"),
        (lambda data: data.decode().encode("utf-16"), UNCERTAIN, "SIGN-603"),
        (lambda data: b'<?xml version="1.0" encoding="windows-1258"?>' + data, UNCERTAIN, "SIGN-603"),
        (lambda data: data + b" " * LARGEST, UNCERTAIN, "SIGN-602"),
    ],
)  # fmt: skip
def test_files_that_are_not_read(school: Cast, honest: bytes, change, verdict: Verdict, code: str) -> None:
    report = checked(change(honest), school)
    assert (report.verdict, [found.code for found in report.findings]) == (verdict, [code])
    assert report.signatures == ()
    assert report.content == b""


def test_a_byte_order_mark_and_comments_between_elements_do_no_harm(school: Cast, honest: bytes) -> None:
    noted = b"\xef\xbb\xbf<!-- A -->" + honest.replace(b"<DANH_SACH_DIEM>", b"<DANH_SACH_DIEM><!-- -->")
    report = checked(noted, school)
    assert report.verdict is Verdict.VALID
    assert b"<!--" not in report.content


# What the shown bytes are


def test_no_changed_byte_changes_what_is_shown(school: Cast, honest: bytes) -> None:
    """Some bytes say nothing (space in base64, an Id that nobody names); then the content is the same."""
    before = checked(honest, school)

    @given(place=st.integers(0, len(honest) - 1), change=st.integers(1, 255))
    @settings(max_examples=200, deadline=None)
    def changed(place: int, change: int) -> None:
        data = honest[:place] + bytes([honest[place] ^ change]) + honest[place + 1 :]
        report = checked(data, school)
        if report.verdict is Verdict.VALID:
            assert (report.content, report.facts) == (before.content, before.facts)

    changed()
