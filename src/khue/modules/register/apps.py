"""The enrolment register: who entered the school, under which number, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_noop as _

if TYPE_CHECKING:
    from django.db.models import Model


def _entry_name(row: Model) -> str:
    return f"{row.name}, {row}"  # type: ignore[attr-defined]


class RegisterConfig(AppConfig):
    """Sổ đăng bộ."""

    name = "khue.modules.register"
    label = "register"

    def ready(self) -> None:
        """Declare the policy and listen to the events of other modules."""
        from khue.modules.access import api as access  # noqa: PLC0415 - apps are loaded only now
        from khue.modules.records import api as records  # noqa: PLC0415 - the same
        from khue.modules.register import handlers, policy  # noqa: F401, PLC0415 - the same
        from khue.modules.register.paper.signed import year_pdf  # noqa: PLC0415 - the same
        from khue.modules.register.signed import acts, content  # noqa: PLC0415 - the same

        handlers.register()
        acts.register()
        records.register_renderer(content.KIND, year_pdf)
        access.register_explainable("register.RegisterEntry", _("Dòng trong sổ đăng bộ"), _entry_name)
