"""QR codes and the short code on paper."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET

import pytest
import qrcode
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.signing.qr import ALPHABET, MASK, SIZE, parse_short, qr_svg, short_code

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


def modules_of(drawing: str) -> tuple[int, set[tuple[int, int]]]:
    """How wide a drawing is, and its dark modules (column, row), from the strokes that are drawn."""
    root = ET.fromstring(drawing)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    left, top, width, height = map(int, root.get("viewBox").split())
    assert (left, top, width) == (0, 0, height)
    dark = set()
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", root[-1].get("d")):
        dark |= {(int(x) + at, int(y)) for at in range(int(length))}
    return width, dark


@pytest.mark.parametrize("correction", ["l", "m", "q", "h"])
def test_the_drawing_is_what_another_encoder_makes(correction: str) -> None:
    level = getattr(qrcode.constants, f"ERROR_CORRECT_{correction.upper()}")
    other = qrcode.QRCode(error_correction=level, mask_pattern=MASK, border=4)
    other.add_data(ADDRESS, optimize=0)
    expected = {(x, y) for y, row in enumerate(other.get_matrix()) for x, dark in enumerate(row) if dark}
    assert modules_of(qr_svg(ADDRESS, correction=correction)) == (len(other.get_matrix()), expected)


@pytest.mark.parametrize("text", [ADDRESS.lower(), "https://trường.example/k/Ầ" + "z" * 40])
def test_the_drawing_reads_as_its_text(text: str) -> None:
    assert read_bytes(*modules_of(qr_svg(text, correction="l", border=0))) == text.encode()


def read_bytes(size: int, dark: set[tuple[int, int]]) -> bytes:
    """What a code of versions 2 to 5, level L, says in byte mode (ISO/IEC 18004 7.7.3, 7.8.2)."""

    def is_data(x: int, y: int) -> bool:
        corner = (x < 9 and y < 9) or (x < 9 and y >= size - 8) or (x >= size - 8 and y < 9)
        return not (corner or 6 in (x, y) or (abs(x - size + 7) < 3 and abs(y - size + 7) < 3))

    bits = ""
    columns = [x for x in range(size - 1, 0, -2) if x > 6] + [5, 3, 1]
    for turn, right in enumerate(columns):
        for y in range(size) if turn % 2 else range(size - 1, -1, -1):
            for x in (right, right - 1):
                if is_data(x, y):  # mask 1 turns every other row
                    bits += str(int(((x, y) in dark) != (y % 2 == 0)))
    assert bits[:4] == "0100"
    length = int(bits[4:12], 2)
    return int(bits[12 : 12 + 8 * length], 2).to_bytes(length)


def test_the_drawing_is_the_same_each_time_and_says_what_it_is() -> None:
    drawing = qr_svg(ADDRESS, title="Mã <tra> cứu")
    assert drawing == qr_svg(ADDRESS, title="Mã <tra> cứu")
    assert modules_of(drawing) == modules_of(qr_svg(ADDRESS))
    assert ET.fromstring(drawing)[0].text == "Mã <tra> cứu"
    assert modules_of(qr_svg(ADDRESS, border=0))[0] == modules_of(drawing)[0] - 8
    # capital letters make the code smaller
    assert modules_of(drawing)[0] < modules_of(qr_svg(ADDRESS.lower()))[0]


def test_typst_takes_the_drawing() -> None:
    source = "#image(bytes(sys.inputs.qr), width: 3cm)"
    pdf = typst.compile(source.encode(), sys_inputs={"qr": qr_svg(ADDRESS)}, ignore_system_fonts=True)
    assert bytes(pdf).startswith(b"%PDF-")
    assert len(pdf) > len(typst.compile(b"#h(1cm)", ignore_system_fonts=True))
