"""Graduation from upper secondary school, from the exam of 2025 on (xét công nhận tốt nghiệp THPT)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from khue.core.decimals import half_up
from khue.core.errors import Invalid
from khue.rules.averages import parameters
from khue.rules.reasons import Judged, Reason
from khue.rules.settings import DEFAULT, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

CLAUSE = "TT 24/2024/TT-BGDĐT"
GRADES = (10, 11, 12)
OTHER = {"rising": "equal", "equal": "rising", "rounded": "exact", "exact": "rounded"}


@dataclass(frozen=True, slots=True)
class Graduation:
    """The graduation score and what it is made of (ĐXTN); no score while a paper is missing."""

    gpa: tuple[Decimal, Decimal, Decimal]
    gpa_all: Decimal
    score: Decimal | None
    enough: bool  # the score reaches the pass score
    graduate: bool


def _places() -> int:
    return int(parameters("graduation")["places"])


def year_mean(marks: Sequence[Decimal]) -> Decimal:
    """ĐTB of a year: the plain mean of the year averages of mark subjects, two decimals."""
    return half_up(_mean(marks), _places())


def _mean(marks: Sequence[Decimal]) -> Fraction:
    if not marks:
        raise Invalid("CORE-001", value="")
    return sum((Fraction(mark) for mark in marks), Fraction()) / len(marks)


def graduation(
    years: tuple[Sequence[Decimal], Sequence[Decimal], Sequence[Decimal]],
    exams: Sequence[Decimal | None], priority: Decimal = Decimal(0), settings: Settings = DEFAULT,
    *, eligible: bool = True,
) -> Judged[Graduation]:
    """The score and whether the pupil graduates; every condition is shown.

    Flagged where the other weights of the years, or comparing before rounding, decides otherwise.
    """
    gpa = tuple(year_mean(marks) for marks in years)
    found = _decide(gpa, exams, priority, settings, eligible=eligible)
    reasons = (
        Reason(CLAUSE, f"{'Đủ' if eligible else 'Chưa đủ'} điều kiện dự thi theo kết quả lớp 12.", eligible),
        _papers_reason(exams),
        *_score_reasons(found, exams, priority, settings),
    )
    for other in (
        replace(settings, graduation_weights=OTHER[settings.graduation_weights]),  # type: ignore[arg-type]
        replace(settings, graduation_rounding=OTHER[settings.graduation_rounding]),  # type: ignore[arg-type]
    ):
        second = _decide(gpa, exams, priority, other, eligible=eligible)
        if second.graduate is not found.graduate:
            words = "đủ điều kiện" if second.graduate else "chưa đủ điều kiện"
            note = f"Hệ số các năm và lần làm tròn cuối có hai cách hiểu: theo cách kia thì {words}."
            return Judged(found, reasons, doubtful=True, alternative=second, note=note)
    return Judged(found, reasons)


def _decide(
    gpa: Sequence[Decimal], exams: Sequence[Decimal | None], priority: Decimal, settings: Settings,
    *, eligible: bool,
) -> Graduation:
    rules = parameters("graduation")
    weights = rules["year_weights"][settings.graduation_weights]
    total = sum(weight * Fraction(mean) for weight, mean in zip(weights, gpa, strict=True))
    gpa_all = half_up(Fraction(total) / sum(weights), _places())
    means = (gpa[0], gpa[1], gpa[2])
    sat = [mark for mark in exams if mark is not None]
    if len(sat) != rules["papers"]:
        return Graduation(means, gpa_all, None, enough=False, graduate=False)
    exact = (_mean(sat) + Fraction(gpa_all)) / 2 + Fraction(priority)
    score = half_up(exact, _places())
    compared = Fraction(score) if settings.graduation_rounding == "rounded" else exact
    enough = compared >= Fraction(rules["pass_score"])
    above_floor = all(mark > Decimal(rules["paper_above"]) for mark in sat)
    return Graduation(means, gpa_all, score, enough, eligible and above_floor and enough)


def _papers_reason(exams: Sequence[Decimal | None]) -> Reason:
    rules = parameters("graduation")
    above, papers = Decimal(rules["paper_above"]), rules["papers"]
    inputs = tuple((f"Bài thi {number}", _shown(mark)) for number, mark in enumerate(exams, 1))
    sat = [mark for mark in exams if mark is not None]
    if len(sat) != papers:
        return Reason(CLAUSE, f"Có điểm của {len(sat)} bài thi, cần đủ {papers} bài.", False, inputs)
    low = [_shown(mark) for mark in sat if mark <= above]
    if low:
        return Reason(CLAUSE, f"Có bài thi không trên {_shown(above)} điểm: {', '.join(low)}.", False, inputs)
    return Reason(CLAUSE, f"Mọi bài thi trên {_shown(above)} điểm.", True, inputs)


def _score_reasons(
    found: Graduation, exams: Sequence[Decimal | None], priority: Decimal, settings: Settings
) -> tuple[Reason, ...]:
    rules = parameters("graduation")
    weights = rules["year_weights"][settings.graduation_weights]
    parts = " + ".join(f"{w} × {_shown(m)}" for w, m in zip(weights, found.gpa, strict=True))
    means = tuple((f"ĐTB lớp {g}", _shown(m)) for g, m in zip(GRADES, found.gpa, strict=True))
    years = Reason(
        CLAUSE, f"ĐTB các năm = ({parts}) : {sum(weights)} = {_shown(found.gpa_all)}.", None, means
    )
    if found.score is None:
        return (years,)
    papers = " + ".join(_shown(mark) for mark in exams)
    extra = f" + {_shown(priority)}" if priority else ""
    text = (
        f"ĐXTN = (({papers}) : {len(exams)} + {_shown(found.gpa_all)}) : 2{extra} = {_shown(found.score)}; "
        f"cần từ {_shown(Decimal(rules['pass_score']))}."
    )
    return years, Reason(CLAUSE, text, found.enough, (("Điểm ưu tiên", _shown(priority)),))


def _shown(number: Decimal | None) -> str:
    return "" if number is None else str(number).replace(".", ",")
