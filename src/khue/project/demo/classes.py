"""Classes of the sample province: pupils, teachers, marks of each term, the closing of a year."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from khue.core.ids import uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import Operation
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewIdentifier, NewPerson, PersonChange
from khue.modules.schooling import api as schooling
from khue.project.demo import signing
from khue.project.demo.marks import Ability, homeroom_value, mark_for
from khue.project.demo.names import ETHNIC, HAMLETS, full_name
from khue.project.demo.schools import moment, system_on, writing_as

if TYPE_CHECKING:
    from random import Random
    from uuid import UUID

    from khue.modules.gradebook.api import Sheet
    from khue.project.demo.schools import ClassPlan, School

COMPLETE = ("7A", "5A")  # everybody in them goes up: their transcripts are issued before the summer
EARLY = 5  # sheets of a class whose teachers have entered marks in the term in progress
SIGNED_TERM = 2  # of last year, in the lower secondary school: when it began to sign


def admit(school: School, year: schooling.SchoolYear, number: int, random: Random) -> None:
    """Pupils for every class of a year that has none yet, admitted in one act."""
    first = year.starts_on.year
    actor = system_on(dt.date(first, 8, 25))
    plans = [
        plan for plan in school.plan.classes if plan.since <= number and not school.cohorts.get(plan.name)
    ]
    new: list[NewPerson] = []
    facts = []
    for plan in plans:
        for seat in range(plan.size):
            code = f"{2098000000 + int(school.plan.code[-1]) * 10000 + (first % 10) * 1000 + len(new)}"
            new.append(_pupil(random, first - plan.grade - 5, code))
            facts.append(_facts(random, school, actor.today, seat))
    if not new:
        return
    rows = people.register_people(actor, school_id=school.unit.id, people=new)
    people.admit_pupils(
        actor, school_id=school.unit.id,
        pupils=[Admission(row.pk, own) for row, own in zip(rows, facts, strict=True)],
    )  # fmt: skip
    keys = [row.pk for row in rows]
    for plan in plans:
        school.cohorts[plan.name], keys = keys[: plan.size], keys[plan.size :]


def _pupil(random: Random, born: int, code: str) -> NewPerson:
    sex = "Nữ" if random.randrange(2) else "Nam"
    birth = dt.date(born, 1, 1) + dt.timedelta(random.randrange(364))
    return NewPerson(
        full_name(random, sex), birth_date=birth, sex=sex, nationality="Việt Nam",
        ethnic_code=random.choice(ETHNIC), identifiers=(NewIdentifier("moet", code),),
    )  # fmt: skip


def _facts(random: Random, school: School, today: dt.date, seat: int) -> dict[str, object]:
    commune = school.plan.commune
    place = f"{commune}, tỉnh Lạng Sơn"
    return {
        "admitted_on": today, "birth_place": "Tỉnh Lạng Sơn", "home_town": place,
        "permanent_address": place,
        "current_address": f"Thôn {random.choice(HAMLETS)}, {place}" if seat else "",  # the clerk has to ask
    }  # fmt: skip


def move_up(school: School, year: schooling.SchoolYear) -> None:
    """Last year's pupils are a grade higher; those whose grade the school lacks leave its register."""
    plans = school.plan.classes
    taught = {plan.name: plan for plan in plans}
    moved: dict[str, list[UUID]] = {}
    gone = []
    for name, pupils in school.cohorts.items():
        grade = taught[name].grade + 1
        after = next((plan.name for plan in plans if plan.grade == grade and not _is_second(plan)), "")
        if after:
            moved[after] = pupils
        else:
            gone += pupils
    changes = [PersonChange(key, pupil={"status": "Hoàn thành cấp học"}) for key in gone]
    if changes:
        actor = system_on(dt.date(year.starts_on.year, 8, 20))
        people.change_people(actor, school_id=school.unit.id, changes=changes)
    school.cohorts = moved


def _is_second(plan: ClassPlan) -> bool:
    """A parallel class: nobody moves up into it."""
    return plan.name.endswith("2")


def open_class(
    school: School, year: schooling.SchoolYear, position: int, random: Random, *, finished: bool
) -> None:
    """A class with its pupils, teachers and marks; a finished year is closed, as far as it is."""
    plan = school.plan.classes[position]
    start = dt.date(year.starts_on.year, 8, 25)
    actor = system_on(start)
    pupils = school.cohorts[plan.name]
    row = schooling.open_class(
        actor, school_id=school.unit.id, year=year, name=plan.name, grade=plan.grade,
        electives=plan.electives, topics=dict(plan.topics),
    )  # fmt: skip
    school.classes[plan.name, year.starts_on.year] = row.id
    schooling.enroll_many(
        actor, school_class_id=row.id, members=[schooling.NewMember(key, start) for key in pupils]
    )
    homeroom = school.homeroom(position)
    schooling.assign_teachers(
        actor, school_id=school.unit.id, since=start,
        assignments=[
            schooling.Assignment(subject.id, _teacher(school, subject, number, homeroom).id)
            for number, subject in enumerate(schooling.class_subjects(row.id))
        ],
    )  # fmt: skip
    schooling.assign_homeroom(actor, school_class_id=row.id, person_id=homeroom.id, since=start)
    gradebook.open_sheets(actor, school_class_ids=[row.id])
    abilities = {key: Ability.of(random) for key in pupils}
    if finished:
        # Cases that a visitor should meet: near the limit of absences, one weak subject, excellent.
        cases = [Ability(95, absent=0), Ability(72, absent=22, conduct="K")]
        if plan.name not in COMPLETE:
            cases += [Ability(78, weak=30, weak_subject=1), Ability(45)]
        abilities.update(zip(pupils, cases, strict=False))
    for term in (1, 2) if finished else (1,):
        _fill_term(row, term, abilities, random, homeroom, partly=not finished)
    if finished:
        _close_year(school, row, homeroom, year)


