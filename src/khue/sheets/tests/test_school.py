"""What is said about a school's own workbook."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from khue.sheets import wordings
from khue.sheets.data import FileReport, ImportAs, Known
from khue.sheets.headers import key
from khue.sheets.tests.make import KNOWN, YEAR, cells, report, said

BOOK = ImportAs("school", "20990001", YEAR)
NEW = Known(communes=KNOWN.communes, ethnic=KNOWN.ethnic)
INFO: list[list[Any]] = [
    ["Tên trường:", "Trường THCS Thử Nghiệm"], ["Mã trường:", "20990001"], ["Xã/Phường:", "Xã Lộc Bình"],
    ["Năm học:", "2025 - 2026"],
    ["Số lớp:", 2], ["Số học sinh:", 6],
]  # fmt: skip
STAFF_HEAD = ["STT", "Mã cán bộ", "Họ và tên", "Ngày sinh", "Số CCCD", "Điện thoại", "Chức vụ", "Môn dạy"]
STAFF: list[list[Any]] = [
    [1, "9001", "Hoàng Thị Hạnh", "01/02/1980", "099180000001", "0900000001", "Giáo viên", "Toán"],
    [2, "9002", "Hoàng Thị Hạnh", "03/04/1985", "099185000001", "0900000002", "Giáo viên", "Ngữ văn"],
    [3, "9003", "Lý Văn Sơn", "05/06/1990", "099090000001", "0900000003", "Giáo viên", "Thể dục; Công nghệ"],
]
CLASSES: list[list[Any]] = [
    ["STT", "Lớp", "GVCN", "Sĩ số"],
    [1, "6A", "Lý Văn Sơn", 3],
    [2, "6B", "Thầy Lý Văn Sơn", 3],
]
MATRIX: list[list[Any]] = [
    ["STT", "Môn học", "6A", "6B"], [1, "Toán", "Hoàng Thị Hạnh", "Hoàng Thị Hạnh"], [2, "Văn",
    "Hoàng Thị Hạnh", None],
    [3, "Thể dục", "Lý Văn Sơn", "Lý Văn Sơn"],
]  # fmt: skip


def book(
    info: list[list[Any]] = INFO, staff: list[list[Any]] = STAFF, classes: list[list[Any]] = CLASSES,
    matrix: list[list[Any]] = MATRIX,
) -> bytes:  # fmt: skip
    return cells(("Phân công", matrix), ("Lớp", classes), ("CBGV", [STAFF_HEAD, *staff]), ("Trường", info))


def table(found: FileReport, name: str) -> list[dict[str, Any]]:
    made = next(item for item in found.tables if item.table == name)
    return [dict(zip(made.columns, row, strict=True)) for row in made.rows]


def test_a_good_workbook_in_any_order_of_sheets() -> None:
    found = report(book(), BOOK, NEW)
    assert (found.outcome, said(found)) == ("import", [])
    assert {row["key"]: row["value"] for row in table(found, "school")} == {
        "ten": "Trường THCS Thử Nghiệm", "ma": "20990001", "ma_xa": "06001", "nam_hoc": "2025-2026",
        "so_lop": 2, "so_hs": 6,
    }  # fmt: skip
    assert [(row["lop"], row["gvcn_ma_cb"]) for row in table(found, "classes")] == [
        ("6A", "9003"),
        ("6B", "9003"),
    ]
    assert [(row["class"], row["subject"], row["ma_cb"]) for row in table(found, "assignments")] == [
        ("6A", "TOAN", "9001"), ("6B", "TOAN", "9001"), ("6A", "VAN", "9002"), ("6A", "GDTC", "9003"), ("6B",
        "GDTC", "9003"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "subject", "name", "kind"),
    [(1, "KHTN", "Hoàng Thị Hạnh", "teacher_ambiguous"), (1, "Toán", "Người Lạ", "teacher_not_found")],
)
def test_a_teacher_nobody_can_tell(row: int, subject: str, name: str, kind: str) -> None:
    matrix = [list(line) for line in MATRIX]
    matrix[row][1:3] = [subject, name]
    matrix[row][3] = None
    found = report(book(matrix=matrix), BOOK, NEW)
    assert said(found) == [(kind, "error", "C2")]
    assert found.findings[0].info["class"] == "6A"


def test_a_subject_or_class_nobody_knows() -> None:
    matrix = [[*MATRIX[0], "9Z"], [*MATRIX[1], None], [2, "Môn bay", "Lý Văn Sơn", None, None]]
    found = report(book(matrix=matrix), BOOK, NEW)
    assert sorted(said(found)) == [("class_unknown", "error", "E1"), ("subject_unknown", "error", "B3")]


def test_numbers_that_lost_a_zero() -> None:
    staff = [list(line) for line in STAFF]
    staff[0][4], staff[1][5] = 99180000001, 900000002
    found = report(book(staff=staff), BOOK, NEW)
    assert said(found) == [
        ("leading_zero_restored", "warning", "E2"),
        ("leading_zero_restored", "warning", "F3"),
    ]


def test_one_personal_number_of_two_people() -> None:
    staff = [list(line) for line in STAFF]
    staff[2][4] = staff[0][4]
    found = report(book(staff=staff), BOOK, NEW)
    assert ("personal_id_duplicate", "warning", "E4") in said(found)


def test_the_workbook_of_another_school_is_refused() -> None:
    found = report(book(), ImportAs("school", "20999999", YEAR), NEW)
    assert found.refusal is not None
    assert found.refusal["kind"] == "school_mismatch"


def test_a_workbook_without_its_parts_is_refused() -> None:
    found = report(cells(("CBGV", [STAFF_HEAD, *STAFF])), BOOK, NEW)
    assert found.refusal == {"kind": "wrong_kind_of_file"}
    assert report(cells(("A", [["x", "y"]])), BOOK, NEW).refusal == {"kind": "required_columns_missing"}


def test_a_list_of_staff_alone_is_read_as_staff() -> None:
    found = report(cells(("CBGV", [STAFF_HEAD, *STAFF])), ImportAs("staff", "20990001", YEAR), NEW)
    assert (found.outcome, len(table(found, "staff"))) == ("import", 3)


def test_teachers_already_known_are_found_without_a_list() -> None:
    known = msgspec.structs.replace(KNOWN, pupils=())
    found = report(cells(("Phân công", MATRIX[:3])), ImportAs("classes", "20990001", YEAR), known)
    assert found.refusal is not None  # classes asked for, none there


RIGHT = [
    ("6A", "GDTC", "9003"),
    ("6A", "TOAN", "9001"),
    ("6A", "VAN", "9002"),
    ("6B", "GDTC", "9003"),
    ("6B", "TOAN", "9001"),
]
TURNED = [
    ["Lớp", "Toán", "Ngữ văn", "GDTC"], ["6A", "Hoàng Thị Hạnh", "Hoàng Thị Hạnh", "Lý Văn Sơn"],
    ["6B", "Hoàng Thị Hạnh", None, "Lý Văn Sơn"],
]  # fmt: skip
LIST = [
    ["TT", "Giáo viên", "Môn", "Các lớp dạy"], [1, "Hoàng Thị Hạnh", "Toán", "6A, 6B"], [2, "Hoàng Thị Hạnh",
    "Ngữ văn", "6A"],
    [3, "Cô Lý Văn Sơn", "Thể dục", "Lớp 6A; 6B"],
]  # fmt: skip


@pytest.mark.parametrize("matrix", [MATRIX, TURNED, LIST], ids=["matrix", "turned", "list"])
def test_who_teaches_what_in_three_forms(matrix: list[list[Any]]) -> None:
    found = report(book(matrix=matrix), BOOK, NEW)
    assert said(found) == []
    rows = table(found, "assignments")
    assert sorted((row["class"], row["subject"], row["ma_cb"]) for row in rows) == RIGHT


def test_facts_side_by_side() -> None:
    info = [["Mã trường", "Tên trường", "Năm học"], ["20990001", "Trường THCS Thử Nghiệm", "2025-2026"]]
    found = report(book(info=info), BOOK, NEW)
    facts = {row["key"]: row["value"] for row in table(found, "school")}
    assert (facts["ma"], facts["ten"], facts["nam_hoc"]) == (
        "20990001",
        "Trường THCS Thử Nghiệm",
        "2025-2026",
    )


def test_class_names_stay_as_the_school_writes_them() -> None:
    classes = [["Tên lớp", "GVCN", "Sĩ số"], ["6/1", "Lý Văn Sơn", 3], ["6/2", "Lý Văn Sơn", 3]]
    matrix = [["Môn", "6.1", "Lớp 6/2"], ["Toán", "Hoàng Thị Hạnh", "Hoàng Thị Hạnh"]]
    found = report(book(classes=classes, matrix=matrix), BOOK, NEW)
    assert said(found) == []
    assert [row["lop"] for row in table(found, "classes")] == ["6/1", "6/2"]
    assert [row["class"] for row in table(found, "assignments")] == ["6/1", "6/2"]


@pytest.mark.parametrize(
    ("written", "classes"),
    [
        ("6A, 6B", ["6A", "6B"]),
        ("6A-6D", ["6A", "6B", "6C", "6D"]),
        ("6A-D", ["6A", "6B", "6C", "6D"]),
        ("6A đến 6C; 7A", ["6A", "6B", "6C", "7A"]),
        ("6A, B, D", ["6A", "6B", "6D"]),
        ("Khối 7", ["7A", "7B"]),
        ("Lớp 6B (4 tiết)", ["6B"]),
        ("6A và 7B", ["6A", "7B"]),
    ],
)
def test_classes_of_a_plan_in_short(written: str, classes: list[str]) -> None:
    names = ["6A", "6B", "6C", "6D", "7A", "7B"]
    listed = [["Lớp", "GVCN", "Sĩ số"], *([name, "Lý Văn Sơn", 3] for name in names)]
    matrix = [["TT", "Họ tên GV", "Môn phân công", "Dạy các lớp"], [1, "Lý Văn Sơn", "Thể dục", written]]
    found = report(book(classes=listed, matrix=matrix), BOOK, NEW)
    assert said(found) == []
    assert [row["class"] for row in table(found, "assignments")] == classes


def test_a_teacher_s_name_stands_once_above_several_rows() -> None:
    matrix = [
        ["TT", "Giáo viên", "Môn", "Lớp"],
        [1, "Lý Văn Sơn", "Thể dục", "6A"],
        [None, None, "Công nghệ", "6B"],
    ]
    found = report(book(matrix=matrix), BOOK, NEW)
    assert [(row["class"], row["subject"], row["ma_cb"]) for row in table(found, "assignments")] == [
        ("6A", "GDTC", "9003"), ("6B", "CN", "9003"),
    ]  # fmt: skip


def test_a_school_of_two_levels_reads_each_class_s_subjects() -> None:
    classes = [["Lớp", "GVCN", "Sĩ số"], ["9A", "Lý Văn Sơn", 3], ["10A", "Lý Văn Sơn", 3]]
    matrix = [["Môn học/HĐGD", "9A", "10A"], ["Lịch sử và Địa lí", "Lý Văn Sơn", None],
              ["Lịch sử", None, "Lý Văn Sơn"], ["Vật lí", None, "Lý Văn Sơn"]]  # fmt: skip
    found = report(book(classes=classes, matrix=matrix), BOOK, NEW)
    assert said(found) == []
    assert [(row["class"], row["subject"]) for row in table(found, "assignments")] == [
        ("9A", "LSDL"), ("10A", "LS"), ("10A", "VL"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Mã định danh CB", "ma_cb"), ("Số CCCD/Định danh cá nhân", "so_dinh_danh"), ("Dạy môn", "mon"),
        ("Chức danh, chức vụ", "chuc_vu"), ("Trình độ chuyên môn cao nhất", "trinh_do"),
        ("Thời gian vào ngành", "ngay_vao_nganh"), ("Mã hạng CDNN", "hang_ma"), ("Hộp thư điện tử", "email"),
        ("Trình độ ngoại ngữ", ""), ("Ngày vào Đảng", ""), ("Tổ chuyên môn", ""), ("Số sổ BHXH", ""),
        ("Hệ số lương", ""), ("Ngày cấp CCCD", ""), ("Trình độ tin học", ""),
    ],
)  # fmt: skip
def test_columns_of_staff_by_the_words_that_carry_the_meaning(head: str, name: str) -> None:
    assert wordings.names_of(wordings.STAFF, [key(head)]) == ({name} if name else set())


def test_women_by_a_tick_and_sexes_in_any_spelling() -> None:
    def read(head: str, *cells_: Any) -> list[Any]:
        people = [["STT", "Mã cán bộ", "Họ và tên", head, "Chức vụ", "Môn dạy"]]
        people += [[n, f"900{n}", f"Lý Văn {n}", cell, "Giáo viên", "Toán"] for n, cell in enumerate(cells_)]
        found = report(cells(("CB", people)), ImportAs("staff", "20990001", YEAR), NEW)
        return [row["gioi_tinh"] for row in table(found, "staff")]

    assert read("Nữ", "x", None, "Nữ") == ["Nữ", "Nam", "Nữ"]
    assert read("Phái", "nữ", "NAM", "Nu") == ["Nữ", "Nam", "Nữ"]
