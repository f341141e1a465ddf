"""Many rows in one statement, for the path of every save.

`bulk_create` resolves each value as an expression, which costs more than the database's own work;
here each column prepares its values and the statement is text. Measured in docs/benchmarks.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

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
            values = [
                field.get_db_prep_save(field.pre_save(row, add=True), connection)
                for row in some
                for field in columns
            ]
            cursor.execute(f"{start}{', '.join([marks] * len(some))}{end}", values)
    for row in rows:  # as Django marks what it has saved
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001


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
