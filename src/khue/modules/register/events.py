"""What the register announces."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PupilsEntered:
    """Pupils got a number in the register (đã vào sổ đăng bộ)."""

    school_id: UUID
    entry_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RegisterChanged:
    """Something happened to pupils of the register (có biến động)."""

    school_id: UUID
    kind: str
    entry_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RegisterClosed:
    """A book's school year was closed (khoá sổ năm)."""

    book_id: UUID
    year: int
    closing_id: UUID
