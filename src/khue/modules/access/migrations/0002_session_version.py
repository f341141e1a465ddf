"""An account can end all of its sessions."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column."""

    dependencies = [("access", "0001_initial")]
    operations = (
        migrations.AddField("account", "session_version", models.PositiveIntegerField(default=0)),
    )
