"""Values that go between a school and the store, the same over HTTP and inside one process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from khue.core.dates import format_date


@dataclass(frozen=True, slots=True)
class ManifestItem:
    """One file that a package holds."""

    code: str
    version: int
    kind: str  # record type
    digest: str  # SHA-256, hex
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package says of itself (bản kê): the files follow in this order, nothing between them."""

    code: str
    school: str
    identifier: str  # «MST:…» of the seal
    year: str
    level: str
    issued: int  # transcripts of that year and level that the school has issued
    items: tuple[ManifestItem, ...]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(item.size for item in self.items)


@dataclass(frozen=True, slots=True)
class UploadState:
    """Where a package stands at the store."""

    code: str
    digest: str  # of the manifest
    state: str  # open, received, answered, abandoned
    offset: int
    size: int
    counts: Mapping[str, int] = field(default_factory=dict)  # of the answers, by state


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a record was answered so: a stable code, and its sentence."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one record."""

    position: int
    code: str
    version: int
    digest: str
    state: str  # waiting, accepted, already, held, rejected
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """Some answers of a package, and after which position the next begin; None if these are the last."""

    answers: tuple[Answer, ...]
    next: int | None = None


@dataclass(frozen=True, slots=True)
class EndAsked:
    """A request to cancel or recall a stored record; the id is the sender's."""

    id: str
    kind: str  # recall, cancel
    code: str
    digest: str
    reason: str
    authority: str


@dataclass(frozen=True, slots=True)
class EndAnswer:
    """Where such a request stands at the store."""

    id: str
    state: str  # sent, approved, refused
    note: str = ""


@dataclass(frozen=True, slots=True)
class SchoolCount:
    """A school in the department's table (số liệu của một trường)."""

    school_id: str
    name: str
    issued: int
    submitted: int
    accepted: int
    rejected: int
    waiting: int
    last: str  # ISO day of the last package; empty if there was none

    @property
    def last_day(self) -> str:
        """The last day as people read it."""
        return format_date(dt.date.fromisoformat(self.last)) if self.last else ""

    @property
    def lacking(self) -> int:
        """Issued transcripts that are not in the store."""
        return max(self.issued - self.accepted, 0)
