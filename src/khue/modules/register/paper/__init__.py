"""The register on paper: A4 across, as the printed book looks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import translation

from khue.core.dates import format_date
from khue.kit import paper
from khue.kit.paper.ruled import Cell, Column, ruled
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.register import lines, numbering
from khue.modules.register.models import EntryState
from khue.modules.register.page import closings_of
from khue.modules.register.signed.content import LEVEL_NAMES, gaps_text
from khue.modules.register.years import code_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from khue.modules.register.lines import Line
    from khue.modules.register.models import RegisterBook, RegisterEntry

TEMPLATE = Path(__file__).parent / "book.typ"
SIZE = 7.5
# Millimeters, 269 between the margins of A4 across.
COLUMNS = (
    Column("Số", 9), Column("Họ và tên, mã định danh", 35, left=True), Column("Nam, nữ", 9),
    Column("Ngày, nơi sinh; quê quán", 30, left=True), Column("Dân tộc, quốc tịch", 16, left=True),
    Column("Chỗ ở hiện nay; thường trú", 34, left=True), Column("Cha, mẹ, người giám hộ", 38, left=True),
    Column("Vào trường", 24, left=True), Column("Quá trình học", 34, left=True),
    Column("Ra trường", 22, left=True), Column("Cải chính, ghi chú", 18, left=True),
)  # fmt: skip


def book_pdf(book: RegisterBook, entries: Sequence[RegisterEntry], day: dt.date, *, sensitive: bool) -> bytes:
    """The whole book as it stands on a day; always in Vietnamese, as forms of the state are."""
    with translation.override("vi"):
        data = book_data(book, entries, day, sensitive=sensitive)
        return paper.render(TEMPLATE, data, title=data["title"])


def book_data(
    book: RegisterBook, entries: Sequence[RegisterEntry], day: dt.date, *, sensitive: bool
) -> dict[str, Any]:
    """All texts of the book."""
    places = {unit.kind: unit.name for unit in orgs.ancestors_of(book.school_id, day)}
    persons = [one.person_id for one in entries if one.person_id and sensitive]
    numbers = people.personal_numbers_of(persons)
    rows = [_row(line, _number(line, numbers)) for line in lines.lines_of(entries)]
    return {
        "title": f"Sổ đăng bộ {book.code}", "school": book.school.name, "code": book.code,
        "commune": places.get("commune", ""), "province": places.get("province", ""),
        "level": LEVEL_NAMES.get(book.level, book.level), "cohort": code_of(book.first_year),
        "printed": format_date(day), "count": str(len(entries)),
        "gaps": gaps_text(numbering.gaps([one.number for one in entries])),
        "closed": [
            f"Năm học {code_of(one.year)}: {one.entries} học sinh, {one.events} biến động; "
            f"{one.person_name} khoá ngày {one.at:%d/%m/%Y}"
            for one in closings_of(book)
        ],
        "table": ruled(COLUMNS, rows, size=SIZE),
    }  # fmt: skip


def _number(line: Line, numbers: Mapping[UUID, str]) -> str:
    person = line.entry.person_id
    return numbers.get(person, "") if person else ""


def _row(line: Line, personal: str) -> list[str | Cell]:
    entry, now = line.entry, line.entry.now
    void = entry.state == EntryState.VOID
    codes = [text for text in (now.get("code", ""), personal) if text]
    ethnic = "\n".join(filter(None, (line.ethnic, now.get("nationality", ""))))
    return [
        Cell(str(entry.number), bold=True), Cell(entry.name, bold=not void, note="\n".join(codes)),
        str(now.get("sex", "")), _cell(line.birth, now.get("birth_place", ""), now.get("home_town", "")),
        Cell(ethnic), _cell(now.get("current_address", ""), now.get("permanent_address", "")),
        _cell(*line.family), _cell(*line.entered), _cell(*line.path),
        _cell(*(["Gạch bỏ (ghi nhầm)"] if void else line.left)), _cell(*line.notes),
    ]  # fmt: skip


def _cell(first: str = "", *more: str) -> str | Cell:
    rest = [text for text in more if text]
    if not first and rest:
        first, rest = rest[0], rest[1:]
    return Cell(first, note="\n".join(rest), fine=SIZE) if rest else first
