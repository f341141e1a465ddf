"""Điều 9 khoản 1 TT 22/2021: averages are exact, rounded half-up, and never made of what is not there."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.rules.averages import (
    comment_result,
    missing_of,
    problem_of,
    term_average,
    term_comment,
    year_average,
    year_comment,
)
from khue.rules.settings import Settings
from khue.rules.tests.marks import MARKS, d
from khue.rules.values import EMPTY, NO_MAKEUP, PENDING, TermComments, TermMarks

ONGOING = st.lists(MARKS, min_size=2, max_size=4)


def exactly(value: Fraction) -> Decimal:
    """Half-up to one decimal, reckoned in another way than the code does."""
    return Decimal(floor(value * 10 + Fraction(1, 2))) / 10


@given(ONGOING, MARKS, MARKS, st.none() | MARKS)
def test_the_term_average_is_the_formula_of_the_law(tx, gk, ck, topic) -> None:
    ones = [Fraction(mark) for mark in (*tx, *([topic] if topic is not None else []))]
    expected = exactly((sum(ones) + 2 * Fraction(gk) + 3 * Fraction(ck)) / (len(ones) + 5))
    judged = term_average(TermMarks(tuple(tx), gk, ck, topic), len(tx))
    assert judged.value == expected
    assert isinstance(judged.value, Decimal)
    assert f"= {expected:.1f}.".replace(".", ",", 1) in judged.reasons[0].text
    assert [name for name, _ in judged.reasons[0].inputs] == ["ĐĐGtx", "ĐĐGgk", "ĐĐGck"]


@given(ONGOING, MARKS, MARKS, st.randoms(use_true_random=False))
def test_the_order_of_regular_marks_means_nothing(tx, gk, ck, rng) -> None:
    mixed = list(tx)
    rng.shuffle(mixed)
    assert (
        term_average(TermMarks(tuple(tx), gk, ck), len(tx)).value
        == term_average(TermMarks(tuple(mixed), gk, ck), len(tx)).value
    )


@given(ONGOING, MARKS, MARKS, st.integers(0, 5), MARKS)
def test_a_better_mark_never_lowers_the_average(tx, gk, ck, which, other) -> None:
    marks = [*tx, gk, ck]
    place = which % len(marks)
    better = [max(mark, other) if n == place else mark for n, mark in enumerate(marks)]
    before, after = (
        term_average(TermMarks(tuple(m[:-2]), m[-2], m[-1]), len(tx)).value for m in (marks, better)
    )
    assert after >= before


@given(MARKS, MARKS)
def test_the_year_counts_the_second_term_twice(first, second) -> None:
    judged = year_average(first, second)
    assert judged.value == exactly((Fraction(first) + 2 * Fraction(second)) / 3)
    assert min(first, second) <= judged.value <= max(first, second)


@pytest.mark.parametrize(
    ("tx", "periodic", "average"),
    [
        (d("6.5", "6.5", "6.9"), "6.5", "6.6"),  # 52,4 : 8 = 6,55
        (d("5.0", "5.0", "4.6"), "5.0", "5.0"),  # 4,95
        (d("8.0", "7.6", "8.0"), "8.0", "8.0"),  # 7,95
        (d("8.0", "7.5", "8.0"), "8.0", "7.9"),  # 7,9375
        (d("0", "0", "0.4"), "0", "0.1"),  # 0,05
        (d("10", "10", "9.6"), "10", "10.0"),  # 9,95
    ],
)
def test_ties_are_rounded_up(tx, periodic, average) -> None:
    mark = Decimal(periodic)
    assert term_average(TermMarks(tuple(tx), mark, mark), 3).value == Decimal(average)


@pytest.mark.parametrize(
    ("entry", "problem", "said"),
    [
        (TermMarks(tuple(d(7)), Decimal(7), Decimal(7)), "TOO_FEW_TX", "1 lần đánh giá thường xuyên"),
        (TermMarks((Decimal(7), None), Decimal(7), Decimal(7)), "TOO_FEW_TX", "1 lần đánh giá"),
        (TermMarks(tuple(d(7, 7, 7)), Decimal(7), Decimal(7)), "TOO_MANY_TX", "giáo viên chọn đúng 2"),
        (TermMarks(tuple(d(7, 7)), None, Decimal(7)), "INCOMPLETE", "đánh giá giữa kì."),
        (TermMarks(tuple(d(7, 7)), Decimal(7)), "INCOMPLETE", "đánh giá cuối kì."),
        (TermMarks(tuple(d(7, 7)), None, Decimal(7), midterm_state=PENDING), "INCOMPLETE", "chờ kiểm tra bù"),
        (TermMarks(tuple(d(7, 7)), Decimal(7), Decimal(7), final_state=PENDING), "INCOMPLETE", "kì (chờ"),
        (TermMarks(tuple(d(7, 7)), Decimal(7), Decimal(7), final_state=EMPTY), "INCOMPLETE", "cuối kì"),
    ],
)
def test_nothing_is_reckoned_from_what_is_not_there(entry, problem, said) -> None:
    assert problem_of(entry, 2) == problem
    judged = term_average(entry, 2)
    assert judged.value is None
    assert judged.reasons[0].passed is False
    assert said in judged.reasons[0].text


def test_without_a_make_up_it_is_zero_and_said_so() -> None:
    entry = TermMarks(tuple(d(10, 10)), None, None, None, NO_MAKEUP, NO_MAKEUP)
    judged = term_average(entry, 2)
    assert judged.value == Decimal("2.9")
    assert [reason.clause for reason in judged.reasons][-1] == "Điều 7 khoản 5 TT 22/2021"


def test_a_topic_cluster_is_one_more_or_one_of_them() -> None:
    four = TermMarks(tuple(d(8, 8, 8, 8)), Decimal(7), Decimal(8), Decimal("9.5"))
    three = TermMarks(tuple(d(8, 8, 8)), Decimal(7), Decimal(8), Decimal("9.5"))
    replaces = Settings(topic="replaces")
    assert term_average(four, 4).value == Decimal("8.0")
    assert "thêm một" in term_average(four, 4).reasons[-1].text
    assert term_average(four, 4, replaces).value is None
    assert term_average(three, 4).value is None
    assert term_average(three, 4, replaces).value == Decimal("7.9")
    assert "thay một" in term_average(three, 4, replaces).reasons[-1].text
    assert missing_of(three, 4, topic_replaces=True) == ()


@pytest.mark.parametrize(("mark", "code"), [("10.1", "CORE-002"), ("-0.1", "CORE-002"), ("7.25", "CORE-003")])
def test_what_is_no_mark_is_refused(mark, code) -> None:
    with pytest.raises(Invalid, match=code):
        term_average(TermMarks(tuple(d(7, mark)), Decimal(7), Decimal(7)), 2)
    with pytest.raises(Invalid, match=code):
        year_average(Decimal(7), Decimal(mark))


@pytest.mark.parametrize(("first", "second", "said"), [
    (None, "8", "học kì I."), ("8", None, "học kì II."), (None, None, "học kì I và học kì II."),
])  # fmt: skip
def test_no_year_without_both_terms(first, second, said) -> None:
    judged = year_average(first and Decimal(first), second and Decimal(second))
    assert judged.value is None
    assert judged.reasons[0].text.endswith(said)


RESULTS = st.lists(st.sampled_from(["Đ", "CĐ", None]), max_size=6)


@given(RESULTS, st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_comment_subject_is_passed_only_by_all(results, required, rng) -> None:
    done = [item for item in results if item]
    expected = "Đ" if len(done) >= required and set(done) <= {"Đ"} else "CĐ"
    assert comment_result(required, results).value == expected
    mixed = list(results)
    rng.shuffle(mixed)
    assert comment_result(required, mixed).value == expected


def test_a_comment_term_waits_for_what_can_still_come() -> None:
    waiting = TermComments(("Đ", "Đ"), None, "Đ", midterm_state=PENDING)
    assert term_comment(waiting, 2).value is None
    assert "chờ kiểm tra bù" in term_comment(waiting, 2).reasons[0].text
    missed = TermComments(("Đ", "Đ"), None, "Đ", midterm_state=NO_MAKEUP)
    assert term_comment(missed, 2).value == "CĐ"
    assert term_comment(TermComments(("Đ", "Đ"), "Đ", "Đ"), 2).value == "Đ"
    assert missing_of(None, 2) == ("chưa có bảng điểm",)


@pytest.mark.parametrize(("first", "second"), [("CĐ", "Đ"), ("Đ", "CĐ"), (None, "Đ"), ("Đ", None)])
def test_the_year_of_a_comment_subject_is_its_second_term(first, second) -> None:
    assert year_comment(first, second).value == second


def test_only_two_letters_are_results_of_a_comment_subject() -> None:
    for wrong in ("M", "D", "đ", "8"):
        with pytest.raises(Invalid, match="CORE-021"):
            comment_result(4, ["Đ", "Đ", "Đ", wrong])
        with pytest.raises(Invalid, match="CORE-021"):
            year_comment("Đ", wrong)
