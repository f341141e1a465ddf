"""Rows inserted in one statement are the rows that the ORM would have written."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from khue.core.ids import uuid7
from khue.kit import rows
from khue.kit.models import OutboxEvent

AT = dt.datetime(2026, 11, 3, 7, 30, 0, 123456, tzinfo=dt.UTC)


def _event(name: str, attempts: int = 0) -> OutboxEvent:
    return OutboxEvent(
        id=uuid7(), at=AT, name=name, unit=UUID(int=7), payload={"tên": ["Đức", 1, None]}, attempts=attempts
    )


@pytest.mark.django_db
def test_what_is_inserted_comes_back() -> None:
    made = [_event(f"Nông % Thị {number}") for number in range(3)]
    rows.insert(made)
    found = {row.pk: row for row in OutboxEvent.objects.all()}
    for row in made:
        again = found[row.pk]
        assert (again.at, again.name, again.unit, again.payload) == (row.at, row.name, row.unit, row.payload)
        assert not row._state.adding


@pytest.mark.django_db
def test_many_rows_take_few_statements_and_none_takes_none() -> None:
    with CaptureQueriesContext(connection) as seen:
        rows.insert([])
        rows.insert([_event("many") for _ in range(1001)])
    assert len(seen) == 1
    assert OutboxEvent.objects.count() == 1001


@pytest.mark.django_db
def test_a_row_that_is_there_gets_only_the_named_columns() -> None:
    first = _event("before", attempts=1)
    rows.insert([first])
    again = _event("after", attempts=9)
    again.id = first.id
    rows.insert([again, _event("new")], unique=["id"], update=["attempts"])
    kept = OutboxEvent.objects.get(pk=first.pk)
    assert (kept.name, kept.attempts) == ("before", 9)
    assert OutboxEvent.objects.count() == 2


@pytest.mark.django_db
def test_constraints_hold() -> None:
    """What the table refuses is refused here too, and nothing of the batch stays."""
    there = _event("there")
    rows.insert([there])
    twice = _event("twice")
    twice.id = there.id
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert([_event("good"), twice])
    assert [row.name for row in OutboxEvent.objects.all()] == ["there"]
