"""Pages about the pupils of a class: register of the class, presence, absences (lí lịch, điểm danh)."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from khue.core.dates import format_date
from khue.kit.models import in_force
from khue.modules.codes import api as codes
from khue.modules.gradebook.facts import TERMS
from khue.modules.gradebook.paper.common import stay
from khue.modules.people import api as people
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.modules.gradebook.book import ClassBook

FATHER, MOTHER, GUARDIAN = "father", "mother", "guardian"
SUNDAY = 6


def register(book: ClassBook, day: dt.date) -> list[dict[str, Any]]:
    """Sơ yếu lí lịch: what the form asks of each pupil and of the parents."""
    ids = [row.pupil_id for row in book.roster]
    profiles = {
        profile.person_id: profile
        for profile in people.PupilProfile.objects.filter(person__in=ids).select_related("person")
    }
    families = _families(ids, day)
    ethnic = {item.code: item.name for item in codes.items(codes.ETHNIC_GROUPS, day)}
    lines = []
    for number, row in enumerate(book.roster, 1):
        profile = profiles.get(row.pupil_id)
        family = families[row.pupil_id]
        own = ["", "", "", ""]
        if profile is not None:
            code = profile.person.ethnic_code
            own = [
                profile.birth_place, ethnic.get(code, code), profile.policy_groups,
                profile.current_address or profile.permanent_address,
            ]  # fmt: skip
        lines.append({
            "own": [str(number), row.name, row.birth_shown, own[0], row.sex, *own[1:]],
            "family": [
                str(number), row.name, *_parent(family.get(FATHER)), *_parent(family.get(MOTHER)),
                _changes(book, row, family),
            ],
        })  # fmt: skip
    return lines


def _families(ids: list[UUID], day: dt.date) -> Mapping[UUID, dict[str, people.Guardianship]]:
    found: dict[UUID, dict[str, people.Guardianship]] = defaultdict(dict)
    rows = people.Guardianship.objects.filter(in_force(day), child__in=ids).select_related("guardian")
    for row in rows.order_by("valid_from", "id"):
        found[row.child_id][row.relation] = row
    return found


def _parent(link: people.Guardianship | None) -> list[str]:
    if link is None:
        return ["", ""]
    contact = [text for text in (link.guardian.phone, link.guardian.email) if text]
    return ["\n".join(t for t in (link.guardian.full_name, link.occupation) if t), "\n".join(contact)]


def _changes(book: ClassBook, row: schooling.RosterRow, family: Mapping[str, people.Guardianship]) -> str:
    """«Những thay đổi cần chú ý trong năm học»: coming late, leaving, who cares for the child."""
    notes = []
    if row.since > _first_day(book):
        notes.append(f"Vào lớp ngày {format_date(row.since)}")
    if row.until:
        notes.append(stay(row))
    guardian = family.get(GUARDIAN)
    if guardian is not None:
        contact = f", {guardian.guardian.phone}" if guardian.guardian.phone else ""
        notes.append(f"Người giám hộ: {guardian.guardian.full_name}{contact}")
    return "; ".join(notes)


def _first_day(book: ClassBook) -> dt.date:
    """The day on which the class began: later comers are told apart."""
    return min([row.since for row in book.roster], default=book.school_class.year.starts_on)


def attendance(book: ClassBook) -> list[dict[str, Any]]:
    """A page for each month of the year: the days of each pupil, open until a roll call fills them.

    Days before a pupil came and after a pupil left are struck out, Sundays and days that do not
    exist or lie outside the terms are grey. The marks of single days belong to the attendance book;
    the totals of the terms are those of the homeroom teacher's sheet.
    """
    pages = []
    opens, ends = _teaching(book)
    for first in _months(book):
        days = calendar.monthrange(first.year, first.month)[1]
        dates = [first.replace(day=number) for number in range(1, days + 1)]
        began = _first_day(book)
        pages.append({
            "month": f"Tháng {first.month} năm {first.year}",
            "off": [
                number for number in range(1, 32)
                if number > days or dates[number - 1].weekday() == SUNDAY
                or not opens <= dates[number - 1] < ends
            ],
            "rows": [
                {
                    "name": row.name,
                    "out": [
                        date.day for date in dates
                        if (row.since > began and date < row.since) or row.left_by(date)
                    ],
                }
                for row in book.roster
            ],
        })  # fmt: skip
    return pages


def months(book: ClassBook) -> list[str]:
    """The months of the principal's remarks."""
    return [f"Tháng {first.month}/{first.year}" for first in _months(book)]


def _months(book: ClassBook) -> list[dt.date]:
    began, ends = _teaching(book)
    month, found = began.replace(day=1), []
    while month < ends:
        found.append(month)
        month = (month + dt.timedelta(days=31)).replace(day=1)
    return found


def _teaching(book: ClassBook) -> tuple[dt.date, dt.date]:
    """From the first day of term 1 to the day after term 2, as the school plans them."""
    year = book.school_class.year
    terms = {term.number: term for term in schooling.terms(year, book.school_class.school_id)}
    first, second = terms.get(1), terms.get(2)
    return (first.starts_on if first else year.starts_on), (second.ends_on if second else year.ends_on)


def absence_totals(book: ClassBook) -> list[list[str]]:
    """Absent sessions of each pupil by term and in the year: P, K, TS."""
    lines = []
    for number, row in enumerate(book.roster, 1):
        counts: list[tuple[int | None, int | None]] = []
        for term in TERMS:
            cells = book.of(book.sheet(None, term), row.pupil_id)
            found = [cells.get(code) for code in ("absent_excused", "absent_unexcused")]
            excused, unexcused = (int(c.value) if c is not None and c.value else None for c in found)
            counts.append((excused, unexcused))
        excused_year, unexcused_year = (_sum(values) for values in zip(*counts, strict=True))
        shown = [_three(*pair) for pair in (*counts, (excused_year, unexcused_year))]
        lines.append([str(number), row.name, *(text for three in shown for text in three)])
    return lines


def _sum(values: tuple[int | None, ...]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _three(excused: int | None, unexcused: int | None) -> list[str]:
    return ["" if value is None else str(value) for value in (excused, unexcused, _sum((excused, unexcused)))]
