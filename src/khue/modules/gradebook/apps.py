"""The class gradebook: marks, comments, conduct, closing, corrections, results."""

from __future__ import annotations

from django.apps import AppConfig


class GradebookConfig(AppConfig):
    """Sổ theo dõi và đánh giá học sinh (theo lớp học)."""

    name = "khue.modules.gradebook"
    label = "gradebook"

    def ready(self) -> None:
        """Declare the policy and listen to the events of other modules."""
        from khue.modules.gradebook import handlers, policy  # noqa: F401, PLC0415 - apps are loaded only now

        handlers.register()
