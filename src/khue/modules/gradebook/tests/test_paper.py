"""The book on paper: every part and column of the forms (assessment.md 4.3), and corrections as on paper."""

from __future__ import annotations

import datetime as dt
import re
import zlib
from typing import Any

import pytest
from django.utils import translation
from tests.cast import SYSTEM, World, fill, write

from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook import paper
from khue.modules.gradebook.services.corrections import (
    approve_correction,
    confirm_correction,
    request_correction,
)
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, seal, seal_term
from khue.modules.people import api as people
from khue.modules.people.data import NewPerson
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 5, 30)


def book(world: World, name: str = "6A") -> dict[str, Any]:
    """The texts of a class's book."""
    return paper.book_data(gradebook.load_book(world.classes[name].id), DAY)


def page(data: dict[str, Any], name: str, term: str = "Học kì I") -> dict[str, Any]:
    """The page of a subject."""
    return next(s for s in data["sheets"] if (s["name"], s["term"]) == (name, term))


def line(page: dict[str, Any], name: str) -> list[Any]:
    """A pupil's line of a page."""
    return next(row for row in page["rows"] if row[1] == name)


def test_cover_and_inner_cover(world: World) -> None:
    data = book(world)
    assert (data["title"], data["subtitle"]) == ("Sổ theo dõi và đánh giá học sinh", "(theo lớp học)")
    assert (data["level"], data["commune"], data["province"]) == (
        "Trung học cơ sở", "Xã Lộc Bình", "Tỉnh Lạng Sơn",
    )
    assert (data["size"], data["girls"], data["homeroom"], data["year"]) == (
        "5", "1", "Lý Thị Lan", "2025 - 2026",
    )
    assert ["Toán", "Nông Thị Hoa"] in data["teachers"]
    assert len(data["teachers"]) == len(gradebook.load_book(world.classes["6A"].id).subjects)


def test_register_of_the_class_holds_the_family(world: World) -> None:
    pupil = world.pupils["6A"][0]
    people.PupilProfile.objects.filter(person=pupil).update(
        birth_place="Lạng Sơn", policy_groups="Hộ nghèo", current_address="Thôn Khuổi Tấu"
    )
    mother = people.register_person(
        SYSTEM, school_id=world.school.pk,
        person=NewPerson("Lăng Thị Mận", phone="0900001002", email="m@x.example"),
    )  # fmt: skip
    people.link_guardian(
        SYSTEM, child_id=pupil, guardian_id=mother.pk, relation="mother", occupation="Làm ruộng"
    )
    entry = next(p for p in book(world)["pupils"] if p["own"][1] == "Lý Tiến Bình")
    assert entry["own"][2:] == [
        "05/01/2014", "Lạng Sơn", "Nam", "", "Hộ nghèo", "Thôn Khuổi Tấu",
    ]
    assert entry["family"][2:] == ["", "", "Lăng Thị Mận\nLàm ruộng", "0900001002\nm@x.example", ""]


def test_every_month_of_the_terms_has_its_days(world: World) -> None:
    since, left = dt.date(2025, 10, 10), dt.date(2025, 11, 17)
    late, gone = world.pupils["6A"][0], world.pupils["6A"][1]
    schooling.ClassMembership.objects.filter(pupil=late).update(valid_from=since)
    schooling.leave_class(
        SYSTEM, school_class_id=world.classes["6A"].id, pupil_id=gone, on=left, status="Chuyển đi"
    )
    data = book(world)
    pages = data["attendance"]
    assert [p["month"] for p in pages][:2] == ["Tháng 9 năm 2025", "Tháng 10 năm 2025"]
    assert (len(pages), pages[-1]["month"]) == (9, "Tháng 5 năm 2026")
    assert data["months"][0] == "Tháng 9/2025"
    september, october, november = pages[:3]
    assert september["off"][:4] == [1, 2, 3, 4]  # before the first day of school
    assert {7, 14, 21, 28, 31} <= set(september["off"])  # Sundays, and a day that does not exist
    assert 8 not in september["off"]
    out = {row["name"]: row["out"] for row in october["rows"]}
    assert out["Lý Tiến Bình"] == list(range(1, 10))
    assert out["Hoàng Ngọc Châu"] == out["Vi Thị Ánh"] == []
    out = {row["name"]: row["out"] for row in november["rows"]}
    assert out["Hoàng Ngọc Châu"] == list(range(17, 31))
    changes = {p["own"][1]: p["family"][-1] for p in data["pupils"]}
    assert changes["Lý Tiến Bình"] == "Vào lớp ngày 10/10/2025"
    assert changes["Hoàng Ngọc Châu"] == "Chuyển đi từ 17/11/2025"


