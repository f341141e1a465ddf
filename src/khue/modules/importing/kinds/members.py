"""Places in classes as a list of pupils wants them: coming, leaving, moving; and the way back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from khue.core.errors import Refused
from khue.modules.importing.plan import read_date
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from khue.core.actor import Actor
    from khue.modules.importing.known import Context

GONE = ("Chuyển đi", "Thôi học", "Bỏ học", "Nghỉ học", "Bảo lưu")
STUDYING = "Đang học"
DAY = dt.timedelta(days=1)
Row = dict[str, Any]


class Places:
    """Who is in which class of the year, and what a list would change."""

    def __init__(self, context: Context, year: schooling.SchoolYear) -> None:
        self.context, self.year = context, year
        self.stays: dict[UUID, list[schooling.ClassMembership]] = defaultdict(list)
        rows = schooling.ClassMembership.objects.filter(school=context.school, school_class__year=year)
        for stay in rows.select_related("school_class").order_by("valid_from", "id"):
            self.stays[stay.pupil_id].append(stay)

    def now(self, person: UUID | None) -> schooling.ClassMembership | None:
        """The class a pupil is in."""
        return next((stay for stay in self.stays[person] if stay.valid_to is None), None) if person else None

    def shown(self, person: UUID | None) -> str:
        """The classes of a pupil in words."""
        stay = self.now(person)
        return stay.school_class.name if stay else ""

    def act(self, person: UUID | None, row: Row) -> str:
        """What a row means for the pupil's class: «enroll», «leave», «move» or nothing."""
        name = row.get("lop")
        if not name or name not in self.context.classes:
            return ""
        stay, before = self.now(person), self.stays[person] if person else []
        if is_gone(row):
            return "leave" if stay else "" if before else "enroll"
        if stay is None:  # a list without states does not bring back who has left
            return "enroll" if not before or row.get("trang_thai") else ""
        return "move" if stay.school_class.name != name else ""

    def write(self, actor: Actor, wanted: list[tuple[UUID, Row]]) -> dict[str, Any]:
        """Make it so; returns what the undo needs."""
        new: dict[str, list[schooling.NewMember]] = defaultdict(list)
        placed: dict[str, list[str]] = defaultdict(list)
        ended: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for person, row in wanted:
            act, stay = self.act(person, row), self.now(person)
            if act == "enroll":
                new[row["lop"]].append(self._member(actor, person, row))
            elif stay is not None and act in {"leave", "move"}:
                old = stay.school_class_id
                ended[str(old)][str(person)] = ["", stay.status]
                on = self._day(actor, row, stay.valid_from)
                if act == "leave":
                    status = str(row.get("trang_thai"))
                    schooling.leave_class(actor, school_class_id=old, pupil_id=person, on=on, status=status)
                else:
                    to = self.context.classes[row["lop"]].id
                    schooling.move_class(actor, school_class_id=old, pupil_id=person, to_class_id=to, on=on)
                    placed[str(to)].append(str(person))
        for name, members in new.items():
            key = self.context.classes[name].id
            schooling.enroll_many(actor, school_class_id=key, members=members)
            placed[str(key)] += [str(member.pupil_id) for member in members]
        return {"placed": dict(placed), "ended": dict(ended)}

    def _day(self, actor: Actor, row: Row, since: dt.date) -> dt.date:
        """The day of leaving or moving: as the list says, else today, always within stay and year."""
        said = read_date(row.get("ngay_vao"))
        day = said if said is not None and since < said <= self.year.ends_on else actor.today
        return max(since + DAY, min(day, self.year.ends_on))

    def _member(self, actor: Actor, person: UUID, row: Row) -> schooling.NewMember:
        """From the first day of the year, or the day of coming; to the day of leaving."""
        terms = schooling.terms(self.year)
        start, middle, end = terms[0].starts_on, terms[1].starts_on, terms[-1].starts_on
        day = read_date(row.get("ngay_vao"))
        inside = day if day is not None and start < day < self.year.ends_on else None
        status = row.get("trang_thai") or STUDYING
        before = self.stays[person]
        if before:  # who left and is here again
            last = max(stay.valid_to or start for stay in before)
            return schooling.NewMember(person, max(last, inside or min(actor.today, end)), None, status)
        if status.startswith("Chuyển đến"):
            second = "2" in status or "II" in status
            return schooling.NewMember(person, inside or (middle if second else start), None, status)
        if is_gone(row):
            first = "1" in status or status.rstrip().endswith(" I")
            until = inside or (middle if first else end)
            return schooling.NewMember(person, start, max(until, start + DAY), status)
        return schooling.NewMember(person, inside or start, None, status)


def undo(actor: Actor, placed: dict[str, list[str]], ended: dict[str, dict[str, list[str]]]) -> None:
    """Take places back and let ended stays go on; refused if somebody changed them since."""
    for key, pupils in placed.items():
        stays_on = schooling.ClassMembership.objects.filter(
            school_class=UUID(key), valid_to__isnull=True
        )
        open_now = set(stays_on.values_list("pupil_id", flat=True))
        moved = {pupil for stays in ended.values() for pupil in stays} & set(pupils)
        if any(UUID(pupil) not in open_now for pupil in moved):
            raise Refused("SCH-006")
        ids = [UUID(pupil) for pupil in pupils]
        schooling.withdraw_members(actor, school_class_id=UUID(key), pupil_ids=ids)
    for key, stays in ended.items():
        before = {UUID(pupil): (read_date(end), status) for pupil, (end, status) in stays.items()}
        schooling.restore_stays(actor, school_class_id=UUID(key), stays=before)


def is_gone(row: Row) -> bool:
    """Whether the pupil does not learn here any more."""
    return str(row.get("trang_thai") or "").startswith(GONE)
