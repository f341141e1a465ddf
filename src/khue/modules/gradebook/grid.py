"""The sheet as a real HTML table for `<grade-grid>`: made as text, because 540 cells must be fast.

Markup contract: `th[data-slot][data-kind]` for editable columns, `th[data-calc]` for computed ones,
`tr[data-p]` for pupils, `td[data-b][data-s]` for version and state of a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from khue.core.ids import short
from khue.modules.gradebook.models import CellState
from khue.modules.gradebook.slots import SlotKind, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from khue.modules.gradebook.book import PupilCells
    from khue.modules.gradebook.calculation import CalcColumn
    from khue.modules.gradebook.slots import Slot
    from khue.modules.schooling.api import RosterRow

STATE_MARKS = {CellState.PENDING_MAKEUP.value: "v", CellState.ZERO_NO_MAKEUP.value: "0✗"}
ZERO_OF_COMMENT = "CĐ✗"


@dataclass(frozen=True, slots=True)
class GridRow:
    """One pupil's line: cells and computed columns."""

    pupil: RosterRow
    cells: PupilCells
    calculated: Mapping[str, str]
    left: bool = False


def table(
    slots: Sequence[Slot], calculated: Sequence[CalcColumn], rows: Sequence[GridRow], *, caption: str
) -> SafeString:
    """The whole table."""
    body = "".join(_row(number, row, slots, calculated) for number, row in enumerate(rows, 1))
    return mark_safe(  # noqa: S308 - all texts below are escaped
        f'<table role="grid" class="grid" aria-rowcount="{len(rows) + 1}">'
        f'<caption class="visually-hidden">{escape(caption)}</caption>'
        f"<thead>{_groups(slots, calculated)}{_heads(slots, calculated)}</thead><tbody>{body}</tbody></table>"
    )


def cell_text(slot: Slot, state: str, value: str) -> str:
    """What a cell shows: its value, or the sign of its special state."""
    if state == CellState.ZERO_NO_MAKEUP and slot.kind is SlotKind.PASS:
        return ZERO_OF_COMMENT
    return STATE_MARKS.get(state) or shown(slot.kind, value)


def _groups(slots: Sequence[Slot], calculated: Sequence[CalcColumn]) -> str:
    if not any(slot.group for slot in slots):
        return ""
    parts = ['<tr><td colspan="2"></td>']
    for group, members in groupby(slots, key=lambda slot: slot.group):
        span = len(list(members))
        if group:
            parts.append(f'<th colspan="{span}" scope="colgroup">{escape(group)}</th>')
        else:
            parts.append(f'<td colspan="{span}"></td>')
    if calculated:
        parts.append(f'<td colspan="{len(calculated)}"></td>')
    return "".join(parts) + "</tr>"


def _heads(slots: Sequence[Slot], calculated: Sequence[CalcColumn]) -> str:
    parts = ['<tr><th scope="col" class="pos">STT</th><th scope="col" class="name">Họ và tên</th>']
    for slot in slots:
        periodic = ' data-periodic="1"' if slot.periodic else ""
        parts.append(
            f'<th scope="col" data-slot="{slot.code}" data-kind="{slot.kind.value}" data-editable="1"{periodic}'
            f' title="{escape(slot.title)}">{escape(slot.label)}</th>'
        )
    parts += [
        f'<th scope="col" data-calc="{column.code}" title="{escape(column.title)}">{escape(column.label)}</th>'
        for column in calculated
    ]
    return "".join(parts) + "</tr>"


def _row(number: int, row: GridRow, slots: Sequence[Slot], calculated: Sequence[CalcColumn]) -> str:
    pupil = row.pupil
    left = ' class="left" data-left="1"' if row.left else ""
    hint = f' title="{escape(pupil.status)}"' if row.left else ""
    cells = row.cells
    parts = [
        f'<tr data-p="{short(pupil.pupil_id)}"{left}><td class="pos">{number}</td>'
        f'<th scope="row" class="name"{hint}>{escape(pupil.name)}</th>'
    ]
    for slot in slots:
        content = cells.get(slot.code)
        kind = ' class="text"' if slot.kind is SlotKind.TEXT else ""
        if content is None:
            parts.append(f"<td{kind}></td>")
            continue
        state = "" if content.state in {"MARK", "EMPTY"} else f' data-s="{content.state}"'
        text = escape(cell_text(slot, content.state, content.value))
        parts.append(f'<td{kind} data-b="{content.version}"{state}>{text}</td>')
    parts += [f'<td class="calc">{escape(row.calculated.get(column.code, ""))}</td>' for column in calculated]
    return "".join(parts) + "</tr>"


def pupil_key(pupil_id: UUID) -> str:
    """The pupil's key as the table carries it."""
    return short(pupil_id)
