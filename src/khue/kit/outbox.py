"""Announcements: written with their cause, delivered after commit, at least once, in order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.db import transaction
from django.utils import timezone

from khue.kit.models import OutboxEvent

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from khue.core.actor import Actor

MAX_ATTEMPTS = 20


class Handler(Protocol):
    """A reaction to an announcement; must be safe to run twice with one event id."""

    def __call__(self, event_id: UUID, payload: dict[str, Any]) -> None:
        """React to the announcement."""


_HANDLERS: dict[str, list[Handler]] = defaultdict(list)


def announce(actor: Actor, event: Any, *, unit: UUID | None = None) -> None:
    """Write an announcement in the caller's transaction. `event` is a frozen dataclass."""
    if not is_dataclass(event) or isinstance(event, type):
        msg = "an announcement is a dataclass instance"
        raise TypeError(msg)
    payload = {key: _plain(value) for key, value in asdict(event).items()}
    OutboxEvent.objects.create(at=actor.now, name=type(event).__name__, unit=unit, payload=payload)


def handles(name: str) -> Callable[[Handler], Handler]:
    """Register a handler for an announcement, by its class name."""

    def register(handler: Handler) -> Handler:
        if handler not in _HANDLERS[name]:
            _HANDLERS[name].append(handler)
        return handler

    return register


def deliver(limit: int = 500) -> int:
    """Hand waiting announcements to their handlers; returns how many were delivered."""
    delivered = 0
    waiting = OutboxEvent.objects.filter(delivered_at__isnull=True, attempts__lt=MAX_ATTEMPTS)
    for event_id in list(waiting.order_by("id").values_list("id", flat=True)[:limit]):
        with transaction.atomic():
            event = (
                OutboxEvent.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(pk=event_id, delivered_at__isnull=True)
                .first()
            )
            if event is None:
                continue
            OutboxEvent.objects.filter(pk=event.pk).update(attempts=event.attempts + 1)
        with transaction.atomic():
            for handler in _HANDLERS[event.name]:
                handler(event.pk, event.payload)
            OutboxEvent.objects.filter(pk=event.pk).update(delivered_at=timezone.now())
            delivered += 1
    return delivered


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
