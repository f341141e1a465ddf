"""The tables of a new demo, made at once instead of migration by migration: a visitor waits for them.

Django applies each migration to the models as they were at that moment and renders all of them anew each
time, which takes longer than everything else. A new file needs only what the migrations lead to: each table
is created when its migration says so, but in its last form; what a migration does besides (triggers, rows)
is done with the last form, too. `test_demo_tables` compares the result with that of the migrations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.migrations import operations
from django.db.migrations.executor import MigrationExecutor

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState

# Contained in the last form of the table.
_CONTAINED = (
    operations.AddField, operations.AlterField, operations.RemoveField, operations.AddIndex,
    operations.RemoveIndex, operations.AddConstraint, operations.RemoveConstraint,
    operations.AlterUniqueTogether, operations.AlterModelOptions, operations.AlterModelManagers,
)  # fmt: skip
_PLAIN = (*_CONTAINED, operations.CreateModel, operations.RunPython)


def make_tables(connection: BaseDatabaseWrapper) -> bool:
    """Make every table in an empty SQLite file; False, and nothing done, if it is not that."""
    if connection.vendor != "sqlite" or connection.introspection.table_names():
        return False
    executor = MigrationExecutor(connection)
    plan = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if not all(_is_known(operation) for migration in plan for operation in migration.operations):
        return False
    executor.recorder.ensure_schema()
    last = executor.loader.project_state()
    with connection.schema_editor(atomic=True) as editor:
        for migration in plan:
            _apply(migration, editor, last)
    for migration in plan:
        executor.recorder.record_applied(migration.app_label, migration.name)
    return True


def _is_known(operation: operations.base.Operation) -> bool:
    """Renamed and deleted tables, and SQL by hand, need the way of the migrations."""
    return isinstance(operation, _PLAIN) or not type(operation).__module__.startswith("django.")


def _apply(migration: Migration, editor: BaseDatabaseSchemaEditor, last: ProjectState) -> None:
    for operation in migration.operations:
        if isinstance(operation, operations.CreateModel):
            model = last.apps.all_models[migration.app_label][operation.name_lower]
            if operation.allow_migrate_model(editor.connection.alias, model):  # not one that was swapped
                editor.create_model(model)
        elif not isinstance(operation, _CONTAINED):
            operation.database_forwards(migration.app_label, editor, last, last)
