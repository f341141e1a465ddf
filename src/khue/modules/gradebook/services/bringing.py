"""Results that a pupil brings from a school with other books (điểm mang theo khi chuyển trường).

What a signed parcel states is written into the book of the new class, so that term and year can be judged
there. As with a change of class (`carrying`) only cells are filled that nobody has written; what finds no
place is told, never dropped in silence.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.ids import uuid7
from khue.kit import audit
from khue.modules.gradebook import columns
from khue.modules.gradebook.data import BroughtResult, Operation
from khue.modules.gradebook.models import Cell, Sheet
from khue.modules.gradebook.models.sheets import ChangeSource
from khue.modules.gradebook.services.closing import lock_class
from khue.modules.gradebook.services.entry import SPECIAL_STATES, Origin, apply_operations
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor

# Why a result finds no place.
NO_SUBJECT, NO_COLUMN, WRITTEN, REFUSED = "no_subject", "no_column", "written", "refused"


@dataclass(frozen=True, slots=True)
class Placed:
    """A brought result and what became of it: empty where it was, or can be, written."""

    result: BroughtResult
    why_not: str = ""
    here: str = ""  # what the cell holds already


def place_results(
    school_class_id: UUID, pupil_id: UUID, results: Sequence[BroughtResult]
) -> list[Placed]:
    """Where brought results would go in a class's book; nothing is written (xem trước)."""
    return [placed for placed, _ in _find(school_class_id, pupil_id, results)]


@transaction.atomic
def bring_results(
    actor: Actor, *, school_class_id: UUID, pupil_id: UUID, results: Sequence[BroughtResult], source: str
) -> list[Placed]:
    """Write results brought by a pupil; `source` says where they come from (điểm mang theo).

    The caller has checked the right to accept the pupil. Running it again writes nothing.
    """
    lock_class(school_class_id)
    list(Sheet.objects.select_for_update(of=("self",)).filter(school_class=school_class_id).order_by("id"))
    told: list[Placed] = []
    to_write: dict[UUID, list[BroughtResult]] = defaultdict(list)
    sheets: dict[UUID, Sheet] = {}
    for placed, sheet in _find(school_class_id, pupil_id, results):
        if placed.why_not or sheet is None:
            told.append(placed)
            continue
        sheets[sheet.id] = sheet
        to_write[sheet.id].append(placed.result)
    written = 0
    for key, wanted in sorted(to_write.items()):
        outcome = _write(actor, sheets[key], pupil_id, wanted, source)
        written += sum(1 for placed in outcome if not placed.why_not)
        told += outcome
    if written:
        school_class = schooling.SchoolClass.objects.get(pk=school_class_id)
        audit.record(
            actor, "gradebook.results.brought", subject=school_class, unit=school_class.school_id,
            after={"pupil": str(pupil_id), "cells": written, "source": source},
        )  # fmt: skip
    return told


def _write(
    actor: Actor, sheet: Sheet, pupil_id: UUID, results: Sequence[BroughtResult], source: str
) -> list[Placed]:
    operations = [
        Operation(
            uuid7(), pupil_id, one.column, one.value, 0, one.state if one.state in SPECIAL_STATES else ""
        )
        for one in results
    ]
    origin = Origin(ChangeSource.TRANSFER, reason=source)
    answers = apply_operations(actor, sheet, operations, origin).results
    return [
        Placed(one, "" if answer.status in {"done", "same"} else REFUSED, answer.value)
        for one, answer in zip(results, answers, strict=True)
    ]


def _find(
    school_class_id: UUID, pupil_id: UUID, results: Sequence[BroughtResult]
) -> list[tuple[Placed, Sheet | None]]:
    rows = Sheet.objects.filter(school_class=school_class_id).select_related(
        "school_class", "class_subject__subject"
    )
    by_place: dict[tuple[str, int], list[Sheet]] = defaultdict(list)
    for sheet in rows.order_by("id"):
        subject = sheet.class_subject.subject.code if sheet.class_subject is not None else ""
        by_place[subject, sheet.term].append(sheet)
    known = {
        (sheet, slot): value
        for sheet, slot, value in Cell.objects.filter(
            sheet__school_class=school_class_id, pupil=pupil_id
        ).values_list("sheet_id", "slot", "value")
    }
    return [_one(one, by_place.get((one.subject, one.term), []), known) for one in results]


def _one(
    result: BroughtResult, sheets: Sequence[Sheet], known: dict[tuple[UUID, str], str]
) -> tuple[Placed, Sheet | None]:
    if not sheets:
        return Placed(result, NO_SUBJECT), None
    sheet = next((s for s in sheets if any(c.code == result.column for c in columns.slots_of(s))), None)
    if sheet is None:
        return Placed(result, NO_COLUMN), None
    here = known.get((sheet.id, result.column))
    if here is not None:
        return Placed(result, "" if here == result.value else WRITTEN, here), sheet if here is None else None
    return Placed(result), sheet


def pupil_results(school_class_id: UUID, pupil_id: UUID) -> list[BroughtResult]:
    """Everything written of a pupil in a class's book, with the day of its last change (điểm đã có)."""
    cells = (
        Cell.objects.filter(sheet__school_class=school_class_id, pupil=pupil_id)
        .exclude(state="EMPTY")
        .order_by("sheet__term", "sheet__class_subject__position", "slot")
        .values_list(
            "sheet__class_subject__subject__code", "sheet__term", "slot", "value", "state", "changed_at"
        )
    )
    return [
        BroughtResult(subject or "", term, slot, value, state, at)
        for subject, term, slot, value, state, at in cells
    ]
