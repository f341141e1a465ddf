"""What the people module announces."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PeopleRegistered:
    """Persons became known to a school (thêm người)."""

    school_id: UUID
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """Facts of persons changed (sửa thông tin)."""

    school_id: UUID | None
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PupilsAdmitted:
    """Pupils were entered in a school's register (tiếp nhận học sinh)."""

    school_id: UUID
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PupilMoved:
    """A pupil's register entry went from one school to another (chuyển trường)."""

    person_id: UUID
    from_school: UUID
    to_school: UUID
    on: dt.date


@dataclass(frozen=True, slots=True)
class IdentifiersMerged:
    """Codes of persons were brought together: a real one for a temporary one, or two rows of one child.

    `undone` says that it was taken back (gộp mã định danh, tách lại).
    """

    school_id: UUID
    person_ids: tuple[UUID, ...]
    undone: bool = False


@dataclass(frozen=True, slots=True)
class EmploymentChanged:
    """Somebody began or ended work at a school (tiếp nhận, thôi việc)."""

    school_id: UUID
    person_id: UUID
    ended: bool
    on: dt.date | None = None  # the first day no longer worked
