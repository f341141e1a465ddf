"""A section says how many it names, so that lists see what is still open without reading its text."""

from __future__ import annotations

from django.db import migrations, models

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("records", "0002_guards")]
    operations = [
        migrations.AddField("documentsection", "signers", models.PositiveSmallIntegerField(default=1)),
        AppendOnly("records_documentsection"),  # SQLite makes the table anew
    ]
