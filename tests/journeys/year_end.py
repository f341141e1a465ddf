"""Makes two schools after the end of a year, for the journeys of transcripts and transfers.

At Trường THCS Khe Vàng the books of last year's five classes 9 are sealed: 150 pupils, nothing signed of
their transcripts yet. This year it has 8A with three pupils; Trường THCS Nà Lầu has 8X, which is small.
Everybody who signs has a key on the server. Cô Sen is the officer of the department with the store.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from khue.core.actor import Actor, Role, system_actor
from khue.kit import outbox
from khue.modules.access import api as access
from khue.modules.codes import api as codes
from khue.modules.gradebook import api as gradebook
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewIdentifier, NewPerson
from khue.modules.records import demo_keys
from khue.modules.schooling import api as schooling
from tests.cast import fill, make_school
from tests.journeys import town

OTHER = "Trường THCS Nà Lầu"
CLASSES = [f"9{letter}" for letter in "ABCDE"]
PUPILS = 30  # of each class 9
MOVER = "Lương Thị Mai"
# username → name, position, school (k: Khe Vàng, n: Nà Lầu, s: the department)
STAFF = {
    "hoa": ("Nông Thị Hoa", "Giáo viên", "k"), "quy": ("Bế Văn Quý", "Giáo viên", "k"),
    "lan": ("Lý Thị Lan", "Giáo viên", "k"), "minh": ("Hoàng Văn Minh", "Hiệu trưởng", "k"),
    "thu": ("Vi Thị Thu", "Nhân viên", "k"), "duyen": ("Hứa Thị Duyên", "Nhân viên", "n"),
    "tam": ("Đàm Văn Tâm", "Hiệu trưởng", "n"), "sen": ("Lương Thị Sen", "Chuyên viên", "s"),
}  # fmt: skip
ROLES = {
    "Giáo viên": Role.TEACHER, "Hiệu trưởng": Role.PRINCIPAL, "Nhân viên": Role.CLERK,
    "Chuyên viên": Role.DEPARTMENT_OFFICER,
}  # fmt: skip
TAX_CODES = {"k": "4900123456", "n": "4900654321"}
AUGUST = 8


def first_year() -> int:
    """The calendar year in which last year's school year began."""
    now = timezone.localtime()
    return now.year - 1 - (now.month < AUGUST)


