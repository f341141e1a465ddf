"""Dated, editable code lists."""

from __future__ import annotations

from django.apps import AppConfig


class CodesConfig(AppConfig):
    """Mã danh mục."""

    name = "khue.modules.codes"
    label = "codes"

    def ready(self) -> None:
        """Declare the actions."""
        from khue.modules.codes import policy  # noqa: F401, PLC0415 - apps are loaded only now
