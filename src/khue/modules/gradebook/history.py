"""The chain of changes of a sheet: each change's digest covers the one before it.

Whoever edits a stored mark behind the program's back breaks the chain or leaves the cell
different from its last change; `verify` finds the first such place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING
from uuid import UUID

from khue.core.ids import uuid7s
from khue.kit import rows
from khue.modules.gradebook.data import HistoryBreak
from khue.modules.gradebook.models import Cell, CellChange, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SEPARATOR = "\x1f"


@dataclass(slots=True)
class NewChange:
    """A change that is about to be written: the columns of `CellChange`, without the cost of a model."""

    op_id: UUID
    sheet_id: UUID
    pupil: UUID
    slot: str
    version: int
    state: str
    value: str
    old_state: str
    old_value: str
    at: dt.datetime
    actor_person: UUID | None
    actor_name: str
    source: str
    origin: UUID | None
    reason: str
    sequence: int = 0
    digest: str = ""


COLUMNS = tuple(column.name for column in fields(NewChange))


def link(head: str, change: CellChange | NewChange) -> str:
    """Digest of a change on top of the chain's head. All that a reader must trust is covered."""
    text = SEPARATOR.join(
        (
            head,
            change.op_id.hex,
            change.sheet_id.hex,
            str(change.sequence),
            change.pupil.hex,
            change.slot,
            str(change.version),
            change.state,
            change.value,
            change.old_state,
            change.old_value,
            _instant(change.at),
            change.actor_person.hex if change.actor_person else "",
            change.actor_name,
            change.source,
            change.origin.hex if change.origin else "",
            change.reason,
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=64)
def _instant(at: dt.datetime) -> str:
    """One instant has one text: the database gives it back in another zone than it was made in."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def append(sheet: Sheet, changes: Sequence[NewChange]) -> None:
    """Number, chain and write new changes; the sheet row must be locked by the caller."""
    head, sequence = sheet.history_head, sheet.history_length
    for change in changes:
        sequence += 1
        change.sequence = sequence
        change.digest = head = link(head, change)
    values = attrgetter(*COLUMNS)
    keys = uuid7s(len(changes))
    rows.put(
        CellChange, ("id", *COLUMNS), [(key, *values(new)) for key, new in zip(keys, changes, strict=True)]
    )
    sheet.history_head, sheet.history_length = head, sequence
    rows.update(sheet, "history_head", "history_length")


def verify(sheets: Iterable[Sheet]) -> Iterator[HistoryBreak]:
    """Prove that history and cells of these sheets agree; yields the first break of each sheet."""
    for sheet in sheets:
        broken = _first_break(sheet)
        if broken is not None:
            yield broken


def _first_break(sheet: Sheet) -> HistoryBreak | None:
    head, sequence = "", 0
    last: dict[tuple[str, str], CellChange] = {}
    for change in CellChange.objects.filter(sheet=sheet).order_by("sequence").iterator():
        sequence += 1
        if change.sequence != sequence:
            return HistoryBreak(sheet.id, sequence, "missing")
        head = link(head, change)
        if head != change.digest:
            return HistoryBreak(sheet.id, sequence, "digest")
        last[change.pupil.hex, change.slot] = change
    if (sheet.history_length, sheet.history_head) != (sequence, head):
        return HistoryBreak(sheet.id, sequence, "head")
    for cell in Cell.objects.filter(sheet=sheet).iterator():
        change = last.pop((cell.pupil_id.hex, cell.slot), None)
        if change is None or (change.state, change.value, change.version) != (
            cell.state,
            cell.value,
            cell.version,
        ):
            return HistoryBreak(sheet.id, change.sequence if change else 0, "cell")
    if last:
        return HistoryBreak(sheet.id, min(change.sequence for change in last.values()), "cell")
    return None
