"""TT 24/2024: the graduation score is exact, rounded twice, and its doubts are flagged."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.rules.graduation import graduation, year_mean
from khue.rules.settings import Settings
from khue.rules.tests.marks import MARKS, d

YEAR = st.lists(MARKS, min_size=1, max_size=10)
YEARS = st.tuples(YEAR, YEAR, YEAR)
PAPERS = st.lists(st.integers(0, 40).map(lambda n: Decimal(n) / 4), min_size=4, max_size=4)
PRIORITY = st.sampled_from(d("0", "0.25", "0.5", "1"))


def two(value: Fraction) -> Fraction:
    return Fraction(floor(value * 100 + Fraction(1, 2)), 100)


def mean(marks) -> Fraction:
    return sum(map(Fraction, marks), Fraction()) / len(marks)


@given(YEARS, PAPERS, PRIORITY, st.booleans())
def test_the_score_is_the_formula_of_the_circular(years, papers, priority, eligible) -> None:
    judged = graduation(years, papers, priority, eligible=eligible)
    means = [two(mean(year)) for year in years]
    gpa = two((means[0] + 2 * means[1] + 3 * means[2]) / 6)
    exact = (mean(papers) + gpa) / 2 + Fraction(priority)
    assert [Fraction(value) for value in judged.value.gpa] == means
    assert (Fraction(judged.value.gpa_all), Fraction(judged.value.score)) == (gpa, two(exact))
    above = all(mark > 1 for mark in papers)
    assert judged.value.graduate == (eligible and above and two(exact) >= 5)
    conditions = [reason.passed for reason in judged.reasons if reason.passed is not None]
    assert conditions == [eligible, above, two(exact) >= 5]
    equal = (mean(papers) + two(sum(means) / 3)) / 2 + Fraction(priority)
    others = {two(equal) >= 5, exact >= 5}
    assert judged.doubtful == (eligible and above and others != {two(exact) >= 5})


@given(YEARS, PAPERS, st.randoms(use_true_random=False))
def test_the_order_of_subjects_and_papers_means_nothing(years, papers, rng) -> None:
    mixed = tuple(rng.sample(year, len(year)) for year in years)
    assert graduation(mixed, rng.sample(papers, 4)).value == graduation(years, papers).value


@given(YEARS, PAPERS, st.integers(0, 3), st.sampled_from(d("5", "7.5", "10")))
def test_a_better_paper_never_takes_graduation_away(years, papers, which, other) -> None:
    better = [max(mark, other) if n == which else mark for n, mark in enumerate(papers)]
    before, after = graduation(years, papers).value, graduation(years, better).value
    assert after.score >= before.score
    assert after.graduate or not before.graduate


def test_a_tie_of_the_year_mean_is_rounded_up() -> None:
    assert year_mean(d("7.0", "7.1", "7.0", "7.0")) == Decimal("7.03")  # 7,025
    with pytest.raises(Invalid, match="CORE-001"):
        year_mean([])


ROUNDED = ((d("4.0"), d("5.0"), d("5.5", "5.6", "5.6")), d("5", "4.75", "5", "4.75"))


@pytest.mark.parametrize(("settings", "graduate"), [
    (Settings(), True), (Settings(graduation_rounding="exact"), False),
    (Settings(graduation_weights="equal"), False),
])  # fmt: skip
def test_each_reading_is_a_setting_and_flagged(settings, graduate) -> None:
    judged = graduation(*ROUNDED, settings=settings)
    assert judged.value.graduate is graduate
    assert judged.doubtful
    assert judged.value.graduate == judged.value.enough == judged.reasons[-1].passed


@pytest.mark.parametrize("papers", [[], d("8", "8", "8"), [*d("8", "8", "8"), None], d(8, 8, 8, 8, 8)])
def test_no_score_without_all_four_papers(papers) -> None:
    judged = graduation((d(8), d(8), d(8)), papers)
    assert (judged.value.score, judged.value.graduate, judged.doubtful) == (None, False, False)
    assert "cần đủ 4 bài" in judged.reasons[1].text


def test_a_paper_at_one_point_is_named() -> None:
    judged = graduation((d(8), d(8), d(8)), d("1.0", "9", "9", "9"))
    assert not judged.value.graduate
    assert judged.reasons[1].text == "Có bài thi không trên 1,0 điểm: 1,0."
