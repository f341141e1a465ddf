"""What the pages of classes show: the class list with comings and goings, the teaching plan, forms."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from khue.core import names
from khue.core.dates import format_date
from khue.core.errors import Invalid
from khue.core.ids import short
from khue.kit import permissions
from khue.kit.words import said
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.schooling import policy, queries
from khue.modules.schooling.models import AssessmentMode, SchoolClass, SchoolYear
from khue.rules import curriculum

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling.data import HomeroomTeacher, RosterRow
    from khue.modules.schooling.models import ClassSubject, Subject

REGIME_NAMES = {
    "TT22": gettext_noop("Thông tư 22/2021"),
    "TT27": gettext_noop("Thông tư 27/2020"),
    "TT30": gettext_noop("Thông tư 30/2014 (sửa đổi bởi Thông tư 22/2016)"),
    "TT58": gettext_noop("Thông tư 58/2011"),
    "TT58+26": gettext_noop("Thông tư 58/2011 (sửa đổi bởi Thông tư 26/2020)"),
}
# The first two are the names in the Ministry's list of pupil statuses (danh mục student-status).
LEAVING = (gettext_noop("Chuyển đi"), gettext_noop("Thôi học"), gettext_noop("Bảo lưu"))
FEW_CLASSES = 12  # more than this do not fit beside each other
BETWEEN = ";"
NEWCOMERS = "moi"  # in no class of the year before


@dataclass(frozen=True, slots=True)
class PupilLine:
    """A pupil in the class list, with what happened during the year."""

    row: RosterRow
    left: bool
    note: str


def day_in(year: SchoolYear, today: dt.date) -> dt.date:
    """Today, or the nearest day of the year: a past year is shown as it ended."""
    return min(max(today, year.starts_on), year.ends_on - dt.timedelta(days=1))


def pupil_lines(school_class: SchoolClass, day: dt.date) -> list[PupilLine]:
    """The class list: who came later and who left says so (chuyển đến, chuyển đi)."""
    rows = queries.roster(school_class.id)
    usual = Counter(row.since for row in rows).most_common(1)[0][0] if rows else day
    return [PupilLine(row, row.left_by(day), _note(row, usual)) for row in rows]


def _note(row: RosterRow, usual: dt.date) -> str:
    parts = [_("vào lớp {day}").format(day=format_date(row.since))] if row.since > usual else []
    if row.until is not None:
        parts.append(_("rời lớp {day}: {status}").format(day=format_date(row.until), status=said(row.status)))
    elif row.status != queries.ATTENDING:
        parts.append(said(row.status))
    return "; ".join(parts)


def class_context(actor: Actor, school_class: SchoolClass) -> dict[str, Any]:
    """Everything the page of a class shows."""
    day = day_in(school_class.year, actor.today)
    lines = pupil_lines(school_class, day)
    teachers = queries.teachers_of(school_class.id, day)
    subjects = list(queries.class_subjects(school_class.id))
    may_change = permissions.can(actor, policy.CHANGE_CLASS, school_class)
    return {
        "school_class": school_class,
        "regime": REGIME_NAMES.get(school_class.regime, school_class.regime),
        "lines": lines,
        "opens": _opens(actor, [line.row.pupil_id for line in lines]),
        "present": sum(not line.left for line in lines),
        "girls": sum(not line.left and line.row.sex == "Nữ" for line in lines),
        "subjects": [(row, teachers.get(row.id, [])) for row in subjects],
        "homeroom": queries.homeroom_of(school_class.id, day),
        "may_change": may_change,
        "addable": addable(school_class, subjects) if may_change else [],
        "unplaced": len(queries.unplaced_pupils(school_class.school_id, school_class.year))
        if may_change
        else 0,
    }


def _opens(actor: Actor, pupils: Sequence[UUID]) -> set[UUID]:
    """The pupils whose own page this person may open: nobody is offered a link to a closed door."""
    rows = people.Person.objects.filter(pk__in=pupils)
    return set(permissions.visible(actor, people.SEE_PERSON, rows).values_list("pk", flat=True))


def addable(school_class: SchoolClass, subjects: Sequence[ClassSubject]) -> list[tuple[str, str]]:
    """Subjects of the curriculum that the class does not learn yet: code and name."""
    have = {row.subject.code for row in subjects}
    offered = curriculum.subjects(school_class.level, school_class.grade)
    return [(item.code, item.name) for item in offered if item.code not in have]


def class_choices(school: orgs.Unit) -> list[dict[str, Any]]:
    """The grades of a school with the subjects a new class may choose, for the form."""
    levels = school.school.level_set()
    found = []
    for grade in range(1, 13):
        level = curriculum.level_of_grade(grade)
        if level not in levels:
            continue
        offered = curriculum.subjects(level, grade)
        found.append(
            {
                "grade": grade,
                "electives_field": f"electives_{grade}",
                "topics_field": f"topics_{grade}",
                "electives": [item for item in offered if item.elective or item.optional],
                "topics": [item for item in offered if item.topic_allowed],
            }
        )
    return found


@dataclass(slots=True)
class TeacherNames:
    """Names by which a person in the office names teachers, and back: whole, or as far as clear."""

    by_label: dict[str, UUID] = field(default_factory=dict)
    labels: dict[UUID, str] = field(default_factory=dict)

    @classmethod
    def of(cls, school_id: UUID, day: dt.date) -> TeacherNames:
        """The staff of a school on a day; namesakes carry their birth date or code."""
        found = cls()
        cards = {card.person_id: card for card in people.staff_of(school_id, day)}
        shared = Counter(card.full_name for card in cards.values())
        for key, card in cards.items():
            label = card.full_name
            if shared[label] > 1:
                label = f"{label} ({card.birth_shown or card.code or short(key)[:6]})"
            if label in found.by_label:
                label = f"{label} {short(key)[:6]}"
            found.by_label[label] = key
            found.labels[key] = label
        return found

    def shown(self, persons: Iterable[UUID], others: Mapping[UUID, str]) -> str:
        """Persons as the form writes them, also those who do not work here any more."""
        return f"{BETWEEN} ".join(self.labels.get(key) or others.get(key, "?") for key in persons)

    def find(self, text: str) -> list[UUID]:
        """The persons of «Nông Thị Hoa; lan»: a part is enough when it is clear, without accents too."""
        return list(dict.fromkeys(self._one(part) for part in text.split(BETWEEN) if part.strip()))

    def _one(self, text: str) -> UUID:
        wanted = names.nfc(text)
        if wanted in self.by_label:
            return self.by_label[wanted]
        for keep in (_as_written, names.fold):
            for matches in (_same, _ends, _has):
                labels = [label for label in self.by_label if matches(keep(wanted), keep(label))]
                if len(labels) == 1:
                    return self.by_label[labels[0]]
                if labels and keep is names.fold:
                    raise Invalid("SCH-011", text=wanted[:60], names=f": {', '.join(labels[:5])}")
        raise Invalid("SCH-011", text=wanted[:60], names="")


def _as_written(text: str) -> str:
    return text.lower()


def _same(wanted: str, label: str) -> bool:
    return wanted == label


def _ends(wanted: str, label: str) -> bool:
    return label.endswith(f" {wanted}")


def _has(wanted: str, label: str) -> bool:
    return f" {wanted} " in f" {label} "


@dataclass(frozen=True, slots=True)
class PlanCell:
    """One field of the teaching plan; no key where the class does not learn the subject."""

    name: str
    label: str
    value: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The teaching plan of some classes: leaders first, then a row per subject (bảng phân công)."""

    classes: list[SchoolClass]
    homerooms: list[PlanCell]
    rows: list[tuple[Subject, list[PlanCell | None]]]
    names: list[str]
    stamp: str


