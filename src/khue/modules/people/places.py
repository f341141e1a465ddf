"""Writes about a person's place: the pupil's register entry, positions of staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from khue.core.errors import NotFound, Refused
from khue.kit import audit, outbox, permissions
from khue.modules.orgs.api import Unit
from khue.modules.people import moving, policy, writing
from khue.modules.people.data import Admission, NewJob
from khue.modules.people.events import EmploymentChanged, PupilsAdmitted
from khue.modules.people.models import Employment, Person, PupilProfile
from khue.modules.people.services import BATCH, load_school, save_events

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor


@transaction.atomic
def admit_pupil(
    actor: Actor, *, school_id: UUID, person_id: UUID, facts: Mapping[str, object] | None = None
) -> PupilProfile:
    """Enter one pupil in the register (tiếp nhận học sinh)."""
    return admit_pupils(actor, school_id=school_id, pupils=[Admission(person_id, facts or {})])[0]


@transaction.atomic
def admit_pupils(
    actor: Actor, *, school_id: UUID, pupils: Sequence[Admission]
) -> list[PupilProfile]:
    """Enter many pupils in the register in few statements (tiếp nhận nhiều học sinh)."""
    school = load_school(actor, school_id, do=policy.ADMIT)
    persons = _persons([item.person_id for item in pupils])
    moved = moving.take_over(actor, school, [item for item in pupils if item.release is not None])
    known = (
        PupilProfile.objects.filter(person__in=persons.keys() - moved.keys())
        .select_related("person").order_by("id").first()
    )
    if known is not None:
        name = _school_name(actor, known.school_id)
        raise Refused("PEO-011", name=known.person.full_name, school=name)
    rows = [
        PupilProfile(
            person=persons[item.person_id], school=school,
            **{"admitted_on": actor.today} | writing.cleaned(PupilProfile, item.facts, today=actor.today),
        )
        for item in pupils
        if item.person_id not in moved
    ]
    PupilProfile.objects.bulk_create(rows, batch_size=BATCH)
    save_events(
        audit.event_for(actor, "people.pupil.admitted", subject=row, unit=school.pk,
                        after={"person": str(row.person_id), "register_number": row.register_number})
        for row in rows
    )
    # In the order given: the register numbers them so.
    event = PupilsAdmitted(school.pk, tuple(item.person_id for item in pupils))
    outbox.announce(actor, event, unit=school.pk)
    for _profile, came in moved.values():
        outbox.announce(actor, came, unit=school.pk)
    entered = {key: profile for key, (profile, _) in moved.items()} | {row.person_id: row for row in rows}
    return [entered[item.person_id] for item in pupils]


def _school_name(actor: Actor, school_id: UUID) -> str:
    """The other school's name only for those who may know it; a pupil's whereabouts are no secret door."""
    seen = permissions.visible(actor, "orgs.unit.see", Unit.objects.filter(pk=school_id)).first()
    return seen.name if seen else _("một trường khác")


@transaction.atomic
def employ(
    actor: Actor, *, school_id: UUID, person_id: UUID, position: str, since: dt.date,
    facts: Mapping[str, object] | None = None,
) -> Employment:
    """Give one person a position at a school (tiếp nhận cán bộ)."""
    job = NewJob(person_id, position, since, facts or {})
    return employ_people(actor, school_id=school_id, jobs=[job])[0]


@transaction.atomic
def employ_people(actor: Actor, *, school_id: UUID, jobs: Sequence[NewJob]) -> list[Employment]:
    """Give many persons a position at a school in few statements."""
    school = load_school(actor, school_id)
    persons = _persons([job.person_id for job in jobs])
    held = set(
        Employment.objects.on(actor.today)
        .filter(person__in=persons, school=school)
        .values_list("person_id", "position")
    )
    rows = []
    for job in jobs:
        facts = writing.cleaned(
            Employment, {**job.facts, "position": job.position}, today=actor.today
        )
        if (job.person_id, facts["position"]) in held:
            raise Refused("PEO-008", name=persons[job.person_id].full_name)
        held.add((job.person_id, facts["position"]))
        rows.append(
            Employment(person=persons[job.person_id], school=school, valid_from=job.since, **facts)
        )
    Employment.objects.bulk_create(rows, batch_size=BATCH)
    save_events(
        audit.event_for(actor, "people.staff.employed", subject=row, unit=school.pk,
                        after={"person": str(row.person_id), "position": row.position})
        for row in rows
    )
    for row in rows:
        outbox.announce(actor, EmploymentChanged(school.pk, row.person_id, False), unit=school.pk)
    return rows


@transaction.atomic
def end_employment(
    actor: Actor, *, employment_id: UUID, on: dt.date, reason: str = ""
) -> Employment:
    """End a position from a day on; the row stays (thôi giữ chức vụ, chuyển công tác)."""
    job: Employment = permissions.load(
        actor, Employment.objects.select_related("person"), employment_id,
        see=policy.SEE_STAFF, do=policy.CHANGE_STAFF, lock=True,
    )
    if job.valid_to is not None and job.valid_to <= actor.today:
        raise Refused("PEO-014")
    if on <= job.valid_from:
        raise Refused("PEO-009", field="on", start=f"{job.valid_from:%d/%m/%Y}")
    before = writing.plain(job.valid_to)
    job.valid_to = on
    job.save(update_fields=["valid_to"])
    audit.record(
        actor, "people.staff.ended", subject=job, unit=job.school_id,
        before={"valid_to": before}, after={"valid_to": on.isoformat()}, reason=reason,
    )
    event = EmploymentChanged(job.school_id, job.person_id, ended=True, on=on)
    outbox.announce(actor, event, unit=job.school_id)
    return job


def _persons(ids: Sequence[UUID]) -> dict[UUID, Person]:
    found: dict[UUID, Person] = Person.objects.in_bulk(list(ids))
    if len(found) != len(set(ids)):
        raise NotFound("KIT-001")
    return found
