"""Reads of years, classes, pupils of a class and its teachers."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Prefetch, Q

from khue.core.names import fold
from khue.kit import permissions
from khue.kit.models import in_force
from khue.kit.prepared import Prepared
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.schooling import policy
from khue.modules.schooling.data import HomeroomTeacher, RosterRow, SchoolLine
from khue.modules.schooling.models import (
    ClassMembership,
    ClassSubject,
    HomeroomAssignment,
    SchoolClass,
    SchoolYear,
    SubjectChoice,
    TeachingAssignment,
    Term,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor
    from khue.modules.people.data import PersonCard

SUMMER = 3
# What a class list shows of a stay and its pupil.
LISTED = (
    "pupil_id", "position", "status", "valid_from", "valid_to",
    *(f"pupil__{name}" for name in ("full_name", "sort_key", "birth_date", "birth_text", "sex")),
)  # fmt: skip
ATTENDING = "Đang học"


def taught_class_subject_ids(person_id: UUID, day: dt.date) -> QuerySet[Any]:
    """Ids of the class subjects a person teaches on a day (môn được phân công)."""
    return TeachingAssignment.objects.filter(in_force(day), person=person_id).values_list(
        "class_subject_id", flat=True
    )


def homeroom_class_ids(person_id: UUID, day: dt.date) -> QuerySet[Any]:
    """Ids of the classes a person leads on a day (lớp chủ nhiệm)."""
    return HomeroomAssignment.objects.filter(in_force(day), person=person_id).values_list(
        "school_class_id", flat=True
    )


def pupils_of_sheet(
    school_class_id: UUID, subject: ClassSubject | None, wanted: Iterable[UUID] | None
) -> set[UUID]:
    """Pupils who stand in a sheet: ever members of the class, minus those who do not learn the subject."""
    asked = _choosers if subject is not None and subject.elective else _learners
    pupils = None if wanted is None else list(wanted)
    return set(asked(school_class=school_class_id, subject=subject.pk if subject else None, pupils=pupils))


def _standing(
    school_class: UUID, subject: UUID | None, pupils: list[UUID] | None, *, elective: bool
) -> QuerySet[Any]:
    members = ClassMembership.objects.filter(school_class=school_class)
    if pupils is not None:
        members = members.filter(pupil__in=pupils)
    if subject is not None:
        # An elective is learned by those who chose it, any other subject by all who were not taken out.
        chosen = SubjectChoice.objects.filter(class_subject=subject, takes_subject=elective)
        named = Q(pupil__in=chosen.values("pupil_id"))
        members = members.filter(named if elective else ~named)
    return members.values_list("pupil_id", flat=True)


_choosers: Prepared[UUID] = Prepared(partial(_standing, elective=True))
_learners: Prepared[UUID] = Prepared(partial(_standing, elective=False))


def roster(school_class_id: UUID, day: dt.date | None = None) -> list[RosterRow]:
    """The class list in the order of the book; those who left stay listed unless a day is given."""
    members: dict[UUID, ClassMembership] = {}
    for row in _stays(school_class=school_class_id, day=day):
        members[row.pupil_id] = row  # a pupil who came back stands once, with the last stay
    codes = _codes(members)
    listed = [
        RosterRow(
            pupil_id=row.pupil_id,
            name=row.pupil.full_name,
            sort_key=row.pupil.sort_key,
            position=row.position,
            birth_shown=row.pupil.birth_shown,
            sex=row.pupil.sex,
            status=row.status,
            since=row.valid_from,
            until=row.valid_to,
            ministry_code=codes.get(row.pupil_id, {}).get("moet", ""),
            software_code=codes.get(row.pupil_id, {}).get("software", ""),
        )
        for row in members.values()
    ]
    return sorted(listed, key=lambda row: (row.position or 9999, row.sort_key, row.pupil_id))


def _stays_of(school_class: UUID, day: dt.date | None) -> QuerySet[Any]:
    rows = ClassMembership.objects.filter(school_class=school_class).select_related("pupil").only(*LISTED)
    return (rows if day is None else rows.filter(in_force(day))).order_by("valid_from", "id")


_stays: Prepared[ClassMembership] = Prepared(_stays_of)


def subject_pupils(class_subject_id: UUID, listed: Iterable[RosterRow]) -> list[RosterRow]:
    """The rows of a class list that stand in the sheet of a subject."""
    subject = ClassSubject.objects.only("school_class_id", "elective").get(pk=class_subject_id)
    found = pupils_of_sheet(subject.school_class_id, subject, None)
    return [row for row in listed if row.pupil_id in found]


def _codes(pupil_ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """The Ministry's and the old software's codes of pupils."""
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    for person, scheme, value in _codes_of(persons=list(pupil_ids)):
        found[person][scheme] = value
    return found


_codes_of: Prepared[tuple[UUID, str, str]] = Prepared(
    lambda persons: people.PersonIdentifier.objects.filter(
        person__in=persons, valid_to__isnull=True, scheme__in=("moet", "software")
    ).values_list("person_id", "scheme", "value")
)


def class_sizes(school_class_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Number of pupils now in each class (sĩ số)."""
    ids = list(school_class_ids)
    counts = dict(
        ClassMembership.objects.filter(school_class__in=ids, valid_to__isnull=True)
        .values_list("school_class_id")
        .annotate(number=Count("id"))
    )
    return {key: counts.get(key, 0) for key in ids}


