"""What the gradebook does when something happens elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from khue.core.actor import system_actor
from khue.kit.models import OutboxEvent
from khue.kit.outbox import handles
from khue.modules.gradebook.services.carrying import carry_results
from khue.modules.gradebook.services.sheets import open_sheets


def _open(event_id: UUID, payload: dict[str, Any]) -> None:
    """A class that was opened, or got a subject, gets its sheets; those that exist stay as they are."""
    at = OutboxEvent.objects.values_list("at", flat=True).get(pk=event_id)
    actor = system_actor("Khuê", at)
    open_sheets(actor, school_class_ids=[UUID(payload["school_class_id"])])


def _carry(event_id: UUID, payload: dict[str, Any]) -> None:
    """A pupil who came from another class of the year brings the results along."""
    at = OutboxEvent.objects.values_list("at", flat=True).get(pk=event_id)
    carry_results(
        system_actor("Khuê", at), school_class_id=UUID(payload["school_class_id"]),
        pupil_ids=[UUID(key) for key in payload["pupil_ids"]],
    )  # fmt: skip


def register() -> None:
    """Listen to the events of other modules."""
    for name in ("ClassOpened", "SubjectsChanged"):
        handles(name)(_open)
    handles("MembershipChanged")(_carry)
