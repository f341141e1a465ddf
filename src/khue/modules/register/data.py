"""Values that cross the module's border."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A pupil to be entered: when, how, and the number that a list gives, if any (ghi vào sổ)."""

    person_id: UUID
    on: dt.date
    kind: str = "admitted"  # or transferred_in
    level: str = ""  # known from the class, else from the school
    grade: int | None = None
    year: int | None = None  # first calendar year of the school year of that grade
    number: str = ""
    class_name: str = ""
    decision: str = ""
    decision_on: dt.date | None = None
    paper: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)  # from which school, to which grade …


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A pupil who could not be entered, and why: code and parameters of the refusal."""

    person_id: UUID
    code: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PathEvent:
    """One event on a pupil's path, with the school whose register says it (quá trình học tập)."""

    event_id: UUID
    entry_id: UUID
    school_id: UUID
    school: str
    level: str
    number: str  # «12/THCS»
    kind: str
    on: dt.date
    decision: str
    decision_on: dt.date | None
    paper: str
    author: str
    at: dt.datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RegisterBreak:
    """One thing that does not hold in a register: which book, which number, and what."""

    book: str
    number: int
    what: str  # seed, sequence, digest, head, said, closing, page
