"""What was frozen or signed is never edited: append-only by trigger, on both databases."""

from __future__ import annotations

from django.db import migrations

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [
        AppendOnly("records_documentsection"),
        AppendOnly("records_documentsignature"),
        AppendOnly("records_signaturestamp"),
        AppendOnly("records_documentfile"),
        AppendOnly("records_documentevent"),
        AppendOnly("records_logentry"),
    ]
