"""The proof without a parser: what it takes for granted the parser says too, and reports are the same."""

import random
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.signing.canonical import assert_canonical
from khue.signing.report import Report
from khue.signing.tests.test_xades_attacks import CONTENTS, SHAPES
from khue.signing.tests.xades_world import (
    CODE,
    HOA,
    LAN,
    ORDER,
    SEAL,
    archived,
    complete_record,
    record,
    report_on,
    sheet,
    signed,
    small,
    stamped,
)
from khue.signing.xades import proof, reading
from khue.signing.xades.record import BETWEEN, CLOSE, OPEN, assemble
from khue.signing.xades.signature import take_apart


@cache
def files() -> tuple[bytes, ...]:
    """Records at every stage: unsigned, half signed, complete, stamped, with evidence and archive stamps."""
    long = stamped(complete_record(), ORDER)
    every = (record(), signed(record(), *ORDER[:2]), complete_record(), small(), long, archived(long, SEAL))
    return tuple(map(assemble, every))


@pytest.fixture
def by_parser(monkeypatch):
    """Turns the proof off, so that the parser decides as for anything unusual."""

    def ask(question):
        with monkeypatch.context() as patch:
            patch.setattr(reading, "_proven", lambda _: None)
            return question()

    return ask


def read_or_why(data: bytes, *, complete: bool = False):
    try:
        return replace(reading.read(data, complete=complete), taken=None)
    except Invalid as error:
        return error.code, error.params


def reports(data: bytes) -> list[Report]:
    return [report_on(data), report_on(data, complete=False, trust=None)]


@pytest.mark.parametrize("number", range(6))
def test_honest_records_need_no_parser(number, monkeypatch, by_parser):
    data = files()[number]
    expected = by_parser(lambda: reports(data))
    monkeypatch.setattr(reading, "assert_canonical", lambda _: pytest.fail("was parsed"))
    assert reports(data) == expected
    source = reading.read(data)
    assert source.taken == tuple(map(take_apart, source.signatures))


def test_a_frozen_section_needs_no_parser_and_a_changed_one_is_judged_as_by_it(monkeypatch):
    text = sheet("s01", [HOA, LAN]).text
    for odd in ("", *ODDITIES):
        for before in ("ngoan", "<kr:Comment", "<kr:Pupil", "<kr:Signer", 'kind="', "</kr:Section>"):
            changed = text.replace(before, odd + before, 1)
            with monkeypatch.context() as patch:
                patch.setattr(reading, "is_proven_section", lambda *_: False)
                expected = section_or_why(changed)
            assert section_or_why(changed) == expected, odd
    monkeypatch.setattr(reading, "assert_canonical", lambda _: pytest.fail("was parsed"))
    assert reading.section_of(text, CODE).text == text


def section_or_why(text: str):
    try:
        return reading.section_of(text, CODE)
    except (Invalid, UnicodeEncodeError) as error:
        return repr(error), getattr(error, "params", None)


@pytest.mark.parametrize("name", [*SHAPES, *CONTENTS])
def test_an_attack_is_reported_as_the_parser_reports_it(name, by_parser):
    attack = SHAPES.get(name) or CONTENTS[name][0]
    data = attack(files()[2].decode()).encode()
    assert reports(data) == by_parser(lambda: reports(data))


