"""The age at which a level is entered, and how many a class takes: by the charters, year by year."""

from __future__ import annotations

import datetime as dt

import pytest

from khue.rules.entry import Age, class_size, entry_age

BEFORE, AFTER = dt.date(2025, 9, 5), dt.date(2026, 9, 5)


@pytest.mark.parametrize(
    ("level", "born", "may", "expected"),
    [
        ("TH", 2019, False, Age.USUAL),
        ("TH", 2020, False, Age.YOUNGER),
        ("THCS", 2014, False, Age.USUAL),
        ("THCS", 2013, False, Age.OLDER),
        ("THCS", 2013, True, Age.ALLOWED),
        ("THCS", 2011, True, Age.ALLOWED),
        ("THCS", 2010, True, Age.TOO_OLD),
        ("THCS", 2015, True, Age.YOUNGER),
        ("THPT", 2010, False, Age.USUAL),
        ("THPT", None, False, Age.UNKNOWN),
    ],
)
def test_the_age_of_entry_is_counted_by_years(level, born, may, expected) -> None:
    judged = entry_age(level, born, BEFORE, may_be_older=may)
    assert judged.value is expected
    assert "Điều 33" in judged.reasons[0].clause


def test_the_new_charter_is_named_and_said_to_be_uncertain() -> None:
    old, new = entry_age("THCS", 2014, BEFORE), entry_age("THCS", 2015, AFTER)
    assert (old.value, new.value) == (Age.USUAL, Age.USUAL)
    assert (old.doubtful, new.doubtful) == (False, True)
    assert "TT 15/2026" in new.reasons[0].clause


def test_a_class_takes_so_many() -> None:
    assert class_size("TH", BEFORE)[0] == 35
    assert class_size("THCS", BEFORE) == (45, "Điều 16 Điều lệ trường THCS, THPT (TT 32/2020/TT-BGDĐT)")