def _teacher(
    school: School, subject: schooling.ClassSubject, number: int, homeroom: people.Person
) -> people.Person:
    if school.plan.level == "TH":
        return homeroom
    if subject.subject.code == "TOAN":
        return school.teachers[0]
    if subject.subject.code == "VAN" and school.plan.level == "THCS":
        return school.teachers[1]
    return school.teachers[2 + number % (len(school.teachers) - 2)]


def _fill_term(
    row: schooling.SchoolClass, term: int, abilities: dict[UUID, Ability], random: Random,
    homeroom: people.Person, *, partly: bool,
) -> None:  # fmt: skip
    first = row.year.starts_on.year
    day = (
        dt.date(first, 10, 20)
        if partly
        else dt.date(first, 12, 28)
        if term == 1
        else dt.date(first + 1, 5, 15)
    )
    teachers = schooling.teachers_of(row.id, day)
    sheets = list(gradebook.sheets_of(row.id, term).values())
    for number, sheet in enumerate(sheets[:EARLY] if partly else sheets):
        names = teachers.get(sheet.class_subject_id) if sheet.class_subject_id else None
        actor = writing_as(homeroom, moment(day, 9))
        if names:
            actor = replace(actor, person_id=names[0][0], name=names[0][1])
        operations = _operations(sheet, number, abilities, random, partly=partly)
        if operations:
            gradebook.record_operations(actor, sheet_id=sheet.id, operations=operations)


def _operations(
    sheet: Sheet, number: int, abilities: dict[UUID, Ability], random: Random, *, partly: bool
) -> list[Operation]:
    operations = []
    for slot in gradebook.slots_of(sheet):
        # In the term in progress: the first marks are in, midterm in some subjects, nothing final.
        early = (
            slot.code in {"tx1", "tx2"}
            or (slot.code == "gk" and number % 3 == 0)
            or slot.code.startswith("mid.")
        )
        if partly and not early:
            continue
        for pupil, ability in abilities.items():
            if partly and random.randrange(40) == 0:
                continue
            value = mark_for(slot, ability, number, random)
            if sheet.class_subject_id is None and sheet.kind == "homeroom":
                value = homeroom_value(slot, ability, sheet.term, random)
            if value:
                operations.append(Operation(uuid7(), pupil, slot.code, value, 0))
    return operations


def _close_year(
    school: School, row: schooling.SchoolClass, homeroom: people.Person, year: schooling.SchoolYear
) -> None:
    first, principal = year.starts_on.year, school.principal
    signs = signing.signs(school.plan)
    for term, day in ((1, dt.date(first + 1, 1, 12)), (2, dt.date(first + 1, 5, 25))):
        owners: dict[UUID, list[UUID]] = {}
        teachers = schooling.teachers_of(row.id, day)
        for sheet in gradebook.sheets_of(row.id, term).values():
            if sheet.class_subject_id is not None:
                owners.setdefault(teachers[sheet.class_subject_id][0][0], []).append(sheet.id)
        staff = {person.id: person for person in school.teachers}
        owned = {writing_as(staff[key], moment(day, 10)): sheets for key, sheets in owners.items()}
        lead, head = writing_as(homeroom, moment(day, 14)), writing_as(principal, moment(day, 16))
        if term == SIGNED_TERM and signs:
            if not signing.sign_term(row, term, owned, lead, head):
                return
            continue
        for actor, sheets in owned.items():
            for key in sheets:
                gradebook.close_sheet(actor, sheet_id=key)
        gradebook.close_class(lead, school_class_id=row.id, term=term)
        gradebook.seal_class(head, school_class_id=row.id, term=term)
    end = moment(dt.date(first + 1, 5, 28))
    if signs:
        signing.sign_year(row, writing_as(homeroom, end), writing_as(principal, end))
        return
    gradebook.close_class(writing_as(homeroom, end), school_class_id=row.id, term=0)
    gradebook.seal_class(writing_as(principal, end), school_class_id=row.id, term=0)


def ask_for_a_correction(school: School, year: schooling.SchoolYear, now: dt.datetime) -> None:
    """One mark of the closed year waits to be corrected, so that the ritual can be tried from its middle."""
    row = schooling.classes_of_school(school.unit.id, year)[0]
    sheet = next(
        sheet
        for sheet in gradebook.sheets_of(row.id, 2).values()
        if sheet.class_subject is not None and sheet.class_subject.subject.code == "TOAN"
    )
    pupil, cell = next(
        (pupil, cell) for (pupil, slot), cell in gradebook.cells_of(sheet.id).items() if slot == "ck"
    )
    gradebook.request_correction(
        writing_as(school.teachers[0], now), sheet_id=sheet.id, pupil_id=pupil, slot="ck",
        value="9.0" if cell.value != "9.0" else "8.5", reason="Cộng sót điểm câu 5 của bài cuối kì.",
        base_version=cell.version,
    )  # fmt: skip
