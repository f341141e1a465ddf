"""Reads of accounts and grants; building the actor of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, F, Q, TextField, Value

from khue.core.actor import Actor, GrantFact, Role
from khue.core.dates import VIETNAM
from khue.core.errors import Refused
from khue.kit.models import in_force
from khue.kit.prepared import Prepared
from khue.modules.access.models import Account, EmergencyAccess, Grant
from khue.modules.access.roles import NAMES
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

_ROLES = frozenset(role.value for role in Role)


def actor_for(
    who: Account | UUID, now: dt.datetime, *, request_id: str = "", address: str = ""
) -> Actor:
    """The actor of an account, or of the person with this id, at a moment (người thao tác).

    One query for the grants; a person without an account acts with the grants alone.
    """
    person_id: UUID | None
    if isinstance(who, UUID):
        account, person_id = Account.objects.filter(person_id=who, is_active=True).first(), who
    else:  # the account, or the lazy object of a request that stands for it
        account, person_id = who, who.person_id
    local = now.astimezone(VIETNAM)
    return Actor(
        person_id=person_id,
        name=_name(account, person_id),
        today=local.date(),
        now=local,
        grants=grants_in_force(person_id, account.pk if account else None, local),
        account_id=account.pk if account else None,
        request_id=request_id,
        address=address,
    )


def grants_in_force(
    person_id: UUID | None, account_id: UUID | None, now: dt.datetime
) -> tuple[GrantFact, ...]:
    """The dated grants of a person and the open emergency accesses of an account, in one query."""
    rows = _granted(person_id=person_id, account_id=account_id, today=now.date(), now=now)
    # A role that a later edition knows and this one does not gives nothing; it must not stop the page.
    return tuple(
        GrantFact(key, Role(role), unit, why) for key, role, unit, why in sorted(rows) if role in _ROLES
    )


def _grants(
    person_id: UUID | None, account_id: UUID | None, today: dt.date, now: dt.datetime
) -> QuerySet[Any]:
    held = (
        Grant.objects.filter(in_force(today), Q(person=person_id))
        .order_by()
        .annotate(named=F("role"), why=Value("", output_field=TextField()))
        .values_list("pk", "named", "unit_id", "why")
    )
    emergency = (
        open_emergencies(now)
        .filter(Q(account=account_id))
        .order_by()
        .annotate(named=Value(Role.EMERGENCY_READER.value, output_field=CharField()), why=F("reason"))
        .values_list("pk", "named", "unit_id", "why")
    )
    return held.union(emergency, all=True)


_granted: Prepared[tuple[UUID, str, UUID, str]] = Prepared(_grants)


def open_emergencies(now: dt.datetime) -> QuerySet[EmergencyAccess]:
    """Emergency accesses in force at a moment: they end by themselves (hết giờ thì tự đóng)."""
    return EmergencyAccess.objects.filter(opened_at__lte=now, expires_at__gt=now, closed_at__isnull=True)


def capacity_of(actor: Actor, unit_id: UUID) -> str:
    """The office in which the actor signs for a unit today, a deputy with the mandate (chức vụ, uỷ quyền).

    A deputy without a written mandate leads, but does not sign in the principal's place (`ACC-024`).
    Asked once for all records of a batch.
    """
    key = ("access.capacity", unit_id)
    if key not in actor.cache:
        actor.cache[key] = _office(actor, unit_id)
    found = str(actor.cache[key])
    if not found:
        raise Refused("ACC-024")
    return found


def _office(actor: Actor, unit_id: UUID) -> str:
    above = {unit.pk for unit in orgs.ancestors_of(unit_id, actor.today)} | {unit_id}
    held = [grant for grant in actor.grants if grant.unit_id in above]
    if any(grant.role is Role.PRINCIPAL for grant in held):
        return NAMES[Role.PRINCIPAL]
    deputy = [grant.grant_id for grant in held if grant.role is Role.VICE_PRINCIPAL]
    sources = Grant.objects.filter(pk__in=deputy).exclude(source="").order_by("-valid_from")
    mandate = sources.values_list("source", flat=True).first()
    return f"{NAMES[Role.VICE_PRINCIPAL]}, theo {mandate}" if mandate else ""


def _name(account: Account | None, person_id: UUID | None) -> str:
    if account is not None and account.person is not None:
        return str(account.person)
    if account is not None:
        return account.username
    return people.names_of([person_id]).get(person_id, "") if person_id else ""
