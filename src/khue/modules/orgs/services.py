"""Writes to the organization tree: the closure is rebuilt with each change of a link."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from khue.core.actor import ActorKind
from khue.core.errors import Invalid, NotAllowed, Refused
from khue.core.names import fold, nfc
from khue.kit import audit, outbox, permissions
from khue.kit.models import in_force
from khue.modules.orgs import policy
from khue.modules.orgs.events import TreeChanged, UnitEnded, UnitMerged
from khue.modules.orgs.models import SchoolProfile, Unit, UnitCode, UnitLink, UnitName, UnitPath
from khue.rules.settings import DEFAULT, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor

LEVELS = ("TH", "THCS", "THPT")
SCHOOL_FACTS = ("levels", "kind_code", "ownership_code", "commune_code", "address", "phone", "email")
_KIND = re.compile(r"[a-z][a-z_]{1,29}")
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
    if parent is not None:
        _load(actor, parent.pk)
    elif actor.kind is not ActorKind.SYSTEM:
        raise NotAllowed("ORG-003")
    name = nfc(name)
    if not _KIND.fullmatch(kind):
        raise Invalid("ORG-011", field="kind", value=kind[:30])
    if not name:
        raise Invalid("ORG-012", field="name")
    _refuse_taken(codes or {})
    unit = Unit.objects.create(
        kind=kind, name=name, short_name=nfc(short_name), search_key=fold(name), valid_from=since,
        valid_to=until,
    )
    for scheme, value in (codes or {}).items():
        UnitCode.objects.create(unit=unit, scheme=scheme, value=value, valid_from=since, valid_to=until)
    if parent is not None:
        UnitLink.objects.create(parent=parent, child=unit, valid_from=since, valid_to=until)
    rebuild_paths([unit])
    audit.record(
        actor, "orgs.unit.founded", subject=unit, unit=unit.id, after={"name": name, "kind": kind}
    )
    return unit


def _refuse_taken(codes: Mapping[str, str]) -> None:
    for scheme, value in codes.items():
        if UnitCode.objects.filter(scheme=scheme, value=value, valid_to__isnull=True).exists():
            raise Refused("ORG-005", field="code", value=value)


@transaction.atomic
def found_school(
    actor: Actor, *, name: str, code: str, levels: str, parent: Unit, commune_code: str = "",
    since: dt.date = BEGINNING, address: str = "", kind_code: str = "",
) -> Unit:
    """Create a school with its profile and Ministry code (lập trường)."""
    given = set(levels.split(","))
    if not given <= set(LEVELS):
        raise Invalid("ORG-009", field="levels", value=levels[:30])
    levels = ",".join(level for level in LEVELS if level in given)
    codes = {"moet": code} if code else {}
    unit = found_unit(actor, kind="school", name=name, parent=parent, since=since, codes=codes)
    SchoolProfile.objects.create(
        unit=unit, levels=levels, commune_code=commune_code, address=nfc(address), kind_code=kind_code
    )
    return unit


@transaction.atomic
def change_school(actor: Actor, *, unit_id: UUID, facts: Mapping[str, str]) -> SchoolProfile:
    """Change address, telephone, levels and the like of a school (thông tin trường)."""
    profile = _profile(actor, unit_id, policy.CHANGE_SCHOOL.code)
    before = {name: getattr(profile, name) for name in facts}
    for name, value in facts.items():
        if name not in SCHOOL_FACTS:
            raise Invalid("ORG-007", field=name, item=name)
        text = nfc(value)
        limit = getattr(SchoolProfile._meta.get_field(name), "max_length", 0)
        if len(text) > limit:
            raise Invalid("ORG-008", field=name, limit=limit)
        setattr(profile, name, text)
    levels = profile.level_set()
    if not levels or set(levels) - set(LEVELS):
        raise Invalid("ORG-009", field="levels", value=profile.levels[:30])
    profile.levels = ",".join(level for level in LEVELS if level in levels)
    after = {name: getattr(profile, name) for name in facts}
    if after != before:
        profile.save(update_fields=list(facts))
        audit.record(
            actor, "orgs.school.changed", subject=profile, unit=unit_id, before=before, after=after
        )
    return profile


@transaction.atomic
def choose_readings(
    actor: Actor, *, unit_id: UUID, chosen: Mapping[str, str], reason: str
) -> SchoolProfile:
    """Choose how a school reads the doubtful clauses; results computed from then on follow (cách hiểu).

    Results that are closed stay as they were frozen.
    """
    profile = _profile(actor, unit_id, policy.CHOOSE_READINGS.code)
    Settings.of(chosen)
    if not nfc(reason):
        raise Invalid("ORG-010", field="reason")
    default = asdict(DEFAULT)
    before = dict(profile.rule_settings)
    profile.rule_settings = {name: value for name, value in chosen.items() if default[name] != value}
    if profile.rule_settings != before:
        profile.save(update_fields=["rule_settings"])
        audit.record(
            actor, "orgs.school.readings_chosen", subject=profile, unit=unit_id, before=before,
            after=profile.rule_settings, reason=nfc(reason),
        )
    return profile


def _profile(actor: Actor, unit_id: UUID, do: str) -> SchoolProfile:
    permissions.load(actor, Unit.objects.all(), unit_id, see=policy.SEE.code, do=do, lock=True)
    return SchoolProfile.objects.select_for_update(of=("self",)).get(unit=unit_id)


@transaction.atomic
def rename_unit(actor: Actor, *, unit: Unit, name: str, on: dt.date) -> Unit:
    """Give a unit a new name from a day on; closed years keep the old one (đổi tên)."""
    row = _load(actor, unit.pk)
    last = UnitName.objects.filter(unit=row).order_by("-valid_to").first()
    since = last.valid_to if last and last.valid_to else row.valid_from
    if on <= since:
        raise Invalid("ORG-002", field="on", day=f"{on:%d/%m/%Y}", since=f"{since:%d/%m/%Y}")
    UnitName.objects.create(unit=row, name=row.name, valid_from=since, valid_to=on)
    before, row.name = row.name, nfc(name)
    row.search_key = fold(row.name)
    row.save(update_fields=["name", "search_key"])
    audit.record(
        actor, "orgs.unit.renamed", subject=row, unit=row.id, before={"name": before},
        after={"name": row.name, "on": on.isoformat()},
    )
    return row


@transaction.atomic
def move_unit(actor: Actor, *, unit: Unit, parent: Unit, on: dt.date) -> UnitLink:
    """Put a unit under another parent from a day on; the old link ends (chuyển trực thuộc)."""
    moved, above = _load(actor, unit.pk), _load(actor, parent.pk)
    _refuse_ended(above, on)
    if UnitPath.objects.filter(ancestor=moved, descendant=above).exists():
        raise Refused("ORG-001", field="parent", name=moved.name)
    link = _relink(moved, above, on)
    rebuild_paths(_below([moved]))
    audit.record(actor, "orgs.unit.moved", subject=moved, unit=moved.id, after={"parent": str(above.id)})
    outbox.announce(actor, TreeChanged(moved.id, on), unit=moved.id)
    return link


@transaction.atomic
def merge_units(actor: Actor, *, units: Sequence[Unit], into: Unit, on: dt.date) -> Unit:
    """Merge units into one from a day on: they end and stay in history, what was below moves (sáp nhập)."""
    target = _load(actor, into.pk)
    _refuse_ended(target, on)
    merged = [_load(actor, unit.pk) for unit in sorted(units, key=lambda unit: unit.pk)]
    if UnitPath.objects.filter(ancestor__in=merged, descendant=target).exists():
        raise Refused("ORG-001", field="into", name=target.name)
    if on > actor.today and any(row.kind == "school" for row in merged):
        raise Refused("ORG-006", field="on", day=f"{on:%d/%m/%Y}")
    affected = set(_below(merged)) | set(merged)
    for row in merged:
        _refuse_ended(row, on)
        for link in UnitLink.objects.filter(in_force(on), parent=row).select_related("child"):
            _relink(link.child, target, on)
        _end(row, on)
        audit.record(
            actor, "orgs.unit.merged", subject=row, unit=row.id,
            after={"into": str(target.id), "on": on.isoformat()},
        )
        outbox.announce(actor, TreeChanged(row.id, on), unit=row.id)
        outbox.announce(actor, UnitMerged(row.id, target.id, on), unit=row.id)
        # Records inherited before go on to the new successor.
        Unit.objects.filter(Q(successor=row) | Q(pk=row.pk)).update(successor=target)
    rebuild_paths(affected)
    return target


@transaction.atomic
def end_unit(actor: Actor, *, unit: Unit, on: dt.date) -> Unit:
    """End a unit from a day on, as the districts ended on 1 July 2025; history keeps it (giải thể)."""
    row = _load(actor, unit.pk)
    _refuse_ended(row, on)
    affected = set(_below([row])) | {row}
    UnitLink.objects.filter(_open_on(on), parent=row).update(valid_to=on)
    _end(row, on)
    rebuild_paths(affected)
    audit.record(actor, "orgs.unit.ended", subject=row, unit=row.id, after={"on": on.isoformat()})
    outbox.announce(actor, TreeChanged(row.id, on), unit=row.id)
    outbox.announce(actor, UnitEnded(row.id, on), unit=row.id)
    return row


def _load(actor: Actor, key: UUID) -> Unit:
    unit: Unit = permissions.load(
        actor, Unit.objects.all(), key, see=policy.SEE.code, do=policy.CHANGE.code, lock=True
    )
    return unit


def _refuse_ended(unit: Unit, on: dt.date) -> None:
    if unit.valid_to is not None and unit.valid_to <= on:
        raise Refused("ORG-004", name=unit.name, day=f"{unit.valid_to:%d/%m/%Y}")
    if on <= unit.valid_from:
        raise Invalid("ORG-002", field="on", day=f"{on:%d/%m/%Y}", since=f"{unit.valid_from:%d/%m/%Y}")


def _relink(child: Unit, parent: Unit, on: dt.date) -> UnitLink:
    """End the child's link on that day and begin a new one."""
    for link in UnitLink.objects.filter(_open_on(on), child=child):
        if on <= link.valid_from:
            raise Invalid(
                "ORG-002", field="on", day=f"{on:%d/%m/%Y}", since=f"{link.valid_from:%d/%m/%Y}"
            )
        link.valid_to = on
        link.save(update_fields=["valid_to"])
    return UnitLink.objects.create(parent=parent, child=child, valid_from=on, valid_to=child.valid_to)


