"""School years, their terms, and the subjects of the curriculum."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.dates import first_year, school_year_code
from khue.core.errors import Invalid, NotFound
from khue.kit import audit
from khue.modules.schooling import policy
from khue.modules.schooling.models import SchoolYear, Subject, Term
from khue.modules.schooling.services.scope import load_school, need
from khue.rules import curriculum

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.rules.curriculum import CurriculumSubject

AUGUST = 8  # a school year turns on 1 August
WEEKS = (18, 17)  # 35 weeks of lessons (khung kế hoạch thời gian năm học)
GRADES = {"TH": range(1, 6), "THCS": range(6, 10), "THPT": range(10, 13)}


@transaction.atomic
def open_year(
    actor: Actor, *, code: str, term_starts: Sequence[dt.date], ends_on: dt.date, weeks: Sequence[int] = WEEKS
) -> SchoolYear:
    """Open a school year with its two terms and the summer (năm học); idempotent for the same code."""
    need(actor, policy.OPEN_YEAR)
    code = school_year_code(code)
    found = SchoolYear.objects.filter(code=code).first()
    if found is not None:
        return found
    first = first_year(code)
    year = SchoolYear(
        code=code, starts_on=dt.date(first, AUGUST, 1), ends_on=dt.date(first + 1, AUGUST, 1)
    )
    terms = _terms(year, None, [*term_starts, ends_on], weeks)
    year.save(force_insert=True)
    Term.objects.bulk_create(terms)
    audit.record(actor, "schooling.year.opened", subject=year, after={"code": code, "terms": _shown(terms)})
    return year


@transaction.atomic
def set_terms(
    actor: Actor, *, year_id: UUID, term_starts: Sequence[dt.date], ends_on: dt.date,
    unit_id: UUID | None = None, weeks: Sequence[int] = WEEKS,
) -> list[Term]:
    """Plan the terms of a year anew: for a school, or without a unit for all (kế hoạch thời gian)."""
    if unit_id is None:
        need(actor, policy.PLAN_YEAR)
    else:
        load_school(actor, unit_id, policy.SET_TERMS)
    year = SchoolYear.objects.select_for_update(of=("self",)).filter(pk=year_id).first()
    if year is None:
        raise NotFound("KIT-001")
    old = {row.number: row for row in Term.objects.filter(year=year, unit=unit_id)}
    before = _shown(list(old.values()))
    rows = _terms(year, unit_id, [*term_starts, ends_on], weeks)
    for row in rows:
        if row.number in old:
            row.pk = old[row.number].pk
    Term.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["starts_on", "ends_on", "weeks"]
    )
    audit.record(
        actor, "schooling.year.planned", subject=year, unit=unit_id, before=before, after=_shown(rows)
    )
    return rows


def _terms(
    year: SchoolYear, unit_id: UUID | None, starts: Sequence[dt.date], weeks: Sequence[int]
) -> list[Term]:
    """Terms that follow each other inside the year; the last, the summer, lasts until the year turns."""
    days = [*starts, year.ends_on]
    if days[0] < year.starts_on or any(first >= second for first, second in pairwise(days)):
        raise Invalid("SCH-014", field="term_starts", year=year.code)
    return [
        Term(
            year=year, unit_id=unit_id, number=number, starts_on=start, ends_on=end,
            weeks=weeks[number - 1] if number <= len(weeks) else 0,
        )
        for number, (start, end) in enumerate(pairwise(days), 1)
    ]  # fmt: skip


def _shown(terms: Sequence[Term]) -> list[str]:
    return [f"{row.number}: {row.starts_on.isoformat()}" for row in terms]


@transaction.atomic
def ensure_subjects(actor: Actor, *, level: str) -> dict[str, Subject]:
    """The subjects of a level by code; those the curriculum names and we lack are added (môn học)."""
    known = {subject.code: subject for subject in Subject.objects.filter(level=level)}
    wanted: dict[str, CurriculumSubject] = {}
    for grade in GRADES[level]:
        for item in curriculum.subjects(level, grade):
            wanted.setdefault(item.code, item)
    new = [
        Subject(level=level, code=item.code, name=item.name, name_en=item.name_en, position=item.position)
        for item in wanted.values()
        if item.code not in known
    ]
    if new:
        Subject.objects.bulk_create(new)
        audit.record(
            actor, "schooling.subjects.added", subject=("schooling.Subject", level),
            after=[item.code for item in new],
        )
    return known | {subject.code: subject for subject in new}
