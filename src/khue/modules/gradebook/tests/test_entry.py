"""Entering results: what is kept, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import pytest
from tests.cast import World, fill, write

from khue.core.errors import Invalid, NotAllowed, NotFound, Refused
from khue.core.ids import uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import Operation
from khue.modules.gradebook.models import Cell, CellChange

pytestmark = pytest.mark.django_db


def test_a_teacher_enters_a_mark_and_sees_it_kept(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    result = write(world.hoa, sheet, pupil, "tx1", "7,5")
    assert (result.status, result.value, result.version) == ("done", "7.5", 1)
    assert gradebook.cells_of(sheet.id)[pupil, "tx1"].value == "7.5"
    change = CellChange.objects.get()
    assert (change.actor_name, change.old_value, change.value, change.sequence) == (
        "Nông Thị Hoa",
        "",
        "7.5",
        1,
    )


def test_the_same_operation_twice_is_one_change(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    operation = Operation(uuid7(), pupil, "tx1", "8", 0)
    for _ in range(2):
        result = gradebook.record_operations(world.hoa, sheet_id=sheet.id, operations=[operation]).results[0]
        assert (result.status, result.version) == ("done", 1)
    assert CellChange.objects.count() == 1


def test_a_stale_base_is_a_conflict_with_both_values(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(world.hoa, sheet, pupil, "tx1", "8")
    result = write(world.hoa, sheet, pupil, "tx1", "9", base=0)
    assert (result.status, result.value, result.by, result.code) == (
        "conflict",
        "8.0",
        "Nông Thị Hoa",
        "GRADE-009",
    )
    assert gradebook.cells_of(sheet.id)[pupil, "tx1"].value == "8.0"


def test_two_people_with_the_same_value_do_not_conflict(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(world.hoa, sheet, pupil, "tx1", "8")
    assert write(world.hoa, sheet, pupil, "tx1", "8.0", base=0).status == "same"


@pytest.mark.parametrize(
    ("slot", "value", "code"),
    [
        ("tx1", "10,5", "GRADE-002"),
        ("tx1", "Đ", "GRADE-002"),
        ("tx9", "8", "GRADE-007"),
        ("remark", "x" * 1001, "GRADE-003"),
    ],
)
def test_a_bad_value_is_refused_and_the_rest_of_the_batch_is_kept(
    world: World, slot: str, value: str, code: str
) -> None:
    sheet, (first, second, *_) = world.sheet("6A", "TOAN"), world.pupils["6A"]
    operations = [Operation(uuid7(), first, slot, value, 0), Operation(uuid7(), second, "tx1", "6", 0)]
    bad, good = gradebook.record_operations(world.hoa, sheet_id=sheet.id, operations=operations).results
    assert (bad.status, bad.code, good.status) == ("refused", code, "done")
    assert set(gradebook.cells_of(sheet.id)) == {(second, "tx1")}


def test_a_pupil_of_another_class_is_refused(world: World) -> None:
    result = write(world.hoa, world.sheet("6A", "TOAN"), world.pupils["7A"][0], "tx1", "8")
    assert (result.status, result.code) == ("refused", "GRADE-008")
    assert not Cell.objects.exists()


def test_pending_is_only_for_midterm_and_final(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    assert write(world.hoa, sheet, pupil, "gk", "", state="PENDING_MAKEUP").state == "PENDING_MAKEUP"
    assert write(world.hoa, sheet, pupil, "tx1", "", state="PENDING_MAKEUP").code == "GRADE-010"


def test_who_may_not_enter(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    # Cô Lan leads the class and sees the sheet; thầy Minh sees every sheet: neither enters marks of Toán.
    for actor in (world.lan, world.minh, world.thu, world.son):
        with pytest.raises(NotAllowed):
            write(actor, sheet, pupil, "tx1", "8", base=0)
    with pytest.raises(NotFound):
        write(world.quang, sheet, pupil, "tx1", "8", base=0)
    assert not Cell.objects.exists()
    assert not CellChange.objects.exists()


def test_a_closed_sheet_takes_no_more_marks(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    with pytest.raises(Refused) as refusal:
        write(world.hoa, sheet, pupil, "tx1", "9")
    assert refusal.value.code == "GRADE-001"
    assert gradebook.cells_of(sheet.id)[pupil, "tx1"].value == "7.5"


def test_too_large_a_batch_is_refused_whole(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    many = [Operation(uuid7(), pupil, "tx1", "8", 0)] * 2001
    with pytest.raises(Invalid):
        gradebook.record_operations(world.hoa, sheet_id=sheet.id, operations=many)
    assert not Cell.objects.exists()


def test_computed_columns_come_back_with_the_batch(world: World) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    marks = {"tx1": "8", "tx2": "7", "tx3": "9", "tx4": "8", "gk": "7", "ck": "8"}
    operations = [Operation(uuid7(), pupil, slot, value, 0) for slot, value in marks.items()]
    result = gradebook.record_operations(world.hoa, sheet_id=sheet.id, operations=operations)
    # (8+7+9+8 + 2×7 + 3×8) : 9 = 7,77… → 7,8
    assert result.calculated == ((pupil, (("term", "7,8"),)),)


def test_the_number_of_queries_does_not_grow_with_the_batch(
    world: World, django_assert_max_num_queries: object
) -> None:
    sheet = world.sheet("6A", "TOAN")
    operations = [
        Operation(uuid7(), pupil, slot, "8", 0)
        for pupil in world.pupils["6A"]
        for slot in ("tx1", "tx2", "gk")
    ]
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        gradebook.record_operations(world.hoa, sheet_id=sheet.id, operations=operations)
