"""Writes to code lists: loading what is shipped, and changes by the department's administrators.

A loaded row remembers a fingerprint of what was shipped. As long as it still fits, nobody has
touched the row and a later version may replace its content; otherwise the person's change stays.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from khue.core.actor import ActorKind, Role
from khue.core.dates import format_date
from khue.core.errors import Invalid, NotAllowed, Refused
from khue.core.names import fold, nfc
from khue.kit import audit, permissions
from khue.modules.codes import policy, shipped
from khue.modules.codes.models import CodeItem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor

MARK = "shipped"  # key in `extra` of the fingerprint
NAME_LIMIT, CODE_LIMIT = 300, 60
BATCH = 500
_WRITTEN = ("name", "search_key", "official_code", "position", "source", "valid_to", "extra")


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What loading did: rows added, brought up to date, ended, left to a person's change, unchanged."""

    added: int = 0
    updated: int = 0
    ended: int = 0
    kept: int = 0
    unchanged: int = 0


@transaction.atomic
def load_shipped(actor: Actor) -> LoadCounts:
    """Load the shipped code lists; may be run again and again (nạp danh mục kèm theo)."""
    _authorize(actor)
    rows = {
        (row.code_list, row.code, row.valid_from): row
        for row in CodeItem.objects.select_for_update().filter(code_list__in=list(shipped.lists()))
    }
    new: list[CodeItem] = []
    changed: list[CodeItem] = []
    kept = 0
    known = shipped.items()
    for item in known:
        row = rows.pop(item.key, None)
        if row is None:
            new.append(
                _write(CodeItem(code_list=item.code_list, code=item.code, valid_from=item.valid_from), item)
            )
        elif not _untouched(row):
            kept += 1
        elif _fingerprint(row) != _fingerprint_of(item):
            changed.append(_write(row, item))
    # What is no longer shipped ends today, unless a person made or changed it.
    gone = [row for row in rows.values() if row.valid_to is None and MARK in row.extra and _untouched(row)]
    for row in gone:
        row.valid_to = max(actor.today, row.valid_from)
        row.extra[MARK] = _fingerprint(row)
    CodeItem.objects.bulk_create(new, batch_size=BATCH)
    CodeItem.objects.bulk_update([*changed, *gone], _WRITTEN, batch_size=BATCH)
    counts = LoadCounts(len(new), len(changed), len(gone), kept, len(known) - len(new) - len(changed) - kept)
    if new or changed or gone:
        audit.record(actor, "codes.loaded", subject=("codes.CodeItem", "shipped"), after=asdict(counts))
    return counts


@transaction.atomic
def add_item(
    actor: Actor,
    *,
    code_list: str,
    code: str,
    name: str,
    since: dt.date | None = None,
    official_code: str = "",
    aliases: Sequence[str] = (),
) -> CodeItem:
    """Add an entry to a list from a day on (thêm mục)."""
    _authorize(actor)
    if code_list not in shipped.lists():
        raise Invalid("COD-001", code_list=code_list)
    code = nfc(code)
    if not 0 < len(code) <= CODE_LIMIT:
        raise Invalid("COD-006", field="code", limit=CODE_LIMIT)
    start = since or actor.today
    same = CodeItem.objects.filter(code_list=code_list, code=code)
    if any(row.valid_to is None or row.valid_to > start for row in same):
        raise Invalid("COD-005", field="code", value=code)
    last = CodeItem.objects.filter(code_list=code_list).order_by("-position").first()
    row = CodeItem(code_list=code_list, code=code, valid_from=start, source=f"Do {actor.name} thêm.")
    row.position = last.position + 1 if last else 1
    _rename(row, name=name, official_code=official_code, aliases=aliases)
    row.save(force_insert=True)
    audit.record(actor, "codes.item.added", subject=row, after=_shown(row))
    return row


