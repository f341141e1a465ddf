"""Audit rows: one call in a service, same transaction, no foreign keys (nhật kí)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from khue.kit.models import AuditEvent

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import Model

    from khue.core.actor import Actor


def record(
    actor: Actor,
    action: str,
    *,
    subject: Model | tuple[str, UUID | str],
    unit: UUID | None = None,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> AuditEvent:
    """Write who did what, when and why; called by services inside their transaction."""
    event = event_for(
        actor, action, subject=subject, unit=unit, before=before, after=after, reason=reason
    )
    event.save(force_insert=True)
    return event


def event_for(
    actor: Actor,
    action: str,
    *,
    subject: Model | tuple[str, UUID | str],
    unit: UUID | None = None,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> AuditEvent:
    """An unsaved audit row, for services that insert many at once."""
    if isinstance(subject, tuple):
        kind, key = subject
    else:
        kind, key = subject._meta.label, subject.pk
    return AuditEvent(
        at=actor.now,
        action=action,
        actor_person=actor.person_id,
        actor_name=actor.name,
        unit=unit,
        subject_type=kind,
        subject_id=str(key),
        before=before,
        after=after,
        reason=reason,
        request_id=actor.request_id,
        address=actor.address[:45] or None,
        emergency_reason=actor.emergency_reason,
    )
