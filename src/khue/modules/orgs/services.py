"""Writes to the organization tree: the closure is rebuilt with each change of a link."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.names import fold, nfc
from khue.modules.orgs.models import SchoolProfile, Unit, UnitCode, UnitLink, UnitPath

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.core.actor import Actor

from khue.kit import audit

BEGINNING = dt.date(1976, 1, 1)


@transaction.atomic
def found_unit(
    actor: Actor,
    *,
    kind: str,
    name: str,
    parent: Unit | None = None,
    since: dt.date = BEGINNING,
    until: dt.date | None = None,
    short_name: str = "",
    codes: Mapping[str, str] | None = None,
) -> Unit:
    """Create a unit, put it under its parent and write its codes (lập đơn vị)."""
    name = nfc(name)
    unit = Unit.objects.create(
        kind=kind,
        name=name,
        short_name=nfc(short_name),
        search_key=fold(name),
        valid_from=since,
        valid_to=until,
    )
    for scheme, value in (codes or {}).items():
        UnitCode.objects.create(unit=unit, scheme=scheme, value=value, valid_from=since, valid_to=until)
    if parent is not None:
        UnitLink.objects.create(parent=parent, child=unit, valid_from=since, valid_to=until)
    rebuild_paths(unit)
    audit.record(actor, "orgs.unit.founded", subject=unit, unit=unit.id, after={"name": name, "kind": kind})
    return unit


@transaction.atomic
def found_school(
    actor: Actor, *, name: str, code: str, levels: str, parent: Unit, commune_code: str = "",
    since: dt.date = BEGINNING, address: str = "", kind_code: str = "",
) -> Unit:
    """Create a school with its profile and Ministry code (lập trường)."""
    unit = found_unit(actor, kind="school", name=name, parent=parent, since=since, codes={"moet": code})
    SchoolProfile.objects.create(
        unit=unit, levels=levels, commune_code=commune_code, address=nfc(address), kind_code=kind_code
    )
    return unit


@transaction.atomic
def move_unit(actor: Actor, *, unit: Unit, parent: Unit, on: dt.date) -> UnitLink:
    """Put a unit under another parent from a day on; the old link ends (chuyển trực thuộc)."""
    UnitLink.objects.filter(child=unit, valid_to__isnull=True).update(valid_to=on)
    link = UnitLink.objects.create(parent=parent, child=unit, valid_from=on)
    for path in list(UnitPath.objects.filter(ancestor=unit).values_list("descendant_id", flat=True)):
        rebuild_paths(Unit.objects.get(pk=path))
    audit.record(actor, "orgs.unit.moved", subject=unit, unit=unit.id, after={"parent": str(parent.id)})
    return link


def rebuild_paths(unit: Unit) -> None:
    """Recompute the closure rows that end in this unit from the dated links above it."""
    UnitPath.objects.filter(descendant=unit).delete()
    rows = [
        UnitPath(ancestor=unit, descendant=unit, depth=0, valid_from=unit.valid_from, valid_to=unit.valid_to)
    ]
    _climb(unit.id, unit, unit.valid_from, unit.valid_to, 1, rows)
    UnitPath.objects.bulk_create(rows)


def _climb(
    child_id: UUID, unit: Unit, start: dt.date, end: dt.date | None, depth: int, rows: list[UnitPath]
) -> None:
    for link in UnitLink.objects.filter(child_id=child_id).order_by("valid_from", "id"):
        low = max(start, link.valid_from)
        ends = [day for day in (end, link.valid_to) if day is not None]
        high = min(ends) if ends else None
        if high is not None and high <= low:
            continue
        rows.append(
            UnitPath(
                ancestor_id=link.parent_id, descendant=unit, depth=depth, valid_from=low, valid_to=high
            )
        )
        _climb(link.parent_id, unit, low, high, depth + 1, rows)
