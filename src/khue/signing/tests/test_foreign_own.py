"""Our own signatures in a transcript are read by their text: as the tree reads them, or not at all."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from khue.signing.foreign import judge
from khue.signing.foreign.own import own_texts, read_own
from khue.signing.foreign.prepare import open_form
from khue.signing.foreign.reading import canonical
from khue.signing.foreign.shape import SIGNATURE
from khue.signing.foreign.signature import certificate_digests, read_signature
from khue.signing.report import Report, Verdict
from khue.signing.tests.foreign_files import DS, EXC, Cast, Paper, Tool, cast, signed
from khue.signing.tests.test_foreign_prepare import LAYOUT, all_signed, checked
from khue.signing.tests.test_foreign_prepare import canonical as text_of


@cache
def people() -> Cast:
    return cast("ec", 3)


@cache
def ours() -> bytes:
    """A transcript that six people signed with Khuê."""
    return all_signed(open_form(text_of(Paper()), LAYOUT), people()).data


@cache
def mixed() -> bytes:
    """The same signed by another tool with our prefix."""
    return signed(Paper(), people(), Tool(xades="v2"))


def both(data: bytes) -> tuple[Report, Report]:
    """The report by text and by tree."""
    fast = checked(data, people())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "own_texts", lambda *_: {})
        return fast, checked(data, people())


def test_ours_are_read_without_the_tree(monkeypatch):
    fast, slow = both(ours())
    assert fast == slow
    assert fast.verdict is Verdict.VALID
    monkeypatch.setattr(judge, "read_signature", lambda _: pytest.fail("went through the tree"))
    assert checked(ours(), people()) == slow


def test_text_and_tree_say_the_same_of_every_part():
    root = etree.fromstring(ours())
    texts = own_texts(ours(), root)
    assert len(texts) == 6
    for element, text in texts.items():
        own, other = read_own(element, text), read_signature(element)
        assert own is not None
        assert text.encode() == canonical(element, EXC)
        assert own.octets == canonical(element[0], EXC)
        for known, octets in own.known.values():
            assert octets == canonical(known, EXC)
        for name in ("identifier", "method", "algorithm", "references", "value", "certificates", "own",
                     "claimed", "signed_info", "value_element", "properties", "unsigned"):  # fmt: skip
            assert getattr(own, name) == getattr(other, name), name
        (mine,), (theirs,) = own.names, certificate_digests(other.properties)
        for der in (own.certificates[0], own.certificates[-1]):
            assert mine(der) == theirs(der)


def test_what_others_wrote_is_left_to_the_tree():
    root = etree.fromstring(mixed())
    assert not any(read_own(element, text) for element, text in own_texts(mixed(), root).items())
    fast, slow = both(mixed())
    assert fast == slow


DECOY = f'<x:Signature xmlns:x="{DS}"></x:Signature>'
FALSE = '<ds:Signature xmlns:ds="urn:x" Id="a"></ds:Signature>'
HIDDEN = f'<ds:Signature xmlns:ds="{DS}" Id="a"></ds:Signature>'
CHANGES = {
    "a comment in a signature": ("<ds:Object>", "<ds:Object><!-- -->"),
    "a comment in a value": ("<ds:DigestValue>", "<ds:DigestValue><!-- -->"),
    "a comment elsewhere": ("<MON>", "<!-- --><MON>"),
    "a signature in a comment": ("<MON>", f"<!-- {HIDDEN} --><MON>"),
    "a signature in CDATA": ("<MON>", f"<MON><![CDATA[{HIDDEN}]]>"),
    "a signature in an instruction": ("<MON>", f"<?x {HIDDEN} ?><MON>"),
    "a signature in a value of an attribute": ("<MON>", f"<MON x='{HIDDEN.replace('<', '&lt;')}'>"),
    "a decoy before": ("<MON>", f"{DECOY}<MON>"),
    "a decoy with our prefix before": ("<MON>", f"{FALSE}<MON>"),
    "two decoys that make up for each other": ("<MON>", f"{DECOY}{FALSE}<MON>"),
    "an instruction": ("<ds:Object>", "<ds:Object><?x y?>"),
    "an instruction before": ("<HOC_BA>", "<?x y?><HOC_BA>"),
    "an XML declaration": ("<HOC_BA>", '<?xml version="1.0" encoding="UTF-8"?><HOC_BA>'),
    "a byte order mark": ("<HOC_BA>", "\ufeff<HOC_BA>"),
    "a DTD": ("<HOC_BA>", "<!DOCTYPE HOC_BA><HOC_BA>"),
    "our prefix above": ("<HOC_BA>", f'<HOC_BA xmlns:ds="{DS}">'),
    "our prefix above for another": ("<HOC_BA>", '<HOC_BA xmlns:ds="urn:x">'),
    "an attribute of XML above": ("<HOC_BA>", '<HOC_BA xml:lang="vi">'),
    "a default namespace in a slot": ("<GVCN>", '<GVCN xmlns="urn:x">'),
    "space in a tag": ("<ds:Signature xmlns", "<ds:Signature  xmlns"),
    "a line in a tag": ("<ds:Signature xmlns", "<ds:Signature\nxmlns"),
    "another order": (f'<ds:Signature xmlns:ds="{DS}" Id="sig-homeroom"',
                      f'<ds:Signature Id="sig-homeroom" xmlns:ds="{DS}"'),
    "the prefix bound again": ("<ds:SignedInfo>", f'<ds:SignedInfo xmlns:ds="{DS}">'),
    "the prefix bound to another": ("<ds:KeyInfo>", '<ds:KeyInfo xmlns:ds="urn:x">'),
    "space in base64": ("<ds:DigestValue>", "<ds:DigestValue> "),
    "lines in a value": ("==</ds:SignatureValue>", "==\n</ds:SignatureValue>"),
    "no base64": ("<ds:DigestValue>", "<ds:DigestValue>A"),
    "no certificate": ("<ds:X509Certificate>", "<ds:X509Certificate>AAAA"),
    "a reference to nothing": ('URI="#mon01"', 'URI="#mon09"'),
    "a reference to everything": ('URI="#mon01"', 'URI=""'),
    "a reference elsewhere": ('URI="#mon01"', 'URI="http://x/"'),
    "a sign in a reference": ('URI="#mon01"', 'URI="#mon0&#49;"'),
    "another digest": ("2001/04/xmlenc#sha256", "2001/04/xmlenc#sha512"),
    "another Type": ("01903#SignedProperties", "01903#SignedPropertiez"),
    "another method": ("ecdsa-sha256", "ecdsa-sha1"),
    "another time": ("T03:00:00Z", "T03:00:01Z"),
    "no time": ("T03:00:00Z", "T33:00:00Z"),
    "another Id": ('Id="sig-homeroom"', 'Id="sig-principal"'),
    "another target": ('Target="#sig-homeroom"', 'Target="#sig-principal"'),
    "a second time": ("<xades:ClaimedRoles>",
                      "<xades:ClaimedRoles><xades:SigningTime>2026-01-01T00:00:00Z</xades:SigningTime>"),
    "a sign in an Id": ("sig-homeroom", "sig&amp;homeroom"),
    "a signature in a comment, another for it": ("<GVCN>", f"<GVCN><!-- {{}} -->{DECOY}"),
    "a signature in CDATA, another for it": ("<GVCN>", f"<GVCN>{DECOY}<![CDATA[{{}}]]>"),
    "a signature in an instruction, another for it": ("<GVCN>", f"<GVCN><?x {{}} ?>{DECOY}"),
    "a role": ("<xades:ClaimedRole>", "<xades:ClaimedRole>&#65;"),
    "a key name": ("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName>x</ds:KeyName>"),
    "another object": ("</ds:Object>", "</ds:Object><ds:Object></ds:Object>"),
    "a signature in a signature": ("<ds:Object>", f"<ds:Object>{HIDDEN}"),
    "a signature twice": ("</GVCN>", "{}</GVCN>"),
    "a mark": ("8.1", "9.1"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_reported_as_the_tree_reports_it(name):
    before, after = CHANGES[name]
    text = ours().decode()
    assert before in text
    first = text[text.index("<ds:Signature ") : text.index("</ds:Signature>") + len("</ds:Signature>")]
    for count in (1, -1):
        fast, slow = both(text.replace(before, after.replace("{}", first), count).encode())
        assert fast == slow


def test_false_tags_do_not_move_texts_to_other_elements():
    text = ours().decode().replace("<HOC_BA>", f"<HOC_BA>{FALSE}").replace("</HOC_BA>", f"{DECOY}</HOC_BA>")
    assert own_texts(text.encode(), etree.fromstring(text)) == {}
    fast, slow = both(text.encode())
    assert fast == slow


def test_properties_of_another_name_are_left_to_the_tree():
    text = (
        ours().decode().replace('<xades:SignedProperties Id="sig-homeroom-', '<xades:SignedProperties Id="x-')
    )
    fast, slow = both(text.replace('ObjectReference="#sig-homeroom-', 'ObjectReference="#x-').encode())
    assert fast == slow


@given(st.integers(0, 2**32))
@settings(max_examples=120)
def test_damage_is_reported_as_the_tree_reports_it(seed):
    draw = random.Random(seed)
    whole = bytearray(ours())
    starts = [at for at in range(len(whole)) if whole.startswith(b"<ds:Signature ", at)]
    for _ in range(draw.choice((1, 1, 2))):
        at = draw.choice((draw.randrange(len(whole)), draw.choice(starts) + draw.randrange(1500)))
        length = draw.choice((0, 1, 1, 1, 30))
        source = draw.randrange(len(whole))
        whole[at : at + length] = draw.choice((
            draw.randbytes(1), b"", bytes(whole[source : source + 40]), draw.choice(b'<>&"= /:A').to_bytes(1),
        ))  # fmt: skip
    fast, slow = both(bytes(whole))
    assert fast == slow
    assert len(etree.fromstring(ours()).findall(f".//{SIGNATURE}")) == len(starts)
