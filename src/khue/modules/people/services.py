"""Writes about persons: registering, changing, identifiers, withdrawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import ProtectedError, Q

from khue.core.errors import Conflict, Invalid, Refused
from khue.kit import audit, outbox, permissions
from khue.kit.models import AuditEvent, in_force
from khue.modules.orgs.api import Unit
from khue.modules.people import merging, policy, writing
from khue.modules.people.data import NewIdentifier, NewPerson, PersonChange
from khue.modules.people.events import PeopleChanged, PeopleRegistered
from khue.modules.people.models import (
    Employment,
    Guardianship,
    IdentifierScheme,
    Person,
    PersonIdentifier,
    PupilProfile,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from django.db.models import Model

    from khue.core.actor import Actor

BATCH = 500


def load_school(actor: Actor, school_id: UUID, *, do: str = policy.REGISTER) -> Unit:
    """The school if the actor may add people to it; strangers learn nothing."""
    school: Unit = permissions.load(
        actor, Unit.objects.all(), school_id, see="orgs.unit.see", do=do
    )
    return school


@transaction.atomic
def register_person(actor: Actor, *, school_id: UUID, person: NewPerson) -> Person:
    """Register one person (thêm người)."""
    return register_people(actor, school_id=school_id, people=[person])[0]


@transaction.atomic
def register_people(actor: Actor, *, school_id: UUID, people: Sequence[NewPerson]) -> list[Person]:
    """Register many persons in a handful of statements (thêm nhiều người), in the order given."""
    school = load_school(actor, school_id)
    rows: list[Person] = []
    identifiers: list[PersonIdentifier] = []
    for new in people:
        facts = {name: getattr(new, name) for name in writing.PERSON_FIELDS}
        stored = writing.cleaned(Person, facts, today=actor.today)
        row = Person(**stored, **writing.keys_of(stored["full_name"]))
        rows.append(row)
        identifiers += [
            writing.identifier_row(item, person=row, since=actor.today) for item in new.identifiers
        ]
    _refuse_taken(identifiers)
    Person.objects.bulk_create(rows, batch_size=BATCH)
    merging.create(identifiers)
    save_events(
        audit.event_for(actor, "people.person.registered", subject=row, unit=school.pk,
                        after={"full_name": row.full_name, "birth": row.birth_shown})
        for row in rows
    )
    outbox.announce(actor, PeopleRegistered(school.pk, tuple(row.pk for row in rows)), unit=school.pk)
    return rows


def _refuse_taken(rows: Sequence[PersonIdentifier]) -> None:
    """Refuse (`PEO-003`) an identifier that is in force for somebody else, or twice in one list."""
    seen: set[tuple[str, UUID | None, str]] = set()
    taken = {
        (row.scheme, row.issuer, row.lookup): row.person_id
        for row in PersonIdentifier.objects.filter(
            lookup__in=[row.lookup for row in rows], valid_to__isnull=True
        ).order_by("id")
    }
    for row in rows:
        key = (row.scheme, row.issuer, row.lookup)
        if key in seen or taken.get(key, row.person_id) != row.person_id:
            label = IdentifierScheme(row.scheme).label
            raise Refused("PEO-003", field=row.scheme, scheme=label, name=row.person.full_name)
        seen.add(key)


@transaction.atomic
def change_person(
    actor: Actor, *, person_id: UUID, changes: PersonChange, expected: Mapping[str, object] | None = None
) -> Person:
    """Change facts of one person (sửa thông tin). `expected` holds the values the form was shown with:
    a field that somebody else changed in between is a conflict (`PEO-006`), never overwritten."""
    person: Person = permissions.load(
        actor, Person.objects.all(), person_id,
        see=policy.SEE_PERSON, do=policy.CHANGE_PERSON, lock=True,
    )
    rows = _rows_of(actor, [person_id])
    for name, value in (expected or {}).items():
        current = _current(rows, person, name, changes)
        if current != value:
            label = writing.LABELS.get(name, name)
            raise Conflict("PEO-006", field=name, item=label, value=writing.plain(current))
    _apply(actor, [changes], {person_id: person}, rows, unit=None)
    return person


def _current(rows: _Places, person: Person, name: str, changes: PersonChange) -> object:
    row: Any = person
    if name in changes.pupil:
        row = rows.pupils.get(person.pk)
    elif name in changes.job:
        row = rows.jobs.get(person.pk)
    return getattr(row, name, None)


@transaction.atomic
def change_people(
    actor: Actor, *, school_id: UUID, changes: Sequence[PersonChange]
) -> list[PersonChange]:
    """Change many persons of a school in a few statements; gives back the changes that undo it."""
    school = load_school(actor, school_id)
    ids = [change.person_id for change in changes]
    persons = {
        row.pk: row
        for row in permissions.visible(actor, policy.CHANGE_PERSON, Person.objects.filter(pk__in=ids))
        .select_for_update(of=("self",))
        .order_by("id")
    }
    if len(persons) != len(set(ids)):
        # Ask for the first one missing, so that the answer is the same as for a single change.
        gone = next(key for key in ids if key not in persons)
        permissions.load(
            actor, Person.objects.all(), gone, see=policy.SEE_PERSON, do=policy.CHANGE_PERSON
        )
    return _apply(actor, changes, persons, _rows_of(actor, ids, school.pk), unit=school.pk)


class _Places:
    """The register entry and the current position of each of some persons, by person."""

    def __init__(self, pupils: dict[UUID, PupilProfile], jobs: dict[UUID, Employment]) -> None:
        self.pupils = pupils
        self.jobs = jobs


def _rows_of(actor: Actor, ids: Sequence[UUID], school_id: UUID | None = None) -> _Places:
    pupils = permissions.visible(actor, policy.CHANGE_PUPIL, PupilProfile.objects.filter(person__in=ids))
    jobs = permissions.visible(actor, policy.CHANGE_STAFF, Employment.objects.filter(person__in=ids))
    if school_id is not None:
        jobs = jobs.filter(school=school_id)
    jobs = jobs.filter(in_force(actor.today))
    return _Places(
        {row.person_id: row for row in pupils.select_for_update(of=("self",)).order_by("id")},
        {row.person_id: row for row in jobs.select_for_update(of=("self",)).order_by("id")},
    )


def _apply(
    actor: Actor, changes: Sequence[PersonChange], persons: Mapping[UUID, Person], places: _Places, *,
    unit: UUID | None,
) -> list[PersonChange]:
    events: list[AuditEvent] = []
    undo: list[PersonChange] = []
    touched: dict[type[Any], tuple[list[Any], set[str]]] = {
        model: ([], set()) for model in writing.FIELDS
    }
    for change in changes:
        person = persons[change.person_id]
        home = unit or _home(places, person.pk)
        back: dict[str, dict[str, Any]] = {}
        for part, row, facts in _parts(change, person, places):
            old = {name: getattr(row, name, None) for name in facts}
            before, after = writing.put(row, facts, actor.today)
            if not after:
                continue
            rows, fields = touched[type(row)]
            rows.append(row)
            fields.update(after)
            back[part] = {name: old[name] for name in after}
            events.append(
                audit.event_for(
                    actor, f"people.{part}.changed", subject=row, unit=home, before=before, after=after
                )
            )
        if back:
            undo.append(PersonChange(person.pk, **back))
    _save(touched)
    save_events(events)
    if undo:
        outbox.announce(actor, PeopleChanged(unit, tuple(item.person_id for item in undo)), unit=unit)
    return undo


def _parts(
    change: PersonChange, person: Person, places: _Places
) -> Iterator[tuple[str, Model, Mapping[str, object]]]:
    """The rows that a change touches, with the facts for each."""
    candidates: tuple[tuple[str, Model | None, Mapping[str, object]], ...] = (
        ("person", person, change.person),
        ("pupil", places.pupils.get(person.pk), change.pupil),
        ("job", places.jobs.get(person.pk), change.job),
    )
    for part, row, facts in candidates:
        if not facts:
            continue
        if row is None:
            raise Invalid("PEO-005", item=next(iter(facts)))
        yield part, row, facts


def _save(touched: Mapping[type[Any], tuple[list[Any], set[str]]]) -> None:
    for model, (rows, fields) in touched.items():
        if "full_name" in fields:
            fields |= {"sort_key", "search_key"}
        if rows:
            model.objects.bulk_update(rows, sorted(fields), batch_size=BATCH)


def _home(places: _Places, person_id: UUID) -> UUID | None:
    """The unit under which a change is logged: where the person learns or works."""
    row = places.pupils.get(person_id) or places.jobs.get(person_id)
    return row.school_id if row else None


@transaction.atomic
def add_identifiers(
    actor: Actor, *, school_id: UUID, identifiers: Sequence[tuple[UUID, NewIdentifier]]
) -> list[PersonIdentifier]:
    """Give identifiers to persons of a school; an open one of the same kind ends (đổi mã định danh)."""
    school = load_school(actor, school_id)
    ids = {person_id for person_id, _ in identifiers}
    persons = {
        row.pk: row
        for row in permissions.visible(actor, policy.CHANGE_PERSON, Person.objects.filter(pk__in=ids))
        .select_for_update(of=("self",))
        .order_by("id")
    }
    for person_id in ids - persons.keys():
        permissions.load(
            actor, Person.objects.all(), person_id,
            see=policy.SEE_PERSON, do=policy.CHANGE_PERSON,
        )
    new = [
        writing.identifier_row(item, person=persons[person_id], since=actor.today)
        for person_id, item in identifiers
    ]
    _refuse_taken(new)
    held = {
        (row.person_id, row.scheme, row.issuer): row
        for row in PersonIdentifier.objects.filter(person__in=ids, valid_to__isnull=True).order_by("id")
    }
    fresh = []
    for row in new:
        old = held.get((row.person_id, row.scheme, row.issuer))
        if old is not None and old.lookup == row.lookup:
            continue
        if old is not None:
            old.valid_to = max(actor.today, old.valid_from)
            old.save(update_fields=["valid_to"])
        fresh.append(row)
    merging.create(fresh)
    merging.end_temporary(actor, fresh, school_id=school.pk)
    save_events(
        # The number itself stays out of the log.
        audit.event_for(actor, "people.identifier.added", subject=("people.Person", row.person_id),
                        unit=school.pk, after={"scheme": row.scheme})
        for row in fresh
    )
    _say_changed(actor, school.pk, [row.person_id for row in fresh])
    return fresh


def _say_changed(actor: Actor, school_id: UUID, person_ids: Iterable[UUID]) -> None:
    ids = tuple(dict.fromkeys(person_ids))
    if ids:
        outbox.announce(actor, PeopleChanged(school_id, ids), unit=school_id)


@transaction.atomic
def withdraw_identifiers(actor: Actor, *, school_id: UUID, identifier_ids: Sequence[UUID]) -> int:
    """Take back identifiers that were given by mistake; the one each had ended holds again (undo)."""
    school = load_school(actor, school_id)
    own = permissions.visible(actor, policy.CHANGE_PERSON, Person.objects.all())
    rows = PersonIdentifier.objects.filter(pk__in=identifier_ids, person__in=own)
    found = list(rows.select_for_update(of=("self",)).order_by("id"))
    for row in found:
        before = PersonIdentifier.objects.filter(
            person=row.person_id, scheme=row.scheme, issuer=row.issuer, valid_to=row.valid_from
        ).exclude(pk=row.pk)
        row.delete()
        before.filter(pk=before.order_by("-id").values("pk")[:1]).update(valid_to=None)
    merging.restore_temporary(actor, found, school_id=school.pk)
    save_events(
        audit.event_for(actor, "people.identifier.withdrawn", subject=("people.Person", row.person_id),
                        unit=school.pk, before={"scheme": row.scheme})
        for row in found
    )
    _say_changed(actor, school.pk, [row.person_id for row in found])
    return len(found)


@transaction.atomic
def add_identifier(
    actor: Actor, *, school_id: UUID, person_id: UUID, scheme: str, value: str, issuer: UUID | None = None
) -> PersonIdentifier | None:
    """Give one identifier; None when the person has this very one already."""
    new = NewIdentifier(scheme, value, issuer)
    made = add_identifiers(actor, school_id=school_id, identifiers=[(person_id, new)])
    return made[0] if made else None


@transaction.atomic
def withdraw_people(actor: Actor, *, school_id: UUID, person_ids: Sequence[UUID]) -> int:
    """Take back persons that were entered by mistake and on whom nothing depends (rút lại).

    For the undo of an import; refused (`PEO-010`) as soon as a mark, an account or a class holds one.
    """
    school = load_school(actor, school_id)
    persons = permissions.visible(actor, policy.CHANGE_PERSON, Person.objects.filter(pk__in=person_ids))
    # A person registered a moment ago without a place yet is nobody's: the registering school may withdraw.
    placeless = Person.objects.filter(
        pk__in=person_ids, pupil__isnull=True, employments__isnull=True, guardianships__isnull=True,
        wards__isnull=True,
    )
    own = set(persons.values_list("pk", flat=True)) | set(placeless.values_list("pk", flat=True))
    elsewhere = Employment.objects.filter(Q(person__in=own) & ~Q(school=school.pk)).count()
    elsewhere += PupilProfile.objects.filter(Q(person__in=own) & ~Q(school=school.pk)).count()
    if elsewhere or len(own) != len(set(person_ids)):
        raise Refused("PEO-010", count=elsewhere + len(set(person_ids)) - len(own))
    try:
        with transaction.atomic():
            Guardianship.objects.filter(Q(child__in=own) | Q(guardian__in=own)).delete()
            Employment.objects.filter(person__in=own).delete()
            PupilProfile.objects.filter(person__in=own).delete()
            PersonIdentifier.objects.filter(person__in=own).delete()
            Person.objects.filter(pk__in=own).delete()
    except ProtectedError as error:
        raise Refused("PEO-010", count=len(error.protected_objects)) from error
    save_events(
        audit.event_for(actor, "people.person.withdrawn", subject=("people.Person", key), unit=school.pk)
        for key in own
    )
    return len(own)


def save_events(events: Iterable[AuditEvent]) -> None:
    """Write many audit rows in few statements."""
    AuditEvent.objects.bulk_create(list(events), batch_size=BATCH)
