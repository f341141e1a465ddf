"""The rows the services start from, loaded in the actor's scope and locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.core.errors import Invalid, NotAllowed
from khue.kit import permissions
from khue.modules.orgs import api as orgs
from khue.modules.schooling import policy
from khue.modules.schooling.models import ClassSubject, SchoolClass

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling.models import SchoolYear


def load_school(actor: Actor, key: UUID, do: str, *, see: str = policy.SEE_SCHOOL) -> orgs.Unit:
    """A school whose classes the actor may see; locked, so that two clerks do not do the same act twice."""
    rows = orgs.Unit.objects.select_related("school")
    school: orgs.Unit = permissions.load(actor, rows, key, see=see, do=do, lock=True)
    return school


def load_class(actor: Actor, key: UUID, do: str = policy.CHANGE_CLASS) -> SchoolClass:
    """A class with its year, locked."""
    rows = SchoolClass.objects.select_related("year")
    school_class: SchoolClass = permissions.load(actor, rows, key, see=policy.SEE_CLASS, do=do, lock=True)
    return school_class


def load_subject(actor: Actor, key: UUID) -> ClassSubject:
    """A subject of a class, locked."""
    rows = ClassSubject.objects.select_related("subject", "school_class__year")
    subject: ClassSubject = permissions.load(
        actor, rows, key, see=policy.SEE_SUBJECT, do=policy.CHANGE_SUBJECT, lock=True
    )
    return subject


def need(actor: Actor, action: str) -> None:
    """Refuse unless some rule of the action speaks for the actor; for acts that have no row yet."""
    if permissions.rows_for(actor, action) == permissions.DENY:
        raise NotAllowed("KIT-002", action=permissions.actions()[action].label)


def within(year: SchoolYear, day: dt.date, *, field: str) -> None:
    """Refuse a day outside the school year (`SCH-005`)."""
    if not year.starts_on <= day < year.ends_on:
        raise Invalid("SCH-005", field=field, day=f"{day:%d/%m/%Y}", year=year.code)
