"""What roles are called, and who may hand out which (vai trò)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop as _

from khue.core.actor import ActorKind, Role
from khue.kit.permissions import units_below

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor

NAMES: dict[Role, str] = {
    Role.DEPARTMENT_ADMIN: _("Quản trị hệ thống của Sở"),
    Role.DEPARTMENT_OFFICER: _("Chuyên viên Sở"),
    Role.COMMUNE_OFFICER: _("Cán bộ xã"),
    Role.PRINCIPAL: _("Hiệu trưởng"),
    Role.VICE_PRINCIPAL: _("Phó hiệu trưởng"),
    Role.CLERK: _("Văn thư, giáo vụ"),
    Role.TEACHER: _("Giáo viên"),
    Role.IT_STAFF: _("Cán bộ CNTT"),
    Role.EMERGENCY_READER: _("Truy cập khẩn cấp (chỉ đọc)"),
}
SCHOOL_ROLES = (Role.VICE_PRINCIPAL, Role.CLERK, Role.TEACHER, Role.IT_STAFF)
LEADING = (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.DEPARTMENT_ADMIN)
# An emergency access is opened with a reason and ends by itself; nobody is granted it.
NEVER = (Role.EMERGENCY_READER,)


def role_name(code: str) -> str:
    """The name of a role, or its code when this edition does not know it."""
    return NAMES[Role(code)] if code in set(Role) else code


def grantable_by(actor: Actor, unit_id: UUID | None = None) -> tuple[Role, ...]:
    """The roles this actor may hand out, at a unit or anywhere: a principal only those below.

    What somebody holds elsewhere counts for nothing here, so that nobody climbs.
    """
    if actor.kind is ActorKind.SYSTEM or _leads(actor, Role.DEPARTMENT_ADMIN, unit_id):
        return tuple(role for role in Role if role not in NEVER)
    return SCHOOL_ROLES if _leads(actor, Role.PRINCIPAL, unit_id) else ()


def _leads(actor: Actor, role: Role, unit_id: UUID | None) -> bool:
    units = actor.units_with(role)
    if unit_id is None or not units:
        return bool(units)
    below = units_below(actor, units)
    return unit_id in (below if isinstance(below, list) else set(below))
