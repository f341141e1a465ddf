"""The history of marks: its chain holds, tampering is found, and the database refuses to edit it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.cast import World, fill, write

from khue.core.errors import Invalid
from khue.core.ids import uuid7
from khue.kit.ledger import guard_statements, unguard_statements
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import HistoryBreak, Operation
from khue.modules.gradebook.models import Cell, CellChange, ClosingAct, FrozenResult, Sheet
from khue.modules.gradebook.slots import SlotKind, normalize
from khue.modules.gradebook.tests.acts import seal_term

pytestmark = pytest.mark.django_db
TABLE = "gradebook_cellchange"


@pytest.fixture
def sheet(world: World) -> Sheet:
    """A sheet with a history: entered, changed, emptied."""
    found, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(found)
    write(world.hoa, found, pupil, "tx1", "9")
    write(world.hoa, found, pupil, "tx1", "")
    write(world.hoa, found, pupil, "remark", "Tiến bộ rõ rệt.\nCần cẩn thận hơn.")
    found.refresh_from_db()
    return found


def breaks(*sheets: Sheet) -> list[HistoryBreak]:
    return list(gradebook.verify_history(Sheet.objects.filter(pk__in=[sheet.pk for sheet in sheets])))


def tamper(sql: str, *values: Any) -> None:
    """As somebody with the database's password who also takes the guard away."""
    with connection.cursor() as cursor:
        for statement in unguard_statements(connection.vendor, TABLE):
            cursor.execute(statement)
        cursor.execute(sql, values)
        assert cursor.rowcount == 1
        for statement in guard_statements(connection.vendor, TABLE):
            cursor.execute(statement)


def key(row: Any) -> str:
    """A row's id as the database keeps it."""
    return str(row.pk) if connection.vendor == "postgresql" else row.pk.hex


def test_an_untouched_history_holds(world: World, sheet: Sheet) -> None:
    assert sheet.history_length == 33
    assert breaks(sheet, world.sheet("7A", "TOAN")) == []


def test_it_holds_in_whatever_time_zone_it_was_written(world: World) -> None:
    found, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    for zone in (dt.UTC, dt.timezone(dt.timedelta(hours=-5))):
        actor = world.at(world.hoa, world.hoa.now.astimezone(zone))
        write(actor, found, pupil, "tx1", "8" if zone is dt.UTC else "9")
    assert breaks(found) == []


def test_a_mark_changed_behind_the_back_is_found(sheet: Sheet, world: World) -> None:
    cell = Cell.objects.get(sheet=sheet, pupil=world.pupils["6A"][1], slot="ck")
    Cell.objects.filter(pk=cell.pk).update(value="10.0")
    (found,) = breaks(sheet)
    assert (found.sheet_id, found.what) == (sheet.id, "cell")
    assert CellChange.objects.get(sheet=sheet, sequence=found.sequence).slot == "ck"


def test_a_removed_and_an_invented_cell_are_found(sheet: Sheet, world: World) -> None:
    Cell.objects.filter(sheet=sheet, pupil=world.pupils["6A"][1], slot="ck").delete()
    assert [item.what for item in breaks(sheet)] == ["cell"]
    other = world.sheet("7A", "TOAN")
    Cell.objects.create(
        sheet=other, pupil_id=world.pupils["7A"][0], slot="ck", state="MARK", value="10.0", version=1,
        changed_at=world.hoa.now, changed_by="ai đó",
    )
    assert [item.what for item in breaks(other)] == ["cell"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("value", "10.0"), ("actor_name", "Người khác"), ("reason", "thêm sau"), ("old_value", "1.0")],
)
def test_a_change_rewritten_is_found_where_it_stands(sheet: Sheet, column: str, value: str) -> None:
    change = CellChange.objects.get(sheet=sheet, sequence=7)
    tamper(f"UPDATE {TABLE} SET {column} = %s WHERE id = %s", value, key(change))
    assert breaks(sheet) == [HistoryBreak(sheet.id, 7, "digest")]


def test_a_removed_change_is_found(sheet: Sheet) -> None:
    tamper(f"DELETE FROM {TABLE} WHERE id = %s", key(CellChange.objects.get(sheet=sheet, sequence=7)))
    assert breaks(sheet) == [HistoryBreak(sheet.id, 7, "missing")]


def test_the_last_change_removed_is_found(sheet: Sheet) -> None:
    last = CellChange.objects.get(sheet=sheet, sequence=sheet.history_length)
    tamper(f"DELETE FROM {TABLE} WHERE id = %s", key(last))
    assert breaks(sheet) == [HistoryBreak(sheet.id, sheet.history_length - 1, "head")]


def test_every_break_is_told_of_its_own_sheet(sheet: Sheet, world: World) -> None:
    other = world.sheet("7A", "TOAN")
    fill(other)
    for one in (sheet, other):
        Sheet.objects.filter(pk=one.pk).update(history_head="0" * 64)
    assert {item.sheet_id for item in breaks(sheet, other, world.sheet("6A", "VAN"))} == {sheet.id, other.id}


@pytest.mark.parametrize(
    ("model", "column"),
    [(CellChange, "value"), (ClosingAct, "reason"), (FrozenResult, "level")],
)
def test_the_database_refuses_to_edit_what_happened(world: World, model: Any, column: str) -> None:
    seal_term(world)
    rows = model.objects.order_by("pk")
    before = list(rows.values_list())
    assert before
    for act in (
        lambda: rows.update(**{column: "khác"}),
        lambda: model.objects.filter(pk=rows[0].pk).update(**{column: "khác"}),
        lambda: rows._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    assert list(rows.values_list()) == before


@pytest.mark.postgres
def test_postgres_refuses_to_truncate_too(world: World) -> None:
    seal_term(world)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the commit would answer first
    for model in (CellChange, FrozenResult):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
    assert CellChange.objects.exists()


def test_the_id_of_another_wish_is_not_taken_for_done(world: World, sheet: Sheet) -> None:
    used = CellChange.objects.filter(sheet=sheet).first()
    other, pupil = world.sheet("7A", "TOAN"), world.pupils["7A"][0]
    operation = Operation(used.op_id, pupil, "tx1", "8", 0)
    result = gradebook.record_operations(world.hoa, sheet_id=other.id, operations=[operation]).results[0]
    assert (result.status, result.code, result.value) == ("refused", "GRADE-011", "")
    assert gradebook.cells_of(other.id) == {}


def test_text_is_kept_without_control_characters(world: World) -> None:
    found, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    result = write(world.hoa, found, pupil, "remark", "Chăm\x00 chỉ\x01, ngoan\u00a0ngoãn\n")
    assert result.value == "Chăm chỉ, ngoan ngoãn"
    assert breaks(found) == []
    with pytest.raises(Invalid):
        normalize(SlotKind.MARK, "7\x005x")


def test_a_batch_may_touch_one_cell_twice(world: World) -> None:
    found, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    wishes = [Operation(uuid7(), pupil, "tx1", "8", 0), Operation(uuid7(), pupil, "tx1", "9", 1)]
    results = gradebook.record_operations(world.hoa, sheet_id=found.id, operations=wishes).results
    assert [(item.status, item.version) for item in results] == [("done", 1), ("done", 2)]
    assert gradebook.cells_of(found.id)[pupil, "tx1"].value == "9.0"
    assert breaks(found) == []
