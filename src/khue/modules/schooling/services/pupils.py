"""Pupils of a class: coming, leaving, moving, and what each of them learns."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from khue.core.dates import Period
from khue.core.errors import Invalid, Refused
from khue.core.names import nfc
from khue.kit import audit, outbox
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange
from khue.modules.schooling.data import Choice, NewMember
from khue.modules.schooling.events import MembershipChanged
from khue.modules.schooling.models import (
    AssessmentMode,
    ClassMembership,
    ClassSubject,
    SchoolClass,
    SubjectChoice,
)
from khue.modules.schooling.services.scope import load_class, load_subject, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from khue.core.actor import Actor

MOVED = "Chuyển lớp"
ATTENDING = "Đang học"


@transaction.atomic
def enroll(
    actor: Actor, *, school_class_id: UUID, pupil_id: UUID, since: dt.date
) -> ClassMembership:
    """Put one pupil into a class (xếp lớp)."""
    return enroll_many(actor, school_class_id=school_class_id, members=[NewMember(pupil_id, since)])[0]


@transaction.atomic
def enroll_many(
    actor: Actor, *, school_class_id: UUID, members: Sequence[NewMember], renumber: bool = True
) -> list[ClassMembership]:
    """Put pupils into a class, numbered in the order of Vietnamese names (xếp lớp)."""
    row = load_class(actor, school_class_id)
    ids = [member.pupil_id for member in members]
    hold(ids)
    known = set(
        people.PupilProfile.objects.filter(person__in=ids, school=row.school_id).values_list(
            "person_id", flat=True
        )
    )
    stays = stays_of(row, ids)
    for member in members:
        if member.pupil_id not in known:
            raise Refused("SCH-018")
        within(row.year, member.since, field="since")
        refuse_overlap(stays[member.pupil_id], member.since, member.until)
        stays[member.pupil_id].append((row.name, Period(member.since, member.until)))
    rows = [
        ClassMembership(
            school_id=row.school_id, school_class=row, pupil_id=member.pupil_id, valid_from=member.since,
            valid_to=member.until, status=member.status,
        )
        for member in members
    ]  # fmt: skip
    ClassMembership.objects.bulk_create(rows)
    if renumber:
        _number(row, rows)
    audit.record(
        actor, "schooling.class.enrolled", subject=row, unit=row.school_id, after=[str(key) for key in ids]
    )
    outbox.announce(actor, MembershipChanged(row.id, tuple(ids)), unit=row.school_id)
    return rows


@transaction.atomic
def take_back(
    actor: Actor, *, school_class_id: UUID, pupil_ids: Sequence[UUID], since: dt.date
) -> list[ClassMembership]:
    """Pupils who left come back to a class; the register says so, the marks of before are theirs still."""
    members = [NewMember(pupil, since) for pupil in pupil_ids]
    stays = enroll_many(actor, school_class_id=school_class_id, members=members)
    changes = [PersonChange(pupil, pupil={"status": ATTENDING}) for pupil in pupil_ids]
    people.change_people(actor, school_id=stays[0].school_id, changes=changes)
    return stays


@transaction.atomic
def leave_class(
    actor: Actor, *, school_class_id: UUID, pupil_id: UUID, on: dt.date, status: str
) -> ClassMembership:
    """A pupil leaves a class from a day on; the marks stay with the pupil (rời lớp).

    In the year that is going on, the register says so too.
    """
    row = load_class(actor, school_class_id)
    stay = _leave(row, pupil_id, on, nfc(status))
    if row.year.starts_on <= on <= actor.today < row.year.ends_on:
        change = PersonChange(pupil_id, pupil={"status": stay.status})
        people.change_person(actor, person_id=pupil_id, changes=change)
    audit.record(
        actor, "schooling.class.left", subject=row, unit=row.school_id,
        after={"pupil": str(pupil_id), "on": on.isoformat(), "status": stay.status},
    )
    outbox.announce(actor, MembershipChanged(row.id, (pupil_id,)), unit=row.school_id)
    return stay


@transaction.atomic
def move_class(
    actor: Actor, *, school_class_id: UUID, pupil_id: UUID, to_class_id: UUID, on: dt.date
) -> ClassMembership:
    """Move a pupil to another class of the same grade; both stays keep their dates (chuyển lớp)."""
    # Always in the same order, so that two moves in opposite directions do not wait for each other.
    loaded = {key: load_class(actor, key) for key in sorted({school_class_id, to_class_id})}
    old, new = loaded[school_class_id], loaded[to_class_id]
    if old == new or (old.school_id, old.year_id, old.grade) != (new.school_id, new.year_id, new.grade):
        raise Refused("SCH-007", field="to_class_id", grade=old.grade)
    hold([pupil_id])
    _leave(old, pupil_id, on, MOVED)
    refuse_overlap(stays_of(new, [pupil_id])[pupil_id], on, None)
    stay = ClassMembership(school_id=new.school_id, school_class=new, pupil_id=pupil_id, valid_from=on)
    stay.save(force_insert=True)
    _number(new, [stay])
    audit.record(
        actor, "schooling.class.moved", subject=new, unit=new.school_id,
        before={"class": old.name}, after={"class": new.name, "pupil": str(pupil_id), "on": on.isoformat()},
    )
    for changed in (old, new):
        outbox.announce(actor, MembershipChanged(changed.id, (pupil_id,)), unit=changed.school_id)
    return stay


@transaction.atomic
def choose_subjects(
    actor: Actor, *, class_subject_id: UUID, pupil_ids: Iterable[UUID], takes: bool = True,
    topic: bool = False,
) -> int:
    """Note which pupils learn a subject of the class, or its topic cluster (môn lựa chọn)."""
    subject = load_subject(actor, class_subject_id)
    known = _choices(subject)
    wanted = [
        Choice(key, takes, topic, known[key].mode, known[key].decision) if key in known
        else Choice(key, takes, topic)
        for key in dict.fromkeys(pupil_ids)
    ]  # fmt: skip
    return _write_choices(actor, subject, known, wanted)


@transaction.atomic
def set_mode(
    actor: Actor, *, class_subject_id: UUID, pupil_id: UUID, mode: str, decision: str = ""
) -> SubjectChoice:
    """How a pupil is assessed in a subject; anything but the normal way needs a decision (Điều 11 TT 22)."""
    subject = load_subject(actor, class_subject_id)
    known = _choices(subject)
    had = known.get(pupil_id)
    takes, topic = (had.takes_subject, had.takes_topic) if had else (True, False)
    _write_choices(actor, subject, known, [Choice(pupil_id, takes, topic, mode, decision)])
    choice: SubjectChoice = SubjectChoice.objects.get(class_subject=subject, pupil=pupil_id)
    return choice


@transaction.atomic
def set_choices(actor: Actor, *, class_subject_id: UUID, choices: Sequence[Choice]) -> int:
    """Who learns a subject, its topic cluster, and how each is assessed, in one act; returns changes."""
    subject = load_subject(actor, class_subject_id)
    return _write_choices(actor, subject, _choices(subject), choices)


def _choices(subject: ClassSubject) -> dict[UUID, SubjectChoice]:
    return {row.pupil_id: row for row in SubjectChoice.objects.filter(class_subject=subject)}


def _write_choices(
    actor: Actor, subject: ClassSubject, known: dict[UUID, SubjectChoice], choices: Sequence[Choice]
) -> int:
    """Write what differs; one line of the log names each pupil's choice before and after."""
    _refuse_strangers(subject, [choice.pupil_id for choice in choices])
    changed: list[SubjectChoice] = []
    before: dict[str, list[object]] = {}
    after: dict[str, list[object]] = {}
    for choice in choices:
        decision = nfc(choice.decision)
        if choice.mode not in AssessmentMode.values:
            raise Invalid("KIT-003", field="mode")
        if choice.mode != AssessmentMode.NORMAL and not decision:
            raise Invalid("SCH-009", field="decision")
        if choice.takes_topic and not subject.has_topic:
            raise Invalid("SCH-016", field="topic", name=subject.subject.name)
        row = known.get(choice.pupil_id)
        had = _facts(row) if row else [not subject.elective, False, AssessmentMode.NORMAL.value, ""]
        new: list[object] = [choice.takes_subject, choice.takes_topic, str(choice.mode), decision]
        if new == had:
            continue
        row = row or SubjectChoice(
            school_id=subject.school_id, class_subject=subject, pupil_id=choice.pupil_id
        )
        row.takes_subject, row.takes_topic = choice.takes_subject, choice.takes_topic
        row.mode, row.decision = AssessmentMode(choice.mode), decision
        changed.append(row)
        before[str(choice.pupil_id)], after[str(choice.pupil_id)] = had, new
    if changed:
        SubjectChoice.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["class_subject", "pupil"],
            update_fields=["takes_subject", "takes_topic", "mode", "decision"],
        )
        audit.record(
            actor, "schooling.subject.chosen", subject=subject, unit=subject.school_id,
            before=before, after=after,
        )
        event = MembershipChanged(subject.school_class_id, tuple(row.pupil_id for row in changed))
        outbox.announce(actor, event, unit=subject.school_id)
    return len(changed)


