"""The sample province: three schools, two finished terms, one in progress, every role."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from khue.core.actor import Actor, ActorKind, Role, system_actor
from khue.core.dates import VIETNAM, school_year_of
from khue.core.ids import uuid7
from khue.modules.access import api as access
from khue.modules.codes import api as codes
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import Operation
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewIdentifier, NewPerson, PersonChange
from khue.modules.schooling import api as schooling
from khue.project.demo import signing
from khue.project.demo.logins import PASSWORD
from khue.project.demo.marks import Ability, homeroom_value, mark_for
from khue.project.demo.names import full_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from khue.modules.gradebook.api import Sheet

Progress = "Callable[[str, int], None]"
SEED = 2018
SYSTEM_NAME = "Dữ liệu minh hoạ"
SIGNED_TERM = 2  # of last year, in the lower secondary school: when it began to sign


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """A class; in upper secondary with its combination of electives and its topic clusters."""

    name: str
    grade: int
    electives: tuple[str, ...] = ()
    topics: tuple[tuple[str, int], ...] = ()
    new: bool = False  # opened this year


SCIENCE = (("VL", "HH", "SH", "TIN"), (("TOAN", 2), ("VL", 2), ("HH", 1)))
SOCIETY = (("DL", "GDKTPL", "VL", "TIN"), (("VAN", 2), ("DL", 2), ("GDKTPL", 1)))


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """What one school of the demo is like."""

    name: str
    code: str
    level: str
    commune: str
    district: str  # until 1 July 2025; empty for schools of the department itself
    classes: tuple[ClassPlan, ...]
    size: int


SCHOOLS = (
    SchoolPlan(
        "Trường THCS Khe Vàng", "20988001", "THCS", "Xã Lộc Bình", "Huyện Lộc Bình",
        (ClassPlan("6A", 6), ClassPlan("7A", 7), ClassPlan("8A", 8), ClassPlan("9A", 9)), 20,
    ),
    SchoolPlan(
        "Trường PTDTBT Tiểu học Khuổi Tấu", "20988002", "TH", "Xã Mẫu Sơn", "Huyện Lộc Bình",  # in the hills
        (ClassPlan("1A", 1), ClassPlan("3A", 3), ClassPlan("4A", 4), ClassPlan("5A", 5)), 14,
    ),
    SchoolPlan(
        "Trường THPT Đèo Khách", "20988003", "THPT", "Xã Văn Quan", "",
        (
            ClassPlan("10A1", 10, *SCIENCE), ClassPlan("10A2", 10, *SOCIETY, new=True),
            ClassPlan("11A1", 11, *SCIENCE), ClassPlan("12A1", 12, *SCIENCE),
        ), 20,
    ),
)  # fmt: skip
DISTRICTS_END = dt.date(2025, 7, 1)  # two-tier local government: NĐ 142/2025/NĐ-CP


@dataclass(slots=True)
class School:
    """A school while it is being built."""

    plan: SchoolPlan
    unit: orgs.Unit
    principal: people.Person
    clerk: people.Person
    deputy: people.Person
    teachers: list[people.Person] = field(default_factory=list)
    cohorts: dict[int, list[UUID]] = field(default_factory=dict)  # pupils by the grade they are in now


@transaction.atomic
def build_province(progress: Callable[[str, int], None], today: dt.date | None = None) -> None:
    """Make everything; the same school year gives the same people and marks."""
    today = today or timezone.localdate()
    first = int(school_year_of(today)[:4])
    random = Random(SEED)  # noqa: S311 - a demo must come out the same each time
    system = system_actor(SYSTEM_NAME, _moment(dt.date(first - 1, 8, 20)))
    progress("Danh mục, đơn vị", 1)
    codes.load_shipped(system)
    province = orgs.found_unit(system, kind="province", name="Tỉnh Lạng Sơn")
    department = orgs.found_unit(system, kind="department", name="Sở GD&ĐT tỉnh Lạng Sơn", parent=province)
    years = [_open_year(system, first - 1), _open_year(system, first)]
    schools = [_found(system, plan, province, random) for plan in SCHOOLS]
    _accounts(system, schools, department, province)
    staff = [row for school in schools for row in (school.principal, school.deputy, *school.teachers)]
    signing.give_keys([(school.unit.id, school.unit.name) for school in schools], staff, system.now)
    steps = sum(len(plan.classes) for plan in SCHOOLS) * 2
    done = 0
    for number, year in enumerate(years):
        for school in schools:
            if number:
                _move_up(school, year)
            for position, plan in enumerate(school.plan.classes):
                done += 1
                if plan.new and not number:
                    continue
                progress(f"{school.plan.name}, lớp {plan.name}, {year.code}", 3 + 95 * done // steps)
                _class(school, year, plan, position, random, finished=number == 0, offset=done)
    progress("Đóng dấu, ghi nhật kí bằng chứng", 99)
    signing.seal_and_log()
    _ask_for_a_correction(schools[0], years[0], timezone.localtime())
    progress("Xong", 100)


def _moment(day: dt.date, hour: int = 8) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM)


def _open_year(system: Actor, first: int) -> schooling.SchoolYear:
    return schooling.open_year(
        system, code=f"{first}-{first + 1}", term_starts=(dt.date(first, 9, 5), dt.date(first + 1, 1, 19)),
        ends_on=dt.date(first + 1, 6, 1),
    )


def _found(system: Actor, plan: SchoolPlan, province: orgs.Unit, random: Random) -> School:
    parent = province
    if plan.district:
        parent = _once(system, "district", plan.district, province, until=DISTRICTS_END)
    unit = orgs.found_school(system, name=plan.name, code=plan.code, levels=plan.level, parent=parent)
    if plan.district:
        commune = _once(system, "commune", plan.commune, province)
        orgs.move_unit(system, unit=unit, parent=commune, on=DISTRICTS_END)
    names = {
        "THCS": ("Hoàng Văn Minh", "Vi Thị Thu", "Bế Thị Nga"),
        "TH": ("Lộc Thị Hạnh", "Mông Văn Kiên", "Đàm Thị Vân"),
    }
    principal, clerk, deputy = names.get(plan.level, ("Chu Văn Thắng", "Hứa Thị Yến", "Lâm Quốc Việt"))
    fixed = {"THCS": ["Nông Thị Hoa", "Lý Thị Lan"], "TH": ["Bế Thị Mai"], "THPT": ["Đàm Văn Tuấn"]}[
        plan.level
    ]
    count = {"THCS": 12, "TH": 6, "THPT": 12}[plan.level]
    teachers = fixed + [full_name(random, random.choice(("Nữ", "Nam"))) for _ in range(count - len(fixed))]
    school = School(
        plan, unit, _staff(system, unit, principal, "Hiệu trưởng"), _staff(system, unit, clerk, "Nhân viên"),
        _staff(system, unit, deputy, "Phó hiệu trưởng"),
    )
    school.teachers = [_staff(system, unit, name, "Giáo viên") for name in teachers]
    return school


def _once(
    system: Actor, kind: str, name: str, province: orgs.Unit, until: dt.date | None = None
) -> orgs.Unit:
    """A unit below the province, made when first named."""
    found = orgs.Unit.objects.filter(kind=kind, name=name).first()
    return found or orgs.found_unit(system, kind=kind, name=name, parent=province, until=until)


def _staff(system: Actor, unit: orgs.Unit, name: str, position: str) -> people.Person:
    person = people.register_person(system, school_id=unit.id, person=NewPerson(name))
    people.employ(
        system,
        school_id=unit.id,
        person_id=person.id,
        position=position,
        since=system.today - dt.timedelta(700),
    )
    return person


def _accounts(
    system: Actor, schools: list[School], department: orgs.Unit, province: orgs.Unit
) -> None:
    lower, primary, upper = schools
    commune = orgs.Unit.objects.get(kind="commune", name=lower.plan.commune)
    officer = _staff(system, department, "Lương Văn Sơn", "Chuyên viên")
    admin = _staff(system, department, "Dương Thu Nhung", "Chuyên viên")
    technician = _staff(system, lower.unit, "Liễu Tiến Dũng", "Nhân viên")
    official = _staff(system, commune, "Phùng Thanh Bình", "Công chức văn hoá - xã hội")
    held = [
        ("hoa", lower.teachers[0], Role.TEACHER, lower.unit),
        ("lan", lower.teachers[1], Role.TEACHER, lower.unit),
        ("minh", lower.principal, Role.PRINCIPAL, lower.unit),
        ("nga", lower.deputy, Role.VICE_PRINCIPAL, lower.unit),
        ("thu", lower.clerk, Role.CLERK, lower.unit),
        ("dung", technician, Role.IT_STAFF, lower.unit),
        ("mai", primary.teachers[0], Role.TEACHER, primary.unit),
        ("tuan", upper.teachers[0], Role.TEACHER, upper.unit),
        ("binh", official, Role.COMMUNE_OFFICER, commune),
        ("son", officer, Role.DEPARTMENT_OFFICER, province),
        ("quantri", admin, Role.DEPARTMENT_ADMIN, province),
    ]
    held += [("", school.principal, Role.PRINCIPAL, school.unit) for school in (primary, upper)]
    for username, person, role, unit in held:
        access.grant(system, person_id=person.id, role=role, unit_id=unit.id, source="Dữ liệu minh hoạ")
        if username:
            home = department if unit == province else unit
            access.create_account(
                system, unit_id=home.id, person_id=person.id, username=username, password=PASSWORD
            )


def _class(
    school: School, year: schooling.SchoolYear, plan: ClassPlan, position: int, random: Random, *,
    finished: bool, offset: int,
) -> None:
    start = dt.date(year.starts_on.year, 8, 25)
    actor = system_actor(SYSTEM_NAME, _moment(start))
    pupils = [] if plan.new else school.cohorts.get(plan.grade, [])
    if not pupils:
        pupils = _pupils(actor, school, plan.grade, year, random, offset)
    school.cohorts[plan.grade] = pupils
    row = schooling.open_class(
        actor, school_id=school.unit.id, year=year, name=plan.name, grade=plan.grade,
        electives=plan.electives, topics=dict(plan.topics),
    )
    schooling.enroll_many(
        actor, school_class_id=row.id, members=[schooling.NewMember(key, start) for key in pupils]
    )
    subjects = list(schooling.class_subjects(row.id))
    homeroom = school.teachers[
        (position + 1) % len(school.teachers)
        if school.plan.level == "THCS"
        else position % len(school.teachers)
    ]
    schooling.assign_teachers(
        actor, school_id=school.unit.id, since=start,
        assignments=[
            schooling.Assignment(subject.id, _teacher(school, subject, number, homeroom).id)
            for number, subject in enumerate(subjects)
        ],
    )
    schooling.assign_homeroom(actor, school_class_id=row.id, person_id=homeroom.id, since=start)
    gradebook.open_sheets(actor, school_class_ids=[row.id])
    abilities = {key: Ability.of(random) for key in pupils}
    if pupils and finished:
        # Cases that a visitor should meet: near the limit of absences, one weak subject, excellent.
        cases = [
            Ability(95, absent=0),
            Ability(78, weak=30, weak_subject=1),
            Ability(72, absent=22, conduct="K"),
            Ability(45),
        ]
        abilities.update(zip(pupils, cases, strict=False))
    for term in (1, 2) if finished else (1,):
        _fill_term(school, row, term, abilities, random, homeroom, partly=not finished)
    if finished:
        _close_year(school, row, homeroom, year)


def _move_up(school: School, year: schooling.SchoolYear) -> None:
    """Last year's pupils are a grade higher; those whose grade the school lacks leave its register."""
    grades = {plan.grade for plan in school.plan.classes}
    actor = system_actor(SYSTEM_NAME, _moment(dt.date(year.starts_on.year, 8, 20)))
    moved = {grade + 1: pupils for grade, pupils in school.cohorts.items() if grade + 1 in grades}
    gone = [key for grade, pupils in school.cohorts.items() if grade + 1 not in grades for key in pupils]
    last = max(grades)
    status = "Hoàn thành cấp học" if last in school.cohorts else "Chuyển đi"
    changes = [PersonChange(key, pupil={"status": status}) for key in gone]
    people.change_people(actor, school_id=school.unit.id, changes=changes)
    school.cohorts = moved


