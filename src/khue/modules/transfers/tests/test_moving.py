"""A pupil moves between two schools of one installation: one request, one release, one acceptance."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from tests.cast import SYSTEM, make_actor, make_staff

from khue.core.actor import Role
from khue.core.errors import Invalid, NotAllowed, NotFound, Refused
from khue.kit import outbox
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.gradebook import api as gradebook
from khue.modules.people import api as people
from khue.modules.register import api as register
from khue.modules.schooling import api as schooling
from khue.modules.transfers import api as transfers
from khue.modules.transfers.data import Elsewhere
from khue.modules.transfers.models import Transfer, TransferStep
from khue.modules.transfers.services.reminding import remind

if TYPE_CHECKING:
    from khue.core.actor import Actor
    from khue.modules.transfers.tests.conftest import Move

pytestmark = pytest.mark.django_db
WHY = "Gia đình chuyển nơi ở"


def ask(move: Move) -> Transfer:
    """The clerk of the old school writes down what the family asks for."""
    return transfers.request_leaving(
        move.world.thu, person_id=move.pupil, to_school_id=move.world.elsewhere.pk, reason=WHY,
        applicant="Lý Văn Sơn",
    )  # fmt: skip


def released(move: Move) -> Transfer:
    transfer = ask(move)
    return transfers.release(move.world.minh, transfer_id=transfer.id)


def accepted(move: Move) -> Transfer:
    transfer = released(move)
    done = transfers.accept(move.clerk, transfer_id=transfer.id, school_class_id=move.new_class.id)
    outbox.deliver()
    return done


def counts() -> tuple[int, ...]:
    """Everything a transfer could write."""
    models: tuple[Any, ...] = (
        Transfer, TransferStep, AuditEvent, register.RegisterEvent, schooling.ClassMembership,
    )  # fmt: skip
    return tuple(model.objects.count() for model in models)


def test_both_registers_both_classes_and_the_marks_follow_one_act(move: Move) -> None:
    world = move.world
    transfer = accepted(move)
    assert (transfer.state, transfer.to_class_id) == ("accepted", move.new_class.id)
    old = register.entry_of(world.school.pk, move.pupil)
    new = register.entry_of(world.elsewhere.pk, move.pupil)
    assert old is not None
    assert new is not None
    assert (old.state, new.state) == ("transferred", "studying")
    path = [(one.school, one.kind) for one in register.path_of(move.pupil)]
    assert path.count((world.school.name, "transferred_out")) == 1
    assert path.count((world.elsewhere.name, "transferred_in")) == 1
    stays = schooling.ClassMembership.objects.filter(pupil=move.pupil).order_by("valid_from")
    assert [(one.school_class.name, one.valid_to is None) for one in stays] == [("6A", False), ("6X", True)]
    profile = people.PupilProfile.objects.get(person=move.pupil)
    assert (profile.school_id, profile.status) == (world.elsewhere.pk, "Đang học")
    assert profile.register_number == register.number_shown(new)
    results = gradebook.pupil_results(move.new_class.id, move.pupil)
    assert {(one.subject, one.column): one.value for one in results} == {
        ("TOAN", "tx1"): "8.0", ("", "absent_excused"): "2",
    }  # fmt: skip


def test_the_deadlines_are_those_of_the_day(move: Move) -> None:
    transfer = released(move)
    # NOW is Monday 15/12/2025, under the law before TT 15/2026: three working days each.
    assert transfer.release_due == dt.date(2025, 12, 18)
    assert transfer.decision_due == dt.date(2025, 12, 18)
    assert transfer.placement_due == dt.date(2025, 12, 23)


def test_the_other_school_asks_by_code_name_and_birthday_and_strangers_learn_nothing(move: Move) -> None:
    person = people.Person.objects.get(pk=move.pupil)
    code = person.identifiers.get(scheme="moet").value
    for changed in ({"ministry_code": "0"}, {"name": "Ai Đó"}, {"born": dt.date(2014, 2, 5)}):
        wish = {"ministry_code": code, "name": person.full_name, "born": person.birth_date} | changed
        with pytest.raises(Refused) as refusal:
            transfers.request_coming(move.clerk, to_school_id=move.world.elsewhere.pk, reason=WHY, **wish)
        assert refusal.value.code == "XFER-005"
    assert not Transfer.objects.exists()
    made = transfers.request_coming(
        move.clerk, to_school_id=move.world.elsewhere.pk, ministry_code=code, name=person.full_name.lower(),
        born=person.birth_date, reason=WHY,
    )  # fmt: skip
    assert (made.side, made.from_school_id) == ("to", move.world.school.pk)


def test_one_open_transfer_a_pupil(move: Move) -> None:
    first = ask(move)
    with pytest.raises(Refused) as refusal:
        ask(move)
    assert (refusal.value.code, refusal.value.params["number"]) == ("XFER-001", first.code)
    transfers.withdraw(move.world.thu, transfer_id=first.id)
    assert ask(move).state == "requested"


def test_what_cannot_be_asked(move: Move) -> None:
    world = move.world
    before = counts()
    cases: list[tuple[Actor, dict[str, Any], type[Exception], str]] = [
        (world.thu, {"to_school_id": world.school.pk}, Refused, "XFER-004"),
        (world.thu, {"to_school_id": world.primary.pk}, Refused, "XFER-007"),
        (world.thu, {}, Invalid, "XFER-002"),
        (world.thu, {"elsewhere": Elsewhere(" ")}, Invalid, "XFER-002"),
        (world.thu, {"to_school_id": world.elsewhere.pk, "reason": "đi"}, Invalid, "XFER-006"),
        (move.clerk, {"to_school_id": world.elsewhere.pk}, NotFound, "KIT-001"),
    ]
    for actor, changed, kind, code in cases:
        with pytest.raises(kind) as refusal:
            transfers.request_leaving(actor, person_id=move.pupil, **{"reason": WHY} | changed)
        assert refusal.value.code == code  # type: ignore[attr-defined]
    assert counts() == before


def test_who_may_take_which_step(move: Move) -> None:
    transfer = ask(move)
    before = counts()
    stranger = make_actor(make_staff(move.world.primary, "Người Lạ"), (Role.CLERK, move.world.primary))
    with pytest.raises(NotAllowed):
        transfers.release(move.world.thu, transfer_id=transfer.id)  # a clerk does not let pupils go
    with pytest.raises(NotAllowed):
        transfers.release(move.head, transfer_id=transfer.id)  # nor the school that receives
    with pytest.raises(NotFound):
        transfers.release(stranger, transfer_id=transfer.id)
    with pytest.raises(Refused) as refusal:
        transfers.accept(move.clerk, transfer_id=transfer.id, school_class_id=move.new_class.id)
    assert refusal.value.code == "XFER-003"
    transfers.release(move.world.minh, transfer_id=transfer.id)
    with pytest.raises(NotAllowed):
        transfers.accept(move.world.thu, transfer_id=transfer.id, school_class_id=move.new_class.id)
    assert counts()[3:] == before[3:]


def test_only_a_class_of_the_grade_and_a_day_that_can_be(move: Move) -> None:
    transfer = released(move)
    before = counts()
    for key in (move.world.classes["6A"].id, move.world.classes["7A"].id):
        with pytest.raises(Refused) as refusal:
            transfers.accept(move.clerk, transfer_id=transfer.id, school_class_id=key)
        assert refusal.value.code == "XFER-008"
    for day in (move.clerk.today + dt.timedelta(days=1), move.clerk.today - dt.timedelta(days=1)):
        with pytest.raises(Invalid) as wrong:
            transfers.accept(move.clerk, transfer_id=transfer.id, school_class_id=move.new_class.id, on=day)
        assert wrong.value.code == "XFER-009"
    assert counts() == before
    assert people.PupilProfile.objects.get(person=move.pupil).school_id == move.world.school.pk


def test_a_refusal_is_written_with_a_reason_and_leaves_the_pupil_where_she_is(move: Move) -> None:
    transfer = released(move)
    with pytest.raises(Invalid):
        transfers.refuse(move.head, transfer_id=transfer.id, reason="không")
    with pytest.raises(NotAllowed):
        transfers.refuse(move.clerk, transfer_id=transfer.id, reason="Trường đã đủ học sinh.")
    done = transfers.refuse(move.head, transfer_id=transfer.id, reason="Trường đã đủ học sinh khối 6.")
    assert (done.state, done.refusal) == ("refused", "Trường đã đủ học sinh khối 6.")
    assert TransferStep.objects.filter(transfer=transfer).last().school == move.world.elsewhere.pk
    assert register.entry_of(move.world.school.pk, move.pupil).state == "studying"
    assert register.entry_of(move.world.elsewhere.pk, move.pupil) is None


def test_a_pupil_who_comes_back_keeps_the_number(move: Move) -> None:
    world = move.world
    first = register.number_shown(register.entry_of(world.school.pk, move.pupil))
    accepted(move)
    back = transfers.request_leaving(
        move.clerk, person_id=move.pupil, to_school_id=world.school.pk, reason="Gia đình trở về quê"
    )
    transfers.release(move.head, transfer_id=back.id)
    later = world.at(world.thu, world.thu.now + dt.timedelta(days=10))
    transfers.accept(later, transfer_id=back.id, school_class_id=world.classes["6A"].id)
    outbox.deliver()
    entry = register.entry_of(world.school.pk, move.pupil)
    assert (register.number_shown(entry), entry.state) == (first, "studying")


def test_a_school_elsewhere_is_given_the_parcel_and_the_pupil_has_left(move: Move) -> None:
    world = move.world
    transfer = transfers.request_leaving(
        world.thu, person_id=move.pupil, reason=WHY, elsewhere=Elsewhere("Trường THCS Chợ Chu", "19000001")
    )
    transfers.release(world.minh, transfer_id=transfer.id)
    day = world.at(world.thu, world.thu.now + dt.timedelta(days=1))
    done = transfers.hand_over(day, transfer_id=transfer.id, received_by="Ông Lý Văn Sơn, bố")
    outbox.deliver()
    assert done.state == "handed_over"
    assert register.entry_of(world.school.pk, move.pupil).state == "transferred"
    stay = schooling.ClassMembership.objects.get(pupil=move.pupil)
    assert (stay.status, stay.valid_to) == ("Chuyển trường", day.today)


def test_within_the_installation_nothing_is_handed_over(move: Move) -> None:
    transfer = released(move)
    with pytest.raises(Refused) as refusal:
        transfers.hand_over(move.world.thu, transfer_id=transfer.id, received_by="")
    assert refusal.value.code == "XFER-011"


def test_where_schools_sign_a_release_is_a_signature(move: Move, settings: Any) -> None:
    settings.KHUE_SIGNING = "required"
    transfer = ask(move)
    with pytest.raises(Refused) as refusal:
        transfers.release(move.world.minh, transfer_id=transfer.id)
    assert refusal.value.code == "XFER-010"
    assert transfers.release(SYSTEM, transfer_id=transfer.id).state == "released"


def test_a_deadline_is_told_once_a_day_before_and_after_it_passes(move: Move) -> None:
    transfer = ask(move)  # due on Thursday 18/12
    told = []
    for days in (0, 2, 2, 3, 5):
        now = move.world.thu.now + dt.timedelta(days=days)
        told.append(remind(now))
    assert told == [0, 1, 0, 1, 1]
    events = OutboxEvent.objects.filter(name="TransferDue").order_by("id")
    assert [(one.payload["step"], one.payload["late"]) for one in events] == [
        ("release", False), ("release", False), ("release", True),
    ]  # fmt: skip
    assert {one.unit for one in events} == {move.world.school.pk}
    transfers.withdraw(move.world.thu, transfer_id=transfer.id)
    assert remind(move.world.thu.now + dt.timedelta(days=9)) == 0
