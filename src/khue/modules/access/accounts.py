"""Writes about accounts: making them one by one or for a school, new passwords, closing."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from khue.core.actor import ActorKind, Role
from khue.core.errors import Invalid, NotFound, Refused
from khue.core.names import fold, split_name
from khue.kit import audit, outbox, permissions
from khue.kit.models import AuditEvent
from khue.modules.access import policy, roles
from khue.modules.access.data import NewAccount
from khue.modules.access.events import AccountReset, AccountsCreated
from khue.modules.access.models import Account, Grant
from khue.modules.orgs.api import Unit
from khue.modules.people import api as people

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor

BULK_LIMIT = 200  # argon2 takes its time on purpose: 200 are about six seconds
HELPED = (Role.CLERK, Role.TEACHER, Role.IT_STAFF)  # whose accounts a deputy or the IT person looks after
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,79}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no l 1 o 0 i: the slip is read by people


@transaction.atomic
def create_account(
    actor: Actor, *, unit_id: UUID, person_id: UUID, username: str = "", password: str = "",
    staff: bool = True,
) -> NewAccount:
    """Make an account (tạo tài khoản). Without a password a one-time one is made, shown once, and
    has to be changed at the first sign-in."""
    given = {person_id: (username, password)}
    return _create(actor, unit_id, [person_id], given, staff=staff)[0]


@transaction.atomic
def create_accounts(
    actor: Actor, *, unit_id: UUID, person_ids: Sequence[UUID], staff: bool = True
) -> list[NewAccount]:
    """Make accounts for many people of a unit at once, to be handed out on printed slips."""
    if len(person_ids) > BULK_LIMIT:
        raise Invalid("ACC-007", limit=BULK_LIMIT)
    return _create(actor, unit_id, person_ids, {}, staff=staff)


def _create(
    actor: Actor, unit_id: UUID, ids: Sequence[UUID], given: Mapping[UUID, tuple[str, str]], *, staff: bool
) -> list[NewAccount]:
    unit = _unit(actor, unit_id)
    persons = _people_of(actor, unit, ids)
    known = Account.objects.filter(person__in=persons).order_by("id").first()
    if known is not None:
        raise Refused("ACC-006", name=str(known.person), username=known.username)
    _refuse_leaders(actor, persons.values())
    taken = set(Account.objects.values_list("username", flat=True).order_by("id"))
    made: list[NewAccount] = []
    rows: list[Account] = []
    for key in ids:
        name, password = given.get(key, ("", ""))
        name = _chosen(name, taken) if name else free_username(persons[key].full_name, taken)
        taken.add(name)
        account = Account(
            username=name, person=persons[key], is_staff_member=staff, must_change_password=not password
        )
        if password:
            _strong(password, account)
        password = password or one_time_password()
        account.password = make_password(password)
        rows.append(account)
        made.append(NewAccount(account.pk, key, persons[key].full_name, name, password))
    Account.objects.bulk_create(rows)
    AuditEvent.objects.bulk_create(
        audit.event_for(actor, "access.account.created", subject=row, unit=unit.pk,
                        after={"username": row.username, "person": str(row.person_id)})
        for row in rows
    )
    outbox.announce(actor, AccountsCreated(unit.pk, tuple(ids)), unit=unit.pk)
    return made


@transaction.atomic
def reset_account(
    actor: Actor, *, unit_id: UUID, person_id: UUID, remove_second_factor: bool = False
) -> NewAccount:
    """A new one-time password, and on request no second factor: for a forgotten password, a lost phone.

    All sessions of the account end (cấp lại mật khẩu).
    """
    unit = _unit(actor, unit_id)
    persons = _people_of(actor, unit, [person_id])
    account = Account.objects.select_for_update(of=("self",)).filter(person=person_id).first()
    if account is None:
        raise NotFound("KIT-001")
    if actor.person_id == person_id:
        raise Refused("ACC-014")
    _refuse_leaders(actor, persons.values())
    password = one_time_password()
    account.password = make_password(password)
    account.must_change_password = True
    account.save(update_fields=["password", "must_change_password"])
    if remove_second_factor:
        Authenticator.objects.filter(user=account).delete()
    audit.record(actor, "access.account.reset", subject=account, unit=unit.pk,
                 after={"second_factor_removed": remove_second_factor})
    outbox.announce(actor, AccountReset(person_id, remove_second_factor), unit=unit.pk)
    return NewAccount(account.pk, person_id, persons[person_id].full_name, account.username, password)


@transaction.atomic
def set_account_active(actor: Actor, *, unit_id: UUID, person_id: UUID, active: bool) -> Account:
    """Close an account, or open it again; nothing is deleted (khoá, mở tài khoản)."""
    unit = _unit(actor, unit_id)
    persons = _people_of(actor, unit, [person_id])
    account = Account.objects.select_for_update(of=("self",)).filter(person=person_id).first()
    if account is None:
        raise NotFound("KIT-001")
    if actor.person_id == person_id:
        raise Refused("ACC-014")
    _refuse_leaders(actor, persons.values())
    before, account.is_active = account.is_active, active
    account.save(update_fields=["is_active"])
    audit.record(actor, "access.account.opened" if active else "access.account.closed", subject=account,
                 unit=unit.pk, before={"is_active": before}, after={"is_active": active})
    return account


@transaction.atomic
def end_sessions(actor: Actor) -> Account:
    """Sign out on every device: a lost phone, a shared computer left open (đăng xuất mọi nơi)."""
    if actor.account_id is None:
        raise NotFound("KIT-001")
    account = Account.objects.select_for_update(of=("self",)).get(pk=actor.account_id)
    account.session_version += 1
    account.save(update_fields=["session_version"])
    places = people.schools_of_staff(account.person_id, actor.today) if account.person_id else []
    audit.record(
        actor, "access.session.all_ended", subject=account, unit=places[0] if places else None
    )
    return account


def _unit(actor: Actor, unit_id: UUID) -> Unit:
    unit: Unit = permissions.load(
        actor, Unit.objects.all(), unit_id, see="orgs.unit.see", do=policy.MAKE_ACCOUNTS
    )
    return unit


def _people_of(actor: Actor, unit: Unit, ids: Sequence[UUID]) -> dict[UUID, people.Person]:
    """The persons, all of them in the actor's scope and working or learning at this unit."""
    rows = people.Person.objects.filter(pk__in=ids)
    if actor.kind is not ActorKind.SYSTEM:
        rows = rows.filter(people.belongs_to(unit.pk, actor.today))
    found = {row.pk: row for row in rows.order_by("sort_key", "id")}
    if len(found) != len(set(ids)) or len(ids) != len(set(ids)):
        raise NotFound("KIT-001")
    return found


