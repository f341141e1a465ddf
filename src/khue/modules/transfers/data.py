"""What travels with a pupil who changes school, as a value (gói chuyển trường; assessment.md 7.3).

Everything the next school needs to go on where this one stopped: who the pupil is, the path so far, the
marks of the current year by assessment and date, absences, conduct, electives, the personal plan, and
the signed transcript files. Texts stand as on paper. The personal identification number does not travel:
a file may be lost on the way, and the Ministry's code finds the pupil.
"""

from __future__ import annotations

from dataclasses import dataclass

from khue.modules.transcripts.data import Identity, Place


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A school that does not run in this installation (trường ngoài hệ thống)."""

    name: str
    code: str = ""
    same_province: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One result of the current year (điểm, mức đánh giá): which subject, term and column, since when."""

    subject: str  # code of the curriculum; empty for what the homeroom teacher keeps
    term: int
    column: str  # tx1 … tx4, topic, gk, ck, remark, conduct, absences …
    value: str
    state: str = "MARK"  # MARK, PENDING_MAKEUP, ZERO_NO_MAKEUP
    on: str = ""  # the day it was last written, dd/mm/yyyy


@dataclass(frozen=True, slots=True)
class SubjectTaken:
    """A subject of the pupil this year: kind, elective or not, how assessed (môn học, môn lựa chọn)."""

    code: str
    name: str
    kind: str  # score, comment, level_THC
    elective: bool = False
    topic: bool = False  # cụm chuyên đề
    mode: str = ""  # REDUCED, PERSONAL_PLAN, EXEMPT; empty = as others
    decision: str = ""  # the decision or personal plan behind the mode
    averages: tuple[str, str, str] = ("", "", "")  # term 1, term 2, year, as far as reached


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the register (diễn biến trong sổ đăng bộ)."""

    on: str  # dd/mm/yyyy
    what: str
    detail: str = ""
    decision: str = ""
    school: str = ""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file in the parcel, named by its digest: changed, it no longer belongs to it (tệp kèm theo)."""

    name: str  # path in the parcel: «hoc-ba/2024-2025.xml»
    title: str
    digest: str  # SHA-256, hex
    size: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A pupil's papers for the next school, as the school that gives them signs them."""

    code: str  # of the transfer
    made_on: str  # dd/mm/yyyy
    leaves_on: str  # first day no longer at this school, dd/mm/yyyy
    reason: str
    to_school: str
    to_code: str  # the Ministry's code of the next school, empty if unknown
    place: Place
    identity: Identity
    level: str
    grade: int
    year: str
    class_name: str
    regime: str
    combination: str = ""
    register_number: str = ""
    plan: str = ""  # kế hoạch giáo dục cá nhân, in words
    subjects: tuple[SubjectTaken, ...] = ()
    marks: tuple[Mark, ...] = ()
    path: tuple[Step, ...] = ()
    files: tuple[Enclosed, ...] = ()