def test_absences_are_summed_by_term_and_year(world: World) -> None:
    pupil = world.pupils["6A"][0]
    for term, excused in ((1, "3"), (2, "5")):
        sheet = world.sheet("6A", "homeroom", term)
        write(SYSTEM, sheet, pupil, "absent_excused", excused)
        write(SYSTEM, sheet, pupil, "absent_unexcused", "2")
    rows = {row[1]: row[2:] for row in book(world)["absences"]}
    assert rows["Lý Tiến Bình"] == ["3", "2", "5", "5", "2", "7", "8", "4", "12"]
    assert rows["Vi Thị Ánh"] == [""] * 9


def test_pages_of_subjects_have_the_columns_of_the_form(world: World) -> None:
    fill_term(world)
    fill_term(world, term=2, value="8")
    data = book(world)
    first, second = page(data, "Toán"), page(data, "Toán", "Học kì II")
    assert (first["group"], first["ongoing"], first["heads"]) == (
        "ĐĐGtx", 4, ["ĐĐGgk", "ĐĐGck", "ĐTBmhkI", "Ghi chú"],
    )
    assert second["heads"] == ["ĐĐGgk", "ĐĐGck", "ĐTBmhkII", "ĐTBmcn", "Đánh giá lại", "Ghi chú"]
    assert line(second, "Vi Thị Ánh")[2:] == [*(["8,0"] * 6), "8,0", "7,8", "", ""]
    civics = page(data, "Giáo dục công dân")  # 35 periods: two ĐĐGtx, two columns stay grey
    assert line(civics, "Vi Thị Ánh")[2:] == ["7,5", "7,5", None, None, "7,5", "7,5", "7,5", ""]
    sport = page(data, "Giáo dục thể chất", "Học kì II")
    assert (sport["group"], sport["heads"]) == (
        "Thường xuyên", ["Giữa kì", "Cuối kì", "Học kì II", "Cả năm", "Mức đánh giá lại", "Ghi chú"],
    )
    assert line(sport, "Vi Thị Ánh")[2:] == ["Đ", "Đ", None, None, "Đ", "Đ", "Đ", "Đ", "", ""]
    assert first["teachers"] == ["Nông Thị Hoa"]
    for found in data["sheets"]:
        wanted = 2 + found["ongoing"] + found["topic"] + len(found["heads"])
        assert {len(row) for row in found["rows"]} == {wanted}


def test_a_topic_cluster_and_a_missing_makeup_are_told_apart(world: World) -> None:
    sheet, pupil = world.sheet("10A1", "TOAN", 2), world.pupils["10A1"][0]
    write(SYSTEM, sheet, pupil, "topic", "9")
    write(SYSTEM, sheet, pupil, "gk", "", state="PENDING_MAKEUP")
    write(SYSTEM, sheet, pupil, "ck", "", state="ZERO_NO_MAKEUP")
    data = book(world, "10A1")
    found = page(data, "Toán", "Học kì II")
    assert found["topic"] is True
    assert line(found, "Lý Tiến Bình")[6:9] == ["9,0", "v", "0*"]
    assert page(data, "Toán")["topic"] is False


def test_corrections_keep_the_old_value_and_are_counted(world: World) -> None:
    seal_term(world)
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    row = request_correction(
        world.hoa, sheet_id=sheet.id, pupil_id=pupil, slot="ck", value="9",
        reason="Cộng nhầm điểm bài tự luận của em.", base_version=1,
    )
    confirm_correction(world.lan, correction_id=row.id)
    assert page(book(world), "Toán")["corrections"] == 0
    approve_correction(world.minh, correction_id=row.id, decision="QĐ 12/2025")
    data = book(world)
    found = page(data, "Toán")
    assert found["corrections"] == 1
    assert line(found, "Lý Tiến Bình")[7] == {"old": ["7,5"], "new": "9,0"}
    assert line(found, "Lý Tiến Bình")[-1] == "Sửa ĐĐGck ngày 15/12/2025: Nông Thị Hoa"
    assert line(found, "Vi Thị Ánh")[7] == "7,5"
    (entry,) = data["corrections"]
    assert entry[:6] == [
        "Toán, Học kì I", "Lý Tiến Bình", "ĐĐGck", "7,5", "9,0", "Cộng nhầm điểm bài tự luận của em.",
    ]
    assert entry[6:9] == ["Nông Thị Hoa", "Lý Thị Lan", "Hoàng Văn Minh (QĐ 12/2025)"]
    assert [act[:3] for act in data["acts"]][:2] == [
        ["Học kì I", "Giáo viên chủ nhiệm chốt", "Lý Thị Lan"],
        ["Học kì I", "Hiệu trưởng duyệt, khoá", "Hoàng Văn Minh"],
    ]
    assert paper.book_pdf(gradebook.load_book(world.classes["6A"].id), DAY).startswith(b"%PDF")


