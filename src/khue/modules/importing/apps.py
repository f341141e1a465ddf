"""Import of the schools' own Excel files."""

from __future__ import annotations

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    """Nhập dữ liệu từ Excel."""

    name = "khue.modules.importing"
    label = "importing"

    def ready(self) -> None:
        """Declare the policy."""
        from khue.modules.importing import policy  # noqa: F401, PLC0415 - apps are loaded only now
