"""Secrets of running requests, sealed in the database, because several processes ask (bí mật phiên ký)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils import timezone

from khue.core.errors import Refused
from khue.kit.crypto import seal, unseal
from khue.modules.records.models import KeptSecret

if TYPE_CHECKING:
    from collections.abc import Mapping


class StoredSecrets:
    """Implements `khue.signing.signers.secrets.Secrets`; what the operator knows stands in files."""

    def __init__(self, known: Mapping[str, str], scope: str) -> None:
        self._known = known
        self._scope = scope

    def ask(self, what: str, credential: str) -> str:
        """A secret of the operator: `WHAT_file` names the file that holds it."""
        place = self._known.get(f"{what}_file", "")
        if not place:
            raise Refused("SIGN-328", what=what)
        return Path(place).read_text(encoding="utf-8").strip()

    def keep(self, name: str, value: str, seconds: int) -> None:
        """Keep something for a while; what is too old goes."""
        now = timezone.now()
        KeptSecret.objects.filter(until__lt=now).delete()
        KeptSecret.objects.update_or_create(
            name=self._named(name),
            defaults={"value": seal(value), "until": now + dt.timedelta(seconds=seconds)},
        )

    def recall(self, name: str) -> str:
        """What is kept and not yet too old; empty if nothing."""
        rows = KeptSecret.objects.filter(name=self._named(name), until__gt=timezone.now())
        found = rows.values_list("value", flat=True).first()
        return unseal(found) if found else ""

    def forget(self, name: str) -> None:
        """Keep it no longer."""
        KeptSecret.objects.filter(name=self._named(name)).delete()

    def _named(self, name: str) -> str:
        return f"{self._scope}/{name}"[:200]
