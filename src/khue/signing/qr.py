"""QR codes and the short code on paper (mã QR, mã tra cứu ngắn): from the printed page to the record.

The short code is the first half of the record's SHA-256 in letters that people do not confuse (Crockford's
base32: no I, L, O, U), with one check letter, in threes to read aloud. The check letter is a weighted sum
over the field of 32 elements (a shortened Reed-Solomon code): one wrong letter, or two letters exchanged,
is noticed wherever it happens.
"""

from __future__ import annotations

import html
import re

import segno

from khue.core.errors import Invalid

# The mask is fixed, not chosen: comparing all eight takes four fifths of the time, and readers undo any. Over
# addresses as ours the penalty (ISO/IEC 18004 7.8.3) of this one is 5 % above the best, at worst 15 %.
MASK = 1
_DARK = re.compile(rb"\x01+")
SIZE = 16  # bytes of the digest that a short code holds
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKE = str.maketrans("OIL", "011")
_LETTERS = 26  # five bits each: 128 bits and two that are zero
_GROUP = 3
_BITS, _ELEMENTS, _MODULUS = 5, 32, 0b100101  # GF(32) by x⁵ + x² + 1, where 2 generates all elements


def qr_svg(text: str, *, correction: str = "m", border: int = 4, title: str = "") -> str:
    """A QR code as SVG, black on white, one unit a module, for pages and for Typst; same text, same bytes.

    `correction` is the level of ISO/IEC 18004 (l, m, q, h); `border` the quiet zone, which readers need 4
    modules wide; `title` what a screen reader says.
    """
    rows = segno.make(text, error=correction, micro=False, boost_error=False, mask=MASK).matrix
    side = len(rows) + 2 * border
    drawing: list[str] = []
    for y, row in enumerate(rows, border):
        # Each run of dark modules is a stroke one unit wide along the middle of its row.
        drawing += (f"M{run.start() + border} {y}.5h{len(run[0])}" for run in _DARK.finditer(row))
    said = f"<title>{html.escape(title)}</title>" if title else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">{said}'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/>'
        f'<path stroke="#000" d="{"".join(drawing)}"/></svg>'
    )


def short_code(digest: bytes) -> str:
    """The short code of a SHA-256: «ABC-DEF-…», nine groups of three."""
    number = int.from_bytes(digest[:SIZE])
    if len(digest) < SIZE:
        raise Invalid("SIGN-550", length=len(digest), least=SIZE)
    shifts = range((_LETTERS - 1) * _BITS, -1, -_BITS)
    values = [number >> shift & _ELEMENTS - 1 for shift in shifts]
    letters = "".join(ALPHABET[value] for value in (*values, _check(values)))
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def parse_short(text: str) -> bytes:
    """The first 16 bytes of the SHA-256 that a short code names, as people type it (`SIGN-551`).

    Case, spaces, hyphens and look-alikes (O for 0, I and L for 1) do not matter.
    """
    plain = "".join(text.upper().split()).replace("-", "").replace("–", "").translate(_LOOK_ALIKE)
    values = [ALPHABET.find(letter) for letter in plain]
    if len(values) != _LETTERS + 1 or min(values) < 0 or _check(values[:-1]) != values[-1]:
        raise Invalid("SIGN-551", text=text)
    number = 0
    for value in values[:-1]:
        number = number << _BITS | value
    if number >> SIZE * 8:
        raise Invalid("SIGN-551", text=text)
    return number.to_bytes(SIZE)


def _check(values: list[int]) -> int:
    """Σ 2^(i+1)·vᵢ over GF(32). The 26 weights and the check letter's own, 1, all differ."""
    total = 0
    for value in reversed(values):
        total = _double(total ^ value)
    return total


def _double(element: int) -> int:
    shifted = element << 1
    return shifted ^ _MODULUS if shifted >= _ELEMENTS else shifted
