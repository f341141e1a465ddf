"""Announcements that come late or twice: what an office wrote meanwhile stands. Each was once a fault."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.cast import NOW, SYSTEM, World, make_class

from khue.core.errors import Refused
from khue.kit import outbox
from khue.kit.models import OutboxEvent
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange, Release
from khue.modules.register import api as register
from khue.modules.register.models import RegisterEntry
from khue.modules.register.tests.acts import kinds, move_away, refused
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db
DAY = NOW.date()


def test_who_was_suspended_by_a_decision_is_not_back_for_a_new_phone_number(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry = entries[0]
    register.record_event(world.thu, entry_id=entry.id, kind="suspended", on=DAY, decision="5/QĐ")
    change = PersonChange(entry.person_id, pupil={"contact_phone": "0912345678"})
    people.change_person(world.thu, person_id=entry.person_id, changes=change)
    outbox.deliver()
    entry.refresh_from_db()
    assert entry.state == "suspended"
    assert "returned" not in kinds(entry)


def test_a_place_of_before_does_not_bring_back_who_left_since(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry, other = entries[0], make_class(world.school, world.year, "6B", 6, [])
    schooling.move_class(
        world.thu, school_class_id=world.classes["6A"].id, pupil_id=entry.person_id, to_class_id=other.id,
        on=DAY + dt.timedelta(days=3),
    )  # fmt: skip
    register.record_event(world.thu, entry_id=entry.id, kind="dropped_out", on=DAY, decision="6/QĐ")
    outbox.deliver()
    entry.refresh_from_db()
    assert entry.state == "left"
    register.record_event(world.thu, entry_id=entry.id, kind="returned", on=DAY, paper="Đơn xin học lại")
    follow_again(world)
    assert kinds(entry)[2:] == ["dropped_out", "returned", "class_moved"]


def follow_again(world: World) -> None:
    """Everything that was announced comes once more."""
    OutboxEvent.objects.update(delivered_at=None)
    outbox.deliver()
    assert list(register.verify_register()) == []


def test_nobody_is_taken_up_again_who_is_a_pupil_of_another_school(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry = entries[0]
    register.record_event(world.thu, entry_id=entry.id, kind="dropped_out", on=DAY, decision="6/QĐ")
    move_away(world, entry)
    for kind in ("returned", "transferred_in"):
        with refused(Refused, "REG-005"):
            register.record_event(world.thu, entry_id=entry.id, kind=kind, on=DAY, decision="7/QĐ")
    there = register.entry_of(world.elsewhere.pk, entry.person_id)
    assert there is not None
    assert there.state == "studying"


def test_a_move_that_is_heard_after_the_pupil_came_back_says_nothing(
    world: World, entries: list[RegisterEntry]
) -> None:
    entry = entries[0]
    for old, new in ((world.school, world.elsewhere), (world.elsewhere, world.school)):
        people.move_pupil(
            SYSTEM, person_id=entry.person_id, to_school_id=new.pk, on=DAY, release=Release(old.pk)
        )
    follow_again(world)
    entry.refresh_from_db()
    assert (entry.state, kinds(entry)) == ("studying", ["admitted", "class_placed"])


def test_places_taken_back_by_an_undo_are_said_in_the_register(
    world: World, entries: list[RegisterEntry]
) -> None:
    gone, back = entries[0].person_id, entries[1].person_id
    key = world.classes["6A"].id
    schooling.leave_class(world.thu, school_class_id=key, pupil_id=back, on=DAY, status="Thôi học")
    outbox.deliver()
    schooling.withdraw_members(world.thu, school_class_id=key, pupil_ids=[gone])
    schooling.restore_stays(world.thu, school_class_id=key, stays={back: (None, "Đang học")})
    change = PersonChange(back, pupil={"status": "Đang học"})
    people.change_person(world.thu, person_id=back, changes=change)
    outbox.deliver()
    for entry in entries[:2]:
        entry.refresh_from_db()
    assert (entries[0].class_name, entries[1].state) == ("", "studying")
    assert kinds(entries[0])[-1] == kinds(entries[1])[-1] == "corrected"
    follow_again(world)