def _end(unit: Unit, on: dt.date) -> None:
    """End a unit with its codes and its place in the tree."""
    unit.valid_to = on
    unit.save(update_fields=["valid_to"])
    UnitLink.objects.filter(_open_on(on), child=unit).update(valid_to=on)
    UnitCode.objects.filter(_open_on(on), unit=unit).update(valid_to=on)


def _open_on(day: dt.date) -> Q:
    """Rows that have not ended by that day."""
    return Q(valid_to__isnull=True) | Q(valid_to__gt=day)


def _below(units: Iterable[Unit]) -> list[Unit]:
    """Every unit that was ever below one of these, themselves included."""
    ids = UnitPath.objects.filter(ancestor__in=[unit.pk for unit in units]).values("descendant")
    return list(Unit.objects.filter(pk__in=ids))


def rebuild_paths(units: Iterable[Unit]) -> None:
    """Recompute the closure rows that end in these units from the dated links above them."""
    known = list(Unit.objects.filter(pk__in=[unit.pk for unit in units]))
    links = _links_above({unit.pk for unit in known})
    rows: list[UnitPath] = []
    for unit in known:
        rows.append(_path(unit, unit.pk, 0, unit.valid_from, unit.valid_to))
        _climb(links, unit.pk, rows)
    UnitPath.objects.filter(descendant__in=known).delete()
    UnitPath.objects.bulk_create(rows, batch_size=1000)


def _links_above(children: set[UUID]) -> dict[UUID, list[UnitLink]]:
    """Every dated link above these units, level by level, so that the queries do not grow with them."""
    found: dict[UUID, list[UnitLink]] = {}
    while children:
        found |= {key: [] for key in children}
        for link in UnitLink.objects.filter(child__in=children).order_by("valid_from", "id"):
            found[link.child_id].append(link)
        children = {link.parent_id for key in children for link in found[key]} - set(found)
    return found


def _climb(links: Mapping[UUID, Sequence[UnitLink]], child: UUID, rows: list[UnitPath]) -> None:
    """Follow the links upwards from the row just added, as long as the periods meet."""
    here = rows[-1]
    for link in links[child]:
        low = max(here.valid_from, link.valid_from)
        high = min((day for day in (here.valid_to, link.valid_to) if day is not None), default=None)
        if high is None or low < high:
            rows.append(_path(here.descendant, link.parent_id, here.depth + 1, low, high))
            _climb(links, link.parent_id, rows)


def _path(unit: Unit, ancestor: UUID, depth: int, start: dt.date, end: dt.date | None) -> UnitPath:
    return UnitPath(ancestor_id=ancestor, descendant=unit, depth=depth, valid_from=start, valid_to=end)
