"""What schooling does when something happens elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from khue.core.actor import system_actor
from khue.kit import audit, outbox
from khue.kit.models import OutboxEvent
from khue.modules.people import api as people
from khue.modules.schooling.events import TeachingChanged
from khue.modules.schooling.models import HomeroomAssignment, TeachingAssignment

if TYPE_CHECKING:
    from khue.core.actor import Actor


def end_teaching(event_id: UUID, payload: dict[str, Any]) -> None:
    """Who works at a school no more teaches and leads no class of it from that day on (thôi việc)."""
    if not payload["ended"] or not payload.get("on"):
        return
    school, person = UUID(payload["school_id"]), UUID(payload["person_id"])
    on = dt.date.fromisoformat(payload["on"])
    if school in people.schools_of_staff(person, on):
        return  # another position goes on
    actor = system_actor("Khuê", OutboxEvent.objects.values_list("at", flat=True).get(pk=event_id))
    later = Q(valid_to__isnull=True) | Q(valid_to__gt=on)
    taught = TeachingAssignment.objects.filter(later, person=person, school=school)
    led = HomeroomAssignment.objects.filter(later, person=person, school=school)
    ended: set[UUID] = set()
    for row in taught.select_related("class_subject").select_for_update(of=("self",)):
        ended.add(row.class_subject.school_class_id)
        _end(actor, row, on, "schooling.teaching.ended")
    for row in led.select_for_update(of=("self",)):
        ended.add(row.school_class_id)
        _end(actor, row, on, "schooling.homeroom.ended")
    for class_id in sorted(ended):
        outbox.announce(actor, TeachingChanged(class_id), unit=school)


def _end(actor: Actor, row: TeachingAssignment | HomeroomAssignment, on: dt.date, action: str) -> None:
    before, row.valid_to = row.valid_to, max(on, row.valid_from)
    row.save(update_fields=["valid_to"])
    audit.record(
        actor, action, subject=row, unit=row.school_id, reason="Thôi giữ chức vụ ở trường",
        before={"person": str(row.person_id), "to": str(before or "")},
        after={"on": row.valid_to.isoformat()},
    )


def register() -> None:
    """Listen to the events of other modules."""
    outbox.handles("EmploymentChanged")(end_teaching)
