"""Nobody edits or deletes a change of a mark, a closing act or a frozen result."""

from __future__ import annotations

from django.db import migrations

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("gradebook", "0001_initial")]
    operations = (
        AppendOnly("gradebook_cellchange"),
        AppendOnly("gradebook_closingact"),
        AppendOnly("gradebook_frozenresult"),
    )
