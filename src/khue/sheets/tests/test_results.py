"""What is said about term summaries and primary results."""

from __future__ import annotations

from typing import Any

import pytest

from khue.sheets.data import ImportAs, Known, KnownClass, KnownPupil, KnownSubject
from khue.sheets.tests.make import KNOWN, YEAR, cells, report, said

SUMMARY = ImportAs("term_summary", "20990001", YEAR, "", 1)
HEAD = [
    "STT",
    "Mã HS",
    "Họ và tên",
    "Toán",
    "Văn",
    "KHTN",
    "Thể dục",
    "NT",
    "Kết quả học tập",
    "Rèn luyện",
    "Số buổi nghỉ",
    None,
]
LOW = [None] * 10 + ["Có phép", "Không phép"]


def summary(first: list[Any]) -> bytes:
    rows = [[1, "50000001", "Nông Thị Hoa", *first]]
    for number, pupil in enumerate(KNOWN.pupils[1:5], 2):
        rows.append([number, pupil.software, pupil.name, 8, 8, 8, "Đ", "Đ", "CĐ", "Tốt", 0, 0])
    return cells(("6A", [["TỔNG HỢP HỌC KỲ I - LỚP 6A"], HEAD, LOW, *rows]))


def test_a_good_summary() -> None:
    found = report(summary([8, 7, 6.5, "Đ", "Đ", "CĐ", "Tốt", 1, 2]), SUMMARY)
    assert (found.outcome, said(found)) == ("import", [])
    assert found.tables[0].columns[2:] == [
        "TOAN", "VAN", "KHTN", "GDTC", "NT", "hoc_tap_file", "hoc_tap", "ren_luyen", "nghi_p", "nghi_k",
    ]  # fmt: skip
    assert found.tables[0].rows[0][2:] == ["8.0", "7.0", "6.5", "Đ", "Đ", "Chưa đạt", "Chưa đạt", "Tốt", 1, 2]


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        ([8, 7, 6.5, "Đ", "Đ", "Tốt", "Tốt", 0, 0], ("level_mismatch", "warning", "I4")),
        ([8, 7, 66, "Đ", "Đ", "Khá", "Tốt", 0, 0], ("mark_out_of_range", "error", "F4")),
        ([8, 7, 6.5, 9, "Đ", "Khá", "Tốt", 0, 0], ("score_in_comment_subject", "error", "G4")),
    ],
)
def test_what_does_not_follow(row: list[Any], finding: tuple[str, str, str]) -> None:
    assert finding in said(report(summary(row), SUMMARY))


def test_a_missing_result_gives_no_level() -> None:
    found = report(summary([8, None, 6.5, "Đ", "Đ", None, "Tốt", 0, 0]), SUMMARY)
    assert [(f.kind, f.severity, f.cell) for f in found.findings] == [("level_not_computable", "info", "I4")]


# --- primary -------------------------------------------------------------------------------------

THC = KnownSubject("level_THC", 0)
PRIMARY = Known(
    school="20990002", school_name="Trường Tiểu học Thử Nghiệm", school_year=YEAR, levels=("TH",),
    classes=(KnownClass("1A", 1, "TH", dict.fromkeys(("TOAN", "TV", "DD"), THC)),),
    pupils=(KnownPupil("2099000011", "Vi Thị Thu", "2019-01-02", "1A"), KnownPupil("2099000012", "Lý A Sùng",
        "2019-05-06", "1A")),
)  # fmt: skip
END = ImportAs("primary_results", "20990002", YEAR, "", 0, "", "CN", "12")
TOP = [
    "STT",
    "Lớp",
    "Mã học sinh",
    "Họ tên",
    "Môn học",
    None,
    None,
    None,
    None,
    "Năng lực",
    None,
    "Phẩm chất",
    None,
    "HTCTLH",
    "Lên lớp",
    "Xếp loại",
]
MIDDLE = [None] * 4 + [
    "Toán",
    None,
    "Tiếng Việt",
    None,
    "Đạo đức",
    "Tự chủ và tự học",
    "Ngôn ngữ",
    "Yêu nước",
    "Nhân ái",
]
BOTTOM = [None] * 4 + ["Mức đạt được", "Điểm KTĐK", "Mức", "Điểm"]
GOOD: list[Any] = ["T", 9, "T", 9, "T", "T", "T", "T", "T", "x", "x", "HTXS"]


