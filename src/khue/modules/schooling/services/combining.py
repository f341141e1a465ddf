"""Combinations of electives in a split: what a class of several combinations learns, and who of it what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.modules.schooling.data import Choice
from khue.modules.schooling.models import ClassSubject, SubjectChoice
from khue.modules.schooling.services import classes, pupils

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling.models import SchoolClass


def normal(combination: str) -> str:
    """A combination in one form: codes in capitals, sorted, so that the same choice is the same text."""
    return ",".join(sorted({code.strip().upper() for code in combination.split(",") if code.strip()}))


def subjects_of(combinations: Iterable[str]) -> list[str]:
    """All elective subjects that a class with these combinations learns."""
    return sorted({code for combination in combinations for code in combination.split(",") if code})


def choose(actor: Actor, school_class: SchoolClass, wished: Mapping[UUID, str]) -> None:
    """In a class of several combinations, note who learns which of the subjects that not all learn."""
    chosen = {key: set(text.split(",")) for key, text in wished.items() if text}
    if not chosen or len({frozenset(codes) for codes in chosen.values()}) == 1 == len(_of(school_class)):
        return
    shared = set.intersection(*chosen.values()) if len(chosen) == len(wished) else set()
    offered = set().union(*chosen.values())
    rows = ClassSubject.objects.filter(school_class=school_class, subject__code__in=offered - shared)
    for row in rows.select_related("subject").order_by("position", "id"):
        if not row.elective:
            classes.change_class_subject(actor, class_subject_id=row.id, elective=True)
        choices = [
            Choice(key, takes_subject=row.subject.code in chosen.get(key, ())) for key in sorted(wished)
        ]
        pupils.set_choices(actor, class_subject_id=row.id, choices=choices)


def _of(school_class: SchoolClass) -> set[str]:
    return {normal(school_class.combination)}


def withdraw_choices(school_class_id: UUID, pupil_ids: Sequence[UUID]) -> None:
    """Take back what pupils chose in a class they are taken out of again."""
    SubjectChoice.objects.filter(
        class_subject__school_class=school_class_id, pupil__in=pupil_ids
    ).delete()
