"""What is said about mark sheets: every kind of finding and refusal, with its cell."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from khue.sheets.data import ImportAs, Known, KnownPupil
from khue.sheets.tests.make import (
    FULL,
    HEAD,
    KNOWN,
    MARKS,
    PUPILS,
    cells,
    line,
    report,
    said,
    sheet,
)

GDTC = ImportAs("gradebook", "20990001", "2025-2026", "6A", 1, "GDTC")


def row_of(found: Any, ref: str) -> dict[str, Any]:
    table = found.tables[0]
    row = next(row for row in table.rows if row[1] == ref)
    return dict(zip(table.columns, row, strict=True))


def test_a_good_sheet_has_nothing_to_say() -> None:
    found = report(sheet())
    assert (found.outcome, said(found)) == ("import", [])
    assert row_of(found, "2099000001") == {
        "r": 2, "ref": "2099000001", "tx": ["8.0", "7.5"], "gk": "7.0", "ck": "8.0", "tb_file": "7.6",
        "tb": "7.6", "nx": "Khá",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind", "info"),
    [
        (85, "mark_out_of_range", {"raw": 85, "suggest": "8.5"}),
        ("-1", "mark_out_of_range", {"raw": "-1"}),
        ("10,5", "mark_out_of_range", {"raw": "10,5"}),
        ("v", "mark_not_a_number", {"raw": "v"}),
        ("8,5,", "mark_not_a_number", {"raw": "8,5,", "suggest": "8.5"}),
        ("Đ", "mark_not_a_number", {"raw": "Đ"}),
        (dt.date(2025, 5, 8), "mark_is_a_date", {"suggest": "8.5"}),
    ],
)
def test_a_wrong_mark_is_left_out(value: Any, kind: str, info: dict[str, Any]) -> None:
    found = report(sheet(line(1, value, 7.5, 7, 8, 7.6)))
    assert (found.outcome, said(found)) == ("import_partly", [(kind, "error", "E2")])
    finding = found.findings[0].to_json()
    assert finding["field"] == "tx0"
    assert {name: finding.get(name) for name in info} == info
    assert (row_of(found, "2099000001")["tx"], row_of(found, "2099000001")["tb"]) == ([None, "7.5"], None)


def test_a_mark_with_two_decimals_is_rounded_and_said() -> None:
    found = report(sheet(line(1, 8, 7.5, 7, 8.25, 7.8)))
    assert said(found) == [("mark_rounded", "warning", "H2")]
    assert found.findings[0].info["value"] == "8.3"


def test_an_error_of_excel_is_no_mark() -> None:
    found = report(sheet(line(1, ("=", "#N/A"), 7.5, 7, 8, 7.6)))
    assert said(found) == [("cell_error", "error", "E2")]


def test_a_formula_without_its_result_is_said() -> None:
    found = report(sheet(line(1, ("=", ""), 7.5, 7, 8, 7.6)))
    assert said(found) == [("formula_without_value", "error", "E2")]


def test_a_formula_with_its_result_is_read() -> None:
    found = report(sheet(line(1, ("=", 8), 7.5, 7, 8, ("=", 7.6))))
    assert (found.outcome, [f.kind for f in found.findings]) == ("import", ["cell_is_formula"])


def test_what_is_missing_gives_no_average() -> None:
    found = report(sheet(line(1, 8, 7.5, None, 8, 7.6), line(2, 8, None, 7, 8, 7.6), line(3)))
    assert said(found) == [("mark_missing", "warning", "G2"), ("tx_too_few", "warning", "F3")]
    assert [f.kind for f in found.findings if f.severity == "info"] == ["row_without_marks"]
    assert [row[6] for row in found.tables[0].rows[:3]] == [None, None, None]


def test_too_many_regular_marks_wait_for_the_teacher() -> None:
    head = [*HEAD[:6], "TX3", *HEAD[6:]]
    rows = [line(n, 8, 7.5, None, 7, 8, 7.6) for n in range(2, 6)]
    found = report(cells(("Toán", [head, line(1, 8, 7.5, 9, 7, 8, 7.6), *rows])))
    assert said(found) == [("tx_too_many", "warning", "G2")]
    assert row_of(found, "2099000001")["tb"] is None


def test_a_vendor_average_is_recomputed() -> None:
    found = report(sheet(line(1, 8, 7.5, 7, 8, 7.7)))
    assert said(found) == [("average_mismatch", "warning", "I2")]
    assert (found.findings[0].info["file"], found.findings[0].info["correct"]) == ("7.7", "7.6")


def test_a_vendor_year_average_is_recomputed() -> None:
    known = Known(
        **{f: getattr(KNOWN, f) for f in KNOWN.__struct_fields__} | {"averages": {"2099000001|TOAN": "6.5"}}
    )
    head = [*HEAD[:9], "ĐTB cả năm", "Nhận xét"]
    rows = [line(n, 8, 7.5, 7, 8, 7.6, 7.3) for n in range(1, 6)]
    found = report(
        cells(("Toán", [head, *rows])), ImportAs("gradebook", "20990001", "2025-2026", "6A", 2, "TOAN"), known
    )
    assert said(found) == [("year_average_mismatch", "warning", "J2")]
    assert row_of(found, "2099000001")["cn"] == "7.2"
    assert row_of(found, "2099000002")["cn"] is None


def test_comment_subjects_take_words_only() -> None:
    head = [*HEAD[:8], "Kết quả HK1"]
    rows = [
        line(1, "Đ", "đạt", "Đ", "CĐ", "Đ"), line(2, 8, "Đ", "Đ", "Đ", "Đ"), line(3, "K", "Đ", "Đ", "Đ", "Đ"),
        line(4, "đ", "đ", "đ", "đ", "Đ"), line(5, "Đ", "Đ", "Đ", "Đ", "Đ"),
    ]  # fmt: skip
    found = report(cells(("Thể dục", [["Môn: Giáo dục thể chất"], head, *rows])), GDTC)
    assert said(found) == [
        ("result_mismatch", "warning", "I3"), ("score_in_comment_subject", "error", "E4"), ("comment_invalid",
        "error", "E5"),
    ]  # fmt: skip


def test_who_is_there_and_who_is_not() -> None:
    stranger = [6, None, "Nguyễn Văn Người Lạ", "01/01/2014", *FULL]
    other = [7, "50000006", "Hà Bích Ngọc", "21/05/2014", *FULL]
    rows = [line(1, *FULL), line(2, *FULL), line(3, *FULL), line(4, *FULL), stranger, other]
    found = report(cells(("Toán", [HEAD, *rows])))
    assert said(found) == [
        ("pupil_not_in_class", "error", "C6"), ("pupil_in_other_class", "error", "C7"),
        ("pupil_missing_in_file", "warning", ""),
    ]  # fmt: skip


def test_two_rows_of_one_pupil_are_both_left_out() -> None:
    rows = [line(n, *FULL) for n in range(1, 6)]
    again = line(1, 5, 5, 5, 5, 5)
    found = report(cells(("Toán", [HEAD, *rows, again])))
    assert said(found) == [("pupil_duplicate_row", "error", "C7")]
    assert "2099000001" not in [row[1] for row in found.tables[0].rows]


def test_the_same_row_twice_is_read_once() -> None:
    rows = [line(n, *FULL) for n in range(1, 6)]
    found = report(cells(("Toán", [HEAD, *rows, line(1, *FULL)])))
    assert (said(found), len(found.tables[0].rows)) == ([], 5)


def test_a_code_of_one_and_a_name_of_another() -> None:
    found = report(sheet(line(1, *FULL, name="Hà Bích Ngọc")))
    assert said(found) == [("id_name_mismatch", "error", "C2")]


def test_two_pupils_fit_a_row() -> None:
    twin = KnownPupil("2099000009", "Nông Thị Hoa", "2014-08-08", "6A", "50000009")
    known = Known(**{f: getattr(KNOWN, f) for f in KNOWN.__struct_fields__} | {"pupils": (*PUPILS, twin)})
    head = ["STT", "Họ và tên", *HEAD[4:]]
    names = ["Nông Thị Hoa", *(pupil.name for pupil in PUPILS[1:5])]
    found = report(
        cells(("Toán", [head, *([n, name, *FULL] for n, name in enumerate(names, 1))])), MARKS, known
    )
    assert said(found) == [("pupil_ambiguous", "error", "B2")]


def test_marks_without_a_pupil() -> None:
    rows = [line(n, *FULL) for n in range(1, 6)]
    found = report(cells(("Toán", [HEAD, *rows, [6, None, None, None, 8, 7, 7, 8]])))
    assert said(found) == [("marks_without_pupil", "error", "C7")]


def test_codes_one_row_off_refuse_the_sheet() -> None:
    codes = [p.software for p in PUPILS[:5]]
    codes = [codes[0], *codes[2:], codes[1]]
    rows = [line(n, *FULL, code=codes[n - 1]) for n in range(1, 6)]
    found = report(cells(("Toán", [HEAD, *rows])))
    assert found.refusal == {"kind": "row_shift", "sheet": "Toán", "first_cell": "B3"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("BẢNG ĐIỂM LỚP 6B - HỌC KỲ I", "class_mismatch"),
        ("Bảng điểm lớp 6A học kì 2", "term_mismatch"),
        ("Năm học: 2024 - 2025", "year_mismatch"),
        ("Môn: Ngữ văn - Lớp 6A", "subject_mismatch"),
        ("TRƯỜNG THCS NƠI KHÁC", "school_mismatch"),
    ],
)
def test_a_sheet_of_something_else_is_refused(text: str, kind: str) -> None:
    found = report(sheet(above=[[text], [None]]))
    assert found.refusal is not None
    assert (found.refusal["kind"], found.refusal["cell"], found.tables) == (kind, "A1", [])


@pytest.mark.parametrize(
    "text",
    [
        "BẢNG ĐIỂM LỚP 6A - HỌC KỲ I - NĂM HỌC 2025-2026", "Lớp: 6 a", "TRƯỜNG THCS THỬ NGHIỆM",
        "HK1 - 2025/2026",
        "Bảng ghi điểm môn Toán học kì 1", "Trường Trung học cơ sở Thử Nghiệm", "Khối 6", "Lớp 6A, sĩ số 5",
    ],
)  # fmt: skip
def test_a_sheet_that_says_what_was_asked_is_read(text: str) -> None:
    assert report(sheet(above=[[text], [None]])).outcome == "import"


def test_hidden_rows_and_sheets_are_named() -> None:
    rows = [HEAD, *(line(n, *FULL) for n in range(1, 6))]
    found = report(cells(("Toán", rows), ("Danh mục", [["x"]]), hidden_rows=[3], hidden=["Danh mục"]))
    assert [(f.kind, f.cell) for f in found.findings] == [("hidden_sheet_skipped", ""), ("hidden_rows", "C4")]
    assert len(found.tables[0].rows) == 5


def test_columns_nobody_knows_are_named() -> None:
    head = [*HEAD, "Điểm cộng"]
    found = report(cells(("Toán", [head, *(line(n, *FULL, 1) for n in range(1, 6))])))
    assert [(f.kind, f.cell, f.info) for f in found.findings] == [
        ("unknown_column", "K1", {"header": "Điểm cộng"})
    ]


def test_a_subject_the_class_does_not_learn() -> None:
    rows = [HEAD, *(line(n, *FULL) for n in range(1, 6))]
    found = report(
        cells(("Toán", rows), ("Tin học", rows)), ImportAs("gradebook", "20990001", "2025-2026", "6A", 1)
    )
    assert said(found) == [("subject_unknown", "error", "")]
    assert [table.about["subject"] for table in found.tables] == ["TOAN"]


def test_a_class_nobody_knows_is_refused() -> None:
    found = report(sheet(), ImportAs("gradebook", "20990001", "2025-2026", "9Z", 1, "TOAN"))
    assert found.refusal == {"kind": "class_unknown", "target": "9Z"}


def test_another_kind_of_file_is_refused() -> None:
    rows = [
        ["STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Mã cán bộ"],
        [1, "Hoàng Thị Hạnh", "01/01/1980", "GV", "9001"],
    ]
    found = report(cells(("CB", rows)))
    assert found.refusal is not None
    assert found.refusal["kind"] in {"wrong_kind_of_file", "required_columns_missing"}
