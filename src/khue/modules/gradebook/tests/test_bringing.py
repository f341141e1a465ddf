"""Results that a pupil brings from a school with other books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.cast import SYSTEM, World, write

from khue.kit.models import AuditEvent
from khue.modules.gradebook.data import BroughtResult
from khue.modules.gradebook.models import CellChange
from khue.modules.gradebook.services.bringing import (
    NO_COLUMN,
    NO_SUBJECT,
    REFUSED,
    WRITTEN,
    bring_results,
    place_results,
    pupil_results,
)

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db
SOURCE = "Mang theo từ Trường THCS Chi Lăng"
BROUGHT = [
    BroughtResult("TOAN", 1, "tx1", "8.0"),
    BroughtResult("TOAN", 1, "gk", "", "PENDING_MAKEUP"),
    BroughtResult("GDTC", 1, "tx1", "Đ"),
    BroughtResult("", 1, "absent_excused", "4"),
]


def cells(world: World, pupil: UUID) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (one.subject, one.column): (one.state, one.value)
        for one in pupil_results(world.classes["6A"].id, pupil)
    }


def bring(world: World, pupil: UUID, *results: BroughtResult) -> dict[str, str]:
    told = bring_results(
        SYSTEM, school_class_id=world.classes["6A"].id, pupil_id=pupil, results=results, source=SOURCE
    )
    return {f"{one.result.subject} {one.result.column}": one.why_not for one in told}


def test_brought_results_are_written_once_and_say_where_they_come_from(world: World) -> None:
    pupil = world.pupils["6A"][0]
    assert set(bring(world, pupil, *BROUGHT).values()) == {""}
    assert cells(world, pupil) == {
        ("TOAN", "tx1"): ("MARK", "8.0"),
        ("TOAN", "gk"): ("PENDING_MAKEUP", ""),
        ("GDTC", "tx1"): ("MARK", "Đ"),
        ("", "absent_excused"): ("MARK", "4"),
    }
    changes = CellChange.objects.filter(pupil=pupil)
    assert set(changes.values_list("source", "reason")) == {("transfer", SOURCE)}
    count = changes.count()
    assert set(bring(world, pupil, *BROUGHT).values()) == {""}
    assert changes.count() == count
    assert AuditEvent.objects.filter(action="gradebook.results.brought").count() == 1


def test_what_finds_no_place_is_told_and_what_is_written_stays(world: World) -> None:
    pupil = world.pupils["6A"][0]
    write(world.hoa, world.sheet("6A", "TOAN"), pupil, "tx1", "5")
    told = bring(
        world, pupil, BroughtResult("TOAN", 1, "tx1", "9.0"), BroughtResult("TIENGHAN", 1, "tx1", "9.0"),
        BroughtResult("TOAN", 1, "tx9", "9.0"), BroughtResult("TOAN", 1, "ck", "11"),
        BroughtResult("TOAN", 1, "gk", "7.0"),
    )  # fmt: skip
    assert told == {
        "TOAN tx1": WRITTEN, "TIENGHAN tx1": NO_SUBJECT, "TOAN tx9": NO_COLUMN, "TOAN ck": REFUSED,
        "TOAN gk": "",
    }  # fmt: skip
    assert cells(world, pupil) == {("TOAN", "tx1"): ("MARK", "5.0"), ("TOAN", "gk"): ("MARK", "7.0")}


def test_looking_where_results_would_go_writes_nothing(world: World) -> None:
    pupil = world.pupils["6A"][0]
    placed = place_results(world.classes["6A"].id, pupil, BROUGHT)
    assert [one.why_not for one in placed] == ["", "", "", ""]
    assert cells(world, pupil) == {}
    assert not CellChange.objects.filter(pupil=pupil).exists()


def test_what_was_written_carries_the_day_of_its_last_change(world: World) -> None:
    pupil = world.pupils["6A"][0]
    write(world.hoa, world.sheet("6A", "TOAN"), pupil, "tx1", "5")
    [one] = pupil_results(world.classes["6A"].id, pupil)
    assert (one.subject, one.term, one.column, one.value) == ("TOAN", 1, "tx1", "5.0")
    assert one.at is not None
    assert one.at.date() == world.hoa.now.date()