def _pupils(
    actor: Actor, school: School, grade: int, year: schooling.SchoolYear, random: Random, offset: int
) -> list[UUID]:
    born = year.starts_on.year - grade - 5
    new = []
    for number in range(school.plan.size):
        sex = "Nữ" if random.randrange(2) else "Nam"
        birth = dt.date(born, 1, 1) + dt.timedelta(random.randrange(364))
        code = f"{2098000000 + offset * 1000 + number}"
        new.append(
            NewPerson(
                full_name(random, sex), birth_date=birth, sex=sex, identifiers=(NewIdentifier("moet", code),)
            )
        )
    rows = people.register_people(actor, school_id=school.unit.id, people=new)
    people.admit_pupils(
        actor, school_id=school.unit.id,
        pupils=[Admission(row.pk, {"admitted_on": actor.today}) for row in rows],
    )
    return [row.pk for row in rows]


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


def _as(person: people.Person, moment: dt.datetime) -> Actor:
    """The system, writing under a person's name: the demo's history reads as if people had typed it."""
    return Actor(person.id, person.full_name, moment.date(), moment, kind=ActorKind.SYSTEM)


def _fill_term(
    school: School, row: schooling.SchoolClass, term: int, abilities: dict[UUID, Ability], random: Random,
    homeroom: people.Person, *, partly: bool,
) -> None:
    first = row.year.starts_on.year
    day = (
        dt.date(first, 10, 20)
        if partly
        else dt.date(first, 12, 28)
        if term == 1
        else dt.date(first + 1, 5, 15)
    )
    teachers = schooling.teachers_of(row.id, day)
    for number, sheet in enumerate(gradebook.sheets_of(row.id, term).values()):
        names = teachers.get(sheet.class_subject_id) if sheet.class_subject_id else None
        actor = _as(homeroom, _moment(day, 9))
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
    for term, day in ((1, dt.date(first + 1, 1, 12)), (2, dt.date(first + 1, 5, 25))):
        owners: dict[UUID, list[UUID]] = {}
        teachers = schooling.teachers_of(row.id, day)
        for sheet in gradebook.sheets_of(row.id, term).values():
            if sheet.class_subject_id is not None:
                owners.setdefault(teachers[sheet.class_subject_id][0][0], []).append(sheet.id)
        staff = {person.id: person for person in school.teachers}
        owned = {_as(staff[key], _moment(day, 10)): sheets for key, sheets in owners.items()}
        lead, head = _as(homeroom, _moment(day, 14)), _as(principal, _moment(day, 16))
        if term == SIGNED_TERM and school.plan.level == "THCS":
            if not signing.sign_term(row, term, owned, lead, head):
                return
            continue
        for actor, sheets in owned.items():
            for key in sheets:
                gradebook.close_sheet(actor, sheet_id=key)
        gradebook.close_class(lead, school_class_id=row.id, term=term)
        gradebook.seal_class(head, school_class_id=row.id, term=term)
    end = _moment(dt.date(first + 1, 5, 28))
    if school.plan.level == "THCS":
        signing.sign_year(row, _as(homeroom, end), _as(principal, end))
        return
    gradebook.close_class(_as(homeroom, end), school_class_id=row.id, term=0)
    gradebook.seal_class(_as(principal, end), school_class_id=row.id, term=0)


def _ask_for_a_correction(school: School, year: schooling.SchoolYear, now: dt.datetime) -> None:
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
        _as(school.teachers[0], now), sheet_id=sheet.id, pupil_id=pupil, slot="ck",
        value="9.0" if cell.value != "9.0" else "8.5", reason="Cộng sót điểm câu 5 của bài cuối kì.",
        base_version=cell.version,
    )
