"""The named people of all tests, and a small province for them to live in.

Cô Hoa teaches Toán in 6A and 7A; cô Lan leads 6A and teaches Ngữ văn; thầy Minh is principal;
chị Thu is the clerk; anh Sơn works at the Sở; thầy Quang teaches at another school.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.test import Client

from khue.core.actor import Actor, GrantFact, Role, system_actor
from khue.core.dates import VIETNAM
from khue.core.ids import uuid7
from khue.modules.access.api import Account, Grant
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import Operation, OperationResult
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewIdentifier, NewPerson
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from uuid import UUID

    from khue.modules.gradebook.api import Sheet

NOW = dt.datetime(2025, 12, 15, 8, 0, tzinfo=VIETNAM)
SINCE = dt.date(2025, 8, 25)
SYSTEM = system_actor("kiểm thử", NOW)
PUPILS = ("Lý Tiến Bình", "Hoàng Ngọc Châu", "Nông Văn Đức", "Lăng Minh Cường", "Vi Thị Ánh")


@dataclass(slots=True)
class World:
    """One small province: three schools, a stranger's school, the cast."""

    department: orgs.Unit
    school: orgs.Unit
    primary: orgs.Unit
    upper: orgs.Unit
    elsewhere: orgs.Unit
    year: schooling.SchoolYear
    hoa: Actor
    lan: Actor
    minh: Actor
    thu: Actor
    son: Actor
    quang: Actor
    classes: dict[str, schooling.SchoolClass] = field(default_factory=dict)
    pupils: dict[str, list[UUID]] = field(default_factory=dict)

    def sheet(self, class_name: str, subject: str, term: int = 1) -> Sheet:
        """A sheet by class, subject code (or «homeroom», «traits») and term."""
        sheets = gradebook.sheets_of(self.classes[class_name].id, term)
        for sheet in sheets.values():
            if sheet.class_subject is None and sheet.kind == subject:
                return sheet
            if sheet.class_subject is not None and sheet.class_subject.subject.code == subject:
                return sheet
        raise LookupError(subject)

    def subject(self, class_name: str, code: str) -> schooling.ClassSubject:
        """A subject of a class."""
        return schooling.class_subjects(self.classes[class_name].id).get(subject__code=code)

    def at(self, actor: Actor, now: dt.datetime) -> Actor:
        """The same person at another time."""
        return replace(actor, now=now, today=now.date(), cache={})


def make_actor(person: people.Person, *held: tuple[Role, orgs.Unit], now: dt.datetime = NOW) -> Actor:
    """An actor with roles over units."""
    grants = tuple(GrantFact(uuid7(), role, unit.pk) for role, unit in held)
    return Actor(person.pk, person.full_name, now.date(), now, grants)


def make_school(name: str, code: str, levels: str, parent: orgs.Unit) -> orgs.Unit:
    """A school."""
    return orgs.found_school(SYSTEM, name=name, code=code, levels=levels, parent=parent)


def make_staff(school: orgs.Unit, name: str, position: str = "Giáo viên") -> people.Person:
    """A member of staff."""
    person = people.register_person(SYSTEM, school_id=school.pk, person=NewPerson(name))
    people.employ(SYSTEM, school_id=school.pk, person_id=person.pk, position=position, since=SINCE)
    return person


def make_pupils(school: orgs.Unit, names: tuple[str, ...], first_code: int) -> list[UUID]:
    """Pupils with Ministry codes in a row."""
    new = [
        NewPerson(
            name,
            birth_date=dt.date(2014, 1 + number % 12, 5),
            sex="Nữ" if "Thị" in name else "Nam",
            identifiers=(NewIdentifier("moet", str(first_code + number)),),
        )
        for number, name in enumerate(names)
    ]
    rows = people.register_people(SYSTEM, school_id=school.pk, people=new)
    people.admit_pupils(SYSTEM, school_id=school.pk, pupils=[Admission(row.pk) for row in rows])
    return [row.pk for row in rows]


def make_class(
    school: orgs.Unit,
    year: schooling.SchoolYear,
    name: str,
    grade: int,
    pupils: list[UUID],
    **options: object,
) -> schooling.SchoolClass:
    """A class with pupils and opened sheets."""
    row = schooling.open_class(SYSTEM, school_id=school.pk, year=year, name=name, grade=grade, **options)  # type: ignore[arg-type]
    members = [schooling.NewMember(key, SINCE) for key in pupils]
    schooling.enroll_many(SYSTEM, school_class_id=row.id, members=members)
    gradebook.open_sheets(SYSTEM, school_class_ids=[row.id])
    return row


