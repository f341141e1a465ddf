"""Writes about grants and emergency access."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import ActorKind, Role
from khue.core.errors import Invalid, NotAllowed, Refused
from khue.core.names import nfc
from khue.kit import audit, outbox, permissions
from khue.modules.access import policy, roles
from khue.modules.access.events import EmergencyClosed, EmergencyOpened, RoleGranted, RoleRevoked
from khue.modules.access.models import Account, EmergencyAccess, Grant
from khue.modules.access.queries import open_emergencies
from khue.modules.orgs.api import Unit
from khue.modules.people import api as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor

REASON_LENGTH = 20


@transaction.atomic
def grant(
    actor: Actor, *, person_id: UUID, role: str, unit_id: UUID, since: dt.date | None = None,
    until: dt.date | None = None, source: str = "",
) -> Grant:
    """Give a person a role over a unit and all below it, from a day to a day (phân quyền)."""
    unit = permissions.load(
        actor, Unit.objects.all(), unit_id, see="orgs.unit.see", do=policy.GRANT, lock=True
    )
    _may_hand_out(actor, role, unit_id)
    person = permissions.load(actor, people.Person.objects.all(), person_id, see=people.SEE_PERSON)
    if actor.person_id == person_id:
        raise Refused("ACC-014")
    start = since or actor.today
    if until is not None and until <= start:
        raise Invalid("ACC-013", field="until")
    if actor.kind is not ActorKind.SYSTEM and not people.works_in_scope(actor, person_id):
        raise Refused("ACC-016", name=person.full_name)
    overlapping = Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=start), person=person, role=role, unit=unit
    )
    if until is not None:
        overlapping = overlapping.filter(valid_from__lt=until)
    if overlapping.exists():
        raise Refused("ACC-011", name=person.full_name)
    row: Grant = Grant.objects.create(
        person=person, role=role, unit=unit, valid_from=start, valid_to=until, source=nfc(source)[:200]
    )
    audit.record(
        actor, "access.role.granted", subject=row, unit=unit.pk, reason=row.source,
        after={"person": str(person_id), "role": role, "from": str(start), "to": str(until or "")},
    )
    outbox.announce(actor, RoleGranted(row.pk, person_id, role), unit=unit.pk)
    return row


@transaction.atomic
def revoke(actor: Actor, *, grant_id: UUID, on: dt.date | None = None, reason: str = "") -> Grant:
    """End a role from a day on, today if none is given; the row stays (thu quyền)."""
    row: Grant = permissions.load(
        actor, Grant.objects.all(), grant_id,
        see=policy.SEE_GRANTS, do=policy.CHANGE_GRANT, lock=True,
    )
    _may_hand_out(actor, row.role, row.unit_id)
    if actor.person_id == row.person_id:
        raise Refused("ACC-014")
    if row.valid_to is not None and row.valid_to <= actor.today:
        raise Refused("ACC-012")
    before, row.valid_to = row.valid_to, max(on or actor.today, actor.today, row.valid_from)
    row.save(update_fields=["valid_to"])
    audit.record(
        actor, "access.role.revoked", subject=row, unit=row.unit_id, reason=nfc(reason),
        before={"to": str(before or "")}, after={"to": str(row.valid_to)},
    )
    outbox.announce(actor, RoleRevoked(row.pk, row.person_id, row.role, row.valid_to), unit=row.unit_id)
    return row


def _may_hand_out(actor: Actor, role: str, unit_id: UUID) -> None:
    if role not in set(Role) or role in roles.NEVER:
        raise Invalid("ACC-010", field="role", role=role[:40])
    if role not in roles.grantable_by(actor, unit_id):
        raise Refused("ACC-015", field="role", role=roles.role_name(role))


@transaction.atomic
def withdraw_grants(actor: Actor, *, grant_ids: Sequence[UUID]) -> int:
    """Take back grants entered by mistake, of persons who never had an account (undo of an import)."""
    if actor.kind is not ActorKind.SYSTEM:
        raise NotAllowed("KIT-002", action=_("Rút phân quyền"))
    rows = Grant.objects.select_for_update(of=("self",)).filter(pk__in=grant_ids)
    unused = [row for row in rows if not Account.objects.filter(person=row.person_id).exists()]
    for row in unused:
        before = {"role": row.role}
        audit.record(actor, "access.grant.withdrawn", subject=row, unit=row.unit_id, before=before)
    Grant.objects.filter(pk__in=[row.pk for row in unused]).delete()
    return len(unused)


@transaction.atomic
def open_emergency(actor: Actor, *, unit_id: UUID, reason: str) -> EmergencyAccess:
    """Break the glass: read everything of a unit for a short time, with a written reason.

    The reason stands on every line of the log until the access ends (truy cập khẩn cấp).
    """
    unit = permissions.load(
        actor, Unit.objects.all(), unit_id, see="orgs.unit.see", do=policy.OPEN_EMERGENCY, lock=True
    )
    reason = nfc(reason)
    if len(reason) < REASON_LENGTH:
        raise Invalid("ACC-020", field="reason", length=REASON_LENGTH)
    if actor.account_id is None:
        raise NotAllowed("ACC-023")
    if open_emergencies(actor.now).filter(account=actor.account_id, unit=unit).exists():
        raise Refused("ACC-021")
    row: EmergencyAccess = EmergencyAccess.objects.create(
        account_id=actor.account_id, unit=unit, reason=reason, opened_at=actor.now,
        expires_at=actor.now + dt.timedelta(minutes=settings.KHUE_EMERGENCY_MINUTES),
    )
    audit.record(
        actor, "access.emergency.opened", subject=row, unit=unit.pk, reason=reason,
        after={"expires_at": row.expires_at.isoformat()},
    )
    outbox.announce(
        actor, EmergencyOpened(row.pk, actor.person_id, reason, row.expires_at), unit=unit.pk
    )
    return row


@transaction.atomic
def close_emergency(actor: Actor, *, access_id: UUID) -> EmergencyAccess:
    """Close an emergency access before its time: its owner, or the leaders of the unit."""
    row: EmergencyAccess = permissions.load(
        actor, EmergencyAccess.objects.all(), access_id,
        see=policy.SEE_EMERGENCY, do=policy.CLOSE_EMERGENCY, lock=True,
    )
    if row.closed_at is not None or row.expires_at <= actor.now:
        raise Refused("ACC-022")
    row.closed_at = actor.now
    row.save(update_fields=["closed_at"])
    audit.record(actor, "access.emergency.closed", subject=row, unit=row.unit_id)
    outbox.announce(actor, EmergencyClosed(row.pk), unit=row.unit_id)
    return row
