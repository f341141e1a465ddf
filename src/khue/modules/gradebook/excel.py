"""Excel out: a term of a class in the layout it came in, so that export and re-import change nothing.

An import keeps the layout of each sheet of its file in `Sheet.layout`: banner and header texts with
their places, merged ranges, hidden columns, and which column holds what. A sheet that was never
imported is written in the layout below, the one most schools know.
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter

from khue.modules.gradebook import calculation
from khue.modules.gradebook.models import SheetKind
from khue.modules.gradebook.services.closing import sheet_name
from khue.modules.gradebook.slots import Slot, SlotKind, on_paper

if TYPE_CHECKING:
    from khue.modules.gradebook.book import ClassBook
    from khue.modules.gradebook.models import Sheet
    from khue.modules.schooling.api import RosterRow

Layout = dict[str, Any]
ROMAN = {1: "I", 2: "II"}
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
MARK_FORMAT = "0.0"
NUMBERS = {SlotKind.COUNT, SlotKind.WHOLE}
NAME_LENGTH = 31  # of a worksheet
LAST = 999  # after everything that has a place


def term_workbook(book: ClassBook, term: int) -> bytes:
    """All sheets of a class in a term as one workbook, a worksheet per subject."""
    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    try:
        formats = _formats(workbook)
        taken: set[str] = set()
        for sheet in _ordered(book, term):
            layout = sheet.layout or default_layout(book, sheet)
            worksheet = workbook.add_worksheet(_unique(layout["sheet"], taken))
            _write(worksheet, formats, book, sheet, layout)
    finally:
        workbook.close()
    return stream.getvalue()


def default_layout(book: ClassBook, sheet: Sheet) -> Layout:
    """The layout of a sheet that came from no file."""
    school_class, name = book.school_class, sheet_name(sheet)
    year = school_class.year.code.replace("-", " - ")
    slots = [slot for slot in book.slots(sheet) if slot.code != "remark"]
    computed = calculation.calc_columns(sheet)
    last = 4 + len(slots) + len(computed)
    banner = [
        [0, 0, "SỞ GD&ĐT"],
        [0, 4, f"BẢNG ĐIỂM CHI TIẾT HỌC KỲ {ROMAN[sheet.term]}, NĂM HỌC {year}"],
        [1, 0, school_class.school.name.upper()],
        [1, 4, f"Môn: {name} - Khối {school_class.grade} - Lớp {school_class.name} - (Học kỳ {sheet.term})"],
        *([3, column, text] for column, text in enumerate(("STT", "Mã học sinh", "Họ và tên", "Ngày sinh"))),
    ]
    columns: dict[str, int] = {"stt": 0, "code": 1, "name": 2, "birth": 3}
    merges = [[3, column, 4, column] for column in (0, 1, 2, 3)]
    ongoing = [slot for slot in slots if slot.code.startswith("tx")]
    if ongoing:
        title = "ĐĐGtx" if sheet.kind == SheetKind.SCORE else "Thường xuyên"
        banner.append([3, 4, title])
        if len(ongoing) > 1:
            merges.append([3, 4, 3, 3 + len(ongoing)])
    for column, slot in enumerate(slots, 4):
        columns[slot.code] = column
        if slot.code.startswith("tx"):
            banner.append([4, column, slot.code[2:]])
        else:
            banner.append([3, column, _head(slot)])
            merges.append([3, column, 4, column])
    for column, computed_column in enumerate(computed, 4 + len(slots)):
        columns[computed_column.code] = column
        banner.append([3, column, computed_column.label])
        merges.append([3, column, 4, column])
    columns["remark"] = last
    banner.append([3, last, "Nhận xét"])
    merges.append([3, last, 4, last])
    return {
        "sheet": name, "banner": banner, "merges": merges, "first": 5, "columns": columns, "hidden": [],
        "comma": False,
    }  # fmt: skip


def _head(slot: Slot) -> str:
    """The header of a column outside the ĐĐGtx; «CĐ» alone is too short to be found again."""
    if slot.code == "topic":
        return slot.title
    return f"{slot.group} {slot.label}" if slot.group else slot.label


def _ordered(book: ClassBook, term: int) -> list[Sheet]:
    """In the order of the file they came in, then in that of the book."""
    sheets = [sheet for sheet in book.sheets if sheet.term == term]

    def place(sheet: Sheet) -> tuple[int, int, str]:
        subject = sheet.class_subject
        return (sheet.layout or {}).get("order", LAST), subject.position if subject else LAST, sheet.kind

    return sorted(sheets, key=place)


def _unique(wanted: str, taken: set[str]) -> str:
    """A name that Excel takes: short, cut between words, and not there yet."""
    base = " ".join(wanted.translate(FORBIDDEN).split()) or "Bảng"
    name, number = _cut(base, NAME_LENGTH), 2
    while name.lower() in taken:
        name, number = f"{_cut(base, NAME_LENGTH - 4)} {number}", number + 1
    taken.add(name.lower())
    return name


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[: length + 1].rsplit(" ", 1)[0].rstrip(" ,")[:length]


def _formats(workbook: xlsxwriter.Workbook) -> dict[str, Any]:
    return {
        "head": workbook.add_format(
            {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
        ),
        "banner": workbook.add_format({"bold": True}),
        "cell": workbook.add_format({"border": 1}),
        "mark": workbook.add_format({"border": 1, "num_format": MARK_FORMAT}),
        "text": workbook.add_format({"border": 1, "num_format": "@"}),
    }


def _write(worksheet: Any, formats: dict[str, Any], book: ClassBook, sheet: Sheet, layout: Layout) -> None:
    columns, first = layout["columns"], layout["first"]
    header_top = min((row for row, _, _ in layout["banner"] if row >= first - 3), default=0)
    texts = {(row, column): text for row, column, text in layout["banner"]}
    for top, left, bottom, right in layout["merges"]:
        style = formats["head"] if top >= header_top and bottom < first else formats["banner"]
        worksheet.merge_range(top, left, bottom, right, texts.pop((top, left), ""), style)
    for (row, column), text in texts.items():
        worksheet.write_string(row, column, text, formats["head"] if row >= header_top else formats["banner"])
    pupils = book.pupils_of(sheet)
    for number, pupil in enumerate(pupils):
        place = first + number
        _write_row(worksheet, formats, book, sheet, layout, row=place, number=number + 1, pupil=pupil)
    for below, column, text in layout.get("footer", ()):
        worksheet.write_string(first + len(pupils) + below, column, text, formats["banner"])
    for column in layout.get("hidden", ()):
        worksheet.set_column(column, column, None, None, {"hidden": True})
    worksheet.set_column(columns["name"], columns["name"], 26)
    worksheet.freeze_panes(first, columns["name"] + 1)


def _write_row(
    worksheet: Any, formats: dict[str, Any], book: ClassBook, sheet: Sheet, layout: Layout, *,
    row: int, number: int, pupil: RosterRow,
) -> None:
    columns, comma = layout["columns"], bool(layout.get("comma"))
    own = {"stt": number, "code": pupil.software_code or pupil.ministry_code, "name": pupil.name,
           "birth": pupil.birth_shown}  # fmt: skip
    for field, value in own.items():
        if field in columns:
            _put(worksheet, formats, row, columns[field], value)
    cells = book.of(sheet, pupil.pupil_id)
    for slot in book.slots(sheet):
        content, column = cells.get(slot.code), columns.get(slot.code)
        if column is None:
            continue
        value = "" if content is None else on_paper(slot.kind, content.state, content.value)
        if slot.kind is SlotKind.MARK and value:
            _put_mark(worksheet, formats, row, column, value, comma=comma)
        else:
            _put(
                worksheet,
                formats,
                row,
                column,
                int(value) if slot.kind in NUMBERS and value else value,
            )
    before = book.of(book.sheet(sheet.class_subject_id, 1), pupil.pupil_id) if sheet.class_subject_id else {}
    for code, value in calculation.calculate(sheet, cells, before, book.settings):
        if code in columns:
            _put_mark(worksheet, formats, row, columns[code], value.replace(",", "."), comma=comma)


def _put(worksheet: Any, formats: dict[str, Any], row: int, column: int, value: object) -> None:
    if isinstance(value, int):
        worksheet.write_number(row, column, value, formats["cell"])
    elif value:
        worksheet.write_string(row, column, str(value), formats["text"])
    else:
        worksheet.write_blank(row, column, None, formats["cell"])


def _put_mark(
    worksheet: Any, formats: dict[str, Any], row: int, column: int, value: str, *, comma: bool
) -> None:
    if value and value[0].isdigit() and not comma:
        worksheet.write_number(row, column, Decimal(value), formats["mark"])
    else:
        _put(worksheet, formats, row, column, value.replace(".", ",") if comma else value)
