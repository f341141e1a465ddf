"""What the database knows of a school, in the form the engine asks for, and the way back from refs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from khue.kit.models import in_force
from khue.modules.codes import api as codes
from khue.modules.gradebook import api as gradebook
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.schooling import api as schooling
from khue.sheets.data import Known, KnownClass, KnownPupil, KnownStaff, KnownSubject, Place

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

LEFT = ("Chuyển đi", "Thôi học")


@dataclass(slots=True)
class Context:
    """Known facts, and what their refs mean in the database."""

    known: Known
    school: orgs.Unit | None
    year: schooling.SchoolYear | None
    pupils: dict[str, UUID] = field(default_factory=dict)
    staff: dict[str, UUID] = field(default_factory=dict)
    classes: dict[str, schooling.SchoolClass] = field(default_factory=dict)
    codes: dict[UUID, dict[str, str]] = field(default_factory=dict)  # identifiers of pupils by scheme
    ethnic: dict[str, str] = field(default_factory=dict)  # name of a group → its code


def build(school_code: str, year_code: str, day: dt.date, *, averages_of: str = "") -> Context:
    """Everything known of a school and year; `averages_of` names the class whose term 1 is needed."""
    school = orgs.school_by_code(school_code) if school_code else None
    year = schooling.year_of(year_code)
    communes, ethnic, codes_of = _lists(day)
    if school is None or year is None:
        known = Known(school=school_code, school_year=year_code, communes=communes, ethnic=ethnic)
        return Context(known, school, year, ethnic=codes_of)
    context = Context(Known(), school, year, ethnic=codes_of)
    classes = schooling.classes_with_subjects(
        schooling.classes_of_school(school.id, year).values_list("id", flat=True)
    )
    known_classes = []
    for row in classes:
        context.classes[row.name] = row
        subjects = {s.subject.code: KnownSubject(s.kind, s.ongoing_required) for s in row.subjects.all()}
        known_classes.append(KnownClass(row.name, row.grade, row.level, subjects))
    pupils = _pupils(context)
    staff = _staff(context, day)
    averages = _averages(context, averages_of) if averages_of in context.classes else {}
    context.known = Known(
        school=school_code,
        school_name=school.name,
        school_year=year_code,
        levels=school.school.level_set(),
        classes=tuple(known_classes),
        pupils=pupils,
        staff=staff,
        averages=averages,
        communes=communes,
        ethnic=ethnic,
    )
    return context


def _lists(day: dt.date) -> tuple[tuple[Place, ...], dict[str, str], dict[str, str]]:
    communes = tuple(
        Place(
            row.code,
            row.name,
            row.valid_to is not None and row.valid_to <= day,
            tuple(row.extra.get("new_codes", ())),
        )
        for row in codes.items_ever("communes")
    )
    ethnic: dict[str, str] = {}
    codes_of: dict[str, str] = {}
    for row in codes.items("ethnic-groups", day):
        codes_of[row.name] = row.code
        for name in (row.name, *row.extra.get("aliases", ())):
            ethnic[name] = row.name
    return communes, ethnic, codes_of


def _pupils(context: Context) -> tuple[KnownPupil, ...]:
    if context.school is None:
        return ()
    rows = people.PupilProfile.objects.filter(school=context.school).select_related("person")
    held: dict[UUID, dict[str, str]] = defaultdict(dict)
    held_now = Q(valid_to__isnull=True, scheme__in=("moet", "software")) | Q(scheme="temporary")
    identifiers = people.PersonIdentifier.objects.filter(held_now, person__pupil__school=context.school)
    for person, scheme, value in identifiers.values_list("person_id", "scheme", "value"):
        held[person][scheme] = value
    places: dict[UUID, tuple[str, bool]] = {}
    members = schooling.ClassMembership.objects.filter(
        school=context.school, school_class__year=context.year
    ).select_related("school_class")
    for member in members.order_by("valid_from", "id"):
        places[member.pupil_id] = (member.school_class.name, member.valid_to is None)
    found = []
    for row in rows:
        codes_held = held[row.person_id]
        ref = codes_held.get("moet") or codes_held.get("software") or str(row.person_id)
        context.pupils[ref] = row.person_id
        context.codes[row.person_id] = codes_held
        for scheme in ("software", "temporary"):
            if scheme in codes_held:
                context.pupils.setdefault(codes_held[scheme], row.person_id)
        name, active = places.get(row.person_id, ("", False))
        birth = row.person.birth_date.isoformat() if row.person.birth_date else row.person.birth_text
        found.append(
            KnownPupil(ref, row.person.full_name, birth, name, codes_held.get("software", ""), "", active)
        )
    return tuple(found)


def _staff(context: Context, day: dt.date) -> tuple[KnownStaff, ...]:
    if context.school is None:
        return ()
    rows = people.Employment.objects.filter(in_force(day), school=context.school).select_related("person")
    held = dict(
        people.PersonIdentifier.objects.filter(
            person__in=[row.person_id for row in rows], scheme="staff", valid_to__isnull=True
        ).values_list("person_id", "value")
    )
    found = []
    for row in rows:
        ref = held.get(row.person_id, str(row.person_id))
        context.staff[ref] = row.person_id
        subjects = tuple(code for code in row.subject_codes.split(",") if code)
        found.append(KnownStaff(ref, row.person.full_name, subjects))
    return tuple(found)


def _averages(context: Context, name: str) -> dict[str, str]:
    """Term 1 results of a class, which a term 2 file does not show."""
    school_class = context.classes[name]
    codes_of = {s.id: s.subject.code for s in school_class.subjects.all()}
    refs: dict[UUID, str] = {}
    for ref, person in context.pupils.items():
        refs.setdefault(person, ref)  # the first is the pupil's ref, others are codes of programs
    return {
        f"{refs[pupil]}|{codes_of[subject]}": value
        for (subject, pupil), value in gradebook.term_averages(school_class.id, 1).items()
        if pupil in refs
    }
