"""Lists of pupils: persons, identifiers, register entries, places in classes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_noop

from khue.core.errors import Refused
from khue.modules.importing.kinds import members
from khue.modules.importing.kinds.members import STUDYING, Places
from khue.modules.importing.kinds.staff import packed, unpacked
from khue.modules.importing.plan import Plan, Question, read_date, shown
from khue.modules.people import api as people
from khue.modules.people.data import Admission, MatchRow, NewIdentifier, NewPerson, PersonChange
from khue.modules.register import api as register
from khue.sheets.pupils_known import name_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from khue.core.actor import Actor
    from khue.modules.importing.known import Context
    from khue.sheets.data import Doubt, FileReport, Table

UNDONE = "Hoàn tác nhập danh sách"  # why entries of the register are struck out
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
MORE = {
    "cha": gettext_noop("Họ tên cha"), "cha_nam": gettext_noop("Năm sinh cha"),
    "cha_nghe": gettext_noop("Nghề nghiệp cha"), "cha_dt": gettext_noop("Điện thoại cha"),
    "me": gettext_noop("Họ tên mẹ"), "me_nam": gettext_noop("Năm sinh mẹ"),
    "me_nghe": gettext_noop("Nghề nghiệp mẹ"), "me_dt": gettext_noop("Điện thoại mẹ"),
    "gh": gettext_noop("Người giám hộ"), "gh_dt": gettext_noop("Điện thoại người giám hộ"),
    "mon_lc": gettext_noop("Môn lựa chọn"), "chuyen_de": gettext_noop("Cụm chuyên đề"),
    "noi_tru": gettext_noop("Nội trú, bán trú"), "can_ngheo": gettext_noop("Cận nghèo"),
    "doan_vien": gettext_noop("Đoàn viên"), "doi_vien": gettext_noop("Đội viên"),
}  # fmt: skip
SCHEMES = {
    "ma_moet": ("moet", gettext_noop("Mã định danh Bộ")),
    "ma_hs": ("software", gettext_noop("Mã phần mềm")),
    "ma_suot_doi": ("lifelong", gettext_noop("Mã số hồ sơ học tập suốt đời")),
}
EMPTY = gettext_noop("(trống)")
OLDEST = dt.date(1900, 1, 1)
NEW = "new"
WHY = {
    "pupil_ambiguous": gettext_noop("Có nhiều học sinh cùng tên."),
    "id_name_mismatch": gettext_noop("Mã của một học sinh nhưng tên, ngày sinh khác."),
    "similar_name": gettext_noop("Tên gần giống, cùng ngày sinh với học sinh đã có."),
    "name_birth": gettext_noop("Cùng tên, cùng ngày sinh với học sinh đã có."),
    "other_code": gettext_noop("Cùng tên, cùng ngày sinh nhưng mã khác."),
    "codes_disagree": gettext_noop("Các mã trong dòng thuộc hai học sinh khác nhau."),
    "other_class": gettext_noop("Cùng tên, cùng ngày sinh, đang có mã tạm nhưng ở lớp khác."),
    "personal": gettext_noop("Số định danh của học sinh đã có nhưng tên khác."),
    "twice": gettext_noop("Học sinh có hai dòng trong danh sách; dòng kia được nhập."),
    "elsewhere": gettext_noop("Mã này đang thuộc một người ngoài trường. Hãy làm thủ tục chuyển trường."),
}
Row = dict[str, Any]


@dataclass(slots=True)
class Line:
    """A row of a list, and the pupil it means; none for a new pupil."""

    sheet: str
    row: Row
    person: UUID | None = None

    @property
    def key(self) -> str:
        """What identifies the row among the questions of a file."""
        return f"{self.sheet}!{self.row['r']}"

    @property
    def cell(self) -> str:
        """Where it stands."""
        return f"dòng {self.row['r']}"


class Work:
    """Lists of pupils, compared with the database."""

    def __init__(
        self, context: Context, report: FileReport, decisions: Mapping[str, str] | None = None
    ) -> None:
        if context.school is None or context.year is None:
            raise Refused("IMP-002", school=context.known.school)
        self.context, self.decisions = context, dict(decisions or {})
        self.school, self.year = context.school, context.year
        self.questions: list[Question] = []
        self.strangers: list[tuple[Line, str]] = []
        self.members = set(context.pupils.values())
        self.names = {context.pupils[pupil.ref]: pupil for pupil in context.known.pupils}
        found = [line for table in report.tables if table.table == "pupils" for line in lines_of(table)]
        self.lines = self._once(self._matched(found) + self._decided(report.doubts))
        self.shared = _shared(self.lines)
        self.places = Places(context, self.year)
        self.present = self._present()

    def authorize(self, actor: Actor) -> None:
        """Nothing beyond the right to import for the school, which was asked already."""

    # -- whom a row means

    def _matched(self, lines: list[Line]) -> list[Line]:
        """Rows with their pupils: by any code, then by name and birth date; a person decides on doubts."""
        for line in lines:
            line.person = self._by_code(line.row)
        unknown = [line for line in lines if line.person is None]
        answers = people.match_people(self.school.id, [match_row(line.row) for line in unknown])
        left_out: set[str] = set()
        for line, answer in zip(unknown, answers, strict=True):
            inside = [key for key in answer.person_ids if key in self.members]
            if answer.outcome == "none":
                continue
            if not inside:
                self.strangers.append((line, "elsewhere"))
                left_out.add(line.key)
            elif self._in_another_class(line, answer.by, inside[0]):
                if not self._ask(line, "other_class", inside):
                    left_out.add(line.key)
            elif answer.outcome == "match" and name_key(self.names[inside[0]].name) == name_key(
                line.row["ho_ten"]
            ):
                line.person = inside[0]
            elif not self._ask(line, answer.by, inside):
                left_out.add(line.key)
        return [line for line in lines if line.key not in left_out]

    def _in_another_class(self, line: Line, by: str, person: UUID) -> bool:
        """A real code for a pupil with a temporary one, known by name and birth only, in another class."""
        held, stay = self.context.codes.get(person, {}), self.places_now(person)
        waits = by == "name_birth" and "temporary" in held and "moet" not in held
        return bool(waits and line.row.get("ma_moet") and stay and line.row.get("lop") not in {None, stay})

    def places_now(self, person: UUID) -> str:
        """The class of a pupil as the engine knows it."""
        return self.names[person].class_name if person in self.names else ""

    def _once(self, lines: list[Line]) -> list[Line]:
        """One row for each pupil: of rows in two classes the one of where the pupil learns now."""
        chosen: dict[str, Line] = {}
        for number, line in enumerate(lines):
            key = str(line.person or line.row.get("ref") or f"#{number}")
            before = chosen.get(key)
            if before is not None:
                gone = line if members.is_gone(line.row) else before
                self.strangers.append((gone, "twice"))
                line = before if gone is line else line  # noqa: PLW2901 - the row that counts
            chosen[key] = line
        return list(chosen.values())

    def _by_code(self, row: Row) -> UUID | None:
        codes = (str(row.get(name) or "") for name in ("ref", "ma_moet", "ma_hs"))
        return next((self.context.pupils[code] for code in codes if code in self.context.pupils), None)

    def _decided(self, doubts: list[Doubt]) -> list[Line]:
        """Rows that the engine could not tell, as far as a person has told it."""
        found = []
        for doubt in doubts:
            if doubt.table != "pupils":
                continue
            line = Line(doubt.sheet, dict(zip(doubt.columns, doubt.values, strict=True)))
            inside = [self.context.pupils[ref] for ref in doubt.candidates if ref in self.context.pupils]
            if self._ask(line, doubt.kind, inside):
                found.append(line)
        return found

    def _ask(self, line: Line, why: str, candidates: list[UUID]) -> bool:
        """Ask who is meant; whether somebody has answered, the row then means that pupil."""
        options = [(str(key), self._described(key)) for key in candidates]
        if why != "id_name_mismatch":
            options.append((NEW, gettext_noop("Học sinh mới")))
        who = f"{line.row['ho_ten']} {line.row.get('ngay_sinh') or ''} {line.row.get('lop') or ''}".strip()
        self.questions.append(Question(line.key, line.sheet, line.cell, who, WHY[why], tuple(options)))
        chosen = self.decisions.get(line.key)
        if chosen not in {value for value, _ in options}:
            return False
        line.person = None if chosen == NEW else UUID(chosen)
        return True

    def _described(self, person: UUID) -> str:
        pupil = self.names[person]
        return ", ".join(part for part in (pupil.name, pupil.birth, pupil.class_name, pupil.ref) if part)

    # -- what it brings

    def plan(self) -> Plan:
        """What the lists would bring."""
        plan = Plan()
        for question in self.questions:
            plan.ask(question, self.decisions.get(question.key))
        for line, why in self.strangers:
            plan.refuse(sheet=line.sheet, cell=line.cell, who=str(line.row["ho_ten"]), why=WHY[why])
        for line in self.lines:
            self._plan_line(plan, line)
        return plan

    def _plan_line(self, plan: Plan, line: Line) -> None:
        row = line.row
        if line.person is None:
            plan.add(f"Học sinh lớp {row['lop']}", sheet=line.sheet, cell=line.cell, new=row["ho_ten"])
            return
        known = self.present[line.person]
        changes = [
            (LABELS.get(name) or MORE.get(name, name), shown(known.get(name)), shown(value))
            for name, value in self._differences(line).items()
        ]
        held = self.context.codes.get(line.person, {})
        changes += [
            (SCHEMES[column][1], held.get(SCHEMES[column][0], ""), new.value)
            for column, new in self._new_codes(line).items()
        ]
        act = self.places.act(line.person, row)
        if act in {"enroll", "move"}:
            changes.append((LABELS["class"], self.places.shown(line.person), str(row["lop"])))
        elif act == "leave":
            changes.append((LABELS["class"], self.places.shown(line.person), str(row["trang_thai"])))
        for label, old, new in changes:
            what = f"{row['ho_ten']}: {label}"
            plan.add(what, sheet=line.sheet, cell=line.cell, old=old or EMPTY, new=new)
        if not changes:
            plan.unchanged += 1

    def _differences(self, line: Line) -> Row:
        """Facts the file has and the database has otherwise; an empty cell changes nothing."""
        wanted = self._facts(line.row) | rest_of(line.row)
        known = self.present[line.person] if line.person else {}
        if not line.row.get("trang_thai"):
            del wanted["status"]
        if known.get("birth_date") and str(known["birth_date"].year) == wanted["birth_text"]:
            del wanted["birth_text"]  # a bare year takes nothing from an exact day
        return {
            name: value for name, value in wanted.items() if value and shown(known.get(name)) != shown(value)
        }

    def _facts(self, row: Row) -> Row:
        facts = self._person(row) | profile_of(row)
        facts.pop("admitted_on", None)
        return facts

    def _person(self, row: Row) -> Row:
        facts = _person(row)
        if facts["birth_date"] and not OLDEST <= facts["birth_date"] <= self.year.starts_on:
            facts["birth_date"] = None  # nobody is born before 1900 or after school began
        return facts | {"ethnic_code": self.context.ethnic.get(str(row.get("dan_toc")), "")}

    def _new_codes(self, line: Line) -> dict[str, NewIdentifier]:
        """Codes the file has and the pupil has not; a bearer of another Ministry's code keeps it."""
        held = self.context.codes.get(line.person, {}) if line.person else {}
        return {
            column: NewIdentifier(scheme, str(line.row[column]), self._issuer(scheme))
            for column, (scheme, _) in SCHEMES.items()
            if line.row.get(column)
            and str(line.row[column]) not in {held.get(scheme), held.get("temporary")}
            and str(line.row[column]) not in self.shared
        }

    def _issuer(self, scheme: str) -> UUID | None:
        return self.school.id if scheme == "software" else None

    # -- writing

    def write(self, actor: Actor, run_id: UUID) -> dict[str, Any]:
        """Write all of it; returns what the undo needs."""
        del run_id
        known = [line for line in self.lines if line.person is not None]
        new = [line for line in self.lines if line.person is None]
        created = people.register_people(
            actor, school_id=self.school.id, people=[self._new(line) for line in new]
        )
        for line, person in zip(new, created, strict=True):
            line.person = person.id
        admissions = [
            Admission(person.id, profile_of(line.row) | {"imported": rest_of(line.row)})
            for line, person in zip(new, created, strict=True)
        ]
        people.admit_pupils(actor, school_id=self.school.id, pupils=admissions)
        changes = [change for line in known if (change := self._change(line)) is not None]
        undo = people.change_people(actor, school_id=self.school.id, changes=changes) if changes else []
        codes = [
            (line.person, code) for line in known if line.person for code in self._new_codes(line).values()
        ]
        given = people.add_identifiers(actor, school_id=self.school.id, identifiers=codes) if codes else []
        places = self.places.write(actor, [(line.person, line.row) for line in self.lines if line.person])
        return {
            "pupils": [str(person.id) for person in created],
            "changed": [packed(change) for change in undo],
            "identifiers": [str(row.pk) for row in given],
            **places,
        }

    def _present(self) -> dict[UUID, Row]:
        rows = people.PupilProfile.objects.filter(school=self.school).select_related("person")
        found: dict[UUID, Row] = {}
        for row in rows:
            facts = dict(row.imported)
            for name in (*PERSON.values(), "birth_date", "birth_text", "ethnic_code"):
                facts[name] = getattr(row.person, name)
            for name in (*PROFILE.values(), "current_address", "permanent_address"):
                facts[name] = getattr(row, name)
            found[row.person_id] = facts | {"imported": row.imported}
        return found

    def _new(self, line: Line) -> NewPerson:
        identifiers = list(self._new_codes(line).values())
        if line.row.get("so_dinh_danh") and str(line.row["so_dinh_danh"]) not in self.shared:
            identifiers.append(NewIdentifier("personal", str(line.row["so_dinh_danh"])))
        facts = {name: value for name, value in self._person(line.row).items() if value is not None}
        return NewPerson(identifiers=tuple(identifiers), **facts)

    def _change(self, line: Line) -> PersonChange | None:
        differ = self._differences(line)
        if not differ or line.person is None:
            return None
        person = {
            name: differ.pop(name)
            for name in (*PERSON.values(), "birth_date", "birth_text", "ethnic_code")
            if name in differ
        }
        if "birth_date" in person:
            person["birth_text"] = ""
        pupil = {name: value for name, value in differ.items() if name in LABELS}
        more = {name: value for name, value in differ.items() if name not in LABELS}
        if more:
            pupil["imported"] = self.present[line.person]["imported"] | more
        return PersonChange(line.person, person=person, pupil=pupil)


