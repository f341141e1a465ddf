"""Layouts of programs we have not seen: headers, banners and files as people make them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from khue.sheets import values
from khue.sheets.banner import class_name, class_shown
from khue.sheets.data import ImportAs
from khue.sheets.subjects import subject_of
from khue.sheets.tests.make import FULL, HEAD, MARKS, PUPILS, YEAR, cells, line, report, said, sheet
from khue.sheets.workbook import Cell

ROWS = [line(number, *FULL) for number in range(1, 6)]
RIGHT = ["8.0", "7.5"], "7.0", "8.0", "7.6", "7.6", "Khá"


def first(found: Any) -> tuple[Any, ...]:
    row = dict(zip(found.tables[0].columns, found.tables[0].rows[0], strict=True))
    return tuple(row[name] for name in ("tx", "gk", "ck", "tb_file", "tb", "nx"))


@pytest.mark.parametrize(
    "head",
    [
        "TT|Mã HS|Họ và tên học sinh|Ngày sinh|ĐĐGtx1|ĐĐGtx2|ĐĐGgkI|ĐĐGckI|ĐTBmhkI|NX",
        "#|Mã|Học sinh|Năm sinh|Đ1|Đ2|Giữa kỳ|Cuối kỳ|TB|Ghi chú",
        "STT|Mã HS|Họ tên|NS|KTTX 1|KTTX 2|KTĐK giữa kì|KTĐK cuối kì|TBHK1|Nhận xét",
        "STT|Mã HS|Họ tên|NS|Thường xuyên 1|Thường xuyên 2|Giữa học kì|Cuối học kì|Trung bình môn|Nhận xét",
        "STT|Mã HS|Họ tên|NS|TX (1)|TX (2)|GKI|CKI|Điểm TBM|Nhận xét",
        "STT|Mã HS|Họ tên|NS|Hệ số 1 - 1|Hệ số 1 - 2|Hệ số 2|Hệ số 3|ĐTB|Nhận xét",
        "STT|Mã HS|Họ tên|NS|T.Xuyên 1|T.Xuyên 2|G.Kỳ|C.Kỳ|T.Bình|Nhận xét",
        "STT|Mã HS|Họ tên|NS|15 phút|Miệng|Giữa kì I|Thi học kì|Tổng kết|Nhận xét",
        "STT|Mã định danh|Tên học sinh|NS|TX lần 1|TX lần 2|KT GK1|KT CK1|TBHKI|Nhận xét sự tiến bộ",
        "STT|Mã HS|Họ tên|NS|ĐĐGTX (cột 1)|ĐĐGTX (cột 2)|ĐĐGGK (HS2)|ĐĐGCK (HS3)|ĐTBMHK|Nhận xét",
    ],
)
def test_wordings_in_one_row(head: str) -> None:
    found = report(cells(("Toán", [head.split("|"), *ROWS])))
    assert (found.outcome, first(found)) == ("import", RIGHT)


@pytest.mark.parametrize(
    ("groups", "low"),
    [
        ("Điểm thường xuyên||Điểm định kì||TB", "1|2|GK|CK|"),
        ("Đánh giá thường xuyên||Đánh giá định kỳ||ĐTB HKI", "Cột 1|Cột 2|Giữa kỳ|Cuối kỳ|"),
        ("Điểm hệ số 1||Điểm hệ số 2|Điểm hệ số 3|TBM", "1|2|1|1|"),
        ("Học kì I||||", "TX1|TX2|GK|CK|TBM"),
        ("KT thường xuyên||KT định kì||TBM", "I|II|GK|CK|"),
    ],
)
def test_wordings_in_two_rows(groups: str, low: str) -> None:
    top = [*HEAD[:4], *(text or None for text in groups.split("|")), "Nhận xét"]
    bottom = [None] * 4 + [text or None for text in low.split("|")]
    found = report(cells(("Toán", [top, bottom, *ROWS])))
    assert (found.outcome, first(found)) == ("import", RIGHT)


def test_a_sheet_with_both_terms_gives_the_one_asked_for() -> None:
    top = ["STT", "Mã HS", "Họ tên", "Học kì I", *[None] * 4, "Học kì II", *[None] * 4]
    low = [None, None, None, *["TX1", "TX2", "GK", "CK", "ĐTB"] * 2]
    rows = [[n, p.software, p.name, 8, 7.5, 7, 8, 7.6, 6, 6, 6, 6, 6] for n, p in enumerate(PUPILS[:5], 1)]
    data = cells(("Toán", [top, low, *rows]))
    for term, average in ((1, "7.6"), (2, "6.0")):
        found = report(data, msgspec.structs.replace(MARKS, term=term))
        assert (found.outcome, first(found)[4]) == ("import", average)


def test_a_class_chosen_by_each_sheet() -> None:
    other = [[1, "50000006", "Hà Bích Ngọc", "21/05/2014", *FULL]]
    data = cells(("6A", [["Môn: Toán"], HEAD, *ROWS]), ("Lớp 6B", [["Môn: Toán"], HEAD, *other]))
    found = report(data, ImportAs("gradebook", "20990001", YEAR, "", 1, "TOAN"))
    assert [(table.about["class"], len(table.rows)) for table in found.tables] == [("6A", 5), ("6B", 1)]
    assert said(found) == []


@pytest.mark.parametrize(
    ("above", "kind"),
    [
        (["Lớp:", "6A"], ""), (["Lớp:", "6B"], "class_mismatch"), (["Môn:", "Ngữ văn"], "subject_mismatch"),
        (["Học kỳ", "2"], "term_mismatch"), (["Năm học", "2024-2025"], "year_mismatch"), (["Trường",
        "THCS Khác"], "school_mismatch"),
        (["Khối: 6     Lớp: 6A     Học kỳ: 1"], ""), (["Môn: Toán       Lớp: 6B"], "class_mismatch"),
        (["UBND XÃ X\nTRƯỜNG THCS KHÁC"], "school_mismatch"), (["Trường THCS Thử Nghiệm - Xã Lộc Bình"], ""),
        (["Lớp", "6A", None, "Môn", "Toán", None, "Học kỳ", "1"], ""),
    ],
)  # fmt: skip
def test_banners(above: list[Any], kind: str) -> None:
    found = report(sheet(above=[above, [None]]))
    assert (found.refusal or {}).get("kind", "") == kind


def test_birth_dates_one_row_off_refuse_the_sheet() -> None:
    births = [pupil.birth for pupil in PUPILS[:5]]
    births = [births[0], *births[2:], births[1]]
    rows = [[n, p.name, births[n - 1], *FULL] for n, p in enumerate(PUPILS[:5], 1)]
    found = report(cells(("Toán", [["STT", "Họ và tên", "Ngày sinh", *HEAD[4:]], *rows])))
    assert found.refusal == {"kind": "row_shift", "sheet": "Toán", "first_cell": "C3"}


def test_a_birth_date_in_three_columns() -> None:
    top = ["STT", "Họ và tên", "Ngày sinh", None, None, *HEAD[4:]]
    low = [None, None, "Ngày", "Tháng", "Năm"]
    rows = []
    for number, pupil in enumerate(PUPILS[:5], 1):
        year, month, day = (int(part) for part in pupil.birth.split("-"))
        rows.append([number, pupil.name, day, month, year, *FULL])
    found = report(cells(("Toán", [top, low, *rows])))
    assert (found.outcome, first(found)) == ("import", RIGHT)


def test_a_bare_birth_year_fits_the_only_pupil_of_that_name() -> None:
    rows = [[n, p.name, p.birth[:4], *FULL] for n, p in enumerate(PUPILS[:5], 1)]
    found = report(cells(("Toán", [["STT", "Họ và tên", "Ngày sinh", *HEAD[4:]], *rows])))
    assert (found.outcome, first(found)) == ("import", RIGHT)


def test_days_counted_from_1904() -> None:
    rows = [line(n, *FULL, birth=dt.date.fromisoformat(PUPILS[n - 1].birth)) for n in range(1, 6)]
    without = [[row[0], None, *row[2:]] for row in rows]
    data = cells(("Toán", [HEAD, *without]), book={"date_1904": True})
    assert (report(data).outcome, first(report(data))) == ("import", RIGHT)


def test_a_list_of_another_class_by_its_own_column() -> None:
    rows = [["STT", "Lớp", "Họ và tên", "Ngày sinh"], [1, "6A", "Nông Thị Hoa", "12/03/2014"]]
    found = report(cells(("DS", rows)), ImportAs("pupils", "20990001", YEAR, "6B"))
    assert found.refusal is not None
    assert (found.refusal["kind"], found.refusal["cell"]) == ("class_mismatch", "B2")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("6a", "6A"),
        ("6 A", "6A"),
        ("Lớp 6A", "6A"),
        ("6/1", "6/1"),
        ("10 A10", "10A10"),
        ("10 Toán 1", "10 Toán 1"),
        ("Lớp K10-D1", "K10-D1"),
        ("5", "5"),
    ],
)
def test_names_of_classes(written: str, shown: str) -> None:
    assert class_shown(written) == shown
    assert class_name(written) == class_name(shown)
    assert class_shown(written, {class_name(shown): "as known"}) == "as known"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Toán HK1", "TOAN"), ("6A_Toán", "TOAN"), ("Toán (HS 1)", "TOAN"), ("ĐTB Ngữ văn", "VAN"),
        ("GDTC (N.xét)", "GDTC"),
        ("Tiếng Anh 1", "NN1"), ("Tiếng Trung", "NN1"), ("Môn: Khoa học tự nhiên", "KHTN"), ("Sheet1", None),
        ("", None), ("6A", None),
    ],
)  # fmt: skip
def test_subjects_beside_other_words(text: str, code: str | None) -> None:
    assert subject_of(text, "THCS") == code


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        ("20 cái", "number_in_text", 20),
        ("20", "", 20),
        ("hai mươi", "value_invalid", None),
        ("1.200", "", 1200),
    ],
)
def test_counts(value: str, kind: str, read: int | None) -> None:
    found = values.number(Cell(value))
    assert (found.kind, found.value) == (kind, read)
