"""Small typed factories for the tests of people and access."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from khue.core.actor import Actor, GrantFact, Role, system_actor
from khue.core.dates import VIETNAM
from khue.core.ids import uuid7
from khue.modules.orgs.api import found_unit
from khue.modules.people.api import admit_pupil, employ, register_person
from khue.modules.people.data import NewIdentifier, NewPerson

if TYPE_CHECKING:
    from khue.modules.orgs.api import Unit
    from khue.modules.people.models import Person

NOW = dt.datetime(2026, 10, 5, 8, 30, tzinfo=VIETNAM)
SINCE = dt.date(2024, 8, 1)
SYSTEM = system_actor("kiểm thử", NOW)


def make_unit(name: str, *, kind: str = "school", parent: Unit | None = None) -> Unit:
    """A unit of the tree."""
    return found_unit(SYSTEM, kind=kind, name=name, parent=parent, since=SINCE)


def make_pupil(school: Unit, name: str, *, born: dt.date | None = None, **codes: str) -> Person:
    """A pupil in the register of a school."""
    identifiers = tuple(
        NewIdentifier(scheme, value, school.pk if scheme == "software" else None)
        for scheme, value in codes.items()
    )
    new = NewPerson(name, birth_date=born, sex="Nữ", identifiers=identifiers)
    person = register_person(SYSTEM, school_id=school.pk, person=new)
    admit_pupil(SYSTEM, school_id=school.pk, person_id=person.pk, facts={"religion": "Không"})
    return person


def make_staff(school: Unit, name: str, position: str = "Giáo viên") -> Person:
    """A member of staff with a position since last year."""
    person = register_person(SYSTEM, school_id=school.pk, person=NewPerson(name))
    employ(SYSTEM, school_id=school.pk, person_id=person.pk, position=position, since=SINCE)
    return person


def actor_with(person: Person | None, *held: tuple[Role, Unit], now: dt.datetime = NOW) -> Actor:
    """An actor with these roles over these units."""
    grants = tuple(GrantFact(uuid7(), role, unit.pk) for role, unit in held)
    return Actor(
        person.pk if person else None, person.full_name if person else "ai đó", now.date(), now, grants
    )
