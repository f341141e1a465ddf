"""Newcomers of a first grade: persons with temporary codes, admitted in one act, ready to be split.

Who is here already is left out; who learns elsewhere needs a transfer; who has completed the level
below at a school of this system comes with the entry of before. Age and completion are asked where the
list or what is known speaks against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_noop

from khue.core.dates import format_date
from khue.core.errors import Refused
from khue.core.names import fold, sort_key
from khue.modules.gradebook import api as gradebook
from khue.modules.importing.kinds import pupils
from khue.modules.importing.kinds.members import STUDYING
from khue.modules.importing.kinds.pupils import Line, match_row, profile_of, rest_of
from khue.modules.importing.plan import Plan, Question, read_date
from khue.modules.people import api as people
from khue.modules.people.data import Admission, NewIdentifier, NewPerson, Release, Returned
from khue.modules.register import api as register
from khue.modules.schooling import api as schooling
from khue.rules import enrollment
from khue.rules.curriculum import level_of_grade
from khue.rules.entry import ASKED, Age, entry_age
from khue.sheets.pupils_known import name_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from khue.core.actor import Actor
    from khue.modules.importing.known import Context
    from khue.rules.reasons import Judged
    from khue.sheets.data import FileReport, ImportAs

YES = "yes"
KINH = "kinh"
MOST_DIGITS = 2
YEARLY = (0, 3)  # results of the year, and after the summer
WHY = {
    "here": gettext_noop("Đã là học sinh của trường."),
    "transfer": gettext_noop("Đang là học sinh một trường khác. Hãy làm thủ tục chuyển trường."),
    "other_person": gettext_noop("Mã trong dòng là của một người khác tên, khác ngày sinh."),
}
PAPERS = {
    "age": gettext_noop("Tiếp nhận: có giấy tờ cho học ở tuổi này"),
    "done": gettext_noop("Tiếp nhận: đã xem giấy xác nhận hoàn thành cấp học trước"),
}
NOT_DONE = gettext_noop("Chưa thấy hoàn thành cấp học trước.")
COMING = gettext_noop("(hồ sơ ở trường cấp dưới)")
_DONE = ("hoan thanh", "ht", "da hoan thanh", "tot nghiep", "tn", "dat", "x", "co", "1", "da tot nghiep")


@dataclass(frozen=True, slots=True)
class Before:
    """Where a known newcomer learned last, and whether the level was completed there."""

    school_id: UUID
    completed: bool
    decision: str


class Work(pupils.Work):
    """A list of newcomers, compared with the database."""

    def __init__(
        self, context: Context, report: FileReport, wanted: ImportAs,
        decisions: Mapping[str, str] | None = None,
    ) -> None:
        digits = wanted.grades.isdecimal() and len(wanted.grades) <= MOST_DIGITS
        self.grade = int(wanted.grades) if digits else 0
        if context.school is None or context.year is None:
            raise Refused("IMP-002", school=context.known.school)
        self.level = level_of_grade(self.grade) if self.grade in range(1, 13) else ""
        if self.level not in context.school.school.level_set():
            raise Refused("IMP-013", grade=wanted.grades[:4])
        self.by_names = wanted.order == "names"
        self.coming: dict[UUID, Before] = {}
        self.remarks: dict[str, Judged[Age]] = {}
        self.says_done = any(
            "hoan_thanh" in table.columns for table in report.tables if table.table == "pupils"
        )
        super().__init__(context, report, decisions)
        self.lines = [line for line in self.lines if not self._is_here(line)]
        self.lines = [line for line in self.lines if self._admissible(line)]
        if self.by_names:
            self.lines.sort(key=lambda line: (sort_key(str(line.row["ho_ten"])), line.key))

    # -- whom a row means

    def _matched(self, lines: list[Line]) -> list[Line]:
        """Rows with the persons they mean, here or elsewhere; a person decides on doubts."""
        answers = people.match_people(self.school.id, [match_row(line.row) for line in lines])
        outside = {key for answer in answers for key in answer.person_ids if key not in self.members}
        known = people.Person.objects.in_bulk(sorted(outside))
        self.coming = _before(outside, self.year, self.grade)
        kept: list[Line] = []
        for line, answer in zip(lines, answers, strict=True):
            inside = [key for key in answer.person_ids if key in self.members]
            if answer.outcome == "none":
                kept.append(line)
            elif not inside:
                if self._comes(line, known[answer.person_ids[0]]):
                    kept.append(line)
            elif answer.outcome == "match":
                line.person = inside[0]
                kept.append(line)
            elif self._ask(line, answer.by, inside):
                kept.append(line)
        return kept

    def _comes(self, line: Line, person: people.Person) -> bool:
        """Whether somebody known elsewhere may be admitted here; else the row says what to do."""
        born = person.birth_date.isoformat() if person.birth_date else person.birth_text
        same = name_key(person.full_name) == name_key(str(line.row["ho_ten"]))
        if not same or born != str(line.row.get("ngay_sinh") or ""):
            self.strangers.append((line, "other_person"))
            return False
        profile = people.PupilProfile.objects.filter(person=person).exists()
        if profile and person.pk not in self.coming:
            self.strangers.append((line, "transfer"))
            return False
        line.person = person.pk
        return True

    def _is_here(self, line: Line) -> bool:
        here = line.person in self.members
        if here:
            self.strangers.append((line, "here"))
        return here

    def _admissible(self, line: Line) -> bool:
        """Whether age and completion let the pupil in, or a person has seen the papers."""
        judged = self._age(line)
        open_questions = []
        if judged.value in ASKED:
            reason = judged.reasons[0]
            open_questions.append(("age", f"{reason.text} {reason.clause}."))
        elif judged.value is Age.ALLOWED:
            self.remarks[line.key] = judged
        before = self.coming.get(line.person) if line.person else None
        unsaid = self.says_done and not _is_done(str(line.row.get("hoan_thanh") or ""))
        if unsaid if before is None else not before.completed:
            open_questions.append(("done", NOT_DONE))
        answers = [self._confirmed(line, what, why) for what, why in open_questions]  # each one is asked
        return all(answers)

    def _age(self, line: Line) -> Judged[Age]:
        row = line.row
        year = str(row.get("ngay_sinh") or "")[:4]
        minority = fold(str(row.get("dan_toc") or "")) not in {"", KINH}
        older = minority or bool(row.get("khuyet_tat") or row.get("chinh_sach"))
        born = int(year) if year.isdecimal() else None
        if self.grade != enrollment.first_grade(self.level):
            born = None  # only the first grade of a level has an age of entry
        return entry_age(self.level, born, self.year.starts_on, may_be_older=older)

    def _confirmed(self, line: Line, what: str, why: str) -> bool:
        """Ask whether the papers have been seen; whether somebody has said so."""
        key = f"{line.key} {what}"
        born = read_date(line.row.get("ngay_sinh"))
        who = f"{line.row['ho_ten']} {format_date(born) if born else line.row.get('ngay_sinh') or ''}".strip()
        self.questions.append(Question(key, line.sheet, line.cell, who, why, ((YES, PAPERS[what]),)))
        return self.decisions.get(key) == YES

    # -- what it brings

    def plan(self) -> Plan:
        """What the list would bring."""
        plan = Plan()
        for question in self.questions:
            plan.ask(question, self.decisions.get(question.key))
        for line, why in self.strangers:
            text = WHY.get(why) or pupils.WHY[why]
            plan.refuse(sheet=line.sheet, cell=line.cell, who=str(line.row["ho_ten"]), why=text)
        for line in self.lines:
            remark = self.remarks.get(line.key)
            said = f" ({remark.reasons[0].text} {remark.reasons[0].clause})" if remark else ""
            plan.add(
                f"Tiếp nhận vào khối {self.grade}{said}", sheet=line.sheet, cell=line.cell,
                old=COMING if line.person in self.coming else "", new=str(line.row["ho_ten"]),
            )
        return plan

    # -- writing

    def write(self, actor: Actor, run_id: UUID) -> dict[str, Any]:
        """Admit them in their order and begin the split; returns what the undo needs."""
        new = [line for line in self.lines if line.person is None]
        created = people.register_people(
            actor, school_id=self.school.id, people=[self._new(line) for line in new]
        )
        for line, person in zip(new, created, strict=True):
            line.person = person.id
        moved = self._profiles()
        admissions = [
            Admission(line.person, self._entry(line), self._release(line, run_id))
            for line in self.lines
            if line.person is not None
        ]
        people.admit_pupils(actor, school_id=self.school.id, pupils=admissions)
        split = self._split(actor)
        return {
            "pupils": [str(person.id) for person in created],
            "moved": moved,
            "split": str(split.pk) if split else "",
        }

    def _new(self, line: Line) -> NewPerson:
        """A new person, with a temporary code until the Ministry's comes."""
        row = line.row
        said = {name: str(row.get(name) or "") for name in ("ma_moet", "so_dinh_danh")}
        codes = {name: code for name, code in said.items() if code and code not in self.shared}
        identifiers = []
        if "ma_moet" in codes:
            identifiers.append(NewIdentifier("moet", codes["ma_moet"]))
        else:
            temporary = people.temporary_code(codes.get("so_dinh_danh", ""))
            identifiers.append(NewIdentifier("temporary", temporary))
        if "so_dinh_danh" in codes:
            identifiers.append(NewIdentifier("personal", codes["so_dinh_danh"]))
        facts = {name: value for name, value in self._person(row).items() if value is not None}
        return NewPerson(identifiers=tuple(identifiers), **facts)

    def _entry(self, line: Line) -> dict[str, Any]:
        facts = profile_of(line.row)
        facts["status"] = STUDYING
        facts = {name: value for name, value in facts.items() if value or line.person not in self.coming}
        return facts | {"imported": rest_of(line.row)}

    def _release(self, line: Line, run_id: UUID) -> Release | None:
        before = self.coming.get(line.person) if line.person else None
        return Release(before.school_id, before.decision, run_id) if before else None

    def _profiles(self) -> list[dict[str, Any]]:
        """The entries of those who come from the level below, as they are now."""
        ids = [line.person for line in self.lines if line.person in self.coming]
        rows = people.PupilProfile.objects.filter(person__in=ids).order_by("id")
        names = [*pupils.PROFILE.values(), "current_address", "permanent_address", "imported"]
        return [
            {
                "person": str(row.person_id), "school": str(row.school_id),
                "admitted_on": row.admitted_on.isoformat() if row.admitted_on else "",
                "facts": {name: getattr(row, name) for name in names},
            }
            for row in rows
        ]  # fmt: skip

    def _split(self, actor: Actor) -> schooling.ClassSplit | None:
        if not self.lines:
            return None
        newcomers = [_newcomer(line) for line in self.lines if line.person is not None]
        return schooling.draft_split(
            actor, school_id=self.school.id, year=self.year, grade=self.grade, newcomers=newcomers
        )


