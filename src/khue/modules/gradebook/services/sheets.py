"""Making the sheets of a class: one per subject and term, and the homeroom teacher's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from khue.kit import audit
from khue.modules.gradebook import results, summer
from khue.modules.gradebook.columns import SUMMER
from khue.modules.gradebook.models import Sheet, SheetKind
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.gradebook.book import ClassBook
    from khue.modules.schooling.api import ClassSubject

KIND_OF = {
    "score": SheetKind.SCORE,
    "comment": SheetKind.COMMENT,
    "level_THC": SheetKind.PRIMARY,
}
TERMS = (1, 2)


@transaction.atomic
def open_sheets(actor: Actor, *, school_class_ids: Iterable[UUID]) -> int:
    """Open all sheets of these classes for both terms; those that exist are left alone (mở sổ)."""
    made = 0
    for school_class in schooling.classes_with_subjects(school_class_ids):
        exists = set(
            Sheet.objects.filter(school_class=school_class).values_list("term", "class_subject_id", "kind")
        )
        wanted = [
            Sheet(
                school_id=school_class.school_id, school_class=school_class,
                class_subject=subject, term=term, kind=KIND_OF[subject.kind],
            )
            for subject in school_class.subjects.all()
            for term in TERMS
        ]
        own = [SheetKind.HOMEROOM, *([SheetKind.TRAITS] if school_class.level == "TH" else [])]
        wanted += [
            Sheet(school_id=school_class.school_id, school_class=school_class, term=term, kind=kind)
            for term in TERMS
            for kind in own
        ]
        new = [s for s in wanted if (s.term, s.class_subject_id, s.kind) not in exists]
        Sheet.objects.bulk_create(new)
        made += len(new)
        if new:
            audit.record(
                actor, "gradebook.sheets.opened", subject=school_class, unit=school_class.school_id,
                after={"sheets": len(new)},
            )
    return made


def open_summer(actor: Actor, book: ClassBook) -> list[Sheet]:
    """After the year: a sheet for each subject with re-assessment, one for conduct (Điều 13, 14 TT 22).

    In primary one sheet for additional assessment and the principal's decision (Điều 11 TT 27).

    Called inside the act that seals the year; sheets that exist are left alone.
    """
    year = results.class_results(book, results.YEAR)
    named = {name for row in year for name in row.retest}
    wanted: list[ClassSubject | None] = [s for s in book.subjects if s.subject.name in named]
    if any(row.decision_code in summer.TASKS for row in year):
        wanted.append(None)
    known = [book.sheet(subject.id if subject else None, SUMMER) for subject in wanted]
    new = [subject for subject, sheet in zip(wanted, known, strict=True) if sheet is None]
    opened = [summer_sheet(book.school_class.id, book.school_class.school_id, subject) for subject in new]
    if opened:
        audit.record(
            actor, "gradebook.sheets.opened", subject=book.school_class, unit=book.school_class.school_id,
            after={"sheets": len(opened), "term": SUMMER},
        )
    return opened


def summer_sheet(school_class_id: UUID, school_id: UUID, subject: ClassSubject | None) -> Sheet:
    """The sheet of re-assessment after the summer for one subject, or of conduct (subject None)."""
    kind = KIND_OF[subject.kind] if subject else SheetKind.HOMEROOM
    sheet, _ = Sheet.objects.get_or_create(
        school_class_id=school_class_id, class_subject=subject, term=SUMMER, kind=kind,
        defaults={"school_id": school_id},
    )
    return sheet
