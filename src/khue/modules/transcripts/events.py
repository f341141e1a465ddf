"""What transcripts announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PagesGenerated:
    """Year pages of a class were frozen and wait for signatures (đã lập học bạ)."""

    school_class_id: UUID
    page_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PageChanged:
    """A page was frozen anew, because what it was made from changed (bản mới của trang học bạ)."""

    page_id: UUID
    person_id: UUID
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class PageIssued:
    """A year page carries every signature and the school's seal (đã phát hành)."""

    page_id: UUID
    person_id: UUID
    document_id: UUID
    digest: str


@dataclass(frozen=True, slots=True)
class FileReceived:
    """A signed year page of another school was verified and kept (đã nhận học bạ)."""

    file_id: UUID
    person_id: UUID
    digest: str


@dataclass(frozen=True, slots=True)
class CopyIssued:
    """A copy or an extract was given out (đã cấp bản sao)."""

    copy_id: UUID
    person_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class CopyRevoked:
    """A copy opens nothing any more (đã thu hồi bản sao)."""

    copy_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class RowsExported:
    """Rows for the National Data Centre got a new version (đã xuất bản ghi)."""

    transcript_id: UUID
    person_id: UUID
    version: int
