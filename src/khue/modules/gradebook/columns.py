"""The slots of a given sheet, from its class, its subject and its term."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.modules.gradebook.models import Sheet, SheetKind
from khue.modules.gradebook.slots import (
    Slot,
    comment_slots,
    homeroom_slots,
    primary_slots,
    score_slots,
    summer_slots,
    trait_slots,
)
from khue.rules import curriculum

if TYPE_CHECKING:
    from khue.modules.schooling.api import SchoolClass

SUMMER = 3


def slots_of(sheet: Sheet) -> tuple[Slot, ...]:
    """The editable columns of a sheet; expects class and subject to be loaded with it."""
    school_class: SchoolClass = sheet.school_class
    if sheet.kind == SheetKind.HOMEROOM:
        return homeroom_slots(school_class.level, sheet.term)
    if sheet.kind == SheetKind.TRAITS:
        return trait_slots(sheet.term, curriculum.traits(school_class.grade))
    subject = sheet.class_subject
    if subject is None:
        msg = f"sheet {sheet.id} of kind {sheet.kind} has no subject"
        raise ValueError(msg)
    if sheet.term == SUMMER:
        return summer_slots(subject.kind)
    if sheet.kind == SheetKind.PRIMARY:
        return primary_slots(
            sheet.term, midterm_test=subject.tested_midterm, endterm_test=subject.tested_endterm
        )
    if sheet.kind == SheetKind.COMMENT:
        return comment_slots(subject.ongoing_required)
    topic = subject.has_topic and subject.topic_term == sheet.term
    return score_slots(subject.ongoing_required, topic=topic)
