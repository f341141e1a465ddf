"""Newcomers from a list: who is admitted, who is asked about, who needs a transfer; and the way back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.cast import SYSTEM, World, make_actor, make_class, make_pupils, make_staff

from khue.core.actor import Role
from khue.core.errors import NotAllowed, NotFound, Refused
from khue.kit import outbox
from khue.kit.models import OutboxEvent
from khue.modules.importing import services
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.people import api as people
from khue.modules.people import data as people_data
from khue.modules.people.models import Person, PersonIdentifier, PupilProfile
from khue.modules.register import models as register
from khue.modules.schooling import api as schooling
from khue.sheets.data import ImportAs

pytestmark = pytest.mark.django_db
HEAD = (
    "STT", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Số định danh cá nhân", "Trường tiểu học",
    "Hoàn thành chương trình tiểu học", "Điểm", "Họ tên cha", "Họ tên mẹ", "Thôn",
)  # fmt: skip
YEAR = dt.date(2025, 9, 5)


def line(name: str, **changes: Any) -> dict[str, Any]:
    facts = {
        "ten": name, "sinh": "05/03/2014", "gioi": "Nữ" if "Thị" in name else "Nam", "dan_toc": "Tày",
        "so": "", "truong": "Trường Tiểu học Bản Pè", "xong": "Hoàn thành", "diem": "8,5", "cha": "",
        "me": "", "thon": "Nà Lầu",
    }  # fmt: skip
    return facts | changes


def pasted(*lines: dict[str, Any], head: tuple[str, ...] = HEAD) -> bytes:
    rows = ["\t".join(head)]
    rows += ["\t".join([str(n), *map(str, one.values())]) for n, one in enumerate(lines, 1)]
    return "\n".join(rows).encode() + b"\n"


def checked(world: World, *lines: dict[str, Any], actor=None, **options: Any) -> ImportRun:
    wanted = {"kind": "intake", "school": "20180001", "school_year": "2025-2026", "grades": "6"} | options
    return services.start_run(
        actor or world.thu, data=pasted(*lines), filename="dan.txt", wanted=ImportAs(**wanted)
    )


def admitted(run: ImportRun) -> list[str]:
    return [item["new"] for item in run.plan["items"]]


def state() -> list[int]:
    tables = (Person, PersonIdentifier, PupilProfile, schooling.ClassSplit, OutboxEvent)
    return [table.objects.count() for table in tables]


def test_a_list_becomes_persons_with_temporary_codes_in_its_order(world: World) -> None:
    run = checked(
        world, line("Vi Thị Xuân", so="020314001234"), line("Lý Văn An"),
        line("Hoàng Thị Én", cha="Hoàng Văn Ba", me="Vi Thị Tư"),
    )  # fmt: skip
    assert admitted(run) == ["Vi Thị Xuân", "Lý Văn An", "Hoàng Thị Én"]
    assert run.plan["doubts"] == []
    before = state()
    assert PupilProfile.objects.filter(person__full_name="Lý Văn An").count() == 0
    run = services.apply_run(world.thu, run_id=run.id)
    event = OutboxEvent.objects.filter(name="PupilsAdmitted").latest("id")
    names = people.names_of([*event.payload["person_ids"]])
    by_key = {str(key): name for key, name in names.items()}
    assert [by_key[key] for key in event.payload["person_ids"]] == admitted(run)
    xuan = Person.objects.get(full_name="Vi Thị Xuân")
    codes = dict(PersonIdentifier.objects.filter(person=xuan).values_list("scheme", "value"))
    assert codes["temporary"] == people.temporary_code("020314001234")
    assert codes.keys() == {"temporary", "personal"}
    split = schooling.ClassSplit.objects.get(pk=run.undo["split"])
    assert split.grade == 6
    assert {facts["score"] for facts in split.pupils.values()} == {"8.5"}
    assert {facts["village"] for facts in split.pupils.values()} == {"na lau"}
    profile = PupilProfile.objects.get(person=xuan)
    assert (profile.status, profile.imported["truong_cu"]) == ("Đang học", "Trường Tiểu học Bản Pè")
    services.undo_run(world.thu, run_id=run.id)
    assert state()[:4] == before[:4]


def test_the_order_of_names_can_be_chosen(world: World) -> None:
    run = checked(world, line("Vi Thị Xuân"), line("Lý Văn An"), line("Hoàng Thị Én"), order="names")
    assert admitted(run) == ["Lý Văn An", "Hoàng Thị Én", "Vi Thị Xuân"]


def test_age_is_asked_with_its_clause_unless_the_law_allows_it(world: World) -> None:
    run = checked(
        world,
        line("Lý Văn Sớm", sinh="05/03/2015"),
        line("Lý Văn Muộn", sinh="05/03/2013", dan_toc="Kinh"),
        line("Vi Văn Được", sinh="05/03/2012"),
        line("Vi Văn Quá", sinh="05/03/2009"),
    )
    assert admitted(run) == ["Vi Văn Được"]
    assert "13 tuổi" in run.plan["items"][0]["what"]
    assert "Điều 33" in run.plan["items"][0]["what"]
    asked = {doubt["who"].removesuffix(doubt["who"][-11:]): doubt for doubt in run.plan["doubts"]}
    assert set(asked) == {"Lý Văn Sớm", "Lý Văn Muộn", "Vi Văn Quá"}
    assert "Mới 10 tuổi" in asked["Lý Văn Sớm"]["why"]
    run = services.decide(world.thu, run_id=run.id, choices={asked["Lý Văn Muộn"]["key"]: "yes"})
    assert admitted(run) == ["Lý Văn Muộn", "Vi Văn Được"]


def test_a_missing_completion_is_asked_only_where_the_list_has_the_column(world: World) -> None:
    run = checked(world, line("Lý Văn Thiếu", xong=""), line("Lý Văn Chưa", xong="Chưa hoàn thành"))
    assert admitted(run) == []
    assert [doubt["why"] for doubt in run.plan["doubts"]] == ["Chưa thấy hoàn thành cấp học trước."] * 2
    head = HEAD[:3]
    data = pasted({"ten": "Lý Văn Gọn", "sinh": "05/03/2014"}, head=head)
    wanted = ImportAs("intake", "20180001", "2025-2026", grades="6")
    run = services.start_run(world.thu, data=data, filename="dan.txt", wanted=wanted)
    assert admitted(run) == ["Lý Văn Gọn"]


def test_who_is_here_is_left_out_and_who_learns_elsewhere_needs_a_transfer(world: World) -> None:
    here = Person.objects.get(pk=make_pupils(world.school, ("Chu Thị Đây",), 2034000000)[0])
    other = make_pupils(world.elsewhere, ("Bế Thị Xa",), 2033000000)[0]
    Person.objects.filter(pk=other).update(birth_date=dt.date(2014, 3, 5))
    people.add_identifier(
        SYSTEM, school_id=world.elsewhere.pk, person_id=other, scheme="personal", value="020314009999"
    )
    run = checked(
        world,
        line(here.full_name, sinh=f"{here.birth_date:%d/%m/%Y}"),
        line("Bế Thị Xa", so="020314009999"),
        line("Kẻ Mượn Mã", so="020314009999"),
        line("Lý Văn Mới"),
    )
    assert admitted(run) == ["Lý Văn Mới"]
    why = {item["who"]: item["why"] for item in run.plan["refused"]}
    assert why[here.full_name] == "Đã là học sinh của trường."
    assert "thủ tục chuyển trường" in why["Bế Thị Xa"]
    assert why["Kẻ Mượn Mã"] == "Mã trong dòng là của một người khác tên, khác ngày sinh."
    before = PupilProfile.objects.get(person=other).school_id
    services.apply_run(world.thu, run_id=run.id)
    assert PupilProfile.objects.get(person=other).school_id == before


def graduate(world: World) -> tuple[Any, schooling.SchoolYear]:
    """A pupil of the last grade of the primary school, in the year before."""
    last_year = schooling.open_year(
        SYSTEM, code="2024-2025", term_starts=(dt.date(2024, 9, 5), dt.date(2025, 1, 19)),
        ends_on=dt.date(2025, 6, 1),
    )
    key = make_pupils(world.primary, ("Đàm Thị Lên",), 2022000000)[0]
    people.add_identifier(
        SYSTEM, school_id=world.primary.pk, person_id=key, scheme="personal", value="020314008888"
    )
    row = schooling.open_class(SYSTEM, school_id=world.primary.pk, year=last_year, name="5A", grade=5)
    members = [schooling.NewMember(key, dt.date(2024, 9, 5))]
    schooling.enroll_many(SYSTEM, school_class_id=row.id, members=members)
    return Person.objects.get(pk=key), last_year


def test_who_completed_the_level_below_comes_with_the_entry_of_before(world: World) -> None:
    child, _year = graduate(world)
    born = f"{child.birth_date:%d/%m/%Y}"
    run = checked(world, line("Đàm Thị Lên", so="020314008888", sinh=born), line("Lý Văn Mới"))
    assert admitted(run) == ["Lý Văn Mới"]  # nothing frozen says that the level is completed
    (doubt,) = run.plan["doubts"]
    run = services.decide(world.thu, run_id=run.id, choices={doubt["key"]: "yes"})
    assert admitted(run) == ["Đàm Thị Lên", "Lý Văn Mới"]
    assert run.plan["changed"] == 1
    run = services.apply_run(world.thu, run_id=run.id)
    profile = PupilProfile.objects.get(person=child)
    assert (profile.school_id, profile.status) == (world.school.pk, "Đang học")
    assert Person.objects.filter(full_name="Đàm Thị Lên").count() == 1
    event = OutboxEvent.objects.filter(name="PupilsAdmitted").latest("id")
    assert event.payload["person_ids"][0] == str(child.pk)
    assert OutboxEvent.objects.filter(name="PupilMoved", payload__person_id=str(child.pk)).count() == 1
    services.undo_run(world.thu, run_id=run.id)
    profile.refresh_from_db()
    assert profile.school_id == world.primary.pk
    assert Person.objects.filter(full_name="Lý Văn Mới").count() == 0


def test_the_register_numbers_them_in_their_order_and_strikes_them_out_after_the_undo(world: World) -> None:
    child, _year = graduate(world)
    people.change_person(
        SYSTEM, person_id=child.pk, changes=people_data.PersonChange(child.pk, person={"phone": "0912"})
    )
    outbox.deliver()
    born = f"{child.birth_date:%d/%m/%Y}"
    run = checked(
        world, line("Vi Thị Xuân"), line("Đàm Thị Lên", so="020314008888", sinh=born), line("Lý Văn An")
    )
    (doubt,) = run.plan["doubts"]
    run = services.decide(world.thu, run_id=run.id, choices={doubt["key"]: "yes"})
    run = services.apply_run(world.thu, run_id=run.id)
    outbox.deliver()
    entries = register.RegisterEntry.objects.filter(school=world.school, name__in=admitted(run))
    assert list(entries.order_by("number").values_list("name", flat=True)) == admitted(run)
    kinds = register.RegisterEvent.objects.filter(entry__in=entries, sequence=1)
    assert set(kinds.values_list("kind", flat=True)) == {"admitted"}
    services.undo_run(world.thu, run_id=run.id)
    outbox.deliver()
    struck = register.RegisterEntry.objects.filter(school=world.school, name__in=admitted(run))
    assert set(struck.values_list("person", "state")) == {(None, "void")}


def test_a_confirmed_split_holds_the_admission_until_it_is_undone(world: World) -> None:
    from khue.modules.schooling.services import splitting

    run = services.apply_run(world.thu, run_id=checked(world, line("Lý Văn An"), line("Vi Thị Bé")).id)
    split = schooling.ClassSplit.objects.get()
    splitting.apply_split(world.thu, split_id=split.pk, seen=split.version, since=YEAR)
    outbox.deliver()
    before = state()
    with pytest.raises(Refused, match="IMP-007"):
        services.undo_run(world.thu, run_id=run.id)
    assert state() == before
    splitting.undo_split(world.thu, split_id=split.pk)


def test_only_the_office_admits_and_only_into_its_own_grades(world: World) -> None:
    clerk = make_actor(make_staff(world.elsewhere, "Hà Thư", "Nhân viên"), (Role.CLERK, world.elsewhere))
    before = state()
    for actor, kind in ((world.hoa, NotAllowed), (world.quang, NotFound), (clerk, NotFound)):
        with pytest.raises(kind):
            checked(world, line("Lý Văn An"), actor=actor)
    for grade in ("10", "0", "x"):
        with pytest.raises(Refused, match="IMP-013"):
            checked(world, line("Lý Văn An"), grades=grade)
    run = checked(world, line("Lý Văn An"))
    for actor in (world.quang, clerk):
        with pytest.raises(NotFound):
            services.apply_run(actor, run_id=run.id)
    assert state() == before
    assert run.state == RunState.CHECKED


def test_the_ministrys_file_replaces_temporary_codes_and_asks_where_the_class_differs(world: World) -> None:
    services.apply_run(
        world.thu, run_id=checked(world, line("Lý Văn An", so="020314001234"), line("Vi Thị Bé")).id
    )
    an, be = (Person.objects.get(full_name=name) for name in ("Lý Văn An", "Vi Thị Bé"))
    for key in (an.pk, be.pk):
        schooling.enroll(world.thu, school_class_id=world.classes["6A"].id, pupil_id=key, since=YEAR)
    make_class(world.school, world.year, "6B", 6, [])
    head = ("STT", "Lớp", "Mã định danh Bộ", "Họ và tên", "Ngày sinh", "Số định danh cá nhân")
    rows = ("1\t6A\t2012345678\tLý Văn An\t05/03/2014\t020314001234",
            "2\t6B\t2012345679\tVi Thị Bé\t05/03/2014\t")  # fmt: skip
    data = ("\t".join(head) + "\n" + "\n".join(rows) + "\n").encode()
    run = services.start_run(
        world.thu, data=data, filename="bo.csv", wanted=ImportAs("pupils", "20180001", "2025-2026")
    )
    (doubt,) = run.plan["doubts"]
    assert (doubt["who"], doubt["why"]) == (
        "Vi Thị Bé 2014-03-05 6B", "Cùng tên, cùng ngày sinh, đang có mã tạm nhưng ở lớp khác.",
    )  # fmt: skip
    temporary = PersonIdentifier.objects.get(person=an, scheme="temporary").value
    run = services.apply_run(world.thu, run_id=run.id)
    held = PersonIdentifier.objects.filter(person=an, valid_to__isnull=True)
    assert dict(held.values_list("scheme", "value"))["moet"] == "2012345678"
    assert not held.filter(scheme="temporary").exists()
    for code in (temporary, "2012345678"):
        assert {card.person_id for card in people.find_people(world.thu, code)} == {an.pk}
    assert PersonIdentifier.objects.filter(person=be, scheme="temporary", valid_to__isnull=True).exists()
    assert OutboxEvent.objects.filter(name="IdentifiersMerged").count() == 1
    services.undo_run(world.thu, run_id=run.id)
    assert held.filter(scheme="temporary").exists()
    assert not held.filter(scheme="moet").exists()
