"""Pupils who change class in the middle of a year: their results come along, once."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from tests.cast import SYSTEM, World, make_class, write

from khue.kit import outbox
from khue.kit.models import AuditEvent
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import CellChange, Sheet, SheetState
from khue.modules.gradebook.services.carrying import carry_results
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, seal_term
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db
MOVED_ON = dt.date(2025, 12, 1)


@pytest.fixture
def new_class(world: World) -> schooling.SchoolClass:
    """6B, where nobody is yet."""
    world.classes["6B"] = make_class(world.school, world.year, "6B", 6, [])
    return world.classes["6B"]


def move(world: World, pupil: UUID, day: dt.date = MOVED_ON) -> None:
    """From 6A to 6B, and what is announced of it."""
    old, new = world.classes["6A"].id, world.classes["6B"].id
    schooling.move_class(SYSTEM, school_class_id=old, pupil_id=pupil, to_class_id=new, on=day)
    outbox.deliver()


def values(world: World, name: str, code: str, pupil: UUID, term: int = 1) -> dict[str, tuple[str, str]]:
    """What stands in a pupil's cells of a sheet."""
    cells = gradebook.cells_of(world.sheet(name, code, term).id)
    return {slot: (cell.state, cell.value) for (key, slot), cell in cells.items() if key == pupil}


@pytest.mark.usefixtures("new_class")
def test_results_come_along_and_stay_in_the_old_book(world: World) -> None:
    pupil = world.pupils["6A"][0]
    sheet = world.sheet("6A", "TOAN")
    write(world.hoa, sheet, pupil, "tx1", "8")
    write(world.hoa, sheet, pupil, "gk", "", state="PENDING_MAKEUP")
    write(SYSTEM, world.sheet("6A", "GDTC"), pupil, "tx1", "Đ")
    write(world.lan, world.sheet("6A", "homeroom"), pupil, "absent_excused", "4")
    before = values(world, "6A", "TOAN", pupil)
    move(world, pupil)
    assert before == {"tx1": ("MARK", "8.0"), "gk": ("PENDING_MAKEUP", "")}
    assert values(world, "6B", "TOAN", pupil) == before
    assert values(world, "6A", "TOAN", pupil) == before
    assert values(world, "6B", "GDTC", pupil) == {"tx1": ("MARK", "Đ")}
    assert values(world, "6B", "homeroom", pupil) == {"absent_excused": ("MARK", "4")}
    change = CellChange.objects.get(sheet=world.sheet("6B", "TOAN"), slot="tx1")
    assert (change.source, change.reason) == ("transfer", "Mang theo từ lớp 6A; người ghi: Nông Thị Hoa")
    assert AuditEvent.objects.filter(action="gradebook.results.carried").count() == 1
    assert not list(gradebook.verify_history(Sheet.objects.filter(school_class=world.classes["6B"].id)))


@pytest.mark.usefixtures("new_class")
def test_again_adds_nothing_and_overwrites_nothing(world: World) -> None:
    pupil = world.pupils["6A"][0]
    write(world.hoa, world.sheet("6A", "TOAN"), pupil, "tx1", "8")
    move(world, pupil)
    new = world.sheet("6B", "TOAN")
    write(SYSTEM, new, pupil, "tx1", "")  # the new teacher takes it back
    count = CellChange.objects.count()
    assert carry_results(SYSTEM, school_class_id=world.classes["6B"].id, pupil_ids=[pupil]) == 0
    assert carry_results(SYSTEM, school_class_id=world.classes["6A"].id, pupil_ids=[pupil]) == 0
    assert CellChange.objects.count() == count
    assert values(world, "6B", "TOAN", pupil) == {"tx1": ("EMPTY", "")}


def test_the_year_is_judged_in_the_new_class(world: World, new_class: schooling.SchoolClass) -> None:
    pupil, stays = world.pupils["6A"][0], world.pupils["6A"][1]
    seal_term(world)
    first_day = dt.date(2025, 9, 5)
    schooling.enroll(SYSTEM, school_class_id=new_class.id, pupil_id=_newcomer(world), since=first_day)
    fill_term(world, "6B")
    close_subjects(world, "6B")
    gradebook.close_class(SYSTEM, school_class_id=new_class.id, term=1)
    gradebook.seal_class(SYSTEM, school_class_id=new_class.id, term=1)
    move(world, pupil, dt.date(2026, 2, 2))
    fill_term(world, "6B", 2, "8")
    rows = {r.pupil.pupil_id: r for r in gradebook.class_results(gradebook.load_book(new_class.id), 0)}
    assert rows[pupil].values["TOAN"] == "7,8"  # (7,5 + 2 × 8,0) : 3
    assert (rows[pupil].level, rows[pupil].missing) == ("Khá", ())
    assert rows[pupil].absences == 4
    assert {s.state for s in gradebook.sheets_of(new_class.id, 1).values()} == {SheetState.SEALED}
    assert stays not in rows
    assert list(gradebook.verify_records()) == []


def _newcomer(world: World) -> UUID:
    from tests.cast import make_pupils

    return make_pupils(world.school, ("Vi Văn Bảy",), 2066000000)[0]


@pytest.mark.usefixtures("new_class")
def test_a_pupil_without_an_earlier_class_brings_nothing(world: World) -> None:
    fill_term(world)
    count = CellChange.objects.count()
    assert carry_results(SYSTEM, school_class_id=world.classes["6A"].id, pupil_ids=world.pupils["6A"]) == 0
    assert CellChange.objects.count() == count
