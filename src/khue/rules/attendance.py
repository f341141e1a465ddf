"""Absent sessions towards the 45 of Điều 12 khoản 1 điểm c TT 22/2021 (số buổi nghỉ)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from khue.rules.averages import parameters
from khue.rules.reasons import Judged, Reason
from khue.rules.settings import DEFAULT, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CLAUSE = "Điều 12 khoản 1 điểm c TT 22/2021"
AFTERNOON = "PM"


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


def sessions(absences: Iterable[Absence], settings: Settings = DEFAULT) -> Judged[Sessions]:
    """Count absent sessions; on a plan of one session per day, a day counts once (01 buổi/ngày).

    A day with both kinds counts as unexcused, so that nothing is hidden from the family. Where a pupil
    missed only the afternoon, the readings of no. 11 differ and the count is flagged.
    """
    rows = list(absences)
    value = _counted(rows, settings.absence)
    ways = {"day": "mỗi ngày nghỉ tính một buổi", "session": "mỗi buổi nghỉ tính một buổi",
            "morning": "mỗi ngày nghỉ tính một buổi, không tính ngày chỉ nghỉ buổi chiều"}  # fmt: skip
    text = (
        f"Nghỉ {value.total} buổi ({value.excused} có phép, {value.unexcused} không phép): "
        f"{ways[settings.absence]}."
    )
    reason = Reason(CLAUSE, text, None, (("Số lượt ghi vắng", str(len(rows))),))
    other = _counted(rows, "morning" if settings.absence == "day" else "day")
    if other.total == value.total:
        return Judged(value, (reason,))
    note = (
        f"Ngày học hai buổi có hai cách tính: {value.total} hoặc {other.total} buổi; hiệu trưởng quyết định."
    )
    return Judged(value, (reason,), doubtful=True, alternative=other, note=note)


def _counted(rows: Sequence[Absence], reading: str) -> Sessions:
    mornings = {item.day for item in rows if item.session != AFTERNOON}
    seen: dict[object, bool] = {}
    for item in rows:
        if reading == "morning" and item.day not in mornings:
            continue
        key = (item.day, item.session) if reading == "session" else item.day
        seen[key] = seen.get(key, True) and item.excused
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
