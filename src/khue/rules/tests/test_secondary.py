"""A pupil's term and year by TT 22/2021, from marks to promotion, with what is doubtful."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.rules.secondary import assess_term, assess_year, subject_term
from khue.rules.settings import DEFAULT, Settings
from khue.rules.tests.marks import COMMENTED, NAMES, comment, d, pupil, score
from khue.rules.values import (
    PENDING,
    LearningLevel,
    Promotion,
    PupilFacts,
    SubjectFacts,
    TermComments,
    TermMarks,
    Title,
)

TOT, KHA, DAT, CHUA_DAT = LearningLevel


def with_subject(facts: PupilFacts, name: str, **changes: object) -> PupilFacts:
    """The pupil with one subject changed."""
    return replace(
        facts, subjects=tuple(replace(s, **changes) if s.name == name else s for s in facts.subjects)
    )


def test_a_year_from_marks_to_promotion() -> None:
    result = assess_year(pupil(*["9.0"] * 6, "8.0", "6.5"))
    assert (result.learning.value, result.base, result.adjusted_by) == (TOT, TOT, "")
    assert (result.conduct.value, result.title.value) == (TOT, Title.HOC_SINH_XUAT_SAC)
    assert (result.promotion.value, result.retest_subjects) == (Promotion.LEN_LOP, ())
    assert (result.learning_after, result.promotion_after) == (None, None)
    first = result.subjects[0]
    assert (first.terms, first.year.value) == ((Decimal("9.0"), Decimal("9.0")), Decimal("9.0"))
    assert [reason.text.split(" = ")[0] for reason in first.year.reasons] == ["ĐTBmhkI", "ĐTBmhkII", "ĐTBmcn"]


def test_a_term_names_what_is_missing() -> None:
    facts = pupil(*["8.0"] * 8)
    waiting = TermMarks(tuple(d(8)), None, Decimal(8), midterm_state=PENDING)
    term = assess_term(with_subject(facts, "Toán", terms=(waiting, None)), 1)
    assert term.learning.value is None
    assert "Toán" in term.learning.reasons[0].text
    assert term.subjects[1].missing == ("1 lần đánh giá thường xuyên", "đánh giá giữa kì (chờ kiểm tra bù)")
    assert all(subject.missing == () for subject in term.subjects if subject.name != "Toán")
    nothing = assess_term(with_subject(facts, "Toán", terms=(None, None)), 2)
    assert nothing.subjects[1].missing == ("chưa có bảng điểm",)
    year = assess_year(with_subject(facts, "Toán", terms=(waiting, None)))
    assert (year.learning.value, year.promotion.value, year.title.value) == (None, None, None)


def test_more_marks_than_required_is_said_not_reckoned() -> None:
    marks = TermMarks(tuple(d(8, 8, 8)), Decimal(8), Decimal(8))
    subject = SubjectFacts("TOAN", "Toán", "score", 2, (marks, None))
    found = subject_term(subject, subject.terms[0], DEFAULT)
    assert found.result.value is None
    assert found.missing == ()
    assert "giáo viên chọn đúng 2 điểm" in found.result.reasons[0].text


@given(st.permutations(range(11)), st.sampled_from(["3.4", "4.9", "5.0", "6.4", "8.0"]))
def test_the_order_of_subjects_decides_nothing(order: list[int], weak: str) -> None:
    facts = pupil(*["9.0"] * 7, weak)
    mixed = replace(facts, subjects=tuple(facts.subjects[n] for n in order))
    one, other = assess_year(facts), assess_year(mixed)
    assert (one.learning.value, one.base, one.title.value, one.promotion.value, one.adjusted_by) == (
        other.learning.value, other.base, other.title.value, other.promotion.value, other.adjusted_by,
    )  # fmt: skip


ENGLISH = ("5.5", "5.0", "3.2", "7.0", "6.0", "4.5", "6.0", "6.0")


@pytest.mark.parametrize(("again", "learning", "decision"), [
    ("5.0", DAT, Promotion.LEN_LOP_SAU_HE), ("3.4", CHUA_DAT, Promotion.O_LAI_LOP),
])  # fmt: skip
def test_a_reassessed_subject_takes_the_place_of_the_year(again, learning, decision) -> None:
    facts = pupil(*ENGLISH)
    before = assess_year(facts)
    assert before.promotion.value is Promotion.KIEM_TRA_DANH_GIA_LAI
    assert before.retest_subjects == ("Khoa học tự nhiên", "Ngoại ngữ 1")
    after = assess_year(with_subject(facts, "Ngoại ngữ 1", retest=Decimal(again)))
    assert (after.learning.value, after.learning_after.value) == (CHUA_DAT, learning)
    assert after.promotion.value is Promotion.KIEM_TRA_DANH_GIA_LAI
    assert after.promotion_after.value is decision
    assert after.title.value is None


def test_the_summer_cannot_repair_a_year_that_is_not_complete() -> None:
    facts = with_subject(pupil(*ENGLISH), "Ngoại ngữ 1", retest=Decimal(5))
    for open_subject in ("Toán", "Ngoại ngữ 1"):  # also where the summer's own subject has no year result
        result = assess_year(with_subject(facts, open_subject, terms=(None, None)))
        assert (result.learning_after.value, result.promotion_after.value) == (None, None)


def test_summer_conduct_and_both_failed() -> None:
    trained = assess_year(pupil(*["7.0"] * 8, conduct="TOT CHUA_DAT", summer_conduct=DAT))
    assert trained.promotion.value is Promotion.REN_LUYEN_HE
    assert (trained.conduct_after, trained.promotion_after.value) == (DAT, Promotion.LEN_LOP_SAU_HE)
    both = pupil(*ENGLISH, conduct="TOT CHUA_DAT", summer_conduct=DAT)
    result = assess_year(both)
    assert (result.promotion.value, result.retest_subjects) == (Promotion.REN_LUYEN_HE, ())
    assert result.promotion_after.value is Promotion.O_LAI_LOP
    assert result.promotion.doubtful
    assert result.promotion_after.doubtful
    allowed = assess_year(both, Settings(both_failed="allowed"))
    assert allowed.retest_subjects == ("Khoa học tự nhiên", "Ngoại ngữ 1")


def test_a_doubtful_level_makes_the_decision_doubtful() -> None:
    """LL-21: the other reading of Điều 9 khoản 3 would let the pupil move up."""
    result = assess_year(pupil(*["7.0"] * 5, "5.5", "5.5", "3.0"))
    assert (result.learning.value, result.learning.alternative) == (CHUA_DAT, DAT)
    assert result.promotion.doubtful
    assert (result.promotion.value, result.promotion.alternative) == (
        Promotion.KIEM_TRA_DANH_GIA_LAI, Promotion.LEN_LOP,
    )  # fmt: skip
    assert result.promotion.note == "Theo cách hiểu kia của kết quả học tập: Được lên lớp."
    assert not result.title.doubtful


@pytest.mark.parametrize(("counted", "learning", "title"), [
    ("counted", KHA, None), ("left_out", TOT, Title.HOC_SINH_GIOI),
])  # fmt: skip
def test_an_optional_subject_counts_or_not_and_is_flagged(counted, learning, title) -> None:
    facts = with_subject(pupil(*["8.0"] * 7, "6.0"), "Tin học", optional=True)
    result = assess_year(facts, Settings(optional_subjects=counted))
    assert (result.learning.value, result.title.value) == (learning, title)
    assert result.learning.doubtful
    assert result.title.doubtful
    assert "Môn tự chọn (Tin học)" in result.learning.note
    assert not result.promotion.doubtful
    same = assess_year(with_subject(pupil(*["8.0"] * 8), "Tin học", optional=True))
    assert not same.learning.doubtful


@pytest.mark.parametrize("mode", ["PERSONAL_PLAN", "EXEMPT"])
def test_a_personal_plan_is_left_to_a_person(mode) -> None:
    result = assess_year(with_subject(pupil(*["8.0"] * 7, "2.0"), "Tin học", mode=mode))
    assert result.learning.value is TOT
    assert (result.learning.doubtful, result.promotion.doubtful) == (True, True)
    assert result.promotion.note == "Hiệu trưởng quyết định theo kế hoạch giáo dục cá nhân."
    assert not result.title.doubtful
    assert result.learning.reasons[-1].clause == "Điều 11 TT 22/2021"
    reduced = assess_year(with_subject(pupil(*["8.0"] * 8), "Tin học", mode="REDUCED"))
    assert not reduced.learning.doubtful


def test_a_comment_subject_that_was_never_made_up() -> None:
    missed = TermComments(("Đ", "Đ"), "Đ", None, final_state="ZERO_NO_MAKEUP")
    done = TermComments(("Đ", "Đ"), "Đ", "Đ")
    facts = with_subject(pupil(*["9.0"] * 8), COMMENTED[1], terms=(done, missed))
    result = assess_year(facts)
    assert (result.base, result.learning.value, result.adjusted_by) == (DAT, KHA, COMMENTED[1])
    assert assess_year(with_subject(facts, COMMENTED[1], terms=(missed, done))).learning.value is TOT


def test_every_part_of_a_year_has_reasons_with_a_clause() -> None:
    for facts in (pupil(*["9.0"] * 8), pupil(*ENGLISH, conduct="TOT CHUA_DAT", absences=46)):
        result = assess_year(facts)
        parts = [result.learning, result.conduct, result.title, result.promotion]
        for judged in (*parts, *(subject.year for subject in result.subjects)):
            assert judged.reasons
            for reason in judged.reasons:
                assert reason.clause.endswith(" TT 22/2021")
                assert reason.text[0].isupper() or reason.text.startswith("ĐTB")
                assert reason.text.endswith(".")


def test_a_class_is_judged_in_a_moment() -> None:
    """45 pupils and 13 subjects; the measured goal is 20 ms, here ten times that for a busy machine."""
    subjects = [score(f"Môn {n}", f"{5 + n % 5}.5") for n in range(9)]
    subjects += [comment(f"Hoạt động {n}", "Đ") for n in range(4)]
    facts = PupilFacts(tuple(subjects), (TOT, KHA), 3)
    assess_year(facts)
    began = time.process_time()
    results = [assess_year(facts) for _ in range(45)]
    assert time.process_time() - began < 0.2
    assert len(results[0].subjects) == 13
    assert len(NAMES) == 8