def choices_of_class(school_class_id: UUID) -> QuerySet[SubjectChoice]:
    """The pupils' own relations to the subjects of a class."""
    return SubjectChoice.objects.filter(class_subject__school_class=school_class_id)


def homeroom_of(school_class_id: UUID, day: dt.date) -> HomeroomTeacher | None:
    """The homeroom teacher of a class on a day (giáo viên chủ nhiệm)."""
    row = (
        HomeroomAssignment.objects.filter(in_force(day), school_class=school_class_id)
        .select_related("person")
        .order_by("-valid_from", "id")
        .first()
    )
    return HomeroomTeacher(row.person_id, row.person.full_name) if row else None


def homerooms_of(school_class_ids: Iterable[UUID], day: dt.date) -> dict[UUID, HomeroomTeacher]:
    """The homeroom teachers of many classes."""
    rows = HomeroomAssignment.objects.filter(in_force(day), school_class__in=list(school_class_ids))
    return {
        row.school_class_id: HomeroomTeacher(row.person_id, row.person.full_name)
        for row in rows.select_related("person").order_by("valid_from")
    }


def teachers_of(school_class_id: UUID, day: dt.date) -> dict[UUID, list[tuple[UUID, str]]]:
    """Teachers by class subject: (person, name); several may share a subject."""
    found: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    for subject, person, name in _teaching(school_class=school_class_id, day=day):
        found[subject].append((person, name))
    return found


_teaching: Prepared[tuple[UUID, UUID, str]] = Prepared(
    lambda school_class, day: TeachingAssignment.objects.filter(
        in_force(day), class_subject__school_class=school_class
    )
    .order_by("valid_from", "id")
    .values_list("class_subject_id", "person_id", "person__full_name")
)


