"""What transfers announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TransferMoved:
    """A transfer took a step (chuyển trường: đề nghị, cho chuyển, tiếp nhận, từ chối)."""

    transfer_id: UUID
    state: str
    from_school: UUID | None
    to_school: UUID | None


@dataclass(frozen=True, slots=True)
class TransferDue:
    """A deadline comes near or has passed: for whoever sends reminders (nhắc hạn)."""

    transfer_id: UUID
    step: str  # release, decision, placement
    due: str  # ISO day
    late: bool
