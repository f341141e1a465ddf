"""QR codes and the short code on paper."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET

import pytest
import segno
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.signing.qr import ALPHABET, SIZE, parse_short, qr_svg, short_code

digests = st.binary(min_size=32, max_size=32)
EXAMPLE = hashlib.sha256(b"khue").digest()
ADDRESS = f"HTTPS://KHUE.EXAMPLE/K/{short_code(EXAMPLE).replace('-', '')}"


@given(digests)
@settings(max_examples=200, deadline=None)
def test_a_short_code_leads_back(digest: bytes) -> None:
    code = short_code(digest)
    assert len(code) == 27 + 8
    assert set(code) <= {*ALPHABET, "-"}
    assert parse_short(code) == digest[:SIZE]
    assert parse_short(code.lower().replace("-", " ")) == digest[:SIZE]
    assert parse_short(code.replace("0", "o").replace("1", "l")) == digest[:SIZE]


@given(digests, st.integers(0, 26), st.integers(1, 31))
@settings(max_examples=300, deadline=None)
def test_one_wrong_letter_is_noticed(digest: bytes, place: int, shift: int) -> None:
    code = short_code(digest).replace("-", "")
    other = ALPHABET[(ALPHABET.index(code[place]) + shift) % 32]
    with pytest.raises(Invalid, match="SIGN-551"):
        parse_short(code[:place] + other + code[place + 1 :])


@given(digests, st.integers(0, 26), st.integers(0, 26))
@settings(max_examples=300, deadline=None)
def test_two_exchanged_letters_are_noticed(digest: bytes, one: int, two: int) -> None:
    letters = list(short_code(digest).replace("-", ""))
    if letters[one] == letters[two]:
        return
    letters[one], letters[two] = letters[two], letters[one]
    with pytest.raises(Invalid, match="SIGN-551"):
        parse_short("".join(letters))


def test_every_wrong_letter_and_every_exchange_in_one_code() -> None:
    code = short_code(EXAMPLE).replace("-", "")
    wrong = {code[:at] + letter + code[at + 1 :] for at in range(27) for letter in ALPHABET} - {code}
    for one in range(27):
        for two in range(one):
            letters = list(code)
            letters[one], letters[two] = letters[two], letters[one]
            wrong.add("".join(letters))
    wrong.discard(code)
    assert len(wrong) > 27 * 31
    for text in wrong:
        with pytest.raises(Invalid):
            parse_short(text)


@pytest.mark.parametrize("text", ["", "ABC", "U" * 27, "0" * 26, "0" * 28, "Ă" * 27, "Z" * 27])
def test_what_is_no_short_code_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="SIGN-551"):
        parse_short(text)


def test_more_than_128_bits_are_refused_even_with_a_right_check_letter() -> None:
    from khue.signing.qr import _check

    values = [31] * 26
    with pytest.raises(Invalid, match="SIGN-551"):
        parse_short("".join(ALPHABET[value] for value in [*values, _check(values)]))


def test_a_digest_that_is_too_short_is_refused() -> None:
    with pytest.raises(Invalid, match="SIGN-550"):
        short_code(bytes(15))


def test_the_drawing_is_the_code_and_the_same_each_time() -> None:
    drawing = qr_svg(ADDRESS, title="Mã tra cứu")
    assert drawing == qr_svg(ADDRESS, title="Mã tra cứu")
    root = ET.fromstring(drawing)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    code = segno.make(ADDRESS, error="m", micro=False, boost_error=False)
    width, height = code.symbol_size(border=4)
    assert root.get("viewBox") == f"0 0 {width} {height}"
    assert "Mã tra cứu" in drawing
    assert code.mode == "alphanumeric"  # capital letters make the code smaller
    assert "<script" not in drawing


def test_typst_takes_the_drawing() -> None:
    source = "#image(bytes(sys.inputs.qr), width: 3cm)"
    pdf = typst.compile(source.encode(), sys_inputs={"qr": qr_svg(ADDRESS)}, ignore_system_fonts=True)
    assert bytes(pdf).startswith(b"%PDF-")
    assert len(pdf) > len(typst.compile(b"#h(1cm)", ignore_system_fonts=True))
