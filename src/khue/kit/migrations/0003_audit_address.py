"""The log says from where.

The column may be empty: SQLite adds such a column in place, while any other would rebuild the table
and lose the triggers that make the log append-only.
"""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column."""

    dependencies = [("kit", "0002_guards")]
    operations = (
        migrations.AddField("auditevent", "address", models.CharField(max_length=45, null=True)),
    )
