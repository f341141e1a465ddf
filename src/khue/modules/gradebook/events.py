"""What the gradebook announces."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CellsChanged:
    """Results were entered or changed in a sheet (điểm, nhận xét thay đổi)."""

    sheet_id: UUID
    school_class_id: UUID
    pupil_ids: tuple[UUID, ...]
    source: str


@dataclass(frozen=True, slots=True)
class SheetClosed:
    """A teacher closed a sheet (chốt bảng điểm)."""

    sheet_id: UUID
    act_id: UUID


@dataclass(frozen=True, slots=True)
class ClassClosed:
    """A class's term or year was closed by its homeroom teacher or sealed by the principal."""

    school_class_id: UUID
    term: int
    step: str
    act_id: UUID


@dataclass(frozen=True, slots=True)
class ClassReopened:
    """A sealed term or year was opened again by decision."""

    school_class_id: UUID
    term: int
    act_id: UUID


@dataclass(frozen=True, slots=True)
class CorrectionApplied:
    """A mark was changed after closing, by the ritual (sửa điểm)."""

    correction_id: UUID
    sheet_id: UUID
    pupil_id: UUID
