"""What access does when something happens elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import Q

from khue.core.actor import system_actor
from khue.kit import audit, outbox
from khue.kit.models import OutboxEvent
from khue.modules.access.events import RoleRevoked
from khue.modules.access.models import Grant
from khue.modules.people import api as people


def end_grants(event_id: UUID, payload: dict[str, Any]) -> None:
    """Who works at a unit no more holds no role over it from that day on (thôi việc thì hết quyền).

    Who works nowhere any more loses every role: a department's officer holds one over the province.
    """
    if not payload["ended"] or not payload.get("on"):
        return
    unit, person, on = UUID(payload["school_id"]), UUID(payload["person_id"]), _day(payload["on"])
    places = people.schools_of_staff(person, on)
    if unit in places:
        return  # another position goes on
    actor = system_actor("Khuê", OutboxEvent.objects.values_list("at", flat=True).get(pk=event_id))
    held = Q(valid_to__isnull=True) | Q(valid_to__gt=on)
    if places:
        held &= Q(unit=unit)
    for row in Grant.objects.select_for_update(of=("self",)).filter(held, person=person).order_by("id"):
        before, row.valid_to = row.valid_to, max(on, row.valid_from)
        row.save(update_fields=["valid_to"])
        audit.record(
            actor, "access.role.revoked", subject=row, unit=row.unit_id, reason="Thôi giữ chức vụ ở đơn vị",
            before={"to": str(before or "")}, after={"to": str(row.valid_to)},
        )
        outbox.announce(actor, RoleRevoked(row.pk, person, row.role, row.valid_to), unit=row.unit_id)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def register() -> None:
    """Listen to the events of other modules."""
    outbox.handles("EmploymentChanged")(end_grants)
