"""Which assessment regulation holds for a class, bound to its grade and school year (rule 0.1)."""

from __future__ import annotations

from enum import StrEnum

from khue.core.errors import Invalid


class RegimeId(StrEnum):
    """Regulations of assessment; stored with each class-year and never changed afterwards."""

    TT27 = "TT27"  # TT 27/2020/TT-BGDĐT, primary
    TT30 = "TT30"  # TT 30/2014 + TT 22/2016, primary before TT 27
    TT22 = "TT22"  # TT 22/2021/TT-BGDĐT, secondary
    TT58_26 = "TT58+26"  # TT 58/2011 as amended by TT 26/2020, from 11/10/2020
    TT58 = "TT58"  # TT 58/2011


# First school year (its first calendar year) of the new regulation, by grade: TT 27 Điều 2 (lộ trình),
# TT 22 Điều 22 (lộ trình); assessment.md section 0.
_NEW_FROM: dict[int, int] = {
    1: 2020, 2: 2021, 3: 2022, 4: 2023, 5: 2024,
    6: 2021, 7: 2022, 8: 2023, 9: 2024, 10: 2022, 11: 2023, 12: 2024,
}  # fmt: skip
LAST_PRIMARY_GRADE = 5
_TT26_FROM = 2020


def regime_for(grade: int, first_year: int) -> RegimeId:
    """The regulation for a grade in the school year that begins in `first_year` (`CORE-008`)."""
    new_from = _NEW_FROM.get(grade)
    if new_from is None:
        raise Invalid("CORE-008", grade=grade)
    primary = grade <= LAST_PRIMARY_GRADE
    if first_year >= new_from:
        return RegimeId.TT27 if primary else RegimeId.TT22
    if primary:
        return RegimeId.TT30
    return RegimeId.TT58_26 if first_year >= _TT26_FROM else RegimeId.TT58
