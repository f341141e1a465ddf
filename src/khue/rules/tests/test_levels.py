"""Điều 9 khoản 2, 3 TT 22/2021: the learning level, its adjustment, and both readings of the adjustment."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.rules.levels import learning_level
from khue.rules.settings import CHOICES, Settings
from khue.rules.tests.marks import COMMENTS, MARKS, SCORES, d
from khue.rules.tests.worked import cases
from khue.rules.values import LearningLevel

TOT, KHA, DAT, CHUA_DAT = LearningLevel
DEMANDS = {TOT: ("6.5", "8.0"), KHA: ("5.0", "6.5")}
READINGS = [
    Settings(adjustment=how, three_level_drop=drop)  # type: ignore[arg-type]
    for how in CHOICES["adjustment"]
    for drop in CHOICES["three_level_drop"]
]


def meets(level: LearningLevel, scores: list[Decimal], comments: list[str]) -> bool:
    """The table of assessment.md 1.5, written once more and in another way."""
    if level is DAT:
        low, high, failed = Decimal("3.5"), Decimal("5.0"), 1
    else:
        low, high, failed = *map(Decimal, DEMANDS[level]), 0
    return (
        comments.count("CĐ") <= failed
        and all(mark >= low for mark in scores)
        and len([mark for mark in scores if mark >= high]) >= 6
    )


def reference(scores: list[Decimal], comments: list[str], settings: Settings) -> tuple[LearningLevel, ...]:
    """Base and level by trying every single subject (assessment.md 1.6)."""
    base = next((level for level in (TOT, KHA, DAT) if meets(level, scores, comments)), CHUA_DAT)
    extra = [Decimal(10)] if settings.adjustment == "lenient" else []
    for level in (TOT, KHA):
        others = [(scores[:n] + scores[n + 1 :] + extra, comments) for n in range(len(scores))]
        others += [(scores, comments[:n] + comments[n + 1 :]) for n in range(len(comments))]
        if level.rank - base.rank >= 2 and any(meets(level, *other) for other in others):
            below = level.rank - 1 if settings.three_level_drop == "below_deserved" else base.rank + 1
            return base, next(item for item in LearningLevel if item.rank == below)
    return base, base


@given(SCORES, COMMENTS, st.sampled_from(READINGS))
def test_the_level_is_that_of_the_text_in_every_reading(scores, comments, settings) -> None:
    result = learning_level(scores, comments, settings)
    assert (result.base, result.judged.value) == reference(scores, comments, settings)
    assert bool(result.adjusted_by) == (result.judged.value is not result.base)


@given(SCORES, COMMENTS)
def test_a_level_is_flagged_where_any_two_readings_differ(scores, comments) -> None:
    readings = {reference(scores, comments, settings)[1] for settings in READINGS}
    judged = learning_level(scores, comments).judged
    assert judged.doubtful == (len(readings) > 1)
    if judged.doubtful:
        assert judged.alternative in readings - {judged.value}
        assert "hai cách hiểu" in judged.note


@given(SCORES, COMMENTS, st.randoms(use_true_random=False))
def test_the_order_of_subjects_means_nothing(scores, comments, rng) -> None:
    before = learning_level(scores, comments)
    mixed, words = list(scores), list(comments)
    rng.shuffle(mixed)
    rng.shuffle(words)
    after = learning_level(mixed, words)
    assert (before.base, before.judged.value) == (after.base, after.judged.value)
    assert before.judged.doubtful == after.judged.doubtful


@given(SCORES, COMMENTS, st.integers(0, 20), MARKS)
def test_a_better_mark_never_lowers_the_base_level(scores, comments, which, other) -> None:
    better = list(scores)
    better[which % len(scores)] = max(better[which % len(scores)], other)
    assert learning_level(better, comments).base.rank >= learning_level(scores, comments).base.rank


@given(SCORES, COMMENTS, st.integers(0, 20))
def test_a_passed_comment_subject_never_lowers_the_base_level(scores, comments, which) -> None:
    better = list(comments)
    if better:
        better[which % len(better)] = "Đ"
    assert learning_level(scores, better).base.rank >= learning_level(scores, comments).base.rank


@given(SCORES, COMMENTS)
def test_every_level_above_is_refused_by_its_clause(scores, comments) -> None:
    result = learning_level(scores, comments)
    refused = [reason for reason in result.judged.reasons if reason.passed is False]
    assert len(refused) == 3 - result.base.rank
    assert all(reason.clause.startswith("Điều 9 khoản 2 điểm ") and reason.inputs for reason in refused)
    for reason, level in zip(refused, (TOT, KHA, DAT), strict=False):
        assert f"Chưa tới mức {level.label}: " in reason.text


def test_the_subject_that_made_the_difference_is_named() -> None:
    scores = dict(zip("abcdefgh", d(9, 9, 9, 9, 9, 9, 9, "3.5"), strict=True))
    result = learning_level(scores, {"Nghệ thuật": "Đ"})
    assert (result.base, result.judged.value, result.adjusted_by) == (DAT, KHA, "h")
    last = result.judged.reasons[-1]
    assert (last.clause, last.subject) == ("Điều 9 khoản 3 TT 22/2021", "h")
    assert "Chỉ do môn h mà mức Tốt bị hạ xuống Đạt" in last.text
    comments = {"Nghệ thuật": "CĐ", "Giáo dục thể chất": "Đ"}
    assert learning_level(d(*[9] * 8), comments).adjusted_by == "Nghệ thuật"


def test_every_failed_condition_is_said_with_its_subjects() -> None:
    scores = {"Toán": Decimal("3.0"), "Tin học": Decimal("4.0"), "Ngữ văn": Decimal("5.5")}
    reasons = learning_level(scores, {"Nghệ thuật": "CĐ", "Âm nhạc": "CĐ"}).judged.reasons
    assert reasons[2].text == (
        "Chưa tới mức Đạt: môn nhận xét Chưa đạt: Nghệ thuật, Âm nhạc; có môn dưới 3,5 (Toán 3,0); "
        "mới có 1 môn từ 5,0 trở lên, cần ít nhất 6 môn."
    )
    assert "chưa có môn nào từ 8,0 trở lên" in reasons[0].text
    six = dict(zip("abcdefg", d(8, 8, 8, 8, 8, 8, "6.4"), strict=True))
    assert learning_level(six, []).judged.reasons[0].text == "Chưa tới mức Tốt: có môn dưới 6,5 (g 6,4)."


@cases("tt22.learning_level")
def test_the_other_reading_gives_the_other_level(case) -> None:
    """What is printed as the alternative is what a school gets that chooses the other reading."""
    if not case.get("expected_alternative"):
        return
    wanted = case["expected_alternative"]["level"]
    given_facts = case["input"]["scores"], case["input"]["comments"]
    scores = [Decimal(mark) for mark in given_facts[0]]
    levels = {learning_level(scores, given_facts[1], settings).judged.value for settings in READINGS}
    assert levels == {LearningLevel(wanted), LearningLevel(case["expected"]["level"])}


@pytest.mark.parametrize(("scores", "comments", "said"), [
    ({"Toán": None, "Văn": Decimal(8)}, {}, "Toán"), ({}, {"Nghệ thuật": None}, "Nghệ thuật"),
    ([], [], "Chưa có môn nào"),
])  # fmt: skip
def test_no_level_while_something_is_missing(scores, comments, said) -> None:
    result = learning_level(scores, comments)
    assert (result.judged.value, result.base) == (None, None)
    assert said in result.judged.reasons[0].text


def test_unknown_letters_are_refused() -> None:
    with pytest.raises(Invalid, match="CORE-021"):
        learning_level(d(*[9] * 8), ["M"])
