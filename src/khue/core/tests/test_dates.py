"""Periods are half-open; school years turn on 1 August; dates are read as people write them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core import dates
from khue.core.dates import Period
from khue.core.errors import Invalid

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start = draw(DAYS)
    length = draw(st.none() | st.integers(0, 400))
    return Period(start, None if length is None else start + dt.timedelta(days=length))


@given(periods(), periods())
def test_overlap_means_a_common_day(one: Period, two: Period) -> None:
    first = max(one.start, two.start)
    empty = one.start == one.end or two.start == two.end
    if not empty:
        assert one.overlaps(two) == (one.contains(first) and two.contains(first))
    assert one.overlaps(two) == two.overlaps(one)


@given(periods())
def test_the_end_is_outside(period: Period) -> None:
    if period.end is not None:
        assert not period.contains(period.end)
        assert not period.overlaps(Period(period.end))
    if period.end != period.start:
        assert period.contains(period.start)


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(Invalid) as refusal:
        Period(dt.date(2025, 9, 5), dt.date(2025, 9, 4))
    assert refusal.value.code == "CORE-005"


@given(DAYS)
def test_dates_come_back_as_written(day: dt.date) -> None:
    assert dates.parse_date(dates.format_date(day)) == day
    assert dates.parse_date(day.isoformat()) == day
    assert dates.parse_date(f" {day.day}-{day.month}-{day.year} ") == day
    assert dates.parse_date(f"{day.day}.{day.month}.{day.year}") == day


@pytest.mark.parametrize("text", ["", "5/9", "31/02/2025", "2025/09/05", "5/9/25", "hôm nay", "00/01/2025"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        dates.parse_date(text)
    assert refusal.value.code == "CORE-006"


@given(DAYS)
def test_every_day_belongs_to_one_school_year(day: dt.date) -> None:
    code = dates.school_year_of(day)
    first = dates.first_year(code)
    assert dt.date(first, 8, 1) <= day < dt.date(first + 1, 8, 1)
    assert dates.school_year_code(f"Năm học {code.replace('-', ' – ')}") == code


@pytest.mark.parametrize("text", ["2025", "2025-2027", "2026-2025", ""])
def test_years_that_do_not_follow_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        dates.school_year_code(text)
    assert refusal.value.code == "CORE-007"


def test_nothing_is_shown_for_no_date() -> None:
    assert dates.format_date(None) == ""
    assert dates.format_date(dt.date(2025, 9, 5)) == "05/09/2025"
