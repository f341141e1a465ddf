"""Transcripts: a pupil's results of a whole level, composed from closed gradebooks and signed."""

from __future__ import annotations

from django.apps import AppConfig


class TranscriptsConfig(AppConfig):
    """Học bạ."""

    name = "khue.modules.transcripts"
    label = "transcripts"

    def ready(self) -> None:
        """Declare the policy and the acts, and listen to the events of other modules."""
        # Apps are loaded only now.
        from khue.modules.records import api as records  # noqa: PLC0415
        from khue.modules.transcripts import handlers, policy, policy_sharing  # noqa: F401, PLC0415
        from khue.modules.transcripts.content import KINDS  # noqa: PLC0415
        from khue.modules.transcripts.printed import page_pdf  # noqa: PLC0415
        from khue.modules.transcripts.signed import acts  # noqa: PLC0415 - the same

        for kind in KINDS:
            records.register_renderer(kind, page_pdf)
        handlers.register()
        acts.register()
