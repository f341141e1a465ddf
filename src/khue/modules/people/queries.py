"""Reads about persons: lists in class-list order, search without accents, names."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.db.models import OuterRef, Q, Subquery

from khue.core.names import fold
from khue.kit import permissions
from khue.kit.crypto import blind_index
from khue.kit.models import in_force
from khue.modules.people import policy, writing
from khue.modules.people.data import PersonCard
from khue.modules.people.models import (
    Employment,
    Guardianship,
    IdentifierScheme,
    Person,
    PersonIdentifier,
    PupilProfile,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor

PUPILS, STAFF = "pupils", "staff"
LIMIT = 100


def find_people(
    actor: Actor, text: str = "", kind: str = PUPILS, *, school_id: UUID | None = None, limit: int = LIMIT,
    offset: int = 0,
) -> list[PersonCard]:
    """Pupils or staff in the actor's scope whose name has these words, or who bear this code.

    Accents do not matter: «duc» finds Đức (tìm người). Sorted by given name.
    """
    rows: QuerySet[Any] = _pupil_rows(actor) if kind == PUPILS else _staff_rows(actor)
    if school_id is not None:
        rows = rows.filter(school=school_id)
    if text.strip():
        rows = rows.filter(_matches(text, kind))
    rows = _with_code(rows).select_related("person").order_by("person__sort_key", "person_id", "id")
    page = rows[offset : offset + limit]
    return [pupil_card(row) if kind == PUPILS else staff_card(row) for row in page]


def _pupil_rows(actor: Actor) -> QuerySet[PupilProfile]:
    return permissions.visible(actor, policy.SEE_PUPIL, PupilProfile.objects.all())


def _staff_rows(actor: Actor) -> QuerySet[Employment]:
    rows = Employment.objects.filter(in_force(actor.today))
    return permissions.visible(actor, policy.SEE_STAFF, rows)


def _matches(text: str, kind: str) -> Q:
    condition = Q()
    for word in search_words(text):
        condition &= has_word(word, "person__")
    if not any(ch.isdigit() for ch in text):
        return condition
    code = text.strip().replace(" ", "")
    lookups = {code, writing.lookup_of(IdentifierScheme.PERSONAL, code)}
    # A temporary code is never given twice: it finds its pupil also when the real code has come.
    held = Q(valid_to__isnull=True) | Q(scheme=IdentifierScheme.TEMPORARY)
    bearers = PersonIdentifier.objects.filter(held, lookup__in=lookups).values("person")
    condition |= Q(person__in=bearers)
    return condition | Q(register_number=code) if kind == PUPILS else condition


def _with_code(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With the Ministry's code of each person."""
    code = PersonIdentifier.objects.filter(
        person=OuterRef("person"), scheme=IdentifierScheme.MINISTRY, valid_to__isnull=True
    ).values("value")
    with_code: QuerySet[Any] = rows.annotate(ministry_code=Subquery(code[:1]))
    return with_code


def pupil_card(row: PupilProfile) -> PersonCard:
    """A pupil's line."""
    return _card(row, row.status, row.register_number)


def staff_card(row: Employment) -> PersonCard:
    """A staff member's line."""
    return _card(row, row.position, row.status)


def _card(row: PupilProfile | Employment, role: str, note: str) -> PersonCard:
    person = row.person
    return PersonCard(
        person.pk, person.full_name, person.sort_key, person.birth_shown, person.sex, row.school_id, role,
        getattr(row, "ministry_code", None) or "", note,
    )


def pupils_of(school_id: UUID, *, status: str = "") -> list[PersonCard]:
    """All pupils in the register of a school, by given name; for other modules, which check access."""
    rows: QuerySet[Any] = PupilProfile.objects.filter(school=school_id)
    if status:
        rows = rows.filter(status=status)
    rows = _with_code(rows).select_related("person").order_by("person__sort_key", "person_id")
    return [pupil_card(row) for row in rows]


def staff_of(school_id: UUID, day: dt.date) -> list[PersonCard]:
    """Everybody who works at a school on a day, by given name; for other modules, which check access."""
    rows: QuerySet[Any] = Employment.objects.filter(in_force(day), school=school_id)
    rows = _with_code(rows).select_related("person").order_by("person__sort_key", "person_id", "id")
    return [staff_card(row) for row in rows]


