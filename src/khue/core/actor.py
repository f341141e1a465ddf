"""Who acts, with which grants, on what day: the value every service receives first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """Roles a person can hold over a subtree of units (vai trò). Codes are stored, never class paths."""

    DEPARTMENT_ADMIN = "department_admin"  # quản trị hệ thống của Sở
    DEPARTMENT_OFFICER = "department_officer"  # chuyên viên Sở GD&ĐT
    COMMUNE_OFFICER = "commune_officer"  # cán bộ UBND xã
    PRINCIPAL = "principal"  # hiệu trưởng
    VICE_PRINCIPAL = "vice_principal"  # phó hiệu trưởng
    CLERK = "clerk"  # văn thư, giáo vụ
    TEACHER = "teacher"  # giáo viên
    IT_STAFF = "it_staff"  # cán bộ CNTT
    EMERGENCY_READER = "emergency_reader"  # truy cập khẩn cấp, chỉ đọc


class ActorKind(StrEnum):
    """A person, or the system itself doing scheduled work."""

    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class GrantFact:
    """One active grant: a role over a unit and everything below it (quyền được giao)."""

    grant_id: UUID
    role: Role
    unit_id: UUID
    emergency_reason: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts. Built once per request or job; nothing reads a thread-local user."""

    person_id: UUID | None
    name: str
    today: dt.date
    now: dt.datetime
    grants: tuple[GrantFact, ...] = ()
    kind: ActorKind = ActorKind.PERSON
    account_id: UUID | None = None
    request_id: str = ""
    address: str = ""  # from where: the network address of the request
    cache: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    def units_with(self, *roles: Role) -> tuple[UUID, ...]:
        """The units over which one of these roles is held, smallest set first seen."""
        return tuple(dict.fromkeys(g.unit_id for g in self.grants if g.role in roles))

    def holds(self, *roles: Role) -> bool:
        """Whether any grant carries one of these roles, anywhere."""
        return any(g.role in roles for g in self.grants)

    @property
    def emergency_reason(self) -> str:
        """The written reason of an emergency access, if one is in force (truy cập khẩn cấp)."""
        return next((g.emergency_reason for g in self.grants if g.emergency_reason), "")


def system_actor(name: str, now: dt.datetime) -> Actor:
    """An actor for scheduled work, imports from the command line and the demo."""
    return Actor(None, name, now.date(), now, kind=ActorKind.SYSTEM)
