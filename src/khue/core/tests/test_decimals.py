"""Exact marks: rounding half up, reading and writing as people do, no float anywhere."""

from __future__ import annotations

import ast
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import khue.core
from khue.core import decimals
from khue.core.errors import Invalid

MARKS = st.integers(0, 100).map(decimals.from_tenths)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("7.25", "7.3"), ("7.24", "7.2"), ("7.95", "8.0"), ("6.449", "6.4"), ("6.45", "6.5"), ("0.05", "0.1"),
        ("9.999", "10.0"), ("-7.25", "-7.3"), ("5", "5.0"),
    ],
)  # fmt: skip
def test_ties_go_up(value: str, rounded: str) -> None:
    assert decimals.half_up(Decimal(value)) == Decimal(rounded)
    assert decimals.half_up(Fraction(value)) == Decimal(rounded)
    assert str(decimals.half_up(Decimal(value))) == rounded


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.integers(0, 4))
def test_a_quotient_is_the_nearest_and_ties_go_away_from_zero(over: int, under: int, places: int) -> None:
    exact = Fraction(over, under)
    rounded = decimals.divide_half_up(over, under, places)
    step = Fraction(1, 10**places)
    distance = abs(Fraction(rounded) - exact)
    assert distance * 2 <= step
    if distance * 2 == step:
        assert abs(Fraction(rounded)) > abs(exact)
    assert decimals.divide_half_up(-over, -under, places) == rounded
    assert decimals.divide_half_up(-over, under, places) == -rounded


@given(st.lists(MARKS, min_size=1, max_size=60))
def test_sums_of_tenths_are_exact_in_any_order(marks: list[Decimal]) -> None:
    total = sum(decimals.tenths(mark) for mark in marks)
    assert decimals.from_tenths(total) == sum(reversed(marks), Decimal(0))
    average = decimals.divide_half_up(total, len(marks) * 10)
    assert average == decimals.half_up(Fraction(sum(marks, Decimal(0))) / len(marks))
    assert min(marks) <= average <= max(marks)


@given(MARKS)
def test_what_is_shown_can_be_read_back(mark: Decimal) -> None:
    assert decimals.parse_mark(decimals.format_mark(mark)) == mark
    assert decimals.parse_mark(str(mark)) == mark


@pytest.mark.parametrize(
    ("text", "mark"), [("7,5", "7.5"), (" 10 ", "10.0"), ("0", "0.0"), ("8.25", "8.3"), ("+9", "9.0")]
)
def test_marks_as_people_type_them(text: str, mark: str) -> None:
    assert decimals.parse_mark(text) == Decimal(mark)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("10,04", "CORE-002"), ("-0,1", "CORE-002"), ("11", "CORE-002"), ("", "CORE-001"),
        ("7,5,5", "CORE-001"),
        ("Đ", "CORE-001"), ("1e1", "CORE-001"), ("NaN", "CORE-001"),
        ("\u0667", "CORE-001"), ("7 5", "CORE-001"),
    ],
)  # fmt: skip
def test_what_is_no_mark_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decimals.parse_mark(text)
    assert refusal.value.code == code


def test_two_decimals_cannot_be_counted_in_tenths() -> None:
    with pytest.raises(Invalid):
        decimals.tenths(Decimal("7.25"))
    assert decimals.format_mark(None) == ""
    assert decimals.format_mark(Decimal(10)) == "10,0"


def test_the_core_knows_no_float() -> None:
    for path in Path(khue.core.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), path
            assert not (isinstance(node, ast.Name) and node.id == "float"), path
