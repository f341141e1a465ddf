"""What roles are called, and who may hand out which (vai trò)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.core.actor import ActorKind, Role

if TYPE_CHECKING:
    from khue.core.actor import Actor

NAMES: dict[Role, str] = {
    Role.DEPARTMENT_ADMIN: "Quản trị hệ thống của Sở",
    Role.DEPARTMENT_OFFICER: "Chuyên viên Sở",
    Role.COMMUNE_OFFICER: "Cán bộ xã",
    Role.PRINCIPAL: "Hiệu trưởng",
    Role.VICE_PRINCIPAL: "Phó hiệu trưởng",
    Role.CLERK: "Văn thư, giáo vụ",
    Role.TEACHER: "Giáo viên",
    Role.IT_STAFF: "Cán bộ CNTT",
    Role.EMERGENCY_READER: "Truy cập khẩn cấp (chỉ đọc)",
}
SCHOOL_ROLES = (Role.VICE_PRINCIPAL, Role.CLERK, Role.TEACHER, Role.IT_STAFF)
LEADING = (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.DEPARTMENT_ADMIN)
# An emergency access is opened with a reason and ends by itself; nobody is granted it.
NEVER = (Role.EMERGENCY_READER,)


def role_name(code: str) -> str:
    """The name of a role, or its code when this edition does not know it."""
    return NAMES[Role(code)] if code in set(Role) else code


def grantable_by(actor: Actor) -> tuple[Role, ...]:
    """The roles this actor may hand out: a principal only those below, so that nobody climbs."""
    if actor.kind is ActorKind.SYSTEM or actor.holds(Role.DEPARTMENT_ADMIN):
        return tuple(role for role in Role if role not in NEVER)
    return SCHOOL_ROLES if actor.holds(Role.PRINCIPAL) else ()
