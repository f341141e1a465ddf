"""Opening a class and planning its subjects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.dates import first_year
from khue.core.errors import Invalid, Refused
from khue.core.names import class_key, nfc
from khue.kit import audit, outbox
from khue.modules.schooling import policy
from khue.modules.schooling.events import ClassOpened, SubjectsChanged
from khue.modules.schooling.models import ClassMembership, ClassSubject, SchoolClass, SubjectChoice, Term
from khue.modules.schooling.services.scope import load_class, load_school, load_subject
from khue.modules.schooling.services.years import ensure_subjects
from khue.rules import curriculum
from khue.rules.regimes import regime_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling.models import SchoolYear, Subject
    from khue.rules.curriculum import CurriculumSubject

_CLASS_NAME = re.compile(r"[Kk]?\d{1,2}[\w./ \-]{0,20}")
_SHORT = 4  # «6a» is typed in haste; a longer name is left as written
FIRST, SECOND = 1, 2
MOST_PERIODS = 1000


@transaction.atomic
def open_class(
    actor: Actor, *, school_id: UUID, year: SchoolYear, name: str, grade: int,
    electives: Iterable[str] = (), topics: Mapping[str, int] | None = None,
    periods: Mapping[str, int] | None = None, campus_id: UUID | None = None,
) -> SchoolClass:
    """Open a class: its regulation is bound now, its subjects come from the curriculum (mở lớp).

    `electives` are codes of elective and optional subjects of the class's fixed combination
    (tổ hợp); `topics` gives subjects with a topic cluster and the term of its mark; `periods`
    overrides yearly periods where the school plans otherwise.
    """
    school = load_school(actor, school_id, policy.OPEN_CLASS)
    name = class_name(name)
    level = curriculum.level_of_grade(grade)
    if level not in school.school.level_set():
        raise Refused("SCH-001", field="grade", grade=grade)
    if SchoolClass.objects.filter(school=school, year=year, name=name).exists():
        raise Refused("SCH-002", field="name", name=name)
    chosen = tuple(dict.fromkeys(electives))
    planned = _planned(level, grade, chosen, dict(topics or {}))
    row = SchoolClass.objects.create(
        school=school, year=year, name=name, sort_key=class_key(name), grade=grade, level=level,
        regime=regime_for(grade, first_year(year.code)).value, combination=",".join(chosen),
        campus_id=campus_id,
    )
    subjects = ensure_subjects(actor, level=level)
    ClassSubject.objects.bulk_create(
        _class_subject(row, subjects[item.code], item, position, (periods or {}).get(item.code), topics)
        for position, item in enumerate(planned, 1)
    )
    audit.record(
        actor, "schooling.class.opened", subject=row, unit=school.pk, after={"name": name, "grade": grade}
    )
    outbox.announce(actor, ClassOpened(row.id), unit=school.pk)
    return row


def class_name(text: str) -> str:
    """The name of a class as it is written; one that names no grade is refused (`SCH-012`)."""
    name = nfc(text)
    if len(name) <= _SHORT:
        name = name.upper()
    if not _CLASS_NAME.fullmatch(name):
        raise Invalid("SCH-012", field="name", name=name[:40])
    return name


def _planned(
    level: str, grade: int, electives: Sequence[str], topics: Mapping[str, int]
) -> list[CurriculumSubject]:
    """The subjects of the curriculum that a class with this combination learns."""
    offered = {item.code: item for item in curriculum.subjects(level, grade)}
    for code in (*electives, *topics):
        if code not in offered:
            raise Invalid("SCH-003", field="electives", subject=code[:40], grade=grade)
    planned = [
        item for item in offered.values() if item.code in electives or not (item.elective or item.optional)
    ]
    for code, term in topics.items():
        if not offered[code].topic_allowed or offered[code] not in planned or term not in (FIRST, SECOND):
            raise Invalid("SCH-016", field="topics", name=offered[code].name)
    return planned


def _class_subject(
    row: SchoolClass, subject: Subject, item: CurriculumSubject, position: int, periods: int | None,
    topics: Mapping[str, int] | None = None,
) -> ClassSubject:
    """A subject as this class learns it: as in the curriculum, unless the school plans other periods."""
    periods = item.periods_per_year if periods is None else periods
    primary = row.level == "TH"
    return ClassSubject(
        school_id=row.school_id, school_class=row, subject=subject, kind=item.kind, periods_per_year=periods,
        ongoing_required=curriculum.ongoing_required(item.kind, periods),
        has_topic=item.code in (topics or {}), topic_term=(topics or {}).get(item.code, SECOND),
        tested_midterm=primary and item.code in curriculum.primary_tests(row.grade, "GK1"),
        tested_endterm=primary and item.code in curriculum.primary_tests(row.grade, "CK1"),
        position=position,
    )  # fmt: skip


@transaction.atomic
def add_subject(
    actor: Actor, *, school_class_id: UUID, code: str, periods_per_year: int | None = None
) -> ClassSubject:
    """Add an elective or optional subject to a class that is open already (thêm môn)."""
    row = load_class(actor, school_class_id)
    item = next((item for item in curriculum.subjects(row.level, row.grade) if item.code == code), None)
    if item is None:
        raise Invalid("SCH-003", field="code", subject=code[:40], grade=row.grade)
    have = ClassSubject.objects.filter(school_class=row)
    found: ClassSubject | None = have.filter(subject__code=code).first()
    if found is not None:
        return found
    subject = ensure_subjects(actor, level=row.level)[code]
    new = _class_subject(row, subject, item, have.count() + 1, periods_per_year)
    new.save(force_insert=True)
    audit.record(actor, "schooling.subject.added", subject=new, unit=row.school_id, after={"code": code})
    outbox.announce(actor, SubjectsChanged(row.id), unit=row.school_id)
    return new


@transaction.atomic
def change_class_subject(
    actor: Actor, *, class_subject_id: UUID, periods_per_year: int | None = None,
    has_topic: bool | None = None, topic_term: int | None = None, elective: bool | None = None,
) -> ClassSubject:
    """Plan a subject of a class otherwise: periods, topic cluster, only for those who choose it.

    The number of regular assessments follows the periods (Điều 6 khoản 2 TT 22/2021). It does not
    shrink once the first term has begun: columns that may hold marks do not vanish.
    """
    row = load_subject(actor, class_subject_id)
    before = _plan_of(row)
    if periods_per_year is not None:
        _set_periods(actor, row, periods_per_year)
    if has_topic is not None:
        row.has_topic = has_topic
    if topic_term is not None:
        row.topic_term = topic_term
    if row.topic_term not in (FIRST, SECOND) or (row.has_topic and not _may_have_topic(row)):
        raise Invalid("SCH-016", field="has_topic", name=row.subject.name)
    if elective is not None and elective != row.elective:
        row.elective = elective
        if elective:
            _keep_all(row)
    after = _plan_of(row)
    if after == before:
        return row
    row.save(
        update_fields=["periods_per_year", "ongoing_required", "has_topic", "topic_term", "elective"]
    )
    audit.record(
        actor, "schooling.subject.changed", subject=row, unit=row.school_id, before=before, after=after
    )
    outbox.announce(actor, SubjectsChanged(row.school_class_id), unit=row.school_id)
    return row


def _plan_of(row: ClassSubject) -> dict[str, int | bool]:
    return {
        "periods": row.periods_per_year, "topic": row.has_topic, "topic_term": row.topic_term,
        "elective": row.elective,
    }


def _set_periods(actor: Actor, row: ClassSubject, periods: int) -> None:
    if not 0 < periods < MOST_PERIODS:
        raise Invalid("SCH-015", field="periods_per_year", periods=periods)
    required = curriculum.ongoing_required(row.kind, periods)
    begun = Term.objects.filter(year=row.school_class.year_id, number=FIRST, starts_on__lte=actor.today)
    if required < row.ongoing_required and begun.exists():
        raise Refused(
            "SCH-017", field="periods_per_year", name=row.subject.name, before=row.ongoing_required,
            after=required,
        )
    row.periods_per_year, row.ongoing_required = periods, required


def _may_have_topic(row: ClassSubject) -> bool:
    offered = curriculum.subjects(row.school_class.level, row.school_class.grade)
    return any(item.code == row.subject.code and item.topic_allowed for item in offered)


def _keep_all(row: ClassSubject) -> None:
    """A subject becomes one of choice: who learns it now goes on learning it, so that no mark vanishes."""
    pupils = ClassMembership.objects.filter(school_class=row.school_class_id).values_list(
        "pupil_id", flat=True
    )
    SubjectChoice.objects.bulk_create(
        [
            SubjectChoice(school_id=row.school_id, class_subject=row, pupil_id=pupil)
            for pupil in pupils.order_by("pupil_id").distinct()
        ],
        ignore_conflicts=True,
    )
