"""School years, classes, subjects, teaching."""

from __future__ import annotations

from django.apps import AppConfig


class SchoolingConfig(AppConfig):
    """Năm học, lớp, môn học, phân công."""

    name = "khue.modules.schooling"
    label = "schooling"

    def ready(self) -> None:
        """Declare the policy."""
        from khue.modules.schooling import policy  # noqa: F401, PLC0415 - apps are loaded only now
