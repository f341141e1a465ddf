"""Who may see and change units."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from khue.core.actor import Role
from khue.kit.permissions import Action, holds, register

EVERYONE_IN = tuple(Role)

SEE = register(Action("orgs.unit.see", _("Xem đơn vị"), (holds(*EVERYONE_IN, unit="id"),)))
CHANGE = register(Action("orgs.unit.change", _("Sửa cây đơn vị"), (holds(Role.DEPARTMENT_ADMIN, unit="id"),)))