def teaching_of(school_class_ids: Iterable[UUID], day: dt.date) -> dict[UUID, list[UUID]]:
    """Persons by class subject, for many classes at once (bảng phân công)."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    rows = TeachingAssignment.objects.filter(
        in_force(day), class_subject__school_class__in=list(school_class_ids)
    )
    for subject, person in rows.order_by("valid_from", "id").values_list("class_subject_id", "person_id"):
        found[subject].append(person)
    return found


def teaching_stamp(school_class_ids: Iterable[UUID]) -> str:
    """A short stamp of all assignments of these classes: it differs after any change of them."""
    ids = list(school_class_ids)
    digest = hashlib.sha256()
    for rows in (
        TeachingAssignment.objects.filter(class_subject__school_class__in=ids),
        HomeroomAssignment.objects.filter(school_class__in=ids),
    ):
        for key, end in rows.order_by("id").values_list("id", "valid_to"):
            digest.update(f"{key} {end};".encode())
    return digest.hexdigest()[:20]


def class_of(school_class_id: UUID) -> SchoolClass:
    """A class with its school and year; whoever asks knows that there is one."""
    found = _class_of.first(key=school_class_id)
    if found is None:
        raise SchoolClass.DoesNotExist
    return found


_class_of: Prepared[SchoolClass] = Prepared(
    lambda key: SchoolClass.objects.select_related("school", "year").filter(pk=key)
)


def class_subjects(school_class_id: UUID) -> QuerySet[ClassSubject]:
    """The subjects of a class in the order of the book."""
    return (
        ClassSubject.objects.filter(school_class=school_class_id)
        .select_related("subject")
        .order_by("position", "id")
    )


def _subjects(school_class: UUID) -> QuerySet[ClassSubject]:
    return class_subjects(school_class)


def _choices(school_class: UUID) -> QuerySet[SubjectChoice]:
    return choices_of_class(school_class)


subjects_of_class: Prepared[ClassSubject] = Prepared(_subjects)  # the same rows, asked often
choices_in_class: Prepared[SubjectChoice] = Prepared(_choices)


def classes_with_subjects(school_class_ids: Iterable[UUID]) -> QuerySet[SchoolClass]:
    """Classes with their subjects loaded."""
    subjects = Prefetch("subjects", ClassSubject.objects.select_related("subject").order_by("position", "id"))
    return SchoolClass.objects.filter(pk__in=list(school_class_ids)).prefetch_related(subjects)


def classes_of_school(school_id: UUID, year: SchoolYear) -> QuerySet[SchoolClass]:
    """The classes of a school in a year, 6A before 10A1."""
    return SchoolClass.objects.filter(school=school_id, year=year).order_by("grade", "sort_key", "id")


def school_lines(actor: Actor, year: SchoolYear, text: str = "") -> list[SchoolLine]:
    """The schools whose classes the actor may see, with their numbers of classes and pupils."""
    schools = permissions.visible(actor, policy.SEE_SCHOOL, orgs.Unit.objects.filter(kind="school"))
    if text:
        schools = schools.filter(search_key__contains=fold(text))
    rows = SchoolClass.objects.filter(year=year, school__in=schools)
    classes = dict(rows.values_list("school_id").annotate(number=Count("id")).order_by())
    members = ClassMembership.objects.filter(school_class__in=rows, valid_to__isnull=True)
    pupils = dict(members.values_list("school_id").annotate(number=Count("id")).order_by())
    return [
        SchoolLine(key, name, classes.get(key, 0), pupils.get(key, 0))
        for key, name in schools.order_by("search_key", "id").values_list("id", "name")
    ]


def unplaced_pupils(school_id: UUID, year: SchoolYear) -> list[PersonCard]:
    """Pupils of a school who attend and stand in no class of the year, by given name (chưa xếp lớp)."""
    placed = set(
        ClassMembership.objects.filter(
            school_class__year=year, school_class__school=school_id, valid_to__isnull=True
        ).values_list("pupil_id", flat=True)
    )
    return [card for card in people.pupils_of(school_id, status=ATTENDING) if card.person_id not in placed]


def gone_pupils(school_id: UUID, year: SchoolYear) -> list[PersonCard]:
    """Pupils who left a class of this year and attend none now: they may come back (học sinh đã rời lớp)."""
    left = ClassMembership.objects.filter(
        school_class__year=year, school_class__school=school_id, valid_to__isnull=False
    ).values_list("pupil_id", flat=True)
    ids = set(left.order_by("pupil_id"))
    return [card for card in people.pupils_of(school_id) if card.person_id in ids and card.role != ATTENDING]


def classes_before(pupil_ids: Iterable[UUID], year: SchoolYear) -> dict[UUID, SchoolClass]:
    """The class in which each pupil ended the school year before (lớp năm trước)."""
    rows = ClassMembership.objects.filter(
        pupil__in=list(pupil_ids), school_class__year__ends_on=year.starts_on
    ).select_related("school_class")
    return {row.pupil_id: row.school_class for row in rows.order_by("valid_from", "id")}


def visible_classes(actor: Actor, year: SchoolYear) -> QuerySet[SchoolClass]:
    """The classes of a year that the actor may see."""
    rows = SchoolClass.objects.filter(year=year).select_related("school", "year")
    return permissions.visible(actor, policy.SEE_CLASS, rows).order_by(
        "school__search_key", "grade", "sort_key", "id"
    )


def year_of(code: str) -> SchoolYear | None:
    """The year of a code such as 2025-2026."""
    return SchoolYear.objects.filter(code=code).first()


def current_year(day: dt.date) -> SchoolYear | None:
    """The year a day belongs to; in the gap between two years, the last one that began."""
    return SchoolYear.objects.filter(starts_on__lte=day).order_by("-starts_on").first()


def terms(year: SchoolYear, unit_id: UUID | None = None) -> list[Term]:
    """The terms of a year as a unit plans them, else as planned for all."""
    rows = list(Term.objects.filter(year=year).filter(Q(unit=unit_id) | Q(unit__isnull=True)))
    own = [row for row in rows if row.unit_id is not None]
    return sorted(own or rows, key=lambda row: row.number)


def term_of(day: dt.date, year: SchoolYear, unit_id: UUID | None = None) -> int:
    """The number of the term a day falls in: before the year 1, after the second term 3 (summer)."""
    number = 1
    for term in terms(year, unit_id):
        if day >= term.starts_on:
            number = term.number
    return number
