"""Transcripts on paper: every page of the form, mixed regimes, PDF/A, the same bytes."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from khue.modules.transcripts.data import Transcript
from khue.modules.transcripts.forms import paper
from khue.project.bench.transcripts_pages import issued, transcript, year_page

needs_pdftotext = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
needs_qpdf = pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")


def text_of(pdf: bytes, folder: Path, page: int = 0) -> str:
    """What a reader selects; lines joined."""
    path = folder / "hoc-ba.pdf"
    path.write_bytes(pdf)
    only = ["-f", str(page), "-l", str(page)] if page else []
    done = subprocess.run(["pdftotext", *only, "-layout", str(path), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def pages_of(pdf: bytes) -> int:
    found = re.search(rb"/Type */Pages */Count (\d+)", pdf)
    assert found
    return int(found[1])


@pytest.mark.parametrize(("level", "count"), [("THCS", 10), ("THPT", 8), ("TH", 12)])
def test_whole_transcripts_are_archival_and_the_same_twice(level: str, count: int) -> None:
    whole = transcript(level)
    pdf = paper.transcript_pdf(whole)
    assert pdf == paper.transcript_pdf(whole)
    assert pages_of(pdf) == count
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf
    assert b"/OutputIntent" in pdf
    at = dt.datetime(2026, 5, 29, tzinfo=dt.timezone(dt.timedelta(hours=7))).astimezone(dt.UTC)
    assert f"D:{at:%Y%m%d%H%M%S}".encode() in pdf  # the day of issue, not of printing


@needs_qpdf
def test_another_program_finds_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "hoc-ba.pdf"
    path.write_bytes(paper.transcript_pdf(transcript("THCS", old_first=True)))
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_pdftotext
def test_cover_and_first_page_of_thcs(tmp_path: Path) -> None:
    whole = transcript("THCS")
    pdf = paper.transcript_pdf(whole)
    cover, first = (text_of(pdf, tmp_path, page) for page in (1, 2))
    for said in ("HỌC BẠ", "TRUNG HỌC CƠ SỞ", "Nông Thị Bích Ngọc", "Xã/Phường/Đặc khu: Xã Lộc Bình",
                 "Tỉnh/Thành phố: Tỉnh Lạng Sơn", "Số: 1/THCS"):  # fmt: skip
        assert said in cover
    for said in ("Giới tính:", "05/09/2011", "Tày", "Đối tượng:", "Nghề nghiệp: Làm ruộng", "người giám hộ",
                 "QUÁ TRÌNH HỌC TẬP", "HIỆU TRƯỞNG", "Đã đóng dấu số"):  # fmt: skip
        assert said in first
    for one in whole.pages:
        assert one.page.year in first
    assert "huyện Lộc Bình" in first  # the commune as it was called in the years before the merger


@needs_pdftotext
def test_the_two_pages_of_a_year(tmp_path: Path) -> None:
    one = transcript("THCS").pages[-1]
    pdf = paper.year_pdf(one, "ABCD2345")
    assert pages_of(pdf) == 2
    marks, year = (text_of(pdf, tmp_path, page) for page in (1, 2))
    for line in one.page.subjects:
        assert line.name.split(",")[0].split(" (")[0].split()[0] in marks
        if line.kind == "score":
            assert line.year.replace(".", ",") in marks
    for said in ("HK I", "Cả năm", "Sau đánh", "Trong trang này có sửa chữa ở 1 chỗ", "Ngữ văn",
                 "GIÁO VIÊN CHỦ NHIỆM", "đã ký số 28/05/2026", "Lăng Văn Tú"):  # fmt: skip
        assert said in marks
    for said in ("Kết quả rèn luyện Tốt Tốt Tốt", "Kết quả học tập Khá Tốt Tốt", "Tổng số buổi nghỉ",
                 "Được lên lớp", "Hoàn thành chương trình trung học cơ sở", "Giải Ba môn Toán",
                 "PHÊ DUYỆT CỦA HIỆU TRƯỞNG", "Mã bản in: ABCD2345", one.record_code, one.digest,
                 one.check_url[8:20]):  # fmt: skip
        assert said in year


@needs_pdftotext
def test_a_year_of_the_older_regime_beside_newer_ones(tmp_path: Path) -> None:
    pdf = paper.transcript_pdf(transcript("THCS", old_first=True))
    old, new = (text_of(pdf, tmp_path, page) for page in (4, 6))
    assert "Hạnh kiểm" in old
    assert "Học lực Khá Giỏi Giỏi" in old
    assert "Kết quả rèn luyện" not in old
    assert "Kết quả rèn luyện" in new
    assert "Hạnh kiểm" not in new
    assert "Vật lí" in text_of(pdf, tmp_path, 3)


@needs_pdftotext
def test_the_parts_of_a_primary_year(tmp_path: Path) -> None:
    pdf = paper.year_pdf(transcript("TH").pages[-1])
    said = text_of(pdf, tmp_path)
    parts = ("1. Các môn học", "2. Phẩm chất", "3.1. Năng lực chung", "3.2. Năng lực đặc thù",
             "4. Đánh giá kết quả giáo dục", "5. Khen thưởng", "6. Hoàn thành chương trình")  # fmt: skip
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
    for word in ("Chiều cao: 132 cm", "Cân nặng: 28 kg", "Không phép:", "KTĐK", "Trung thực",
                 "Hoàn thành chương trình tiểu học", "Xác nhận của Hiệu trưởng"):  # fmt: skip
        assert word in said


@needs_pdftotext
def test_re_assessment_summer_and_disability_are_printed(tmp_path: Path) -> None:
    page = year_page("THCS", 8)
    failed = replace(page.subjects[0], year="4.5", retest="6.0")
    reduced = replace(page.subjects[1], mode="REDUCED")
    changed = replace(
        page, subjects=(failed, reduced, *page.subjects[2:]), learning=("CĐ", "CĐ", "CĐ"),
        learning_after="Đ", conduct_after="Đ", summer_comment="Đã hoàn thành nhiệm vụ rèn luyện hè.",
        decision="Được lên lớp sau khi kiểm tra lại môn Toán",
    )  # fmt: skip
    said = text_of(paper.year_pdf(issued(changed)), tmp_path)
    for word in ("4,5", "6,0", "giảm nhẹ", "Chưa đạt Chưa đạt Chưa đạt Đạt", "rèn luyện hè",
                 "Được lên lớp sau khi kiểm tra lại môn Toán"):  # fmt: skip
        assert word in said


@needs_pdftotext
@pytest.mark.parametrize(("state", "word"), [("superseded", "THAY THẾ"), ("recalled", "THU HỒI")])
def test_what_is_no_longer_valid_says_so_on_both_pages(tmp_path: Path, state: str, word: str) -> None:
    pdf = paper.year_pdf(replace(transcript("THCS").pages[0], state=state))
    assert all(word in text_of(pdf, tmp_path, page) for page in (1, 2))


def test_without_an_address_there_is_no_code_to_scan() -> None:
    one = replace(transcript("THCS").pages[0], check_url="")
    assert paper.data_of(Transcript("HB", "THCS", (one,)), whole=False)["years"][0]["qr"] == ""
    assert paper.year_pdf(one)


def test_each_year_has_its_own_print_code() -> None:
    whole = transcript("THCS")
    own = replace(whole, pages=tuple(replace(one, print_code=f"C{n}") for n, one in enumerate(whole.pages)))
    years = paper.data_of(own, whole=True)["years"]
    assert [year["print-code"] for year in years] == ["C0", "C1", "C2", "C3"]


def test_a_sign_that_no_font_has_does_not_stop_the_print(tmp_path: Path) -> None:
    one = transcript("THCS").pages[0]
    page = replace(one.page, comment="Chăm ngoan 🌟, đọc 漢字 và ⠃⠗; Đỗ Thị Ỷ Ỹ ằ ẵ ợ đạt “tốt” – 100 %…")
    pdf = paper.year_pdf(replace(one, page=page))
    assert pdf == paper.year_pdf(replace(one, page=page))
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    if shutil.which("pdftotext"):
        said = text_of(pdf, tmp_path, 2)
        assert "Chăm ngoan ?, đọc ?? và ??; Đỗ Thị Ỷ Ỹ ằ ẵ ợ đạt “tốt” – 100 %…" in said


@needs_pdftotext
def test_a_page_that_is_not_issued_yet_says_so(tmp_path: Path) -> None:
    one = replace(transcript("THCS").pages[0], issued="", signatures=())
    pdf = paper.year_pdf(one, warning="HỒ SƠ CHƯA ĐỦ CHỮ KÝ")
    for page in (1, 2):
        assert "CHƯA ĐỦ CHỮ KÝ" in text_of(pdf, tmp_path, page)
    assert "ngày …… tháng" in text_of(pdf, tmp_path, 2)
