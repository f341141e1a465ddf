"""Who teaches what, and who leads a class."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Conflict, Refused
from khue.kit import audit, outbox, permissions
from khue.kit.models import in_force
from khue.modules.people import api as people
from khue.modules.schooling import policy, queries
from khue.modules.schooling.data import Assignment
from khue.modules.schooling.events import TeachingChanged
from khue.modules.schooling.models import ClassSubject, HomeroomAssignment, TeachingAssignment
from khue.modules.schooling.services.scope import load_class, load_school, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor


@transaction.atomic
def assign_teacher(
    actor: Actor, *, school_id: UUID, class_subject_id: UUID, person_id: UUID, since: dt.date
) -> None:
    """Assign one teacher to one subject of a class (phân công giảng dạy)."""
    assign_teachers(
        actor, school_id=school_id, assignments=[Assignment(class_subject_id, person_id)], since=since
    )


@transaction.atomic
def assign_teachers(
    actor: Actor, *, school_id: UUID, assignments: Sequence[Assignment], since: dt.date
) -> list[TeachingAssignment]:
    """Assign teachers to subjects of classes, many at once; what holds already stays (phân công)."""
    load_school(actor, school_id, policy.ASSIGN_ALL)
    subjects = _subjects(school_id, {item.class_subject_id for item in assignments}, since)
    _refuse_outsiders(school_id, {item.person_id for item in assignments}, since)
    # Whoever teaches on the day, or from a later day on, is not assigned a second time.
    held = set(
        TeachingAssignment.objects.filter(class_subject__in=subjects)
        .exclude(valid_to__isnull=False, valid_to__lte=since)
        .values_list("class_subject_id", "person_id")
    )
    wanted = dict.fromkeys((item.class_subject_id, item.person_id) for item in assignments)
    rows = [
        TeachingAssignment(school_id=school_id, class_subject_id=key[0], person_id=key[1], valid_from=since)
        for key in wanted
        if key not in held
    ]
    TeachingAssignment.objects.bulk_create(rows)
    if rows:
        audit.record(
            actor, "schooling.teaching.assigned", subject=("orgs.Unit", school_id), unit=school_id,
            after=_pairs(rows),
        )
        _announce(actor, school_id, (subjects[row.class_subject_id] for row in rows))
    return rows


@transaction.atomic
def set_teachers(
    actor: Actor, *, school_id: UUID, teachers: Mapping[UUID, Sequence[UUID]],
    homerooms: Mapping[UUID, UUID | None] | None = None, since: dt.date, seen: str = "",
) -> int:
    """Make the teaching of these classes from a day on exactly so (bảng phân công); returns changes.

    `teachers` gives the persons of each class subject, `homerooms` the leader of each class; who is
    not named any more ends that day. `seen` is the stamp of what the user looked at: if somebody
    else assigned teachers meanwhile, nothing is written.
    """
    load_school(actor, school_id, policy.ASSIGN_ALL)
    subjects = _subjects(school_id, set(teachers), since)
    classes = {row.school_class_id for row in subjects.values()} | set(homerooms or {})
    if seen and seen != queries.teaching_stamp(classes):
        raise Conflict("SCH-010")
    changes = _set_homerooms(actor, homerooms or {}, since)
    present = (
        TeachingAssignment.objects.select_for_update(of=("self",))
        .filter(class_subject__in=subjects)
        .exclude(valid_to__isnull=False, valid_to__lte=since)
    )
    ended = [row for row in present if row.person_id not in teachers[row.class_subject_id]]
    for row in ended:
        row.valid_to = max(since, row.valid_from)
    TeachingAssignment.objects.bulk_update(ended, ["valid_to"])
    if ended:
        audit.record(
            actor, "schooling.teaching.ended", subject=("orgs.Unit", school_id), unit=school_id,
            before=_pairs(ended), after={"on": since.isoformat()},
        )
        _announce(actor, school_id, (subjects[row.class_subject_id] for row in ended))
    wanted = [Assignment(key, person) for key, persons in teachers.items() for person in persons]
    new = assign_teachers(actor, school_id=school_id, assignments=wanted, since=since)
    return changes + len(ended) + len(new)


def _set_homerooms(actor: Actor, homerooms: Mapping[UUID, UUID | None], since: dt.date) -> int:
    """Give classes their leaders; None leaves a class without one from that day on."""
    present = {key: found.person_id for key, found in queries.homerooms_of(homerooms, since).items()}
    changed = {key: person for key, person in homerooms.items() if person != present.get(key)}
    for key, person in sorted(changed.items()):
        if person is not None:
            assign_homeroom(actor, school_class_id=key, person_id=person, since=since)
        else:
            _end_homeroom(actor, key, since)
    return len(changed)


def _end_homeroom(actor: Actor, school_class_id: UUID, on: dt.date) -> None:
    row = load_class(actor, school_class_id)
    for stay in HomeroomAssignment.objects.filter(in_force(on), school_class=row):
        stay.valid_to = on
        stay.save(update_fields=["valid_to"])
        audit.record(
            actor, "schooling.homeroom.ended", subject=row, unit=row.school_id,
            before={"person": str(stay.person_id)}, after={"on": on.isoformat()},
        )
    outbox.announce(actor, TeachingChanged(row.id), unit=row.school_id)


@transaction.atomic
def end_assignment(actor: Actor, *, assignment_id: UUID, on: dt.date) -> TeachingAssignment:
    """End a teaching assignment; marks keep the name of whoever entered them (thôi phân công)."""
    row: TeachingAssignment = permissions.load(
        actor, TeachingAssignment.objects.select_related("class_subject"), assignment_id,
        see=policy.SEE_ASSIGNMENT, do=policy.ASSIGN, lock=True,
    )
    before = row.valid_to.isoformat() if row.valid_to else None
    row.valid_to = max(on, row.valid_from)
    row.save(update_fields=["valid_to"])
    audit.record(
        actor, "schooling.teaching.ended", subject=row, unit=row.school_id, before={"on": before},
        after={"on": row.valid_to.isoformat()},
    )
    outbox.announce(actor, TeachingChanged(row.class_subject.school_class_id), unit=row.school_id)
    return row


@transaction.atomic
def assign_homeroom(
    actor: Actor, *, school_class_id: UUID, person_id: UUID, since: dt.date
) -> HomeroomAssignment:
    """Give a class its homeroom teacher from a day on; the one before ends that day (chủ nhiệm)."""
    row = load_class(actor, school_class_id)
    within(row.year, since, field="since")
    _refuse_outsiders(row.school_id, {person_id}, since)
    # A class has one leader: whoever leads on that day or would begin later gives way.
    present = (
        HomeroomAssignment.objects.select_for_update(of=("self",))
        .filter(school_class=row)
        .exclude(valid_to__isnull=False, valid_to__lte=since)
        .order_by("valid_from", "id")
    )
    held: HomeroomAssignment | None = next(
        (stay for stay in present if stay.person_id == person_id and stay.is_in_force(since)), None
    )
    if held is not None and held.valid_to is None:
        return held
    before = [str(stay.person_id) for stay in present]
    for stay in present:
        stay.valid_to = max(since, stay.valid_from)
        stay.save(update_fields=["valid_to"])
    new: HomeroomAssignment = HomeroomAssignment.objects.create(
        school_id=row.school_id, school_class=row, person_id=person_id, valid_from=since
    )
    audit.record(
        actor, "schooling.homeroom.assigned", subject=row, unit=row.school_id, before={"persons": before},
        after={"person": str(person_id), "since": since.isoformat()},
    )
    outbox.announce(actor, TeachingChanged(row.id), unit=row.school_id)
    return new


def _subjects(school_id: UUID, keys: set[UUID], since: dt.date) -> dict[UUID, ClassSubject]:
    """The subjects of classes of this school, of years that contain the day."""
    rows = ClassSubject.objects.filter(pk__in=keys, school=school_id).select_related("school_class__year")
    found = {row.id: row for row in rows}
    if len(found) != len(keys):
        raise Refused("SCH-013")
    for row in found.values():
        within(row.school_class.year, since, field="since")
    return found


def _refuse_outsiders(school_id: UUID, persons: Iterable[UUID], day: dt.date) -> None:
    """Refuse (`SCH-008`) persons who do not work at the school on that day."""
    wanted = set(persons)
    jobs = people.Employment.objects.filter(in_force(day), school=school_id, person__in=wanted)
    if wanted - set(jobs.values_list("person_id", flat=True)):
        raise Refused("SCH-008", field="person_id", day=f"{day:%d/%m/%Y}")


def _pairs(rows: Iterable[TeachingAssignment]) -> list[list[str]]:
    return [[str(row.class_subject_id), str(row.person_id)] for row in rows]


def _announce(actor: Actor, school_id: UUID, subjects: Iterable[ClassSubject]) -> None:
    for class_id in sorted({subject.school_class_id for subject in subjects}):
        outbox.announce(actor, TeachingChanged(class_id), unit=school_id)
