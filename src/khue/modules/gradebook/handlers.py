"""What the gradebook does when something happens elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from khue.core.actor import system_actor
from khue.kit.outbox import handles
from khue.modules.gradebook.services.sheets import open_sheets

if TYPE_CHECKING:
    from collections.abc import Callable


def _open(event_id: UUID, payload: dict[str, Any]) -> None:
    """A class that was opened, or got a subject, gets its sheets; those that exist stay as they are."""
    del event_id
    actor = system_actor("Khuê", timezone.now())
    open_sheets(actor, school_class_ids=[UUID(payload["school_class_id"])])


def register() -> None:
    """Listen to the events of other modules."""
    listen: tuple[tuple[str, Callable[[UUID, dict[str, Any]], None]], ...] = (
        ("ClassOpened", _open),
        ("SubjectsChanged", _open),
    )
    for name, handler in listen:
        handles(name)(handler)
