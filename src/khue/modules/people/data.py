"""What crosses the border of the people module: plain frozen values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewIdentifier:
    """An identifier to be given to a person: scheme of IdentifierScheme, value in the clear."""

    scheme: str
    value: str
    issuer: UUID | None = None  # the school whose software gave a SOFTWARE code


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be registered (người mới)."""

    full_name: str
    birth_date: dt.date | None = None
    birth_text: str = ""
    sex: str = ""
    ethnic_code: str = ""
    nationality: str = ""
    phone: str = ""
    email: str = ""
    identifiers: tuple[NewIdentifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """What the school before gave: it lets the pupil go (cho chuyển đi), by which paper.

    `reference` is the row of the caller that proves it; log and announcement lead back to it.
    """

    from_school_id: UUID
    decision: str = ""  # giấy giới thiệu, quyết định
    reference: UUID | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """A pupil's entry in the register; `facts` are fields of PupilProfile (tiếp nhận học sinh).

    With `release` the entry comes from the school before, which the pupil has completed (lên cấp).
    """

    person_id: UUID
    facts: Mapping[str, object] = field(default_factory=dict)
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """A position at a school; `facts` are further fields of Employment (vị trí việc làm)."""

    person_id: UUID
    position: str
    since: dt.date
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonChange:
    """Changes to one person, by field name: of the person, the pupil's profile, the current job."""

    person_id: UUID
    person: Mapping[str, object] = field(default_factory=dict)
    pupil: Mapping[str, object] = field(default_factory=dict)
    job: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A line of a list that may be somebody we know already."""

    full_name: str
    birth_date: dt.date | None = None
    birth_text: str = ""
    ministry: str = ""  # mã định danh Bộ
    software: str = ""  # mã của phần mềm cũ, của đúng trường này
    personal: str = ""  # số định danh cá nhân
    staff: str = ""  # mã cán bộ


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for a line: one person, several to choose from, or nobody.

    outcome: «match», «ambiguous», «none»; by: «ministry», «staff», «software», «personal»,
    «name_birth» or, only as ambiguous, «similar_name», «other_code» and «codes_disagree».
    """

    outcome: str
    person_ids: tuple[UUID, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A line of a list of people (một dòng trong danh sách)."""

    person_id: UUID
    full_name: str
    sort_key: str
    birth_shown: str
    sex: str
    school_id: UUID
    role: str  # position of staff, status of pupils
    code: str = ""  # mã định danh Bộ
    note: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """A pupil whose move is taken back: to which school, and what stood in the entry there."""

    person_id: UUID
    school_id: UUID
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two rows that may be one child, with what speaks for it (hồ sơ trùng)."""

    first: UUID
    second: UUID
    why: str  # same_birth: name and birth date; similar_name: without accents
