"""The school's workbook: the school itself, staff, classes with subjects, who teaches what."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, ActorKind, Role
from khue.core.dates import first_year
from khue.core.errors import Refused
from khue.core.names import fold
from khue.modules.access import api as access
from khue.modules.gradebook import api as gradebook
from khue.modules.importing.plan import Plan, shown
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.people.data import NewIdentifier, NewJob, NewPerson, PersonChange
from khue.modules.schooling import api as schooling
from khue.rules import calendar, curriculum

if TYPE_CHECKING:
    from khue.modules.importing.known import Context
    from khue.sheets.data import FileReport

PERSON = {"ho_ten": "full_name", "gioi_tinh": "sex", "dien_thoai": "phone", "email": "email"}
JOB = {
    "chuc_vu": "position",
    "hang_ma": "title_code",
    "trinh_do": "qualification",
    "mon": "subject_codes",
    "trang_thai": "status",
}
LABELS = {
    "full_name": _("Họ tên"),
    "sex": _("Giới tính"),
    "phone": _("Điện thoại"),
    "email": "Email",
    "birth_date": _("Ngày sinh"),
    "position": _("Chức vụ"),
    "title_code": _("Mã chức danh"),
    "qualification": _("Trình độ"),
    "subject_codes": _("Môn"),
    "status": _("Trạng thái"),
}
TOPIC_TERM = 2
ROLES = {"hieu truong": Role.PRINCIPAL, "pho hieu truong": Role.VICE_PRINCIPAL, "giao vien": Role.TEACHER}
Row = dict[str, Any]


class Work:
    """One workbook of a school, compared with the database."""

    def __init__(self, context: Context, report: FileReport) -> None:
        self.context, self.report = context, report
        self.info: Row = {}
        self.staff: list[Row] = []
        self.classes: list[Row] = []
        self.assignments: list[Row] = []
        self.sheets: dict[str, str] = {}
        self.grants: list[str] = []
        for table in report.tables:
            rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
            self.sheets[table.table] = table.sheet
            if table.table == "school":
                self.info = {row["key"]: row["value"] for row in rows}
            elif table.table == "staff":
                self.staff = rows
            elif table.table == "classes":
                self.classes = rows
            elif table.table == "assignments":
                self.assignments = rows

    def authorize(self, actor: Actor) -> None:
        """Nothing beyond the right to import for the school, which was asked already."""

    def plan(self) -> Plan:
        """What the workbook would bring."""
        plan, context = Plan(), self.context
        if self.info:
            old = context.school.name if context.school else ""
            plan.add("Trường", sheet=self.sheets["school"], old=old, new=str(self.info["ten"]))
        present = self._present()
        for row in self.staff:
            ref, cell = _ref(row), f"dòng {row['r']}"
            known = present.get(ref)
            sheet = self.sheets["staff"]
            if known is None:
                plan.add("Cán bộ", sheet=sheet, cell=cell, new=row["ho_ten"])
                continue
            wanted = _person_facts(row) | _job_facts(row)
            differ = {
                name: value
                for name, value in wanted.items()
                if value and shown(known.get(name)) != shown(value)
            }
            if not differ:
                plan.unchanged += 1
            for name, value in differ.items():
                plan.add(
                    f"{row['ho_ten']}: {LABELS[name]}",
                    sheet=sheet,
                    cell=cell,
                    old=shown(known.get(name)) or "(trống)",
                    new=shown(value),
                )
        for row in self.classes:
            old = row["lop"] if row["lop"] in context.classes else ""
            plan.add("Lớp", sheet=self.sheets["classes"], cell=f"dòng {row['r']}", old=old, new=row["lop"])
        held = self._held()
        for row in self.assignments:
            what = f"{row['class']} {row['subject']}"
            old = row["ma_cb"] if (row["class"], row["subject"], row["ma_cb"]) in held else ""
            plan.add(
                f"Phân công {what}",
                sheet=self.sheets["assignments"],
                cell=row["cell"],
                old=old,
                new=row["ma_cb"],
            )
        return plan

    def write(self, actor: Actor, run_id: UUID) -> dict[str, Any]:
        """Write all of it; returns what the undo needs."""
        del run_id
        school = self.context.school or self._found(actor)
        first = first_year(self.context.known.school_year)
        year = self.context.year or _open_year(actor, first)
        since = min(calendar.frame(first).starts_on, dt.date(first, 8, 25))
        new_staff, changed = self._write_staff(actor, school, since)
        opened = self._write_classes(actor, school, year)
        gradebook.open_sheets(actor, school_class_ids=[row.id for row in opened])
        self._write_teaching(actor, school, year, since)
        return {
            "staff": [str(key) for key in new_staff],
            "changed": [packed(change) for change in changed],
            "classes": [str(row.id) for row in opened],
            "school": str(school.id),
            "grants": self.grants,
        }

    # -- what is there

    def _present(self) -> dict[str, Row]:
        if self.context.school is None:
            return {}
        ids = {person: ref for ref, person in self.context.staff.items()}
        jobs = people.Employment.objects.filter(
            school=self.context.school, person__in=ids, valid_to__isnull=True
        )
        found: dict[str, Row] = {}
        for job in jobs.select_related("person"):
            facts = {name: getattr(job.person, name) for name in (*PERSON.values(), "birth_date")}
            facts |= {name: getattr(job, name) for name in JOB.values()}
            found[ids[job.person_id]] = facts
        return found

    def _held(self) -> set[tuple[str, str, str]]:
        if self.context.school is None:
            return set()
        refs = {person: ref for ref, person in self.context.staff.items()}
        rows = schooling.TeachingAssignment.objects.filter(
            school=self.context.school,
            valid_to__isnull=True,
            class_subject__school_class__year=self.context.year,
        ).values_list(
            "class_subject__school_class__name",
            "class_subject__subject__code",
            "person_id",
            "class_subject__school_class__level",
        )
        held: set[tuple[str, str, str]] = set()
        for name, code, person, level in rows:
            held.add((name, code, refs.get(person, "")))
            for programme in {row["subject"] for row in self.assignments}:
                if code in curriculum.record_codes(level, programme):
                    held.add((name, programme, refs.get(person, "")))
        return held

    # -- writing

    def _found(self, actor: Actor) -> orgs.Unit:
        if actor.kind is not ActorKind.SYSTEM and not actor.holds(Role.DEPARTMENT_ADMIN):
            raise Refused("IMP-003")
        grades = {row["khoi"] for row in self.classes}
        levels = [
            level
            for level in ("TH", "THCS", "THPT")
            if any(curriculum.level_of_grade(g) == level for g in grades)
        ]
        province = orgs.Unit.objects.filter(kind="province").order_by("id").first() or orgs.found_unit(
            actor, kind="province", name="Tỉnh Lạng Sơn"
        )
        parent = province
        code = str(self.info.get("ma_xa") or "")
        if code and "THPT" not in levels:
            name = next(
                (place.name for place in self.context.known.communes if place.code == code and not place.old),
                "",
            )
            parent = orgs.Unit.objects.filter(
                kind="commune", codes__scheme="gso", codes__value=code
            ).first() or orgs.found_unit(
                actor, kind="commune", name=name or code, parent=province, codes={"gso": code}
            )
        return orgs.found_school(
            actor,
            name=str(self.info["ten"]),
            code=str(self.info["ma"]),
            levels=",".join(levels),
            parent=parent,
            commune_code=code,
        )

    def _write_staff(
        self, actor: Actor, school: orgs.Unit, since: dt.date
    ) -> tuple[list[UUID], list[PersonChange]]:
        new = [row for row in self.staff if _ref(row) not in self.context.staff]
        created = people.register_people(actor, school_id=school.id, people=[_new_person(row) for row in new])
        jobs = []
        for row, person in zip(new, created, strict=True):
            self.context.staff[_ref(row)] = person.id
            facts = {k: v for k, v in _job_facts(row).items() if v and k != "position"}
            jobs.append(NewJob(person.id, row.get("chuc_vu") or "Giáo viên", since, facts))
        people.employ_people(actor, school_id=school.id, jobs=jobs)
        if self.context.school is None:
            self._first_roles(actor, school, since)
        present = self._present() if self.context.school else {}
        changes = []
        for row in self.staff:
            known = present.get(_ref(row))
            if known is None or row in new:
                continue
            facts = {k: v for k, v in _person_facts(row).items() if v and shown(known.get(k)) != shown(v)}
            job = {k: v for k, v in _job_facts(row).items() if v and shown(known.get(k)) != shown(v)}
            if facts or job:
                changes.append(PersonChange(self.context.staff[_ref(row)], person=facts, job=job))
        undo = people.change_people(actor, school_id=school.id, changes=changes) if changes else []
        return [person.id for person in created], undo

    def _first_roles(self, actor: Actor, school: orgs.Unit, since: dt.date) -> None:
        """A school that is being founded gets its offices from the list: nobody could grant them yet."""
        for row in self.staff:
            role = ROLES.get(fold(str(row.get("chuc_vu") or "")))
            if role is None and fold(str(row.get("viec") or "")).startswith("van thu"):
                role = Role.CLERK
            if role is not None:
                made = access.grant(
                    actor, person_id=self.context.staff[_ref(row)], role=role, unit_id=school.id, since=since,
                    source="Tệp lập trường",
                )
                self.grants.append(str(made.id))

    def _write_classes(
        self, actor: Actor, school: orgs.Unit, year: schooling.SchoolYear
    ) -> list[schooling.SchoolClass]:
        opened = []
        for row in self.classes:
            if row["lop"] in self.context.classes:
                continue
            made = schooling.open_class(
                actor, school_id=school.id, year=year, name=row["lop"], grade=row["khoi"],
                electives=row.get("combo") or (), topics=dict.fromkeys(row.get("cluster") or (), TOPIC_TERM),
            )
            self.context.classes[row["lop"]] = made
            opened.append(made)
        return opened

    def _write_teaching(
        self, actor: Actor, school: orgs.Unit, year: schooling.SchoolYear, since: dt.date
    ) -> None:
        del year
        subjects: dict[tuple[str, str], UUID] = {}
        for opened in schooling.classes_with_subjects([c.id for c in self.context.classes.values()]):
            for subject in opened.subjects.all():
                subjects[opened.name, subject.subject.code] = subject.id
        wanted = []
        for row in self.assignments:
            level = self.context.classes[row["class"]].level
            for code in (row["subject"], *curriculum.record_codes(level, row["subject"])):
                key = subjects.get((row["class"], code))
                person = self.context.staff.get(row["ma_cb"])
                if key and person:
                    wanted.append(schooling.Assignment(key, person))
        unique = list(dict.fromkeys(wanted))
        schooling.assign_teachers(actor, school_id=school.id, assignments=unique, since=since)
        for row in self.classes:
            teacher = self.context.staff.get(row.get("gvcn_ma_cb") or "")
            if teacher:
                schooling.assign_homeroom(
                    actor, school_class_id=self.context.classes[row["lop"]].id, person_id=teacher, since=since
                )


def undo(actor: Actor, school_id: UUID, data: dict[str, Any]) -> None:
    """Take the workbook back: classes without pupils, staff on whom nothing depends."""
    gradebook.withdraw_sheets(actor, school_class_ids=data["classes"])
    schooling.withdraw_classes(actor, school_class_ids=data["classes"])
    if data["changed"]:
        people.change_people(actor, school_id=school_id, changes=[unpacked(item) for item in data["changed"]])
    if data["grants"]:
        access.withdraw_grants(actor, grant_ids=data["grants"])
    if data["staff"]:
        people.withdraw_people(actor, school_id=school_id, person_ids=data["staff"])


def _open_year(actor: Actor, first: int) -> schooling.SchoolYear:
    frame = calendar.frame(first)
    return schooling.open_year(
        actor,
        code=frame.code,
        term_starts=(frame.starts_on, frame.term1_ends),
        ends_on=frame.ends_on,
        weeks=frame.weeks,
    )


def _ref(row: Row) -> str:
    return str(row.get("ma_cb") or row["ho_ten"])


def read_date(value: Any) -> dt.date | None:
    return dt.date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None  # noqa: PLR2004


def _person_facts(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = {name: row.get(column) or "" for column, name in PERSON.items()}
    return facts | {"birth_date": read_date(row.get("ngay_sinh"))}


def _job_facts(row: Row) -> dict[str, Any]:
    return {name: row.get(column) or "" for column, name in JOB.items()}


def _new_person(row: Row) -> NewPerson:
    facts = _person_facts(row)
    identifiers = []
    if row.get("ma_cb"):
        identifiers.append(NewIdentifier("staff", str(row["ma_cb"])))
    if row.get("so_dinh_danh"):
        identifiers.append(NewIdentifier("personal", str(row["so_dinh_danh"])))
    return NewPerson(identifiers=tuple(identifiers), **facts)


def packed(change: PersonChange) -> Row:
    def plain(facts: Any) -> Row:
        return {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in facts.items()}

    return {
        "person_id": str(change.person_id),
        "person": plain(change.person),
        "pupil": plain(change.pupil),
        "job": plain(change.job),
    }


def unpacked(item: Row) -> PersonChange:
    def facts(part: Row) -> Row:
        return {k: read_date(v) or v if k.endswith(("read_date", "_on")) else v for k, v in part.items()}

    return PersonChange(
        UUID(item["person_id"]), facts(item["person"]), facts(item["pupil"]), facts(item["job"])
    )
