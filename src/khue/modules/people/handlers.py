"""What people does when something happens elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from khue.core.actor import system_actor
from khue.kit import audit, outbox
from khue.kit.models import OutboxEvent, in_force
from khue.modules.people.models import Employment, PupilProfile
from khue.modules.people.services import BATCH, save_events

if TYPE_CHECKING:
    from khue.core.actor import Actor

REASON = "Sáp nhập trường"


def follow_merger(event_id: UUID, payload: dict[str, Any]) -> None:
    """Pupils and staff of a merged school belong to the one it went up in (sáp nhập trường)."""
    old, new = UUID(payload["unit_id"]), UUID(payload["into_id"])
    on = dt.date.fromisoformat(payload["on"])
    actor = system_actor("Khuê", OutboxEvent.objects.values_list("at", flat=True).get(pk=event_id))
    _move_pupils(actor, old, new)
    _move_staff(actor, old, new, on)


def _move_pupils(actor: Actor, old: UUID, new: UUID) -> None:
    rows = list(PupilProfile.objects.select_for_update(of=("self",)).filter(school=old).order_by("id"))
    for row in rows:
        row.school_id = new
    PupilProfile.objects.bulk_update(rows, ["school"], batch_size=BATCH)
    save_events(
        audit.event_for(actor, "people.pupil.moved", subject=row, unit=new, reason=REASON,
                        before={"school": str(old)}, after={"school": str(new)})
        for row in rows
    )


def _move_staff(actor: Actor, old: UUID, new: UUID, on: dt.date) -> None:
    at_new = Employment.objects.filter(in_force(on), school=new).order_by("id")
    held = set(at_new.values_list("person_id", "position"))
    open_jobs = Employment.objects.select_for_update(of=("self",)).filter(in_force(on), school=old)
    moved, fresh = list(open_jobs.order_by("id")), []
    for row in moved:
        if (row.person_id, row.position) not in held:
            facts = {
                field.attname: getattr(row, field.attname)
                for field in Employment._meta.local_fields
                if field.name not in {"id", "school", "valid_from"}
            }
            fresh.append(Employment(school_id=new, valid_from=on, **facts))
        row.valid_to = max(on, row.valid_from)
    Employment.objects.bulk_update(moved, ["valid_to"], batch_size=BATCH)
    Employment.objects.bulk_create(fresh, batch_size=BATCH)
    save_events(
        audit.event_for(actor, "people.staff.employed", subject=row, unit=new, reason=REASON,
                        after={"person": str(row.person_id), "position": row.position})
        for row in fresh
    )


def register() -> None:
    """Listen to the events of other modules."""
    outbox.handles("UnitMerged")(follow_merger)
