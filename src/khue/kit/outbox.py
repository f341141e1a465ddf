"""Announcements: written with their cause, delivered after commit, at least once, in order."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.db import transaction
from django.utils import timezone

from khue.kit import rows
from khue.kit.models import OutboxEvent

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from khue.core.actor import Actor

log = logging.getLogger(__name__)
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
    payload = _plain(event)
    name = type(event).__name__
    awaited = bool(_HANDLERS.get(name))
    # What nobody waits for is delivered by being written: the row stays as a record.
    done = None if awaited else actor.now
    rows.insert([OutboxEvent(at=actor.now, name=name, unit=unit, payload=payload, delivered_at=done)])
    if awaited:
        transaction.on_commit(_deliver_soon, robust=True)


def _deliver_soon() -> None:
    """After the commit of its cause; what fails here waits for the next delivery."""
    deliver()


def handles(name: str) -> Callable[[Handler], Handler]:
    """Register a handler for an announcement, by its class name."""

    def register(handler: Handler) -> Handler:
        if handler not in _HANDLERS[name]:
            _HANDLERS[name].append(handler)
        return handler

    return register


def deliver(limit: int = 500) -> int:
    """Hand waiting announcements to their handlers, each unit's in order; returns how many were delivered.

    A handler that fails is tried again later: until then the announcements of its unit wait, the
    others go on.
    """
    delivered = 0
    stuck: set[UUID | None] = set()
    waiting = OutboxEvent.objects.filter(delivered_at__isnull=True, attempts__lt=MAX_ATTEMPTS)
    for event_id, unit in list(waiting.order_by("id").values_list("id", "unit")[:limit]):
        if unit in stuck:
            continue
        if _deliver_one(event_id):
            delivered += 1
        else:
            stuck.add(unit)
    return delivered


def _deliver_one(event_id: UUID) -> bool:
    """One announcement in one transaction; False if a handler failed or another worker has it."""
    with transaction.atomic():
        event = (
            OutboxEvent.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=event_id, delivered_at__isnull=True)
            .first()
        )
        if event is None:
            return False
        event.attempts += 1
        try:
            with transaction.atomic():
                for handler in _HANDLERS.get(event.name, ()):
                    handler(event.pk, event.payload)
            event.delivered_at = timezone.now()
        except Exception:
            log.exception("announcement %s %s failed, attempt %s", event.name, event.pk, event.attempts)
        event.save(update_fields=["attempts", "delivered_at"])
        return event.delivered_at is not None


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
