"""The Django toolbox that every module uses."""

from __future__ import annotations

from django.apps import AppConfig


class KitConfig(AppConfig):
    """Bases, scoping, permission engine, audit, outbox, ledger guards."""

    name = "khue.kit"
    label = "kit"
