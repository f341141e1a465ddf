"""Indexes that another index begins with are not written twice; a page keeps room for cells that change."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from khue.kit.ledger import AppendOnly


def room_for_changes(apps, schema_editor) -> None:
    """PostgreSQL rewrites a changed row in place, without its indexes, while its page has room."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE gradebook_cell SET (fillfactor = 80)")


class Migration(migrations.Migration):
    dependencies = [("gradebook", "0005_long_decisions")]

    operations = [
        migrations.AlterField(
            model_name="cell",
            name="sheet",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="cells",
                to="gradebook.sheet",
            ),
        ),
        migrations.AlterField(
            model_name="cellchange",
            name="sheet",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="gradebook.sheet",
            ),
        ),
        AppendOnly("gradebook_cellchange"),
        migrations.RunPython(room_for_changes, migrations.RunPython.noop),
    ]