@dataclass(frozen=True, slots=True)
class PostedPlan:
    """What a posted plan says: persons by class subject, leaders by class, fields not understood."""

    teachers: dict[UUID, list[UUID]]
    homerooms: dict[UUID, UUID | None]
    errors: dict[str, Invalid]


def read_plan(
    classes: Sequence[SchoolClass], known: TeacherNames, posted: Mapping[str, str], day: dt.date
) -> PostedPlan:
    """Persons from the names that were typed; fields left as they were keep whoever is there."""
    present = queries.teaching_of([row.id for row in classes], day)
    leaders = queries.homerooms_of([row.id for row in classes], day)
    others = _strangers(known, present, leaders)
    found = PostedPlan({}, {}, {})
    for row in classes:
        for subject in row.subjects.all():
            held = present.get(subject.id, [])
            persons = _read(f"m_{short(subject.id)}", held, known, others, posted, found)
            if persons is not None:
                found.teachers[subject.id] = persons
        leader = [leaders[row.id].person_id] if row.id in leaders else []
        chosen = _read(f"h_{short(row.id)}", leader, known, others, posted, found)
        if chosen is not None:
            found.homerooms[row.id] = chosen[0] if chosen else None
    return found


def _read(
    name: str, held: list[UUID], known: TeacherNames, others: Mapping[UUID, str], posted: Mapping[str, str],
    found: PostedPlan,
) -> list[UUID] | None:
    """The persons of one field, None when it says what holds already or cannot be understood."""
    text = posted.get(name)
    if text is None or names.nfc(text) == known.shown(held, others):
        return None
    try:
        return known.find(text)
    except Invalid as error:
        found.errors[name] = error
        return None


