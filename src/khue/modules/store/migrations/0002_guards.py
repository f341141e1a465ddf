"""What the store holds, found and decided is never edited: append-only by trigger, on both databases."""

from __future__ import annotations

from django.db import migrations

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [
        AppendOnly("store_storedfile"),
        AppendOnly("store_storedevent"),
        AppendOnly("store_itemreport"),
    ]