def test_year_page_shows_the_summer_too(world: World) -> None:
    weak = world.pupils["6A"][0]
    for term in (1, 2):
        fill_term(world, term=term)
        for slot in ("tx1", "tx2", "tx3", "tx4", "gk", "ck"):
            write(SYSTEM, world.sheet("6A", "TOAN", term), weak, slot, "2")
            write(SYSTEM, world.sheet("6A", "VAN", term), weak, slot, "2")
        close_subjects(world, term=term)
        seal(world, term=term)
    seal(world)
    before = {row[1]: row[2:] for row in book(world)["decisions"]}
    assert before["Lý Tiến Bình"] == [
        "Tốt", "Chưa đạt", "", "", "4", "", "", "", "Kiểm tra, đánh giá lại",
    ]
    for code in ("TOAN", "VAN"):
        write(SYSTEM, world.sheet("6A", code, 3), weak, "retest", "6")
    data = book(world)
    after = {row[1]: row[2:] for row in data["decisions"]}
    assert after["Lý Tiến Bình"] == ["Tốt", "Chưa đạt", "Tốt", "Khá", "4", "X", "", "", ""]
    assert after["Vi Thị Ánh"] == ["Tốt", "Khá", "", "", "4", "X", "", "", ""]
    assert line(page(data, "Toán", "Học kì II"), "Lý Tiến Bình")[-2] == "6,0"
    counts = {(kind, level): numbers for kind, level, *numbers in data["counts"]["levels"]}
    assert counts["Kết quả học tập", "Chưa đạt"] == ["1", "1", "1", "0"]
    assert counts["Kết quả rèn luyện", "Tốt"] == ["5", "5", "5", "5"]
    assert ["Được lên lớp", "5"] in data["counts"]["decided"]
    summary = data["summaries"][2]
    assert summary["term"] == "cả năm"
    assert set(summary["comments"]) & set(summary["scores"]) == set()
    names = [row[1] for row in summary["rows"]]
    assert names == [row.name for row in gradebook.load_book(world.classes["6A"].id).roster]  # no ranking


def test_primary_tables_of_the_four_moments_and_the_year(world: World) -> None:
    for term in (1, 2):
        fill_term(world, "4A", term)
    data = book(world, "4A")
    assert data["title"] == "Bảng tổng hợp kết quả đánh giá giáo dục của lớp"
    assert [m["name"] for m in data["moments"]] == [
        "Giữa học kì I", "Cuối học kì I", "Giữa học kì II", "Cuối năm học",
    ]
    tested = [{name for name, has_test in m["subjects"] if has_test} for m in data["moments"]]
    assert tested[0] == tested[2] == {"Tiếng Việt", "Toán"}
    assert {"Tiếng Việt", "Toán", "Khoa học", "Lịch sử và Địa lí", "Tin học", "Công nghệ"} <= tested[1]
    assert [len(traits) for _, traits in data["moments"][3]["groups"]] == [5, 3, 7]
    for found in data["moments"]:
        columns = 4 + sum(1 + has_test for _, has_test in found["subjects"]) + 15 + 1
        assert {len(row) for row in found["rows"]} == {columns}
    girl = next(row for row in data["moments"][0]["rows"] if row[1] == "Vi Thị Ánh")
    assert girl[2:8] == ["05/05/2014", "x", "T", "8", "T", "8"]
    levels = data["year_table"]["levels"]
    assert levels == ["Hoàn thành xuất sắc", "Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành"]
    year = next(row for row in data["year_table"]["rows"] if row[1] == "Vi Thị Ánh")
    assert year[4:8] == ["", "X", "", ""]
    assert year[10:12] == ["X", ""]
    assert ["Hoàn thành tốt", "5"] in data["year_table"]["counts"]


def test_the_book_is_vietnamese_whatever_language_the_reader_chose(world: World) -> None:
    vietnamese = book(world)
    with translation.override("en"):
        assert book(world) == vietnamese


@pytest.mark.parametrize("name", ["6A", "4A", "10A1"])
def test_the_pdf_has_only_the_shipped_font(world: World, name: str) -> None:
    fill(world.sheet(name, "TOAN"))
    content = paper.book_pdf(gradebook.load_book(world.classes[name].id), DAY)
    text = content
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            text += zlib.decompress(stream)
        except zlib.error:
            continue
    fonts = {font.split(b"+")[-1] for font in re.findall(rb"/BaseFont\s*/([\w+-]+)", text)}
    assert fonts, "the test must see the fonts"
    assert all(font.startswith(b"KhueSerif") for font in fonts), fonts


def test_another_way_of_assessment_is_noted(world: World) -> None:
    pupil, key = world.pupils["6A"][0], world.subject("6A", "GDTC").id
    schooling.set_mode(
        SYSTEM, class_subject_id=key, pupil_id=pupil, mode="EXEMPT", decision="QĐ 7/2025"
    )  # fmt: skip
    found = page(book(world), "Giáo dục thể chất")
    assert line(found, "Lý Tiến Bình")[-1] == "Miễn"
    assert line(found, "Vi Thị Ánh")[-1] == ""
