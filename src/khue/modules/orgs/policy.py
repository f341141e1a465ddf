"""Who may see and change units."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Role
from khue.kit.permissions import Action, holds, register

EVERYONE_IN = tuple(Role)

SEE = register(Action("orgs.unit.see", _("Xem đơn vị"), (holds(*EVERYONE_IN, unit="id"),)))
CHANGE = register(Action("orgs.unit.change", _("Sửa cây đơn vị"), (holds(Role.DEPARTMENT_ADMIN, unit="id"),)))
CHANGE_SCHOOL = register(
    Action(
        "orgs.school.change",
        _("Sửa thông tin trường"),
        (holds(Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.CLERK, Role.DEPARTMENT_ADMIN, unit="id"),),
        condition=Q(kind="school"),
        condition_sentence=_("Đơn vị là một trường."),
    )
)
CHOOSE_READINGS = register(
    Action(
        "orgs.school.choose_readings",
        _("Chọn cách hiểu quy định"),
        (holds(Role.PRINCIPAL, Role.DEPARTMENT_ADMIN, unit="id"),),
        condition=Q(kind="school"),
        condition_sentence=_("Đơn vị là một trường."),
    )
)