def _refuse_leaders(actor: Actor, persons: Iterable[people.Person]) -> None:
    """Nobody gets the password of somebody above or elsewhere: who could not hand out each role that the
    person holds, over the unit where it is held, may not sign in with it."""
    if actor.kind is ActorKind.SYSTEM:
        return
    names = {person.pk: person.full_name for person in persons}
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gt=actor.today)
    held = list(Grant.objects.filter(lasting, person__in=names).order_by("id"))
    places = people.places_of_staff(names, actor.today) | {(row.person_id, row.unit_id) for row in held}
    units = {unit for _, unit in places}
    own = set(
        permissions.visible(actor, policy.MAKE_ACCOUNTS, Unit.objects.filter(pk__in=units))
        .order_by("id")
        .values_list("pk", flat=True)
    )
    for person, unit in sorted(places):
        if unit not in own:
            raise Refused("ACC-017", name=names[person])
    for row in held:
        if row.role not in (roles.grantable_by(actor, row.unit_id) or HELPED):
            raise Refused("ACC-015", role=roles.role_name(row.role))


def _chosen(username: str, taken: set[str]) -> str:
    name = username.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise Invalid("ACC-004", field="username", username=username[:40])
    if name in taken:
        raise Refused("ACC-003", field="username", username=name)
    return name


def _strong(password: str, account: Account) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Invalid("ACC-005", field="password", problems=" ".join(error.messages)) from error


def free_username(full_name: str, taken: set[str]) -> str:
    """«Nông Thị Hoa» → «hoa.nt», with a number when somebody was first."""
    rest, given = split_name(full_name)
    initials = "".join(word[0] for word in fold(rest).split())
    stem = re.sub(r"[^a-z0-9.]", "", f"{fold(given)}.{initials}".strip(".")) or "nguoidung"
    stem = stem if len(stem) > 2 else f"{stem}.kh"  # noqa: PLR2004 - shortest username
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}{number}"
    return name


def one_time_password() -> str:
    """Twelve letters in groups of four: 59 bits, easy to copy from a slip."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    return "-".join(groups)
