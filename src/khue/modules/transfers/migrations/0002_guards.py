"""Nobody edits or deletes a step of a transfer or a parcel that came."""

from __future__ import annotations

from django.db import migrations

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("transfers", "0001_initial")]
    operations = (
        AppendOnly("transfers_transferstep"),
        AppendOnly("transfers_receivedparcel"),
    )