class YearEnd:
    """The two schools while they are made."""

    def __init__(self) -> None:
        self.now = timezone.localtime()
        self.system = system_actor("kiểm thử", self.now)
        codes.load_shipped(self.system)
        province = orgs.found_unit(self.system, kind="province", name="Tỉnh Lạng Sơn")
        department = orgs.found_unit(
            self.system, kind="department", name="Sở GD&ĐT Lạng Sơn", parent=province
        )
        commune = orgs.found_unit(self.system, kind="commune", name="Xã Lộc Bình", parent=province)
        self.schools = {
            "k": make_school(town.SCHOOL, "20180001", "THCS", commune),
            "n": make_school(OTHER, "20180004", "THCS", commune), "s": department, "p": province,
        }  # fmt: skip
        self.years = [self._year(first_year()), self._year(first_year() + 1)]
        self.actors: dict[str, Actor] = {}

    def build(self) -> None:
        """People, keys, classes, marks, sealed years."""
        self._people()
        for name in CLASSES:
            self._ended(name)
        outbox.deliver(limit=10_000)
        self._class("k", "8A", 1, [MOVER, "Hoàng Văn Nam", "Vi Văn Phong"], 2098000000)
        self._class("n", "8X", 1, ["Triệu Thị Vân"], 2097000000)
        outbox.deliver(limit=10_000)

    def _year(self, first: int) -> schooling.SchoolYear:
        return schooling.open_year(
            self.system, code=f"{first}-{first + 1}", ends_on=dt.date(first + 1, 7, 31),
            term_starts=(dt.date(first, AUGUST, 1), dt.date(first + 1, 1, 1)),
        )  # fmt: skip

    def _people(self) -> None:
        since = dt.date(first_year() - 2, 8, 1)
        for username, (name, position, where) in STAFF.items():
            unit = self.schools[where]
            person = people.register_person(self.system, school_id=unit.pk, person=NewPerson(name))
            people.employ(
                self.system, school_id=unit.pk, person_id=person.pk, position=position, since=since
            )
            over = self.schools["p"] if where == "s" else unit
            access.grant(
                self.system, person_id=person.pk, role=ROLES[position], unit_id=over.pk, source="kiểm thử"
            )
            access.create_account(
                self.system, unit_id=unit.pk, person_id=person.pk, username=username, password=town.PASSWORD
            )
            self.actors[username] = access.actor_for(person.pk, self.now)
        demo_keys.give_keys(
            self.now, self.now - dt.timedelta(days=60),
            people=[
                (actor.person_id, actor.name, f"CCCD:0200990001{number:02d}")
                for number, actor in enumerate(self.actors.values())
            ],
            schools=[
                (self.schools[key].pk, self.schools[key].name, f"MST:{number}")
                for key, number in TAX_CODES.items()
            ],
        )  # fmt: skip

    def _class(
        self, where: str, name: str, year: int, pupils: list[str], first_code: int
    ) -> schooling.SchoolClass:
        school, starts = self.schools[where], self.years[year].starts_on
        row = schooling.open_class(
            self.system, school_id=school.pk, year=self.years[year], name=name, grade=int(name[0])
        )
        new = [
            NewPerson(
                pupil, birth_date=dt.date(2011, 1 + number % 12, 1 + number % 28), nationality="Việt Nam",
                sex="Nữ" if "Thị" in pupil else "Nam", ethnic_code="02",
                identifiers=(NewIdentifier("moet", str(first_code + number)),),
            )
            for number, pupil in enumerate(pupils)
        ]  # fmt: skip
        rows = people.register_people(self.system, school_id=school.pk, people=new)
        facts = {"birth_place": "Lạng Sơn", "current_address": "Thôn Khuổi Tấu", "admitted_on": starts}
        people.admit_pupils(
            self.system, school_id=school.pk, pupils=[Admission(one.pk, facts) for one in rows]
        )
        schooling.enroll_many(
            self.system, school_class_id=row.id,
            members=[schooling.NewMember(one.pk, starts) for one in rows],
        )  # fmt: skip
        gradebook.open_sheets(self.system, school_class_ids=[row.id])
        return row

    def _ended(self, name: str) -> None:
        """A class 9 of last year, filled, closed and sealed: cô Hoa teaches Toán, thầy Quý the rest."""
        number = CLASSES.index(name)
        middle = ("Văn", "Thị")
        pupils = [f"Hoàng {middle[n % 2]} {chr(65 + n % 20)}{n:02d} {name}" for n in range(PUPILS)]
        row = self._class("k", name, 0, pupils, 2090000000 + number * 1000)
        teachers = [
            schooling.Assignment(
                one.id, self.actors["hoa" if one.subject.code == "TOAN" else "quy"].person_id
            )
            for one in schooling.class_subjects(row.id)
        ]
        starts = self.years[0].starts_on
        schooling.assign_teachers(
            self.system, school_id=self.schools["k"].pk, assignments=teachers, since=starts
        )
        schooling.assign_homeroom(
            self.system, school_class_id=row.id, person_id=self.actors["lan"].person_id, since=starts
        )
        for term in (1, 2):
            sheets = gradebook.sheets_of(row.id, term).values()
            for sheet in sheets:
                fill(sheet, by=self.system)
            for sheet in sheets:
                if sheet.class_subject_id is not None:
                    gradebook.close_sheet(self.system, sheet_id=sheet.id)
            self._seal(row, term)
        self._seal(row, 0)

    def _seal(self, row: schooling.SchoolClass, term: int) -> None:
        gradebook.close_class(self.system, school_class_id=row.id, term=term)
        gradebook.seal_class(self.system, school_class_id=row.id, term=term)


def build_year_end() -> None:
    """Make the two schools in the folder that the settings name."""
    YearEnd().build()
