"""Canonical text: what is written is what lxml's own exclusive canonicalization gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from khue.core.errors import Invalid
from khue.signing.canonical import (
    assert_canonical,
    digest,
    element,
    escape_attribute,
    escape_text,
    is_canonical,
    unescape,
)

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
    lambda one: one in "\t\n\r" or ord(one) >= 32
)
TEXT = st.text(CHARACTERS, max_size=30) | st.text("&<>\"'\t\n\r ăĐ\u00a0\U0001f600x]", max_size=30)
NAME = st.sampled_from(["Pupil", "Mark", "Note", "a", "_b", "Z9.x-y"])


@st.composite
def trees(draw, depth=2):
    attributes = draw(st.dictionaries(NAME, st.none() | TEXT, max_size=4))
    children = [escape_text(draw(TEXT))]
    if depth:
        children += draw(st.lists(trees(depth=depth - 1), max_size=3))
    return element(draw(NAME), attributes, *children)


def with_namespace(text: str) -> bytes:
    end = min(text.index(sign) for sign in " >" if sign in text)
    return f'{text[:end]} xmlns:kr="urn:khue:record:1"{text[end:]}'.encode()


@given(trees())
def test_what_is_written_is_its_own_canonical_form(text):
    data = with_namespace(text)
    root = etree.fromstring(data)
    assert etree.tostring(root, method="c14n", exclusive=True, with_comments=False) == data
    assert is_canonical(data)


@given(TEXT)
def test_texts_come_back(text):
    root = etree.fromstring(with_namespace(element("A", {"b": text}, escape_text(text))))
    assert root.get("b") == text
    assert (root.text or "") == text
    assert unescape(escape_text(text)) == unescape(escape_attribute(text)) == text


def test_attributes_are_sorted_and_none_is_left_out():
    found = element("Pupil", {"b": "2", "Id": "x", "a": None, "A": ""}, element("Empty", {}))
    assert found == '<kr:Pupil A="" Id="x" b="2"><kr:Empty></kr:Empty></kr:Pupil>'


def test_signs_are_written_as_the_standard_says():
    assert escape_text("&<>\"'\t\n\r") == "&amp;&lt;&gt;\"'\t\n&#xD;"
    assert escape_attribute("&<>\"'\t\n\r") == "&amp;&lt;>&quot;'&#x9;&#xA;&#xD;"


@pytest.mark.parametrize("point", [0, 8, 0xB, 0x1F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])
def test_what_xml_cannot_carry_is_refused(point):
    character = chr(point)
    for write in (escape_text, escape_attribute, lambda text: element("A", {"b": text})):
        with pytest.raises(Invalid) as refusal:
            write(f"a{character}b")
        assert refusal.value.code == "SIGN-100"
        assert refusal.value.params == {"character": f"U+{ord(character):04X}"}


@pytest.mark.parametrize("name", ["", "1a", "a b", "kr:a", "xml", "xmlns", "XMLx", "á", "a=", 'a"', "a%s"])
def test_names_that_are_not_plain_are_refused(name):
    for write in (lambda: element(name, {}), lambda: element("A", {name: "x"})):
        with pytest.raises(Invalid) as refusal:
            write()
        assert refusal.value.code == "SIGN-102"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<a/>", "SIGN-101"),
        (b"<a ></a>", "SIGN-101"),
        (b"<a b='1'></a>", "SIGN-101"),
        (b'<a c="1" b="2"></a>', "SIGN-101"),
        (b"<a></a>\n", "SIGN-101"),
        (b"<a>\r\n</a>", "SIGN-101"),
        (b"<a>&#65;</a>", "SIGN-101"),
        (b"<a>&gt;></a>", "SIGN-101"),
        (b'<a xmlns:u="urn:u"></a>', "SIGN-101"),
        (b"<a><!-- --></a>", "SIGN-111"),
        (b"<a><![CDATA[x]]></a>", "SIGN-111"),
        (b"<a><?p i?></a>", "SIGN-111"),
        (b"<?xml version='1.0'?><a></a>", "SIGN-111"),
        (b"<!DOCTYPE a><a></a>", "SIGN-111"),
        (b"\xef\xbb\xbf<a></a>", "SIGN-111"),
        (b" <a></a>", "SIGN-111"),
        (b"", "SIGN-111"),
        ("<a></a>".encode("utf-16"), "SIGN-111"),
        (b"<a>", "SIGN-112"),
        (b"<a></a><b></b>", "SIGN-112"),
        (b"<a>&x;</a>", "SIGN-112"),
        (b"<a>\xff</a>", "SIGN-112"),
        (b"<k:a></k:a>", "SIGN-112"),
        (b'<a b="1" b="2"></a>', "SIGN-112"),
        (b"<a>" * 400 + b"</a>" * 400, "SIGN-112"),
    ],
)
def test_other_documents_are_refused(data, code):
    assert not is_canonical(data)
    with pytest.raises(Invalid) as refusal:
        assert_canonical(data)
    assert refusal.value.code == code


def test_the_digest_is_sha_256():
    assert digest(b"abc").hex().startswith("ba7816bf8f01cfea414140de5dae2223")
