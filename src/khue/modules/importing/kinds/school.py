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
from khue.modules.importing.kinds import staff
from khue.modules.importing.kinds.staff import LABELS, packed, unpacked
from khue.modules.importing.plan import Plan, Question, shown
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.people.data import NewJob, PersonChange
from khue.modules.schooling import api as schooling
from khue.rules import calendar, curriculum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from khue.modules.importing.known import Context
    from khue.sheets.data import Doubt, FileReport

TOPIC_TERM = 2
NEW = "new"
ELSEWHERE = _("Mã này đang thuộc một người ngoài trường. Hãy tiếp nhận người đó trước.")
ROLES = {"hieu truong": Role.PRINCIPAL, "pho hieu truong": Role.VICE_PRINCIPAL, "giao vien": Role.TEACHER}
Row = dict[str, Any]


class Work:
    """One workbook of a school, compared with the database."""

    def __init__(
        self, context: Context, report: FileReport, decisions: Mapping[str, str] | None = None
    ) -> None:
        self.context, self.decisions = context, dict(decisions or {})
        self.info: Row = {}
        self.staff: list[Row] = []
        self.classes: list[Row] = []
        self.assignments: list[Row] = []
        self.sheets: dict[str, str] = {}
        self.grants: list[str] = []
        self.questions: list[Question] = []
        self.strangers: list[Row] = []
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
        self._match_staff()
        self._decide_teachers(report.doubts)
        # A class without anybody named keeps its teacher.
        self.leaders = {row["lop"]: row["gvcn_ma_cb"] for row in self.classes if row.get("gvcn_ma_cb")}

    def authorize(self, actor: Actor) -> None:
        """Nothing beyond the right to import for the school, which was asked already."""

    # -- whom a row means

    def _match_staff(self) -> None:
        """Find those the school has under another code or none: by number, then by name and birth date."""
        unknown = [row for row in self.staff if staff.ref(row) not in self.context.staff]
        if self.context.school is None or not unknown:
            return
        rows = [staff.match_row(row) for row in unknown]
        ours = set(self.context.staff.values())
        left_out: list[Row] = []
        for row, answer in zip(unknown, people.match_people(self.context.school.id, rows), strict=True):
            inside = [key for key in answer.person_ids if key in ours]
            if answer.outcome == "match" and inside:
                self.context.staff[staff.ref(row)] = inside[0]
            elif answer.outcome == "ambiguous" and inside and not self._ask_staff(row, inside):
                left_out.append(row)
            elif answer.outcome != "none" and not inside:
                self.strangers.append(row)
                left_out.append(row)
        self.staff = [row for row in self.staff if row not in left_out]

    def _ask_staff(self, row: Row, candidates: list[UUID]) -> bool:
        """Ask which colleague a row means; whether somebody has answered."""
        sheet, cell = self.sheets["staff"], f"dòng {row['r']}"
        names = {self.context.staff[member.ref]: member for member in self.context.known.staff}
        options = [(str(key), f"{names[key].name}, {names[key].ref}") for key in candidates if key in names]
        options.append((NEW, _("Cán bộ mới")))
        key = f"{sheet}!{row['r']}"
        who = f"{row['ho_ten']} {row.get('ngay_sinh') or ''}".strip()
        self.questions.append(Question(key, sheet, cell, who, _("Có người gần giống."), tuple(options)))
        chosen = self.decisions.get(key, "")
        if chosen not in {value for value, _label in options}:
            return False
        if chosen != NEW:
            self.context.staff[staff.ref(row)] = UUID(chosen)
        return True

    def _decide_teachers(self, doubts: list[Doubt]) -> None:
        """Ask which of several teachers of one name is meant; those who were chosen teach."""
        about = {staff.ref(row): row for row in self.staff}
        for doubt in doubts:
            if doubt.table != "assignments":
                continue
            facts = dict(zip(doubt.columns, doubt.values, strict=True))
            where = " ".join(str(facts[name]) for name in ("class", "subject") if name in facts)
            options = tuple((ref, staff.described(ref, about.get(ref, {}))) for ref in doubt.candidates)
            key = f"{doubt.sheet}!{doubt.cell} {where}"
            who = f"{doubt.who}, {where}"
            why = _("Có nhiều giáo viên cùng tên.")
            self.questions.append(Question(key, doubt.sheet, doubt.cell, who, why, options))
            chosen = self.decisions.get(key)
            if chosen in doubt.candidates and "subject" in facts:
                self.assignments.append({**facts, "ma_cb": chosen})
            elif chosen in doubt.candidates:
                for row in self.classes:
                    if row["lop"] == facts["class"]:
                        row["gvcn_ma_cb"] = chosen

    # -- what it brings

    def plan(self) -> Plan:
        """What the workbook would bring."""
        plan = Plan()
        for question in self.questions:
            plan.ask(question, self.decisions.get(question.key))
        for row in self.strangers:
            cell = f"dòng {row['r']}"
            plan.refuse(sheet=self.sheets["staff"], cell=cell, who=str(row["ho_ten"]), why=ELSEWHERE)
        if self.info:
            old = self.context.school.name if self.context.school else ""
            plan.add("Trường", sheet=self.sheets["school"], old=old, new=str(self.info["ten"]))
        self._plan_staff(plan)
        self._plan_classes(plan)
        self._plan_teaching(plan)
        return plan

    def _plan_staff(self, plan: Plan) -> None:
        present = self._present()
        for row in self.staff:
            known = present.get(staff.ref(row))
            cell, sheet = f"dòng {row['r']}", self.sheets["staff"]
            if known is None:
                plan.add("Cán bộ", sheet=sheet, cell=cell, new=row["ho_ten"])
                continue
            differ = staff.differences(staff.person_facts(row) | staff.job_facts(row), known)
            if not differ:
                plan.unchanged += 1
            for name, value in differ.items():
                what = f"{row['ho_ten']}: {LABELS[name]}"
                old = shown(known.get(name)) or "(trống)"
                plan.add(what, sheet=sheet, cell=cell, old=old, new=shown(value))

    def _plan_classes(self, plan: Plan) -> None:
        leading = self._leading()
        names = {staff.ref(row): str(row["ho_ten"]) for row in self.staff}
        names |= {member.ref: member.name for member in self.context.known.staff}
        refs = {person: ref for ref, person in self.context.staff.items()}
        for row in self.classes:
            name, cell, sheet = row["lop"], f"dòng {row['r']}", self.sheets["classes"]
            there = name in self.context.classes
            plan.add("Lớp", sheet=sheet, cell=cell, old=name if there else "", new=name)
            leader = self.leaders.get(name, "")
            if there and leader and leading.get(name) != self.context.staff.get(leader):
                before = refs.get(leading[name], "") if name in leading else ""
                old = names.get(before, before) or "(trống)"
                new = names.get(leader, leader)
                plan.add(f"{name}: chủ nhiệm", sheet=sheet, cell=cell, old=old, new=new)

    def _leading(self) -> dict[str, UUID]:
        """Who leads each class now."""
        keys = {row.id: name for name, row in self.context.classes.items()}
        rows = schooling.HomeroomAssignment.objects.filter(school_class__in=keys, valid_to__isnull=True)
        return {keys[key]: person for key, person in rows.values_list("school_class_id", "person_id")}

    def _plan_teaching(self, plan: Plan) -> None:
        held = self._held()
        wanted: dict[tuple[str, str], set[UUID | None]] = {}
        for row in self.assignments:
            sheet, what = self.sheets["assignments"], f"Phân công {row['class']} {row['subject']}"
            person = self.context.staff.get(row["ma_cb"])
            there = (row["class"], row["subject"], person) in held
            plan.add(what, sheet=sheet, cell=row["cell"], old=row["ma_cb"] if there else "", new=row["ma_cb"])
            wanted.setdefault((row["class"], row["subject"]), set()).add(person)
        names = {self.context.staff[member.ref]: member.name for member in self.context.known.staff}
        for name, subject, person in sorted(held, key=str):
            if person not in wanted.get((name, subject), {person}):
                what, old = f"Thôi phân công {name} {subject}", names.get(person, "?")
                plan.add(what, sheet=self.sheets["assignments"], old=old, new="(thôi)")

    # -- writing

    def write(self, actor: Actor, run_id: UUID) -> dict[str, Any]:
        """Write all of it; returns what the undo needs."""
        del run_id
        school = self.context.school or self._found(actor)
        first = first_year(self.context.known.school_year)
        year = self.context.year or _open_year(actor, first)
        since = min(calendar.frame(first).starts_on, dt.date(first, 8, 25))
        old_classes = [row.id for row in self.context.classes.values()]
        before = schooling.teaching_of(old_classes)
        new_staff, changed = self._write_staff(actor, school, since)
        opened = self._write_classes(actor, school, year)
        gradebook.open_sheets(actor, school_class_ids=[row.id for row in opened])
        # What changes in a year that runs begins today; what was never there began with the year.
        fresh = {row.id for row in opened}
        day = max(since, min(actor.today, year.ends_on)) if old_classes else since
        self._write_teaching(actor, school, fresh, since, day)
        return {
            "staff": [str(key) for key in new_staff],
            "changed": [packed(change) for change in changed],
            "classes": [str(row.id) for row in opened],
            "school": str(school.id),
            "grants": self.grants,
            "teaching": {
                "classes": [str(key) for key in old_classes], "before": before,
                "after": schooling.teaching_of(old_classes),
            },
        }  # fmt: skip

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
            facts = {name: getattr(job.person, name) for name in (*staff.PERSON.values(), "birth_date")}
            facts |= {name: getattr(job, name) for name in staff.JOB.values()}
            found[ids[job.person_id]] = facts
        return found

    def _held(self) -> set[tuple[str, str, UUID]]:
        """Class, subject and teacher of every assignment in force, also under a programme's joint name."""
        if self.context.school is None:
            return set()
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
        held: set[tuple[str, str, UUID]] = set()
        programmes = {row["subject"] for row in self.assignments}
        for name, code, person, level in rows:
            held.add((name, code, person))
            held |= {
                (name, programme, person)
                for programme in programmes
                if code in curriculum.record_codes(level, programme)
            }
        return held

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
        new = [row for row in self.staff if staff.ref(row) not in self.context.staff]
        shared = staff.shared(self.staff)
        created = people.register_people(
            actor, school_id=school.id, people=[staff.new_person(row, shared) for row in new]
        )
        jobs = []
        for row, person in zip(new, created, strict=True):
            self.context.staff[staff.ref(row)] = person.id
            facts = {k: v for k, v in staff.job_facts(row).items() if v and k != "position"}
            jobs.append(NewJob(person.id, row.get("chuc_vu") or "Giáo viên", since, facts))
        people.employ_people(actor, school_id=school.id, jobs=jobs)
        if self.context.school is None:
            self._first_roles(actor, school, since)
        present = self._present() if self.context.school else {}
        changes = []
        for row in self.staff:
            known = present.get(staff.ref(row))
            if known is None or row in new:
                continue
            facts = staff.differences(staff.person_facts(row), known)
            job = staff.differences(staff.job_facts(row), known)
            if facts or job:
                changes.append(PersonChange(self.context.staff[staff.ref(row)], person=facts, job=job))
        undo = people.change_people(actor, school_id=school.id, changes=changes) if changes else []
        return [person.id for person in created], undo

    def _first_roles(self, actor: Actor, school: orgs.Unit, since: dt.date) -> None:
        """A school that is being founded gets its offices from the list: nobody could grant them yet."""
        for row in self.staff:
            role = ROLES.get(fold(str(row.get("chuc_vu") or "")))
            if role is None and fold(str(row.get("viec") or "")).startswith("van thu"):
                role = Role.CLERK
            if role is not None:
                person = self.context.staff[staff.ref(row)]
                made = access.grant(
                    actor, person_id=person, role=role, unit_id=school.id, since=since,
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
        self, actor: Actor, school: orgs.Unit, fresh: set[UUID], since: dt.date, day: dt.date
    ) -> None:
        """Who teaches and leads: whom a subject of the plan does not name any more ends that day."""
        subjects: dict[tuple[str, str], UUID] = {}
        for opened in schooling.classes_with_subjects([c.id for c in self.context.classes.values()]):
            for subject in opened.subjects.all():
                subjects[opened.name, subject.subject.code] = subject.id
        wanted: dict[bool, dict[UUID, list[UUID]]] = {True: {}, False: {}}
        for row in self.assignments:
            opened_class = self.context.classes[row["class"]]
            person = self.context.staff.get(row["ma_cb"])
            for code in (row["subject"], *curriculum.record_codes(opened_class.level, row["subject"])):
                key = subjects.get((row["class"], code))
                if key and person:
                    wanted[opened_class.id in fresh].setdefault(key, []).append(person)
        leaders = {
            self.context.classes[name].id: self.context.staff[ref]
            for name, ref in self.leaders.items()
            if ref in self.context.staff and name in self.context.classes
        }
        for new, start in ((True, since), (False, day)):
            homerooms = {key: person for key, person in leaders.items() if (key in fresh) == new}
            if wanted[new] or homerooms:
                schooling.set_teachers(
                    actor, school_id=school.id, teachers=wanted[new], homerooms=homerooms, since=start
                )


def undo(actor: Actor, school_id: UUID, data: dict[str, Any]) -> None:
    """Take the workbook back: classes without pupils, staff on whom nothing depends."""
    teaching = data.get("teaching", {})
    if teaching.get("before") != teaching.get("after"):
        schooling.restore_teaching(
            actor, school_id=school_id, school_class_ids=[UUID(key) for key in teaching["classes"]],
            before=teaching["before"], after=teaching["after"],
        )  # fmt: skip
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
