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
from django.utils.translation import gettext as _

from khue.core.ids import short
from khue.kit.words import said, said_in_parts
from khue.modules.gradebook.calculation import CalcColumn
from khue.modules.gradebook.models import CellState
from khue.modules.gradebook.slots import Slot, SlotKind, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from khue.modules.gradebook.book import PupilCells
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
    columns = ordered(slots, calculated)
    body = "".join(_row(number, row, columns) for number, row in enumerate(rows, 1))
    return mark_safe(  # noqa: S308 - all texts below are escaped
        f'<table role="grid" class="grid" aria-rowcount="{len(rows) + 1}">'
        f'<caption class="visually-hidden">{escape(caption)}</caption>'
        f"<thead>{_groups(columns)}{_heads(columns)}</thead><tbody>{body}</tbody></table>"
    )


def cell_text(slot: Slot, state: str, value: str) -> str:
    """What a cell shows: its value, or the sign of its special state."""
    if state == CellState.ZERO_NO_MAKEUP and slot.kind is SlotKind.PASS:
        return ZERO_OF_COMMENT
    return STATE_MARKS.get(state) or shown(slot.kind, value)


Column = Slot | CalcColumn


def ordered(slots: Sequence[Slot], calculated: Sequence[CalcColumn]) -> list[Column]:
    """Marks, then what is computed of them, then words."""
    marks = [slot for slot in slots if slot.kind is not SlotKind.TEXT]
    return [*marks, *calculated, *(slot for slot in slots if slot.kind is SlotKind.TEXT)]


def _groups(columns: Sequence[Column]) -> str:
    names = [column.group if isinstance(column, Slot) else "" for column in columns]
    if not any(names):
        return ""
    parts = ['<tr><td colspan="2"></td>']
    for group, members in groupby(names):
        span = len(list(members))
        if group:
            parts.append(f'<th colspan="{span}" scope="colgroup">{escape(said(group))}</th>')
        else:
            parts.append(f'<td colspan="{span}"></td>')
    return "".join(parts) + "</tr>"


def _heads(columns: Sequence[Column]) -> str:
    parts = [
        f'<tr><th scope="col" class="pos">{escape(_("STT"))}</th>'
        f'<th scope="col" class="name">{escape(_("Họ và tên"))}</th>'
    ]
    for column in columns:
        if isinstance(column, Slot):
            periodic = ' data-periodic="1"' if column.periodic else ""
            what = f'data-slot="{column.code}" data-kind="{column.kind.value}" data-editable="1"{periodic}'
        else:
            what = f'data-calc="{column.code}"'
        title, label = escape(said_in_parts(column.title)), escape(said(column.label))
        parts.append(f'<th scope="col" {what} title="{title}">{label}</th>')
    return "".join(parts) + "</tr>"


def _row(number: int, row: GridRow, columns: Sequence[Column]) -> str:
    pupil = row.pupil
    left = ' class="left" data-left="1"' if row.left else ""
    hint = f' title="{escape(said(pupil.status))}"' if row.left else ""
    cells = row.cells
    parts = [
        f'<tr data-p="{short(pupil.pupil_id)}"{left}><td class="pos">{number}</td>'
        f'<th scope="row" class="name"{hint}>{escape(pupil.name)}</th>'
    ]
    for column in columns:
        if not isinstance(column, Slot):
            parts.append(f'<td class="calc">{escape(row.calculated.get(column.code, ""))}</td>')
            continue
        content = cells.get(column.code)
        kind = ' class="text"' if column.kind is SlotKind.TEXT else ""
        if content is None:
            parts.append(f"<td{kind}></td>")
            continue
        state = "" if content.state in {"MARK", "EMPTY"} else f' data-s="{content.state}"'
        text = escape(cell_text(column, content.state, content.value))
        parts.append(f'<td{kind} data-b="{content.version}"{state}>{text}</td>')
    return "".join(parts) + "</tr>"
