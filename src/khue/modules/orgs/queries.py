"""Reads of the organization tree."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q

from khue.kit.models import in_force
from khue.kit.prepared import Prepared
from khue.modules.orgs.models import SchoolProfile, Unit, UnitLink, UnitPath

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet


def descendant_ids(ancestors: Iterable[UUID], day: dt.date) -> QuerySet[Any]:
    """Ids of the units below these on that day, themselves included."""
    return UnitPath.objects.filter(in_force(day), ancestor__in=list(ancestors)).values_list(
        "descendant_id", flat=True
    )


def reach_ids(ancestors: Iterable[UUID], day: dt.date) -> QuerySet[Any]:
    """Ids over which a role at these units reaches: what is below today, and the records of what ended.

    The records of a unit that ended belong to those it belonged to last and that still are, and to
    its successor; a role over the ended unit itself ends with it.
    """
    over = UnitPath.objects.filter(ancestor__in=list(ancestors))
    ended = Q(valid_to=F("descendant__valid_to"), valid_to__lte=day) & (
        Q(ancestor__valid_to__isnull=True) | Q(ancestor__valid_to__gt=day)
    )
    inherited = over.filter(in_force(day)).values("descendant_id")
    return Unit.objects.filter(
        Q(pk__in=over.filter(in_force(day) | ended).values("descendant_id")) | Q(successor__in=inherited)
    ).values_list("id", flat=True)


def children_of(unit_id: UUID, day: dt.date) -> list[Unit]:
    """The units directly below a unit on a day, by name."""
    links = UnitLink.objects.filter(in_force(day), parent=unit_id).values("child")
    return list(Unit.objects.filter(pk__in=links).order_by("kind", "search_key", "id"))


def ancestors_of(unit_id: UUID, day: dt.date) -> list[Unit]:
    """The units above a unit on that day, nearest first."""
    ids = (
        UnitPath.objects.filter(in_force(day), descendant_id=unit_id, depth__gt=0)
        .order_by("depth", "id")
        .values_list("ancestor_id", flat=True)
    )
    found = Unit.objects.in_bulk(list(ids))
    return [found[key] for key in ids]


def name_on(unit: Unit, day: dt.date) -> str:
    """The name a unit bore on that day: closed years keep the name of their time."""
    old = unit.names.filter(in_force(day)).order_by("-valid_from").first()
    return old.name if old else unit.name


def school_by_code(code: str) -> Unit | None:
    """The school that bears this Ministry code today."""
    return (
        Unit.objects.filter(
            kind="school", codes__scheme="moet", codes__value=code, codes__valid_to__isnull=True
        )
        .select_related("school")
        .first()
    )


def rule_settings_of(school_id: UUID) -> dict[str, Any]:
    """The readings of doubtful clauses that a school follows (cách hiểu được trường chọn)."""
    return dict(_rule_settings.first(school=school_id) or {})


_rule_settings: Prepared[dict[str, Any]] = Prepared(
    lambda school: SchoolProfile.objects.filter(unit_id=school).values_list("rule_settings", flat=True)
)
