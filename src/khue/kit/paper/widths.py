"""How wide a text will be on paper: advances read from the font that sets it (OpenType `cmap`, `hmtx`)."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

REGULAR = Path(__file__).parent / "fonts" / "KhueSerif-Regular.ttf"
POINT = 25.4 / 72  # millimeters
_KERNING = 1.02  # pairs may also move apart
_TABLE = struct.Struct(">4s4xII")
_UNICODE = (3, 1)  # platform and encoding of the subtable in format 4


def width(text: str, size: float) -> float:
    """Millimeters that a line of text needs at most; a letter that the font lacks counts as an em."""
    advances = _advances()
    return sum(advances.get(ord(letter), 1.0) for letter in text) * size * POINT * _KERNING


@cache
def _advances() -> dict[int, float]:
    """Advances in ems, by character."""
    data = REGULAR.read_bytes()
    count = struct.unpack_from(">H", data, 4)[0]
    tables = {tag: start for tag, start, _ in _TABLE.iter_unpack(data[12 : 12 + 16 * count])}
    units = struct.unpack_from(">H", data, tables[b"head"] + 18)[0]
    measured = struct.unpack_from(">H", data, tables[b"hhea"] + 34)[0]
    glyphs = struct.unpack_from(f">{2 * measured}H", data, tables[b"hmtx"])[::2]
    return {
        letter: glyphs[min(glyph, measured - 1)] / units
        for letter, glyph in _characters(data, tables[b"cmap"]).items()
    }


def _characters(data: bytes, cmap: int) -> dict[int, int]:
    """Glyphs by character, from the subtable of format 4."""
    count = struct.unpack_from(">H", data, cmap + 2)[0]
    found = struct.iter_unpack(">HHI", data[cmap + 4 : cmap + 4 + 8 * count])
    start = cmap + next(offset for platform, encoding, offset in found if (platform, encoding) == _UNICODE)
    segments = struct.unpack_from(">H", data, start + 6)[0] // 2
    ends, starts, deltas, ranges = (
        struct.unpack_from(f">{segments}H", data, start + 14 + 2 * segments * part + (2 if part else 0))
        for part in range(4)
    )
    at = start + 16 + 6 * segments  # of the offsets of the ranges
    glyphs: dict[int, int] = {}
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for letter in range(first, min(last, 0xFFFE) + 1):
            glyph = letter
            if ranges[number]:
                glyph = struct.unpack_from(
                    ">H", data, at + 2 * number + ranges[number] + 2 * (letter - first)
                )[0]
                if glyph == 0:
                    continue
            glyphs[letter] = (glyph + deltas[number]) & 0xFFFF
    return glyphs
