"""Lists of pupils and school workbooks a second time: what changes, what a person decides, the way back."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import PUPILS, SYSTEM, World, write

from khue.core.errors import Conflict, Refused
from khue.modules.importing import services
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.importing.tests.files import workbook
from khue.modules.people import api as people
from khue.modules.people.data import NewIdentifier, NewPerson
from khue.modules.schooling import api as schooling
from khue.sheets.data import ImportAs

pytestmark = pytest.mark.django_db

LIST = ImportAs("pupils", "20180001", "2025-2026")
HEAD = ["STT", "Lớp", "Mã MOET", "Họ và tên", "Ngày sinh", "Trạng thái", "Họ tên cha", "Dân tộc"]


def code(number: int) -> str:
    """The Ministry's code of a pupil of 6A."""
    return str(2099000000 + number)


def row(number: int, **changes: Any) -> list[Any]:
    """A pupil of 6A as the school has it, with other cells."""
    facts = {
        "lop": "6A", "ma": code(number), "ten": PUPILS[number], "sinh": f"05/{1 + number % 12:02d}/2014",
        "trang_thai": None, "cha": None, "dan_toc": None,
    } | changes  # fmt: skip
    return [number + 1, *facts.values()]


def checked(world: World, *rows: list[Any], head: list[str] | None = None) -> ImportRun:
    """A list that waits for its confirmation."""
    data = workbook(DS=[["DANH SÁCH HỌC SINH NĂM HỌC 2025-2026"], head or HEAD, *rows])
    return services.start_run(world.thu, data=data, filename="ds.xlsx", wanted=LIST)


def counts(run: ImportRun) -> tuple[int, int, int]:
    run.refresh_from_db()
    return run.plan["new"], run.plan["changed"], run.plan["unchanged"]


def stays(pupil: Any) -> list[tuple[str, bool]]:
    """Classes of a pupil with whether the stay goes on."""
    found = schooling.ClassMembership.objects.filter(pupil=pupil).order_by("valid_from", "id")
    return [(stay.school_class.name, stay.valid_to is None) for stay in found]


def second_class(world: World) -> schooling.SchoolClass:
    return schooling.open_class(SYSTEM, school_id=world.school.id, year=world.year, name="6B", grade=6)


def test_a_pupil_in_another_class_of_the_list_moves_and_moves_back(world: World) -> None:
    second_class(world)
    pupil = world.pupils["6A"][0]
    run = checked(world, row(0, lop="6B"), row(1))
    assert [(i["what"], i["old"], i["new"]) for i in run.plan["items"]] == [(f"{PUPILS[0]}: Lớp", "6A", "6B")]
    services.apply_run(world.thu, run_id=run.id)
    assert stays(pupil) == [("6A", False), ("6B", True)]
    assert counts(checked(world, row(0, lop="6B"), row(1))) == (0, 0, 2)
    services.undo_run(world.thu, run_id=run.id)
    assert stays(pupil) == [("6A", True)]


def test_a_pupil_who_left_by_the_list_leaves_the_class_and_comes_back_by_undo(world: World) -> None:
    pupil = world.pupils["6A"][2]
    run = checked(world, row(2, trang_thai="Chuyển đi"))
    services.apply_run(world.thu, run_id=run.id)
    assert stays(pupil) == [("6A", False)]
    assert people.PupilProfile.objects.get(person=pupil).status == "Chuyển đi"
    # A list without states does not bring the pupil back; the same list again changes nothing.
    assert counts(checked(world, row(2))) == (0, 0, 1)
    assert counts(checked(world, row(2, trang_thai="Chuyển đi"))) == (0, 0, 1)
    services.undo_run(world.thu, run_id=run.id)
    assert stays(pupil) == [("6A", True)]
    assert people.PupilProfile.objects.get(person=pupil).status == "Đang học"