def undo(actor: Actor, school_id: UUID, data: dict[str, Any]) -> None:
    """Take the admission back, as long as nothing depends on it."""
    if data["split"]:
        schooling.drop_split(actor, split_id=UUID(data["split"]))
    back = [
        Returned(
            UUID(item["person"]), UUID(item["school"]),
            item["facts"] | {"admitted_on": read_date(item["admitted_on"])},
        )
        for item in data["moved"]
    ]
    if back:
        people.return_pupils(actor, school_id=school_id, pupils=back)
    if data["pupils"]:
        ids = [UUID(key) for key in data["pupils"]]
        register.void_entries(actor, school_id=school_id, person_ids=ids, reason=pupils.UNDONE)
        people.withdraw_people(actor, school_id=school_id, person_ids=ids)


def _newcomer(line: Line) -> schooling.Newcomer:
    """What the split needs of the list: result, combination, village, whose brother or sister."""
    row = line.row
    place = [str(row.get(name) or "") for name in ("co_khu", "tt_khu", "co_xa", "tt_xa")]
    parents = [fold(str(row.get(name) or "")) for name in ("cha", "me")]
    village = fold(" ".join(part for part in place if part))
    chosen = row.get("mon_lc") or []
    if line.person is None:
        raise Refused("IMP-005")
    return schooling.Newcomer(
        line.person, score=str(row.get("diem") or "").replace(",", ".")[:20],
        combination=",".join(chosen) if isinstance(chosen, list) else str(chosen),
        village=village, family=f"{'|'.join(parents)}|{village}" if all(parents) else "",
    )  # fmt: skip


