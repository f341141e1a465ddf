"""Deadlines of a change of school, in working days (thời hạn giải quyết chuyển trường; assessment.md 7.3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from khue.rules.averages import parameters

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What the law of a day gives each office, in working days."""

    consent: int  # the receiving school decides
    release: int  # the school left hands over the papers
    placement: int  # the receiving school puts the pupil into a class
    clause: str
    certain: bool  # False: figures of a draft, to be checked against the text


def deadlines_on(day: dt.date, *, same_province: bool) -> Deadlines:
    """The deadlines for a request made on a day; before the first known text, those of the first."""
    rows = parameters("transfers")["deadlines"]
    row = next((one for one in reversed(rows) if one["from"] <= day), rows[0])
    consent = row["consent"]["same" if same_province else "other"]
    return Deadlines(consent, row["release"], row["placement"], row["clause"], row["certain"])


def is_working_day(day: dt.date) -> bool:
    """Whether offices work on this day (ngày làm việc)."""
    return day.weekday() < _SATURDAY and day not in _rest_of(day.year)


def due_on(start: dt.date, working_days: int) -> dt.date:
    """The last day of a deadline; the day on which it begins does not count (Bộ luật Dân sự Điều 147)."""
    day = start
    while working_days > 0:
        day += dt.timedelta(days=1)
        working_days -= is_working_day(day)
    return day


@lru_cache(maxsize=16)
def _rest_of(year: int) -> frozenset[dt.date]:
    rest = parameters("transfers")["rest"]
    days = {dt.date.fromisoformat(f"{year}-{one}") for one in rest["every_year"]}
    for period in rest["days"]:
        length = (period["to"] - period["from"]).days + 1
        days |= {period["from"] + dt.timedelta(days=n) for n in range(length)}
    return frozenset(day for day in days if day.year == year)
