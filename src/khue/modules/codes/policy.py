"""Who may read and change code lists: everybody reads, the department's administrators change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Role
from khue.kit.permissions import Action, register, relation

if TYPE_CHECKING:
    from khue.core.actor import Actor

EVERY_ROW = Q(pk__isnull=False)  # an empty Q cannot stand in a condition of SQL


def _administrators(actor: Actor) -> Q | None:
    return EVERY_ROW if actor.holds(Role.DEPARTMENT_ADMIN) else None


SEE = register(
    Action(
        "codes.item.see",
        _("Xem danh mục"),
        (relation("signed_in", _("Người đã đăng nhập đều xem được danh mục."), lambda _: EVERY_ROW),),
    )
)
CHANGE = register(
    Action(
        "codes.item.change",
        _("Sửa danh mục"),
        (relation("department_admin", _("Là quản trị hệ thống của Sở."), _administrators),),
    )
)
