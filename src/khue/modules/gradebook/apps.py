"""The class gradebook: marks, comments, conduct, closing, corrections, results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from khue.kit.words import said

if TYPE_CHECKING:
    from django.db.models import Model


def _sheet_name(row: Model) -> str:
    from khue.modules.gradebook.services.closing import sheet_name  # noqa: PLC0415 - apps are loaded only now

    return gettext("{title}, lớp {name}, học kì {term}").format(
        title=said(sheet_name(row)),  # type: ignore[arg-type]
        name=row.school_class,  # type: ignore[attr-defined]
        term=row.term,  # type: ignore[attr-defined]
    )


class GradebookConfig(AppConfig):
    """Sổ theo dõi và đánh giá học sinh (theo lớp học)."""

    name = "khue.modules.gradebook"
    label = "gradebook"

    def ready(self) -> None:
        """Declare the policy and listen to the events of other modules."""
        from khue.modules.access import api as access  # noqa: PLC0415 - apps are loaded only now
        from khue.modules.gradebook import handlers, policy  # noqa: F401, PLC0415 - apps are loaded only now
        from khue.modules.gradebook.paper.signed import signed_pdf  # noqa: PLC0415 - the same
        from khue.modules.gradebook.services.releasing import release_places  # noqa: PLC0415 - the same
        from khue.modules.gradebook.signed import acts, content  # noqa: PLC0415 - the same
        from khue.modules.records import api as records  # noqa: PLC0415 - the same
        from khue.modules.schooling import api as schooling  # noqa: PLC0415 - the same

        handlers.register()
        schooling.before_withdrawal(release_places)
        acts.register()
        for kind in set(content.KINDS.values()):
            records.register_renderer(kind, signed_pdf)
        access.register_explainable("gradebook.Sheet", _("Bảng điểm"), _sheet_name)
