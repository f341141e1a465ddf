"""Nobody edits or deletes a file that another school signed."""

from __future__ import annotations

from django.db import migrations

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("transcripts", "0001_initial")]
    operations = (AppendOnly("transcripts_receivedfile"),)