def test_facts_of_parents_and_the_group_are_kept_and_compared(world: World) -> None:
    run = checked(world, row(0, cha="Lý Văn Trung", dan_toc="Nùng"))
    services.apply_run(world.thu, run_id=run.id)
    profile = people.PupilProfile.objects.select_related("person").get(person=world.pupils["6A"][0])
    assert profile.imported["cha"] == "Lý Văn Trung"
    assert counts(checked(world, row(0, cha="Lý Văn Trung", dan_toc="Nùng"))) == (0, 0, 1)
    again = checked(world, row(0, cha="Lý Văn Trường", dan_toc="Nùng"))
    assert [(i["what"], i["old"], i["new"]) for i in again.plan["items"]] == [
        (f"{PUPILS[0]}: Họ tên cha", "Lý Văn Trung", "Lý Văn Trường")
    ]


def test_new_pupils_without_any_code_are_each_placed_and_found_again(world: World) -> None:
    rows: list[list[Any]] = [
        [6, "6A", None, "Nông Văn Một", "01/02/2014", "Đang học", None, None],
        [7, "6A", None, "Nông Văn Hai", "02/02/2014", "Đang học", None, None],
    ]
    run = checked(world, *rows)
    assert counts(run) == (2, 0, 0)
    services.apply_run(world.thu, run_id=run.id)
    for name in ("Nông Văn Một", "Nông Văn Hai"):
        assert stays(people.Person.objects.get(full_name=name).pk) == [("6A", True)]
    assert counts(checked(world, *rows)) == (0, 0, 2)


def test_a_new_code_is_given_to_the_pupil_and_taken_back(world: World) -> None:
    services.apply_run(world.thu, run_id=checked(world, [6, "6A", None, "Nông Văn Một", "01/02/2014"]).id)
    pupil = people.Person.objects.get(full_name="Nông Văn Một")
    rows = [6, "6A", "2099555001", "Nông Văn Một", "01/02/2014"]
    run = checked(world, rows)
    assert counts(run) == (0, 1, 0)
    services.apply_run(world.thu, run_id=run.id)
    held = people.PersonIdentifier.objects.filter(person=pupil, scheme="moet", valid_to__isnull=True)
    assert [row.value for row in held] == ["2099555001"]
    assert people.Person.objects.filter(full_name="Nông Văn Một").count() == 1
    services.undo_run(world.thu, run_id=run.id)
    assert not held.all().exists()


def twins(world: World) -> list[people.Person]:
    """Two pupils of one name and birth date in 6A."""
    rows = [[n, "6A", f"209966600{n}", "Vi Thị Hoa", "01/02/2014"] for n in (6, 7)]
    services.apply_run(world.thu, run_id=checked(world, *rows).id)
    return list(people.Person.objects.filter(full_name="Vi Thị Hoa").order_by("id"))


def test_a_doubtful_row_is_left_out_until_somebody_decides(world: World) -> None:
    first, second = twins(world)
    run = checked(world, [1, "6A", None, "Vi Thị Hoa", "01/02/2014", None, "Vi Văn Ba"])
    (doubt,) = run.plan["doubts"]
    assert counts(run) == (0, 0, 0)
    assert {o["value"] for o in doubt["options"]} == {str(first.pk), str(second.pk), "new"}
    services.decide(world.thu, run_id=run.id, choices={doubt["key"]: str(second.pk)})
    assert counts(run) == (0, 1, 0)
    services.apply_run(world.thu, run_id=run.id)
    fathers = {
        key: people.PupilProfile.objects.get(person=key).imported.get("cha") for key in (first.pk, second.pk)
    }
    assert fathers == {first.pk: None, second.pk: "Vi Văn Ba"}


