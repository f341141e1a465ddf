"""The log: who did what, with which emergency; nobody edits it, on either database."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from khue.core.actor import Actor, GrantFact, Role
from khue.core.dates import VIETNAM
from khue.core.ids import uuid7
from khue.kit import audit, ledger
from khue.kit.models import AuditEvent

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2025, 12, 15, 8, 0, tzinfo=VIETNAM)
TABLE = AuditEvent._meta.db_table


def actor(reason: str = "") -> Actor:
    grants = (GrantFact(uuid7(), Role.EMERGENCY_READER, uuid7(), reason),) if reason else ()
    return Actor(uuid7(), "Vi Thị Thu", NOW.date(), NOW, grants, request_id="r1")


def test_an_act_is_written_with_its_actor_and_reason() -> None:
    who, unit = actor("Mất học bạ"), uuid7()
    made = audit.record(
        who, "kit.test.done", subject=("orgs.Unit", unit), unit=unit, before={"a": 1}, after={"a": 2},
        reason="Sửa nhầm",
    )
    event = AuditEvent.objects.get(pk=made.pk)
    assert (event.actor_person, event.actor_name, event.at) == (who.person_id, "Vi Thị Thu", NOW)
    assert (event.subject_type, event.subject_id) == ("orgs.Unit", str(unit))
    assert (event.before, event.after, event.reason) == ({"a": 1}, {"a": 2}, "Sửa nhầm")
    assert (event.request_id, event.emergency_reason) == ("r1", "Mất học bạ")
    other = audit.record(who, "kit.test.seen", subject=event)
    assert (other.subject_type, other.subject_id) == ("kit.AuditEvent", str(event.pk))


def refused_by_the_database(sql: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(sql)


def test_nobody_edits_or_deletes_a_line_of_the_log() -> None:
    event = audit.record(actor(), "kit.test.done", subject=("x", "y"))
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(actor_name="Người khác")
    with pytest.raises(IntegrityError), transaction.atomic():
        event.delete()
    refused_by_the_database(f"UPDATE {TABLE} SET reason = 'x'")
    refused_by_the_database(f"DELETE FROM {TABLE}")
    if connection.vendor == "postgresql":
        refused_by_the_database(f"TRUNCATE {TABLE}")
    assert AuditEvent.objects.get(pk=event.pk).actor_name == "Vi Thị Thu"


def test_the_guards_can_be_taken_away_and_put_back_by_a_migration() -> None:
    event = audit.record(actor(), "kit.test.done", subject=("x", "y"))
    cursor = connection.cursor()
    for statement in ledger.unguard_statements(connection.vendor, TABLE):
        cursor.execute(statement)
    assert AuditEvent.objects.filter(pk=event.pk).update(reason="x") == 1
    for statement in ledger.guard_statements(connection.vendor, TABLE):
        cursor.execute(statement)
    refused_by_the_database(f"UPDATE {TABLE} SET reason = 'y'")


def test_the_operation_says_what_it_does() -> None:
    operation = ledger.AppendOnly("some_table")
    assert operation.describe() == "Guard some_table against UPDATE and DELETE"
    assert list(operation.deconstruct()[1]) == ["some_table"]
