"""Nobody edits or deletes an audit row."""

from __future__ import annotations

from django.db import migrations

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("kit", "0001_initial")]
    operations = (AppendOnly("kit_auditevent"),)
