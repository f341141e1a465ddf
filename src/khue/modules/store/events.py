"""What the store announces."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PackageAnswered:
    """The department has answered every record of a package (Sở đã trả lời gói)."""

    school_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class StoredEnded:
    """A record in the store was recalled or cancelled by the department's decision."""

    school_id: UUID
    code: str
    version: int
    state: str


@dataclass(frozen=True, slots=True)
class PackageSubmitted:
    """A school has sent a package to the end (đã gửi gói)."""

    school_id: UUID
    package_id: UUID
