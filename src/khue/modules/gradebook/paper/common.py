"""What every book has: cover, teachers, the acts of closing, corrections (bìa, chốt sổ, sửa chữa)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from khue.core.dates import format_date
from khue.modules.codes import api as codes
from khue.modules.gradebook import grid, words
from khue.modules.gradebook.models import CellState, ClosingAct, Correction, CorrectionState
from khue.modules.gradebook.models.acts import ClosingScope
from khue.modules.gradebook.services.closing import sheet_name
from khue.modules.gradebook.slots import Slot, SlotKind, on_paper
from khue.modules.orgs import api as orgs
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from uuid import UUID

    from khue.modules.gradebook.book import ClassBook, PupilCells

TERM_NAMES = {1: "Học kì I", 2: "Học kì II", 0: "Cả năm", 3: "Sau hè"}
LEVEL_NAMES = {"TH": "Tiểu học", "THCS": "Trung học cơ sở", "THPT": "Trung học phổ thông"}
STEP_NAMES = {"homeroom": "Giáo viên chủ nhiệm chốt", "principal": "Hiệu trưởng duyệt, khoá"}
ROMAN = {1: "I", 2: "II"}
NO_MAKEUP = "*"

CellPlace = tuple["UUID", "UUID", str]
Corrections = dict[CellPlace, list[Correction]]


def cover(book: ClassBook, day: dt.date, *, is_primary: bool) -> dict[str, Any]:
    """Cover and inner cover: school, commune, province, level, class, numbers, teachers."""
    school_class = book.school_class
    homeroom = schooling.homeroom_of(school_class.id, day)
    above = orgs.ancestors_of(school_class.school_id, day)
    kinds = {unit.kind: unit.name for unit in above}
    teachers = schooling.teachers_of(school_class.id, day)
    present = [row for row in book.roster if not row.left_by(day)]
    return {
        "title": "Bảng tổng hợp kết quả đánh giá giáo dục của lớp"
        if is_primary
        else "Sổ theo dõi và đánh giá học sinh",
        "subtitle": "" if is_primary else "(theo lớp học)",
        "level": LEVEL_NAMES.get(school_class.level, ""),
        "school": school_class.school.name,
        "commune": kinds.get("commune") or _commune(school_class.school_id, day),
        "province": kinds.get("province", ""),
        "class": school_class.name,
        "year": school_class.year.code.replace("-", " - "),
        "size": str(len(present)),
        "girls": str(sum(1 for row in present if row.sex == "Nữ")),
        "homeroom": homeroom.name if homeroom else "",
        "teachers": [
            [subject.subject.name, ", ".join(name for _, name in teachers.get(subject.id, ()))]
            for subject in book.subjects
        ],
    }


def _commune(school_id: UUID, day: dt.date) -> str:
    """The commune where a school stands, also one that the department runs (trường trực thuộc Sở)."""
    codes_of = orgs.SchoolProfile.objects.filter(unit=school_id).values_list("commune_code", flat=True)
    code = codes_of.first()
    return codes.name_of(codes.COMMUNES, code, day) if code else ""


def stay(row: schooling.RosterRow) -> str:
    """When and how a pupil left the class, empty while there."""
    return f"{row.status} từ {format_date(row.until)}" if row.until else ""


def corrections_of(book: ClassBook) -> Corrections:
    """The corrections that were carried out, by cell, the oldest first."""
    found: Corrections = defaultdict(list)
    rows = Correction.objects.filter(
        sheet__in=[sheet.id for sheet in book.sheets], state=CorrectionState.APPLIED
    ).select_related("pupil", "requested_by", "confirmed_by", "decided_by")
    for row in rows.order_by("decided_at", "id"):
        found[row.sheet_id, row.pupil_id, row.slot].append(row)
    return found


def correction_lines(book: ClassBook, corrections: Mapping[CellPlace, list[Correction]]) -> list[list[str]]:
    """Every correction of the book: where, what, why, and the three names (assessment.md 4.6)."""
    sheets = {sheet.id: sheet for sheet in book.sheets}
    lines = []
    for row in sorted((r for rows in corrections.values() for r in rows), key=lambda r: (r.decided_at, r.id)):
        sheet = sheets[row.sheet_id]
        slot = next((slot for slot in book.slots(sheet) if slot.code == row.slot), None)
        confirmed = row.confirmed_by.full_name if row.confirmed_by else ""
        decided = row.decided_by.full_name if row.decided_by else ""
        if row.decision:
            decided = f"{decided} ({row.decision})"
        lines.append([
            f"{sheet_name(sheet)}, {TERM_NAMES[sheet.term]}", row.pupil.full_name,
            slot.label if slot else row.slot, _text(slot, row.old_state, row.old_value) or "trống",
            _text(slot, row.new_state, row.new_value) or "trống", row.reason, row.requested_by.full_name,
            confirmed, decided, words.moment(row.decided_at),
        ])  # fmt: skip
    return lines


def acts(book: ClassBook) -> list[list[str]]:
    """Closings and reopenings of the class, in the order in which they happened."""
    rows = ClosingAct.objects.filter(school_class=book.school_class).exclude(scope=ClosingScope.SHEET)
    return [
        [
            TERM_NAMES[act.term], STEP_NAMES[act.step] if act.closes else "Mở lại theo quyết định",
            act.person_name, words.moment(act.at),
            "; ".join(text for text in (act.decision, act.reason) if text), act.content_digest[:16],
        ]
        for act in rows.order_by("at", "id")
    ]  # fmt: skip


def cell(slot: Slot, cells: PupilCells, changed: list[Correction] | None = None) -> Any:
    """A cell on paper; corrected ones keep the old values, to be struck through in red."""
    content = cells.get(slot.code)
    text = "" if content is None else _text(slot, content.state, content.value)
    if not changed:
        return text
    return {"old": [_text(slot, row.old_state, row.old_value) or "–" for row in changed], "new": text}


def _text(slot: Slot | None, state: str, value: str) -> str:
    if slot is None:
        return value
    if state == CellState.ZERO_NO_MAKEUP:
        return f"{'CĐ' if slot.kind is SlotKind.PASS else '0'}{NO_MAKEUP}"
    return grid.cell_text(slot, state, on_paper(slot.kind, state, value))


def note_of(slot: Slot, changed: list[Correction]) -> str:
    """Beside a corrected mark: who corrected it and when."""
    last = changed[-1]
    day = format_date(timezone.localtime(last.decided_at).date()) if last.decided_at else ""
    return f"Sửa {slot.label} ngày {day}: {last.requested_by.full_name}"
