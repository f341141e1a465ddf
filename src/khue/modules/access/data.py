"""What crosses the border of the access module: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just made, with its one-time password: shown once, stored nowhere."""

    account_id: UUID
    person_id: UUID
    name: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountCard:
    """A member of staff and whether they can sign in (một dòng trong danh sách tài khoản)."""

    person_id: UUID
    full_name: str
    position: str
    username: str  # empty = no account yet
    is_active: bool
    must_change_password: bool
    has_second_factor: bool
