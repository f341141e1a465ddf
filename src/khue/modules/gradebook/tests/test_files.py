"""Paper and Excel of a class."""

from __future__ import annotations

import io

import pytest
from tests.cast import SYSTEM, World, write

from khue.core.ids import uuid7
from khue.kit.models import AuditEvent
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import Operation
from khue.modules.gradebook.tests.acts import fill_term, seal_term
from khue.modules.gradebook.tests.browsers import Browsers, url

pytestmark = pytest.mark.django_db


def test_the_book_as_pdf(world: World, browsers: Browsers) -> None:
    seal_term(world)
    for name, class_name in ((browsers.lan, "6A"), (browsers.son, "4A")):
        answer = name.get(url("book_pdf", world.classes[class_name].id))
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF")
        assert answer.content.count(b"/Type /Page\n") + answer.content.count(b"/Type/Page") > 1
        assert f"so-diem-{class_name.lower()}-2025-2026.pdf" in answer["Content-Disposition"]
    assert AuditEvent.objects.filter(action="gradebook.class.exported.pdf").count() == 2
    assert browsers.hoa.get(url("book_pdf", world.classes["6A"].id)).status_code == 404


def test_the_same_book_gives_the_same_pdf(world: World) -> None:
    from khue.modules.gradebook import paper

    fill_term(world)
    first, second = (
        paper.book_pdf(gradebook.load_book(world.classes["6A"].id), world.hoa.today) for _ in range(2)
    )
    assert first == second


def test_excel_out_holds_the_marks(world: World, browsers: Browsers) -> None:
    from python_calamine import CalamineWorkbook

    fill_term(world)
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(world.hoa, sheet, pupil, "tx1", "10")
    write(world.hoa, sheet, pupil, "ck", "", state="ZERO_NO_MAKEUP")
    write(world.hoa, sheet, pupil, "remark", "=1+1")
    answer = browsers.thu.get(url("book_xlsx", world.classes["6A"].id, 1))
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert {"Toán", "Ngữ văn", "Rèn luyện, chuyên cần"} <= set(book.sheet_names)
    rows = book.get_sheet_by_name("Toán").to_python(skip_empty_area=False)
    roster = gradebook.load_book(sheet.school_class_id).roster
    name = next(row.name for row in roster if row.pupil_id == pupil)
    mine = next(row for row in rows if name in row)
    # tx1 to tx4, gk, ck: (10 + 3×7,5 + 2×7,5 + 0) : 9 = 5,3
    assert mine[4:] == [10.0, 7.5, 7.5, 7.5, 7.5, 0.0, 5.3, "=1+1"]
    sport = book.get_sheet_by_name("Giáo dục thể chất").to_python(skip_empty_area=False)
    assert next(row for row in sport if name in row)[4:9] == ["Đ"] * 5
    assert len([row for row in rows if row[0] in (1.0, 2.0, 3.0, 4.0, 5.0)]) == 5


def test_a_topic_stands_in_excel_under_a_name_that_is_found_again(world: World, browsers: Browsers) -> None:
    from python_calamine import CalamineWorkbook

    sheet, pupil = world.sheet("10A1", "TOAN", 2), world.pupils["10A1"][0]
    write(SYSTEM, sheet, pupil, "topic", "9")
    content = browsers.son.get(url("book_xlsx", world.classes["10A1"].id, 2)).content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Toán").to_python()
    (header,) = (row for row in rows if "Cụm chuyên đề học tập" in row)
    column = header.index("Cụm chuyên đề học tập")
    assert [row[column] for row in rows if row[column] == 9.0] == [9.0]


def test_no_makeup_is_the_same_after_export_and_import(world: World) -> None:
    sheet, sport, pupil = world.sheet("6A", "TOAN"), world.sheet("6A", "GDTC"), world.pupils["6A"][0]
    for one in (sheet, sport):
        write(SYSTEM, one, pupil, "ck", "", state="ZERO_NO_MAKEUP")
    for one, value, status in ((sheet, "0", "same"), (sport, "CĐ", "same"), (sheet, "1", "done")):
        wishes = [Operation(uuid7(), pupil, "ck", value, 1)]
        found = gradebook.import_cells(world.thu, sheet_id=one.id, operations=wishes, run_id=uuid7())
        assert found.results[0].status == status
    # A teacher who types 0 means a test that was written and is worth nothing.
    write(SYSTEM, sheet, pupil, "ck", "", state="ZERO_NO_MAKEUP")
    assert write(world.hoa, sheet, pupil, "ck", "0").state == "MARK"


def test_signatures_and_order_of_the_file_that_came_are_kept(world: World) -> None:
    from python_calamine import CalamineWorkbook

    from khue.modules.gradebook import excel

    fill_term(world)
    book = gradebook.load_book(world.classes["6A"].id)
    plain = CalamineWorkbook.from_filelike(io.BytesIO(excel.term_workbook(book, 1))).sheet_names
    for order, code in enumerate(("TIN", "TOAN")):
        sheet = world.sheet("6A", code)
        layout = excel.default_layout(book, sheet) | {
            "footer": [[1, 2, "GIÁO VIÊN BỘ MÔN"], [5, 2, "Nông Thị Hoa"]], "order": order,
        }  # fmt: skip
        gradebook.keep_layout(world.thu, sheet_id=sheet.id, layout=layout)
    content = excel.term_workbook(gradebook.load_book(world.classes["6A"].id), 1)
    again = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert again.sheet_names[:2] == ["Tin học", "Toán"]
    assert again.sheet_names[2:] == [name for name in plain if name not in {"Tin học", "Toán"}]
    rows = again.get_sheet_by_name("Toán").to_python(skip_empty_area=False)
    last = max(n for n, row in enumerate(rows) if row[0] == 5.0)
    assert [(n - last, row[2]) for n, row in enumerate(rows) if n > last and row[2]] == [
        (2, "GIÁO VIÊN BỘ MÔN"), (6, "Nông Thị Hoa"),
    ]  # fmt: skip


def test_whole_test_marks_are_numbers_and_long_names_are_cut_between_words(world: World) -> None:
    from python_calamine import CalamineWorkbook

    from khue.modules.gradebook import excel

    fill_term(world, "4A")
    content = excel.term_workbook(gradebook.load_book(world.classes["4A"].id), 1)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Toán").to_python()
    assert [row[4:8] for row in rows if row[0] == 1.0] == [["T", 8.0, "T", 8.0]]
    content = excel.term_workbook(gradebook.load_book(world.classes["10A1"].id), 1)
    names = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    assert "Giáo dục quốc phòng và an ninh" in names
    assert "Hoạt động trải nghiệm, hướng" in names
    assert excel._unique("Toán", {"toán"}) == "Toán 2"
