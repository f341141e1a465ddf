"""Nothing is written before a person confirms; one import is one transaction; it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.cast import PUPILS, SYSTEM, World, fill, write

from khue.core.errors import Conflict, NotAllowed, NotFound, Refused
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook import excel
from khue.modules.importing import services
from khue.modules.importing.kinds.marks import _recorded
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.importing.tests.files import marks, workbook
from khue.modules.people import api as people
from khue.modules.schooling import api as schooling
from khue.sheets.data import ImportAs

pytestmark = pytest.mark.django_db

BOOK = ImportAs("gradebook", "20180001", "2025-2026", "6A", 1)
LIST = ImportAs("pupils", "20180001", "2025-2026")


def code(number: int) -> str:
    """The Ministry's code of a pupil of 6A."""
    return str(2099000000 + number)


def rows(values: Callable[[int], list[Any]] | None = None) -> list[list[Any]]:
    """A full sheet of 6A."""
    chosen = values or (lambda _: [8, 7, 9, 8, 7, 8, 7.8])
    return [
        [n + 1, code(n), name, f"05/{1 + n % 12:02d}/2014", *chosen(n)] for n, name in enumerate(PUPILS)
    ]


def checked(world: World, data: bytes, wanted: ImportAs = BOOK, actor: Any = None) -> ImportRun:
    """A run that waits for its confirmation."""
    return services.start_run(actor or world.thu, data=data, filename="tep.xlsx", wanted=wanted)


def test_a_check_writes_nothing(world: World) -> None:
    run = checked(world, marks(rows()))
    assert (run.state, run.plan["new"]) == (RunState.CHECKED, 30)
    assert gradebook.cells_of(world.sheet("6A", "TOAN").id) == {}


def test_a_confirmed_file_is_written_once_with_its_history(world: World) -> None:
    run = checked(world, marks(rows()))
    services.apply_run(world.thu, run_id=run.id)
    cells = gradebook.cells_of(world.sheet("6A", "TOAN").id)
    assert cells[world.pupils["6A"][0], "tx3"].value == "9.0"
    assert len(cells) == 30
    with pytest.raises(Refused) as again:
        services.apply_run(world.thu, run_id=run.id)
    assert again.value.code == "IMP-004"


def test_the_same_file_again_changes_nothing(world: World) -> None:
    services.apply_run(world.thu, run_id=checked(world, marks(rows())).id)
    run = checked(world, marks(rows()))
    assert (run.plan["new"], run.plan["changed"], run.plan["unchanged"]) == (0, 0, 30)


def test_if_a_mark_changed_since_the_check_the_confirmation_is_refused(world: World) -> None:
    run = checked(world, marks(rows()))
    write(world.hoa, world.sheet("6A", "TOAN"), world.pupils["6A"][0], "tx1", "3")
    with pytest.raises(Conflict):
        services.apply_run(world.thu, run_id=run.id)
    cells = gradebook.cells_of(world.sheet("6A", "TOAN").id)
    assert [cell.value for cell in cells.values()] == ["3.0"]
    services.compare_again(world.thu, run_id=run.id)
    run.refresh_from_db()
    assert run.plan["changed"] == 1
    services.apply_run(world.thu, run_id=run.id)
    assert gradebook.cells_of(world.sheet("6A", "TOAN").id)[world.pupils["6A"][0], "tx1"].value == "8.0"


def test_an_import_can_be_undone(world: World) -> None:
    run = checked(world, marks(rows()))
    services.apply_run(world.thu, run_id=run.id)
    services.undo_run(world.thu, run_id=run.id)
    cells = gradebook.cells_of(world.sheet("6A", "TOAN").id)
    assert {cell.value for cell in cells.values()} == {""}


