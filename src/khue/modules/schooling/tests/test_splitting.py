"""A grade goes into classes in one act and back: services, refusals, and that nothing changed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
from tests.cast import SYSTEM, World, make_pupils, write

from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.kit import outbox
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.people import api as people
from khue.modules.schooling import api as schooling
from khue.modules.schooling.data import Newcomer, RoomPlan
from khue.modules.schooling.models import (
    ClassMembership,
    ClassSplit,
    ClassSubject,
    SchoolClass,
    SplitState,
    SubjectChoice,
)
from khue.modules.schooling.services import splitting

pytestmark = pytest.mark.django_db
SINCE = dt.date(2025, 9, 5)
NAMES = tuple(f"{'Vi Thị' if n % 2 else 'Lý Văn'} Em{n:02d}" for n in range(13))


def counts():
    tables = (SchoolClass, ClassMembership, ClassSubject, SubjectChoice, AuditEvent, OutboxEvent)
    return [table.objects.count() for table in tables]


def draft(world: World, grade: int = 8, *, names=NAMES, school=None, actor=None, **facts) -> ClassSplit:
    """A first answer for newcomers of a grade."""
    unit = school or world.school
    ids = make_pupils(unit, names, 2077000000)
    newcomers = [Newcomer(key, **{k: v[n] for k, v in facts.items()}) for n, key in enumerate(ids)]
    return schooling.draft_split(
        actor or world.thu, school_id=unit.pk, year=world.year, grade=grade, newcomers=newcomers
    )


def rooms(*names: str) -> list[RoomPlan]:
    return [RoomPlan(name) for name in names]


def test_a_grade_is_split_confirmed_in_one_act_and_undone(world: World) -> None:
    row = draft(world)
    assert [room["name"] for room in row.rooms] == ["8A"]  # thirteen fit into one
    row = splitting.change_split(
        world.thu, split_id=row.id, seen=row.version, rooms=rooms("8a", "8B", "8C")
    )
    assert sorted(Counter(row.places.values()).values()) == [4, 4, 5]
    moved = next(key for key, name in row.places.items() if name == "8A")
    row = splitting.move_in_split(
        world.thu, split_id=row.id, seen=row.version, pupil_ids=[_id(moved)], room="8C"
    )
    before = counts()
    row = splitting.apply_split(world.thu, split_id=row.id, seen=row.version, since=SINCE)
    outbox.deliver()
    names = dict(
        ClassMembership.objects.filter(school_class__grade=8).values_list("pupil", "school_class__name")
    )
    assert {str(key): name for key, name in names.items()} == row.places
    assert row.places[moved] == "8C"
    event = AuditEvent.objects.get(action="schooling.split.applied")
    assert event.after == {"seed": 1, "by_hand": 1, "since": "2025-09-05"}
    assert OutboxEvent.objects.filter(name="MembershipChanged").count() >= 3
    splitting.undo_split(world.thu, split_id=row.id)
    assert not SchoolClass.objects.filter(grade=8).exists()
    assert counts()[:4] == before[:4]
    row.refresh_from_db()
    assert row.state == SplitState.UNDONE


def _id(text: str):
    from uuid import UUID

    return UUID(text)


def test_a_seed_repeats_and_places_by_hand_stay(world: World) -> None:
    row = draft(world)
    row = splitting.change_split(world.thu, split_id=row.id, seen=1, rooms=rooms("8A", "8B"))
    first, rules = dict(row.places), splitting.rules_of(row)
    other = splitting.change_split(
        world.thu, split_id=row.id, seen=row.version, rules=replace(rules, seed=99)
    )
    again = splitting.change_split(world.thu, split_id=row.id, seen=other.version, rules=rules)
    assert again.places == first
    key = next(iter(first))
    room = "8B" if first[key] == "8A" else "8A"
    hand = splitting.move_in_split(
        world.thu, split_id=row.id, seen=again.version, pupil_ids=[_id(key)], room=room
    )
    anew = splitting.change_split(
        world.thu, split_id=row.id, seen=hand.version, rules=replace(rules, seed=5)
    )
    assert anew.places[key] == room
    free = splitting.change_split(
        world.thu, split_id=row.id, seen=anew.version, rules=rules, keep_by_hand=False
    )
    assert free.places == first


def test_an_existing_class_fills_up_and_keeps_its_own_pupils_at_the_undo(world: World) -> None:
    row = draft(world, 6, names=NAMES[:7])
    assert [room["name"] for room in row.rooms] == ["6A"]
    row = splitting.change_split(world.thu, split_id=row.id, seen=1, rooms=rooms("6A", "6B"))
    assert Counter(row.places.values()) == {"6B": 6, "6A": 1}  # five are in 6A already
    row = splitting.apply_split(world.thu, split_id=row.id, seen=row.version, since=SINCE)
    outbox.deliver()
    splitting.undo_split(world.thu, split_id=row.id)
    present = ClassMembership.objects.filter(school_class=world.classes["6A"])
    assert set(present.values_list("pupil_id", flat=True)) == set(world.pupils["6A"])
    assert not SchoolClass.objects.filter(name="6B").exists()


def test_once_somebody_has_a_mark_there_is_no_way_back(world: World) -> None:
    row = draft(world, names=NAMES[:4])
    row = splitting.apply_split(world.thu, split_id=row.id, seen=row.version, since=SINCE)
    outbox.deliver()
    made = SchoolClass.objects.get(name="8A")
    world.classes["8A"] = made
    write(SYSTEM, world.sheet("8A", "TOAN"), _id(next(iter(row.places))), "tx1", "8")
    before = counts()
    with pytest.raises(Refused, match="GRADE-039"):
        splitting.undo_split(world.thu, split_id=row.id)
    assert counts() == before
    row.refresh_from_db()
    assert row.state == SplitState.APPLIED


def test_combinations_become_classes_and_choices(world: World) -> None:
    one, two, odd = "VL,HH,SH,TIN", "DL,GDKTPL,AN,TIN", "MT,CN,VL,HH"
    wished = [one] * 6 + [two] * 4 + [odd] * 3
    clerk = replace(world.thu, grants=(replace(world.thu.grants[0], unit_id=world.upper.pk),), cache={})
    row = draft(world, 10, school=world.upper, actor=clerk, combination=wished)
    row = splitting.change_split(
        clerk, split_id=row.id, seen=1,
        rooms=[RoomPlan("10A2", (one,)), RoomPlan("10A3", (two, "cn, hh,mt,VL"))],
    )
    assert Counter(row.places.values()) == {"10A2": 6, "10A3": 7}
    row = splitting.apply_split(clerk, split_id=row.id, seen=row.version, since=SINCE)
    outbox.deliver()
    mixed = SchoolClass.objects.get(name="10A3")
    learns = set(ClassSubject.objects.filter(school_class=mixed).values_list("subject__code", flat=True))
    assert {"DL", "GDKTPL", "AN", "TIN", "MT", "CN", "VL", "HH"} <= learns
    choices = SubjectChoice.objects.filter(class_subject__school_class=mixed, takes_subject=True)
    by_subject = Counter(choices.values_list("class_subject__subject__code", flat=True))
    assert by_subject == {"DL": 4, "GDKTPL": 4, "AN": 4, "TIN": 4, "MT": 3, "CN": 3, "VL": 3, "HH": 3}
    pure = SchoolClass.objects.get(name="10A2")
    assert not SubjectChoice.objects.filter(class_subject__school_class=pure).exists()
    splitting.undo_split(clerk, split_id=row.id)
    assert not SchoolClass.objects.filter(name__in=("10A2", "10A3")).exists()


def test_who_is_placed_meanwhile_stops_the_confirmation(world: World) -> None:
    row = draft(world, names=NAMES[:3])
    key = _id(next(iter(row.places)))
    schooling.enroll(world.thu, school_class_id=world.classes["7A"].id, pupil_id=key, since=SINCE)
    before = counts()
    with pytest.raises(Conflict, match="SCH-034"):
        splitting.apply_split(world.thu, split_id=row.id, seen=row.version, since=SINCE)
    assert counts() == before
    row = splitting.change_split(world.thu, split_id=row.id, seen=row.version)
    assert len(row.places) == 2
    splitting.apply_split(world.thu, split_id=row.id, seen=row.version, since=SINCE)


def test_only_the_office_splits_and_strangers_learn_nothing(world: World) -> None:
    row = draft(world, names=NAMES[:3])
    before = counts()
    acts = (
        lambda actor: splitting.change_split(actor, split_id=row.id, seen=1),
        lambda actor: splitting.move_in_split(actor, split_id=row.id, seen=1, pupil_ids=[], room="8A"),
        lambda actor: splitting.apply_split(actor, split_id=row.id, seen=1, since=SINCE),
        lambda actor: splitting.undo_split(actor, split_id=row.id),
    )
    for act in acts:
        for stranger in (world.quang, world.hoa):
            with pytest.raises(NotFound):
                act(stranger)
    for actor, kind in ((world.hoa, NotAllowed), (world.quang, NotFound)):
        with pytest.raises(kind):
            schooling.draft_split(
                actor, school_id=world.school.pk, year=world.year, grade=8, newcomers=[]
            )
    assert counts() == before


def test_what_is_wrong_is_refused_and_nothing_changes(world: World) -> None:
    row = draft(world, names=NAMES[:3])
    before = counts()
    for options, kind, code in (
        ({"rooms": []}, Invalid, "SCH-030"),
        ({"rooms": rooms("6A")}, Refused, "SCH-036"),
        ({"rooms": rooms("lớp tám")}, Invalid, "SCH-012"),
        ({"rooms": [RoomPlan("8B", ("VL",))]}, Invalid, "SCH-038"),
        ({"seen": 9}, Conflict, "SCH-035"),
    ):
        with pytest.raises(kind) as caught:
            splitting.change_split(world.thu, split_id=row.id, **({"seen": row.version} | options))
        assert caught.value.code == code
    with pytest.raises(Conflict, match="SCH-035"):
        splitting.move_in_split(world.thu, split_id=row.id, seen=row.version, pupil_ids=[], room="9Z")
    with pytest.raises(Invalid, match="SCH-005"):
        splitting.apply_split(
            world.thu, split_id=row.id, seen=row.version, since=dt.date(2027, 1, 1)
        )
    with pytest.raises(Conflict, match="SCH-033"):
        splitting.undo_split(world.thu, split_id=row.id)
    for grade, code in ((11, "SCH-001"), (9, "SCH-039")):
        with pytest.raises(Refused) as caught:
            schooling.draft_split(
                world.thu, school_id=world.school.pk, year=world.year, grade=grade, newcomers=[]
            )
        assert caught.value.code == code
    assert counts() == before


def test_a_big_grade_is_drafted_and_placed_in_few_statements(
    world: World, django_assert_max_num_queries
) -> None:
    names = tuple(f"Hà Văn {n:03d}" for n in range(120))
    ids = make_pupils(world.school, names, 2066000000)
    newcomers = [Newcomer(key) for key in ids]
    with django_assert_max_num_queries(16):
        row = schooling.draft_split(
            world.thu, school_id=world.school.pk, year=world.year, grade=9, newcomers=newcomers
        )
    assert sorted(Counter(row.places.values()).values()) == [40, 40, 40]
    with django_assert_max_num_queries(110):
        splitting.apply_split(world.thu, split_id=row.id, seen=row.version, since=SINCE)
    assert people.PupilProfile.objects.filter(person__in=ids).count() == 120
