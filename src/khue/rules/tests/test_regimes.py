"""Rule 0.1: which circular holds for a class-year; and the readings that a school chooses."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.rules.regimes import RegimeId, explain_regime, regime_for
from khue.rules.settings import CHOICES, Settings

FIRST = {1: 2020, 2: 2021, 3: 2022, 4: 2023, 5: 2024, 6: 2021, 7: 2022, 8: 2023, 9: 2024,
         10: 2022, 11: 2023, 12: 2024}  # fmt: skip
GRADES, YEARS = st.integers(1, 12), st.integers(2005, 2040)


@pytest.mark.parametrize(("grade", "first"), FIRST.items())
def test_a_grade_changes_to_its_new_circular_in_its_year(grade: int, first: int) -> None:
    new, before = (RegimeId.TT27, RegimeId.TT30) if grade <= 5 else (RegimeId.TT22, RegimeId.TT58_26)
    assert regime_for(grade, first) is new
    assert regime_for(grade, first - 1) is before
    if grade > 5:
        assert regime_for(grade, 2020) is RegimeId.TT58_26
        assert regime_for(grade, 2019) is RegimeId.TT58


@given(GRADES, YEARS)
def test_a_later_year_never_returns_to_an_older_circular(grade: int, year: int) -> None:
    order = [RegimeId.TT30, RegimeId.TT58, RegimeId.TT58_26, RegimeId.TT27, RegimeId.TT22]
    assert order.index(regime_for(grade, year + 1)) >= order.index(regime_for(grade, year))


@given(GRADES, YEARS)
def test_the_choice_cites_its_source(grade: int, year: int) -> None:
    judged = explain_regime(grade, year)
    assert judged.value is regime_for(grade, year)
    assert judged.reasons[0].clause.startswith("TT ")
    assert f"Lớp {grade}, năm học {year}-{year + 1}" in judged.reasons[0].text


@pytest.mark.parametrize("grade", [0, 13, -1])
def test_there_is_no_other_grade(grade: int) -> None:
    with pytest.raises(Invalid, match="CORE-008"):
        regime_for(grade, 2025)


def test_every_doubt_is_a_setting_with_its_default_first() -> None:
    default = Settings()
    assert {field.name for field in fields(Settings)} == set(CHOICES)
    for name, ways in CHOICES.items():
        assert getattr(default, name) == ways[0]


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, ways in CHOICES.items() for value in ways]
)
def test_a_known_choice_is_kept(name: str, value: str) -> None:
    assert getattr(Settings.of({name: value}), name) == value


@pytest.mark.parametrize("chosen", [{"adjustment": "kind"}, {"weather": "good"}, {"topic": None}])
def test_an_unknown_choice_is_refused(chosen: dict) -> None:
    with pytest.raises(Invalid, match="CORE-009"):
        Settings.of(chosen)
