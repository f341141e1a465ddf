"""Transfers: a pupil goes from school to school as a signed parcel."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_noop as _


class TransfersConfig(AppConfig):
    """Chuyển trường."""

    name = "khue.modules.transfers"
    label = "transfers"

    def ready(self) -> None:
        """Declare the policy and the act of releasing."""
        from khue.modules.access import api as access  # noqa: PLC0415 - apps are loaded only now
        from khue.modules.records import api as records  # noqa: PLC0415 - the same
        from khue.modules.transfers import content, policy  # noqa: F401, PLC0415 - the same
        from khue.modules.transfers.paper import parcel_pdf  # noqa: PLC0415 - the same
        from khue.modules.transfers.services.releasing import RELEASE, ReleaseAct  # noqa: PLC0415 - the same

        records.register_act(RELEASE, ReleaseAct(), records.ActHome("transfers:home", _("Chuyển trường")))
        records.register_renderer(content.KIND, parcel_pdf)
        access.register_explainable("transfers.Transfer", _("Chuyển trường"), str)
