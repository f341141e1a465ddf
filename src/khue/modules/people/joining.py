"""Writes of a form for one newcomer: a pupil or a member of staff who may be known already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Refused
from khue.core.names import fold
from khue.kit import permissions
from khue.modules.people import places, policy, services
from khue.modules.people.data import MatchRow, NewPerson
from khue.modules.people.matching import match_people
from khue.modules.people.models import IdentifierScheme, Person, PupilProfile

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.people.models import Employment

_FIELDS = {
    IdentifierScheme.MINISTRY.value: "ministry", IdentifierScheme.PERSONAL.value: "personal",
    IdentifierScheme.STAFF.value: "staff",
}  # fmt: skip


@transaction.atomic
def admit_newcomer(
    actor: Actor, *, school_id: UUID, person: NewPerson, facts: Mapping[str, object], another: bool = False
) -> PupilProfile:
    """Enter a pupil in the register, as a new person or as the one we know (tiếp nhận học sinh).

    `another` says that a namesake born the same day is somebody else.
    """
    services.load_school(actor, school_id, do=policy.ADMIT)
    known = _known(actor, school_id, person, another=another)
    profile = PupilProfile.objects.filter(person=known).first() if known else None
    if profile is not None and profile.school_id == school_id:
        raise Refused("PEO-017", name=person.full_name)
    key = known or services.register_person(actor, school_id=school_id, person=person).pk
    return places.admit_pupil(actor, school_id=school_id, person_id=key, facts=facts)


@transaction.atomic
def employ_newcomer(
    actor: Actor, *, school_id: UUID, person: NewPerson, position: str, since: dt.date,
    facts: Mapping[str, object] | None = None, another: bool = False,
) -> Employment:
    """Give a position to a new person or to the one we know (tiếp nhận cán bộ)."""
    services.load_school(actor, school_id)
    known = _known(actor, school_id, person, another=another)
    key = known or services.register_person(actor, school_id=school_id, person=person).pk
    return places.employ(
        actor, school_id=school_id, person_id=key, position=position, since=since, facts=facts
    )


def _known(actor: Actor, school_id: UUID, new: NewPerson, *, another: bool) -> UUID | None:
    """The person meant by a form, None for somebody new; whoever may be two people is refused."""
    codes = {_FIELDS[item.scheme]: item.value for item in new.identifiers if item.scheme in _FIELDS}
    row = MatchRow(new.full_name, new.birth_date, new.birth_text, **codes)
    found = match_people(school_id, [row])[0]
    if found.outcome == "none":
        return None
    if found.by in {"name_birth", "similar_name", "other_code"}:
        if another:
            return None
        if found.outcome == "ambiguous":
            raise Refused("PEO-018", name=new.full_name)
    if found.outcome == "ambiguous":
        raise Refused("PEO-003", scheme=IdentifierScheme.PERSONAL.label, name=new.full_name)
    person = Person.objects.get(pk=found.person_ids[0])
    # A code alone opens nobody's record: name and birth date have to be known as well.
    seen = permissions.can(actor, policy.SEE_PERSON, person)
    same = fold(person.full_name) == fold(new.full_name) and person.birth_date == new.birth_date
    if not seen and not same:
        scheme = next(item.scheme for item in new.identifiers if _FIELDS.get(item.scheme) == found.by)
        raise Refused("PEO-003", scheme=IdentifierScheme(scheme).label, name=new.full_name)
    return person.pk
