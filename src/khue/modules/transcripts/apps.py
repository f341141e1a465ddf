"""Transcripts: a pupil's results of a whole level, composed from closed gradebooks and signed."""

from __future__ import annotations

from django.apps import AppConfig


class TranscriptsConfig(AppConfig):
    """Học bạ."""

    name = "khue.modules.transcripts"
    label = "transcripts"

    def ready(self) -> None:
        """Declare the policy."""
        from khue.modules.transcripts import policy  # noqa: F401, PLC0415 - apps are loaded only now
