"""Many rows in one statement, for the path of every save.

`bulk_create` resolves each value as an expression, which costs more than the database's own work.
Here PostgreSQL receives all rows as one JSON value, and SQLite runs one compiled statement over
them; the text is the same for any number of rows. Measured in docs/benchmarks.md.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import msgspec
from django.db import connection
from django.db.models import (
    CharField,
    DateTimeField,
    ForeignKey,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    TextField,
    UUIDField,
)

from khue.kit import prepared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import Field, Model

AS_THEY_ARE = {CharField, TextField, PositiveIntegerField, PositiveSmallIntegerField}


def insert(rows: Sequence[Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()) -> None:
    """Insert rows of one table; a row whose `unique` columns are there gets the `update` columns instead."""
    if not rows:
        return
    names = [column.attname for column in rows[0]._meta.local_concrete_fields]
    put(
        type(rows[0]), names, [[getattr(row, name) for name in names] for row in rows],
        unique=unique, update=update,
    )  # fmt: skip
    for row in rows:  # as Django marks what it has saved
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001


def put(
    model: type[Model],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    unique: Sequence[str] = (),
    update: Sequence[str] = (),
) -> None:
    """Insert rows given as values of these columns (`pupil_id`, not `pupil`); otherwise like `insert`."""
    if not rows:
        return
    statement = _statement(connection.vendor, model, tuple(names), tuple(unique), tuple(update))
    if connection.vendor == "postgresql":
        sent = msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows]).decode()
        prepared.execute(statement, (sent,))
        return
    columns = [_column(model, name) for name in names]
    by_column = [
        _values(column, values) for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*by_column, strict=True)))


def update(row: Model, *names: str) -> None:
    """Write these columns of one row that is there, as `save(update_fields=…)` does, without signals."""
    columns = [_column(type(row), name) for name in names]
    values = [column.get_db_prep_save(getattr(row, column.attname), connection) for column in columns]
    key = type(row)._meta.pk
    assert key is not None  # noqa: S101 - every table has one
    values.append(key.get_db_prep_save(row.pk, connection))
    prepared.execute(_update_text(connection.vendor, type(row), names), values)


@cache
def _column(model: type[Model], name: str) -> Field[Any, Any]:
    return next(f for f in model._meta.local_concrete_fields if name in {f.attname, f.name})


def _values(column: Field[Any, Any], values: Sequence[Any]) -> Sequence[Any]:
    """One column of all rows as SQLite takes it: texts and numbers go as they are."""
    # A foreign key is stored as what it points to.
    stored = column.target_field if isinstance(column, ForeignKey) else column
    if type(stored) in AS_THEY_ARE:
        return values
    if type(stored) is UUIDField:
        keys = cast("Sequence[UUID | None]", values)
        return [key.hex if key is not None else None for key in keys]
    if isinstance(stored, DateTimeField):  # one moment stands in many rows
        known = {value: column.get_db_prep_save(value, connection) for value in set(values)}
        return [known[value] for value in values]
    return [column.get_db_prep_save(value, connection) for value in values]


@cache
def _update_text(vendor: str, model: type[Model], names: tuple[str, ...]) -> str:
    """The statement that writes some columns of one row."""
    quote = connection.ops.quote_name
    key = model._meta.pk
    assert key is not None  # noqa: S101 - every table has one
    sets = ", ".join(f"{quote(str(_column(model, name).column))} = %s" for name in names)
    table = quote(model._meta.db_table)
    return f"UPDATE {table} SET {sets} WHERE {quote(str(key.column))} = %s"  # noqa: S608 - names of our models


@cache
def _statement(
    vendor: str, model: type[Model], names: tuple[str, ...], unique: tuple[str, ...], update: tuple[str, ...]
) -> str:
    """The statement that inserts rows of these columns."""
    quote = connection.ops.quote_name
    columns = {name: _column(model, name) for name in names}
    listed = ", ".join(quote(str(column.column)) for column in columns.values())
    table = quote(model._meta.db_table)
    if vendor == "postgresql":
        typed = ", ".join(f"{quote(name)} {_type(column)}" for name, column in columns.items())
        taken = ", ".join(quote(name) for name in names)
        source = f"SELECT {taken} FROM json_to_recordset(%s::json) AS given({typed})"  # noqa: S608
    else:
        source = f"VALUES ({', '.join(['%s'] * len(names))})"
    text = f"INSERT INTO {table} ({listed}) {source}"
    if not unique:
        return text
    found = ", ".join(quote(str(_column(model, name).column)) for name in unique)
    changed = [quote(str(_column(model, name).column)) for name in update]
    changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in changed)
    return f"{text} ON CONFLICT ({found}) DO UPDATE SET {changes}"


def _type(column: Field[Any, Any]) -> str:
    stored = column.target_field if isinstance(column, ForeignKey) else column
    return str(stored.db_type(connection))
