"""School years, classes, subjects, teaching."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_noop as _

if TYPE_CHECKING:
    from django.db.models import Model


def _class_name(row: Model) -> str:
    return f"{row}, {row.year}"  # type: ignore[attr-defined]


class SchoolingConfig(AppConfig):
    """Năm học, lớp, môn học, phân công."""

    name = "khue.modules.schooling"
    label = "schooling"

    def ready(self) -> None:
        """Declare the policy, listen to other modules, name classes on the page that explains access."""
        from khue.modules.access import api as access  # noqa: PLC0415 - apps are loaded only now
        from khue.modules.schooling import handlers, policy  # noqa: F401, PLC0415

        handlers.register()
        access.register_explainable("schooling.SchoolClass", _("Lớp"), _class_name)
