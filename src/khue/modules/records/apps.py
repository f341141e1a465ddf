"""Signed records: documents with a life, signing in bulk, evidence."""

from __future__ import annotations

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Hồ sơ điện tử có chữ ký số."""

    name = "khue.modules.records"
    label = "records"

    def ready(self) -> None:
        """Declare the policy and the act of sealing."""
        from khue.modules.records import policy  # noqa: F401, PLC0415 - apps are loaded only now
        from khue.modules.records.services import sealing  # noqa: PLC0415 - the same

        sealing.register()
