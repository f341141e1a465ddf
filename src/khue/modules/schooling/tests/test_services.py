"""Services of classes with the named cast: what is done, refused, denied, and that nothing changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from tests.cast import SINCE, SYSTEM, World, make_pupils, make_staff

from khue.core.actor import Actor
from khue.core.errors import Conflict, Invalid, KhueError, NotAllowed, NotFound, Refused
from khue.core.ids import uuid7
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.people import api as people
from khue.modules.schooling import api as schooling
from khue.modules.schooling.data import Choice
from khue.modules.schooling.models import (
    ClassMembership,
    ClassSubject,
    HomeroomAssignment,
    SchoolClass,
    SchoolYear,
    SubjectChoice,
    TeachingAssignment,
    Term,
)

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 12, 15)
TABLES = (
    SchoolYear, Term, SchoolClass, ClassSubject, TeachingAssignment, HomeroomAssignment, ClassMembership,
    SubjectChoice, AuditEvent, OutboxEvent,
)  # fmt: skip


def everything() -> list[list[tuple[object, ...]]]:
    return [list(table.objects.order_by("pk").values_list()) for table in TABLES]


def refused(error: type[KhueError], code: str, act: Callable[[], object]) -> KhueError:
    """The act is refused with this code and leaves every table as it was."""
    before = everything()
    with pytest.raises(error) as raised:
        act()
    assert raised.value.code == code
    assert everything() == before
    return raised.value


def denied(world: World, act: Callable[[Actor], object]) -> None:
    """Hoa and Sơn see but may not; Quang, of another school, finds nothing."""
    for actor in (world.hoa, world.lan, world.son):
        refused(NotAllowed, "KIT-002", lambda actor=actor: act(actor))
    refused(NotFound, "KIT-001", lambda: act(world.quang))


# Years


def test_a_year_is_opened_once_with_its_terms(world: World) -> None:
    starts = (dt.date(2026, 9, 5), dt.date(2027, 1, 18))
    year = schooling.open_year(world.thu, code="2026 - 2027", term_starts=starts, ends_on=dt.date(2027, 6, 1))
    assert year.code == "2026-2027"
    assert (year.starts_on, year.ends_on) == (dt.date(2026, 8, 1), dt.date(2027, 8, 1))
    again = schooling.open_year(world.minh, code="2026-2027", term_starts=(), ends_on=dt.date(2027, 6, 1))
    assert again == year
    assert [(term.number, term.weeks) for term in schooling.terms(year)] == [(1, 18), (2, 17), (3, 0)]
    days = {dt.date(2026, 8, 10): 1, dt.date(2027, 1, 17): 1, dt.date(2027, 1, 18): 2, dt.date(2027, 6, 1): 3}
    assert {day: schooling.term_of(day, year) for day in days} == days


def test_only_the_office_opens_years(world: World) -> None:
    for actor in (world.hoa, world.son, world.quang):
        refused(
            NotAllowed, "KIT-002",
            lambda actor=actor: schooling.open_year(
                actor, code="2026-2027", term_starts=(dt.date(2026, 9, 5),), ends_on=dt.date(2027, 6, 1)
            ),
        )


def test_terms_that_do_not_follow_are_refused(world: World) -> None:
    starts = (dt.date(2027, 1, 18), dt.date(2026, 9, 5))
    refused(
        Invalid, "SCH-014",
        lambda: schooling.open_year(
            world.thu, code="2026-2027", term_starts=starts, ends_on=dt.date(2027, 6, 1)
        ),
    )


def test_a_school_plans_its_own_terms(world: World) -> None:
    starts = (dt.date(2025, 9, 8), dt.date(2026, 1, 26))

    def plan(actor: Actor) -> object:
        return schooling.set_terms(
            actor, year_id=world.year.id, unit_id=world.school.pk, term_starts=starts,
            ends_on=dt.date(2026, 6, 8),
        )

    denied(world, plan)
    plan(world.thu)
    assert [term.starts_on for term in schooling.terms(world.year, world.school.pk)][:2] == list(starts)
    assert schooling.terms(world.year)[1].starts_on == dt.date(2026, 1, 19)
    plan(world.thu)
    assert Term.objects.filter(unit=world.school).count() == 3
    refused(
        NotAllowed, "KIT-002",
        lambda: schooling.set_terms(
            world.thu, year_id=world.year.id, term_starts=starts, ends_on=dt.date(2026, 6, 8)
        ),
    )


# Classes


def open_8a(actor: Actor, world: World, **options: object) -> SchoolClass:
    options = {"name": "8a", "grade": 8, "school_id": world.school.pk} | options
    return schooling.open_class(actor, year=world.year, **options)  # type: ignore[arg-type]


def test_a_class_is_bound_to_its_regulation_and_curriculum(world: World) -> None:
    row = open_8a(world.thu, world)
    assert (row.name, row.level, row.regime, row.sort_key) == ("8A", "THCS", "TT22", "0008a")
    subjects = {item.subject.code: item for item in schooling.class_subjects(row.id)}
    assert subjects["TOAN"].ongoing_required == 4  # 140 periods
    assert subjects["GDTC"].kind == "comment"
    assert not any(item.elective for item in subjects.values())
    event = AuditEvent.objects.get(action="schooling.class.opened", subject_id=str(row.id))
    assert event.actor_name == "Vi Thị Thu"
    assert OutboxEvent.objects.filter(name="ClassOpened", payload__school_class_id=str(row.id)).exists()


def test_a_primary_class_has_its_tests_and_an_old_class_its_old_regulation(world: World) -> None:
    subjects = {item.subject.code: item for item in schooling.class_subjects(world.classes["4A"].id)}
    assert (subjects["TOAN"].tested_midterm, subjects["TOAN"].tested_endterm) == (True, True)
    assert not subjects["GDTC"].tested_endterm
    old = schooling.open_year(
        SYSTEM, code="2020-2021", term_starts=(dt.date(2020, 9, 5), dt.date(2021, 1, 18)),
        ends_on=dt.date(2021, 6, 1),
    )
    row = schooling.open_class(SYSTEM, school_id=world.school.pk, year=old, name="9A", grade=9)
    assert row.regime == "TT58+26"


def test_an_upper_class_learns_its_combination_and_topics(world: World) -> None:
    row = world.classes["10A1"]
    subjects = {item.subject.code: item for item in schooling.class_subjects(row.id)}
    assert {"VL", "HH", "SH", "TIN"} <= set(subjects)
    assert "DL" not in subjects
    assert (subjects["TOAN"].has_topic, subjects["TOAN"].topic_term) == (True, 2)
    assert row.combination == "VL,HH,SH,TIN"


@pytest.mark.parametrize(
    ("options", "error", "code"),
    [
        ({"grade": 10, "name": "10A1"}, Refused, "SCH-001"),
        ({"grade": 13}, Invalid, "CORE-008"),
        ({"name": "6A", "grade": 6}, Refused, "SCH-002"),
        ({"electives": ("HOA",)}, Invalid, "SCH-003"),
        ({"name": "lớp tám"}, Invalid, "SCH-012"),
        ({"name": ""}, Invalid, "SCH-012"),
        ({"topics": {"TOAN": 2}}, Invalid, "SCH-016"),
    ],
)
def test_a_class_that_cannot_be_is_refused(
    world: World, options: dict[str, object], error: type[KhueError], code: str
) -> None:
    refused(error, code, lambda: open_8a(world.thu, world, **options))


def test_who_may_not_open_a_class(world: World) -> None:
    denied(world, lambda actor: open_8a(actor, world))


def test_a_subject_is_added_once(world: World) -> None:
    row = world.classes["6A"]

    def add(actor: Actor) -> ClassSubject:
        return schooling.add_subject(actor, school_class_id=row.id, code="TDT")

    denied(world, add)
    assert add(world.thu) == add(world.thu)
    refused(
        Invalid, "SCH-003", lambda: schooling.add_subject(world.thu, school_class_id=row.id, code="VL")
    )


def test_periods_decide_the_number_of_assessments(world: World) -> None:
    subject = world.subject("6A", "NN1")
    required = subject.ongoing_required

    def plan(actor: Actor, **plan: object) -> ClassSubject:
        return schooling.change_class_subject(actor, class_subject_id=subject.id, **plan)  # type: ignore[arg-type]

    denied(world, lambda actor: plan(actor, periods_per_year=140))
    assert plan(world.thu, periods_per_year=140).ongoing_required == 4 >= required
    # Columns that may hold marks do not vanish in the middle of the year.
    refused(Refused, "SCH-017", lambda: plan(world.thu, periods_per_year=35))
    refused(Invalid, "SCH-015", lambda: plan(world.thu, periods_per_year=0))
    refused(Invalid, "SCH-016", lambda: plan(world.thu, has_topic=True))
    before = AuditEvent.objects.count()
    plan(world.thu, periods_per_year=140)
    assert AuditEvent.objects.count() == before
    summer = world.at(world.thu, dt.datetime(2025, 8, 20, 8, tzinfo=dt.UTC))
    assert plan(summer, periods_per_year=35).ongoing_required == 2


def test_a_subject_that_becomes_one_of_choice_loses_nobody(world: World) -> None:
    schooling.change_class_subject(
        world.thu, class_subject_id=world.subject("6A", "TIN").id, elective=True
    )
    subject = world.subject("6A", "TIN")
    assert schooling.pupils_of_sheet(world.classes["6A"].id, subject, None) == set(world.pupils["6A"])
    later = make_pupils(world.school, ("Chu Thị Yến",), 2088000000)
    schooling.enroll(world.thu, school_class_id=world.classes["6A"].id, pupil_id=later[0], since=DAY)
    assert later[0] not in schooling.pupils_of_sheet(world.classes["6A"].id, subject, None)


# Pupils


def test_pupils_are_listed_by_given_name_and_later_ones_follow(world: World) -> None:
    row = world.classes["6A"]
    names = [line.name for line in schooling.roster(row.id)]
    assert names == ["Vi Thị Ánh", "Lý Tiến Bình", "Hoàng Ngọc Châu", "Lăng Minh Cường", "Nông Văn Đức"]
    new = make_pupils(world.school, ("Bế Văn An",), 2088000000)
    schooling.enroll(world.thu, school_class_id=row.id, pupil_id=new[0], since=DAY)
    listed = schooling.roster(row.id)
    assert (listed[-1].name, listed[-1].position, listed[-1].ministry_code) == ("Bế Văn An", 6, "2088000000")
    assert len(schooling.roster(row.id, dt.date(2025, 10, 1))) == 5


def test_who_cannot_be_enrolled(world: World) -> None:
    row, (pupil, *_) = world.classes["6A"], world.pupils["7A"]
    new = make_pupils(world.school, ("Bế Văn An",), 2088000000)[0]

    def enroll(actor: Actor, pupil: object = new, since: dt.date = DAY) -> object:
        return schooling.enroll(actor, school_class_id=row.id, pupil_id=pupil, since=since)  # type: ignore[arg-type]

    denied(world, enroll)
    assert refused(Refused, "SCH-004", lambda: enroll(world.thu, pupil)).params["name"] == "7A"
    refused(Refused, "SCH-018", lambda: enroll(world.thu, world.pupils["4A"][0]))  # another school's pupil
    refused(Refused, "SCH-018", lambda: enroll(world.thu, uuid7()))
    refused(Invalid, "SCH-005", lambda: enroll(world.thu, since=dt.date(2026, 9, 1)))
    twice = [schooling.NewMember(new, DAY), schooling.NewMember(new, DAY)]
    refused(
        Refused, "SCH-004",
        lambda: schooling.enroll_many(world.thu, school_class_id=row.id, members=twice),
    )


def test_a_pupil_who_leaves_stays_in_the_sheet(world: World) -> None:
    row, pupil = world.classes["6A"], world.pupils["6A"][0]

    def leave(actor: Actor, on: dt.date = DAY, status: str = "Chuyển đi") -> ClassMembership:
        return schooling.leave_class(actor, school_class_id=row.id, pupil_id=pupil, on=on, status=status)

    denied(world, leave)
    refused(Invalid, "SCH-019", lambda: leave(world.thu, SINCE))
    refused(Invalid, "SCH-019", lambda: leave(world.thu, dt.date(2026, 8, 2)))
    refused(Invalid, "SCH-020", lambda: leave(world.thu, status=" "))
    assert leave(world.thu).valid_to == DAY
    assert pupil in schooling.pupils_of_sheet(row.id, world.subject("6A", "TOAN"), None)
    line = next(line for line in schooling.roster(row.id) if line.pupil_id == pupil)
    assert line.status == "Chuyển đi"
    assert (line.left_by(DAY), line.left_by(DAY - dt.timedelta(days=1))) == (True, False)
    assert schooling.class_sizes([row.id]) == {row.id: 4}
    assert people.PupilProfile.objects.get(person=pupil).status == "Chuyển đi"
    refused(Refused, "SCH-006", lambda: leave(world.thu))


def test_moving_keeps_both_stays(world: World) -> None:
    row, pupil = world.classes["6A"], world.pupils["6A"][0]
    other = schooling.open_class(SYSTEM, school_id=world.school.pk, year=world.year, name="6B", grade=6)

    def move(actor: Actor, to: SchoolClass = other, on: dt.date = DAY) -> ClassMembership:
        return schooling.move_class(
            actor, school_class_id=row.id, pupil_id=pupil, to_class_id=to.id, on=on
        )

    denied(world, move)
    refused(Refused, "SCH-007", lambda: move(world.thu, world.classes["7A"]))
    refused(Refused, "SCH-007", lambda: move(world.thu, row))
    refused(NotFound, "KIT-001", lambda: move(world.thu, world.classes["4A"]))
    refused(Invalid, "SCH-019", lambda: move(world.thu, on=SINCE))
    assert move(world.minh).position == 1
    stays = ClassMembership.objects.filter(pupil=pupil).order_by("valid_from")
    assert [(stay.school_class.name, stay.valid_from, stay.valid_to) for stay in stays] == [
        ("6A", SINCE, DAY), ("6B", DAY, None),
    ]  # fmt: skip
    assert people.PupilProfile.objects.get(person=pupil).status == "Đang học"
    back = DAY + dt.timedelta(days=9)
    schooling.move_class(
        world.thu, school_class_id=other.id, pupil_id=pupil, to_class_id=row.id, on=back
    )
    assert [line.pupil_id for line in schooling.roster(row.id)].count(pupil) == 1


# Choices


def test_choices_and_modes(world: World) -> None:
    subject, (first, second, *_) = world.subject("10A1", "TOAN"), world.pupils["10A1"]
    assert schooling.choose_subjects(SYSTEM, class_subject_id=subject.id, pupil_ids=[first], topic=True) == 1
    schooling.set_mode(SYSTEM, class_subject_id=subject.id, pupil_id=first, mode="REDUCED", decision="QĐ 5")
    choice = SubjectChoice.objects.get()
    assert (choice.takes_topic, choice.mode, choice.decision) == (True, "REDUCED", "QĐ 5")
    # Choosing again leaves the mode alone; what is so already is not written again.
    before = AuditEvent.objects.count()
    assert schooling.choose_subjects(SYSTEM, class_subject_id=subject.id, pupil_ids=[first], topic=True) == 0
    assert AuditEvent.objects.count() == before
    schooling.choose_subjects(SYSTEM, class_subject_id=subject.id, pupil_ids=[second], takes=False)
    assert schooling.pupils_of_sheet(world.classes["10A1"].id, subject, None) == set(
        world.pupils["10A1"]
    ) - {second}


@pytest.mark.parametrize(
    ("choice", "error", "code"),
    [
        ({"mode": "EXEMPT"}, Invalid, "SCH-009"),
        ({"mode": "ABROAD"}, Invalid, "KIT-003"),
        ({"takes_topic": True}, Invalid, "SCH-016"),
    ],
)
def test_choices_that_cannot_be(
    world: World, choice: dict[str, object], error: type[KhueError], code: str
) -> None:
    wanted = [Choice(world.pupils["6A"][0], **choice)]  # type: ignore[arg-type]
    subject = world.subject("6A", "GDTC")
    refused(
        error, code, lambda: schooling.set_choices(world.thu, class_subject_id=subject.id, choices=wanted)
    )


def test_who_may_not_choose_and_for_whom(world: World) -> None:
    subject, pupil = world.subject("6A", "GDTC"), world.pupils["6A"][0]

    def exempt(actor: Actor, pupil: object = pupil) -> object:
        return schooling.set_mode(
            actor, class_subject_id=subject.id, pupil_id=pupil, mode="EXEMPT", decision="QĐ 5"  # type: ignore[arg-type]
        )

    denied(world, exempt)
    refused(Refused, "SCH-006", lambda: exempt(world.thu, world.pupils["7A"][0]))


# Teaching


def test_assigning_is_done_once_and_ends(world: World) -> None:
    subject = world.subject("7A", "VAN")

    def assign(actor: Actor, person: object = world.lan.person_id, since: dt.date = DAY) -> object:
        return schooling.assign_teacher(
            actor, school_id=world.school.pk, class_subject_id=subject.id, person_id=person, since=since  # type: ignore[arg-type]
        )

    denied(world, assign)
    refused(Refused, "SCH-008", lambda: assign(world.thu, world.quang.person_id))
    refused(Invalid, "SCH-005", lambda: assign(world.thu, since=dt.date(2026, 9, 1)))
    assign(world.thu)
    assign(world.thu)
    row = TeachingAssignment.objects.get(class_subject=subject)
    teachers = schooling.teachers_of(world.classes["7A"].id, DAY)[subject.id]
    assert teachers == [(world.lan.person_id, "Lý Thị Lan")]
    taught = schooling.taught_class_subject_ids(world.lan.person_id, DAY)
    assert subject.id in set(taught)

    denied(world, lambda actor: schooling.end_assignment(actor, assignment_id=row.id, on=DAY))
    schooling.end_assignment(world.thu, assignment_id=row.id, on=DAY + dt.timedelta(days=10))
    assert not schooling.teachers_of(world.classes["7A"].id, DAY + dt.timedelta(days=10))[subject.id]
    assert schooling.teachers_of(world.classes["7A"].id, DAY)[subject.id]


def test_a_subject_of_another_school_cannot_be_assigned(world: World) -> None:
    wanted = [schooling.Assignment(world.subject("4A", "TOAN").id, world.hoa.person_id)]
    refused(
        Refused, "SCH-013",
        lambda: schooling.assign_teachers(
            world.thu, school_id=world.school.pk, assignments=wanted, since=DAY
        ),
    )


def test_a_plan_ends_who_is_not_named_any_more(world: World) -> None:
    toan, van = world.subject("6A", "TOAN"), world.subject("6A", "VAN")
    plan = {toan.id: [world.lan.person_id], van.id: [world.lan.person_id]}
    leaders = {world.classes["6A"].id: None, world.classes["7A"].id: world.hoa.person_id}

    def save(actor: Actor, seen: str = "") -> int:
        return schooling.set_teachers(
            actor, school_id=world.school.pk, teachers=plan, homerooms=leaders, since=DAY, seen=seen
        )

    denied(world, save)
    refused(Conflict, "SCH-010", lambda: save(world.thu, "another stamp"))
    assert save(world.thu) == 4  # Hoa ends, Lan begins, two homerooms
    assert save(world.thu) == 0
    day = schooling.teachers_of(world.classes["6A"].id, DAY)
    assert [name for _, name in day[toan.id]] == ["Lý Thị Lan"]
    eve = schooling.teachers_of(world.classes["6A"].id, DAY - dt.timedelta(days=1))
    assert [name for _, name in eve[toan.id]] == ["Nông Thị Hoa"]
    assert schooling.homeroom_of(world.classes["6A"].id, DAY) is None
    assert schooling.homeroom_of(world.classes["7A"].id, DAY).name == "Nông Thị Hoa"


def test_a_class_has_one_homeroom_teacher_at_a_time(world: World) -> None:
    row = world.classes["6A"]

    def lead(actor: Actor, person: object = world.hoa.person_id, since: dt.date = DAY) -> HomeroomAssignment:
        return schooling.assign_homeroom(actor, school_class_id=row.id, person_id=person, since=since)  # type: ignore[arg-type]

    denied(world, lead)
    refused(Refused, "SCH-008", lambda: lead(world.thu, world.quang.person_id))
    refused(Invalid, "SCH-005", lambda: lead(world.thu, since=dt.date(2026, 8, 1)))
    assert lead(world.thu) == lead(world.thu)
    assert schooling.homeroom_of(row.id, DAY).name == "Nông Thị Hoa"
    assert schooling.homeroom_of(row.id, DAY - dt.timedelta(days=1)).name == "Lý Thị Lan"
    led = schooling.homeroom_class_ids(world.hoa.person_id, DAY)
    assert set(led) == {row.id}
    # From an earlier day on: everybody later gives way.
    third = make_staff(world.school, "Hứa Văn Việt")
    lead(world.thu, third.pk, dt.date(2025, 10, 1))
    assert schooling.homeroom_of(row.id, DAY).name == "Hứa Văn Việt"


# Reads


def test_reads_cost_a_fixed_number_of_queries(world: World, django_assert_num_queries) -> None:
    row, subject = world.classes["6A"], world.subject("6A", "TOAN")
    with django_assert_num_queries(2):
        assert len(schooling.roster(row.id)) == 5
    with django_assert_num_queries(1):
        schooling.pupils_of_sheet(row.id, subject, None)
    with django_assert_num_queries(1):
        schooling.pupils_of_sheet(row.id, None, None)
    with django_assert_num_queries(2):
        found = list(schooling.classes_with_subjects([item.id for item in world.classes.values()]))
        assert all(item.subject.name for row in found for item in row.subjects.all())
    with django_assert_num_queries(1):
        schooling.teachers_of(row.id, DAY)


def test_enrolling_many_costs_as_much_as_enrolling_few(world: World, django_assert_max_num_queries) -> None:
    names = tuple(f"Nông Văn {letter}" for letter in "ABCDEGHIKLMNOPQRSTUV")
    new = make_pupils(world.school, names, 2088000000)
    members = [schooling.NewMember(key, DAY) for key in new]
    with django_assert_max_num_queries(14):
        schooling.enroll_many(world.thu, school_class_id=world.classes["6A"].id, members=members)


def test_lists_and_checks_agree_on_who_sees_classes(world: World) -> None:
    seen = {
        actor.name: {row.name for row in schooling.visible_classes(actor, world.year)}
        for actor in (world.hoa, world.son, world.quang, world.minh)
    }
    assert seen["Nông Thị Hoa"] == seen["Hoàng Văn Minh"] == {"6A", "7A"}
    assert seen["Lương Văn Sơn"] == {"6A", "7A", "4A", "10A1"}
    assert seen["Triệu Văn Quang"] == set()


def test_who_leaves_the_school_teaches_and_leads_no_more(world, django_capture_on_commit_callbacks):
    job = people.Employment.objects.get(person=world.lan.person_id)
    on = DAY + dt.timedelta(days=20)
    with django_capture_on_commit_callbacks(execute=True):
        people.end_employment(SYSTEM, employment_id=job.pk, on=on)
    taught = TeachingAssignment.objects.filter(person=world.lan.person_id)
    led = HomeroomAssignment.objects.filter(person=world.lan.person_id)
    ends = {row.valid_to for row in (*taught, *led)}
    assert (taught.count(), led.count(), ends) == (2, 1, {on})
    assert schooling.homeroom_of(world.classes["6A"].id, on) is None
    assert schooling.homeroom_of(world.classes["6A"].id, DAY).person_id == world.lan.person_id