# What stands in a text or a value: with each, the proof agrees with the parser or leaves it the word.
ODDITIES = [
    '"', "'", '"x"', "&", "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#xD;", "&#xA;", "&#x9;", "&#13;",
    "&#x41;", "&amp", "&amp;amp;", "&amp;#xD;", "&;", "&#xd;", ">", "]]>", "\t", "\n", "\r", "\r\n", " ",
    "\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\x7f", "\x80", "\x85", "\xa0", "\u2028", "\ufeff",
    "\ufffd", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "\ue000", "a\u0300", "\u1ed1", "=", '=""',
    ' x=""', "/>", "<", "<!---->", "<?p?>", "<![CDATA[x]]>", "<kr:X></kr:X>", "<kr:X/>", "</kr:X>",
    "<x></x>", '<kr:X b="" a=""></kr:X>', '<kr:X a="" a=""></kr:X>', '<kr:X  a=""></kr:X>', "<kr:X ></kr:X>",
    '<kr:X a = ""></kr:X>', "<kr:X></kr:X >", "<kr:X a=''></kr:X>", '<kr:X xmlns="u"></kr:X>',
    '<kr:X xmlns:kr="u"></kr:X>', '<kr:X kr:a=""></kr:X>', '<kr:X xml:id=""></kr:X>', '<kr:X Id=""></kr:X>',
    '<kr:X ID="1"></kr:X>', '<kr:X id="1"></kr:X>', '<kr:X xmlnsa="u"></kr:X>', '<kr:X B="" a=""></kr:X>',
    "<kr:Ä></kr:Ä>", "<kr:-></kr:->", "<kr:1></kr:1>", "<kr:></kr:>", "<kr:a:b></kr:a:b>",
    "<kr:X><kr:Y></kr:X></kr:Y>", "<kr:X></kr:Y>", "<kr:X></kr:Y></kr:X>", "<kr:X>",
    "<kr:X></kr:Y><kr:Y></kr:X>", '"&quot;"', '"&gt;"', '"\n"',
    "<kr:X>x</kr:X>", "<kr:X><kr:Y></kr:Y>x</kr:X>", "x<kr:X></kr:X>",
    "<kr:X>x<kr:Y></kr:Y></kr:X>", "<kr:Record></kr:Record>", "<kr:Content></kr:Content>",
    "<kr:Head></kr:Head>", "<kr:Section></kr:Section>", "<kr:Signer></kr:Signer>",
    "<kr:Signatures></kr:Signatures>", "</kr:Section>", "</kr:Content>", "</kr:Content><kr:Signatures>",
    '<kr:Signer identifier="" name="" number="1" role="teacher"></kr:Signer>',
    *[f"{'<kr:D>' * deep}{'</kr:D>' * deep}" for deep in (2, 60, 70, 230, 300)],
]  # fmt: skip
PLACES = {
    "a text": ("ngoan", lambda odd: f"ngo{odd}an"),
    "a value": ("Hoàng Văn An", lambda odd: f"Hoàng {odd} An"),
    "an attribute": (' average="8,5"', lambda odd: f'{odd} average="8,5"'),
    "before the end of a tag": ('name="Hoàng Văn An"', lambda odd: f'name="Hoàng Văn An"{odd}'),
    "the head": ("</kr:Head>", lambda odd: f"{odd}</kr:Head>"),
    "a tag of the head": (' school="Tr', lambda odd: f'{odd} school="Tr'),
    "an attribute of the head": ('class="6A1"', lambda odd: f'class="{odd}"'),
    "after the head": ("</kr:Head>", lambda odd: f"</kr:Head>{odd}"),
    "the beginning of a section": ("<kr:Pupil", lambda odd: f"{odd}<kr:Pupil"),
    "the end of a section": ("</kr:Section>", lambda odd: f"{odd}</kr:Section>"),
    "the end of the content": ("</kr:Content>", lambda odd: f"{odd}</kr:Content>"),
    "a tag of a section": (' kind="sheet"', lambda odd: f"{odd} kind=\"sheet\""),
    "the signatures": ("<ds:Signature ", lambda odd: f"{odd}<ds:Signature "),
    "a method": ("2001/04/xmldsig-more#ecdsa", lambda odd: f"2001/04/xmldsig-more{odd}#ecdsa"),
    "a target": ('URI="#s01', lambda odd: f'URI="#s01{odd}'),
    "a kind": ('<ds:Reference Id="sig-', lambda odd: f'<ds:Reference Id="sig-{odd}'),
    "a role": ("<xades:ClaimedRole>", lambda odd: f"<xades:ClaimedRole>{odd}"),
    "a certificate": ("<ds:X509Certificate>", lambda odd: f"<ds:X509Certificate>{odd}"),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_an_oddity_is_judged_as_the_parser_judges_it(place, by_parser):
    before, change = PLACES[place]
    whole = assemble(signed(record(), *ORDER[:1])).decode()
    assert before in whole
    for odd in ODDITIES:
        data = whole.replace(before, change(odd), 1).encode("utf-8", "surrogatepass")
        assert read_or_why(data) == by_parser(lambda data=data: read_or_why(data)), odd


@pytest.mark.parametrize(
    "damage", [b"\xed\xa0\x80", b"\xc0\x80", b"\xff", b"\xe1\xbb", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf"]
)
def test_bytes_that_are_no_text_are_judged_as_the_parser_judges_them(damage, by_parser):
    for at in (b"ngoan", b"Lan", b"6A1", b"<kr:Record", b"teacher</xades"):
        data = files()[2].replace(at, damage + at, 1)
        assert read_or_why(data) == by_parser(lambda data=data: read_or_why(data))


@given(st.data())
@settings(max_examples=150)
def test_a_changed_file_is_reported_as_the_parser_reports_it(data):
    whole = bytearray(data.draw(st.sampled_from(files()[1:4])))
    draw = random.Random(data.draw(st.integers(0, 2**32)))
    for _ in range(data.draw(st.integers(1, 3))):
        at, length = draw.randrange(len(whole)), draw.choice((0, 1, 1, 1, 3, 40))
        whole[at : at + length] = draw.choice((
            draw.randbytes(1), bytes(whole[(start := draw.randrange(len(whole))) : start + 60]),
            b"", draw.choice(ODDITIES).encode("utf-8", "surrogatepass"),
        ))  # fmt: skip
    compare(bytes(whole))


@pytest.mark.parametrize("number", [1, 3])
def test_every_byte_changed_is_read_as_the_parser_reads_it(number):
    """Every 7th byte here, each by a byte that has a meaning and by one that has none."""
    whole = files()[number]
    for at in range(number, len(whole), 7):
        for byte in (whole[at] ^ 1, b'<>&"= /\r'[at % 8]):
            compare_reading(whole[:at] + bytes((byte,)) + whole[at + 1 :])


@given(st.integers(0, 2**32))
@settings(max_examples=300)
def test_whatever_is_proved_is_canonical_and_in_shape(seed):
    """Contents of random pieces, most of them well nested, so that many are proved."""
    draw = random.Random(seed)
    head = f'<kr:Head class="6A1" school="x" schoolIdentifier="">{children(draw)}</kr:Head>'
    sections = "".join(
        f'<kr:Section Id="s{n}" kind="k"{odd(draw)}>{children(draw)}</kr:Section>'
        for n in range(draw.randrange(3))
    )
    content = f'<kr:Content Id="content" code="c" type="t">{head}{sections}</kr:Content>'.encode()
    found = proof.proven_sections(content, content.decode())
    if found is not None:
        root = assert_canonical(OPEN.encode() + content + (BETWEEN + CLOSE).encode())
        assert reading._check_tree(root) == found
        reading._check_names(content, root[0], 1 + found)


def children(draw: random.Random, deep: int = 0) -> str:
    return "".join(child(draw, deep) for _ in range(draw.choice((0, 1, 1, 2, 3)))) if deep < 4 else ""


def child(draw: random.Random, deep: int) -> str:
    name = draw.choice("ABxY")
    names = draw.sample("abcDE", draw.randrange(3))
    values = "".join(f' {key}="{odd(draw)}"' for key in (sorted(names) if draw.random() < 0.9 else names))
    return f"<kr:{name}{values}>{odd(draw)}{children(draw, deep + 1)}</kr:{name}>"


def odd(draw: random.Random) -> str:
    return draw.choice(ODDITIES) if draw.random() < 0.04 else draw.choice(("", "", "7,5", "Đ", "a b"))


def compare(data: bytes) -> None:
    """The same report with and without the proof."""
    fast = reports(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_proven", lambda _: None)
        assert fast == reports(data)


def compare_reading(data: bytes) -> None:
    fast = read_or_why(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_proven", lambda _: None)
        assert fast == read_or_why(data)
