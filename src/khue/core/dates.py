"""Days and periods: half-open periods, school years, dates as Vietnamese people write them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from khue.core.errors import Invalid

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_YEAR_CODE = re.compile(r"(\d{4})\s*[-–]\s*(\d{4})")


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open period [start, end); without an end it goes on (từ ngày … đến trước ngày …)."""

    start: dt.date
    end: dt.date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise Invalid("CORE-005", start=self.start, end=self.end)

    def contains(self, day: dt.date) -> bool:
        """Whether the day is inside."""
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Period) -> bool:
        """Whether the two share a day."""
        return (self.end is None or other.start < self.end) and (
            other.end is None or self.start < other.end
        )


def parse_date(text: str) -> dt.date:
    """A date written dd/mm/yyyy (or with . or -), or in ISO form; refused otherwise (`CORE-006`)."""
    stripped = text.strip()
    try:
        if found := _DAY_FIRST.fullmatch(stripped):
            day, month, year = (int(part) for part in found.groups())
            return dt.date(year, month, day)
        return dt.date.fromisoformat(stripped)
    except ValueError as error:
        raise Invalid("CORE-006", value=text[:40]) from error


def format_date(day: dt.date | None) -> str:
    """A date as people read it: dd/mm/yyyy."""
    return "" if day is None else f"{day:%d/%m/%Y}"


def school_year_code(text: str) -> str:
    """«2025-2026» from any usual writing of a school year; refused if the years do not follow."""
    found = _YEAR_CODE.search(text)
    if not found or int(found[2]) != int(found[1]) + 1:
        raise Invalid("CORE-007", value=text[:40])
    return f"{found[1]}-{found[2]}"


def school_year_of(day: dt.date) -> str:
    """The school year a day belongs to: it turns on 1 August (năm học)."""
    first = day.year if day.month >= 8 else day.year - 1  # noqa: PLR2004 - August
    return f"{first}-{first + 1}"


def first_year(code: str) -> int:
    """2025 for «2025-2026»."""
    return int(school_year_code(code)[:4])
