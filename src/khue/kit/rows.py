"""Many rows in one statement, for the path of every save.

`bulk_create` resolves each value as an expression, which costs more than the database's own work;
here each column prepares its values and the statement is text. Measured in docs/benchmarks.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import (
    CharField,
    ForeignKey,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    TextField,
    UUIDField,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import Field, Model

AS_THEY_ARE = {CharField, TextField, PositiveIntegerField, PositiveSmallIntegerField}
CHUNK = 400  # rows in one statement: times the columns, far below SQLite's limit of 32,766 values


def insert(rows: Sequence[Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()) -> None:
    """Insert rows of one table; a row whose `unique` columns are there gets the `update` columns instead."""
    if not rows:
        return
    columns = rows[0]._meta.local_concrete_fields
    start, end = _statement(rows[0], unique, update)
    marks = f"({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        for first in range(0, len(rows), CHUNK):
            some = rows[first : first + CHUNK]
            by_column = [_values(column, some) for column in columns]
            values = [value for row in zip(*by_column, strict=True) for value in row]
            cursor.execute(f"{start}{', '.join([marks] * len(some))}{end}", values)
    for row in rows:  # as Django marks what it has saved
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001


def _values(column: Field[Any, Any], rows: Sequence[Model]) -> list[Any]:
    """One column of all rows as the driver takes it: texts and numbers go as they are."""
    # A foreign key is stored as what it points to.
    stored = column.target_field if isinstance(column, ForeignKey) else column
    if type(stored) in AS_THEY_ARE:
        return [getattr(row, column.attname) for row in rows]
    if type(stored) is UUIDField:
        keys: list[UUID | None] = [getattr(row, column.attname) for row in rows]
        if connection.features.has_native_uuid_field:
            return list(keys)
        return [key.hex if key is not None else None for key in keys]
    return [column.get_db_prep_save(column.pre_save(row, add=True), connection) for row in rows]


def _statement(row: Model, unique: Sequence[str], update: Sequence[str]) -> tuple[str, str]:
    """What stands before and after the values; both databases understand it."""
    columns = {
        field.name: connection.ops.quote_name(str(field.column)) for field in row._meta.local_concrete_fields
    }
    table = connection.ops.quote_name(row._meta.db_table)
    start = f"INSERT INTO {table} ({', '.join(columns.values())}) VALUES "  # noqa: S608 - names of our models
    if not unique:
        return start, ""
    found = ", ".join(columns[name] for name in unique)
    changes = ", ".join(f"{columns[name]} = EXCLUDED.{columns[name]}" for name in update)
    return start, f" ON CONFLICT ({found}) DO UPDATE SET {changes}"
