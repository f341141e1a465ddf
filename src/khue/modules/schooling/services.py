"""Writes about years, classes, pupils of a class and teaching: seven beats each."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.dates import first_year, school_year_code
from khue.core.errors import Invalid, Refused
from khue.core.names import class_key, nfc
from khue.kit import audit, outbox, permissions
from khue.kit.models import in_force
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.schooling import policy
from khue.modules.schooling.events import ClassOpened, MembershipChanged, TeachingChanged
from khue.modules.schooling.models import (
    AssessmentMode,
    ClassMembership,
    ClassSubject,
    HomeroomAssignment,
    SchoolClass,
    SchoolYear,
    Subject,
    SubjectChoice,
    TeachingAssignment,
    Term,
)
from khue.rules import curriculum
from khue.rules.regimes import regime_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling.data import Assignment, NewMember
    from khue.rules.curriculum import CurriculumSubject

_CLASS_NAME = re.compile(r"\d{1,2}[\w./ \-]{0,20}")


@transaction.atomic
def open_year(
    actor: Actor, *, code: str, term_starts: Sequence[dt.date], ends_on: dt.date, weeks: Sequence[int] = (18, 17)
) -> SchoolYear:
    """Open a school year with its two terms and the summer (năm học); idempotent for the same code."""
    code = school_year_code(code)
    found = SchoolYear.objects.filter(code=code).first()
    if found is not None:
        return found
    first = first_year(code)
    year = SchoolYear.objects.create(
        code=code, starts_on=dt.date(first, 8, 1), ends_on=dt.date(first + 1, 8, 1)
    )
    starts = [*term_starts, ends_on]
    for number, start in enumerate(starts, 1):
        after = starts[number] if number < len(starts) else year.ends_on
        count = weeks[number - 1] if number <= len(weeks) else 0
        Term.objects.create(year=year, number=number, starts_on=start, ends_on=after, weeks=count)
    audit.record(actor, "schooling.year.opened", subject=year, after={"code": code})
    return year


@transaction.atomic
def ensure_subjects(actor: Actor, *, level: str) -> dict[str, Subject]:
    """The subjects of a level by code; those the curriculum names and we lack are added."""
    known = {subject.code: subject for subject in Subject.objects.filter(level=level)}
    wanted: dict[str, CurriculumSubject] = {}
    for grade in {"TH": range(1, 6), "THCS": range(6, 10), "THPT": range(10, 13)}[level]:
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
    school = permissions.load(
        actor, orgs.Unit.objects.select_related("school"), school_id,
        see=policy.SEE_SCHOOL, do=policy.OPEN_CLASS, lock=True,
    )
    name = nfc(name).upper() if nfc(name)[-1:].islower() and len(nfc(name)) <= 4 else nfc(name)  # noqa: PLR2004
    if not _CLASS_NAME.fullmatch(name):
        raise Invalid("SCH-012", field="name", name=name)
    level = curriculum.level_of_grade(grade)
    if level not in school.school.level_set():
        raise Refused("SCH-001", grade=grade)
    if SchoolClass.objects.filter(school=school, year=year, name=name).exists():
        raise Refused("SCH-002", name=name)
    electives = tuple(dict.fromkeys(electives))
    row = SchoolClass.objects.create(
        school=school, year=year, name=name, sort_key=class_key(name), grade=grade, level=level,
        regime=regime_for(grade, first_year(year.code)).value, combination=",".join(electives),
        campus_id=campus_id,
    )
    _add_subjects(actor, row, electives, dict(topics or {}), dict(periods or {}))
    audit.record(actor, "schooling.class.opened", subject=row, unit=school.id, after={"name": name, "grade": grade})
    outbox.announce(actor, ClassOpened(row.id), unit=school.id)
    return row


def _add_subjects(
    actor: Actor, row: SchoolClass, electives: Sequence[str], topics: dict[str, int], periods: dict[str, int]
) -> None:
    offered = {item.code: item for item in curriculum.subjects(row.level, row.grade)}
    for code in (*electives, *topics):
        if code not in offered:
            raise Invalid("SCH-003", field="electives", code=code, grade=row.grade)
    chosen = [
        item for item in offered.values()
        if item.code in electives or not (item.elective or item.optional)
    ]
    subjects = ensure_subjects(actor, level=row.level)
    tests = {moment: set(curriculum.primary_tests(row.grade, moment)) for moment in ("GK1", "CK1")} if (
        row.level == "TH"
    ) else {"GK1": set(), "CK1": set()}
    ClassSubject.objects.bulk_create(
        ClassSubject(
            school_id=row.school_id, school_class=row, subject=subjects[item.code], kind=item.kind,
            periods_per_year=periods.get(item.code, item.periods_per_year),
            ongoing_required=curriculum.ongoing_required(
                item.kind, periods.get(item.code, item.periods_per_year)
            ),
            has_topic=item.code in topics, topic_term=topics.get(item.code, 2),
            tested_midterm=item.code in tests["GK1"], tested_endterm=item.code in tests["CK1"],
            position=position,
        )
        for position, item in enumerate(chosen, 1)
    )  # fmt: skip


@transaction.atomic
def enroll_many(
    actor: Actor, *, school_class_id: UUID, members: Sequence[NewMember], renumber: bool = True
) -> list[ClassMembership]:
    """Put pupils into a class, in the order of Vietnamese names (xếp lớp)."""
    row = _load_class(actor, school_class_id, policy.CHANGE_CLASS)
    ids = [member.pupil_id for member in members]
    elsewhere = ClassMembership.objects.filter(
        pupil__in=ids, school_class__year=row.year_id
    ).select_related("school_class")
    stays: dict[UUID, list[ClassMembership]] = {}
    for stay in elsewhere:
        stays.setdefault(stay.pupil_id, []).append(stay)
    for member in members:
        if not row.year.starts_on <= member.since < row.year.ends_on:
            raise Invalid("SCH-005", field="since", day=f"{member.since:%d/%m/%Y}", year=row.year.code)
        for stay in stays.get(member.pupil_id, ()):
            if _overlap(stay.valid_from, stay.valid_to, member.since, member.until):
                raise Refused("SCH-004", name=stay.school_class.name)
    known = set(people.Person.objects.filter(pk__in=ids).values_list("pk", flat=True))
    rows = [
        ClassMembership(
            school_id=row.school_id, school_class=row, pupil_id=member.pupil_id, valid_from=member.since,
            valid_to=member.until, status=member.status,
        )
        for member in members
        if member.pupil_id in known
    ]  # fmt: skip
    ClassMembership.objects.bulk_create(rows)
    if renumber:
        _renumber(row)
    audit.record(
        actor, "schooling.class.enrolled", subject=row, unit=row.school_id, after=[str(key) for key in ids]
    )
    outbox.announce(actor, MembershipChanged(row.id, tuple(ids)), unit=row.school_id)
    return rows


@transaction.atomic
def leave_class(
    actor: Actor, *, school_class_id: UUID, pupil_id: UUID, on: dt.date, status: str
) -> ClassMembership:
    """A pupil leaves a class on a day; the marks stay with the pupil (rời lớp)."""
    row = _load_class(actor, school_class_id, policy.CHANGE_CLASS)
    stay = (
        ClassMembership.objects.select_for_update()
        .filter(school_class=row, pupil=pupil_id, valid_to__isnull=True)
        .first()
    )
    if stay is None:
        raise Refused("SCH-006")
    if on < stay.valid_from or on > row.year.ends_on:
        raise Invalid("SCH-005", field="on", day=f"{on:%d/%m/%Y}", year=row.year.code)
    stay.valid_to, stay.status = on, status
    stay.save(update_fields=["valid_to", "status"])
    audit.record(
        actor, "schooling.class.left", subject=row, unit=row.school_id,
        after={"pupil": str(pupil_id), "on": on.isoformat(), "status": status},
    )
    outbox.announce(actor, MembershipChanged(row.id, (pupil_id,)), unit=row.school_id)
    return stay


@transaction.atomic
def move_class(
    actor: Actor, *, school_class_id: UUID, pupil_id: UUID, to_class_id: UUID, on: dt.date
) -> ClassMembership:
    """Move a pupil to another class of the same grade; both stays keep their dates (chuyển lớp)."""
    old = _load_class(actor, school_class_id, policy.CHANGE_CLASS)
    new = _load_class(actor, to_class_id, policy.CHANGE_CLASS)
    if (old.school_id, old.year_id, old.grade) != (new.school_id, new.year_id, new.grade) or old == new:
        raise Refused("SCH-007", grade=old.grade)
    leave_class(actor, school_class_id=old.id, pupil_id=pupil_id, on=on, status="Chuyển lớp")
    last = ClassMembership.objects.filter(school_class=new).order_by("-position").first()
    stay = ClassMembership.objects.create(
        school_id=new.school_id, school_class=new, pupil_id=pupil_id, valid_from=on,
        position=(last.position if last else 0) + 1,
    )
    audit.record(
        actor, "schooling.class.moved", subject=new, unit=new.school_id,
        before={"class": old.name}, after={"class": new.name, "pupil": str(pupil_id), "on": on.isoformat()},
    )
    return stay


@transaction.atomic
def assign_teachers(
    actor: Actor, *, school_id: UUID, assignments: Sequence[Assignment], since: dt.date
) -> list[TeachingAssignment]:
    """Assign teachers to subjects of classes, many at once; what holds already stays (phân công)."""
    permissions.load(actor, orgs.Unit.objects.all(), school_id, see=policy.SEE_SCHOOL, do=policy.ASSIGN_ALL)
    subjects = {
        row.id: row
        for row in ClassSubject.objects.filter(
            pk__in=[a.class_subject_id for a in assignments], school=school_id
        )
    }
    staff = set(
        people.Employment.objects.filter(
            in_force(since), school=school_id, person__in=[a.person_id for a in assignments]
        ).values_list("person_id", flat=True)
    )
    held = set(
        TeachingAssignment.objects.filter(in_force(since), class_subject__in=subjects).values_list(
            "class_subject_id", "person_id"
        )
    )
    rows = []
    for item in assignments:
        if item.class_subject_id not in subjects:
            raise Refused("SCH-013")
        if item.person_id not in staff:
            raise Refused("SCH-008", day=f"{since:%d/%m/%Y}")
        key = (item.class_subject_id, item.person_id)
        if key not in held:
            held.add(key)
            rows.append(
                TeachingAssignment(
                    school_id=school_id, class_subject_id=key[0], person_id=key[1], valid_from=since
                )
            )
    TeachingAssignment.objects.bulk_create(rows)
    if rows:
        audit.record(
            actor, "schooling.teaching.assigned", subject=("orgs.Unit", school_id), unit=school_id,
            after=[[str(row.class_subject_id), str(row.person_id)] for row in rows],
        )
        for class_id in sorted({subjects[row.class_subject_id].school_class_id for row in rows}):
            outbox.announce(actor, TeachingChanged(class_id), unit=school_id)
    return rows


@transaction.atomic
def end_assignment(actor: Actor, *, assignment_id: UUID, on: dt.date) -> TeachingAssignment:
    """End a teaching assignment; marks keep the name of whoever entered them (thôi phân công)."""
    row = permissions.load(
        actor, TeachingAssignment.objects.select_related("class_subject"), assignment_id,
        see=policy.ASSIGN, do=policy.ASSIGN, lock=True,
    )
    row.valid_to = max(on, row.valid_from)
    row.save(update_fields=["valid_to"])
    audit.record(actor, "schooling.teaching.ended", subject=row, unit=row.school_id, after={"on": on.isoformat()})
    outbox.announce(actor, TeachingChanged(row.class_subject.school_class_id), unit=row.school_id)
    return row


@transaction.atomic
def assign_homeroom(
    actor: Actor, *, school_class_id: UUID, person_id: UUID, since: dt.date
) -> HomeroomAssignment:
    """Give a class its homeroom teacher from a day on; the one before ends that day (chủ nhiệm)."""
    row = _load_class(actor, school_class_id, policy.CHANGE_CLASS)
    working = people.Employment.objects.filter(in_force(since), school=row.school_id, person=person_id)
    if not working.exists():
        raise Refused("SCH-008", day=f"{since:%d/%m/%Y}")
    present = HomeroomAssignment.objects.select_for_update().filter(in_force(since), school_class=row)
    held = present.filter(person=person_id).first()
    if held is not None:
        return held
    for before in present:
        before.valid_to = max(since, before.valid_from)
        before.save(update_fields=["valid_to"])
    new = HomeroomAssignment.objects.create(
        school_id=row.school_id, school_class=row, person_id=person_id, valid_from=since
    )
    audit.record(
        actor, "schooling.homeroom.assigned", subject=row, unit=row.school_id, after={"person": str(person_id)}
    )
    outbox.announce(actor, TeachingChanged(row.id), unit=row.school_id)
    return new


@transaction.atomic
def choose_subjects(
    actor: Actor, *, class_subject_id: UUID, pupil_ids: Iterable[UUID], takes: bool = True, topic: bool = False
) -> int:
    """Note which pupils learn a subject of the class, or its topic cluster (môn lựa chọn)."""
    subject = _load_subject(actor, class_subject_id)
    ids = _members(subject, pupil_ids)
    SubjectChoice.objects.bulk_create(
        [
            SubjectChoice(
                school_id=subject.school_id, class_subject=subject, pupil_id=key, takes_subject=takes,
                takes_topic=topic,
            )
            for key in ids
        ],
        update_conflicts=True,
        unique_fields=["class_subject", "pupil"],
        update_fields=["takes_subject", "takes_topic"],
    )
    audit.record(
        actor, "schooling.subject.chosen", subject=subject, unit=subject.school_id,
        after={"pupils": [str(key) for key in ids], "takes": takes, "topic": topic},
    )
    return len(ids)


@transaction.atomic
def set_mode(
    actor: Actor, *, class_subject_id: UUID, pupil_id: UUID, mode: str, decision: str = ""
) -> SubjectChoice:
    """How a pupil is assessed in a subject; anything but the normal way needs a decision (Điều 11 TT 22)."""
    subject = _load_subject(actor, class_subject_id)
    _members(subject, [pupil_id])
    decision = nfc(decision)
    if mode != AssessmentMode.NORMAL and not decision:
        raise Invalid("SCH-009", field="decision")
    choice, made = SubjectChoice.objects.get_or_create(
        class_subject=subject, pupil_id=pupil_id,
        defaults={"school_id": subject.school_id, "mode": AssessmentMode(mode), "decision": decision},
    )
    before = None if made else choice.mode
    choice.mode, choice.decision = AssessmentMode(mode), decision
    choice.save(update_fields=["mode", "decision"])
    audit.record(
        actor, "schooling.subject.mode", subject=subject, unit=subject.school_id,
        before={"mode": before}, after={"pupil": str(pupil_id), "mode": mode}, reason=decision,
    )
    return choice


def _load_class(actor: Actor, key: UUID, do: str) -> SchoolClass:
    rows = SchoolClass.objects.select_related("year")
    return permissions.load(actor, rows, key, see=policy.SEE_CLASS, do=do, lock=True)


def _load_subject(actor: Actor, key: UUID) -> ClassSubject:
    rows = ClassSubject.objects.all()
    return permissions.load(actor, rows, key, see=policy.SEE_SUBJECT, do=policy.CHANGE_SUBJECT, lock=True)


def _members(subject: ClassSubject, pupil_ids: Iterable[UUID]) -> list[UUID]:
    wanted = list(dict.fromkeys(pupil_ids))
    found = set(
        ClassMembership.objects.filter(
            school_class=subject.school_class_id, pupil__in=wanted
        ).values_list("pupil_id", flat=True)
    )
    if len(found) != len(wanted):
        raise Refused("SCH-006")
    return wanted


def _overlap(a: dt.date, a_end: dt.date | None, b: dt.date, b_end: dt.date | None) -> bool:
    return (a_end is None or b < a_end) and (b_end is None or a < b_end)


def _renumber(row: SchoolClass) -> None:
    """Number those who are new after the ones who have a number, in the order of names."""
    rows = list(ClassMembership.objects.filter(school_class=row).select_related("pupil"))
    numbered = any(stay.position for stay in rows)
    new = sorted((stay for stay in rows if not stay.position), key=lambda stay: (stay.pupil.sort_key, stay.pupil_id))
    start = max((stay.position for stay in rows), default=0) if numbered else 0
    for position, stay in enumerate(new, start + 1):
        stay.position = position
    ClassMembership.objects.bulk_update(new, ["position"], batch_size=400)
