"""What an import writes into sheets: the same rules and the same history as typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from khue.core.errors import Refused
from khue.core.ids import uuid7
from khue.kit import permissions
from khue.modules.gradebook import policy
from khue.modules.gradebook.data import BatchResult, Operation
from khue.modules.gradebook.models import CellChange, ClosingAct, Sheet, SheetState
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.services.entry import (
    SPECIAL_STATES,
    Origin,
    apply_operations,
    load_sheet,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from khue.core.actor import Actor


def require_import(actor: Actor, sheet_id: UUID) -> None:
    """Refuse whoever may not import into a sheet."""
    load_sheet(actor, sheet_id, do=policy.IMPORT)


@transaction.atomic
def import_cells(
    actor: Actor, *, sheet_id: UUID, operations: Sequence[Operation], run_id: UUID
) -> BatchResult:
    """Write what an import brings into an open sheet: same rules, same history as typing."""
    sheet = load_sheet(actor, sheet_id, do=policy.IMPORT, lock=True)
    if sheet.state != SheetState.OPEN:
        raise Refused("GRADE-001")
    return apply_operations(actor, sheet, operations, Origin(ChangeSource.IMPORT, run_id))


@transaction.atomic
def undo_import(actor: Actor, *, sheet_id: UUID, run_id: UUID) -> BatchResult:
    """Put back what an import changed; refused (`GRADE-038`) if a cell was changed since."""
    sheet = load_sheet(actor, sheet_id, do=policy.IMPORT, lock=True)
    if sheet.state != SheetState.OPEN:
        raise Refused("GRADE-001")
    changes = CellChange.objects.filter(sheet=sheet, origin=run_id, source=ChangeSource.IMPORT)
    operations = [
        Operation(uuid7(), first.pupil, first.slot, first.old_value, last.version, _special(first.old_state))
        for first, last in _spans(changes.order_by("-sequence"))
    ]
    result = apply_operations(actor, sheet, operations, Origin(ChangeSource.UNDO, run_id))
    stuck = [item for item in result.results if item.status not in {"done", "same"}]
    if stuck:
        raise Refused("GRADE-038", count=len(stuck))
    return result


def _spans(changes: Iterable[CellChange]) -> Iterable[tuple[CellChange, CellChange]]:
    """The first and the last change that an import made of each cell with no other between."""
    found: dict[tuple[UUID, str], tuple[CellChange, CellChange]] = {}
    for change in changes:
        key = change.pupil, change.slot
        first, last = found.get(key, (None, change))
        if first is None or first.version == change.version + 1:
            found[key] = change, last
    return found.values()


def _special(state: str) -> str:
    return state if state in SPECIAL_STATES else ""


@transaction.atomic
def keep_layout(actor: Actor, *, sheet_id: UUID, layout: dict[str, object]) -> None:
    """Remember how the file of a sheet looked, so that Excel out looks the same."""
    sheet = load_sheet(actor, sheet_id, do=policy.IMPORT, lock=True)
    sheet.layout = layout
    sheet.save(update_fields=["layout"])


@transaction.atomic
def withdraw_sheets(actor: Actor, *, school_class_ids: Sequence[UUID]) -> int:
    """Take back sheets in which nothing was ever written (`GRADE-039` otherwise)."""
    rows = permissions.visible(actor, policy.IMPORT, Sheet.objects.filter(school_class__in=school_class_ids))
    sheets = Sheet.objects.filter(school_class__in=school_class_ids)
    acts = ClosingAct.objects.filter(sheet=OuterRef("pk"))  # closed once, even empty: it happened
    written = sheets.filter(Q(history_length__gt=0) | Exists(acts)).count()
    if written:
        raise Refused("GRADE-039", count=written)
    return int(rows.delete()[0])
