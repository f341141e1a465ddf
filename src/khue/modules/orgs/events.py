"""What the module announces."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TreeChanged:
    """A unit moved, merged or ended from a day on (chuyển, sáp nhập, giải thể)."""

    unit_id: UUID
    on: dt.date


@dataclass(frozen=True, slots=True)
class UnitMerged:
    """A unit went up in another from a day on: people and roles follow (sáp nhập)."""

    unit_id: UUID
    into_id: UUID
    on: dt.date


@dataclass(frozen=True, slots=True)
class UnitEnded:
    """A unit ended from a day on, without a successor (giải thể)."""

    unit_id: UUID
    on: dt.date
