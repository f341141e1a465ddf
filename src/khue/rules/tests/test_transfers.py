"""Deadlines of a change of school."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.rules.transfers import deadlines_on, due_on, is_working_day

DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31))


@pytest.mark.parametrize(
    ("day", "same", "expected"),
    [
        (dt.date(2019, 1, 1), True, (3, 3, 3)),
        (dt.date(2026, 5, 9), True, (3, 3, 3)),
        (dt.date(2026, 5, 10), True, (5, 3, 5)),
        (dt.date(2026, 5, 10), False, (8, 3, 5)),
    ],
)
def test_the_law_of_the_day_holds(day: dt.date, same: bool, expected: tuple[int, int, int]) -> None:
    found = deadlines_on(day, same_province=same)
    assert (found.consent, found.release, found.placement) == expected


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (dt.date(2026, 11, 27), 3, dt.date(2026, 12, 2)),  # a Friday: Saturday and Sunday do not count
        (dt.date(2026, 11, 23), 3, dt.date(2026, 11, 26)),
        (dt.date(2026, 2, 13), 1, dt.date(2026, 2, 23)),  # over Tết
        (dt.date(2026, 4, 29), 2, dt.date(2026, 5, 5)),  # over 30/4 and 1/5
        (dt.date(2026, 11, 27), 0, dt.date(2026, 11, 27)),
    ],
)
def test_only_working_days_count(start: dt.date, days: int, expected: dt.date) -> None:
    assert due_on(start, days) == expected


@given(DAYS, st.integers(1, 12))
def test_a_deadline_ends_on_a_working_day_after_that_many_of_them(start: dt.date, days: int) -> None:
    end = due_on(start, days)
    assert is_working_day(end)
    between = [start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(map(is_working_day, between)) == days
