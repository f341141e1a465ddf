"""Lists of pupils: persons, identifiers, register entries, places in classes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_noop

from khue.core.errors import Refused
from khue.modules.importing.kinds.school import packed, read_date, unpacked
from khue.modules.importing.plan import Plan, shown
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewIdentifier, NewPerson, PersonChange
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from khue.core.actor import Actor
    from khue.modules.importing.known import Context
    from khue.sheets.data import FileReport

PERSON = {"ho_ten": "full_name", "gioi_tinh": "sex", "quoc_tich": "nationality", "dt_hs": "phone"}
PROFILE = {
    "so_dang_bo": "register_number",
    "ton_giao": "religion",
    "chinh_sach": "policy_groups",
    "khuyet_tat": "disability",
    "noi_sinh": "birth_place",
    "que_quan": "home_town",
    "dt_sll": "contact_phone",
    "ghi_chu": "note",
    "trang_thai": "status",
    "tt_ma_xa": "commune_code",
}
LABELS = {
    "full_name": gettext_noop("Họ tên"),
    "sex": gettext_noop("Giới tính"),
    "nationality": gettext_noop("Quốc tịch"),
    "phone": gettext_noop("Điện thoại"),
    "birth_date": gettext_noop("Ngày sinh"),
    "birth_text": gettext_noop("Ngày sinh"),
    "ethnic_code": gettext_noop("Dân tộc"),
    "register_number": gettext_noop("Số đăng bộ"),
    "religion": gettext_noop("Tôn giáo"),
    "policy_groups": gettext_noop("Diện chính sách"),
    "disability": gettext_noop("Khuyết tật"),
    "birth_place": gettext_noop("Nơi sinh"),
    "home_town": gettext_noop("Quê quán"),
    "contact_phone": gettext_noop("Điện thoại liên hệ"),
    "note": gettext_noop("Ghi chú"),
    "status": gettext_noop("Trạng thái"),
    "commune_code": gettext_noop("Mã xã thường trú"),
    "current_address": gettext_noop("Chỗ ở hiện nay"),
    "permanent_address": gettext_noop("Thường trú"),
    "class": gettext_noop("Lớp"),
}
GONE = ("Chuyển đi", "Thôi học")
Row = dict[str, Any]


class Work:
    """Lists of pupils, compared with the database."""

    def __init__(self, context: Context, report: FileReport) -> None:
        if context.school is None or context.year is None:
            raise Refused("IMP-002", school=context.known.school)
        self.context = context
        self.school, self.year = context.school, context.year
        self.rows: list[tuple[str, Row]] = []
        for table in report.tables:
            if table.table == "pupils":
                default = table.about.get("class")
                for line in table.rows:
                    row = dict(zip(table.columns, line, strict=True))
                    row.setdefault("lop", default)
                    self.rows.append((table.sheet, row))

    def authorize(self, actor: Actor) -> None:
        """Nothing beyond the right to import for the school, which was asked already."""

    def plan(self) -> Plan:
        """What the lists would bring."""
        plan = Plan()
        present, places = self._present(), self._places()
        for sheet, row in self.rows:
            known = present.get(str(row["ref"]))
            cell = f"dòng {row['r']}"
            if known is None:
                plan.add(f"Học sinh lớp {row['lop']}", sheet=sheet, cell=cell, new=row["ho_ten"])
                continue
            differ = _differences(known, row)
            for name, value in differ.items():
                plan.add(
                    f"{row['ho_ten']}: {LABELS[name]}",
                    sheet=sheet,
                    cell=cell,
                    old=shown(known.get(name)) or "(trống)",
                    new=shown(value),
                )
            person = self.context.pupils[str(row["ref"])]
            if row["lop"] and row["lop"] not in places[person] and not _is_gone(row):
                plan.add(
                    f"{row['ho_ten']}: {LABELS['class']}",
                    sheet=sheet,
                    cell=cell,
                    old=", ".join(places[person]) or "(trống)",
                    new=row["lop"],
                )
            elif not differ:
                plan.unchanged += 1
        return plan

    def write(self, actor: Actor, run_id: UUID) -> dict[str, Any]:
        """Write all of it; returns what the undo needs."""
        del run_id
        present, places = self._present(), self._places()
        new = [row for _, row in self.rows if str(row["ref"]) not in present]
        created = people.register_people(
            actor, school_id=self.school.id, people=[self._new(row) for row in new]
        )
        admissions = []
        for row, person in zip(new, created, strict=True):
            self.context.pupils[str(row["ref"])] = person.id
            admissions.append(Admission(person.id, _profile(row) | {"imported": _rest(row)}))
        people.admit_pupils(actor, school_id=self.school.id, pupils=admissions)
        changes = [
            self._change(row, present[str(row["ref"])]) for _, row in self.rows
            if str(row["ref"]) in present and _differences(present[str(row["ref"])], row)
        ]
        undo = people.change_people(actor, school_id=self.school.id, changes=changes) if changes else []
        placed = self._place(actor, places)
        return {
            "pupils": [str(person.id) for person in created],
            "changed": [packed(change) for change in undo],
            "placed": {str(key): [str(pupil) for pupil in pupils] for key, pupils in placed.items()},
        }

    def _present(self) -> dict[str, Row]:
        refs = {person: ref for ref, person in self.context.pupils.items()}
        rows = people.PupilProfile.objects.filter(school=self.school).select_related("person")
        found: dict[str, Row] = {}
        for row in rows:
            facts = {
                name: getattr(row.person, name)
                for name in (*PERSON.values(), "birth_date", "birth_text", "ethnic_code")
            }
            facts |= {
                name: getattr(row, name)
                for name in (*PROFILE.values(), "current_address", "permanent_address")
            }
            ref = refs.get(row.person_id)
            if ref:
                found[ref] = facts
        return found

    def _places(self) -> dict[UUID, list[str]]:
        found: dict[UUID, list[str]] = defaultdict(list)
        rows = schooling.ClassMembership.objects.filter(school=self.school, school_class__year=self.year)
        for pupil, name in rows.values_list("pupil_id", "school_class__name"):
            found[pupil].append(name)
        return found

    def _new(self, row: Row) -> NewPerson:
        identifiers = []
        if row.get("ma_moet"):
            identifiers.append(NewIdentifier("moet", str(row["ma_moet"])))
        if row.get("ma_hs"):
            identifiers.append(NewIdentifier("software", str(row["ma_hs"]), self.school.id))
        if row.get("so_dinh_danh"):
            identifiers.append(NewIdentifier("personal", str(row["so_dinh_danh"])))
        facts = {name: value for name, value in _person(row).items() if value is not None}
        return NewPerson(identifiers=tuple(identifiers), **facts)

    def _change(self, row: Row, known: Row) -> PersonChange:
        differ = _differences(known, row)
        person = {
            k: v
            for k, v in differ.items()
            if k in {*PERSON.values(), "birth_date", "birth_text", "ethnic_code"}
        }
        pupil = {k: v for k, v in differ.items() if k not in person}
        return PersonChange(self.context.pupils[str(row["ref"])], person=person, pupil=pupil)

    def _place(self, actor: Actor, places: dict[UUID, list[str]]) -> dict[UUID, list[UUID]]:
        """Put pupils into their classes, in the order of the list."""
        wanted: dict[str, list[schooling.NewMember]] = defaultdict(list)
        for _, row in self.rows:
            person = self.context.pupils[str(row["ref"])]
            if row["lop"] and row["lop"] not in places[person] and not (places[person] and _is_gone(row)):
                wanted[row["lop"]].append(self._member(person, row))
        placed = {}
        for name, members in wanted.items():
            school_class = self.context.classes[name]
            schooling.enroll_many(actor, school_class_id=school_class.id, members=members)
            placed[school_class.id] = [member.pupil_id for member in members]
        return placed

    def _member(self, person: UUID, row: Row) -> schooling.NewMember:
        """From the first day of the year, or the day of coming; to the day of leaving."""
        terms = schooling.terms(self.year)
        start, middle, end = terms[0].starts_on, terms[1].starts_on, terms[-1].starts_on
        day = read_date(row.get("ngay_vao"))
        inside = day is not None and start < day < self.year.ends_on
        status = row.get("trang_thai") or "Đang học"
        if status.startswith("Chuyển đến"):
            second = "2" in status or "II" in status
            return schooling.NewMember(
                person, day if inside and day else middle if second else start, None, status
            )
        if _is_gone(row):
            first = "1" in status or status.rstrip().endswith("I")
            until = day if inside and day else middle if first else end
            return schooling.NewMember(person, start, max(until, start + dt.timedelta(days=1)), status)
        return schooling.NewMember(person, day if inside and day else start, None, status)


def undo(actor: Actor, school_id: UUID, data: dict[str, Any]) -> None:
    """Take the lists back: places in classes, changed facts, persons on whom nothing depends."""
    for key, pupils in data["placed"].items():
        schooling.withdraw_members(actor, school_class_id=UUID(key), pupil_ids=[UUID(p) for p in pupils])
    if data["changed"]:
        people.change_people(actor, school_id=school_id, changes=[unpacked(item) for item in data["changed"]])
    if data["pupils"]:
        people.withdraw_people(actor, school_id=school_id, person_ids=[UUID(p) for p in data["pupils"]])


def _is_gone(row: Row) -> bool:
    return str(row.get("trang_thai") or "").startswith(GONE)


def _person(row: Row) -> Row:
    facts: Row = {name: row.get(column) or "" for column, name in PERSON.items()}
    birth = row.get("ngay_sinh")
    facts["birth_date"] = read_date(birth)
    facts["birth_text"] = "" if facts["birth_date"] else str(birth or "")
    facts["ethnic_code"] = row.get("dan_toc_ma") or ""
    return facts


def _profile(row: Row) -> Row:
    facts: Row = {name: row.get(column) or "" for column, name in PROFILE.items()}
    facts["status"] = facts["status"] or "Đang học"
    facts["current_address"] = _address(row, "co")
    facts["permanent_address"] = _address(row, "tt")
    day = read_date(row.get("ngay_vao"))
    return facts | ({"admitted_on": day} if day else {})


def _address(row: Row, prefix: str) -> str:
    parts = (row.get(f"{prefix}_{name}") for name in ("xom", "khu", "xa", "tinh"))
    return ", ".join(str(part) for part in parts if part)


def _rest(row: Row) -> Row:
    """Columns without a field of their own, kept so that nothing of the file is lost."""
    used = {*PERSON, *PROFILE, "r", "ref", "lop", "ma_moet", "ma_hs", "ngay_sinh", "so_dinh_danh", "ngay_vao"}
    return {name: value for name, value in row.items() if name not in used and value not in (None, "", False)}


def _differences(known: Row, row: Row) -> Row:
    """Fields the file has and the database has otherwise; an empty cell changes nothing."""
    wanted = _person(row) | _profile(row)
    wanted.pop("admitted_on", None)
    return {name: value for name, value in wanted.items() if value and shown(known.get(name)) != shown(value)}
