"""Two rows of one child: found, shown, and their codes brought together with a reason (hồ sơ trùng)."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from khue.core.errors import Conflict, Invalid, Refused
from khue.core.names import nfc
from khue.kit import audit, outbox, permissions
from khue.modules.people import merging, policy
from khue.modules.people.data import Duplicate
from khue.modules.people.events import IdentifiersMerged
from khue.modules.people.models import (
    IdentifierMerge,
    IdentifierScheme,
    Person,
    PersonIdentifier,
    PupilProfile,
)
from khue.modules.people.services import load_school

if TYPE_CHECKING:
    from collections.abc import Iterable

    from khue.core.actor import Actor

# Of these a human being has one: two different ones are two human beings, until somebody proves a slip.
OFFICIAL = (IdentifierScheme.MINISTRY, IdentifierScheme.PERSONAL, IdentifierScheme.LIFELONG)
LONGEST_REASON = 300


def duplicates_of(actor: Actor, school_id: UUID) -> list[Duplicate]:
    """Pupils of a school who have the same birth date and name, whatever the accents; not merged ones."""
    profiles = PupilProfile.objects.filter(school=school_id, person__birth_date__isnull=False)
    rows = permissions.visible(actor, policy.CHANGE_PUPIL, profiles).select_related("person")
    alike: dict[tuple[object, str], list[Person]] = defaultdict(list)
    for row in rows.order_by("person__sort_key", "person_id"):
        alike[row.person.birth_date, row.person.search_key].append(row.person)
    groups = [group for group in alike.values() if len(group) > 1]
    official = _official({person.pk for group in groups for person in group})
    merged = IdentifierMerge.objects.filter(school=school_id, undone_at__isnull=True)
    gone = set(merged.values_list("other_id", flat=True))
    return [
        Duplicate(one.pk, two.pk, "same_birth" if one.sort_key == two.sort_key else "similar_name")
        for group in groups
        for one, two in combinations(group, 2)
        if not {one.pk, two.pk} & gone and not _differ(official[one.pk], official[two.pk])
    ]


def _official(ids: Iterable[UUID]) -> defaultdict[UUID, dict[str, str]]:
    found: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    rows = PersonIdentifier.objects.filter(person__in=ids, scheme__in=OFFICIAL, valid_to__isnull=True)
    for person, scheme, lookup in rows.order_by("id").values_list("person", "scheme", "lookup"):
        found[person][scheme] = lookup
    return found


def _differ(one: dict[str, str], two: dict[str, str]) -> str:
    """The kind of official code of which the two have different ones."""
    return next((scheme for scheme in one.keys() & two.keys() if one[scheme] != two[scheme]), "")


@transaction.atomic
def merge_identifiers(
    actor: Actor, *, school_id: UUID, kept_id: UUID, other_id: UUID, reason: str
) -> IdentifierMerge:
    """Give the codes of one row to the other row of the same child (gộp mã định danh)."""
    school = load_school(actor, school_id)
    persons = {key: _load(actor, key) for key in sorted({kept_id, other_id})}
    kept, other = persons[kept_id], persons[other_id]
    text = nfc(reason)[:LONGEST_REASON]
    if not text:
        raise Invalid("PEO-023", field="reason")
    if kept == other:
        raise Invalid("KIT-003", field="kept")
    merged = IdentifierMerge.objects.filter(undone_at__isnull=True, other__in=(kept, other))
    if merged.exists():
        raise Refused("PEO-025", name=merged.select_related("other")[0].other.full_name)
    official = _official((kept.pk, other.pk))
    scheme = _differ(official[kept.pk], official[other.pk])
    if scheme:
        raise Refused("PEO-022", scheme=IdentifierScheme(scheme).label)
    row = IdentifierMerge(
        school=school, kept=kept, other=other, reason=text, made_at=actor.now, made_by=actor.name[:200]
    )
    row.moved = _move_codes(actor, kept, other)
    try:
        row.save(force_insert=True)
    except IntegrityError as error:  # somebody merged the same row at this moment
        raise Conflict("PEO-021", name=other.full_name) from error
    audit.record(
        actor, "people.identifiers.merged", subject=kept, unit=school.pk, reason=text,
        after={"other": str(other.pk), "codes": len(row.moved)},
    )
    outbox.announce(actor, IdentifiersMerged(school.pk, (kept.pk, other.pk)), unit=school.pk)
    return row


def _load(actor: Actor, key: UUID) -> Person:
    return permissions.load(
        actor, Person.objects.all(), key, see=policy.SEE_PERSON, do=policy.CHANGE_PERSON, lock=True
    )


def _move_codes(actor: Actor, kept: Person, other: Person) -> list[list[str]]:
    held = PersonIdentifier.objects.select_for_update(of=("self",)).filter(
        person=other, valid_to__isnull=True
    )
    rows = list(held.order_by("id"))
    real = PersonIdentifier.objects.filter(
        person__in=(kept, other), scheme=IdentifierScheme.MINISTRY, valid_to__isnull=True
    ).exists()
    fresh = []
    for row in rows:
        row.valid_to = max(actor.today, row.valid_from)
        temporary = row.scheme == IdentifierScheme.TEMPORARY
        fresh.append(
            PersonIdentifier(
                person=kept, scheme=row.scheme, value=row.value, lookup=row.lookup, issuer=row.issuer,
                valid_from=actor.today, valid_to=actor.today if temporary and real else None,
            )
        )
    PersonIdentifier.objects.bulk_update(rows, ["valid_to"])
    merging.create(fresh)
    return [[str(old.pk), str(new.pk)] for old, new in zip(rows, fresh, strict=True)]


@transaction.atomic
def unmerge_identifiers(actor: Actor, *, school_id: UUID, merge_id: UUID) -> IdentifierMerge:
    """Give the codes back: it was not one child after all (tách lại)."""
    school = load_school(actor, school_id)
    rows = IdentifierMerge.objects.select_for_update(of=("self",)).filter(school=school.pk)
    row = rows.filter(pk=merge_id).select_related("kept", "other").first()
    if row is None or row.undone_at is not None:
        raise Conflict("PEO-024")
    for key in sorted((row.kept_id, row.other_id)):
        _load(actor, key)
    old = PersonIdentifier.objects.in_bulk([UUID(pair[0]) for pair in row.moved])
    new = PersonIdentifier.objects.in_bulk([UUID(pair[1]) for pair in row.moved])
    ended = [one for one in new.values() if one.valid_to is not None]
    if len(new) != len(row.moved) or any(one.scheme != IdentifierScheme.TEMPORARY for one in ended):
        raise Conflict("PEO-024")
    PersonIdentifier.objects.filter(pk__in=new).delete()
    for one in old.values():
        one.valid_to = None
    PersonIdentifier.objects.bulk_update(list(old.values()), ["valid_to"])
    row.undone_at = actor.now
    row.save(update_fields=["undone_at"])
    audit.record(
        actor, "people.identifiers.separated", subject=row.kept, unit=school.pk, reason=row.reason,
        before={"other": str(row.other_id), "codes": len(row.moved)},
    )
    event = IdentifiersMerged(school.pk, (row.kept_id, row.other_id), undone=True)
    outbox.announce(actor, event, unit=school.pk)
    return row
