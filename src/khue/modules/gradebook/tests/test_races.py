"""People who act on one class at the same moment: nobody's work is lost; on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import SYSTEM, World, fill, write
from tests.fixtures import Race

from khue.core.actor import Actor
from khue.core.errors import KhueError
from khue.core.ids import uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import BatchResult, Operation
from khue.modules.gradebook.models import (
    CellChange,
    ClosingAct,
    Correction,
    FrozenResult,
    Sheet,
)
from khue.modules.gradebook.services.corrections import (
    approve_correction,
    confirm_correction,
    request_correction,
)
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, seal, seal_term

pytestmark = pytest.mark.postgres
WHY = "Cộng nhầm điểm bài tự luận của em."


def codes(found: list[Any]) -> list[str]:
    """The refusals, sorted; anything else that was raised is a bug."""
    for item in found:
        if isinstance(item, Exception) and not isinstance(item, KhueError):
            raise item
    return sorted(item.code for item in found if isinstance(item, KhueError))


def entering(actor: Actor, sheet: Sheet, *operations: Operation) -> Any:
    return lambda: gradebook.record_operations(actor, sheet_id=sheet.id, operations=operations)


def intact(world: World, *names: str) -> bool:
    keys = [world.classes[name].id for name in names or ("6A",)]
    return not list(gradebook.verify_history(Sheet.objects.filter(school_class__in=keys)))


def test_of_two_writers_of_a_cell_one_is_done_the_other_is_told(committed_world: World, race: Race) -> None:
    world = committed_world
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    wishes = [Operation(uuid7(), pupil, "tx1", value, 0) for value in ("5", "6", "7", "8")]
    acts = [entering(world.hoa, sheet, wish) for wish in wishes]
    found = race(acts)
    assert codes(found) == []
    results = [batch.results[0] for batch in found]
    assert sorted(item.status for item in results) == ["conflict", "conflict", "conflict", "done"]
    (done,) = (item for item in results if item.status == "done")
    assert {item.value for item in results} == {done.value}  # the others are shown what stands there
    assert CellChange.objects.filter(sheet=sheet).count() == 1
    assert intact(world)


def test_a_request_that_was_sent_twice_is_one_change(committed_world: World, race: Race) -> None:
    world = committed_world
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    found = race([entering(world.hoa, sheet, Operation(uuid7(), pupil, "tx1", "8", 0))] * 4)
    assert codes(found) == []
    assert {batch.results[0].status for batch in found} == {"done"}
    assert CellChange.objects.filter(sheet=sheet).count() == 1


def test_writers_of_different_cells_are_all_done(committed_world: World, race: Race) -> None:
    world = committed_world
    sheet = world.sheet("6A", "TOAN")
    slots = ("tx1", "tx2", "gk")
    acts = [
        entering(world.hoa, sheet, *(Operation(uuid7(), pupil, slot, "8", 0) for slot in slots))
        for pupil in world.pupils["6A"]
    ]
    found = race(acts)
    assert codes(found) == []
    assert {item.status for batch in found for item in batch.results} == {"done"}
    assert sorted(CellChange.objects.values_list("sequence", flat=True)) == list(range(1, 16))
    assert intact(world)


def test_nothing_is_entered_after_closing(committed_world: World, race: Race) -> None:
    world = committed_world
    for name in ("6A", "7A"):  # twice: either may come first
        sheet, pupil = world.sheet(name, "TOAN"), world.pupils[name][0]
        fill(sheet)
        closed, entered = race(
            [
                lambda sheet=sheet: gradebook.close_sheet(world.hoa, sheet_id=sheet.id),
                entering(world.hoa, sheet, Operation(uuid7(), pupil, "ck", "3", 1)),
            ]
        )
        assert isinstance(closed, ClosingAct)
        if isinstance(entered, BatchResult):
            assert entered.results[0].status == "done"
        else:
            assert codes([entered]) == ["GRADE-001"]
        from khue.modules.gradebook.digests import digest_of_sheet

        assert closed.content_digest == digest_of_sheet(sheet)  # what was closed is what stands there
    assert intact(world, "6A", "7A")


def test_a_sheet_is_closed_once(committed_world: World, race: Race) -> None:
    world, sheet = committed_world, committed_world.sheet("6A", "TOAN")
    fill(sheet)
    found = race([lambda: gradebook.close_sheet(world.hoa, sheet_id=sheet.id)] * 3)
    assert codes(found) == ["GRADE-021", "GRADE-021"]
    assert ClosingAct.objects.count() == 1


def test_teachers_close_while_the_homeroom_teacher_closes(committed_world: World, race: Race) -> None:
    world, key = committed_world, committed_world.classes["6A"].id
    fill_term(world)
    sheets = [sheet for sheet in gradebook.sheets_of(key, 1).values() if sheet.class_subject_id]
    acts = [lambda sheet=sheet: gradebook.close_sheet(SYSTEM, sheet_id=sheet.id) for sheet in sheets]
    found = race([*acts, *[lambda: gradebook.close_class(world.lan, school_class_id=key, term=1)] * 3])
    assert set(codes(found)) <= {"GRADE-021", "GRADE-022"}  # told, never stuck
    assert ClosingAct.objects.filter(sheet__in=sheets).count() == len(sheets)
    if gradebook.class_state(key, 1).state == "open":
        gradebook.close_class(world.lan, school_class_id=key, term=1)
    assert ClosingAct.objects.filter(scope="class_term").count() == 1


def test_a_class_is_sealed_once(committed_world: World, race: Race) -> None:
    world, key = committed_world, committed_world.classes["6A"].id
    fill_term(world)
    close_subjects(world)
    gradebook.close_class(world.lan, school_class_id=key, term=1)
    found = race([lambda: gradebook.seal_class(world.minh, school_class_id=key, term=1)] * 3)
    assert codes(found) == ["GRADE-021", "GRADE-021"]
    assert FrozenResult.objects.count() == len(world.pupils["6A"])


def asked(world: World, sheet: Sheet, number: int = 0, slot: str = "ck") -> Correction:
    row = request_correction(
        world.hoa, sheet_id=sheet.id, pupil_id=world.pupils["6A"][number], slot=slot, value="9", reason=WHY,
        base_version=1,
    )
    return confirm_correction(world.lan, correction_id=row.id)


def test_two_requests_for_one_cell(committed_world: World, race: Race) -> None:
    world, sheet = committed_world, committed_world.sheet("6A", "TOAN")
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    found = race(
        [
            lambda value=value: request_correction(
                world.hoa, sheet_id=sheet.id, pupil_id=world.pupils["6A"][0], slot="ck", value=value,
                reason=WHY, base_version=1,
            )
            for value in ("8", "9")
        ]
    )
    assert codes(found) == ["GRADE-031"]


def test_a_correction_is_approved_once(committed_world: World, race: Race) -> None:
    world, sheet = committed_world, committed_world.sheet("6A", "TOAN")
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    row = asked(world, sheet)
    found = race([lambda: approve_correction(world.minh, correction_id=row.id)] * 3)
    assert codes(found) == ["GRADE-033", "GRADE-033"]
    sheet.refresh_from_db()
    assert sheet.correction_count == 1
    assert CellChange.objects.filter(source="correction").count() == 1
    assert intact(world)


def test_two_corrections_in_a_sealed_class_both_freeze(committed_world: World, race: Race) -> None:
    world = committed_world
    for term in (1, 2):
        seal_term(world, term=term)
    seal(world, term=0)
    sheet, other = world.sheet("6A", "TOAN", 1), world.sheet("6A", "TOAN", 2)
    rows = [asked(world, sheet, 0), asked(world, other, 0), asked(world, sheet, 1)]
    found = race(
        [
            lambda row=row: approve_correction(world.minh, correction_id=row.id, decision="15/QĐ")
            for row in rows
        ]
    )
    assert codes(found) == []
    book = gradebook.load_book(world.classes["6A"].id)
    for term in (0, 1, 2):  # what was frozen last is what the marks give now
        for row in gradebook.class_results(book, term):
            last = FrozenResult.objects.filter(pupil=row.pupil.pupil_id, term=term).order_by("-version")[0]
            assert last.content["values"] == row.values
    assert FrozenResult.objects.filter(pupil=world.pupils["6A"][0], term=0).count() == 3


def test_a_correction_beside_the_sealing_of_the_year(committed_world: World, race: Race) -> None:
    world, key = committed_world, committed_world.classes["6A"].id
    for term in (1, 2):
        seal_term(world, term=term)
    row = asked(world, world.sheet("6A", "TOAN"))
    gradebook.close_class(world.lan, school_class_id=key, term=0)
    found = race(
        [
            lambda: approve_correction(world.minh, correction_id=row.id, decision="15/QĐ"),
            lambda: gradebook.seal_class(world.minh, school_class_id=key, term=0),
        ]
    )
    assert codes(found) == []
    pupil = world.pupils["6A"][0]
    last = FrozenResult.objects.filter(pupil=pupil, term=0).order_by("-version")[0]
    assert last.content["values"]["TOAN"] == "7,7"  # (8,0 + 2 × 7,5) : 3


def test_an_import_and_a_teacher(committed_world: World, race: Race) -> None:
    world = committed_world
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(world.hoa, sheet, pupil, "tx1", "5")
    run = uuid7()
    wishes = [Operation(uuid7(), pupil, "tx1", "8", 1)]
    imported, entered = race(
        [
            lambda: gradebook.import_cells(world.thu, sheet_id=sheet.id, operations=wishes, run_id=run),
            entering(world.hoa, sheet, Operation(uuid7(), pupil, "tx1", "9", 1)),
        ]
    )
    assert codes([imported, entered]) == []
    assert sorted([imported.results[0].status, entered.results[0].status]) == ["conflict", "done"]
    assert intact(world)
