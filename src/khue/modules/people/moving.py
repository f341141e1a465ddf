"""A pupil goes to another school: the register entry moves, the old school keeps what it signed.

The accepting office cannot load a stranger's pupil, and must not be able to: it acts by its own right
to admit together with the release that the other school gave. Whoever calls (the transfer of pupils)
proves the release; what is proved here is that it names the school where the pupil is now.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Conflict, Invalid, NotFound, Refused
from khue.kit import audit, outbox, permissions
from khue.modules.people import policy, writing
from khue.modules.people.events import PupilMoved
from khue.modules.people.models import Person, PupilProfile
from khue.modules.people.services import BATCH, load_school, save_events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.orgs.api import Unit
    from khue.modules.people.data import Admission, Release, Returned

ATTENDING = "Đang học"


@transaction.atomic
def move_pupil(
    actor: Actor, *, person_id: UUID, to_school_id: UUID, on: dt.date, release: Release,
    register_number: str = "", status: str = ATTENDING,
) -> PupilProfile:
    """Move a pupil to the accepting school, released by the one before (tiếp nhận học sinh chuyển đến).

    From now on the old school sees of the pupil what its own classes, register and signed records say,
    and nothing that is written later. Its notes stay with it, in its log.
    """
    school = load_school(actor, to_school_id, do=policy.ADMIT)
    facts = {"register_number": register_number, "status": status, "admitted_on": on}
    profile, moved = _moved(actor, school, person_id, release, facts)
    outbox.announce(actor, moved, unit=school.pk)
    return profile


def take_over(
    actor: Actor, school: Unit, entries: Sequence[Admission]
) -> dict[UUID, tuple[PupilProfile, PupilMoved]]:
    """The entries of pupils who come from the level below, each with the release of its school (lên cấp).

    What is to be announced comes back with them: first that they are admitted, then whence they came.
    """
    return {
        item.person_id: _moved(actor, school, item.person_id, item.release, dict(item.facts))
        for item in sorted(entries, key=lambda item: item.person_id)  # one order: nobody waits in a circle
        if item.release is not None
    }


def _moved(
    actor: Actor, school: Unit, person_id: UUID, release: Release, facts: dict[str, object]
) -> tuple[PupilProfile, PupilMoved]:
    profile = _held(person_id)
    if profile.school_id == school.pk:
        raise Refused("PEO-017", name=profile.person.full_name)
    if profile.school_id != release.from_school_id:
        raise Conflict("PEO-019", name=profile.person.full_name)
    said = facts.get("admitted_on")
    on = said if isinstance(said, dt.date) else actor.today
    if on > actor.today:
        raise Invalid("PEO-020", field="on", day=f"{on:%d/%m/%Y}")
    wanted = {"register_number": "", "status": ATTENDING, "note": ""} | facts | {"admitted_on": on}
    old = profile.school_id
    before, after = writing.put(profile, wanted, actor.today)
    profile.school_id = school.pk
    profile.save(update_fields=["school", *wanted])
    reference = {"release": str(release.reference)} if release.reference else {}
    # One row for each side: the old school's carries its notes, the new school's what is new.
    audit.record(
        actor, "people.pupil.released", subject=profile, unit=old, reason=release.decision,
        before=before | {"school": str(old)}, after={"school": str(school.pk)} | reference,
    )
    audit.record(
        actor, "people.pupil.moved", subject=profile, unit=school.pk, reason=release.decision,
        before={"school": str(old)}, after=after | {"school": str(school.pk)} | reference,
    )
    return profile, PupilMoved(person_id, old, school.pk, on)


@transaction.atomic
def return_pupils(actor: Actor, *, school_id: UUID, pupils: Sequence[Returned]) -> int:
    """Take back moves that were made by mistake; each entry is what it was at the school before (undo)."""
    school = load_school(actor, school_id, do=policy.ADMIT)
    for item in sorted(pupils, key=lambda item: item.person_id):
        profile = _held(item.person_id)
        if profile.school_id != school.pk:
            raise Conflict("PEO-019", name=profile.person.full_name)
        writing.put(profile, item.facts, actor.today)
        profile.school_id = item.school_id
        profile.save(update_fields=["school", *item.facts])
        for unit in (school.pk, item.school_id):
            audit.record(
                actor, "people.pupil.returned", subject=profile, unit=unit,
                before={"school": str(school.pk)}, after={"school": str(item.school_id)},
            )
        moved = PupilMoved(item.person_id, school.pk, item.school_id, actor.today)
        outbox.announce(actor, moved, unit=item.school_id)
    return len(pupils)


def _held(person_id: UUID) -> PupilProfile:
    """The register entry, with person and entry locked in the order that classes lock them."""
    person = Person.objects.select_for_update(of=("self",)).filter(pk=person_id).first()
    profile: PupilProfile | None = (
        PupilProfile.objects.select_for_update(of=("self",)).filter(person=person_id).first()
    )
    if person is None or profile is None:
        raise NotFound("KIT-001")
    profile.person = person
    return profile


@transaction.atomic
def set_register_numbers(actor: Actor, *, school_id: UUID, numbers: Mapping[UUID, str]) -> int:
    """Write the numbers of the register beside many pupils of a school (ghi số đăng bộ); how many changed.

    The register gives the numbers and keeps them; here they stand so that lists show and find them.
    Pupils who have gone to another school meanwhile are left as they are.
    """
    school = load_school(actor, school_id, do=policy.ADMIT)
    rows = permissions.visible(
        actor, policy.CHANGE_PUPIL, PupilProfile.objects.filter(school=school.pk, person__in=list(numbers))
    )
    changed, events = [], []
    for row in rows.select_for_update(of=("self",)).order_by("id"):
        before, after = writing.put(row, {"register_number": numbers[row.person_id]}, actor.today)
        if after:
            changed.append(row)
            events.append(
                audit.event_for(
                    actor, "people.pupil.numbered", subject=row, unit=school.pk, before=before, after=after
                )
            )
    if changed:
        PupilProfile.objects.bulk_update(changed, ["register_number"], batch_size=BATCH)
        save_events(events)
    return len(changed)
