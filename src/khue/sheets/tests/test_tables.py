"""Tables as programs and people leave them: totals below, headers again, names in parts, several classes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from khue.sheets.data import ImportAs, Known, KnownClass
from khue.sheets.look import look
from khue.sheets.subjects import subject_of
from khue.sheets.tests.make import (
    FULL,
    HEAD,
    KNOWN,
    MARKS,
    PUPILS,
    SUBJECTS,
    YEAR,
    cells,
    line,
    report,
    said,
)

ROWS = [line(number, *FULL) for number in range(1, 6)]
ALL = ImportAs("gradebook", "20990001", YEAR, "", 1, "TOAN")


def marks(found: Any) -> list[Any]:
    """Regular marks, midterm, final and average of every row."""
    table = found.tables[0]
    return [[row[table.columns.index(name)] for name in ("tx", "gk", "ck", "tb")] for row in table.rows]


RIGHT = [[["8.0", "7.5"], "7.0", "8.0", "7.6"]] * 5


@pytest.mark.parametrize(
    "below",
    [
        [[None, None, "Số bài", None, 5, None, 5, 5], [None, None, "Điểm TB lớp", None, 7.1, None, 7, 8]],
        [["Tỉ lệ trên 5 (%)", None, None, None, 90, 95, 100, 100]],
        [
            ["TT", None, "Xếp loại", None, "SL"],
            [1, None, "Tốt (8.0 - 10)", None, 3],
            [2, None, "Chưa đạt", None, 2],
        ],
        [[1, None, "Tốt", None, 3], [2, None, "Khá", None, 1], [3, None, "Đạt", None, 1]],
        [["Danh sách này có 5 học sinh."], [None, "GVBM"], [None, None, "Trần Thị Mai"]],
        [[None, None, "Tổng số: 5 học sinh"], [None, None, "0912345678"], ["Trang 1/1"]],
        [["Ghi chú: v - vắng"], [None, None, "Lộc Bình, ngày 5/1/2026"], [None, None, "P. HIỆU TRƯỞNG"]],
    ],
)
@pytest.mark.parametrize("numbered", [True, False])
def test_what_stands_below_a_table_is_no_pupil(below: list[list[Any]], numbered: bool) -> None:
    first = 0 if numbered else 1
    rows = [row[first:] for row in [HEAD, *ROWS, *([] if numbered else [[None]]), *below]]
    found = report(cells(("Toán", rows)))
    assert (said(found), marks(found)) == ([], RIGHT)


def test_marks_of_somebody_without_code_are_not_lost() -> None:
    found = report(
        cells(("Toán", [row[1:] for row in [HEAD, *ROWS, [6, None, "Nguyễn Thị Mới", None, *FULL]]]))
    )
    assert said(found) == [("pupil_not_in_class", "error", "B7")]


def parts(name: str) -> list[str]:
    words = name.split()
    return [" ".join(words[:-1]), words[-1]]


def in_parts(number: int) -> list[Any]:
    row = line(number, *FULL)
    return [*row[:2], *parts(str(row[2])), *row[3:]]


@pytest.mark.parametrize(
    ("top", "low"),
    [
        (["Họ và tên", None], ["Họ đệm", "Tên"]),
        (["Họ và tên đệm", "Tên"], []),
        (["Họ và tên Họ đệm", "Họ và tên Tên"], []),
        (["Họ và tên", None], []),
    ],
)
@pytest.mark.parametrize("again", [True, False])
def test_names_in_two_columns_below_any_header(top: list[Any], low: list[Any], again: bool) -> None:
    head: list[list[Any]] = [[*HEAD[:2], *top, *HEAD[3:]]]
    head += [[None, None, *low]] if low else []
    rows = [in_parts(number) for number in range(1, 6)]
    rows = [*rows[:2], [None], *head, *rows[2:]] if again else rows
    found = report(cells(("Toán", [*head, *rows])))
    assert (said(found), marks(found)) == ([], RIGHT)


def test_numbers_below_the_header_come_again_on_the_next_page() -> None:
    numbers = [f"({n})" for n in range(1, 11)]
    found = report(cells(("Toán", [HEAD, numbers, *ROWS[:2], HEAD, numbers, *ROWS[2:]])))
    assert (said(found), marks(found)) == ([], RIGHT)


def test_marks_left_of_the_names_without_merged_ranges() -> None:
    top = ["Thường xuyên", None, None, None, "GK", "CK", "STT", "Họ và tên", "Ngày sinh"]
    rows = [["1", "2", "3", "4"]]
    rows += [[8, 7.5, None, None, 7, 8, n, p.name, p.birth] for n, p in enumerate(PUPILS[:5], 1)]  # type: ignore[list-item]
    found = report(cells(("Toán", [top, *rows])))
    assert (said(found), marks(found)) == ([], RIGHT)


@pytest.mark.parametrize(
    "head",
    [
        "No|Student ID|Full name|Date of birth|Regular 1|Regular 2|Midterm|Final|Average|Comment",
        "T.T|ID học sinh|Họ tên (*)|Ngày sinh (dd/mm/yyyy)|TX.1|TX.2|G.Kỳ|C.Kỳ|TB.HK1|NX",
        "STT|Mã số HS|Học sinh|Sinh ngày|KTtx 1|KTtx 2|KTgk|KTck|TBm|Nhận xét",
        "STT|Mã HS|Họ và tên|Ngày sinh|ĐGTX 1|ĐGTX 2|ĐGGK|ĐGCK|Đánh giá HK I|Nhận xét",
        "STT|Mã HS|Họ và tên|Ngày sinh|TX1|TX2|GK|CK|Mức đánh giá|Nhận xét",
    ],
)
def test_more_wordings(head: str) -> None:
    found = report(cells(("Toán", [head.split("|"), *ROWS])))
    assert (said(found), marks(found)) == ([], RIGHT)
    assert found.tables[0].rows[0][5] == "7.6"  # the file's own average


def test_a_line_above_the_table_is_no_part_of_its_header() -> None:
    above = [["Môn Toán", None, None, None, None, None, "Sĩ số: 5"]]
    found = report(cells(("Sheet1", [*above, HEAD, *ROWS])))
    assert (said(found), marks(found)) == ([], RIGHT)


def test_marks_of_the_middle_of_a_term_say_once_what_is_not_there_yet() -> None:
    rows = [[*row[:6], row[6]] for row in ROWS]
    found = report(cells(("Toán", [HEAD[:7], *rows])))
    assert [(f.kind, f.severity, f.cell, f.info) for f in found.findings] == [
        ("mark_missing", "warning", "", {"field": "ck"})
    ]
    assert [row[-2] for row in marks(found)] == [None] * 5


def test_a_file_is_read_by_its_content_and_its_name_is_said() -> None:
    found = report(cells(("Toán", [HEAD, *ROWS])), name="tep.xls")
    assert (found.outcome, [(f.kind, f.severity) for f in found.findings]) == (
        "import",
        [("extension_mismatch", "info")],
    )


# --- which sheet, which class, which term -------------------------------------------------------


def of_6b(*above: list[Any]) -> list[list[Any]]:
    return [*above, HEAD, [1, "50000006", "Hà Bích Ngọc", "21/05/2014", *FULL]]


@pytest.mark.parametrize("names", [("6A", "6B"), ("Lớp 6A", "Lớp 6B"), ("Toán 6A", "Toán 6B")])
def test_a_file_with_a_sheet_per_class_gives_the_chosen_one(names: tuple[str, str]) -> None:
    mine, other = [["Lớp: 6A"], HEAD, *ROWS], of_6b(["Lớp: 6B"])
    found = report(cells((names[1], other), (names[0], mine)))
    assert (found.outcome, [table.about["class"] for table in found.tables]) == ("import", ["6A"])
    every = report(cells((names[1], other), (names[0], mine)), ALL)
    assert (every.outcome, len(every.tables)) == ("import", 2)


def test_a_lone_sheet_of_another_class_is_refused() -> None:
    found = report(cells(("6B", of_6b(["Lớp: 6B"]))))
    assert found.refusal is not None
    assert (found.refusal["kind"], found.refusal["cell"]) == ("class_mismatch", "A1")


def test_a_file_with_both_terms_gives_the_chosen_one() -> None:
    first, second = (
        [["Học kỳ I"], HEAD, *ROWS],
        [["Học kỳ II"], HEAD, *(line(n, 5, 5, 5, 5) for n in range(1, 6))],
    )
    found = report(cells(("Toán HK1", first), ("Toán HK2", second)))
    assert (said(found), marks(found)) == ([], RIGHT)


def test_a_sheet_of_marks_without_a_subject_is_named() -> None:
    found = report(cells(("Sheet1", [HEAD, *ROWS])), msgspec.structs.replace(MARKS, subject=""))
    assert said(found) == [("subject_unknown", "error", "")]


def school(*names: str) -> Known:
    """The school with classes of other names."""
    classes = tuple(KnownClass(name, 6, "THCS", SUBJECTS) for name in names)
    pupils = tuple(msgspec.structs.replace(pupil, class_name=names[0]) for pupil in PUPILS)
    return msgspec.structs.replace(KNOWN, classes=classes, pupils=pupils[:5])


@pytest.mark.parametrize("name", ["10 Văn", "K12-D1", "6/1", "Chất lượng cao 1"])
@pytest.mark.parametrize(
    "above", ["Lớp: {}", "SỔ ĐIỂM - LỚP {} - HỌC KỲ I", "Lớp {}; GVCN: Vi Thị Lớp", "Class {}"]
)
def test_names_of_classes(name: str, above: str) -> None:
    wanted = msgspec.structs.replace(MARKS, school_class=name)
    known = school(name, "10 Toán", "K12-D2", "6/2")
    rows = [[above.format(name)], HEAD, *ROWS]
    title = "Lớp " + name.replace("/", ".")
    assert report(cells((title, rows)), wanted, known).outcome == "import"
    for other in ("10 Toán", "K12-D2", "6/2"):
        rows[0] = [above.format(other)]
        found = report(cells(("Sheet1", rows)), wanted, known)
        assert found.refusal is not None
        assert (found.refusal["kind"], found.refusal["cell"]) == ("class_mismatch", "A1")


@pytest.mark.parametrize(
    ("above", "right"),
    [
        ("UBND XÃ LỘC BÌNH - TRƯỜNG THCS THỬ NGHIỆM", True), ("PHÒNG VHXH; Trường THCS Nơi Khác", False),
        ("Trường THCS Thử Nghiệm, xã Lộc Bình", True), ("Hiệu trưởng: Trần Văn Nơi Khác", True),
        ("Điểm trường Nà Mò", True), ("Trường Trung học cơ sở Nơi Khác", False),
    ],
)  # fmt: skip
def test_schools_in_a_line(above: str, right: bool) -> None:
    found = report(cells(("Toán", [[above], [None], HEAD, *ROWS])))
    assert (found.refusal or {}).get("kind", "") == ("" if right else "school_mismatch")


def test_a_primary_and_lower_secondary_school_under_both_spellings() -> None:
    known = msgspec.structs.replace(KNOWN, school_name="Trường TH và THCS Tân Thanh")
    for above in ("TRƯỜNG TH&THCS TÂN THANH", "Trường Tiểu học và Trung học cơ sở Tân Thanh"):
        assert report(cells(("Toán", [[above], [None], HEAD, *ROWS])), MARKS, known).outcome == "import"


# --- who is meant ------------------------------------------------------------------------------------

PLAIN = ("Nong Thi Hoa", "Hoang Van Dung", "Ly Minh Duc", "Vi Thi Thu", "Chu Quoc Anh")


def test_names_without_accents_fit_their_codes_and_birth_dates() -> None:
    rows = [line(number, *FULL, name=name) for number, name in enumerate(PLAIN, 1)]
    assert said(report(cells(("Toán", [HEAD, *rows])))) == []
    assert said(report(cells(("Toán", [row[:1] + row[2:] for row in [HEAD, *rows]])))) == []


def test_a_name_with_other_accents_is_another_name() -> None:
    found = report(cells(("Toán", [HEAD, line(1, *FULL, name="Nông Thị Hòa"), *ROWS[1:]])))
    assert said(found) == [("id_name_mismatch", "error", "C2")]


def test_codes_of_another_program_say_nothing() -> None:
    rows = [[*row[:1], f"HS{row[0]:05}", *row[2:]] for row in ROWS]
    without_births = [row[:3] + row[4:] for row in [HEAD, *rows]]
    found = report(cells(("Toán", without_births)))
    assert (said(found), marks(found)) == ([], RIGHT)


# --- subjects, levels, kinds ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "above",
    [
        ["Môn học: Lịch sử - Địa lí - Lớp 6A"], ["Môn: Lịch sử và Địa lí, GV: Vi Thị Môn"],
        ["Môn", "LS & ĐL"],
        ["SỔ ĐIỂM MÔN LỊCH SỬ - ĐỊA LÝ - LỚP 6A - HỌC KỲ I"], ["Môn: Lịch sử & Địa lý (Học kì 1)"],
        ["Môn: Lịch sử, Địa lí, khối 6"],
    ],
)  # fmt: skip
def test_a_subject_of_two_parts_is_read_whole(above: list[Any]) -> None:
    found = report(cells(("Sheet1", [above, [None], HEAD, *ROWS])))
    assert found.refusal is not None
    assert (found.refusal["kind"], found.refusal["file"]) == ("subject_mismatch", "LSDL")


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("GD kinh tế và pháp luật", "THPT", "GDKTPL"), ("GDKT&PL", "THPT", "GDKTPL"),
        ("Khoa học TN", "THCS", "KHTN"),
        ("Nội dung GD địa phương", "THCS", "NDGDDP"), ("HĐ TN-HN", "THCS", "HDTNHN"), ("NV", "THCS", "VAN"),
    ],
)  # fmt: skip
def test_short_names_of_subjects(text: str, level: str, code: str) -> None:
    assert subject_of(text, level) == code


SUMMARY = ImportAs("term_summary", "20990001", YEAR, "6A", 1)


def test_a_summary_in_three_header_rows_with_counts_below() -> None:
    top = ["STT", "Mã HS", "Họ và tên", "KẾT QUẢ HỌC KỲ I", *[None] * 8]
    middle = [None, None, None, "Các môn học", *[None] * 4, "Mức đánh giá", None, "Vắng", None]
    low = [None, None, None, "Toán", "NV", "KHTN", "TD", "N.thuật", "HT", "RL", "P", "K"]
    rows = [[n, p.software, p.name, 8, 8, 8, "Đ", "Đ", "CĐ", "T", 1, 0] for n, p in enumerate(PUPILS[:5], 1)]
    counts = [[n, None, name, None, 3] for n, name in enumerate(("Tốt", "Khá", "Đạt", "Chưa đạt"), 1)]
    found = report(cells(("6A", [top, middle, low, *rows, *counts])), SUMMARY)
    assert (found.outcome, len(found.tables[0].rows)) == ("import", 5)
    assert found.tables[0].rows[0][2:] == ["8.0", "8.0", "8.0", "Đ", "Đ", "Chưa đạt", "Chưa đạt", "Tốt", 1, 0]


def test_a_summary_without_a_subject_of_the_class_judges_nothing() -> None:
    head = ["STT", "Mã HS", "Họ và tên", "Toán", "Văn", "Thể dục", "KQHT"]
    rows = [[n, p.software, p.name, 8, 8, "Đ", "Tốt"] for n, p in enumerate(PUPILS[:5], 1)]
    found = report(cells(("6A", [head, *rows])), SUMMARY)
    assert {(f.kind, f.severity) for f in found.findings} == {("level_not_computable", "info")}


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (HEAD, "gradebook"),
        (["STT", "Họ và tên", "Toán", "Văn", "KHTN", "KQHT", "KQRL"], "term_summary"),
        (["STT", "Họ và tên", "Toán", "Văn", "KHTN", "HT", "RL"], "term_summary"),
        (["STT", "Họ tên", "Toán", "Tiếng Việt", "Phẩm chất: Yêu nước", "Xếp loại"], "primary_results"),
        (["STT", "Lớp", "Mã học sinh", "Họ và tên", "Ngày sinh", "Họ tên cha"], "pupils"),
        (["STT", "Mã cán bộ", "Họ và tên", "Chức vụ", "Trình độ chuyên môn"], "staff"),
    ],
)
def test_what_a_file_is_by_its_columns(head: list[str], kind: str) -> None:
    data = cells(("Sheet1", [["Học kỳ II - Năm học 2025-2026 - Lớp 6A"], head, [1, "Nông Thị Hoa"]]))
    found = look(data, "tep.xlsx")
    assert (found.kind, found.term, found.year, found.school_class) == (kind, 2, "2025-2026", "6A")


def test_a_file_that_is_refused_says_nothing_of_itself() -> None:
    assert look(b"<html><table>", "tep.xls").kind == ""


def test_a_file_with_a_sheet_per_class_is_of_no_single_class() -> None:
    assert look(cells(("6A", [["Lớp: 6A"], HEAD, *ROWS]), ("6B", of_6b())), "tep.xlsx").school_class == ""
