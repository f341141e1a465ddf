"""Who may read and change code lists: everybody reads, the department's administrators change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

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
        "Xem danh mục",
        (relation("signed_in", "Người đã đăng nhập đều xem được danh mục.", lambda _: EVERY_ROW),),
    )
)
CHANGE = register(
    Action(
        "codes.item.change",
        "Sửa danh mục",
        (relation("department_admin", "Là quản trị hệ thống của Sở.", _administrators),),
    )
)
