"""The curriculum: totals, numbers of regular assessments, traits, tests and names in school files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.rules import curriculum
from khue.rules.tests.worked import cases

META = json.loads((curriculum.PARAMETERS / "curriculum-2018.json").read_text(encoding="utf-8"))["meta"]
LEVELS = ("TH", "THCS", "THPT")


@pytest.mark.parametrize("grade", range(1, 13))
def test_periods_of_a_grade_add_up_to_the_total_of_the_programme(grade: int) -> None:
    taught = curriculum.subjects(curriculum.level_of_grade(grade), grade)
    total = sum(s.periods_per_year for s in taught if not s.optional and not s.elective)
    if grade >= 10:
        electives = [s for s in taught if s.elective]
        assert {s.code for s in electives} == set(META["electives"])
        total += 70 * META["electives_to_choose"]
        total += META["topic_clusters_to_choose"] * META["periods_per_topic_cluster"]
    assert total == META["totals_without_optional"][str(grade)]


@cases("tt22.tx_count")
def test_number_of_regular_assessments(case: dict) -> None:
    kind, periods = case["input"]["kind"], int(case["input"]["periods_per_year"])
    assert curriculum.ongoing_required(kind, periods) == case["expected"]["tx"]
    judged = curriculum.explain_ongoing(kind, periods)
    assert judged.value == case["expected"]["tx"]
    assert judged.reasons[0].clause == "Điều 6 khoản 2 TT 22/2021"


@given(st.integers(1, 500))
def test_number_of_regular_assessments_never_falls_with_more_periods(periods: int) -> None:
    now, more = (curriculum.ongoing_required("score", n) for n in (periods, periods + 1))
    assert 2 <= now <= more <= 4
    assert curriculum.ongoing_required("comment", periods) == 2
    assert curriculum.ongoing_required("level_THC", periods) == 0


def test_band_is_named_in_the_reason() -> None:
    assert "trên 35 đến 70 tiết" in curriculum.explain_ongoing("score", 52).reasons[0].text
    assert "trên 70 tiết" in curriculum.explain_ongoing("score", 105).reasons[0].text
    assert "không quá 35 tiết" in curriculum.explain_ongoing("score", 35).reasons[0].text


@pytest.mark.parametrize("level", LEVELS)
def test_codes_and_positions_are_unique_within_a_grade(level: str) -> None:
    for grade in range(1, 13):
        taught = curriculum.subjects(level, grade)
        assert len({s.code for s in taught}) == len(taught)
        assert [s.position for s in taught] == list(range(1, len(taught) + 1))
        assert bool(taught) == (curriculum.level_of_grade(grade) == level)


def test_joint_primary_subjects_have_two_rows() -> None:
    codes = {s.code: s.programme for s in curriculum.subjects("TH", 4)}
    assert codes["TIN"] == codes["CN"] == "THCN"
    assert codes["AN"] == codes["MT"] == "NT"
    assert curriculum.record_codes("TH", "THCN") == ("TIN", "CN")
    assert curriculum.record_codes("THCS", "NT") == ("NT",)
    assert curriculum.record_codes("TH", "TOAN") == ("TOAN",)


@pytest.mark.parametrize("grade", [0, 13, -1])
def test_there_are_twelve_grades(grade: int) -> None:
    with pytest.raises(Invalid, match="CORE-008"):
        curriculum.level_of_grade(grade)


def test_traits_by_grade() -> None:
    assert len(curriculum.traits(1)) == len(curriculum.traits(2)) == 13
    assert len(curriculum.traits(3)) == len(curriculum.traits(5)) == 15
    assert {"nl_cn", "nl_th"} == {c for c, _ in curriculum.traits(3)} - {c for c, _ in curriculum.traits(2)}
    assert [len(group) for _, group in curriculum.trait_groups(5)] == [5, 3, 7]
    assert sum(curriculum.is_quality(code) for code, _ in curriculum.traits(1)) == 5


def test_primary_tests_by_moment() -> None:
    assert curriculum.primary_tests(1, "GK1") == ()
    assert set(curriculum.primary_tests(4, "GK2")) == {"TV", "TOAN"}
    assert set(curriculum.primary_tests(3, "CN")) == {"TV", "TOAN", "NN1", "TIN", "CN"}
    assert set(curriculum.primary_tests(5, "CK1")) == {"TV", "TOAN", "NN1", "TIN", "CN", "LSDL", "KH"}


@pytest.mark.parametrize("level", LEVELS)
def test_every_full_name_code_and_short_name_is_understood(level: str) -> None:
    for grade in range(1, 13):
        for subject in curriculum.subjects(level, grade):
            for text in (subject.code, subject.name, subject.name.upper(), f"  môn {subject.name.lower()} "):
                assert curriculum.subject_code_of(text, level) == subject.code, text
            if subject.code != "NN1TC":
                short = curriculum.short_name(level, subject.code)
                assert curriculum.subject_code_of(short, level) == subject.code


def test_no_spelling_means_two_subjects_of_a_level() -> None:
    written = curriculum._toml("subject-names.toml")["subjects"]
    for level in LEVELS:
        meant: dict[str, set[str]] = {}
        for code in curriculum._names(level):
            for alias in written[code]["aliases"]:
                meant.setdefault(curriculum.name_key(alias), set()).add(code)
        assert {key: codes for key, codes in meant.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("Mĩ thuật", "THPT", "MT"), ("MỸ THUẬT", "THPT", "MT"), ("Vật lý", "THPT", "VL"),
        ("Lí", "THPT", "VL"),
        ("Hóa học", "THPT", "HH"), ("Hoá", "THPT", "HH"), ("LS&ĐL", "THCS", "LSDL"),
        ("Sử Địa", "THCS", "LSDL"),
        ("Lịch sử & Địa lý", "TH", "LSDL"), ("Ng.ngữ", "THCS", "NN1"), ("Anh", "THPT", "NN1"),
        ("Ngoại ngữ 1 (Tiếng Anh)", "THCS", "NN1"), ("N.Thuật", "THCS", "NT"), ("GDĐP", "THCS", "NDGDDP"),
        ("NDGDCĐP", "THPT", "NDGDDP"), ("HĐTN", "TH", "HDTN"), ("HĐTN", "THCS", "HDTNHN"),
        ("HĐTN&HN", "THPT", "HDTNHN"), ("KTPL", "THPT", "GDKTPL"), ("GDKT&PL", "THPT", "GDKTPL"),
        ("GDQP-AN", "THPT", "GDQPAN"), ("QPAN", "THPT", "GDQPAN"), ("TD", "THCS", "GDTC"),
        ("Văn", "THCS", "VAN"),
        ("Nghệ thuật (Âm nhạc)", "TH", "AN"), ("Tin học và Công nghệ", "TH", "THCN"), ("Văn", "TH", None),
        ("Lịch sử", "THCS", None), ("Hoá học", "THCS", None), ("Nghệ thuật (Âm nhạc)", "THCS", None),
        ("KHTN (Vật lí)", "THCS", None), ("", "THCS", None), ("Điểm trung bình", "THCS", None),
        ("_cauhinh", "THCS", None),
    ],
)  # fmt: skip
def test_names_in_school_files(text: str, level: str, code: str | None) -> None:
    assert curriculum.subject_code_of(text, level) == code


def test_parts_of_joint_subjects_are_told_apart() -> None:
    assert curriculum.part_of("Lịch sử", "THCS") == "LSDL"
    assert curriculum.part_of("Vật lý", "THCS") == "KHTN"
    assert curriculum.part_of("Âm nhạc", "THCS") == "NT"
    assert curriculum.part_of("Lịch sử", "THPT") is None
    assert curriculum.part_of("Âm nhạc", "TH") is None


@given(st.text(max_size=30), st.sampled_from(LEVELS))
def test_any_text_is_either_a_known_subject_or_none(text: str, level: str) -> None:
    code = curriculum.subject_code_of(text, level)
    assert code is None or code in curriculum._names(level)
