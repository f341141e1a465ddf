"""Results through the book: right values, every one with its clause, and pupils in the book's order."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.cast import SYSTEM, World, fill, write

from khue.core.errors import NotAllowed, NotFound, Refused
from khue.core.ids import uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import CellContent, Operation
from khue.modules.gradebook.models import CellChange, Sheet
from khue.modules.gradebook.results import ResultRow
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, refused, snapshot
from khue.modules.schooling import api as schooling
from khue.rules.primary import Completion
from khue.rules.secondary import Promotion

pytestmark = pytest.mark.django_db


def rows_of(world: World, name: str, term: int) -> list[ResultRow]:
    return gradebook.class_results(gradebook.load_book(world.classes[name].id), term)


def row_of(world: World, name: str, term: int, number: int = 0) -> ResultRow:
    """The result of a pupil by the number in `world.pupils`."""
    pupil = world.pupils[name][number]
    return next(row for row in rows_of(world, name, term) if row.pupil.pupil_id == pupil)


def put(world: World, name: str, code: str, term: int, marks: dict[str, str], number: int = 0) -> None:
    for slot, value in marks.items():
        write(SYSTEM, world.sheet(name, code, term), world.pupils[name][number], slot, value)


def reasons(row: ResultRow, title: str) -> str:
    section = next(section for section in row.sections if section.title == title)
    return "\n".join(f"{reason.clause}: {reason.text}" for reason in section.reasons)


def every_value_has_a_clause(rows: Iterable[ResultRow]) -> bool:
    sections = [section for row in rows for section in row.sections]
    assert sections
    return all(
        section.reasons and all(reason.clause and reason.text for reason in section.reasons)
        for section in sections
    )


def test_a_term_of_thcs(world: World) -> None:
    fill_term(world)
    put(world, "6A", "TOAN", 1, {"tx1": "8", "tx2": "7", "tx3": "9", "tx4": "8", "gk": "7", "ck": "8"})
    row = row_of(world, "6A", 1)
    assert (row.values["TOAN"], row.values["VAN"], row.values["GDTC"]) == ("7,8", "7,5", "Đ")
    assert (row.level, row.conduct, row.absences) == ("Khá", "Tốt", 2)
    assert (row.missing, row.decision, row.title, row.doubtful) == ((), "", "", False)
    computed = "ĐTBmhk = (8,0 + 7,0 + 9,0 + 8,0 + 2 × 7,0 + 3 × 8,0) : 9 = 7,8."
    assert f"Điều 9 khoản 1 TT 22/2021: {computed}" in reasons(row, "Toán")
    assert "Điều 9 khoản 2" in reasons(row, "Kết quả học tập")
    assert every_value_has_a_clause(rows_of(world, "6A", 1))


def test_an_empty_mark_is_never_zero(world: World) -> None:
    fill_term(world)
    put(world, "6A", "TOAN", 1, {"ck": ""})
    row = row_of(world, "6A", 1)
    assert (row.level, row.complete, row.values["TOAN"]) == ("", False, "")
    assert row.missing == ("Toán: đánh giá cuối kì",)
    assert all(other.complete for other in rows_of(world, "6A", 1) if other != row)


def test_no_makeup_counts_as_zero_and_says_so(world: World) -> None:
    fill_term(world)
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(SYSTEM, sheet, pupil, "ck", "", state="ZERO_NO_MAKEUP")
    row = row_of(world, "6A", 1)
    assert row.values["TOAN"] == "5,0"  # (7,5×4 + 2×7,5 + 3×0) : 9
    assert "Điều 7 khoản 5" in reasons(row, "Toán")
    write(SYSTEM, sheet, pupil, "ck", "", state="PENDING_MAKEUP")
    assert row_of(world, "6A", 1).values["TOAN"] == ""


def test_a_year_of_thcs(world: World) -> None:
    for term, value in ((1, "8"), (2, "9.5")):
        fill_term(world, term=term, value=value)
    row = row_of(world, "6A", 0)
    assert row.values["TOAN"] == "9,0"  # (8 + 2×9,5) : 3
    assert (row.level, row.conduct, row.absences) == ("Tốt", "Tốt", 4)
    assert (row.title, row.decision_code) == ("Học sinh Xuất sắc", "LEN_LOP")
    assert "Điều 15" in reasons(row, "Danh hiệu")
    assert "Điều 12 khoản 1 điểm c TT 22/2021: Nghỉ 4 buổi" in reasons(row, "Được lên lớp hay không")
    assert "(8,0 + 2 × 9,5) : 3 = 9,0." in reasons(row, "Toán")
    assert every_value_has_a_clause(rows_of(world, "6A", 0))


def test_one_weak_subject_is_raised_to_the_next_level_and_says_why(world: World) -> None:
    fill_term(world, value="9")
    put(world, "6A", "TOAN", 1, dict.fromkeys(("tx1", "tx2", "tx3", "tx4", "gk", "ck"), "4"))
    row = row_of(world, "6A", 1)
    assert (row.adjusted_by, row.base_level) == ("Toán", "Đạt")
    assert row.level == "Khá"
    assert "Điều 9 khoản 3" in reasons(row, "Kết quả học tập")


@pytest.mark.parametrize(("excused", "decision"), [("42", "LEN_LOP"), ("43", "O_LAI_LOP")])
def test_absence_of_46_sessions_keeps_down_45_do_not(world: World, excused: str, decision: str) -> None:
    for term in (1, 2):
        fill_term(world, term=term)
    put(world, "6A", "homeroom", 1, {"absent_excused": excused})  # and three more from the other columns
    row = row_of(world, "6A", 0)
    assert (row.absences, row.decision_code) == (int(excused) + 3, decision)
    assert f"Nghỉ {row.absences} buổi" in reasons(row, "Được lên lớp hay không")


def test_both_failed_is_doubtful_and_left_to_the_principal(world: World) -> None:
    for term in (1, 2):
        fill_term(world, term=term)
        put(world, "6A", "homeroom", term, {"conduct": "CĐ"})
        for code in ("TOAN", "VAN"):
            put(world, "6A", code, term, dict.fromkeys(("tx1", "tx2", "tx3", "tx4", "gk", "ck"), "2"))
    row = row_of(world, "6A", 0)
    assert (row.level, row.conduct, row.doubtful) == ("Chưa đạt", "Chưa đạt", True)
    assert row.decision_code == Promotion.REN_LUYEN_HE
    assert "hiệu trưởng" in next(section.note for section in row.sections if section.doubtful)
    assert [other.doubtful for other in rows_of(world, "6A", 0)].count(True) == 1


def test_summer_results_replace_only_for_promotion(world: World) -> None:
    for term in (1, 2):
        fill_term(world, term=term)
        for code in ("TOAN", "VAN"):
            put(world, "6A", code, term, dict.fromkeys(("tx1", "tx2", "tx3", "tx4", "gk", "ck"), "2"))
    row = row_of(world, "6A", 0)
    assert (row.decision_code, row.retest) == ("KIEM_TRA_DANH_GIA_LAI", ("Ngữ văn", "Toán"))
    for code in ("TOAN", "VAN"):
        gradebook.summer_sheet(
            world.classes["6A"].id, world.school.pk, world.subject("6A", code)
        )
        put(world, "6A", code, 3, {"retest": "6"})
    year, summer = row_of(world, "6A", 0), row_of(world, "6A", 3)
    assert (year.level, year.decision_code, year.values["TOAN"]) == (
        "Chưa đạt", "KIEM_TRA_DANH_GIA_LAI", "2,0",
    )  # fmt: skip
    assert (summer.decision_code, summer.values["TOAN"]) == ("LEN_LOP_SAU_HE", "6,0")
    assert summer.level in {"Đạt", "Khá"}
    assert "Điều 14" in reasons(summer, "Kết quả học tập")


def test_a_topic_cluster_in_thpt(world: World) -> None:
    fill_term(world, "10A1", 2, "7")
    put(world, "10A1", "TOAN", 2, {"topic": "10"})
    with_topic, without = row_of(world, "10A1", 2), row_of(world, "10A1", 2, number=1)
    assert with_topic.values["TOAN"] == "7,3"  # (4×7 + 10 + 2×7 + 3×7) : 10
    assert without.values["TOAN"] == "7,0"
    assert "Điều 6 khoản 3" in reasons(with_topic, "Toán")
    assert {"VL", "HH", "SH", "TIN"} <= set(with_topic.values)
    assert not {"DL", "CN", "NN2"} & set(with_topic.values)
    fill_term(world, "10A1", 1, "7")
    year = row_of(world, "10A1", 0)
    assert (year.values["TOAN"], year.level, year.decision_code) == ("7,2", "Khá", "LEN_LOP")
    assert every_value_has_a_clause(rows_of(world, "10A1", 0))


def test_the_topic_stands_only_in_its_term(world: World) -> None:
    slots = {
        term: {slot.code for slot in gradebook.slots_of(world.sheet("10A1", "TOAN", term))} for term in (1, 2)
    }
    assert slots[2] - slots[1] == {"topic"}


def test_an_exempted_pupil_is_flagged_and_judged_by_the_rest(world: World) -> None:
    fill_term(world)
    subject, pupil = world.subject("6A", "GDTC"), world.pupils["6A"][0]
    put(world, "6A", "GDTC", 1, {"ck": "CĐ"})
    assert row_of(world, "6A", 1).values["GDTC"] == "CĐ"
    schooling.set_mode(
        world.thu, class_subject_id=subject.id, pupil_id=pupil, mode="EXEMPT", decision="03/QĐ, 10/9/2025"
    )
    row = row_of(world, "6A", 1)
    assert (row.level, row.doubtful) == ("Khá", True)
    assert "Điều 11" in reasons(row, "Kết quả học tập")
    put(world, "6A", "GDTC", 1, dict.fromkeys(("tx1", "tx2", "gk", "ck"), ""))
    sheet = world.sheet("6A", "GDTC")
    assert gradebook.close_sheet(world.lan, sheet_id=sheet.id).closes  # nobody waits for an exempted pupil


def test_an_elective_counts_only_for_those_who_chose_it(world: World) -> None:
    key, (first, second, *_) = world.classes["10A1"].id, world.pupils["10A1"]
    subject = schooling.add_subject(SYSTEM, school_class_id=key, code="NN2")
    gradebook.open_sheets(SYSTEM, school_class_ids=[key])
    schooling.change_class_subject(SYSTEM, class_subject_id=subject.id, elective=True)
    others = world.pupils["10A1"][1:]
    schooling.choose_subjects(SYSTEM, class_subject_id=subject.id, pupil_ids=others, takes=False)
    schooling.choose_subjects(SYSTEM, class_subject_id=subject.id, pupil_ids=[first])
    fill_term(world, "10A1", 1)
    assert {pupil for pupil, _ in gradebook.cells_of(world.sheet("10A1", "NN2").id)} == {first}
    assert row_of(world, "10A1", 1).values["NN2"] == "7,5"
    assert "NN2" not in row_of(world, "10A1", 1, number=1).values
    assert row_of(world, "10A1", 1, number=1).complete
    refusal = write(SYSTEM, world.sheet("10A1", "NN2"), second, "tx1", "8")
    assert (refusal.status, refusal.code) == ("refused", "GRADE-008")


def test_optional_subjects_are_left_out_where_the_school_reads_it_so(world: World) -> None:
    from dataclasses import replace

    key = world.classes["10A1"].id
    schooling.add_subject(SYSTEM, school_class_id=key, code="NN2")
    gradebook.open_sheets(SYSTEM, school_class_ids=[key])
    fill_term(world, "10A1", 1, "9")
    for code in ("NN2", "TOAN"):
        put(world, "10A1", code, 1, dict.fromkeys(("tx1", "tx2", "tx3", "tx4", "gk", "ck"), "6"))
    book = gradebook.load_book(key)
    row = next(row for row in book.roster if row.pupil_id == world.pupils["10A1"][0])
    counted = gradebook.pupil_result(book, row, 1)
    book.settings = replace(book.settings, optional_subjects="left_out")
    left_out = gradebook.pupil_result(book, row, 1)
    # Two subjects at 6,0 keep from Tốt; one alone is the case of Điều 9 khoản 3, or none at all.
    assert "NN2" in left_out.values
    assert counted.sections[0].reasons != left_out.sections[0].reasons


def test_primary_by_moments_and_year(world: World) -> None:
    for term in (1, 2):
        fill_term(world, "4A", term)
    term1 = row_of(world, "4A", 1)
    assert term1.values["TOAN"] == "T 8"
    assert (term1.level, term1.conduct, term1.missing) == ("", "", ())
    year = row_of(world, "4A", 0)
    assert year.level == "Hoàn thành tốt"  # all T, but tests of 8
    assert year.decision_code == Completion.HOAN_THANH_CT_LOP_HOC
    assert "Điều 9 khoản 2 điểm a TT 27/2020" in reasons(year, "Đánh giá kết quả giáo dục")
    assert "cần từ 9 điểm" in reasons(year, "Đánh giá kết quả giáo dục")
    assert every_value_has_a_clause(rows_of(world, "4A", 0))
    put(world, "4A", "TOAN", 2, {"end.level": "C"})
    weak = row_of(world, "4A", 0)
    assert (weak.level, weak.decision_code) == ("Chưa hoàn thành", "DANH_GIA_BO_SUNG")
    assert "Toán ở mức Chưa hoàn thành" in reasons(weak, "Đánh giá kết quả giáo dục")


def test_what_is_missing_in_primary_is_named(world: World) -> None:
    for term in (1, 2):
        fill_term(world, "4A", term)
    put(world, "4A", "TOAN", 2, {"end.level": ""})
    row = row_of(world, "4A", 0)
    assert (row.level, row.complete) == ("", False)
    assert any("Toán" in item for item in row.missing)


def test_nobody_is_ranked(world: World) -> None:
    fill_term(world)
    for number, value in enumerate(("10", "2", "9", "5", "8")):
        put(world, "6A", "TOAN", 1, {"ck": value, "gk": value}, number)
    for term in (1, 0):
        listed = [row.pupil.pupil_id for row in rows_of(world, "6A", term)]
        assert listed == [row.pupil_id for row in gradebook.load_book(world.classes["6A"].id).roster]
    assert [row.pupil.position for row in rows_of(world, "6A", 1)] == [1, 2, 3, 4, 5]
    forbidden = {"rank", "position", "order", "xep_hang"}
    assert not forbidden & set(ResultRow.__dataclass_fields__)


def test_term_averages_as_exact_text(world: World) -> None:
    fill_term(world)
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(SYSTEM, sheet, pupil, "ck", "")
    found = gradebook.term_averages(world.classes["6A"].id, 1)
    mathematics, sport = world.subject("6A", "TOAN").id, world.subject("6A", "GDTC").id
    assert (mathematics, pupil) not in found
    assert found[mathematics, world.pupils["6A"][1]] == "7.5"
    assert found[sport, pupil] == "Đ"
    assert gradebook.term_averages(world.classes["6A"].id, 2) == {}
    assert gradebook.term_averages(world.classes["4A"].id, 1) == {}


def marks(world: World, slot: str, value: str, base: int = 0) -> list[Operation]:
    return [Operation(uuid7(), pupil, slot, value, base) for pupil in world.pupils["6A"]]


def test_an_import_writes_by_the_same_rules_and_is_undone(world: World) -> None:
    sheet, first = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(world.hoa, sheet, first, "tx1", "5")
    run = uuid7()
    wishes = [Operation(uuid7(), first, "tx1", "8", 1), *marks(world, "gk", "7,5"), *marks(world, "ck", "11")]
    result = gradebook.import_cells(world.thu, sheet_id=sheet.id, operations=wishes, run_id=run)
    assert [item.status for item in result.results] == ["done"] * 6 + ["refused"] * 5
    changes = CellChange.objects.filter(origin=run)
    assert {(change.source, change.actor_name) for change in changes} == {("import", "Vi Thị Thu")}
    undone = gradebook.undo_import(world.thu, sheet_id=sheet.id, run_id=run)
    assert {item.status for item in undone.results} == {"done"}
    cells = gradebook.cells_of(sheet.id)
    assert cells[first, "tx1"] == CellContent("MARK", "5.0", 3)
    assert {cells[pupil, "gk"] for pupil in world.pupils["6A"]} == {CellContent("EMPTY", "", 2)}
    again = gradebook.undo_import(world.thu, sheet_id=sheet.id, run_id=run)
    assert {item.status for item in again.results} == {"same"}
    assert not list(gradebook.verify_history(Sheet.objects.filter(pk=sheet.id)))


def test_an_import_that_changed_one_cell_twice_is_undone(world: World) -> None:
    sheet, first = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    run = uuid7()
    wishes = [Operation(uuid7(), first, "tx1", "8", 0), Operation(uuid7(), first, "tx1", "9", 1)]
    gradebook.import_cells(world.thu, sheet_id=sheet.id, operations=wishes, run_id=run)
    gradebook.undo_import(world.thu, sheet_id=sheet.id, run_id=run)
    assert gradebook.cells_of(sheet.id)[first, "tx1"].state == "EMPTY"


def test_what_was_changed_since_is_not_undone(world: World) -> None:
    sheet, (first, second, *_) = world.sheet("6A", "TOAN"), world.pupils["6A"]
    run = uuid7()
    gradebook.import_cells(world.thu, sheet_id=sheet.id, operations=marks(world, "tx1", "7"), run_id=run)
    write(world.hoa, sheet, first, "tx1", "8")
    write(world.hoa, sheet, second, "tx1", "9")
    with refused(Refused, "GRADE-038") as refusal:
        gradebook.undo_import(world.thu, sheet_id=sheet.id, run_id=run)
    assert refusal.value.params == {"count": 2}


def test_a_closed_sheet_takes_no_import_and_gives_none_back(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    run = uuid7()
    fill(sheet)
    gradebook.import_cells(world.thu, sheet_id=sheet.id, operations=marks(world, "tx1", "7", 1), run_id=run)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    with refused(Refused, "GRADE-001"):
        wishes = marks(world, "tx1", "9", 2)
        gradebook.import_cells(world.thu, sheet_id=sheet.id, operations=wishes, run_id=run)
    with refused(Refused, "GRADE-001"):
        gradebook.undo_import(world.thu, sheet_id=sheet.id, run_id=run)


def test_who_may_import(world: World) -> None:
    sheet, run = world.sheet("6A", "TOAN"), uuid7()
    for act in (
        lambda actor: gradebook.require_import(actor, sheet.id),
        lambda actor: gradebook.import_cells(
            actor, sheet_id=sheet.id, operations=marks(world, "tx1", "7"), run_id=run
        ),
        lambda actor: gradebook.undo_import(actor, sheet_id=sheet.id, run_id=run),
        lambda actor: gradebook.keep_layout(actor, sheet_id=sheet.id, layout={}),
    ):
        for actor in (world.lan, world.son):
            with refused(NotAllowed):
                act(actor)
        with refused(NotFound):
            act(world.quang)
    for actor in (world.hoa, world.thu, world.minh):
        gradebook.require_import(actor, sheet.id)


def test_sheets_are_withdrawn_only_while_nothing_happened_in_them(world: World) -> None:
    key = world.classes["7A"].id
    sheet = world.sheet("7A", "TOAN")
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id, accept_missing="Lớp mở nhầm, chưa có học sinh.")
    with refused(Refused, "GRADE-039") as refusal:
        gradebook.withdraw_sheets(SYSTEM, school_class_ids=[key])
    assert refusal.value.params == {"count": 1}
    other = world.classes["4A"].id
    count = Sheet.objects.filter(school_class=other).count()
    assert gradebook.withdraw_sheets(SYSTEM, school_class_ids=[other]) == count
    before = snapshot()
    assert gradebook.withdraw_sheets(world.quang, school_class_ids=[world.classes["6A"].id]) == 0
    assert snapshot() == before


def test_sealed_results_are_what_the_page_showed(world: World) -> None:
    from khue.modules.gradebook.models import FrozenResult

    fill_term(world)
    close_subjects(world)
    shown = {row.pupil.pupil_id: (row.level, row.conduct, row.values) for row in rows_of(world, "6A", 1)}
    gradebook.close_class(world.lan, school_class_id=world.classes["6A"].id, term=1)
    gradebook.seal_class(world.minh, school_class_id=world.classes["6A"].id, term=1)
    kept = {
        row.pupil_id: (row.level, row.conduct, row.content["values"]) for row in FrozenResult.objects.all()
    }
    assert kept == shown