def test_no_undo_after_somebody_went_on(world: World) -> None:
    run = checked(world, marks(rows()))
    services.apply_run(world.thu, run_id=run.id)
    write(world.hoa, world.sheet("6A", "TOAN"), world.pupils["6A"][0], "tx1", "9")
    with pytest.raises(Refused) as refusal:
        services.undo_run(world.thu, run_id=run.id)
    assert refusal.value.code == "IMP-007"
    cells = gradebook.cells_of(world.sheet("6A", "TOAN").id)
    assert cells[world.pupils["6A"][0], "tx1"].value == "9.0"
    assert cells[world.pupils["6A"][1], "tx1"].value == "8.0"


def test_a_sheet_of_another_class_is_refused_whole(world: World) -> None:
    run = checked(world, marks(rows(), class_name="7A"))
    assert (run.state, run.report["refusal"]["kind"]) == (RunState.REFUSED, "class_mismatch")
    with pytest.raises(Refused) as refusal:
        services.apply_run(world.thu, run_id=run.id)
    assert refusal.value.code == "IMP-006"


def test_a_closed_sheet_takes_no_import_and_nothing_is_half_written(world: World) -> None:
    run = checked(world, marks(rows()))
    sheet = world.sheet("6A", "TOAN")
    fill(sheet, "5.0")
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    services.compare_again(world.thu, run_id=run.id)
    with pytest.raises(Refused):
        services.apply_run(world.thu, run_id=run.id)
    run.refresh_from_db()
    assert run.state == RunState.CHECKED
    assert {c.value for (_, slot), c in gradebook.cells_of(sheet.id).items() if slot == "tx1"} == {"5.0"}


def test_a_teacher_imports_own_sheets_only(world: World) -> None:
    services.apply_run(world.hoa, run_id=checked(world, marks(rows()), actor=world.hoa).id)
    # Not even what stands in a sheet of somebody else's subject is shown to her.
    with pytest.raises(NotFound):
        checked(world, marks(rows(), subject="Ngữ văn"), actor=world.hoa)
    assert ImportRun.objects.count() == 1
    assert gradebook.cells_of(world.sheet("6A", "VAN").id) == {}


def test_strangers_find_nothing(world: World) -> None:
    run = checked(world, marks(rows()))
    with pytest.raises(NotFound):
        checked(world, marks(rows()), actor=world.quang)
    with pytest.raises(NotFound):
        services.apply_run(world.quang, run_id=run.id)
    with pytest.raises(NotAllowed):
        checked(world, workbook(HS=[["Lớp"]]), LIST, actor=world.hoa)


