"""Personal numbers and Ministry codes: form and meaning of the digits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.rules.identifiers import fits_person, is_ministry_code, personal_id, restore_personal_id
from khue.rules.tests.worked import cases


@cases("id.personal")
def test_worked_examples(case: dict[str, Any]) -> None:
    found = personal_id(case["input"]["id"])
    for name, value in case["expected"].items():
        assert getattr(found, name) == value
    assert bool(found.problem) == (not found.valid)


@given(st.integers(1900, 2399), st.sampled_from(["NAM", "NU"]), st.integers(1, 999), st.integers(0, 999_999))
def test_every_number_is_read_back(year: int, sex: str, province: int, rest: int) -> None:
    digit = (year - 1900) // 100 * 2 + (sex == "NU")
    found = personal_id(f"{province:03}{digit}{year % 100:02}{rest:06}")
    assert (found.valid, found.birth_year, found.sex) == (True, year, sex)
    assert found.province == f"{province:03}"
    assert fits_person(found, year, sex) == fits_person(found, None, None) == ()
    assert len(fits_person(found, year + 1, sex)) == 1
    assert len(fits_person(found, year + 1, "NU" if sex == "NAM" else "NAM")) == 2


@given(st.text(max_size=14))
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    found = personal_id(text)
    if not found.valid:
        assert found.problem.endswith(".")
        assert fits_person(found, 2015, "NAM") == (found.problem,)
    else:
        assert len(text.strip()) == 12


def test_invented_province_of_tests_passes() -> None:
    found = personal_id("099219000003")
    assert (found.valid, found.birth_year, found.sex, found.province) == (True, 2019, "NAM", "099")


@pytest.mark.parametrize("text", ["", "12345678901", "1234567890123", "00121501234x", "٠٠١٢١٥٠١٢٣٤٥"])
def test_wrong_forms(text: str) -> None:
    assert not personal_id(text).valid


def test_a_lost_zero_is_suspected_and_restored() -> None:
    assert "số 0" in personal_id("99214000016").problem
    assert restore_personal_id("99214000016") == "099214000016"
    assert restore_personal_id("99214000016.0") == "099214000016"
    assert restore_personal_id("1215012345") == "001215012345"
    assert restore_personal_id("123") == "123"
    assert restore_personal_id("099214000016") == "099214000016"


@pytest.mark.parametrize(
    ("text", "fits"), [("2099200006", True), ("209920000", False), ("20992000x6", False)]
)
def test_ministry_code(text: str, fits: bool) -> None:
    assert is_ministry_code(text) is fits
