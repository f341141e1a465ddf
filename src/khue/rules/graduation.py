"""Graduation from upper secondary school, from the exam of 2025 on (xét công nhận tốt nghiệp THPT)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from khue.core.decimals import half_up
from khue.rules.averages import parameters
from khue.rules.reasons import Judged, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

CLAUSE = "TT 24/2024/TT-BGDĐT"


@dataclass(frozen=True, slots=True)
class Graduation:
    """The graduation score and what it is made of (ĐXTN)."""

    gpa: tuple[Decimal, Decimal, Decimal]
    gpa_all: Decimal
    score: Decimal
    graduate: bool


def year_mean(marks: Sequence[Decimal]) -> Decimal:
    """ĐTB of a year: the plain mean of the year averages of mark subjects, two decimals."""
    return half_up(sum((Fraction(mark) for mark in marks), Fraction()) / len(marks), _places())


def _places() -> int:
    return int(parameters("graduation")["places"])


def graduation(
    years: tuple[Sequence[Decimal], Sequence[Decimal], Sequence[Decimal]], exams: Sequence[Decimal],
    priority: Decimal = Decimal(0), *, eligible: bool = True,
) -> Judged[Graduation]:
    """The score and whether the pupil graduates; every condition is shown."""
    rules = parameters("graduation")
    weights = rules["year_weights"]
    gpa = tuple(year_mean(marks) for marks in years)
    total = sum(weight * Fraction(mean) for weight, mean in zip(weights, gpa, strict=True))
    gpa_all = half_up(Fraction(total) / sum(weights), _places())
    mean = sum((Fraction(mark) for mark in exams), Fraction()) / len(exams)
    score = half_up((mean + Fraction(gpa_all)) / 2 + Fraction(priority), _places())
    above = Decimal(rules["paper_above"])
    low = [mark for mark in exams if mark <= above]
    enough = score >= Decimal(rules["pass_score"])
    reasons = (
        Reason(CLAUSE, "Đủ điều kiện dự thi (được lên lớp ở lớp 12).", passed=eligible),
        Reason(CLAUSE, f"Mọi bài thi trên {above}: {'có' if not low else 'không'}.", passed=not low),
        Reason(
            CLAUSE,
            f"ĐXTN = (trung bình bài thi + {gpa_all}) : 2 + ưu tiên {priority} = {score}; "
            f"cần từ {rules['pass_score']}.",
            passed=enough,
        ),
    )
    passed = eligible and not low and enough
    return Judged(Graduation((gpa[0], gpa[1], gpa[2]), gpa_all, score, passed), reasons)