def _strangers(
    known: TeacherNames, present: Mapping[UUID, Iterable[UUID]], leaders: Mapping[UUID, HomeroomTeacher]
) -> dict[UUID, str]:
    """Names of persons in the plan who are not on the staff that day."""
    wanted = {person for persons in present.values() for person in persons}
    wanted |= {found.person_id for found in leaders.values()}
    missing = wanted - set(known.labels)
    return people.names_of(missing) if missing else {}


def plan_of(
    classes: Sequence[SchoolClass], known: TeacherNames, day: dt.date,
    posted: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None,
) -> Plan:
    """The plan as the form shows it; after a refusal with what was typed."""
    ids = [row.id for row in classes]
    present, leaders = queries.teaching_of(ids, day), queries.homerooms_of(ids, day)
    others = _strangers(known, present, leaders)
    typed, wrong = posted or {}, errors or {}

    def cell(name: str, label: str, held: list[UUID]) -> PlanCell:
        return PlanCell(name, label, typed.get(name, known.shown(held, others)), wrong.get(name, ""))

    subjects: dict[UUID, Subject] = {}
    learned: dict[tuple[UUID, UUID], ClassSubject] = {}
    for row in classes:
        for item in row.subjects.all():
            subjects.setdefault(item.subject_id, item.subject)
            learned[item.subject_id, row.id] = item
    ordered = sorted(subjects.values(), key=lambda subject: (subject.level, subject.position))
    return Plan(
        classes=list(classes),
        homerooms=[
            cell(
                f"h_{short(row.id)}", _("Chủ nhiệm lớp {name}").format(name=row.name),
                [leaders[row.id].person_id] if row.id in leaders else [],
            )
            for row in classes
        ],
        rows=[
            (
                subject,
                [
                    cell(
                        f"m_{short(learned[subject.id, row.id].id)}",
                        _("{subject}, lớp {name}").format(subject=said(subject.name), name=row.name),
                        present.get(learned[subject.id, row.id].id, []),
                    )
                    if (subject.id, row.id) in learned
                    else None
                    for row in classes
                ],
            )
            for subject in ordered
        ],
        names=sorted(known.by_label, key=names.sort_key),
        stamp=queries.teaching_stamp(ids),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """A pupil's own relation to a subject, as the form shows it."""

    row: RosterRow
    takes: bool
    topic: bool
    mode: str
    decision: str


def choice_lines(subject: ClassSubject) -> list[ChoiceLine]:
    """The pupils of the class and what each learns of the subject."""
    known = {
        row.pupil_id: row
        for row in queries.choices_of_class(subject.school_class_id).filter(class_subject=subject)
    }
    return [
        ChoiceLine(row, own.takes_subject, own.takes_topic, own.mode, own.decision)
        if (own := known.get(row.pupil_id))
        else ChoiceLine(row, not subject.elective, False, AssessmentMode.NORMAL, "")
        for row in queries.roster(subject.school_class_id)
    ]


def place_context(school_class: SchoolClass, group: str) -> dict[str, Any]:
    """Who may be put into a class: by the class of the year before, so that a class goes up in one act."""
    waiting = queries.unplaced_pupils(school_class.school_id, school_class.year)
    before = queries.classes_before([card.person_id for card in waiting], school_class.year)
    sizes = Counter(before.values())
    groups = sorted(sizes, key=lambda row: (row.grade != school_class.grade - 1, row.grade, row.sort_key))
    found = next((row for row in groups if short(row.id) == group), None)
    new = group == NEWCOMERS
    rows = [
        card
        for card in waiting
        if (found is None and not new)
        or (found is not None and before.get(card.person_id) == found)
        or (new and card.person_id not in before)
    ]
    return {
        "rows": [(card, before.get(card.person_id)) for card in rows],
        "groups": [(short(row.id), row.name, sizes[row]) for row in groups],
        "newcomers": len(waiting) - sum(sizes.values()),
        "group": group,
        "gone": queries.gone_pupils(school_class.school_id, school_class.year),
        # A class that goes up whole is ticked; who stays behind is taken out by hand.
        "all": found is not None,
    }
