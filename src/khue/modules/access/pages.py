"""Reads for the pages of grants, accounts, emergency access and the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils.translation import gettext_noop as _
from django.utils.translation import pgettext_lazy

from khue.kit import permissions
from khue.kit.models import AuditEvent, in_force
from khue.modules.access import policy, roles
from khue.modules.access.actions import ACTION_NAMES
from khue.modules.access.data import AccountCard
from khue.modules.access.models import Account, EmergencyAccess, Grant
from khue.modules.orgs.api import Unit, ancestors_of
from khue.modules.people import api as people

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor

PAGE = 100

TABS = (
    ("home", pgettext_lazy("menu", "Phân quyền"), policy.SEE_GRANTS),
    ("accounts", _("Tài khoản"), policy.MAKE_ACCOUNTS),
    ("explain", _("Vì sao?"), ""),
    ("emergency", _("Khẩn cấp"), policy.SEE_EMERGENCY),
    ("log", _("Nhật kí"), policy.SEE_AUDIT),
)


def tabs_for(actor: Actor) -> list[dict[str, str]]:
    """The pages of this module that the actor can open; asks no query."""
    return [
        {"name": name, "label": str(label), "url": reverse(f"access:{name}")}
        for name, label, action in TABS
        if not action or permissions.rows_for(actor, action) != permissions.DENY
    ]


def units_for(actor: Actor, action: str) -> list[Unit]:
    """The units on which the actor may do this, for a list to choose from."""
    rows = permissions.visible(actor, action, Unit.objects.all())
    return list(rows.order_by("search_key", "id"))


def grants_page(actor: Actor, *, text: str, ended: bool, offset: int) -> list[dict[str, Any]]:
    """Grants in scope with what may be done to each, by given name (danh sách phân quyền)."""
    rows = permissions.visible(actor, policy.SEE_GRANTS, Grant.objects.all())
    rows = rows.exclude(in_force(actor.today)) if ended else rows.filter(in_force(actor.today))
    for word in people.search_words(text):
        rows = rows.filter(people.has_word(word, "person__"))
    rows = rows.select_related("person", "unit").order_by("person__sort_key", "person_id", "role", "id")
    page = list(rows[offset : offset + PAGE + 1])
    allowed = {role.value for role in roles.grantable_by(actor)}
    changeable = set(
        permissions.visible(actor, policy.CHANGE_GRANT, Grant.objects.filter(pk__in=[r.pk for r in page]))
        .order_by("id")
        .values_list("pk", flat=True)
    ) if allowed else set()
    return [
        {
            "grant": row,
            "role": roles.role_name(row.role),
            "may_revoke": row.pk in changeable
            and row.role in allowed
            and row.person_id != actor.person_id
            and row.is_in_force(actor.today),
        }
        for row in page
    ]


def grant_in_scope(actor: Actor, grant_id: UUID) -> Grant:
    """One grant, for the page that ends it."""
    rows = Grant.objects.select_related("person", "unit")
    row: Grant = permissions.load(actor, rows, grant_id, see=policy.SEE_GRANTS, do=policy.CHANGE_GRANT)
    return row


def units_for_grant(actor: Actor, person_id: UUID) -> list[Unit]:
    """Where a role may be given to a person: where they work, or a unit above, in the actor's hands."""
    ids: list[UUID] = []
    for school in people.schools_of_staff(person_id, actor.today):
        ids += [school, *(unit.pk for unit in ancestors_of(school, actor.today))]
    rows = permissions.visible(actor, policy.GRANT, Unit.objects.filter(pk__in=ids))
    found = {unit.pk: unit for unit in rows.order_by("id")}
    return [found[key] for key in dict.fromkeys(ids) if key in found]


def account_cards(unit_id: UUID, day: dt.date) -> list[AccountCard]:
    """The staff of a unit, each with the account or without; three queries."""
    staff = people.staff_of(unit_id, day)
    accounts = {
        row.person_id: row
        for row in Account.objects.filter(person__in=[card.person_id for card in staff]).order_by("id")
    }
    secured = set(
        Authenticator.objects.filter(user__in=[row.pk for row in accounts.values()])
        .order_by("id")
        .values_list("user_id", flat=True)
    )
    cards: dict[UUID, AccountCard] = {}
    for card in staff:  # a person with two positions is one line
        row = accounts.get(card.person_id)
        cards[card.person_id] = AccountCard(
            card.person_id, card.full_name, card.role, row.username if row else "",
            bool(row and row.is_active), bool(row and row.must_change_password),
            bool(row and row.pk in secured),
        )
    return list(cards.values())


def emergencies(actor: Actor) -> list[dict[str, Any]]:
    """Emergency accesses in scope, newest first, with their state (các lần truy cập khẩn cấp)."""
    rows = permissions.visible(actor, policy.SEE_EMERGENCY, EmergencyAccess.objects.all())
    page = list(rows.select_related("account__person", "unit").order_by("-opened_at", "-id")[:PAGE])
    closable = set(
        permissions.visible(
            actor, policy.CLOSE_EMERGENCY, EmergencyAccess.objects.filter(pk__in=[r.pk for r in page])
        )
        .order_by("id")
        .values_list("pk", flat=True)
    )
    found = []
    for row in page:
        is_open = row.closed_at is None and row.expires_at > actor.now
        who = row.account.person.full_name if row.account.person else row.account.username
        found.append({"row": row, "who": who, "open": is_open, "may_close": is_open and row.pk in closable})
    return found


def log_page(
    actor: Actor, *, action: str, who: str, day: dt.date | None, before: UUID | None
) -> list[dict[str, Any]]:
    """Lines of the log in scope, newest first; contents only for the leaders of the school."""
    rows: QuerySet[AuditEvent] = permissions.visible(actor, policy.SEE_AUDIT, AuditEvent.objects.all())
    if action:
        rows = rows.filter(action=action)
    if who:
        rows = rows.filter(actor_name__icontains=who)
    if day:
        rows = rows.filter(at__date=day)
    if before:
        # Identities grow with time, so the id is the place in the log.
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-id")[: PAGE + 1])
    keys = [row.pk for row in page]
    readable = set(
        permissions.visible(actor, policy.SEE_AUDIT_VALUES, AuditEvent.objects.filter(pk__in=keys))
        .order_by("id")
        .values_list("pk", flat=True)
    )
    units = dict(
        Unit.objects.filter(pk__in={row.unit for row in page}).order_by("id").values_list("pk", "name")
    )
    return [
        {
            "event": row,
            "action": ACTION_NAMES.get(row.action, row.action),
            "unit": units.get(row.unit, ""),
            "changes": _changes(row, with_values=row.pk in readable),
        }
        for row in page
    ]


def _changes(row: AuditEvent, *, with_values: bool) -> list[tuple[str, str, str]]:
    """What changed: field, before, after; only the fields for those who may not see the contents."""
    before = row.before if isinstance(row.before, dict) else {"": row.before} if row.before else {}
    after = row.after if isinstance(row.after, dict) else {"": row.after} if row.after else {}
    names = dict.fromkeys([*before, *after])
    if not with_values:
        return [(people.field_label(name), "", "") for name in names]
    return [
        (people.field_label(name), _shown(before.get(name)), _shown(after.get(name))) for name in names
    ]


def _shown(value: object) -> str:
    return "" if value is None else str(value)[:200]