def undo(actor: Actor, school_id: UUID, data: dict[str, Any]) -> None:
    """Take the lists back: places in classes, changed facts, persons on whom nothing depends."""
    members.undo(actor, data["placed"], data.get("ended", {}))
    if data.get("identifiers"):
        keys = [UUID(key) for key in data["identifiers"]]
        people.withdraw_identifiers(actor, school_id=school_id, identifier_ids=keys)
    if data["changed"]:
        people.change_people(actor, school_id=school_id, changes=[unpacked(item) for item in data["changed"]])
    if data["pupils"]:
        keys = [UUID(key) for key in data["pupils"]]
        register.void_entries(actor, school_id=school_id, person_ids=keys, reason=UNDONE)
        people.withdraw_people(actor, school_id=school_id, person_ids=keys)


def _shared(lines: list[Line]) -> set[str]:
    """Codes that stand in more than one row: nobody can say whose they are, so nobody gets them."""
    names = (*SCHEMES, "so_dinh_danh")
    said = [str(line.row[name]) for line in lines for name in names if line.row.get(name)]
    return {code for code, times in Counter(said).items() if times > 1}


def lines_of(table: Table) -> Iterator[Line]:
    default = table.about.get("class")
    for values in table.rows:
        row = dict(zip(table.columns, values, strict=True))
        yield Line(table.sheet, row | {"lop": row.get("lop") or default})


