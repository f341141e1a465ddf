"""What the gradebook says when places in classes are to be taken back (hoàn tác chia lớp)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.core.errors import Refused
from khue.modules.gradebook.models import Cell
from khue.modules.gradebook.services.importing import withdraw_sheets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor


def release_places(
    actor: Actor, *, school_class_id: UUID, pupil_ids: Sequence[UUID], whole: bool
) -> None:
    """Refuse (`GRADE-039`) where a pupil has a mark; the empty sheets of a class that goes are withdrawn."""
    cells = Cell.objects.filter(sheet__school_class=school_class_id, pupil__in=pupil_ids)
    sheets = cells.values("sheet").distinct().count()
    if sheets:
        raise Refused("GRADE-039", count=sheets)
    if whole:
        withdraw_sheets(actor, school_class_ids=[school_class_id])
