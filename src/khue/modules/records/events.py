"""What signed records announce: every legal step, for whoever sends, shows or counts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DocumentSigned:
    """A signature was embedded (đã ký)."""

    document_id: UUID
    kind: str
    role: str
    section_id: str
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class DocumentIssued:
    """A document carries all signatures and the school's seal; its file is final (đã phát hành)."""

    document_id: UUID
    kind: str
    subject: UUID
    part: int
    digest: str


@dataclass(frozen=True, slots=True)
class DocumentEnded:
    """A document was superseded, cancelled or recalled (thay thế, huỷ, thu hồi)."""

    document_id: UUID
    kind: str
    state: str
    reason: str
    authority: str
