"""What the module announces."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ClassOpened:
    """A class was opened for a year (mở lớp)."""

    school_class_id: UUID


@dataclass(frozen=True, slots=True)
class SubjectsChanged:
    """The subjects of a class or their plan changed (môn của lớp)."""

    school_class_id: UUID


@dataclass(frozen=True, slots=True)
class MembershipChanged:
    """Pupils came into a class or left it (vào lớp, rời lớp)."""

    school_class_id: UUID
    pupil_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class TeachingChanged:
    """Teachers of a class changed (phân công giảng dạy, chủ nhiệm)."""

    school_class_id: UUID
