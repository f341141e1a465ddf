"""As somebody with the database's password: rows are changed, also where triggers forbid it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection

from khue.kit.ledger import guard_statements, is_guarded, unguard_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model


@contextmanager
def unguarded(model: type[Model]) -> Iterator[None]:
    """Take the guard of a table away for a while, if it has one."""
    table = model._meta.db_table
    guarded = is_guarded(table)
    with connection.cursor() as cursor:
        if guarded:
            for statement in unguard_statements(connection.vendor, table):
                cursor.execute(statement)
        yield
        if guarded:
            for statement in guard_statements(connection.vendor, table):
                cursor.execute(statement)


def forge(row: Model, **changed: Any) -> None:
    """Change a row behind everybody's back."""
    with unguarded(type(row)):
        assert type(row)._default_manager.filter(pk=row.pk).update(**changed) == 1


def remove(row: Model) -> None:
    """Remove a row behind everybody's back."""
    with unguarded(type(row)):
        rows = type(row)._default_manager.filter(pk=row.pk)
        assert rows._raw_delete("default") == 1
