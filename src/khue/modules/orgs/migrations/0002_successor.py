"""A merged unit names the one that keeps its records."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column."""

    dependencies = [("orgs", "0001_initial")]
    operations = (
        migrations.AddField(
            "unit",
            "successor",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="orgs.unit",
            ),
        ),
    )
