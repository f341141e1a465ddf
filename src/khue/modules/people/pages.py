"""What the people pages show: facts with labels, the sensitive ones only for those allowed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from khue.core.dates import format_date, parse_date
from khue.core.errors import NotFound
from khue.kit import permissions
from khue.kit.models import in_force
from khue.kit.privacy import FieldClass, classification_of
from khue.kit.words import said
from khue.modules.codes import api as codes
from khue.modules.orgs.api import Unit
from khue.modules.people import policy, queries, writing
from khue.modules.people.data import PersonChange
from khue.modules.people.guardians import RELATIONS
from khue.modules.people.models import IdentifierScheme, Person, PupilProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from django.db.models import Model

    from khue.core.actor import Actor

PERSON_SHOWN = ("birth_date", "sex", "ethnic_code", "nationality", "phone", "email")
PUPIL_SHOWN = (
    "register_number", "status", "admitted_on", "birth_place", "home_town", "current_address",
    "permanent_address", "contact_phone", "religion", "policy_groups", "disability", "note",
)
JOB_SHOWN = ("qualification", "title_code", "subject_codes", "joined_sector_on", "status")
PERSON_EDITED = ("full_name", "birth_date", "sex", "nationality", "phone", "email")
PUPIL_EDITED = (
    "register_number", "birth_place", "home_town", "current_address", "permanent_address",
    "contact_phone", "religion", "policy_groups", "disability", "note",
)
DATES = {"birth_date", "admitted_on", "joined_sector_on"}
HIDDEN = "•••"
WORDED = {"sex", "status"}  # words of the system, shown in the language of the reader


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled fact; hidden when the reader may not see it."""

    label: str
    value: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the edit form: what is shown, what it was."""

    name: str
    label: str
    value: str
    kind: str  # text, date, sex, long


def facts_of(row: Model, names: Iterable[str], *, sensitive: bool, day: dt.date) -> list[Fact]:
    """Facts of a row by its classification: sensitive ones are hidden from those not allowed."""
    classes = classification_of(type(row))
    found = []
    for name in names:
        value = getattr(row, name)
        if name == "birth_date" and isinstance(row, Person):
            value = row.birth_shown
        hidden = classes[name] is FieldClass.SENSITIVE and not sensitive
        if hidden:
            # Whether there is something is a secret too.
            found.append(Fact(writing.LABELS[name], HIDDEN, hidden=True))
        elif value:
            text = format_date(value) if isinstance(value, dt.date) else str(value)
            if name == "ethnic_code":
                text = codes.name_of(codes.ETHNIC_GROUPS, text, day)
            found.append(Fact(writing.LABELS[name], said(text) if name in WORDED else text))
    return found


def person_context(actor: Actor, person_id: UUID) -> dict[str, Any]:
    """Everything a person's page shows to this reader (trang của một người)."""
    person = queries.person_in_scope(actor, person_id)
    sensitive = permissions.can(actor, policy.SEE_PERSON_SENSITIVE, person)
    pupil = queries.pupil_of(actor, person_id)
    jobs = queries.jobs_of(actor, person_id)
    return {
        "person": person,
        "facts": facts_of(person, PERSON_SHOWN, sensitive=sensitive, day=actor.today),
        "identifiers": [
            Fact(
                IdentifierScheme(row.scheme).label,
                writing.shown(row, full=sensitive),
                hidden=row.scheme == IdentifierScheme.PERSONAL and not sensitive,
            )
            for row in queries.identifiers_of(person_id)
        ],
        "pupil": pupil,
        "pupil_facts": facts_of(pupil, PUPIL_SHOWN, sensitive=sensitive, day=actor.today) if pupil else [],
        "guardians": [
            (RELATIONS[row.relation], row) for row in queries.guardians_of(person_id, actor.today)
        ]
        if pupil
        else [],
        "jobs": [
            (
                job,
                facts_of(job, JOB_SHOWN, sensitive=sensitive, day=actor.today),
                job.is_current(actor.today),
            )
            for job in jobs
        ],
        "may_change": permissions.can(actor, policy.CHANGE_PERSON, person),
    }


def form_fields(person: Person, pupil: PupilProfile | None) -> tuple[list[FormField], list[FormField]]:
    """The edit form as it is first shown."""
    of_person = [_form_field(person, name) for name in PERSON_EDITED]
    return of_person, [_form_field(pupil, name) for name in PUPIL_EDITED] if pupil else []


def _form_field(row: Model, name: str) -> FormField:
    value = getattr(row, name)
    kind = "date" if name in DATES else "sex" if name == "sex" else "long" if name == "note" else "text"
    shown = format_date(value) if name in DATES else str(value or "")
    return FormField(name, writing.LABELS[name], shown, kind)


def read_form(
    person_id: UUID, posted: Mapping[str, str], *, with_pupil: bool
) -> tuple[PersonChange, dict[str, object]]:
    """The change that a posted form asks for, and the values it was shown with.

    Only what the user really edited is a change, so that two people editing different fields of
    one person do not stand in each other's way.
    """
    expected: dict[str, object] = {}
    parts: list[dict[str, object]] = []
    for names in (PERSON_EDITED, PUPIL_EDITED if with_pupil else ()):
        edited: dict[str, object] = {}
        for name in names:
            new, old = posted.get(name, ""), posted.get(f"was_{name}", "")
            if name not in posted or new.strip() == old.strip():
                continue
            edited[name] = _read(name, new)
            expected[name] = _read(name, old)
        parts.append(edited)
    return PersonChange(person_id, person=parts[0], pupil=parts[1]), expected


def _read(name: str, text: str) -> object:
    if name in DATES:
        return parse_date(text) if text.strip() else None
    # A browser sends CR LF from a textarea; stored text has single blanks anyway.
    return " ".join(text.split())


def schools_in_scope(actor: Actor) -> list[Unit]:
    """The schools that the actor may choose between on list pages."""
    units = Unit.objects.filter(in_force(actor.today), kind="school")
    rows = permissions.visible(actor, "orgs.unit.see", units)
    return list(rows.order_by("search_key", "id"))


def units_for(actor: Actor, action: str) -> list[Unit]:
    """The units on which the actor may do this, for a list to choose from."""
    return list(permissions.visible(actor, action, Unit.objects.all()).order_by("search_key", "id"))


def home_of(actor: Actor, person: Person) -> UUID:
    """The unit of this actor under which a change of the person is logged."""
    pupil = queries.pupil_of(actor, person.pk)
    mine = {unit.pk for unit in units_for(actor, policy.REGISTER)}
    jobs = [job.school_id for job in queries.jobs_of(actor, person.pk) if job.is_current(actor.today)]
    for unit in ([pupil.school_id] if pupil else []) + jobs:
        if unit in mine:
            return unit
    raise NotFound("KIT-001")


def places_context(actor: Actor, person: Person) -> dict[str, Any]:
    """Positions, identifiers and family as the page that changes them shows them."""
    pupil = queries.pupil_of(actor, person.pk)
    sensitive = permissions.can(actor, policy.SEE_PERSON_SENSITIVE, person)
    return {
        "person": person,
        "pupil": pupil,
        "jobs": [(job, job.is_current(actor.today)) for job in queries.jobs_of(actor, person.pk)],
        "codes": [
            (IdentifierScheme(row.scheme).label, writing.shown(row, full=sensitive))
            for row in queries.identifiers_of(person.pk)
        ],
        "guardians": [(RELATIONS[row.relation], row) for row in queries.guardians_of(person.pk, actor.today)]
        if pupil
        else [],
        "relations": RELATIONS.items(),
        "units": units_for(actor, policy.REGISTER),
    }
