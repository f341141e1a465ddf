"""Two clerks at one moment: each pupil comes once, nothing is half written; on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import World
from tests.fixtures import Race

from khue.core.errors import KhueError
from khue.modules.importing import services
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.importing.tests.files import workbook
from khue.modules.people import api as people
from khue.sheets.data import ImportAs

pytestmark = pytest.mark.postgres

LIST = ImportAs("pupils", "20180001", "2025-2026")
HEAD = ["STT", "Lớp", "Mã MOET", "Họ và tên", "Ngày sinh"]


def checked(world: World, *rows: list[Any]) -> ImportRun:
    data = workbook(DS=[HEAD, *rows])
    return services.start_run(world.thu, data=data, filename="ds.xlsx", wanted=LIST)


def codes(found: list[Any]) -> list[str]:
    """The refusals, sorted; anything else that was raised is a bug."""
    for item in found:
        if isinstance(item, Exception) and not isinstance(item, KhueError):
            raise item
    return sorted(item.code for item in found if isinstance(item, KhueError))


def test_one_list_confirmed_by_two_clerks_brings_each_pupil_once(committed_world: World, race: Race) -> None:
    world = committed_world
    rows = [[n, "6A", f"209966600{n}", f"Vi Văn {n}", "01/02/2014"] for n in range(6, 9)]
    runs = [checked(world, *rows), checked(world, *rows)]
    found = race(
        [lambda run=run, by=by: services.apply_run(by, run_id=run.id)  # type: ignore[misc]
         for run, by in zip(runs, (world.thu, world.minh), strict=True)]
    )  # fmt: skip
    assert codes(found) == ["IMP-005"]
    assert people.Person.objects.filter(full_name__startswith="Vi Văn").count() == 3
    states = ImportRun.objects.filter(pk__in=[run.pk for run in runs]).values_list("state", flat=True)
    assert sorted(states) == [RunState.APPLIED, RunState.CHECKED]


def test_a_run_confirmed_twice_is_written_once(committed_world: World, race: Race) -> None:
    world = committed_world
    run = checked(world, [6, "6A", "2099666006", "Vi Văn 6", "01/02/2014"])
    found = race([lambda: services.apply_run(world.thu, run_id=run.id)] * 3)
    assert codes(found) == ["IMP-004", "IMP-004"]
    assert people.Person.objects.filter(full_name="Vi Văn 6").count() == 1
