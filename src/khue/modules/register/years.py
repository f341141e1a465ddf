"""School years of the register: how they are written, when teaching ends, which cohort a day belongs to."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from khue.core.dates import first_year, school_year_of
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

LAST_TERM = 2
JUNE = 6  # lessons end before 31 May (khung kế hoạch thời gian năm học)


def code_of(year: int) -> str:
    """«2025-2026» for 2025."""
    return f"{year}-{year + 1}"


def end_of_teaching(year: schooling.SchoolYear, school_id: UUID) -> dt.date:
    """The day after the second term of a year, as the school plans it: from then on it may be closed."""
    planned = [term.ends_on for term in schooling.terms(year, school_id) if term.number == LAST_TERM]
    return planned[0] if planned else year.ends_on


def years_of_admission(school_id: UUID, days: Iterable[dt.date]) -> dict[dt.date, int]:
    """The school year for which somebody is admitted on each of these days: after the lessons, the next one.

    Who is admitted in July learns from September on and stands in the book of that year.
    """
    ends: dict[str, dt.date] = {}
    found = {}
    for day in set(days):
        code = school_year_of(day)
        if code not in ends:
            year = schooling.year_of(code)
            first = first_year(code)
            ends[code] = end_of_teaching(year, school_id) if year else dt.date(first + 1, JUNE, 1)
        found[day] = first_year(code) + (day >= ends[code])
    return found