def pupil_list(*extra: list[Any]) -> bytes:
    """A list of 6A with further rows."""
    head = ["STT", "Lớp", "Mã MOET", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Trạng thái"]
    known = [
        [n + 1, "6A", code(n), name, f"05/{1 + n % 12:02d}/2014", "Nữ" if "Thị" in name else "Nam", "", ""]
        for n, name in enumerate(PUPILS)
    ]
    return workbook(DS=[["DANH SÁCH HỌC SINH NĂM HỌC 2025-2026"], head, *known, *extra])


def test_new_pupils_come_into_their_class_and_can_be_taken_back(world: World) -> None:
    new = [6, "6A", "2099555001", "Nông Văn Mới", "01/02/2014", "Nam", "Nùng", "Đang học"]
    run = checked(world, pupil_list(new), LIST)
    assert (run.plan["new"], run.plan["unchanged"]) == (1, 5)
    services.apply_run(world.thu, run_id=run.id)
    names = [row.name for row in schooling.roster(world.classes["6A"].id)]
    assert names[-1] == "Nông Văn Mới"
    services.undo_run(world.thu, run_id=run.id)
    assert len(schooling.roster(world.classes["6A"].id)) == 5
    assert not people.Person.objects.filter(full_name="Nông Văn Mới").exists()


def test_no_taking_back_of_a_pupil_who_has_marks(world: World) -> None:
    new = [6, "6A", "2099555001", "Nông Văn Mới", "01/02/2014", "Nam", "", "Đang học"]
    run = checked(world, pupil_list(new), LIST)
    services.apply_run(world.thu, run_id=run.id)
    pupil = people.Person.objects.get(full_name="Nông Văn Mới")
    write(world.hoa, world.sheet("6A", "TOAN"), pupil.id, "tx1", "8")
    with pytest.raises(Refused) as refusal:
        services.undo_run(world.thu, run_id=run.id)
    assert refusal.value.code == "IMP-007"
    assert len(schooling.roster(world.classes["6A"].id)) == 6


def test_export_and_import_again_change_nothing(world: World) -> None:
    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    book = gradebook.load_book(world.classes["6A"].id)
    run = checked(world, excel.term_workbook(book, 1))
    assert run.report["refusal"] is None
    assert (run.plan["new"], run.plan["changed"]) == (0, 0)
    assert run.plan["unchanged"] == 30


def test_export_keeps_the_layout_of_the_file_that_came(world: World) -> None:
    original = marks(rows())
    services.apply_run(world.thu, run_id=checked(world, original).id)
    book = gradebook.load_book(world.classes["6A"].id)
    again = checked(world, excel.term_workbook(book, 1))
    assert (again.plan["new"], again.plan["changed"], again.plan["unchanged"]) == (0, 0, 30)
    table = next(t for t in again.report["tables"] if t["about"]["subject"] == "TOAN")
    assert table["layout"]["columns"]["gk"] == 8
    assert [
        t for r, c, t in table["layout"]["banner"] if (r, c) == (0, 4)
    ] == ["BẢNG ĐIỂM HỌC KỲ 1, NĂM HỌC 2025 - 2026"]


def test_the_system_founds_a_school_from_its_workbook(db: None) -> None:
    data = workbook(
        TT=[["Tên trường", "Trường THCS Mới"], ["Mã trường", "20999001"], ["Năm học", "2025-2026"]],
        CB=[
            ["STT", "Mã cán bộ", "Họ và tên", "Chức vụ", "Môn dạy"],
            [1, "2099900001", "Hoàng Văn Minh", "Hiệu trưởng", None],
            [2, "2099900002", "Nông Thị Hoa", "Giáo viên", "Toán"],
        ],
        L=[
            ["STT", "Lớp", "Khối", "Giáo viên chủ nhiệm", "Sĩ số"],
            [1, "6A", 6, "Nông Thị Hoa", 30],
            [2, "6B", 6, "Nông Thị Hoa", 30],
        ],
        PC=[["STT", "Môn học", "6A", "6B"], [1, "Toán", "Nông Thị Hoa", "Nông Thị Hoa"]],
    )
    wanted = ImportAs("school", "20999001", "2025-2026")
    run = services.start_run(SYSTEM, data=data, filename="truong.xlsx", wanted=wanted)
    services.apply_run(SYSTEM, run_id=run.id)
    year = schooling.year_of("2025-2026")
    assert year is not None
    row = schooling.SchoolClass.objects.get(name="6A", year=year)
    assert (row.regime, schooling.class_subjects(row.id).count()) == ("TT22", 12)
    assert len(gradebook.sheets_of(row.id, 1)) == 13
    run.refresh_from_db()
    services.undo_run(SYSTEM, run_id=run.id)
    assert not schooling.SchoolClass.objects.filter(year=year).exists()


@pytest.mark.parametrize(
    ("found", "needed", "recorded"),
    [
        (["8.0", "7.0"], 2, ["8.0", "7.0"]),
        (["8.0", None, "7.0"], 2, ["8.0", "7.0"]),
        ([None, "8.0", "7.0", "6.0"], 3, ["6.0", "8.0", "7.0"]),
        (["8.0", "7.0", "6.0"], 2, []),
        (["8.0"], 2, ["8.0"]),
        (["8.0", "7.0"], 0, ["8.0", "7.0"]),
    ],
)
def test_no_more_regular_marks_than_are_recorded(found: list[Any], needed: int, recorded: list[Any]) -> None:
    assert _recorded(found, needed) == recorded