def _facts(row: SubjectChoice) -> list[object]:
    return [row.takes_subject, row.takes_topic, str(row.mode), row.decision]


def _refuse_strangers(subject: ClassSubject, pupil_ids: Sequence[UUID]) -> None:
    """Refuse (`SCH-006`) pupils who were never in the class."""
    members = ClassMembership.objects.filter(school_class=subject.school_class_id, pupil__in=pupil_ids)
    if set(pupil_ids) - set(members.values_list("pupil_id", flat=True)):
        raise Refused("SCH-006")


def hold(pupil_ids: Sequence[UUID]) -> None:
    """Lock the pupils: two schools' clerks cannot put one child into two classes at once."""
    rows = people.Person.objects.select_for_update(of=("self",)).filter(pk__in=pupil_ids)
    list(rows.order_by("pk").values_list("pk", flat=True))


def stays_of(
    row: SchoolClass, pupil_ids: Sequence[UUID], *, but: ClassMembership | None = None
) -> defaultdict[UUID, list[tuple[str, Period]]]:
    """The periods these pupils spend in classes of the year, of any school, with the class's name."""
    found: defaultdict[UUID, list[tuple[str, Period]]] = defaultdict(list)
    stays = ClassMembership.objects.filter(pupil__in=pupil_ids, school_class__year=row.year_id)
    if but is not None:
        stays = stays.exclude(pk=but.pk)
    for pupil, name, start, end in stays.values_list(
        "pupil_id", "school_class__name", "valid_from", "valid_to"
    ):
        found[pupil].append((name, Period(start, end)))
    return found