@transaction.atomic
def change_item(
    actor: Actor,
    *,
    item_id: UUID,
    name: str,
    official_code: str = "",
    aliases: Sequence[str] = (),
    since: dt.date | None = None,
    reason: str = "",
) -> CodeItem:
    """Correct an entry, or with `since` let a new version begin that day (sửa mục, đổi tên từ ngày).

    A correction holds for all days; a new version ends the old one and leaves older years as they were.
    """
    row = _open_row(actor, item_id)
    before = _shown(row)
    if since is not None:
        if since <= row.valid_from:
            raise Invalid("COD-003", field="since", day=format_date(since), start=format_date(row.valid_from))
        successor = CodeItem(
            code_list=row.code_list,
            code=row.code,
            valid_from=since,
            position=row.position,
            source=row.source,
            extra={key: value for key, value in row.extra.items() if key != MARK},
        )
        row.valid_to = since
        row.save(update_fields=["valid_to"])
        row = successor
    _rename(row, name=name, official_code=official_code, aliases=aliases)
    row.save()
    audit.record(
        actor, "codes.item.changed", subject=row, before=before, after=_shown(row), reason=nfc(reason)
    )
    return row


@transaction.atomic
def end_item(actor: Actor, *, item_id: UUID, on: dt.date, reason: str = "") -> CodeItem:
    """End an entry: from that day on it is no longer offered; nothing is deleted (bãi bỏ mục)."""
    row = _open_row(actor, item_id)
    if on < row.valid_from:
        raise Invalid("COD-003", field="on", day=format_date(on), start=format_date(row.valid_from))
    before = _shown(row)
    row.valid_to = on
    row.save(update_fields=["valid_to"])
    audit.record(actor, "codes.item.ended", subject=row, before=before, after=_shown(row), reason=nfc(reason))
    return row


def _authorize(actor: Actor) -> None:
    """Changing lists as a whole; single rows are asked through the permission engine."""
    if actor.kind is not ActorKind.SYSTEM and not actor.holds(Role.DEPARTMENT_ADMIN):
        raise NotAllowed("KIT-002", action=policy.CHANGE.label)


def _open_row(actor: Actor, item_id: UUID) -> CodeItem:
    row = permissions.load(
        actor, CodeItem.objects.all(), item_id, see=policy.SEE.code, do=policy.CHANGE.code, lock=True
    )
    if row.valid_to is not None and row.valid_to <= actor.today:
        raise Refused("COD-004", end=format_date(row.valid_to))
    return row


def _write(row: CodeItem, item: shipped.ShippedItem) -> CodeItem:
    row.name = item.name
    row.search_key = fold(item.name)[:NAME_LIMIT]
    row.official_code = item.official_code
    row.position = item.position
    row.source = item.source
    row.valid_to = item.valid_to
    row.extra = {**item.extra(), MARK: _fingerprint_of(item)}
    return row


def _rename(row: CodeItem, *, name: str, official_code: str, aliases: Sequence[str]) -> None:
    name = nfc(name)
    if not 0 < len(name) <= NAME_LIMIT:
        raise Invalid("COD-002", field="name", limit=NAME_LIMIT)
    known = [alias for alias in (nfc(text) for text in aliases) if alias]
    official_code = nfc(official_code)
    if len(official_code) > CODE_LIMIT or any(len(alias) > NAME_LIMIT for alias in known):
        raise Invalid("COD-007", limit=NAME_LIMIT)
    row.name, row.official_code = name, official_code
    row.search_key = fold(name)[:NAME_LIMIT]
    row.extra = {key: value for key, value in row.extra.items() if key != "aliases"}
    if known:
        row.extra["aliases"] = known


def _fingerprint(row: CodeItem) -> str:
    facts = {key: value for key, value in row.extra.items() if key != MARK}
    return shipped.digest(
        name=row.name,
        official_code=row.official_code,
        position=row.position,
        source=row.source,
        valid_to=row.valid_to,
        facts=facts,
    )


def _fingerprint_of(item: shipped.ShippedItem) -> str:
    return shipped.digest(
        name=item.name,
        official_code=item.official_code,
        position=item.position,
        source=item.source,
        valid_to=item.valid_to,
        facts=item.extra(),
    )


def _untouched(row: CodeItem) -> bool:
    return row.extra.get(MARK) == _fingerprint(row)


def _shown(row: CodeItem) -> dict[str, Any]:
    return {
        "list": row.code_list,
        "code": row.code,
        "name": row.name,
        "official_code": row.official_code,
        "aliases": row.extra.get("aliases", []),
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
    }