def match_row(row: Row) -> MatchRow:
    birth = read_date(row.get("ngay_sinh"))
    return MatchRow(
        full_name=str(row["ho_ten"]), birth_date=birth,
        birth_text="" if birth else str(row.get("ngay_sinh") or ""),
        ministry=str(row.get("ma_moet") or ""), software=str(row.get("ma_hs") or ""),
        personal=str(row.get("so_dinh_danh") or ""),
    )  # fmt: skip


def _person(row: Row) -> Row:
    facts: Row = {name: row.get(column) or "" for column, name in PERSON.items()}
    birth = row.get("ngay_sinh")
    facts["birth_date"] = read_date(birth)
    facts["birth_text"] = "" if facts["birth_date"] else str(birth or "")
    return facts


def profile_of(row: Row) -> Row:
    facts: Row = {name: row.get(column) or "" for column, name in PROFILE.items()}
    facts["status"] = facts["status"] or STUDYING
    facts["current_address"] = _address(row, "co")
    facts["permanent_address"] = _address(row, "tt")
    day = read_date(row.get("ngay_vao"))
    return facts | ({"admitted_on": day} if day else {})


def _address(row: Row, prefix: str) -> str:
    parts = (row.get(f"{prefix}_{name}") for name in ("xom", "khu", "xa", "tinh"))
    return ", ".join(str(part) for part in parts if part)


def rest_of(row: Row) -> Row:
    """Columns without a field of their own, kept so that nothing of the file is lost."""
    own = {"r", "ref", "lop", "ngay_sinh", "so_dinh_danh", "ngay_vao"}
    used = {*PERSON, *PROFILE, *SCHEMES, *own}
    return {name: value for name, value in row.items() if name not in used and value not in (None, "", False)}