def _is_done(text: str) -> bool:
    plain = fold(text).strip()
    return plain.startswith(_DONE) and not plain.startswith("chua")


def _before(ids: set[UUID], year: schooling.SchoolYear, grade: int) -> dict[UUID, Before]:
    """Of persons known elsewhere, those who sat in the grade below, of another level, the year before."""
    stays = schooling.ClassMembership.objects.filter(
        pupil__in=ids, valid_to__isnull=True, school_class__grade=grade - 1,
        school_class__year__ends_on__lte=year.starts_on,
    ).select_related("school_class__year")
    last = {stay.pupil_id: stay.school_class for stay in stays.order_by("valid_from", "id")}
    profiles = dict(
        people.PupilProfile.objects.filter(person__in=last).values_list("person", "school")
    )
    again = set(
        schooling.ClassMembership.objects.filter(
            pupil__in=ids, school_class__year__starts_on__gte=year.starts_on
        ).values_list("pupil", flat=True)
    )
    done = _completed(last)
    return {
        key: Before(row.school_id, key in done, f"Hoàn thành lớp {row.name}, năm học {row.year.code}")
        for key, row in last.items()
        if key not in again and profiles.get(key) == row.school_id and row.level != level_of_grade(grade)
    }


def _completed(last: dict[UUID, schooling.SchoolClass]) -> set[UUID]:
    """Those whose frozen result says that the level is completed."""
    rows = gradebook.FrozenResult.objects.filter(
        pupil__in=last, school_class__in=[row.pk for row in last.values()], term__in=YEARLY
    )
    said: dict[UUID, str] = {}
    for row in rows.order_by("term", "version"):
        said[row.pupil_id] = str(row.content.get("decision_code", ""))
    completed = enrollment.Kind.COMPLETED
    return {
        key
        for key, code in said.items()
        if enrollment.result_of(last[key].level, last[key].grade, code) is completed
    }
