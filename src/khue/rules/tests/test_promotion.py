"""Điều 8, 12 to 15 TT 22/2021: conduct of the year, titles, moving up, the summer; and absences."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.rules.attendance import Absence, Sessions, sessions, warning_for
from khue.rules.promotion import (
    conduct_year,
    learning_after_retest,
    promotion,
    promotion_after,
    retest,
    title,
    why_kept_down,
)
from khue.rules.settings import Settings
from khue.rules.tests.marks import LEVELS, MARKS, d
from khue.rules.values import LearningLevel, Promotion, Title

TOT, KHA, DAT, CHUA_DAT = LearningLevel
ABSENCES = st.integers(0, 60) | st.sampled_from([44, 45, 46])
ALLOWED = Settings(both_failed="allowed")


@given(LEVELS, LEVELS, LEVELS)
def test_better_conduct_in_a_term_never_lowers_the_year(first, second, other) -> None:
    year = conduct_year(first, second).value
    assert conduct_year(max(first, other, key=lambda it: it.rank), second).value.rank >= year.rank
    assert conduct_year(first, max(second, other, key=lambda it: it.rank)).value.rank >= year.rank
    assert min(first.rank, second.rank) <= year.rank <= max(first.rank, second.rank)
    reason = conduct_year(first, second).reasons[0]
    assert reason.inputs == (("Rèn luyện học kì I", first.label), ("Rèn luyện học kì II", second.label))


@pytest.mark.parametrize(("first", "second", "said"), [
    (None, TOT, "học kì I."), (TOT, None, "học kì II."), (None, None, "học kì I và học kì II."),
])  # fmt: skip
def test_conduct_of_the_year_needs_both_terms(first, second, said) -> None:
    judged = conduct_year(first, second)
    assert judged.value is None
    assert judged.reasons[0].text.endswith(said)


@given(LEVELS, LEVELS, st.lists(MARKS, min_size=5, max_size=10), st.randoms(use_true_random=False))
def test_titles_need_both_levels_tot_and_six_nines(conduct, learning, marks, rng) -> None:
    expected = None
    if conduct is learning is TOT:
        many = len([mark for mark in marks if mark >= 9]) >= 6
        expected = Title.HOC_SINH_XUAT_SAC if many else Title.HOC_SINH_GIOI
    mixed = list(marks)
    rng.shuffle(mixed)
    assert title(conduct, learning, marks).value is expected
    assert title(conduct, learning, mixed).value is expected


def test_a_title_says_what_is_lacking() -> None:
    assert "hiện rèn luyện Khá, học tập Tốt" in title(KHA, TOT, []).reasons[0].text
    five = title(TOT, TOT, d(9, 9, 9, 9, 9, "8.9")).reasons[0]
    assert five.text == (
        "Rèn luyện Tốt, học tập Tốt và 5 môn từ 9,0 trở lên; danh hiệu Xuất sắc cần 6 môn."
    )


@given(LEVELS, LEVELS, ABSENCES)
def test_the_end_of_the_year_by_three_conditions(conduct, learning, absences) -> None:
    judged = promotion(conduct, learning, absences)
    if absences > 45:
        expected = Promotion.O_LAI_LOP
    elif conduct is CHUA_DAT:
        expected = Promotion.REN_LUYEN_HE
    else:
        expected = Promotion.KIEM_TRA_DANH_GIA_LAI if learning is CHUA_DAT else Promotion.LEN_LOP
    assert judged.value is expected
    assert [reason.passed for reason in judged.reasons[:3]] == [
        conduct is not CHUA_DAT, learning is not CHUA_DAT, absences <= 45,
    ]  # fmt: skip
    assert [reason.clause for reason in judged.reasons[:3]] == [
        f"Điều 12 khoản 1 điểm {letter} TT 22/2021" for letter in "abc"
    ]
    assert judged.doubtful == (conduct is learning is CHUA_DAT and absences <= 45)


@given(LEVELS, LEVELS, ABSENCES, LEVELS, LEVELS)
def test_after_the_summer_it_is_up_or_stay(
    conduct, learning, absences, conduct_after, learning_after
) -> None:
    first = promotion(conduct, learning, absences)
    judged = promotion_after(first, conduct_after, learning_after, absences)
    passed = conduct_after is not CHUA_DAT and learning_after is not CHUA_DAT and absences <= 45
    if not passed:
        assert judged.value is Promotion.O_LAI_LOP
        assert why_kept_down(conduct_after, learning_after, absences)
    else:
        same = first.value is Promotion.LEN_LOP
        assert judged.value is (Promotion.LEN_LOP if same else Promotion.LEN_LOP_SAU_HE)
        assert why_kept_down(conduct_after, learning_after, absences) == ""
    assert judged.doubtful == first.doubtful


@pytest.mark.parametrize(("conduct", "learning", "absences", "why"), [
    (CHUA_DAT, CHUA_DAT, 46, "ABSENCE"), (CHUA_DAT, CHUA_DAT, 45, "CONDUCT"), (DAT, CHUA_DAT, 0, "LEARNING"),
    (DAT, DAT, 45, ""), (None, None, None, ""),
])  # fmt: skip
def test_why_a_pupil_stays(conduct, learning, absences, why) -> None:
    assert why_kept_down(conduct, learning, absences) == why


@pytest.mark.parametrize(
    ("conduct", "learning", "absences"), [(None, DAT, 0), (DAT, None, 0), (DAT, DAT, None)]
)
def test_nothing_is_decided_from_what_is_not_there(conduct, learning, absences) -> None:
    first = promotion(conduct, learning, absences)
    assert first.value is None
    assert None in [reason.passed for reason in first.reasons]
    assert promotion_after(first, conduct, learning, absences).value is None


def test_too_many_absences_decide_before_the_levels_are_known() -> None:
    judged = promotion(None, None, 46)
    assert judged.value is Promotion.O_LAI_LOP
    assert "không có cách khắc phục trong hè" in judged.reasons[-1].text


YEAR = {"Toán": Decimal("4.9"), "Ngữ văn": Decimal("5.0"), "Tin học": Decimal(3), "Công nghệ": None}
WORDS = {"Nghệ thuật": "CĐ", "Giáo dục thể chất": "Đ", "Âm nhạc": None}


def test_every_subject_below_five_or_failed_is_open() -> None:
    judged = retest(DAT, CHUA_DAT, YEAR, WORDS)
    assert judged.value.subjects == ("Nghệ thuật", "Tin học", "Toán")
    assert not judged.doubtful
    assert judged.reasons[0].inputs == (("Nghệ thuật", "CĐ"), ("Tin học", "3,0"), ("Toán", "4,9"))


@pytest.mark.parametrize("settings", [Settings(), ALLOWED])
def test_both_failed_is_a_setting_and_always_flagged(settings) -> None:
    judged = retest(CHUA_DAT, CHUA_DAT, YEAR, WORDS, settings)
    allowed = settings.both_failed == "allowed"
    assert (judged.value.allowed, judged.alternative.allowed, judged.doubtful) == (allowed, not allowed, True)
    decided = promotion(CHUA_DAT, CHUA_DAT, 0, settings)
    assert decided.doubtful
    assert ("đang chọn có" if allowed else "đang chọn không") in decided.note == judged.note


@pytest.mark.parametrize(("conduct", "learning"), [(TOT, DAT), (TOT, KHA), (None, CHUA_DAT), (TOT, None)])
def test_no_reassessment_without_cause(conduct, learning) -> None:
    judged = retest(conduct, learning, YEAR, WORDS)
    assert (judged.value.allowed, judged.value.subjects) == (False, ())


def test_the_result_of_the_summer_takes_the_place_of_the_year() -> None:
    scores = dict(zip("abcdefgh", d(6, 6, 6, 6, 6, 6, 6, 3), strict=True))
    before = learning_after_retest(scores, {}, {})
    after = learning_after_retest(scores, {}, {"h": Decimal("3.5")})
    assert (before.judged.value, after.judged.value) == (CHUA_DAT, DAT)
    assert after.judged.reasons[0].text == "Thay bằng kết quả đánh giá lại: h 3,5."
    assert learning_after_retest({**scores, "a": None}, {}, {"h": Decimal(5)}).judged.value is None


DAYS = st.dates(dt.date(2026, 9, 5), dt.date(2026, 9, 20))
ROWS = st.lists(st.builds(Absence, DAYS, st.sampled_from(["AM", "PM"]), st.booleans()), max_size=30)


@given(ROWS, st.randoms(use_true_random=False))
def test_a_day_counts_once_in_any_order(rows, rng) -> None:
    found = sessions(rows).value
    assert found.total == len({row.day for row in rows}) == found.excused + found.unexcused
    assert found.total <= sessions(rows, Settings(absence="session")).value.total <= len(rows)
    mixed = list(rows)
    rng.shuffle(mixed)
    assert sessions(mixed) == sessions(rows)
    assert sessions([*rows, *rows]).value == found  # entered twice, absent once


@given(ROWS)
def test_a_missed_afternoon_alone_is_flagged(rows) -> None:
    afternoons = {row.day for row in rows} - {row.day for row in rows if row.session == "AM"}
    judged = sessions(rows)
    assert judged.doubtful == bool(afternoons)
    other = sessions(rows, Settings(absence="morning"))
    assert other.value.total == judged.value.total - len(afternoons)
    assert judged.alternative == (other.value if afternoons else None)


def test_a_day_with_and_without_leave_is_without() -> None:
    day = dt.date(2026, 10, 5)
    rows = [Absence(day, "AM", excused=True), Absence(day, "PM", excused=False)]
    assert sessions(rows).value == Sessions(1, 0, 1)
    assert sessions(rows, Settings(absence="session")).value == Sessions(2, 1, 1)
    assert "1 không phép" in sessions(rows).reasons[0].text


@pytest.mark.parametrize(("count", "warning"), [
    (0, None), (34, None), (35, "NEAR"), (39, "NEAR"), (40, "VERY_NEAR"), (44, "VERY_NEAR"),
    (45, "AT_LIMIT"), (46, "OVER"),
])  # fmt: skip
def test_warnings_before_the_limit(count, warning) -> None:
    found = warning_for(count)
    assert (found and found.name) == warning
    assert (warning == "OVER") == (promotion(TOT, TOT, count).value is Promotion.O_LAI_LOP)