def make_world(size: int = 5) -> World:
    """Build the province."""
    province = orgs.found_unit(SYSTEM, kind="province", name="Tỉnh Lạng Sơn")
    department = orgs.found_unit(SYSTEM, kind="department", name="Sở GD&ĐT Lạng Sơn", parent=province)
    commune = orgs.found_unit(SYSTEM, kind="commune", name="Xã Lộc Bình", parent=province)
    school = make_school("Trường THCS Khe Vàng", "20180001", "THCS", commune)
    primary = make_school("Trường Tiểu học Bản Pè", "20180002", "TH", commune)
    upper = make_school("Trường THPT Đèo Khách", "20180003", "THPT", province)
    elsewhere = make_school("Trường THCS Nà Lầu", "20180004", "THCS", commune)
    year = schooling.open_year(
        SYSTEM,
        code="2025-2026",
        term_starts=(dt.date(2025, 9, 5), dt.date(2026, 1, 19)),
        ends_on=dt.date(2026, 6, 1),
    )
    hoa = make_staff(school, "Nông Thị Hoa")
    lan = make_staff(school, "Lý Thị Lan")
    minh = make_staff(school, "Hoàng Văn Minh", "Hiệu trưởng")
    thu = make_staff(school, "Vi Thị Thu", "Nhân viên")
    son = make_staff(department, "Lương Văn Sơn", "Chuyên viên")
    quang = make_staff(elsewhere, "Triệu Văn Quang")
    world = World(
        department,
        school,
        primary,
        upper,
        elsewhere,
        year,
        hoa=make_actor(hoa, (Role.TEACHER, school)),
        lan=make_actor(lan, (Role.TEACHER, school)),
        minh=make_actor(minh, (Role.PRINCIPAL, school)),
        thu=make_actor(thu, (Role.CLERK, school)),
        son=make_actor(son, (Role.DEPARTMENT_OFFICER, province)),
        quang=make_actor(quang, (Role.TEACHER, elsewhere)),
    )
    names = tuple(f"{PUPILS[n % 5]}{'' if n < 5 else f' {n}'}" for n in range(size))
    for number, (name, grade, where, options) in enumerate(
        (
            ("6A", 6, school, {}),
            ("7A", 7, school, {}),
            ("4A", 4, primary, {}),
            ("10A1", 10, upper, {"electives": ("VL", "HH", "SH", "TIN"), "topics": {"TOAN": 2}}),
        )
    ):
        world.pupils[name] = make_pupils(where, names, 2099000000 + number * 1000)
        world.classes[name] = make_class(where, year, name, grade, world.pupils[name], **options)
    assignments = [
        schooling.Assignment(world.subject("6A", "TOAN").id, hoa.pk),
        schooling.Assignment(world.subject("7A", "TOAN").id, hoa.pk),
        schooling.Assignment(world.subject("6A", "VAN").id, lan.pk),
        schooling.Assignment(world.subject("6A", "GDTC").id, lan.pk),
    ]
    schooling.assign_teachers(SYSTEM, school_id=school.pk, assignments=assignments, since=SINCE)
    schooling.assign_homeroom(SYSTEM, school_class_id=world.classes["6A"].id, person_id=lan.pk, since=SINCE)
    return world


def sign_in(actor: Actor) -> Client:
    """A browser in which this person is signed in, with the roles the actor has."""
    account = Account.objects.create_user(f"u.{actor.person_id}", person_id=actor.person_id)
    Grant.objects.bulk_create(
        Grant(person_id=actor.person_id, role=held.role.value, unit_id=held.unit_id, valid_from=SINCE)
        for held in actor.grants
    )
    client = Client()
    client.force_login(account)
    return client


def write(
    actor: Actor,
    sheet: Sheet,
    pupil_id: UUID,
    slot: str,
    value: str,
    *,
    base: int | None = None,
    state: str = "",
) -> OperationResult:
    """Enter one value as the grid would; without `base` on top of what is there."""
    if base is None:
        known = gradebook.cells_of(sheet.id).get((pupil_id, slot))
        base = known.version if known else 0
    operation = Operation(uuid7(), pupil_id, slot, value, base, state)
    return gradebook.record_operations(actor, sheet_id=sheet.id, operations=[operation]).results[0]


def fill(sheet: Sheet, value: str = "7.5", *, by: Actor = SYSTEM, leave: int = 0) -> None:
    """Fill every required cell of a sheet with a plausible value; `leave` the last pupils without."""
    plausible = {
        "mark": value, "whole": "8", "pass": "Đ", "thc": "T", "tdc": "T", "level4": "T", "count": "1",
    }  # fmt: skip
    slots = {slot.code: plausible[slot.kind.value] for slot in gradebook.slots_of(sheet) if slot.required}
    pupils = sorted(schooling.pupils_of_sheet(sheet.school_class_id, sheet.class_subject, None))
    known = gradebook.cells_of(sheet.id)
    operations = [
        Operation(uuid7(), pupil, slot, text, known[pupil, slot].version if (pupil, slot) in known else 0)
        for pupil in pupils[: len(pupils) - leave]
        for slot, text in slots.items()
    ]
    gradebook.record_operations(by, sheet_id=sheet.id, operations=operations)
