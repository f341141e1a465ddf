"""TT 58/2011 with and without TT 26/2020: averages, học lực, titles and moving up of old years."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.rules import legacy
from khue.rules.regimes import RegimeId
from khue.rules.secondary import assess_term, assess_year
from khue.rules.settings import DEFAULT
from khue.rules.tests.marks import MARKS, d, pupil, score
from khue.rules.tests.test_averages import exactly
from khue.rules.values import (
    LearningLevel,
    OldLevel,
    Promotion,
    PupilFacts,
    SubjectFacts,
    TermComments,
    TermMarks,
    Title,
)

G, K, TB, Y, KEM = OldLevel
TOT, KHA, DAT, CHUA_DAT = LearningLevel
OLD, AMENDED = RegimeId.TT58, RegimeId.TT58_26
SCORES = st.lists(MARKS, min_size=3, max_size=12)
COMMENTS = st.lists(st.sampled_from(["Đ", "Đ", "Đ", "CĐ", "M"]), max_size=4)


@given(st.lists(MARKS, min_size=2, max_size=4), MARKS, st.lists(MARKS, max_size=3), MARKS)
def test_every_one_period_test_counted_twice_before_tt26(tx, first, more, final) -> None:
    entry = TermMarks(tuple(tx), first, final, more_periodic=tuple(more))
    periodic = [Fraction(mark) for mark in (first, *more)]
    total = sum(map(Fraction, tx)) + 2 * sum(periodic) + 3 * Fraction(final)
    judged = legacy.term_average(entry, len(tx), DEFAULT, OLD)
    assert judged.value == exactly(total / (len(tx) + 2 * len(periodic) + 3))
    assert judged.reasons[0].clause == "Điều 11 TT 58/2011"
    amended = legacy.term_average(entry, len(tx), DEFAULT, AMENDED)
    only = sum(map(Fraction, tx)) + 2 * Fraction(first) + 3 * Fraction(final)
    assert amended.value == exactly(only / (len(tx) + 5))
    assert "TT 26/2020" in amended.reasons[0].clause


def test_an_old_average_waits_for_its_tests() -> None:
    judged = legacy.term_average(TermMarks(tuple(d(7, 7)), Decimal(7)), 2, DEFAULT, OLD)
    assert judged.value is None
    assert judged.reasons[0].clause == "Điều 11 TT 58/2011"


@pytest.mark.parametrize(("results", "value"), [
    ("Đ Đ Đ Đ", "Đ"), ("CĐ Đ Đ Đ", "Đ"), ("CĐ CĐ Đ Đ", "CĐ"), ("Đ Đ Đ CĐ", "CĐ"), ("Đ CĐ CĐ Đ", "CĐ"),
])  # fmt: skip
def test_two_thirds_and_the_last_were_enough(results, value) -> None:
    first, second, midterm, final = results.split()
    entry = TermComments((first, second), midterm, final)
    assert legacy.term_comment(entry, 2, OLD).value == value
    assert legacy.term_comment(TermComments((first,), midterm, final), 2, OLD).value is None


@given(SCORES, st.randoms(use_true_random=False))
def test_the_mean_of_all_subjects(scores, rng) -> None:
    mixed = list(scores)
    rng.shuffle(mixed)
    value = legacy.average_of_all(scores).value
    assert value == exactly(sum(map(Fraction, scores)) / len(scores)) == legacy.average_of_all(mixed).value


def reference(average, keys, scores, comments) -> OldLevel:
    """The table of assessment.md section 3, written in another way."""
    failed = comments.count("CĐ")
    for level, mean, lowest in ((G, "8.0", "6.5"), (K, "6.5", "5.0"), (TB, "5.0", "3.5")):
        enough = average >= Decimal(mean) and max(keys) >= Decimal(mean)
        if enough and min(scores) >= Decimal(lowest) and not failed:
            return level
    return Y if average >= Decimal("3.5") and min(scores) >= 2 else KEM


RAISED = {(G, TB): K, (G, Y): TB, (K, Y): TB, (K, KEM): Y}


@given(SCORES, COMMENTS, MARKS)
def test_the_level_and_its_adjustment(scores, comments, average) -> None:
    keys = scores[:2]
    result = legacy.level(average, keys, scores, comments)
    base = reference(average, keys, scores, comments)
    assert result.base is base
    expected = base
    for level in (G, K):
        others = [(scores[:n] + scores[n + 1 :], comments) for n in range(len(scores))]
        others += [(scores, comments[:n] + comments[n + 1 :]) for n in range(len(comments))]
        without = [reference(average, keys, *other) for other in others]
        if (level, base) in RAISED and any(item.rank >= level.rank for item in without):
            expected = RAISED[level, base]
            break
    assert result.judged.value is expected
    assert len([r for r in result.judged.reasons if r.passed is False]) == 4 - base.rank
    assert bool(result.adjusted_by) == (expected is not base)


@given(SCORES, MARKS, st.integers(0, 20), MARKS)
def test_a_better_mark_never_lowers_the_base(scores, average, which, other) -> None:
    better = list(scores)
    better[which % len(scores)] = max(better[which % len(scores)], other)
    before = legacy.level(average, scores[:2], scores, []).base
    assert legacy.level(average, better[:2], better, []).base.rank >= before.rank


def test_what_an_exempted_subject_and_a_specialized_class_change() -> None:
    marks = d("8.5", "8.0", "8.0")
    assert legacy.level(Decimal("8.2"), marks[:2], marks, ["M", "Đ"]).judged.value is G
    assert legacy.level(Decimal("8.2"), marks[:2], marks, ["CĐ", "Đ"]).base is Y
    assert legacy.level(Decimal("8.2"), marks[:2], marks, ["Đ"], Decimal("7.9")).base is K
    assert legacy.level(Decimal("8.2"), marks[:2], marks, ["Đ"], Decimal("8.0")).base is G


def test_a_foreign_language_is_a_key_subject_only_since_tt26() -> None:
    facts = pupil("7.9", "7.9", "9.5", *["8.5"] * 5)
    old, amended = (assess_year(facts, regime=regime).learning for regime in (OLD, AMENDED))
    assert (old.value, amended.value) == (K, G)
    assert "môn chính (môn chuyên) chưa tới 8,0" in old.reasons[0].text
    assert all("TT 58/2011" in reason.clause for reason in (*old.reasons, *amended.reasons))


def test_a_specialized_subject_must_reach_the_height_too() -> None:
    facts = pupil("8.5", "8.5", *["8.5"] * 5)
    weak = PupilFacts((*facts.subjects, score("Tin học", "7.5", specialized=True)), facts.conduct, 0)
    assert assess_year(weak, regime=OLD).learning.value is K
    same = PupilFacts((*facts.subjects, score("Tin học", "7.5")), facts.conduct, 0)
    assert assess_year(same, regime=OLD).learning.value is G


def test_an_old_year_is_explained_by_its_own_circular() -> None:
    result = assess_year(pupil(*["8.5"] * 8), regime=OLD)
    assert (result.learning.value, result.title.value) == (G, Title.HOC_SINH_GIOI)
    assert result.promotion.value is Promotion.LEN_LOP
    decisions = [result.learning, result.conduct, result.title, result.promotion]
    parts = [subject.year for subject in result.subjects] + decisions
    assert all("TT 58/2011" in reason.clause for part in parts for reason in part.reasons)
    term = assess_term(pupil(*["8.5"] * 8), 1, regime=OLD)
    assert term.learning.value is G
    language = SubjectFacts("NN1", "Ngoại ngữ 1", "score", 2, (None, None))
    waiting = PupilFacts((*pupil("8.5").subjects, language))
    judged = assess_year(waiting, regime=OLD).learning
    assert judged.value is None
    assert (judged.reasons[0].clause, "Ngoại ngữ 1" in judged.reasons[0].text) == ("Điều 13 TT 58/2011", True)


def test_titles() -> None:
    assert legacy.title(TOT, G).value is Title.HOC_SINH_GIOI
    assert legacy.title(KHA, G).value is legacy.title(KHA, K).value is Title.HOC_SINH_TIEN_TIEN
    assert legacy.title(DAT, G).value is legacy.title(TOT, TB).value is legacy.title(None, G).value is None


@pytest.mark.parametrize(("conduct", "learning", "absences", "decision"), [
    (DAT, TB, 45, Promotion.LEN_LOP), (TOT, G, 46, Promotion.O_LAI_LOP),
    (CHUA_DAT, TB, 0, Promotion.REN_LUYEN_HE), (DAT, Y, 0, Promotion.KIEM_TRA_DANH_GIA_LAI),
    (CHUA_DAT, Y, 0, Promotion.O_LAI_LOP), (TOT, KEM, 0, Promotion.O_LAI_LOP),
    (None, TB, 0, None), (TOT, None, 0, None), (TOT, TB, None, None),
])  # fmt: skip
def test_moving_up(conduct, learning, absences, decision) -> None:
    assert legacy.promotion(conduct, learning, absences).value is decision


@pytest.mark.parametrize(("again", "decision"), [("5.0", "LEN_LOP_SAU_HE"), ("3.0", "O_LAI_LOP")])
def test_a_retest_of_an_old_year(again, decision) -> None:
    facts = pupil(*["5.5"] * 7, "3.0")
    weak = PupilFacts(
        (*facts.subjects[:7], score("Tin học", "3.0", retest=Decimal(again)), *facts.subjects[8:]),
        facts.conduct, 0,
    )  # fmt: skip
    result = assess_year(weak, regime=OLD)
    assert (result.learning.value, result.promotion.value) == (Y, Promotion.KIEM_TRA_DANH_GIA_LAI)
    assert result.retest_subjects == ("Tin học",)
    assert result.promotion_after.value == decision
    assert result.learning_after.reasons[0].clause == "Điều 16 TT 58/2011"


def test_conduct_training_in_an_old_summer() -> None:
    facts = pupil(*["6.0"] * 8, conduct="TOT CHUA_DAT", summer_conduct=DAT)
    result = assess_year(facts, regime=OLD)
    assert (result.promotion.value, result.promotion_after.value) == (
        Promotion.REN_LUYEN_HE, Promotion.LEN_LOP_SAU_HE,
    )  # fmt: skip
    kept = assess_year(pupil(*["6.0"] * 8, absences=46, summer_conduct=TOT), regime=OLD)
    assert kept.promotion_after.value is Promotion.O_LAI_LOP
