"""What a sealing keeps, what holds after the summer, who is counted, and by which condition."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from tests.cast import NOW, SYSTEM, World, fill, write

from khue.core.errors import Refused
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook import paper
from khue.modules.gradebook.frozen import official_results
from khue.modules.gradebook.models import Cell, FrozenResult
from khue.modules.gradebook.results import ResultRow, class_results
from khue.modules.gradebook.services.closing import reopen_class
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, refused, seal, seal_term
from khue.modules.gradebook.tests.browsers import Browsers, url
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db


def rows_of(world: World, name: str, term: int) -> list[ResultRow]:
    """What the book says now."""
    return class_results(gradebook.load_book(world.classes[name].id), term)


def weak_year(world: World, *, absent: str = "1") -> UUID:
    """A sealed year in which the first pupil fails Toán and Ngữ văn."""
    weak = world.pupils["6A"][0]
    for term in (1, 2):
        fill_term(world, term=term)
        write(SYSTEM, world.sheet("6A", "homeroom", term), weak, "absent_excused", absent)
        for code in ("TOAN", "VAN"):
            for slot in ("tx1", "tx2", "tx3", "tx4", "gk", "ck"):
                write(SYSTEM, world.sheet("6A", code, term), weak, slot, "2")
        close_subjects(world, term=term)
        seal(world, term=term)
    seal(world)
    return weak


def decision_of(world: World, pupil: UUID, term: int) -> tuple[str, tuple[str, ...]]:
    """What is decided of a pupil, and which conditions fail."""
    row = next(row for row in rows_of(world, "6A", term) if row.pupil.pupil_id == pupil)
    return row.decision_code, row.failed


def test_who_comes_to_no_reassessment_is_kept_down_when_the_summer_is_over(world: World) -> None:
    weak = weak_year(world)
    failed = ("Học tập: Chưa đạt; cần từ mức Đạt trở lên.",)
    assert decision_of(world, weak, 0) == ("KIEM_TRA_DANH_GIA_LAI", failed)
    assert decision_of(world, weak, 3)[0] == "KIEM_TRA_DANH_GIA_LAI"  # the sheets are still open
    for code in ("TOAN", "VAN"):
        gradebook.close_sheet(SYSTEM, sheet_id=world.sheet("6A", code, 3).id)
    assert decision_of(world, weak, 3)[0] == "O_LAI_LOP"
    assert decision_of(world, weak, 0)[0] == "KIEM_TRA_DANH_GIA_LAI"
    assert decision_of(world, world.pupils["6A"][1], 3)[0] == "LEN_LOP"
    seal(world, term=3)
    kept = FrozenResult.objects.get(pupil=weak, term=3)
    assert (kept.decision, kept.content["decision_code"]) == ("Không được lên lớp", "O_LAI_LOP")


def test_the_list_says_by_which_condition(world: World, browsers: Browsers) -> None:
    weak_year(world, absent="23")  # 23 and 1 in each term: 48 sessions
    page = browsers.lan.get(url("results", world.classes["6A"].id, 0)).content.decode()
    assert "Nghỉ 48 buổi, quá 45 buổi trong năm học." in page


def test_a_pupil_who_left_is_not_counted_and_not_waited_for(world: World, browsers: Browsers) -> None:
    gone = world.pupils["6A"][1]
    fill_term(world)
    write(SYSTEM, world.sheet("6A", "TOAN"), gone, "ck", "")
    before = browsers.lan.get(url("results", world.classes["6A"].id, 1)).context
    assert [row.pupil.pupil_id for row in before["incomplete"]] == [gone]
    schooling.leave_class(
        SYSTEM, school_class_id=world.classes["6A"].id, pupil_id=gone, on=dt.date(2025, 12, 1),
        status="Chuyển đi",
    )
    answer = browsers.lan.get(url("results", world.classes["6A"].id, 1))
    assert answer.context["incomplete"] == []
    assert sum(item["value"] for item in answer.context["counts"]) == 4
    assert answer.context["left"] == {gone}
    assert "Chuyển đi" in answer.content.decode()
    assert len(answer.context["rows"]) == 5


def test_sealed_results_hold_whatever_the_reading_is_later(world: World, browsers: Browsers) -> None:
    seal_term(world)
    pupil = world.pupils["6A"][0]
    cell = Cell.objects.get(sheet=world.sheet("6A", "TOAN"), pupil=pupil, slot="ck")
    Cell.objects.filter(pk=cell.pk).update(value="0.0")  # behind the program's back, or another rule
    book = gradebook.load_book(world.classes["6A"].id)
    found = official_results(book, 1)
    kept = next(row for row in found.rows if row.pupil.pupil_id == pupil)
    assert kept.values["TOAN"] == "7,5"
    assert [row.pupil.pupil_id for row in found.drifted] == [pupil]
    page = browsers.lan.get(url("results", world.classes["6A"].id, 1)).content.decode()
    assert "Kết quả đã lưu khi khoá khác kết quả tính lại hôm nay." in page
    original = next(row for row in class_results(book, 1) if row.pupil.pupil_id == pupil)
    assert original.values["TOAN"] == "5,0"


def test_every_kept_version_can_be_read(world: World, browsers: Browsers) -> None:
    seal_term(world)
    key, pupil = world.classes["6A"].id, world.pupils["6A"][0]
    plain = browsers.lan.get(url("why", key, pupil)).content.decode()
    why = "Chấm lại bài cuối kì của lớp."
    reopen_class(world.minh, school_class_id=key, term=1, reason=why, decision="Số 12/QĐ-THCS")
    write(SYSTEM, world.sheet("6A", "TOAN"), pupil, "ck", "9")
    close_subjects(world)
    seal(world, term=1)
    answer = browsers.lan.get(url("why", key, pupil))
    versions = [(version.version, version.content["values"]["TOAN"]) for _, version in answer.context["kept"]]
    assert versions == [(2, "8,0"), (1, "7,5")]
    page = answer.content.decode()
    assert "TOAN 8,0" in page
    assert "TOAN 7,5" in page
    assert "TOAN 8,0" not in plain
    assert browsers.quang.get(url("why", key, pupil)).status_code == 404


def test_sheets_of_the_summer_hold_only_those_who_are_called(world: World, browsers: Browsers) -> None:
    weak, good = weak_year(world), world.pupils["6A"][1]
    toan = world.sheet("6A", "TOAN", 3)
    page = browsers.hoa.get(url("sheet", toan.id)).content.decode()
    assert "Lý Tiến Bình" in page
    assert "Hoàng Ngọc Châu" not in page
    result = write(world.hoa, toan, good, "retest", "10")
    assert (result.status, result.code) == ("refused", "GRADE-008")
    assert write(world.hoa, toan, weak, "retest", "6").status == "done"


def test_a_summer_result_without_a_place_in_the_law_changes_nothing(world: World) -> None:
    weak, good = weak_year(world), world.pupils["6A"][1]
    before = {row.pupil.pupil_id: row for row in rows_of(world, "6A", 3)}
    toan = world.sheet("6A", "TOAN", 3)
    Cell.objects.create(  # promoted already: not open to re-assessment
        sheet=toan, pupil_id=good, slot="retest", state="MARK", value="10.0", version=1, changed_at=NOW,
        changed_by="",
    )  # fmt: skip
    after = {row.pupil.pupil_id: row for row in rows_of(world, "6A", 3)}
    assert after == before
    write(SYSTEM, toan, weak, "retest", "6")
    write(SYSTEM, world.sheet("6A", "VAN", 3), weak, "retest", "6")
    assert decision_of(world, weak, 3)[0] == "LEN_LOP_SAU_HE"
    assert decision_of(world, good, 3)[0] == "LEN_LOP"


def primary_year(world: World) -> UUID:
    """A sealed year of 4A in which the first pupil has not completed Toán."""
    weak = world.pupils["4A"][0]
    for term in (1, 2):
        fill_term(world, "4A", term)
        if term == 2:
            write(SYSTEM, world.sheet("4A", "TOAN", 2), weak, "end.level", "C")
        close_subjects(world, "4A", term)
        seal(world, "4A", term)
    seal(world, "4A")
    return weak


@pytest.mark.parametrize(
    ("support", "promoted", "code"),
    [
        ("", "", "DANH_GIA_BO_SUNG"), ("Đ", "", "HOAN_THANH_CT_LOP_HOC"),
        ("CĐ", "", "HIEU_TRUONG_QUYET_DINH"), ("CĐ", "Đ", "LEN_LOP"), ("CĐ", "CĐ", "O_LAI_LOP"),
        ("Đ", "CĐ", "HOAN_THANH_CT_LOP_HOC"),
    ],
)  # fmt: skip
def test_primary_is_assessed_again_and_then_the_principal_decides(
    world: World, support: str, promoted: str, code: str
) -> None:
    weak = primary_year(world)
    sheet = world.sheet("4A", "homeroom", 3)
    write(SYSTEM, sheet, weak, "support", support)
    write(SYSTEM, sheet, weak, "promoted", promoted)
    other = write(SYSTEM, sheet, world.pupils["4A"][1], "support", "Đ")
    assert other.status == "refused"
    rows = {row.pupil.pupil_id: row for row in rows_of(world, "4A", 3)}
    assert (rows[weak].decision_code, rows[weak].level) == (code, "Chưa hoàn thành")
    assert rows[world.pupils["4A"][1]].decision_code == "HOAN_THANH_CT_LOP_HOC"
    assert {row.decision_code for row in rows_of(world, "4A", 0)} == {
        "DANH_GIA_BO_SUNG", "HOAN_THANH_CT_LOP_HOC",
    }  # fmt: skip
    table = paper.book_data(gradebook.load_book(sheet.school_class_id), NOW.date())["year_table"]
    line = next(row for row in table["rows"] if row[1] == "Lý Tiến Bình")
    ups, downs = {"HOAN_THANH_CT_LOP_HOC", "LEN_LOP"}, {"O_LAI_LOP"}
    assert line[10:12] == ["X" if code in ups else "", "X" if code in downs else ""]


def test_a_topic_is_waited_for_only_of_those_who_learn_it(world: World) -> None:
    sheet, pupil = world.sheet("10A1", "TOAN", 2), world.pupils["10A1"][0]
    fill(sheet)
    key = sheet.class_subject_id
    schooling.choose_subjects(SYSTEM, class_subject_id=key, pupil_ids=[pupil], topic=True)
    with refused(Refused, "GRADE-020") as refusal:
        gradebook.close_sheet(SYSTEM, sheet_id=sheet.id)
    assert refusal.value.params["missing"] == "Toán (CĐ của Lý Tiến Bình)"
    write(SYSTEM, sheet, pupil, "topic", "9")
    gradebook.close_sheet(SYSTEM, sheet_id=sheet.id)


def test_absences_of_both_terms_warn_on_every_page(world: World, browsers: Browsers) -> None:
    pupil = world.pupils["6A"][0]
    for term, count in ((1, "20"), (2, "16")):
        write(SYSTEM, world.sheet("6A", "homeroom", term), pupil, "absent_excused", count)
    for term in (1, 2, 0):
        near = browsers.lan.get(url("results", world.classes["6A"].id, term)).context["near"]
        assert [(item.row.pupil.pupil_id, item.absences) for item in near] == [(pupil, 36)]
