"""What the store does when something happens elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from khue.core.actor import system_actor
from khue.kit.models import OutboxEvent
from khue.kit.outbox import handles
from khue.modules.records import api as records
from khue.modules.store import source
from khue.modules.store.services import asking


def _ended(event_id: UUID, payload: dict[str, Any]) -> None:
    """A transcript that the school recalls is recalled in the store too, once the department agrees."""
    if payload["state"] != records.DocumentState.RECALLED or not source.is_transcript(payload["kind"]):
        return
    at = OutboxEvent.objects.values_list("at", flat=True).get(pk=event_id)
    asking.document_ended(
        system_actor("Khuê", at), document_id=UUID(payload["document_id"]), reason=payload["reason"],
        authority=payload["authority"],
    )  # fmt: skip


def register() -> None:
    """Listen to the events of other modules."""
    handles("DocumentEnded")(_ended)
