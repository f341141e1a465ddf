"""`khue verify`: acts, kept results and the end of a history that was cut off and made anew."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection
from tests.cast import NOW, World, fill, write

from khue.kit.ledger import guard_statements, unguard_statements
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook import history
from khue.modules.gradebook.models import Cell, CellChange, ClosingAct, FrozenResult, Sheet
from khue.modules.gradebook.services.closing import class_state, reopen_class
from khue.modules.gradebook.tests.acts import seal_term
from khue.project import verify

pytestmark = pytest.mark.django_db


def key(row: Any) -> str:
    """A row's id as the database keeps it."""
    return str(row.pk) if connection.vendor == "postgresql" else row.pk.hex


def tamper(model: Any, sql: str, *values: Any) -> None:
    """As somebody with the database's password who also takes the guard away."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        for statement in unguard_statements(connection.vendor, table):
            cursor.execute(statement)
        cursor.execute(sql.format(table=table), values)
        assert cursor.rowcount == 1
        for statement in guard_statements(connection.vendor, table):
            cursor.execute(statement)


def found() -> list[tuple[str, str, str]]:
    return [(item.kind, item.class_name, item.what) for item in gradebook.verify_records()]


def test_what_nobody_touched_holds(world: World, capsys: Any) -> None:
    seal_term(world)
    assert ClosingAct.objects.count() > 10
    assert FrozenResult.objects.count() == 5
    assert found() == []
    assert verify.main([]) == 0
    assert " hồ sơ đã ký: 0 sai lệch" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("column", "value"), [("person_name", "Người khác"), ("content_digest", "0" * 64), ("term", 2)]
)
def test_an_edited_act_is_found(world: World, column: str, value: Any) -> None:
    seal_term(world)
    act = ClosingAct.objects.get(sheet=world.sheet("6A", "TOAN"))
    tamper(ClosingAct, f"UPDATE {{table}} SET {column} = %s WHERE id = %s", value, key(act))
    assert found() == [("closing", "6A", "statement")]


def test_an_edited_statement_is_found(world: World, capsys: Any) -> None:
    seal_term(world)
    act = ClosingAct.objects.get(sheet=world.sheet("6A", "TOAN"))
    kept = json.loads(json.dumps(act.attestation))
    kept["statement"]["correction_count"] = 7
    tamper(ClosingAct, "UPDATE {table} SET attestation = %s WHERE id = %s", json.dumps(kept), key(act))
    assert found() == [("closing", "6A", "proof")]
    assert verify.main([]) == 1
    assert "Lớp 6A: một lần chốt có chứng nhận không khớp." in capsys.readouterr().out


def test_a_history_made_anew_after_closing_is_found(world: World) -> None:
    """The forger changes the last mark, its digest, the head and the cell: the chain alone is whole."""
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    write(world.hoa, sheet, world.pupils["6A"][0], "ck", "5")
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    sheet.refresh_from_db()
    last = CellChange.objects.get(sheet=sheet, sequence=sheet.history_length)
    before = CellChange.objects.get(sheet=sheet, sequence=sheet.history_length - 1)
    last.value = "9.0"
    digest = history.link(before.digest, last)
    tamper(CellChange, "UPDATE {table} SET value = '9.0', digest = %s WHERE id = %s", digest, key(last))
    Sheet.objects.filter(pk=sheet.pk).update(history_head=digest)
    Cell.objects.filter(sheet=sheet, pupil=last.pupil, slot="ck").update(value="9.0")
    assert list(gradebook.verify_history(Sheet.objects.filter(pk=sheet.pk))) == []
    assert found() == [("closing", "6A", "history")]


def test_an_edited_result_is_found(world: World) -> None:
    seal_term(world)
    row = FrozenResult.objects.order_by("id")[0]
    content = json.dumps(row.content | {"absences": 0})
    tamper(FrozenResult, "UPDATE {table} SET content = %s WHERE id = %s", content, key(row))
    assert found() == [("result", "6A", "digest")]


def test_the_command_names_the_sheet_in_words(world: World, capsys: Any) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    Cell.objects.filter(sheet=sheet, pupil=world.pupils["6A"][0], slot="ck").update(value="10.0")
    assert verify.main([]) == 1
    said = capsys.readouterr().out
    assert "Trường THCS Khe Vàng, lớp 6A, Toán, học kì I: sai lệch" in said
    assert "ô điểm khác lần thay đổi cuối của nó" in said


def test_a_clock_set_back_does_not_undo_an_act(world: World) -> None:
    seal_term(world)
    class_id = world.classes["6A"].id
    early = world.at(world.minh, NOW - dt.timedelta(hours=3))
    reopen_class(
        early, school_class_id=class_id, term=1, reason="Chấm lại bài cuối kì.", decision="Số 12/QĐ-THCS"
    )
    assert class_state(class_id, 1).state == "open"
    assert found() == []
