"""What access does when something happens elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from khue.core.actor import Role, system_actor
from khue.kit import audit, outbox
from khue.kit.models import OutboxEvent, in_force
from khue.modules.access.events import RoleGranted, RoleRevoked
from khue.modules.access.models import Grant
from khue.modules.people import api as people

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from khue.core.actor import Actor

FOLLOW = (Role.TEACHER, Role.CLERK, Role.IT_STAFF)
MERGED = "Sáp nhập trường"


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
    held = Q(unit=unit) if places else Q()
    _end(_actor(event_id), Grant.objects.filter(held, person=person), on, "Thôi giữ chức vụ ở đơn vị")


def follow_merger(event_id: UUID, payload: dict[str, Any]) -> None:
    """Teachers, clerks and IT staff keep their roles at the successor; who leads it is decided anew."""
    old, new, on = UUID(payload["unit_id"]), UUID(payload["into_id"]), _day(payload["on"])
    actor = _actor(event_id)
    known = set(
        Grant.objects.filter(in_force(on), unit=new).order_by("id").values_list("person_id", "role")
    )
    for row in Grant.objects.filter(in_force(on), unit=old, role__in=FOLLOW).order_by("id"):
        if (row.person_id, row.role) in known:
            continue
        new_row = Grant.objects.create(
            person_id=row.person_id, role=row.role, unit_id=new, valid_from=on, valid_to=row.valid_to,
            source=MERGED,
        )
        audit.record(
            actor, "access.role.granted", subject=new_row, unit=new, reason=MERGED,
            after={"person": str(row.person_id), "role": row.role, "from": str(on)},
        )
        outbox.announce(actor, RoleGranted(new_row.pk, row.person_id, row.role), unit=new)
    _end(actor, Grant.objects.filter(unit=old), on, MERGED)


def end_with_unit(event_id: UUID, payload: dict[str, Any]) -> None:
    """Roles over a unit end with it (giải thể)."""
    grants = Grant.objects.filter(unit=UUID(payload["unit_id"]))
    _end(_actor(event_id), grants, _day(payload["on"]), "Đơn vị giải thể")


def _end(actor: Actor, grants: QuerySet[Grant], on: dt.date, reason: str) -> None:
    lasting = grants.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    for row in lasting.select_for_update(of=("self",)).order_by("id"):
        before, row.valid_to = row.valid_to, max(on, row.valid_from)
        row.save(update_fields=["valid_to"])
        audit.record(
            actor, "access.role.revoked", subject=row, unit=row.unit_id, reason=reason,
            before={"to": str(before or "")}, after={"to": str(row.valid_to)},
        )
        event = RoleRevoked(row.pk, row.person_id, row.role, row.valid_to)
        outbox.announce(actor, event, unit=row.unit_id)


def _actor(event_id: UUID) -> Actor:
    return system_actor("Khuê", OutboxEvent.objects.values_list("at", flat=True).get(pk=event_id))


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def register() -> None:
    """Listen to the events of other modules."""
    outbox.handles("EmploymentChanged")(end_grants)
    outbox.handles("UnitMerged")(follow_merger)
    outbox.handles("UnitEnded")(end_with_unit)
