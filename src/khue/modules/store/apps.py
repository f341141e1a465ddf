"""The department's store of transcripts: packages received, verified, answered record by record."""

from __future__ import annotations

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Kho học bạ."""

    name = "khue.modules.store"
    label = "store"

    def ready(self) -> None:
        """Declare the policy and listen."""
        from khue.modules.store import handlers, policy  # noqa: F401, PLC0415 - apps are loaded only now

        handlers.register()
