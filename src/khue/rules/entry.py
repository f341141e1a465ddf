"""Entering a level: the usual age, who may be older, how many pupils a class takes (tuyển sinh đầu cấp)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from khue.rules.averages import parameters
from khue.rules.reasons import Judged, Reason

if TYPE_CHECKING:
    import datetime as dt


class Age(StrEnum):
    """What the age of a newcomer means (tuổi vào cấp học)."""

    USUAL = "usual"
    ALLOWED = "allowed"  # older, and belongs to those who may be
    OLDER = "older"  # older, within the limit, but nothing known says why
    TOO_OLD = "too_old"
    YOUNGER = "younger"
    UNKNOWN = "unknown"


ASKED = frozenset({Age.OLDER, Age.TOO_OLD, Age.YOUNGER})  # a person decides on these by the papers


def entry_age(
    level: str, birth_year: int | None, starts_on: dt.date, *, may_be_older: bool = False
) -> Judged[Age]:
    """Whether a pupil of this birth year enters the level at the usual age, counted by years.

    `may_be_older`: of an ethnic minority, disabled, an orphan, in hardship, back from abroad (khoản 2).
    """
    law = _law(level, starts_on)
    clause = str(law["age_clause"])
    if birth_year is None:
        return Judged(Age.UNKNOWN, (Reason(clause, "Chưa biết năm sinh."),), doubtful=True)
    age, usual, most = starts_on.year - birth_year, int(law["age"]), int(law["most_older"])
    inputs = (("tuổi", str(age)), ("quy định", str(usual)))

    def judged(value: Age, text: str, *, passed: bool | None) -> Judged[Age]:
        return Judged(value, (Reason(clause, text, passed, inputs),), doubtful=not law["certain"])

    if age == usual:
        return judged(Age.USUAL, f"Đúng {usual} tuổi.", passed=True)
    if age < usual:
        return judged(Age.YOUNGER, f"Mới {age} tuổi, quy định {usual} tuổi.", passed=False)
    if age > usual + most:
        return judged(Age.TOO_OLD, f"{age} tuổi, cao hơn quy định quá {most} tuổi.", passed=False)
    text = f"{age} tuổi, cao hơn quy định {age - usual} tuổi"
    if may_be_older:
        return judged(Age.ALLOWED, f"{text}; thuộc diện được vào học ở tuổi cao hơn.", passed=True)
    return judged(Age.OLDER, f"{text}; chưa rõ thuộc diện được phép.", passed=None)


def class_size(level: str, starts_on: dt.date) -> tuple[int, str]:
    """How many pupils a class of the level takes at most, and the clause (sĩ số tối đa)."""
    law = _law(level, starts_on)
    return int(law["class_size"]), str(law["size_clause"])


def _law(level: str, day: dt.date) -> dict[str, Any]:
    charters = parameters("entry")["charters"]
    in_force = [one for one in charters if one["since"] <= day] or charters[:1]
    return {**in_force[-1]["levels"][level], "certain": in_force[-1]["certain"]}