def test_only_what_was_asked_can_be_answered_and_a_choice_can_be_taken_back(world: World) -> None:
    first, _ = twins(world)
    run = checked(world, [1, "6A", None, "Vi Thị Hoa", "01/02/2014", None, "Vi Văn Ba"])
    (doubt,) = run.plan["doubts"]
    for choices in ({"DS!99": "new"}, {doubt["key"]: str(world.pupils["6A"][0])}):
        with pytest.raises(Conflict):
            services.decide(world.thu, run_id=run.id, choices=choices)
    services.decide(world.thu, run_id=run.id, choices={doubt["key"]: str(first.pk)})
    services.decide(world.thu, run_id=run.id, choices={doubt["key"]: ""})
    assert counts(run) == (0, 0, 0)
    services.apply_run(world.thu, run_id=run.id)
    with pytest.raises(Refused) as refusal:
        services.decide(world.thu, run_id=run.id, choices={doubt["key"]: "new"})
    assert refusal.value.code == "IMP-004"


def test_a_name_that_differs_by_accents_only_is_asked_about(world: World) -> None:
    services.apply_run(
        world.thu, run_id=checked(world, [6, "6A", "2099666001", "Vi Thị Hoa", "01/02/2014"]).id
    )
    run = checked(world, [6, "6A", None, "Vi Thi Hòa", "01/02/2014"])
    assert [d["why"] for d in run.plan["doubts"]] == ["Tên gần giống, cùng ngày sinh với học sinh đã có."]


def test_a_pupil_of_another_school_is_refused_and_the_rest_comes(world: World) -> None:
    away = people.register_person(
        SYSTEM,
        school_id=world.elsewhere.id,
        person=people_data("Nông Văn Xa", "2099777001"),
    )
    people.admit_pupil(SYSTEM, school_id=world.elsewhere.id, person_id=away.pk)
    run = checked(
        world,
        [6, "6A", "2099777001", "Nông Văn Xa", "01/02/2014"],
        [7, "6A", "2099777002", "Nông Văn Gần", "01/02/2014"],
    )
    assert (counts(run)[0], [r["who"] for r in run.plan["refused"]]) == (1, ["Nông Văn Xa"])
    services.apply_run(world.thu, run_id=run.id)
    assert people.PupilProfile.objects.get(person=away).school_id == world.elsewhere.id
    assert stays(people.Person.objects.get(full_name="Nông Văn Gần").pk) == [("6A", True)]


def people_data(name: str, ministry: str) -> NewPerson:
    return NewPerson(name, identifiers=(NewIdentifier("moet", ministry),))


def test_no_undo_of_a_move_after_somebody_moved_on(world: World) -> None:
    second_class(world)
    run = checked(world, row(0, lop="6B"))
    services.apply_run(world.thu, run_id=run.id)
    back = checked(world, row(0, lop="6A"))
    services.apply_run(world.thu, run_id=back.id)
    with pytest.raises(Refused) as refusal:
        services.undo_run(world.thu, run_id=run.id)
    assert refusal.value.code == "IMP-007"
    run.refresh_from_db()
    assert run.state == RunState.APPLIED


def test_a_sheet_for_each_class_without_a_class_column_places_its_pupils(world: World) -> None:
    head = ["STT", "Họ và tên", "Ngày sinh"]
    data = workbook(
        **{"6A": [head, [1, "Nông Văn Một", "01/02/2014"]], "7A": [head, [1, "Lý Văn Hai", "01/02/2013"]]}
    )
    run = services.start_run(world.thu, data=data, filename="ds.xlsx", wanted=LIST)
    services.apply_run(world.thu, run_id=run.id)
    found = {
        name: stays(people.Person.objects.get(full_name=name).pk) for name in ("Nông Văn Một", "Lý Văn Hai")
    }
    assert found == {"Nông Văn Một": [("6A", True)], "Lý Văn Hai": [("7A", True)]}


def plan_of_teaching(world: World, *rows: list[Any], leader: str = "") -> ImportRun:
    data = workbook(
        L=[["Lớp", "GVCN", "Sĩ số"], ["6A", leader or None, 5]], PC=[["STT", "Môn học", "6A", "7A"], *rows]
    )
    wanted = ImportAs("classes", "20180001", "2025-2026")
    return services.start_run(world.thu, data=data, filename="pc.xlsx", wanted=wanted)


