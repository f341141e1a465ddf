"""Schools of the sample province, the people who work there, their accounts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from khue.core.actor import Actor, ActorKind, Role, system_actor
from khue.core.dates import VIETNAM
from khue.modules.access import api as access
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.people.data import NewJob, NewPerson
from khue.project.demo.logins import PASSWORD
from khue.project.demo.names import full_name

if TYPE_CHECKING:
    from random import Random
    from uuid import UUID

SYSTEM_NAME = "Dữ liệu minh hoạ"
DISTRICTS_END = dt.date(2025, 7, 1)  # two-tier local government: NĐ 142/2025/NĐ-CP


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """A class; in upper secondary with its combination of electives and its topic clusters."""

    name: str
    grade: int
    size: int
    electives: tuple[str, ...] = ()
    topics: tuple[tuple[str, int], ...] = ()
    since: int = 0  # 0: both school years, 1: this year only


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
    leaders: tuple[str, str, str]  # principal, clerk, deputy
    teachers: tuple[str, ...]  # those with a name of their own
    staff: int  # teachers in all
    classes: tuple[ClassPlan, ...]


LOWER = SchoolPlan(
    "Trường THCS Khe Vàng", "20988001", "THCS", "Xã Lộc Bình", "Huyện Lộc Bình",
    ("Hoàng Văn Minh", "Vi Thị Thu", "Bế Thị Nga"), ("Nông Thị Hoa", "Lý Thị Lan"), 7,
    (ClassPlan("6A", 6, 16), ClassPlan("7A", 7, 7), ClassPlan("8A", 8, 12), ClassPlan("9A", 9, 12)),
)  # fmt: skip
PRIMARY = SchoolPlan(  # in the hills
    "Trường PTDTBT Tiểu học Khuổi Tấu", "20988002", "TH", "Xã Mẫu Sơn", "Huyện Lộc Bình",
    ("Lộc Thị Hạnh", "Mông Văn Kiên", "Đàm Thị Vân"), ("Bế Thị Mai",), 5,
    (
        ClassPlan("1A", 1, 10, since=1), ClassPlan("4A", 4, 8),
        ClassPlan("5A", 5, 8),
    ),
)  # fmt: skip
UPPER = SchoolPlan(
    "Trường THPT Đèo Khách", "20988003", "THPT", "Xã Văn Quan", "",
    ("Chu Văn Thắng", "Hứa Thị Yến", "Lâm Quốc Việt"), ("Đàm Văn Tuấn",), 7,
    (
        ClassPlan("10A1", 10, 12, *SCIENCE), ClassPlan("10A2", 10, 12, *SOCIETY, since=1),
        ClassPlan("11A1", 11, 12, *SCIENCE, since=1), ClassPlan("12A1", 12, 12, *SCIENCE, since=1),
    ),
)  # fmt: skip
HAMLET = SchoolPlan(  # the other end of a change of school
    "Trường THCS Nà Lừa", "20988004", "THCS", "Xã Na Dương", "Huyện Lộc Bình",
    ("Hà Thị Thảo", "Phan Văn Tiến", "Triệu Thị Sao"), (), 5,
    (ClassPlan("6B", 6, 5), ClassPlan("7B", 7, 4, since=1)),
)  # fmt: skip
SCHOOLS = (LOWER, PRIMARY, UPPER, HAMLET)


@dataclass(slots=True)
class School:
    """A school while it is being built."""

    plan: SchoolPlan
    unit: orgs.Unit
    principal: people.Person
    clerk: people.Person
    deputy: people.Person
    teachers: list[people.Person] = field(default_factory=list)
    cohorts: dict[str, list[UUID]] = field(default_factory=dict)  # pupils by the class they are in now
    classes: dict[tuple[str, int], UUID] = field(default_factory=dict)  # by name and first calendar year

    def homeroom(self, position: int) -> people.Person:
        """Who leads the class at this place of the plan; cô Lan leads 6A of Khe Vàng."""
        shift = 1 if self.plan.level == "THCS" else 0
        return self.teachers[(position + shift) % len(self.teachers)]


def moment(day: dt.date, hour: int = 8) -> dt.datetime:
    """An hour of a day in Vietnam."""
    return dt.datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM)


def system_on(day: dt.date) -> Actor:
    """The demo itself, on a day."""
    return system_actor(SYSTEM_NAME, moment(day))


def writing_as(person: people.Person, at: dt.datetime) -> Actor:
    """The system, writing under a person's name: the demo's history reads as if people had typed it."""
    return Actor(person.id, person.full_name, at.date(), at, kind=ActorKind.SYSTEM)


def found(system: Actor, plan: SchoolPlan, province: orgs.Unit, random: Random) -> School:
    """A school with its staff; until July 2025 in a district, since then in a commune."""
    parent = province
    if plan.district:
        parent = _once(system, "district", plan.district, province, until=DISTRICTS_END)
    unit = orgs.found_school(system, name=plan.name, code=plan.code, levels=plan.level, parent=parent)
    if plan.district:
        commune = _once(system, "commune", plan.commune, province)
        orgs.move_unit(system, unit=unit, parent=commune, on=DISTRICTS_END)
    others = [full_name(random, random.choice(("Nữ", "Nam"))) for _ in range(plan.staff - len(plan.teachers))]
    offices = [*zip(plan.leaders, ("Hiệu trưởng", "Nhân viên", "Phó hiệu trưởng"), strict=True)]
    rows = _staff(system, unit, *offices, *((name, "Giáo viên") for name in (*plan.teachers, *others)))
    return School(plan, unit, rows[0], rows[1], rows[2], rows[3:])


def _once(
    system: Actor, kind: str, name: str, province: orgs.Unit, until: dt.date | None = None
) -> orgs.Unit:
    """A unit below the province, made when first named."""
    known = orgs.Unit.objects.filter(kind=kind, name=name).first()
    return known or orgs.found_unit(system, kind=kind, name=name, parent=province, until=until)


def _staff(system: Actor, unit: orgs.Unit, *named: tuple[str, str]) -> list[people.Person]:
    """People with their positions in a unit, in the order given."""
    rows = people.register_people(system, school_id=unit.id, people=[NewPerson(name) for name, _ in named])
    since = system.today - dt.timedelta(700)
    jobs = [NewJob(row.pk, position, since) for row, (_, position) in zip(rows, named, strict=True)]
    people.employ_people(system, school_id=unit.id, jobs=jobs)
    return list(rows)


def give_accounts(system: Actor, schools: list[School], department: orgs.Unit, province: orgs.Unit) -> None:
    """Roles of everybody who may sign in or sign; see `logins.TRIES`."""
    lower, primary, upper, hamlet = schools
    commune = orgs.Unit.objects.get(kind="commune", name=lower.plan.commune)
    officer = _staff(system, department, ("Lương Văn Sơn", "Chuyên viên"))[0]
    admin = _staff(system, department, ("Dương Thu Nhung", "Chuyên viên"))[0]
    technician = _staff(system, lower.unit, ("Liễu Tiến Dũng", "Nhân viên"))[0]
    official = _staff(system, commune, ("Phùng Thanh Bình", "Công chức văn hoá - xã hội"))[0]
    held = [
        ("hoa", lower.teachers[0], Role.TEACHER, lower.unit),
        ("lan", lower.teachers[1], Role.TEACHER, lower.unit),
        ("minh", lower.principal, Role.PRINCIPAL, lower.unit),
        ("nga", lower.deputy, Role.VICE_PRINCIPAL, lower.unit),
        ("thu", lower.clerk, Role.CLERK, lower.unit),
        ("dung", technician, Role.IT_STAFF, lower.unit),
        ("thao", hamlet.principal, Role.PRINCIPAL, hamlet.unit),
        ("hanh", primary.principal, Role.PRINCIPAL, primary.unit),
        ("mai", primary.teachers[0], Role.TEACHER, primary.unit),
        ("tuan", upper.teachers[0], Role.TEACHER, upper.unit),
        ("binh", official, Role.COMMUNE_OFFICER, commune),
        ("son", officer, Role.DEPARTMENT_OFFICER, province),
        ("quantri", admin, Role.DEPARTMENT_ADMIN, province),
        ("", upper.principal, Role.PRINCIPAL, upper.unit),
        ("", hamlet.clerk, Role.CLERK, hamlet.unit),
    ]
    for username, person, role, unit in held:
        access.grant(system, person_id=person.id, role=role, unit_id=unit.id, source=SYSTEM_NAME)
        if username:
            home = department if unit == province else unit
            access.create_account(
                system, unit_id=home.id, person_id=person.id, username=username, password=PASSWORD
            )
