"""A copy that was given out is never edited; nor who opened it, nor what was sent to the nation."""

from __future__ import annotations

from django.db import migrations

from khue.kit.ledger import AppendOnly


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("transcripts", "0003_copies")]
    operations = (
        AppendOnly("transcripts_copy"),
        AppendOnly("transcripts_copyrevocation"),
        AppendOnly("transcripts_copyopening"),
        AppendOnly("transcripts_sentrow"),
    )
