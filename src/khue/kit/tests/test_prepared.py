"""A prepared read answers as the ORM does, whatever the values, and says when it cannot."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from khue.core.ids import uuid7, uuid7s
from khue.kit import prepared, rows
from khue.kit.models import AuditEvent, OutboxEvent
from khue.kit.prepared import Prepared

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 3, 7, 30, 0, 123456, tzinfo=dt.UTC)
UNITS = [UUID(int=number) for number in range(1, 9)]


def some(**values):
    """Rows of the outbox that meet all of the values given."""
    wanted = Q()
    for name, value in values.items():
        if value is not None:
            wanted &= Q(**{name: value})
    return OutboxEvent.objects.filter(wanted).order_by("id")


def fill() -> list[OutboxEvent]:
    made = [
        OutboxEvent(
            at=AT + dt.timedelta(days=number), name=f"N{number % 3} %s ⟦1⟧", attempts=number,
            unit=UNITS[number % 4] if number % 5 else None, payload={"tên": ["Đức", number, None]},
        )
        for number in range(20)
    ]  # fmt: skip
    rows.insert(made)
    return made


def said(found) -> list[object]:
    return [(row.pk, row.at, row.name, row.unit, row.payload, row.attempts) for row in found]


class AsTheOrm(TestCase):
    """Any mixture of values: the same rows, whether the shape was met before or not."""

    ask: Prepared[OutboxEvent] = Prepared(
        lambda units, name, since, attempts: some(
            unit__in=units, name=name, at__gte=since, attempts__lt=attempts
        )
    )

    @given(
        units=st.none() | st.lists(st.sampled_from(UNITS), max_size=9),
        name=st.none() | st.sampled_from(["N0 %s ⟦1⟧", "N1 %s ⟦1⟧", "⟦1⟧", ""]),
        since=st.none() | st.integers(0, 25).map(lambda days: AT + dt.timedelta(days=days)),
        attempts=st.none() | st.integers(0, 25),
    )
    def test_the_same_rows(self, units, name, since, attempts) -> None:
        if not OutboxEvent.objects.exists():
            fill()
        plain = some(
            unit__in=units if units is None else [*units, prepared.NONE], name=name, at__gte=since,
            attempts__lt=attempts,
        )  # fmt: skip
        asked = self.ask(units=units, name=name, since=since, attempts=attempts)
        assert said(asked) == said(plain)


def test_tuples_and_single_values():
    made = fill()
    pairs = Prepared(lambda day: OutboxEvent.objects.filter(at__date=day).values_list("id", "payload"))
    alone = Prepared(lambda key: OutboxEvent.objects.filter(pk=key).values_list("unit", flat=True))
    assert pairs(day=AT.date()) == [(made[0].pk, made[0].payload)]
    assert alone(key=made[1].pk) == [made[1].unit]
    assert alone.first(key=uuid7()) is None


def test_a_shape_is_composed_once():
    composed = []

    def compose(keys):
        composed.append(len(keys))
        return OutboxEvent.objects.filter(pk__in=keys)

    ask = Prepared(compose)
    made = fill()
    for count in (5, 6, 7, 8, 5):
        assert len(ask(keys=[row.pk for row in made[:count]])) == count
    assert len(composed) == 1
    assert ask(keys=[]) == []


def test_a_value_that_the_query_leaves_out_is_a_mistake():
    ask = Prepared(lambda key, name: OutboxEvent.objects.filter(pk=key))
    with pytest.raises(ValueError, match="name"):
        ask(key=uuid7(), name="x")


def test_a_list_stands_only_after_in():
    ask = Prepared(lambda keys: OutboxEvent.objects.filter(Q(pk=keys[0]) | Q(unit=keys[-1])))
    if connection.vendor == "postgresql":
        with pytest.raises(ValueError, match="keys"):
            ask(keys=uuid7s(2))
    else:
        assert ask(keys=uuid7s(2)) == []


def test_other_kinds_of_values_are_refused():
    ask = Prepared(lambda share: OutboxEvent.objects.filter(attempts=share))
    with pytest.raises(TypeError, match="float"):
        ask(share=0.5)


def test_queries_are_counted_as_others_are():
    ask = Prepared(lambda key: OutboxEvent.objects.filter(pk=key))
    with CaptureQueriesContext(connection) as seen:
        ask(key=uuid7())
    assert len(seen) == 1


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="runs on PostgreSQL only")
def test_postgresql_has_prepared_it():
    """Without a threshold in the connection, psycopg prepares nothing, whatever it is told."""
    ask = Prepared(lambda key: OutboxEvent.objects.filter(pk=key).values_list("name", "unit"))
    grows = Prepared(lambda key: OutboxEvent.objects.filter(pk=key).values_list("unit", "name"), grows=True)
    ask(key=uuid7())
    grows(key=uuid7())
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        texts = [text for (text,) in cursor.fetchall()]
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone()[0] == "force_generic_plan"
    assert any('"name" AS "name", "kit_outboxevent"."unit"' in text for text in texts)
    assert not any('"unit" AS "unit", "kit_outboxevent"."name"' in text for text in texts)


def test_writes_together_are_refused_together():
    there = fill()[0]
    again = OutboxEvent(id=there.pk, at=AT, name="again", payload={})

    def write() -> None:
        with transaction.atomic(), prepared.together():
            rows.insert([OutboxEvent(at=AT, name="good", payload={})])
            rows.insert([again])

    with pytest.raises(IntegrityError):
        write()
    assert not OutboxEvent.objects.filter(name__in=["good", "again"]).exists()


def test_one_row_is_updated_alone():
    first, second = fill()[:2]
    first.name, first.payload, first.attempts = "Nông % Thị", {"a": 1}, 77
    rows.update(first, "name", "payload")
    kept = OutboxEvent.objects.get(pk=first.pk)
    assert (kept.name, kept.payload, kept.attempts) == ("Nông % Thị", {"a": 1}, 0)
    assert OutboxEvent.objects.get(pk=second.pk).name == second.name


def test_columns_that_are_not_given_keep_their_default_of_the_table():
    key = uuid7()
    rows.put(
        AuditEvent, ("id", "at", "action", "actor_name", "subject_type", "subject_id", "reason",
                     "request_id", "emergency_reason"),
        [(key, AT, "x.y", "ai đó", "t", "1", "", "", "")],
    )  # fmt: skip
    kept = AuditEvent.objects.get(pk=key)
    assert (kept.at, kept.unit, kept.before) == (AT, None, None)
