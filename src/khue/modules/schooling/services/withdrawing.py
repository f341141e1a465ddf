"""Taking back what was entered by mistake, as long as nothing depends on it (undo of an import)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Refused
from khue.kit import audit, permissions
from khue.modules.schooling import policy
from khue.modules.schooling.models import (
    ClassMembership,
    ClassSubject,
    HomeroomAssignment,
    SchoolClass,
    SubjectChoice,
    TeachingAssignment,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    return count
