"""TT 27/2020: the worked examples, and properties that hold for every pupil."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.rules import curriculum, primary
from khue.rules.primary import Completion, PrimaryAward, PrimaryFacts, PrimaryLevel, PrimarySubject
from khue.rules.tests.worked import cases

ORDER = list(PrimaryLevel)  # best first
MARKS = st.integers(0, 10)


@cases("tt27.year_level")
def test_every_level_is_explained_by_its_circular(case: dict[str, Any]) -> None:
    given_facts = dict(case["input"])
    tests = {name: primary.test_mark(str(mark)) for name, mark in given_facts.pop("tests").items()}
    judged = primary.year_level(**given_facts, tests=tests)
    assert judged.value == case["expected"]["level"]
    assert judged.reasons
    assert all("TT 27/2020" in reason.clause for reason in judged.reasons)


@pytest.mark.parametrize(
    ("raw", "code"), [("8,5", "CORE-020"), ("7.25", "CORE-020"), ("-1", "CORE-002"), ("10,5", "CORE-002")]
)
def test_test_marks_are_whole_and_in_range(raw: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        primary.test_mark(raw)


@pytest.mark.parametrize("raw", ["", "v", "Đ", "8,5,", "tám", "1e1"])
def test_test_mark_must_be_a_number(raw: str) -> None:
    with pytest.raises(Invalid, match="CORE-001"):
        primary.test_mark(raw)


@given(MARKS)
def test_every_whole_mark_is_kept(mark: int) -> None:
    assert primary.test_mark(str(mark)) == primary.test_mark(f" {mark},0 ") == Decimal(mark)


def test_excellent_pupil_recognized_by_the_class_is_a_model_pupil() -> None:
    judged = primary.award(
        PrimaryLevel.HOAN_THANH_TOT, excellent_subject=False, clear_progress=True, class_recognized=True
    )
    assert judged.value is PrimaryAward.HOC_SINH_TIEU_BIEU
    assert judged.value.label.startswith("Học sinh Tiêu biểu")


def test_one_weaker_subject_is_named_in_the_reasons() -> None:
    judged = primary.year_level(
        {"Toán": "T", "Âm nhạc": "H"}, ["T"] * 5, ["T"] * 8, {"Toán": 10, "Tiếng Việt": 10}
    )
    assert judged.value is PrimaryLevel.HOAN_THANH
    failed = [reason for reason in judged.reasons if reason.passed is False]
    assert [reason.subject for reason in failed] == ["Âm nhạc"]
    assert "Hoàn thành tốt" in failed[0].text


def test_a_weak_trait_and_a_low_test_are_named() -> None:
    judged = primary.year_level({"Toán": "T"}, ["T", "T", "T", "C", "T"], ["T"] * 8, {"Toán": 4})
    assert judged.value is PrimaryLevel.CHUA_HOAN_THANH
    texts = " ".join(reason.text for reason in judged.reasons)
    assert "Phẩm chất Trung thực ở mức Cần cố gắng" in texts
    assert "bài kiểm tra Toán được 4 điểm, cần từ 5 điểm" in texts


@pytest.mark.parametrize(("subjects", "traits"), [({"Toán": "G"}, "T"), ({"Toán": "T"}, "H")])
def test_unknown_letters_are_refused(subjects: dict[str, str], traits: str) -> None:
    with pytest.raises(Invalid, match="CORE-021"):
        primary.year_level(subjects, [traits] * 5, ["T"] * 8, {})


LETTERS = st.lists(st.sampled_from("THC"), min_size=1, max_size=8)
TRAITS = st.lists(st.sampled_from("TĐC"), min_size=5, max_size=5)
TESTS = st.lists(MARKS, min_size=1, max_size=4)


def level_of(letters: list[str], traits: list[str], tests: list[int]) -> PrimaryLevel:
    named = {f"Môn {n}": letter for n, letter in enumerate(letters)}
    return primary.year_level(named, traits, ["T"] * 8, {f"Môn {n}": m for n, m in enumerate(tests)}).value


@given(LETTERS, TRAITS, TESTS, st.integers(0, 7))
def test_a_better_test_never_lowers_the_level(
    letters: list[str], traits: list[str], tests: list[int], which: int
) -> None:
    better = list(tests)
    better[which % len(tests)] = 10
    assert ORDER.index(level_of(letters, traits, better)) <= ORDER.index(level_of(letters, traits, tests))


@given(LETTERS, TRAITS, TESTS)
def test_any_c_and_any_test_below_five_means_not_completed(
    letters: list[str], traits: list[str], tests: list[int]
) -> None:
    failed = "C" in letters or "C" in traits or min(tests) < 5
    assert (level_of(letters, traits, tests) is PrimaryLevel.CHUA_HOAN_THANH) == failed


@given(LETTERS, TRAITS, TESTS)
def test_the_top_two_levels_need_nothing_but_t(
    letters: list[str], traits: list[str], tests: list[int]
) -> None:
    level = level_of(letters, traits, tests)
    only_t = set(letters) == set(traits) == {"T"}
    assert (level in ORDER[:2]) == (only_t and min(tests) >= 7)
    assert (level is ORDER[0]) == (only_t and min(tests) >= 9)


@given(st.integers(1, 5), st.sampled_from(ORDER), st.one_of(st.none(), st.sampled_from(ORDER)))
def test_completion_never_repeats_a_class_by_itself(
    grade: int, level: PrimaryLevel, after: PrimaryLevel | None
) -> None:
    judged = primary.completion(grade, level, after)
    done = {Completion.HOAN_THANH_CT_LOP_HOC, Completion.HOAN_THANH_CT_TIEU_HOC}
    final = after if level is PrimaryLevel.CHUA_HOAN_THANH else level
    assert (judged.value in done) == (final not in {None, PrimaryLevel.CHUA_HOAN_THANH})
    assert (judged.value is Completion.HOAN_THANH_CT_TIEU_HOC) <= (grade == 5)


def pupil(grade: int = 3, **changes: Any) -> PrimaryFacts:
    """A pupil with T and 8 everywhere at the end of the year, changed as told."""
    tested = curriculum.primary_tests(grade, "CN")
    subjects = []
    for subject in curriculum.subjects("TH", grade):
        if subject.optional:
            continue
        level, mark, mode = changes.get(subject.code, ("T", 8, "NORMAL"))
        tests = {"CN": None if mark is None else Decimal(mark)} if subject.code in tested else {}
        subjects.append(PrimarySubject(subject.code, subject.name, {"CN": level}, tests, mode))
    traits = {code: changes.get(code, "T") for code, _ in curriculum.traits(grade)}
    return PrimaryFacts(grade, tuple(subjects), {"CN": traits})


def test_a_complete_year() -> None:
    year = primary.assess_year(pupil())
    assert year.level.value is PrimaryLevel.HOAN_THANH_TOT
    assert year.completion.value is Completion.HOAN_THANH_CT_LOP_HOC
    assert year.award.value is None
    assert year.award.alternative is PrimaryAward.HOC_SINH_TIEU_BIEU
    assert year.missing == ()
    assert not year.level.doubtful


def test_the_end_of_grade_five_is_the_end_of_primary_school() -> None:
    assert primary.assess_year(pupil(5)).completion.value is Completion.HOAN_THANH_CT_TIEU_HOC


def test_missing_results_leave_the_year_open_and_are_named() -> None:
    year = primary.assess_year(pupil(TIN=("T", None, "NORMAL"), DD=(None, 0, "NORMAL"), nl_cn=None))
    assert year.level.value is year.award.value is year.completion.value is None
    assert set(year.missing) == {"Tin học: điểm kiểm tra", "Đạo đức: mức đạt được", "Năng lực Công nghệ"}


def test_an_empty_moment_is_one_line_of_traits() -> None:
    facts = pupil()
    seen = primary.assess_moment(facts, "GK1")
    assert "Phẩm chất, năng lực: chưa đánh giá" in seen.missing
    assert len([line for line in seen.missing if line.startswith(("Phẩm chất", "Năng lực"))]) == 1
    assert not seen.complete
    assert primary.assess_moment(facts, "CN").complete


def test_weak_subjects_and_traits_of_a_moment_are_named() -> None:
    seen = primary.assess_moment(pupil(TOAN=("C", 4, "NORMAL"), pc_cc="C"), "CN")
    assert seen.weak == ("Toán", "Phẩm chất Chăm chỉ")


@pytest.mark.parametrize("mode", ["EXEMPT", "PERSONAL_PLAN"])
def test_exempt_and_personal_plan_subjects_are_left_out_and_flagged(mode: str) -> None:
    year = primary.assess_year(pupil(GDTC=(None, 0, mode), TIN=("C", 3, mode)))
    assert year.level.value is PrimaryLevel.HOAN_THANH_TOT
    assert year.level.doubtful
    assert year.completion.doubtful
    assert {"Giáo dục thể chất", "Tin học"} <= {reason.subject for reason in year.level.reasons}
    assert primary.assess_moment(pupil(GDTC=(None, 0, mode)), "CN").left_out == ("Giáo dục thể chất",)


def test_reduced_demands_count_as_usual() -> None:
    year = primary.assess_year(pupil(GDTC=("H", 0, "REDUCED")))
    assert year.level.value is PrimaryLevel.HOAN_THANH
    assert not year.level.doubtful


def test_nobody_is_judged_without_subjects() -> None:
    traits = {code: "T" for code, _ in curriculum.traits(1)}
    year = primary.assess_year(PrimaryFacts(1, (), {"CN": traits}))
    assert year.level.value is None
    assert year.missing == ("Chưa có môn học nào được đánh giá",)


SAMPLES = Path(os.environ.get("KHUE_SAMPLES", Path(__file__).parents[5] / "shared" / "samples"))
SHORT_LEVELS = {
    "HTXS": PrimaryLevel.HOAN_THANH_XUAT_SAC,
    "HTT": PrimaryLevel.HOAN_THANH_TOT,
    "HT": PrimaryLevel.HOAN_THANH,
    "CHT": PrimaryLevel.CHUA_HOAN_THANH,
}


@pytest.mark.skipif(not (SAMPLES / "expected" / "th").is_dir(), reason="sample files are not here")
def test_levels_of_the_sample_school() -> None:
    judged = 0
    for path in sorted((SAMPLES / "expected" / "th").glob("*KQHT*.json")):
        for table in json.loads(path.read_text(encoding="utf-8"))["tables"]:
            for values in table["rows"]:
                row = dict(zip(table["columns"], values, strict=True))
                assert primary.assess_year(sample_facts(row)).level.value is SHORT_LEVELS[row["xl"]]
                judged += 1
    assert judged > 100


def sample_facts(row: dict[str, Any]) -> PrimaryFacts:
    grade = int(row["lop"][0])
    subjects = tuple(
        PrimarySubject(
            code,
            curriculum.subject_name("TH", code),
            {"CN": level},
            {"CN": Decimal(row[f"kt.{code}"])} if row.get(f"kt.{code}") is not None else {},
        )
        for column, level in row.items()
        if column.startswith("mon.") and level and (code := column[4:])
    )
    known = {code for code, _ in curriculum.traits(grade)}
    traits = {c.replace(".", "_").lower(): v for c, v in row.items() if c.startswith(("nl.", "pc."))}
    assert set(traits) == known
    return PrimaryFacts(grade, subjects, {"CN": traits})
