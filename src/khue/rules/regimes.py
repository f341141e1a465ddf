"""Which assessment regulation holds for a class, bound to its grade and school year (rule 0.1)."""

from __future__ import annotations

from enum import StrEnum

from khue.core.errors import Invalid
from khue.rules.averages import parameters
from khue.rules.reasons import Judged, Reason


class RegimeId(StrEnum):
    """Regulations of assessment; stored with each class-year and never changed afterwards."""

    TT27 = "TT27"  # TT 27/2020/TT-BGDĐT, primary
    TT30 = "TT30"  # TT 30/2014 + TT 22/2016, primary before TT 27
    TT22 = "TT22"  # TT 22/2021/TT-BGDĐT, secondary
    TT58_26 = "TT58+26"  # TT 58/2011 as amended by TT 26/2020, from 11/10/2020
    TT58 = "TT58"  # TT 58/2011


def regime_for(grade: int, first_year: int) -> RegimeId:
    """The regulation for a grade in the school year that begins in `first_year` (`CORE-008`)."""
    return explain_regime(grade, first_year).value


def explain_regime(grade: int, first_year: int) -> Judged[RegimeId]:
    """The regulation of a class-year with its source (quy chế đánh giá áp dụng)."""
    known = [
        (RegimeId(name), entry["grades"][str(grade)], str(entry["source"]))
        for name, entry in parameters("regimes").items()
        if str(grade) in entry["grades"]
    ]
    if not known:
        raise Invalid("CORE-008", grade=grade)
    regime, since, source = next((item for item in known if first_year >= item[1]), known[-1])
    text = f"Lớp {grade}, năm học {first_year}-{first_year + 1}: áp dụng từ năm học {since}-{since + 1}."
    inputs = (("Lớp", str(grade)), ("Năm học", f"{first_year}-{first_year + 1}"))
    return Judged(regime, (Reason(source, text, None, inputs),))
