"""What the register does when something happens elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from khue.core.actor import Actor, ActorKind
from khue.kit.models import AuditEvent, OutboxEvent
from khue.kit.outbox import handles
from khue.modules.gradebook import api as gradebook
from khue.modules.people import api as people
from khue.modules.register.following import follow, follow_merge, follow_move
from khue.modules.register.models import EventKind
from khue.modules.register.results import SUMMER, YEAR, follow_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

AT_ONCE = 1000  # pupils looked at in one go


def _admitted(event_id: UUID, payload: dict[str, Any]) -> None:
    """Pupils who were admitted get a number; who cannot is listed on the register's page."""
    actor = _author(event_id, "people.pupil")
    for ids in _parts(payload["person_ids"]):
        follow(actor, UUID(payload["school_id"]), ids)


def _changed(event_id: UUID, payload: dict[str, Any]) -> None:
    """Facts of pupils changed: what differs from the book is written into it, old and new."""
    actor = _author(event_id, "people.")
    for ids in _parts(payload["person_ids"]):
        rows = people.PupilProfile.objects.filter(person__in=ids)
        schools: dict[UUID, list[UUID]] = {}
        for school, person in rows.values_list("school_id", "person_id"):
            schools.setdefault(school, []).append(person)
        for school, persons in sorted(schools.items()):
            follow(actor, school, persons)


def _moved(event_id: UUID, payload: dict[str, Any]) -> None:
    """Pupils came into a class or left it; a class that was taken back is known by its school only."""
    actor = _author(event_id, "schooling.")
    school = OutboxEvent.objects.values_list("unit", flat=True).get(pk=event_id)
    if school is not None:
        follow(actor, school, [UUID(key) for key in payload["pupil_ids"]])


def _went(event_id: UUID, payload: dict[str, Any]) -> None:
    """A pupil's file went from one school to another."""
    follow_move(
        _author(event_id, "people.pupil"), UUID(payload["person_id"]), UUID(payload["from_school"]),
        UUID(payload["to_school"]), dt.date.fromisoformat(payload["on"]),
    )  # fmt: skip


def _merged(event_id: UUID, payload: dict[str, Any]) -> None:
    """Codes of persons were brought together, or taken apart again."""
    kind = EventKind.IDENTIFIER_UNMERGED if payload.get("undone") else EventKind.IDENTIFIER_MERGED
    ids = [UUID(key) for key in payload["person_ids"]]
    follow_merge(_author(event_id, "people."), UUID(payload["school_id"]), ids, kind, event_id.hex)


def _closed(event_id: UUID, payload: dict[str, Any]) -> None:
    """The principal sealed a class's year, or its summer."""
    if payload["step"] == "principal" and payload["term"] in {YEAR, SUMMER}:
        actor = _author(event_id, "gradebook.")
        follow_results(actor, UUID(payload["school_class_id"]), actor.today)


def _corrected(event_id: UUID, payload: dict[str, Any]) -> None:
    """A mark was corrected after closing: the result of the year may read otherwise now."""
    sheet = gradebook.Sheet.objects.filter(pk=payload["sheet_id"]).first()
    if sheet is not None:
        actor = _author(event_id, "gradebook.")
        follow_results(actor, sheet.school_class_id, actor.today)


def _author(event_id: UUID, actions: str) -> Actor:
    """Who did what was announced: the log has it, of the same moment and unit; the system acts for them."""
    at, unit = OutboxEvent.objects.values_list("at", "unit").get(pk=event_id)
    lines = AuditEvent.objects.filter(at=at, action__startswith=actions)
    if unit is not None:
        lines = lines.filter(unit=unit)
    line = lines.order_by("-id").values_list("actor_person", "actor_name").first()
    person, name = line or (None, "Khuê")
    return Actor(person, name, _day(at), at, kind=ActorKind.SYSTEM)


def _day(at: dt.datetime) -> dt.date:
    return timezone.localtime(at).date()


def _parts(keys: Sequence[str]) -> Iterator[Iterable[UUID]]:
    ids = [UUID(key) for key in keys]
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def register() -> None:
    """Listen to the events of other modules."""
    handles("PupilsAdmitted")(_admitted)
    handles("PeopleChanged")(_changed)
    handles("MembershipChanged")(_moved)
    handles("PupilMoved")(_went)
    handles("IdentifiersMerged")(_merged)
    handles("ClassClosed")(_closed)
    handles("CorrectionApplied")(_corrected)
