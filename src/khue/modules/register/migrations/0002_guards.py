"""Nobody edits or deletes an event of the register or the closing of a year."""

from __future__ import annotations

from django.db import migrations

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("register", "0001_initial")]
    operations = (
        AppendOnly("register_registerevent"),
        AppendOnly("register_registerclosing"),
    )