def primary(first: list[Any]) -> bytes:
    rows = [[1, "1A", "2099000011", "Vi Thị Thu", *first], [2, "1A", "2099000012", "Lý A Sùng", *GOOD]]
    return cells(("Sheet1", [TOP, MIDDLE, BOTTOM, *rows]))


def changed(**cells_: Any) -> list[Any]:
    row = list(GOOD)
    for letter, value in cells_.items():
        row[ord(letter) - ord("E")] = value
    return row


def test_good_primary_results() -> None:
    found = report(primary(GOOD), END, PRIMARY)
    assert (found.outcome, said(found)) == ("import", [])
    row = dict(zip(found.tables[0].columns, found.tables[0].rows[0], strict=True))
    assert (row["mon.TOAN"], row["kt.TOAN"], row["kt.TV"], row["pc.YN"], row["ht"], row["xl"]) == (
        "T",
        9,
        9,
        "T",
        True,
        "HTXS",
    )


@pytest.mark.parametrize(
    ("cell", "value", "kind", "severity"),
    [
        ("F", 8.5, "mark_not_whole", "error"), ("F", 12, "mark_out_of_range", "error"), ("E", "A",
        "value_invalid", "error"),
        ("J", "H", "value_invalid", "error"), ("P", "HT", "result_mismatch", "warning"), ("N", None,
        "flag_mismatch", "warning"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_primary_results(cell: str, value: Any, kind: str, severity: str) -> None:
    found = report(primary(changed(**{cell: value})), END, PRIMARY)
    assert said(found) == [(kind, severity, f"{cell}4")]


def test_words_stand_for_letters() -> None:
    found = report(primary(changed(E="Hoàn thành tốt", J="Tốt", P="Hoàn thành xuất sắc")), END, PRIMARY)
    assert (found.outcome, said(found)) == ("import", [])


def test_a_pupil_without_a_row_is_named() -> None:
    rows = [[1, "1A", "2099000011", "Vi Thị Thu", *GOOD]]
    found = report(cells(("Sheet1", [TOP, MIDDLE, BOTTOM, *rows])), END, PRIMARY)
    assert [(f.kind, f.ref) for f in found.findings] == [("pupil_missing_in_file", "2099000012")]


# --- rows that come twice, files of another time ------------------------------------------------------


def test_of_two_rows_that_differ_none_is_read_and_the_same_twice_is_one() -> None:
    rows = [
        [n, p.software, p.name, 8, 8, 8, "Đ", "Đ", "CĐ", "Tốt", 0, 0]
        for n, p in enumerate(KNOWN.pupils[:5], 1)
    ]
    same, other = [6, *rows[0][1:]], [7, *rows[1][1:3], 5, *rows[1][4:]]
    found = report(cells(("6A", [["HỌC KỲ I - LỚP 6A"], HEAD, LOW, *rows, same, other])), SUMMARY)
    assert said(found) == [("pupil_duplicate_row", "error", "C10")]
    assert [row[1] for row in found.tables[0].rows] == [f"209900000{n}" for n in (1, 3, 4, 5)]


def test_a_summary_of_the_year_is_no_summary_of_a_term() -> None:
    row = [1, "50000001", "Nông Thị Hoa", 8, 8, 8, "Đ", "Đ", "CĐ", "Tốt", 0, 0]
    found = report(cells(("6A", [["TỔNG HỢP CẢ NĂM - LỚP 6A"], HEAD, LOW, row])), SUMMARY)
    assert found.refusal is not None
    assert (found.refusal["kind"], found.refusal["cell"]) == ("term_mismatch", "A1")


@pytest.mark.parametrize(
    ("title", "kind"), [("CUỐI HỌC KỲ I", "term_mismatch"), ("CUỐI HỌC KỲ II", ""), ("CUỐI NĂM", "")]
)
def test_primary_results_of_another_moment_are_refused(title: str, kind: str) -> None:
    head = ["STT", "Lớp", "Mã học sinh", "Họ tên", "Toán", "Phẩm chất: Yêu nước", "Xếp loại cuối năm"]
    rows = [[1, "1A", "2099000011", "Vi Thị Thu", "T", "T", "HTXS"]]
    found = report(cells(("Sheet1", [[f"BẢNG TỔNG HỢP KẾT QUẢ {title}"], head, *rows])), END, PRIMARY)
    assert (found.refusal or {}).get("kind", "") == kind