def refuse_overlap(stays: Sequence[tuple[str, Period]], since: dt.date, until: dt.date | None) -> None:
    """Refuse (`SCH-004`) a stay that shares a day with another one of the year."""
    new = Period(since, until)
    for name, period in stays:
        if period.overlaps(new):
            raise Refused("SCH-004", field="since", name=name)


def _leave(row: SchoolClass, pupil_id: UUID, on: dt.date, status: str) -> ClassMembership:
    stay: ClassMembership | None = (
        ClassMembership.objects.select_for_update(of=("self",))
        .filter(school_class=row, pupil=pupil_id, valid_to__isnull=True)
        .first()
    )
    if stay is None:
        raise Refused("SCH-006")
    if on <= stay.valid_from or on > row.year.ends_on:
        raise Invalid(
            "SCH-019", field="on", day=f"{on:%d/%m/%Y}", since=f"{stay.valid_from:%d/%m/%Y}",
            year=row.year.code,
        )
    if not status:
        raise Invalid("SCH-020", field="status")
    stay.valid_to, stay.status = on, status
    stay.save(update_fields=["valid_to", "status"])
    return stay


def _number(row: SchoolClass, new: Sequence[ClassMembership]) -> None:
    """Number those who are new, in the order of names, after the ones who have a number."""
    last = ClassMembership.objects.filter(school_class=row).aggregate(last=Max("position"))["last"]
    persons = people.Person.objects.filter(pk__in=[stay.pupil_id for stay in new])
    keys = dict(persons.values_list("pk", "sort_key"))
    ordered = sorted(new, key=lambda stay: (keys[stay.pupil_id], stay.pupil_id))
    for position, stay in enumerate(ordered, (last or 0) + 1):
        stay.position = position
    ClassMembership.objects.bulk_update(ordered, ["position"], batch_size=400)

