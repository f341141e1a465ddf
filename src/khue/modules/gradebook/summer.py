"""Who has something to do in the summer: re-assessment, training, additional assessment.

Điều 13, 14 TT 22 for THCS and THPT, Điều 11 TT 27 for primary. The sealed year says who: the sheets of
the summer hold these pupils and no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.modules.gradebook.models import FrozenResult
from khue.rules.primary import Completion
from khue.rules.secondary import Promotion

if TYPE_CHECKING:
    from uuid import UUID

    from khue.modules.gradebook.models import Sheet

YEAR, SUMMER = 0, 3
TASKS = {Promotion.REN_LUYEN_HE.value, Completion.DANH_GIA_BO_SUNG.value}  # of the homeroom teacher


def open_to(sheet: Sheet) -> frozenset[UUID] | None:
    """The pupils whom a sheet of the summer is for; None for other sheets and without a sealed year."""
    if sheet.term != SUMMER:
        return None
    rows = FrozenResult.objects.filter(school_class=sheet.school_class_id, term=YEAR).order_by("version")
    last = dict(rows.values_list("pupil_id", "content"))  # a later version replaces the earlier one
    if not last:
        return None
    if sheet.class_subject is None:
        return frozenset(key for key, content in last.items() if content.get("decision_code") in TASKS)
    name = sheet.class_subject.subject.name
    return frozenset(key for key, content in last.items() if name in content["retest"])