def names_of(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by person, in class-list order (họ tên)."""
    wanted = Person.objects.filter(pk__in=set(ids)).order_by("sort_key", "id")
    return dict(wanted.values_list("pk", "full_name"))


def person_in_scope(actor: Actor, person_id: UUID) -> Person:
    """The person if the actor may see them; strangers learn nothing."""
    person: Person = permissions.load(actor, Person.objects.all(), person_id, see=policy.SEE_PERSON)
    return person


def pupil_of(actor: Actor, person_id: UUID) -> PupilProfile | None:
    """The register entry of a person, if there is one and the actor may see it."""
    return _pupil_rows(actor).filter(person=person_id).select_related("school").first()


def jobs_of(actor: Actor, person_id: UUID) -> list[Employment]:
    """The positions of a person that the actor may see, newest first."""
    rows = permissions.visible(actor, policy.SEE_STAFF, Employment.objects.filter(person=person_id))
    return list(rows.select_related("school").order_by("-valid_from", "-id"))


def identifiers_of(person_id: UUID) -> list[PersonIdentifier]:
    """Identifiers in force of a person, by kind."""
    rows = PersonIdentifier.objects.filter(person=person_id, valid_to__isnull=True)
    return list(rows.order_by("scheme", "id"))


def guardians_of(child_id: UUID, day: dt.date) -> list[Guardianship]:
    """The guardians of a child on a day, with their persons."""
    rows = Guardianship.objects.filter(in_force(day), child=child_id)
    return list(rows.select_related("guardian").order_by("relation", "id"))


def belongs_to(school_id: UUID, day: dt.date) -> Q:
    """Condition on persons: works at this unit on that day, or is in its register."""
    jobs = Employment.objects.filter(in_force(day), school=school_id).values("person")
    pupils = PupilProfile.objects.filter(school=school_id).values("person")
    return Q(pk__in=jobs) | Q(pk__in=pupils)


def works_in_scope(actor: Actor, person_id: UUID) -> bool:
    """Whether the person holds a position today that the actor may see."""
    return _staff_rows(actor).filter(person=person_id).exists()


def schools_of_staff(person_id: UUID, day: dt.date) -> list[UUID]:
    """Where a person works on a day."""
    rows = Employment.objects.filter(in_force(day), person=person_id).order_by("valid_from", "id")
    return list(dict.fromkeys(rows.values_list("school_id", flat=True)))


def places_of_staff(person_ids: Iterable[UUID], day: dt.date) -> set[tuple[UUID, UUID]]:
    """Person and unit of every position held on a day, for many persons at once."""
    rows = Employment.objects.filter(in_force(day), person__in=list(person_ids)).order_by("id")
    return set(rows.values_list("person_id", "school_id"))


def bears_number(person_id: UUID, number: str) -> bool | None:
    """Whether a personal number is this person's; None where none is known of the person."""
    rows = PersonIdentifier.objects.filter(
        person=person_id, scheme=IdentifierScheme.PERSONAL, valid_to__isnull=True
    )
    known = list(rows.values_list("lookup", flat=True))
    return blind_index(number) in known if known else None


def personal_numbers_of(person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Personal numbers in the clear, by person; only for readers who may see what is sensitive."""
    rows = PersonIdentifier.objects.filter(
        person__in=list(person_ids), scheme=IdentifierScheme.PERSONAL, valid_to__isnull=True
    )
    return {row.person_id: writing.shown(row, full=True) for row in rows}


def sealed_numbers_readable() -> bool:
    """Whether the key of this installation opens the personal numbers stored, first and last."""
    rows = PersonIdentifier.objects.filter(scheme=IdentifierScheme.PERSONAL).order_by("id")
    try:
        return all(writing.shown(row, full=True) for row in (rows.first(), rows.last()) if row is not None)
    except InvalidToken:
        return False


def search_words(text: str) -> list[str]:
    """The words of a search, folded: «Đức» is «duc»."""
    return fold(text[:100]).split()


def has_word(word: str, prefix: str = "") -> Q:
    """Condition «a word of the name begins so», through an optional path to the person."""
    key = f"{prefix}search_key"
    return Q(**{f"{key}__startswith": word}) | Q(**{f"{key}__contains": f" {word}"})


def field_label(name: str) -> str:
    """What a field is called on the page, or its name when it has no other."""
    return writing.LABELS.get(name, name)
