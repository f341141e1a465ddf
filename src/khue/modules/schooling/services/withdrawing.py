"""Taking back what was entered by mistake, as long as nothing depends on it (undo of an import)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Conflict, Refused
from khue.kit import audit, outbox, permissions
from khue.modules.people import api as people
from khue.modules.schooling import policy
from khue.modules.schooling.events import MembershipChanged, TeachingChanged
from khue.modules.schooling.models import (
    ClassMembership,
    ClassSubject,
    HomeroomAssignment,
    SchoolClass,
    SubjectChoice,
    TeachingAssignment,
)
from khue.modules.schooling.services.pupils import hold, refuse_overlap, stays_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor


@transaction.atomic
def withdraw_classes(actor: Actor, *, school_class_ids: Sequence[UUID]) -> int:
    """Take back classes that never had a pupil, with their subjects and assignments (`SCH-090`)."""
    rows = SchoolClass.objects.select_for_update(of=("self",)).filter(pk__in=school_class_ids)
    found = list(permissions.visible(actor, policy.CHANGE_CLASS, rows))
    if ClassMembership.objects.filter(school_class__in=found).exists():
        raise Refused("SCH-090", names=", ".join(row.name for row in found))
    for row in found:
        audit.record(
            actor, "schooling.class.withdrawn", subject=row, unit=row.school_id, before={"name": row.name}
        )
    TeachingAssignment.objects.filter(class_subject__school_class__in=found).delete()
    HomeroomAssignment.objects.filter(school_class__in=found).delete()
    SubjectChoice.objects.filter(class_subject__school_class__in=found).delete()
    ClassSubject.objects.filter(school_class__in=found).delete()
    SchoolClass.objects.filter(pk__in=[row.pk for row in found]).delete()
    return len(found)


@transaction.atomic
def withdraw_members(actor: Actor, *, school_class_id: UUID, pupil_ids: Sequence[UUID]) -> int:
    """Take back places in a class that were entered by mistake; who has left is not put back."""
    row = permissions.load(
        actor, SchoolClass.objects.all(), school_class_id, see=policy.SEE_CLASS, do=policy.CHANGE_CLASS,
        lock=True,
    )
    stays = ClassMembership.objects.filter(school_class=row, pupil__in=pupil_ids)
    count = int(stays.delete()[0])
    audit.record(
        actor, "schooling.class.members_withdrawn", subject=row, unit=row.school_id,
        before=[str(key) for key in pupil_ids],
    )
    outbox.announce(actor, MembershipChanged(row.id, tuple(pupil_ids)), unit=row.school_id)
    return count


@transaction.atomic
def restore_stays(
    actor: Actor, *, school_class_id: UUID, stays: Mapping[UUID, tuple[dt.date | None, str]]
) -> None:
    """Give pupils back the end and the state their stay in a class had before (undo of leaving, moving).

    Refused where a pupil has gone to another class or school since (`SCH-004`, `SCH-006`, `SCH-018`).
    """
    row = permissions.load(
        actor, SchoolClass.objects.all(), school_class_id, see=policy.SEE_CLASS, do=policy.CHANGE_CLASS,
        lock=True,
    )
    present = ClassMembership.objects.select_for_update(of=("self",)).filter(
        school_class=row, pupil__in=stays
    )
    hold(list(stays))
    latest = {stay.pupil_id: stay for stay in present.order_by("valid_from", "id")}
    here = set(
        people.PupilProfile.objects.filter(person__in=stays, school=row.school_id).values_list(
            "person_id", flat=True
        )
    )
    for pupil, (end, status) in stays.items():
        stay = latest.get(pupil)
        if stay is None:
            raise Refused("SCH-006")
        if end is None and pupil not in here:
            raise Refused("SCH-018")
        refuse_overlap(stays_of(row, [pupil], but=stay)[pupil], stay.valid_from, end)
        stay.valid_to, stay.status = end, status
        stay.save(update_fields=["valid_to", "status"])
    audit.record(
        actor, "schooling.class.stays_restored", subject=row, unit=row.school_id,
        after=[str(key) for key in stays],
    )
    outbox.announce(actor, MembershipChanged(row.id, tuple(stays)), unit=row.school_id)


def teaching_of(school_class_ids: Sequence[UUID]) -> dict[str, str]:
    """Who teaches and leads these classes: each row with its last day, for a later `restore_teaching`."""
    teaching = TeachingAssignment.objects.filter(class_subject__school_class__in=school_class_ids)
    leading = HomeroomAssignment.objects.filter(school_class__in=school_class_ids)
    rows = [*teaching.values_list("pk", "valid_to"), *leading.values_list("pk", "valid_to")]
    return {str(key): end.isoformat() if end else "" for key, end in rows}


@transaction.atomic
def restore_teaching(
    actor: Actor, *, school_id: UUID, school_class_ids: Sequence[UUID], before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    """Put teaching and leading of classes back as they were; refused (`SCH-010`) if it changed since."""
    rows = SchoolClass.objects.select_for_update(of=("self",)).filter(pk__in=school_class_ids)
    found = list(permissions.visible(actor, policy.CHANGE_CLASS, rows).order_by("id"))
    keys = [row.pk for row in found]
    if teaching_of(keys) != dict(after):
        raise Conflict("SCH-010")
    teaching = TeachingAssignment.objects.filter(class_subject__school_class__in=keys).order_by("id")
    leading = HomeroomAssignment.objects.filter(school_class__in=keys).order_by("id")
    for present in (teaching, leading):
        for row in present:
            end = before.get(str(row.pk))
            if end is None:
                row.delete()
            elif end != after[str(row.pk)]:
                row.valid_to = dt.date.fromisoformat(end) if end else None
                row.save(update_fields=["valid_to"])
    audit.record(
        actor, "schooling.teaching.restored", subject=("orgs.Unit", school_id), unit=school_id,
        after=[row.name for row in found],
    )
    for key in keys:
        outbox.announce(actor, TeachingChanged(key), unit=school_id)
