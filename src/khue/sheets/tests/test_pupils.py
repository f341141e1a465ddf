"""What is said about lists of pupils: every kind of finding, with its cell."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from khue.sheets import wordings
from khue.sheets.data import ImportAs, Known
from khue.sheets.headers import Column, Header, assign, key
from khue.sheets.pupil_fields import ALONE, FIELDS
from khue.sheets.tests.make import KNOWN, YEAR, cells, report, said
from khue.sheets.workbook import Cell, Sheet

LIST = ImportAs("pupils", "20990001", YEAR)
HEAD = [
    "STT",
    "Lớp",
    "Mã học sinh",
    "Mã MOET",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Dân tộc",
    "Số CCCD",
    "SĐT",
]
EMPTY = msgspec.structs.replace(KNOWN, pupils=())
GOOD: list[Any] = [
    1, "6A", "50000001", "2099000001", "Nông Thị Hoa", "12/03/2014", "Nữ", "Nùng", "099314000001",
        "0900000001",
]  # fmt: skip
NEXT: list[Any] = [
    2, "6A", "50000002", "2099000002", "Hoàng Văn Dũng", "02/11/2014", "Nam", "Tày", "099214000002",
        "0900000002",
]  # fmt: skip


def pupils(*rows: list[Any], head: list[Any] | None = None, **options: Any) -> bytes:
    return cells(("DSHS", [["DANH SÁCH HỌC SINH"], head or HEAD, *rows]), **options)


def but(**changes: Any) -> list[Any]:
    """The good row with other cells, by letter."""
    row = list(GOOD)
    for letter, value in changes.items():
        row[ord(letter) - 65] = value
    return row


def rows_of(found: Any) -> list[dict[str, Any]]:
    table = found.tables[0]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_a_good_list_has_nothing_to_say() -> None:
    found = report(pupils(GOOD, NEXT), LIST, EMPTY)
    assert (found.outcome, said(found)) == ("import", [])
    first = rows_of(found)[0]
    assert (first["ref"], first["ngay_sinh"], first["lop"]) == ("2099000001", "2014-03-12", "6A")


@pytest.mark.parametrize(
    ("changes", "kind", "severity", "cell", "value"),
    [
        ({"F": 2014}, "date_partial", "warning", "F3", {"ngay_sinh": "2014"}),
        ({"F": "2014"}, "date_partial", "warning", "F3", {"ngay_sinh": "2014"}),
        ({"F": "30/02/2014"}, "date_invalid", "error", "F3", {"ngay_sinh": None}),
        ({"F": "không rõ"}, "date_invalid", "error", "F3", {"ngay_sinh": None}),
        ({"F": "12/03/14"}, "date_two_digit_year", "warning", "F3", {"ngay_sinh": "2014-03-12"}),
        ({"F": "12/03/1987"}, "date_out_of_range", "warning", "F3", {}),
        ({"I": 99314000001}, "leading_zero_restored", "warning", "I3", {"so_dinh_danh": "099314000001"}),
        ({"J": 900000001}, "leading_zero_restored", "warning", "J3", {"dt_sll": "0900000001"}),
        ({"I": "09931400001"}, "personal_id_invalid", "error", "I3", {"so_dinh_danh": None}),
        ({"I": "099214000001"}, "personal_id_mismatch", "warning", "I3", {}),
        ({"I": "099315000001"}, "personal_id_mismatch", "warning", "I3", {}),
        ({"I": "099214000002"}, "personal_id_duplicate", "warning", "I4", {}),
        ({"H": "Người Sao Hỏa"}, "ethnic_unknown", "warning", "H3", {}),
        ({"J": "090"}, "phone_invalid", "warning", "J3", {}),
        ({"B": "6Z"}, "class_unknown", "error", "B3", None),
        ({"I": ("=", "#REF!")}, "cell_error", "error", "I3", {"so_dinh_danh": None}),
    ],
)
def test_one_thing_to_say(
    changes: dict[str, Any], kind: str, severity: str, cell: str, value: dict[str, Any] | None
) -> None:
    found = report(pupils(but(**changes), NEXT), LIST, EMPTY)
    assert (kind, severity, cell) in said(found)
    refs = {row["ref"]: row for row in rows_of(found)}
    if value is None:
        assert list(refs) == ["2099000002"]
    else:
        assert {name: refs["2099000001"][name] for name in value} == value


def test_another_name_of_a_group_is_read_as_the_group() -> None:
    found = report(pupils(but(H="Mông"), NEXT), LIST, EMPTY)
    assert [(f.kind, f.severity, f.cell) for f in found.findings] == [("ethnic_alias", "info", "H3")]
    assert rows_of(found)[0]["dan_toc"] == "Hmông"


@pytest.mark.parametrize(
    ("written", "kind", "code"),
    [
        ("Xã Lộc Bình", "", "06001"), ("Lộc Bình", "", "06001"), ("X. Na Dương", "", "06002"), ("xã lộc bình",
        "", "06001"),
        ("Xã Tú Đoạn", "commune_old_name", None), ("Xã Không Đâu", "commune_unknown", None), ("", "", None),
    ],
)  # fmt: skip
def test_communes_of_today_and_before(written: str, kind: str, code: str | None) -> None:
    head = [*HEAD, "Hộ khẩu thường trú", None]
    low = [None] * 10 + ["Tỉnh/Tp", "Xã/Phường"]
    rows = [[*GOOD, "Tỉnh Lạng Sơn", written or None], [*NEXT, "Tỉnh Lạng Sơn", "Xã Lộc Bình"]]
    found = report(cells(("DSHS", [head, low, *rows])), LIST, EMPTY)
    assert [f.kind for f in found.findings] == ([kind] if kind else [])
    assert rows_of(found)[0]["tt_ma_xa"] == code


def test_a_pupil_has_one_row_in_a_class() -> None:
    found = report(pupils(GOOD, NEXT, but(A=3, F="13/03/2014")), LIST, EMPTY)
    assert said(found) == [("pupil_duplicate_row", "error", "E5")]


def test_the_code_of_another_pupil_is_refused() -> None:
    found = report(pupils(but(E="Lò Văn Khác", F="01/01/2013"), NEXT), LIST, KNOWN)
    assert said(found) == [("id_name_mismatch", "error", "E3")]


def test_a_list_without_codes_finds_the_pupils_by_name_and_birth() -> None:
    head = ["TT", "Họ đệm", "Tên", "Sinh ngày", "Nữ"]
    rows = [[1, "Nông Thị", "Hoa", dt.date(2014, 3, 12), "x"], [2, "Lò Văn", "Mới", "01/02/2014", None]]
    found = report(cells(("6A", [head, *rows])), ImportAs("pupils", "20990001", YEAR, "6A"), KNOWN)
    assert found.outcome == "import"
    assert [(row["ref"], row["ho_ten"], row["gioi_tinh"]) for row in rows_of(found)] == [
        ("2099000001", "Nông Thị Hoa", "Nữ"), (None, "Lò Văn Mới", "Nam"),
    ]  # fmt: skip


def test_footers_and_repeated_headers_are_no_pupils() -> None:
    rows = [
        GOOD,
        HEAD,
        NEXT,
        [None, None, None, None, "Tổng số: 2 học sinh"],
        [None] * 4 + ["Người lập biểu"],
    ]
    found = report(pupils(*rows), LIST, EMPTY)
    assert (found.outcome, len(rows_of(found))) == ("import", 2)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (["STT", "Mã cán bộ", "Họ và tên", "Ngày sinh", "Chức vụ", "Môn dạy"], "wrong_kind_of_file"),
        (["STT", "Họ và tên", "Ghi chú"], "required_columns_missing"),
        (["STT", "Tên sách", "Tác giả"], "required_columns_missing"),
    ],
)
def test_a_list_of_something_else_is_refused(head: list[str], kind: str) -> None:
    found = report(cells(("DS", [head, [1, "2099", "Nông Thị Hoa", "12/03/2014", "x", "Toán"]])), LIST, EMPTY)
    assert found.refusal is not None
    assert found.refusal["kind"] == kind


def test_a_list_of_another_class_or_year_is_refused() -> None:
    head = ["STT", "Họ và tên", "Ngày sinh"]
    rows = [head, [1, "Nông Thị Hoa", "12/03/2014"]]
    wanted = ImportAs("pupils", "20990001", YEAR, "6A")
    other = report(cells(("DS", [["DANH SÁCH LỚP 6B"], *rows])), wanted, KNOWN)
    late = report(cells(("DS", [["Danh sách lớp 6A năm học 2023-2024"], *rows])), wanted, KNOWN)
    assert [found.refusal and found.refusal["kind"] for found in (other, late)] == [
        "class_mismatch",
        "year_mismatch",
    ]


def test_a_csv_file_is_read() -> None:
    text = "STT;Lớp;Mã học sinh;Họ và tên;Ngày sinh\n1;6A;50000001;Nông Thị Hoa;12/03/2014\n"
    for data in (text.encode("utf-8-sig"), text.encode("utf-16"), text.replace(";", ",").encode()):
        found = report(data, LIST, KNOWN, "ds.csv")
        assert (found.outcome, [row["ref"] for row in rows_of(found)]) == ("import", ["2099000001"])


def test_a_pupil_known_by_the_software_gets_the_ministry_s_code() -> None:
    known: Known = msgspec.structs.replace(
        KNOWN, pupils=(msgspec.structs.replace(KNOWN.pupils[0], ref="50000001", software="50000001"),)
    )
    found = report(pupils(GOOD, NEXT), LIST, known)
    assert [f.kind for f in found.findings] == ["code_assigned"]
    assert rows_of(found)[0]["ma_moet"] == "2099000001"


def test_a_pupil_without_the_ministry_s_code_is_named() -> None:
    found = report(pupils(but(D=None), NEXT), LIST, EMPTY)
    assert [(f.kind, f.severity, f.cell) for f in found.findings] == [("temporary_code", "info", "D3")]


def test_a_column_with_the_month_first_is_said() -> None:
    """Dates that can be read both ways are doubtful where the others put the month first."""
    days = ["03/12/2014", "11/22/2014", "12/25/2014"]
    rows = [[n, "6A", f"5000{n}", f"209900000{n}", f"Lý Văn {n}", day] for n, day in enumerate(days)]
    assert said(report(pupils(*rows), LIST, EMPTY)) == [
        ("date_ambiguous", "warning", "F3"), ("date_invalid", "error", "F4"), ("date_invalid", "error", "F5"),
    ]  # fmt: skip
    rows[2][5] = "25/12/2014"  # one that is surely the other way: the second was a slip
    assert said(report(pupils(*rows), LIST, EMPTY)) == [("date_invalid", "error", "F4")]


def test_classes_named_by_rows_between_the_pupils() -> None:
    rows = [
        ["STT", "Mã học sinh", "Họ và tên", "Ngày sinh"], ["Lớp 6A (1 học sinh)"],
        [1, "50000001", "Nông Thị Hoa", "12/03/2014"], ["Lớp: 6B"],
        [1, "50000002", "Hoàng Văn Dũng", "02/11/2014"],
    ]  # fmt: skip
    found = report(cells(("DSHS", rows)), LIST, EMPTY)
    assert [(row["lop"], row["ho_ten"]) for row in rows_of(found)] == [
        ("6A", "Nông Thị Hoa"), ("6B", "Hoàng Văn Dũng"),
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["Xã Tú Đoạn, huyện Lộc Bình", "Xã Tú Đoạn - H. Lộc Bình, tỉnh Lạng Sơn"])
def test_a_commune_with_what_lies_around_it(written: str) -> None:
    found = report(pupils([*GOOD, written], NEXT, head=[*HEAD, "Xã/Phường (thường trú)"]), LIST, EMPTY)
    assert [f.kind for f in found.findings] == ["commune_old_name"]


@pytest.mark.parametrize(
    ("head", "field"),
    [
        (["Thông tin về cha", "Họ tên"], "cha"), (["SĐT của bố"], "cha_dt"),
        (["Nghề nghiệp (mẹ)"], "me_nghe"),
        (["Năm sinh của người giám hộ"], "gh_nam"), (["Gia đình", "Bố", "Di động"], "cha_dt"),
        (["Nơi ở hiện tại", "Thôn/Xóm"], "co_khu"), (["Xã/Phường (nơi thường trú)"], "tt_xa"),
        (["Tỉnh/TP (theo hộ khẩu)"], "tt_tinh"), (["Mã định danh trên CSDL ngành"], "ma_moet"),
        (["Mã học sinh (vnEdu)"], "ma_hs"), (["Số ĐDCN/CCCD"], "so_dinh_danh"), (["Là đội viên"], "doi_vien"),
        (["Chế độ", "Thuộc hộ cận nghèo"], "can_ngheo"), (["Ngày sinh (dd/mm/yyyy)"], "ngay_sinh"),
        (["Các môn học lựa chọn"], "mon_lc"), (["Chuyên đề lựa chọn"], "chuyen_de"),
        (["SĐT nhận tin nhắn"], "dt_sll"), (["SĐT của học sinh"], "dt_hs"),
        (["Ngày vào Đoàn"], ""), (["Mẹ dân tộc"], ""), (["Email cha"], ""), (["Mã thẻ BHYT"], ""),
        (["Cha", "Dân tộc"], ""), (["Học sinh nội trú dân tộc"], ""), (["Tình trạng đỗ xe"], ""),
        (["Lớp năm trước"], ""), (["Mã số thuế"], ""),
    ],
)  # fmt: skip
def test_columns_of_pupils_by_the_words_that_carry_the_meaning(head: list[str], field: str) -> None:
    rows = [[text] for text in head]
    sheet = Sheet("DS", rows={n: {0: Cell(row[0])} for n, row in enumerate(rows)})
    column = Column(0, tuple(key(text) for text in head), head[-1], 0)
    header = Header(sheet, 0, len(rows), [column], 0)
    fields = wordings.fill_pupils(header, assign(header, FIELDS), ALONE)
    assert fields == ({field: 0} if field else {})


def test_a_sheet_of_marks_is_no_list_of_pupils() -> None:
    head = ["STT", "Mã học sinh", "Họ và tên", "Ngày sinh", "TX1", "ĐĐGgk", "ĐĐGck"]
    data = cells(("6A", [head, [1, "50000001", "Nông Thị Hoa", "12/03/2014", 8, 7, 9]]))
    assert report(data, LIST, EMPTY).refusal == {"kind": "wrong_kind_of_file"}


def test_a_doubtful_row_is_kept_with_its_candidates() -> None:
    twin = msgspec.structs.replace(KNOWN.pupils[0], ref="2099000009", software="50000009")
    known = msgspec.structs.replace(KNOWN, pupils=(*KNOWN.pupils, twin))
    head = ["STT", "Lớp", "Họ và tên", "Ngày sinh"]
    pupil = KNOWN.pupils[0]
    day = dt.date.fromisoformat(pupil.birth).strftime("%d/%m/%Y")
    found = report(cells(("DS", [head, [1, "6A", pupil.name, day]])), LIST, known)
    assert [(d.cell, d.candidates) for d in found.doubts] == [("C2", [pupil.ref, "2099000009"])]
    assert rows_of(found) == []
