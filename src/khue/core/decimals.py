"""Exact marks and the one place where anything is rounded.

TT 22/2021 Art. 5(3)(b) stores marks as whole numbers or with one decimal "after rounding";
half-up is universal practice (assessment.md 1.1). Binary floating point is never used.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from khue.core.errors import Invalid

LOWEST, HIGHEST = Decimal(0), Decimal(10)
_NUMBER = re.compile(r"[+-]?\d{1,6}(?:[.,]\d{1,12})?", re.ASCII)


def half_up(value: Decimal | Fraction | int, places: int = 1) -> Decimal:
    """Round half away from zero on exact values: 7.25 → 7.3, 7.95 → 8.0 (làm tròn)."""
    if isinstance(value, Fraction):
        return divide_half_up(value.numerator, value.denominator, places)
    return Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def divide_half_up(numerator: int, denominator: int, places: int = 1) -> Decimal:
    """An exact quotient of whole numbers, rounded half-up to so many decimals."""
    scaled = rounded_quotient(numerator * 10**places, denominator)
    return Decimal(scaled).scaleb(-places)


def rounded_quotient(numerator: int, denominator: int) -> int:
    """The whole number nearest to a quotient, ties away from zero."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def parse_number(text: str) -> Decimal:
    """A number as people type it: comma or point; refuses anything else (`CORE-001`)."""
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        raise Invalid("CORE-001", value=text)
    return Decimal(stripped.replace(",", "."))


def parse_mark(text: str) -> Decimal:
    """A mark from 0 to 10, stored with one decimal, half-up; out of range is refused.

    The range is checked before rounding: 10.04 is not 10.
    """
    number = parse_number(text)
    if not LOWEST <= number <= HIGHEST:
        raise Invalid("CORE-002", value=text)
    return half_up(number, 1)


def format_mark(mark: Decimal | None) -> str:
    """A mark as people read it: «7,5»; nothing for no mark."""
    if mark is None:
        return ""
    known = _TENTHS.get(mark)
    return f"{mark:.1f}".replace(".", ",") if known is None else SHOWN[known]


def tenths(mark: Decimal) -> int:
    """A one-decimal mark as a whole number of tenths: sums stay exact and fast."""
    known = _TENTHS.get(mark)
    if known is not None:
        return known
    scaled = mark.scaleb(1)
    if scaled != scaled.to_integral_value():
        raise Invalid("CORE-003", value=str(mark))
    return int(scaled)


def mark_tenths(mark: Decimal) -> int:
    """The same for a mark, which lies between 0 and 10 (`CORE-002`)."""
    known = _TENTHS.get(mark)
    if known is None:
        tenths(mark)  # two decimals are refused as such
        raise Invalid("CORE-002", value=str(mark))
    return known


def from_tenths(value: int) -> Decimal:
    """The mark of so many tenths."""
    return MARKS[value] if 0 <= value < len(MARKS) else Decimal(value).scaleb(-1)


# Every mark there is, from 0,0 to 10,0, as a number and as people read it: looking up is many times
# faster than reckoning, and a class has thousands of them.
MARKS = tuple(Decimal(number).scaleb(-1) for number in range(101))
SHOWN = tuple(f"{number // 10},{number % 10}" for number in range(101))
_TENTHS = {mark: number for number, mark in enumerate(MARKS)}
