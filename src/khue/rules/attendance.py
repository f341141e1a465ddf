"""Absent sessions towards the 45 of Điều 12 khoản 1 điểm c TT 22/2021 (số buổi nghỉ)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from khue.rules.averages import parameters
from khue.rules.settings import DEFAULT, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence: a day, a session, excused or not."""

    day: dt.date
    session: str  # AM, PM
    excused: bool


@dataclass(frozen=True, slots=True)
class Sessions:
    """Absent sessions: all, with leave (P), without (K)."""

    total: int
    excused: int
    unexcused: int


class Warning(Enum):  # noqa: A001 - the word of the domain
    """How near a pupil is to the limit."""

    NEAR = "sắp đến giới hạn"
    VERY_NEAR = "rất gần giới hạn"
    AT_LIMIT = "đã tới giới hạn, nghỉ thêm sẽ không được lên lớp"
    OVER = "quá giới hạn, không được lên lớp"

    @property
    def label(self) -> str:
        """What a person reads."""
        return str(self.value)


def sessions(absences: Iterable[Absence], settings: Settings = DEFAULT) -> Sessions:
    """Count absent sessions; on a plan of one session per day, a day counts once.

    A day with both kinds counts as unexcused, so that nothing is hidden from the family.
    """
    seen: dict[object, bool] = defaultdict(lambda: True)
    for item in absences:
        key = item.day if settings.absence == "day" else (item.day, item.session)
        seen[key] = seen[key] and item.excused
    excused = sum(1 for value in seen.values() if value)
    return Sessions(len(seen), excused, len(seen) - excused)


def warning_for(count: int) -> Warning | None:
    """The warning that a number of absent sessions calls for, if any."""
    found = parameters("tt22")["absence"]
    near, very_near, at_limit = found["warnings"]
    if count > found["limit"]:
        return Warning.OVER
    if count >= at_limit:
        return Warning.AT_LIMIT
    if count >= very_near:
        return Warning.VERY_NEAR
    return Warning.NEAR if count >= near else None
