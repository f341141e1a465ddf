"""What the pages are asked for: the year, days as people write them, a refusal beside the form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.dates import parse_date
from khue.core.errors import KhueError, NotAllowed, NotFound
from khue.core.ids import from_short
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.orgs import api as orgs
from khue.modules.schooling import policy, queries
from khue.modules.schooling.models import ClassSubject, SchoolClass, SchoolYear

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from khue.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a posted form ended: done, or the refusal to show beside what was typed."""

    done: bool
    refusal: str = ""
    field: str = ""
    status: int = 200


NOT_TRIED = Attempt(done=False)


def attempt(act: Callable[[], object]) -> Attempt:
    """Run one act; a refusal about the input comes back, «not found» and «not allowed» go on as pages."""
    try:
        act()
    except (NotFound, NotAllowed):
        raise
    except KhueError as error:
        return Attempt(
            done=False, refusal=sentence(error.code, error.params), field=error.field, status=status_of(error)
        )
    return Attempt(done=True)


def chosen_year(actor: Actor, code: str) -> tuple[SchoolYear | None, list[SchoolYear]]:
    """The year asked for, else the current one; and all years, newest first."""
    years = list(SchoolYear.objects.order_by("-code"))
    found = next((year for year in years if year.code == code), None)
    return found or queries.current_year(actor.today) or (years[0] if years else None), years


def see_class(actor: Actor, key: str) -> SchoolClass:
    """A class that the actor may see."""
    rows = SchoolClass.objects.select_related("school", "year")
    found: SchoolClass = permissions.load(actor, rows, from_short(key), see=policy.SEE_CLASS)
    return found


def change_class(actor: Actor, key: str) -> SchoolClass:
    """A class that the actor may change; its forms open for nobody else."""
    rows = SchoolClass.objects.select_related("school", "year")
    found: SchoolClass = permissions.load(
        actor, rows, from_short(key), see=policy.SEE_CLASS, do=policy.CHANGE_CLASS
    )
    return found


def change_subject(actor: Actor, key: str) -> ClassSubject:
    """A subject of a class that the actor may change."""
    rows = ClassSubject.objects.select_related("subject", "school_class__school", "school_class__year")
    found: ClassSubject = permissions.load(
        actor, rows, from_short(key), see=policy.SEE_SUBJECT, do=policy.CHANGE_SUBJECT
    )
    return found


def school_for(actor: Actor, key: str, do: str) -> orgs.Unit:
    """A school on which the actor may do this."""
    rows = orgs.Unit.objects.select_related("school")
    found: orgs.Unit = permissions.load(actor, rows, from_short(key), see=policy.SEE_SCHOOL, do=do)
    return found


def day_of(posted: Mapping[str, str], name: str) -> dt.date:
    """A day from a form field; refused with the field's name (`CORE-006`)."""
    try:
        return parse_date(posted.get(name, ""))
    except KhueError as error:
        error.field = name
        raise


def typed(posted: Mapping[str, str], *names: str) -> dict[str, str]:
    """What was typed in these fields, so that a refused form shows it again."""
    return {name: posted.get(name, "") for name in names}


def number_of(text: str) -> int:
    """A small whole number from a form; what is none becomes -1, which every service refuses."""
    return int(text) if text.isdecimal() and len(text) <= 4 else -1  # noqa: PLR2004 - enough for periods
