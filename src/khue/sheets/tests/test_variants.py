"""A sample in another layout gives the same rows and the same findings: columns are found by meaning."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pytest

from khue.sheets import check
from khue.sheets.tests import samples
from khue.sheets.tests import variants as v

WHERE = samples.folder()
pytestmark = pytest.mark.skipif(WHERE is None, reason="the folder of sample files is not here")

MARKS = ["thcs/so_diem/vnEdu_9C_HK2.xlsx", "thpt/so_diem/SMAS_10A1_HK1.xlsx"]
LISTS = ["thcs/danh_sach_hoc_sinh.xlsx", "th/C1-HocSinh.xlsx", "thpt/danh_sach_hoc_sinh.xlsx"]
RESULTS = ["th/KQHT-C1-CN-Khoi3-TT27_2020.xlsx", "th/KQHT-C1-CN-Khoi45-TT27_2020.xlsx"]
OLD = ["thcs/so_diem_tong_ket_khoi_6_HK2.xls", "th/FlieMau-KQHT-C1-CN-Khoi12-TT27_2020.xls"]
SCHOOLS = ["thcs/school.xlsx", "th/school.xlsx", "thpt/school.xlsx"]

MARK_WORDS = {
    "Họ và tên": "Họ tên học sinh", "Mã học sinh": "Mã HS", "Ngày sinh": "Ngày, tháng, năm sinh", "STT": "TT",
    "ĐĐGtx": "Điểm kiểm tra thường xuyên", "ĐĐGgk": "Giữa kì", "ĐĐGck": "Cuối kì",
    "ĐTBmhkI": "Điểm TB môn học kì I",
    "ĐTBmhkII": "Điểm TB môn học kì II", "ĐTBmcn": "TB cả năm", "Nhận xét": "Nhận xét của GV",
    "ĐĐG GK": "KT giữa HK",
    "ĐĐG CK": "KT cuối HK", "TBM HK1": "TBM", "Điểm đánh giá thường xuyên": "Thường xuyên",
}  # fmt: skip
MORE_WORDS = {
    "Họ và tên": "HỌ VÀ TÊN HỌC SINH", "Mã học sinh": "Mã định danh Bộ GD&ĐT", "STT": "Số TT",
    "ĐĐGtx": "ĐĐG thường xuyên",
    "ĐĐGgk": "ĐĐG giữa kỳ", "ĐĐGck": "ĐĐG cuối kỳ", "ĐTBmhkII": "TBM HKII", "ĐTBmcn": "TBM cả năm",
    "ĐĐG GK": "ĐĐGGK",
    "ĐĐG CK": "ĐĐGCK", "TBM HK1": "ĐTB HK1", "Điểm đánh giá thường xuyên": "ĐĐG TX", "TX1": "Lần 1",
    "TX2": "Lần 2", "TX3": "Lần 3",
    "TX4": "Lần 4", "1": "TX 1", "2": "TX 2", "3": "TX 3", "4": "TX 4",
}  # fmt: skip
LIST_WORDS = {
    "Họ và tên": "Họ tên học sinh", "Mã học sinh": "Mã HS", "Ngày sinh": "Ngày tháng năm sinh", "STT": "TT",
    "Giới tính": "Nam/Nữ",
    "Lớp": "Tên lớp", "Dân tộc": "Dân tộc (*)", "Cha": "Bố", "Người giám hộ": "Giám hộ",
    "Số định danh cá nhân": "Số CCCD",
    "Chỗ ở hiện nay": "Nơi ở hiện nay", "Hộ khẩu thường trú": "Thường trú", "Trạng thái": "Tình trạng",
    "Xã/Phường": "Phường/Xã",
    "Tỉnh/Tp": "Tỉnh/Thành phố", "Nghề nghiệp": "Nghề", "Điện thoại": "SĐT",
}  # fmt: skip
RESULT_WORDS = {
    "Họ tên": "Họ và tên học sinh", "Mã lớp": "Lớp", "Mã học sinh": "Mã định danh Bộ", "STT": "TT",
    "Mức đạt được": "Mức",
    "Điểm KTĐK": "Điểm", "Hoàn thành chương trình lớp học": "HTCTLH", "Lên lớp": "Được lên lớp",
    "Kết quả học tập": "KQHT",
    "Kết quả rèn luyện": "KQRL", "Buổi nghỉ": "Số ngày nghỉ", "Hoạt động trải nghiệm": "HĐTN",
    "Giáo dục thể chất": "GDTC",
    "Ngoại ngữ": "Tiếng Anh", "Mĩ thuật": "Mỹ thuật", "Tự nhiên và xã hội": "TN&XH",
    "Lịch sử và Địa lí": "LS&ĐL", "Tin": "Tin học",
    "C.nghệ": "Công nghệ", "Ng.ngữ": "Tiếng Anh", "NDGDCĐP": "GDĐP", "HĐTN&HN": "HĐTNHN", "Văn": "Ngữ văn",
    "KHTN": "Khoa học tự nhiên", "P": "CP", "K": "KP", "Phẩm chất": "Phẩm chất chủ yếu",
    "Năng lực": "Năng lực cốt lõi",
}  # fmt: skip
SCHOOL_WORDS = {
    "Họ và tên": "Họ tên cán bộ", "Mã cán bộ": "Mã định danh", "Ngày sinh": "Ngày tháng năm sinh",
    "Số CCCD": "CCCD",
    "Môn dạy": "Môn giảng dạy", "Giáo viên chủ nhiệm": "GVCN", "Lớp": "Tên lớp",
    "Môn học, hoạt động giáo dục": "Môn",
    "Trạng thái CB": "Tình trạng", "Tổ hợp môn lựa chọn": "Môn lựa chọn", "Cụm chuyên đề": "Chuyên đề",
    "Điện thoại": "SĐT",
}  # fmt: skip
SCHOOL_ANCHORS = {
    "ho va ten", "ho ten", "ho ten can bo", "lop", "ten lop", "mon hoc hoat dong giao duc", "mon",
}  # fmt: skip

ANY: dict[str, list[v.Change]] = {
    "lower": [v.down(3)], "to the right": [v.right(2)], "another order": [v.shuffled],
    "numbered": [v.numbered],
    "without merged ranges": [v.unmerged], "in capitals": [v.shouted], "decomposed": [v.decomposed],
    "without numbers": [v.without("STT")], "more lines above": [v.banner("SỞ GD&ĐT LẠNG SƠN", "UBND XÃ",
    "Bảng kê")],
}  # fmt: skip
PEOPLE = ANY | {
    "names in two columns": [v.split_names], "names in two columns, another order": [v.shuffled,
    v.split_names],
    "one header row": [v.flat], "one header row, another order": [v.flat, v.shuffled],
    "real dates": [v.days_as("real")], "dates as numbers": [v.days_as("serial")],
    "dates with dashes": [v.days_as("%d-%m-%Y")],
    "ISO dates": [v.days_as("%Y-%m-%d")],
}  # fmt: skip
MARK_CHANGES = PEOPLE | {
    "other words": [v.renamed(MARK_WORDS)], "still other words": [v.renamed(MORE_WORDS)],
    "with commas": [v.commas],
    "without codes": [v.without("Mã học sinh")], "without birth dates": [v.without("Ngày sinh")],
    "without codes and numbers": [v.without("Mã học sinh", "STT")], "short years": [v.days_as("%d/%m/%y")],
    "all at once": [v.shuffled, v.down(2), v.renamed(MARK_WORDS), v.numbered, v.commas],
    "all in one row": [v.renamed(MORE_WORDS), v.flat, v.shuffled],
}  # fmt: skip
LIST_CHANGES = PEOPLE | {
    "other words": [v.renamed(LIST_WORDS)],
    "all at once": [v.shuffled, v.down(2), v.renamed(LIST_WORDS), v.numbered],
}  # fmt: skip
RESULT_CHANGES = PEOPLE | {
    "other words": [v.renamed(RESULT_WORDS)], "other words in one row": [v.renamed(RESULT_WORDS), v.flat],
    "without codes": [v.without("Mã học sinh")], "all at once": [v.shuffled, v.down(2),
    v.renamed(RESULT_WORDS), v.numbered],
}  # fmt: skip
SCHOOL_CHANGES = ANY | {
    "other words": [v.renamed(SCHOOL_WORDS)], "real dates": [v.days_as("real")],
    "all at once": [v.shuffled, v.down(2), v.renamed(SCHOOL_WORDS)],
}  # fmt: skip


def pairs(files: list[str], changes: dict[str, list[v.Change]]) -> list[Any]:
    return [pytest.param(file, name, id=f"{file}, {name}") for file in files for name in changes]


@lru_cache(maxsize=1)
def all_cases() -> dict[str, samples.Case]:
    return {case.name: case for case in samples.cases(WHERE)} if WHERE else {}


@lru_cache(maxsize=32)
def original(file: str) -> Any:
    case = all_cases()[file]
    return told(check.check(case.path.read_bytes(), case.path.name, case.wanted, case.known).to_json())


def told(report: dict[str, Any]) -> Any:
    """A report without what a layout changes: rows, cells, raw values."""
    warnings = sorted(
        json.dumps({k: w for k, w in warning.items() if k not in {"cell", "raw"}}, sort_keys=True,
            ensure_ascii=False)
        for warning in report["warnings"] if warning["severity"] != "info"
    )  # fmt: skip
    tables = {}
    for table in report["tables"]:
        names = sorted(name for name in table["columns"] if name not in {"r", "cell"})
        picks = [table["columns"].index(name) for name in names]
        rows = sorted(json.dumps([row[pick] for pick in picks], ensure_ascii=False) for row in table["rows"])
        tables[table["sheet"], table["table"]] = (names, rows)
    return {
        "outcome": report["outcome"],
        "refusal": report["refusal"],
        "warnings": warnings,
        "tables": tables,
    }


def changed(file: str, changes: list[v.Change], anchors: set[str] | None = None) -> Any:
    case = all_cases()[file]
    book = v.load(case.path.read_bytes(), case.path.name)
    v.apply(book, changes, 1, anchors.__contains__ if anchors else None)
    return told(check.check(v.write(book), "tep.xlsx", case.wanted, case.known).to_json())


@pytest.mark.parametrize(("file", "name"), pairs(MARKS, MARK_CHANGES))
def test_marks(file: str, name: str) -> None:
    assert changed(file, MARK_CHANGES[name]) == original(file)


@pytest.mark.parametrize(("file", "name"), pairs(LISTS, LIST_CHANGES))
def test_lists_of_pupils(file: str, name: str) -> None:
    assert changed(file, LIST_CHANGES[name]) == original(file)


@pytest.mark.parametrize(("file", "name"), pairs([*RESULTS, *OLD], RESULT_CHANGES))
def test_results(file: str, name: str) -> None:
    assert changed(file, RESULT_CHANGES[name]) == original(file)


@pytest.mark.parametrize(("file", "name"), pairs(SCHOOLS, SCHOOL_CHANGES))
def test_school_workbooks(file: str, name: str) -> None:
    assert changed(file, SCHOOL_CHANGES[name], SCHOOL_ANCHORS) == original(file)
