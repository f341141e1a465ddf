"""Append-only tables: database triggers that refuse UPDATE and DELETE, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState

_FUNCTION = """
CREATE OR REPLACE FUNCTION khue_refuse_change() RETURNS trigger AS $$
BEGIN
  RAISE EXCEPTION 'append-only table %: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '23000';
END; $$ LANGUAGE plpgsql
"""


def guard_statements(vendor: str, table: str) -> list[str]:
    """SQL that makes a table append-only on this database."""
    if vendor == "postgresql":
        return [
            _FUNCTION,
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION khue_refuse_change()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION khue_refuse_change()",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}: {verb} refused'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def unguard_statements(vendor: str, table: str) -> list[str]:
    """SQL that takes the guards away again (for reversing a migration)."""
    if vendor == "postgresql":
        return [
            f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
            f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        ]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]


def is_guarded(table: str) -> bool:
    """Whether the triggers are there: a table rebuilt by hand or by a tool may have lost them."""
    wanted = 2
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled <> 'D' "
                "AND tgname IN (%s, %s)",
                [table, f"{table}_append_only", f"{table}_no_truncate"],
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s "
                "AND name IN (%s, %s)",
                [table, f"{table}_no_update", f"{table}_no_delete"],
            )
        return int(cursor.fetchone()[0]) == wanted


class AppendOnly(Operation):
    """Migration operation: nobody, not even we, edits or deletes a row of this table."""

    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Triggers are not part of Django's model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Create the triggers; again after a change of the table, which on SQLite loses them."""
        vendor = schema_editor.connection.vendor
        for statement in (*unguard_statements(vendor, self.table), *guard_statements(vendor, self.table)):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Drop the triggers."""
        for statement in unguard_statements(schema_editor.connection.vendor, self.table):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        """Sentence shown by `migrate --plan`."""
        return f"Guard {self.table} against UPDATE and DELETE"