def teachers(world: World, subject: str) -> set[str]:
    found = schooling.TeachingAssignment.objects.filter(
        class_subject__school_class=world.classes["6A"], class_subject__subject__code=subject,
        valid_to__isnull=True,
    )  # fmt: skip
    return {str(key) for key in found.values_list("person_id", flat=True)}


def test_a_new_plan_of_teaching_replaces_the_teacher_and_can_be_undone(world: World) -> None:
    names = {
        actor: people.Person.objects.get(pk=actor.person_id).full_name for actor in (world.hoa, world.lan)
    }
    before = teachers(world, "TOAN")
    run = plan_of_teaching(world, [1, "Toán", names[world.lan], None], leader=names[world.hoa])
    services.apply_run(world.thu, run_id=run.id)
    assert teachers(world, "TOAN") == {str(world.lan.person_id)}
    leader = schooling.homeroom_of(world.classes["6A"].id, world.thu.today)
    assert leader is not None
    services.undo_run(world.thu, run_id=run.id)
    assert teachers(world, "TOAN") == before


def test_no_undo_of_a_plan_that_was_changed_since(world: World) -> None:
    name = people.Person.objects.get(pk=world.lan.person_id).full_name
    run = plan_of_teaching(world, [1, "Toán", name, None])
    services.apply_run(world.thu, run_id=run.id)
    for held in schooling.TeachingAssignment.objects.filter(
        person=world.lan.person_id, valid_to__isnull=True
    ):
        schooling.end_assignment(SYSTEM, assignment_id=held.pk, on=world.thu.today)
    with pytest.raises(Refused) as refusal:
        services.undo_run(world.thu, run_id=run.id)
    assert refusal.value.code == "IMP-007"


def test_marks_hold_a_pupil_who_came_by_a_list(world: World) -> None:
    run = checked(world, [6, "6A", "2099666001", "Vi Thị Hoa", "01/02/2014"])
    services.apply_run(world.thu, run_id=run.id)
    pupil = people.Person.objects.get(full_name="Vi Thị Hoa")
    write(world.hoa, world.sheet("6A", "TOAN"), pupil.pk, "tx1", "8")
    with pytest.raises(Refused):
        services.undo_run(world.thu, run_id=run.id)
    assert stays(pupil.pk) == [("6A", True)]


def test_one_personal_number_in_two_rows_is_given_to_nobody(world: World) -> None:
    head = [*HEAD[:5], "Số CCCD"]
    rows = [[n, "6A", f"209966600{n}", f"Vi Văn {n}", "01/02/2014", "099214000001"] for n in (6, 7)]
    run = checked(world, *rows, head=head)
    services.apply_run(world.thu, run_id=run.id)
    assert counts(run)[0] == 2
    given = people.PersonIdentifier.objects.filter(scheme="personal")
    assert not given.filter(person__full_name__startswith="Vi Văn").exists()


def test_a_pupil_in_two_classes_of_the_list_comes_once_where_the_pupil_learns(world: World) -> None:
    second_class(world)
    rows = [
        [6, "6A", "2099666001", "Vi Thị Hoa", "01/02/2014", "Chuyển đi"],
        [7, "6B", "2099666001", "Vi Thị Hoa", "01/02/2014", "Đang học"],
    ]
    run = checked(world, *rows)
    services.apply_run(world.thu, run_id=run.id)
    assert stays(people.Person.objects.get(full_name="Vi Thị Hoa").pk) == [("6B", True)]
    assert [line["cell"] for line in run.plan["refused"]] == ["dòng 3"]


def test_the_same_list_written_by_two_clerks_brings_each_pupil_once(world: World) -> None:
    new = [6, "6A", "2099666001", "Vi Thị Hoa", "01/02/2014"]
    first, second = checked(world, new), checked(world, new)
    services.apply_run(world.thu, run_id=first.id)
    with pytest.raises(Conflict):
        services.apply_run(world.thu, run_id=second.id)
    services.compare_again(world.thu, run_id=second.id)
    assert counts(second) == (0, 0, 1)
