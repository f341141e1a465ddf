"""What the access module announces."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AccountsCreated:
    """Accounts were made for people of a unit (tạo tài khoản). Never carries a password."""

    unit_id: UUID
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class AccountReset:
    """Somebody got a new one-time password (cấp lại mật khẩu)."""

    person_id: UUID
    second_factor_removed: bool


@dataclass(frozen=True, slots=True)
class RoleGranted:
    """A role was handed out (phân quyền)."""

    grant_id: UUID
    person_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class RoleRevoked:
    """A role ends (thu quyền)."""

    grant_id: UUID
    person_id: UUID
    role: str
    on: dt.date


@dataclass(frozen=True, slots=True)
class EmergencyOpened:
    """Somebody broke the glass: the unit's leaders are to be told at once (truy cập khẩn cấp)."""

    access_id: UUID
    person_id: UUID | None
    reason: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class EmergencyClosed:
    """An emergency access was closed before its time."""

    access_id: UUID
