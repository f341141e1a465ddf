"""The decisions and titles of primary schools are long sentences; PostgreSQL refused to keep them."""

from __future__ import annotations

from django.db import migrations, models

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    """SQLite makes the table anew for this, so it is guarded anew."""

    dependencies = [("gradebook", "0004_transfer_source")]
    operations = (
        migrations.AlterField("frozenresult", "decision", models.CharField(blank=True, max_length=120)),
        migrations.AlterField("frozenresult", "title", models.CharField(blank=True, max_length=120)),
        AppendOnly("gradebook_frozenresult"),
    )
