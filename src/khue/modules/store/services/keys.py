"""Keys of schools and the numbers of their seals: given by the department, shown once (cấp khoá gửi)."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Invalid, Refused
from khue.kit import audit, crypto, permissions
from khue.modules.orgs import api as orgs
from khue.modules.store import policy
from khue.modules.store.models import StoreKey, StoreLink, StoreSchool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor

PREFIX = "khue-kho-"
LONGEST_LABEL = 80
LONGEST_DAYS = 800  # two school years and the summer
_KEY = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}\Z")
_SEAL = re.compile(r"[A-Z]{2,10}:[0-9A-Z-]{5,20}\Z")


@transaction.atomic
def give(actor: Actor, *, school_id: UUID, label: str, days: int) -> tuple[StoreKey, str]:
    """A new key for a school, and the only time that it is shown (cấp khoá)."""
    school = _school(actor, school_id, policy.GIVE_KEY)
    label = label.strip()
    if not label or len(label) > LONGEST_LABEL or not 1 <= days <= LONGEST_DAYS:
        raise Invalid("STO-075", field="days", days=LONGEST_DAYS)
    text = PREFIX + secrets.token_urlsafe(32)
    row = StoreKey.objects.create(
        school=school, label=label, digest=_digest(text), made_at=actor.now, made_by=actor.name,
        expires_at=actor.now + dt.timedelta(days=days),
    )  # fmt: skip
    audit.record(actor, "store.key.given", subject=row, unit=school.pk, after={"label": label, "days": days})
    return row, text


@transaction.atomic
def revoke(actor: Actor, *, key_id: UUID) -> StoreKey:
    """A key opens nothing any more, from this moment (thu khoá)."""
    row = permissions.load(actor, StoreKey.objects.all(), key_id, see=policy.SEE_KEY, lock=True)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = actor.now, actor.name
        row.save(update_fields=["revoked_at", "revoked_by"])
        audit.record(actor, "store.key.revoked", subject=row, unit=row.school_id)
    return row


@transaction.atomic
def set_seals(actor: Actor, *, school_id: UUID, seals: Sequence[str]) -> StoreSchool:
    """The numbers in the certificates with which a school seals, as the department knows them."""
    school = _school(actor, school_id, policy.GIVE_KEY)
    numbers = sorted({one.strip() for one in seals if one.strip()})
    for one in numbers:
        if _SEAL.match(one) is None:
            raise Invalid("STO-076", field="seals", value=one[:40])
    row = StoreSchool.objects.select_for_update(of=("self",)).filter(school=school).first()
    row = row or StoreSchool(school=school)
    before, row.seals = list(row.seals), numbers
    row.set_at, row.set_by = actor.now, actor.name
    row.save()
    audit.record(
        actor, "store.seals.set", subject=row, unit=school.pk, before={"seals": before},
        after={"seals": numbers},
    )  # fmt: skip
    return row


def holder_of(text: str, now: dt.datetime) -> StoreKey:
    """The key that opens with this text; all that do not are told alike (`STO-033`)."""
    rows = StoreKey.objects.filter(digest=_digest(text)).select_related("school")
    row: StoreKey | None = rows.first() if _KEY.match(text) else None
    if row is None or not row.is_usable(now):
        raise Refused("STO-033")
    if row.used_on != now.date():
        StoreKey.objects.filter(pk=row.pk).update(used_on=now.date())
    return row


@transaction.atomic
def keep_link(actor: Actor, *, school_id: UUID, text: str) -> StoreLink:
    """The school keeps the key that the department gave it, sealed (nhập khoá gửi)."""
    school = _school(actor, school_id, policy.CONNECT)
    text = text.strip()
    if _KEY.match(text) is None:
        raise Invalid("STO-007", field="key", prefix=PREFIX)
    row = StoreLink.objects.select_for_update(of=("self",)).filter(school=school).first()
    row = row or StoreLink(school=school)
    row.key, row.set_at, row.set_by = crypto.seal(text), actor.now, actor.name
    row.save()
    audit.record(actor, "store.link.set", subject=row, unit=school.pk)
    return row


def _school(actor: Actor, school_id: UUID, do: str) -> orgs.Unit:
    see = policy.SEE_SCHOOL if do != policy.CONNECT else policy.CONNECT
    found: orgs.Unit = permissions.load(actor, orgs.Unit.objects.all(), school_id, see=see, do=do)
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def link_of(school_id: UUID) -> StoreLink | None:
    """The key that a school has put in, for its page; never the key itself."""
    found: StoreLink | None = StoreLink.objects.filter(school=school_id).defer("key").first()
    return found


def seals_set(school_id: UUID) -> list[str]:
    """The numbers that the department wrote."""
    found: list[str] | None = (
        StoreSchool.objects.filter(school=school_id).values_list("seals", flat=True).first()
    )
    return found or []
