"""Frames of the school year: known years, the pattern, and a province's own dates."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.rules import calendar

YEARS = st.integers(2015, 2060)


@pytest.mark.parametrize("first_year", [2025, 2026])
def test_known_years(first_year: int) -> None:
    year = calendar.frame(first_year)
    assert year.opens_on == dt.date(first_year, 9, 5)
    assert year.term1_ends == dt.date(first_year + 1, 1, 18)
    assert year.ends_on == dt.date(first_year + 1, 5, 31)
    assert year.weeks == (18, 17)
    assert (year.exam_on, year.exam_until) == (dt.date(first_year + 1, 6, 11), dt.date(first_year + 1, 6, 12))
    assert year.code == f"{first_year}-{first_year + 1}"
    assert year.source


@given(YEARS, st.integers(1, 12))
def test_some_grades_return_earlier_and_some_adults_learn_shorter(first_year: int, grade: int) -> None:
    year = calendar.frame(first_year)
    before = 14 if grade in {1, 9, 12} else 7
    assert year.returns_on(grade) == year.opens_on - dt.timedelta(days=before)
    assert year.weeks_of(grade) == 35
    assert year.weeks_of(grade, continuing=True) == (32 if grade in {9, 12} else 35)


def test_only_a_decided_year_is_certain() -> None:
    assert calendar.frame(2025).certain
    assert not calendar.frame(2031).certain


@given(YEARS)
def test_terms_follow_each_other_and_hold_their_weeks(first_year: int) -> None:
    year = calendar.frame(first_year)
    assert year.return_on < year.starts_on < year.term1_ends < year.ends_on < year.completion_before
    for period, weeks in zip((year.term1, year.term2), year.weeks, strict=True):
        assert (period.end - period.start).days >= 7 * weeks  # type: ignore[operator]
    assert not year.term1.overlaps(year.term2)
    assert year.year.contains(year.starts_on)
    assert year.year.end == calendar.frame(first_year + 1).year.start


@given(YEARS, st.integers(0, 364))
def test_every_day_has_one_term(first_year: int, after: int) -> None:
    year = calendar.frame(first_year)
    day = year.year.start + dt.timedelta(days=after)
    terms = [n for n, p in enumerate((year.term1, year.term2, year.summer), 1) if p.contains(day)]
    assert terms in ([year.term_on(day)], [])
    assert terms or day < year.starts_on


@given(YEARS)
def test_moments_lie_inside_their_terms_in_order(first_year: int) -> None:
    year = calendar.frame(first_year)
    found = calendar.moments(year)
    assert [moment.code for moment in found] == ["GK1", "CK1", "GK2", "CN"]
    assert [moment.term for moment in found] == [1, 1, 2, 2]
    for moment in found:
        term = year.term1 if moment.term == 1 else year.term2
        assert term.contains(moment.period.start)
        assert moment.period.end <= term.end  # type: ignore[operator]
    assert all(
        before.period.end <= after.period.start  # type: ignore[operator]
        for before, after in pairwise(found)
    )


def test_a_province_may_move_a_date_by_two_weeks() -> None:
    year = calendar.frame(
        2026, override={"term1_ends_before": dt.date(2027, 1, 11), "source": "QĐ của UBND tỉnh"}
    )
    assert year.term1_ends == dt.date(2027, 1, 11)
    assert year.source == "QĐ của UBND tỉnh"
    assert year.certain
    assert year.opens_on == calendar.frame(2026).opens_on


def test_a_province_may_not_leave_the_frame() -> None:
    with pytest.raises(Invalid, match="CORE-022"):
        calendar.frame(2026, override={"ends_before": dt.date(2027, 6, 30)})
