"""Values that cross the module's border."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A pupil as the class book lists him or her (dòng trong danh sách lớp)."""

    pupil_id: UUID
    name: str
    sort_key: str
    position: int
    birth_shown: str
    sex: str
    status: str
    since: dt.date
    until: dt.date | None  # exclusive; None while in the class
    ministry_code: str = ""
    software_code: str = ""

    def left_by(self, day: dt.date) -> bool:
        """Whether the pupil is no longer in the class on that day; marks stay."""
        return self.until is not None and self.until <= day


@dataclass(frozen=True, slots=True)
class HomeroomTeacher:
    """Who leads a class (giáo viên chủ nhiệm)."""

    person_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """A school in the list of schools: how many classes and pupils it has in a year (quy mô)."""

    school_id: UUID
    name: str
    classes: int
    pupils: int


@dataclass(frozen=True, slots=True)
class NewMember:
    """A pupil to put into a class."""

    pupil_id: UUID
    since: dt.date
    until: dt.date | None = None
    status: str = "Đang học"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A teacher for a subject of a class."""

    class_subject_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Choice:
    """What a pupil learns of a subject and how he or she is assessed (môn lựa chọn, chuyên đề, miễn giảm)."""

    pupil_id: UUID
    takes_subject: bool = True
    takes_topic: bool = False
    mode: str = "NORMAL"
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A pupil to be placed by a split, with what only the list of admission says (học sinh cần xếp lớp)."""

    pupil_id: UUID
    score: str = ""  # exact text of an earlier result, «8.5»
    combination: str = ""  # codes of the chosen subjects, «VL,HH,SH,TIN»
    village: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """A class of a split: an existing one of this name, or one to be opened."""

    name: str
    combinations: tuple[str, ...] = ()
