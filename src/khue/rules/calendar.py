"""The frame of the school year (khung kế hoạch thời gian năm học): dates as data, by year and province.

The Ministry sets a frame, the province the dates inside it, by up to two weeks differently.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from khue.core.dates import Period
from khue.core.errors import Invalid
from khue.rules.curriculum import PARAMETERS

_DAYS = ("return_on", "opens_on", "starts_on")
_NEXT_YEAR = (
    "term1_ends_before", "ends_before", "completion_before", "admission_before", "exam_on", "exam_until",
)  # fmt: skip
TURNS_IN = 8  # the school year begins in August at the earliest
DAYS_OF_WEEK = 7


@dataclass(frozen=True, slots=True)
class YearFrame:
    """The dates of one school year; ends are exclusive: «trước ngày 18/01» ends on the 18th."""

    first_year: int
    return_on: dt.date  # tựu trường
    opens_on: dt.date  # khai giảng
    starts_on: dt.date  # first day of term 1
    term1_ends: dt.date  # exclusive
    ends_on: dt.date  # exclusive: end of teaching
    completion_before: dt.date
    admission_before: dt.date
    exam_on: dt.date  # first and last day of the graduation exam of upper secondary (thi tốt nghiệp THPT)
    exam_until: dt.date
    weeks: tuple[int, int]
    source: str
    certain: bool = True  # False: taken from the pattern, to be checked against the decision

    @property
    def code(self) -> str:
        """«2025-2026»."""
        return f"{self.first_year}-{self.first_year + 1}"

    @property
    def term1(self) -> Period:
        """Học kì I."""
        return Period(self.starts_on, self.term1_ends)

    @property
    def term2(self) -> Period:
        """Học kì II."""
        return Period(self.term1_ends, self.ends_on)

    @property
    def summer(self) -> Period:
        """After teaching until the next school year can begin: re-assessment, summer conduct."""
        return Period(self.ends_on, dt.date(self.first_year + 1, TURNS_IN, 1))

    @property
    def year(self) -> Period:
        """The whole school year, from 1 August to 31 July: the period of class-years and accounts."""
        return Period(dt.date(self.first_year, TURNS_IN, 1), dt.date(self.first_year + 1, TURNS_IN, 1))

    def returns_on(self, grade: int) -> dt.date:
        """The earliest day on which a grade returns: grades 1, 9 and 12 before the others (tựu trường)."""
        early = _data()["early_return"]
        return self.return_on - dt.timedelta(days=early["days"] if grade in early["grades"] else 0)

    def weeks_of(self, grade: int, *, continuing: bool = False) -> int:
        """Weeks of teaching of a grade in the year; continuing education has fewer in its last grades."""
        special = _data()["continuing"]
        return special["weeks"] if continuing and grade in special["grades"] else sum(self.weeks)

    def term_on(self, day: dt.date) -> int:
        """The term of a day: 1, 2, or 3 for the summer; before the first day of term 1 it is 1."""
        if day < self.term1_ends:
            return 1
        return 2 if day < self.ends_on else 3


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of periodic assessment and when it usually falls (thời điểm đánh giá định kì)."""

    code: str  # GK1 | CK1 | GK2 | CN
    name: str
    term: int
    period: Period


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return tomllib.loads((PARAMETERS / "school-years.toml").read_text(encoding="utf-8"))


def frame(first_year: int, province: str = "", override: Mapping[str, Any] | None = None) -> YearFrame:
    """The frame of the school year that begins in `first_year`, with the province's own dates.

    `override` gives dates and `source` of a decision kept elsewhere as data. A date may not leave
    the Ministry's frame by more than two weeks (`CORE-022`).
    """
    data = _data()
    found = next((year for year in data.get("years", ()) if year["first_year"] == first_year), None)
    base = _frame(first_year, found or _pattern(first_year, data["default"]))
    changes = dict(override or {})
    for entry in data.get("overrides", ()):
        if province and entry["province"] == province and entry["first_year"] == first_year:
            changes = {**entry, **changes}
    if not changes:
        return base
    return _overridden(base, changes, data["default"]["shift_days"])


def _pattern(first_year: int, default: Mapping[str, Any]) -> dict[str, Any]:
    dated = dict(default)
    for names, year in ((_DAYS, first_year), (_NEXT_YEAR, first_year + 1)):
        for name in names:
            dated[name] = dt.date.fromisoformat(f"{year}-{default[name]}")
    return dated


def _frame(first_year: int, entry: Mapping[str, Any]) -> YearFrame:
    return YearFrame(
        first_year=first_year,
        return_on=entry["return_on"],
        opens_on=entry["opens_on"],
        starts_on=entry["starts_on"],
        term1_ends=entry["term1_ends_before"],
        ends_on=entry["ends_before"],
        completion_before=entry["completion_before"],
        admission_before=entry["admission_before"],
        exam_on=entry["exam_on"],
        exam_until=entry["exam_until"],
        weeks=(int(entry["weeks"][0]), int(entry["weeks"][1])),
        source=entry["source"],
        certain=bool(entry.get("certain", False)),
    )


def _overridden(base: YearFrame, changes: Mapping[str, Any], limit: int) -> YearFrame:
    fields = {"term1_ends_before": "term1_ends", "ends_before": "ends_on"}
    dates: dict[str, dt.date] = {}
    for key, value in changes.items():
        name = fields.get(key, key)
        usual = getattr(base, name, None)
        if not isinstance(usual, dt.date):
            continue
        if abs((value - usual).days) > limit:
            raise Invalid("CORE-022", field=name, value=value, usual=usual, weeks=limit // DAYS_OF_WEEK)
        dates[name] = value
    source = str(changes.get("source", base.source))
    moved = replace(base, **dates, source=source, certain=True)  # type: ignore[arg-type] # days only
    if not moved.starts_on < moved.term1_ends < moved.ends_on:
        raise Invalid("CORE-005", start=moved.starts_on, end=moved.ends_on)
    return moved


def moments(year: YearFrame) -> tuple[Moment, ...]:
    """The four moments of assessment with the weeks in which they usually fall, as a proposal.

    Midterm in the ninth and tenth week of teaching of the term, final in the last two weeks; the
    school's plan decides.
    """
    week, weeks = dt.timedelta(days=DAYS_OF_WEEK), _data()["moments"]
    found: list[Moment] = []
    names = (
        ("GK1", "Giữa học kì I", "CK1", "Cuối học kì I"),
        ("GK2", "Giữa học kì II", "CN", "Cuối năm học"),
    )
    for term, (period, (mid, mid_name, end, end_name)) in enumerate(
        zip((year.term1, year.term2), names, strict=True), 1
    ):
        closing = period.end or period.start
        middle = period.start + (weeks["midterm_week"] - 1) * week
        found.append(Moment(mid, mid_name, term, Period(middle, middle + weeks["midterm_weeks"] * week)))
        found.append(Moment(end, end_name, term, Period(closing - weeks["final_weeks"] * week, closing)))
    return tuple(found)
