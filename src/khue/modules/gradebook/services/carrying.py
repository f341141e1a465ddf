"""Marks follow a pupil who changes class in the middle of a year (chuyển lớp, chuyển trường giữa năm).

The results of the earlier class are written into the book of the new one, so that term and year can be
judged there; in the earlier book they stay as they are. The writing stands in the history as such, with
the name of who had entered each result. It fills only cells that nobody has written, in closed and sealed
sheets too: of this pupil nothing was closed there yet.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from khue.core.ids import uuid7
from khue.kit import audit
from khue.modules.gradebook.data import Operation
from khue.modules.gradebook.models import Cell, CellState, Sheet
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.services.closing import lock_class
from khue.modules.gradebook.services.entry import SPECIAL_STATES, Origin, apply_operations
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from khue.core.actor import Actor

Place = tuple["UUID | None", int, str]  # subject, term, kind: the same in every class of a year


class _Earlier(NamedTuple):
    """A result in an earlier class."""

    cell: Cell
    class_name: str


@transaction.atomic
def carry_results(actor: Actor, *, school_class_id: UUID, pupil_ids: Iterable[UUID]) -> int:
    """Bring the results of pupils from their earlier classes of the year; running it again adds nothing."""
    earlier = _earlier(school_class_id, list(pupil_ids))
    if not earlier:
        return 0
    lock_class(school_class_id)
    sheets = Sheet.objects.select_for_update(of=("self",)).filter(school_class=school_class_id)
    written = 0
    for sheet in sheets.select_related("school_class", "class_subject__subject").order_by("id"):
        written += _fill(actor, sheet, earlier.get(_place(sheet), []))
    if written:
        school_class = schooling.SchoolClass.objects.get(pk=school_class_id)
        audit.record(
            actor,
            "gradebook.results.carried",
            subject=school_class,
            unit=school_class.school_id,
            after={"cells": written},
        )
    return written


def _earlier(school_class_id: UUID, pupil_ids: list[UUID]) -> dict[Place, list[_Earlier]]:
    """The results of these pupils in classes where they were before, the latest class last."""
    here = schooling.SchoolClass.objects.filter(pk=school_class_id).first()
    if here is None:  # taken back since: nobody can have come into it
        return {}
    since: dict[UUID, object] = {}
    before: dict[tuple[UUID, UUID], object] = {}
    stays = schooling.ClassMembership.objects.filter(pupil__in=pupil_ids, school_class__year=here.year_id)
    for pupil, school_class, day in stays.order_by("valid_from").values_list(
        "pupil_id", "school_class_id", "valid_from"
    ):
        if school_class == school_class_id:
            since[pupil] = day
        else:
            before[pupil, school_class] = day
    wanted = {key: day for key, day in before.items() if key[0] in since and day <= since[key[0]]}  # type: ignore[operator]
    if not wanted:
        return {}
    cells = Cell.objects.filter(
        pupil__in={pupil for pupil, _ in wanted}, sheet__school_class__in={key for _, key in wanted}
    ).exclude(state=CellState.EMPTY)
    found: dict[Place, list[_Earlier]] = defaultdict(list)
    rows = cells.select_related("sheet__school_class", "sheet__class_subject").order_by("id")
    for cell in sorted(rows, key=lambda c: str(wanted.get((c.pupil_id, c.sheet.school_class_id), ""))):
        if (cell.pupil_id, cell.sheet.school_class_id) in wanted:
            found[_place(cell.sheet)].append(_Earlier(cell, cell.sheet.school_class.name))
    return found


def _place(sheet: Sheet) -> Place:
    subject = sheet.class_subject
    return (subject.subject_id if subject else None), sheet.term, sheet.kind


def _fill(actor: Actor, sheet: Sheet, earlier: list[_Earlier]) -> int:
    """Write results into cells that were never written; refused ones (no such column here) are left out."""
    last = {(item.cell.pupil_id, item.cell.slot): item for item in earlier}
    known = set(
        Cell.objects.filter(sheet=sheet, pupil__in={pupil for pupil, _ in last}).values_list(
            "pupil_id", "slot"
        )
    )
    groups: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for key, item in last.items():
        if key in known:
            continue
        cell = item.cell
        operation = Operation(
            uuid7(), cell.pupil_id, cell.slot, cell.value, 0,
            cell.state if cell.state in SPECIAL_STATES else "",
        )  # fmt: skip
        groups[item.class_name, cell.changed_by].append(operation)
    written = 0
    for (class_name, author), operations in groups.items():
        reason = f"Mang theo từ lớp {class_name}; người ghi: {author}"
        results = apply_operations(
            actor, sheet, operations, Origin(ChangeSource.TRANSFER, reason=reason)
        ).results
        written += sum(1 for result in results if result.status == "done")
    return written
