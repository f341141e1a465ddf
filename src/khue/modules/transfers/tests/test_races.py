"""Two offices at the same moment: a pupil moves once, a transfer ends once; on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.cast import World, make_actor, make_class, make_staff

from khue.core.actor import Role
from khue.core.errors import Refused
from khue.kit import outbox
from khue.modules.people import api as people
from khue.modules.register import api as register
from khue.modules.schooling import api as schooling
from khue.modules.transfers import api as transfers
from khue.modules.transfers.models import ReceivedParcel, Transfer, TransferStep
from khue.modules.transfers.tests.conftest import Move
from khue.modules.transfers.tests.parcels import packed

if TYPE_CHECKING:
    from tests.fixtures import Race

pytestmark = pytest.mark.postgres
WHY = "Gia đình chuyển nơi ở"


@pytest.fixture
def world(committed_world: World) -> World:
    """The province, seen by every connection."""
    return committed_world


@pytest.fixture
def moving(world: World) -> Move:
    """Bình of 6A may go to 6X of the other school."""
    duyen = make_staff(world.elsewhere, "Hứa Thị Duyên", "Nhân viên")
    tam = make_staff(world.elsewhere, "Đàm Văn Tâm", "Hiệu trưởng")
    new_class = make_class(world.elsewhere, world.year, "6X", 6, [])
    outbox.deliver()
    return Move(
        world, world.pupils["6A"][0], new_class, make_actor(duyen, (Role.CLERK, world.elsewhere)),
        make_actor(tam, (Role.PRINCIPAL, world.elsewhere)),
    )  # fmt: skip


def ask(move: Move) -> Transfer:
    return transfers.request_leaving(
        move.world.thu, person_id=move.pupil, to_school_id=move.world.elsewhere.pk, reason=WHY
    )


def released(move: Move) -> Transfer:
    return transfers.release(move.world.minh, transfer_id=ask(move).id)


def accept(move: Move, transfer: Transfer) -> Transfer:
    return transfers.accept(move.clerk, transfer_id=transfer.id, school_class_id=move.new_class.id)


def outcomes(found: list[Any]) -> list[str]:
    return sorted(one.code if isinstance(one, Refused) else type(one).__name__ for one in found)


def kinds(move: Move) -> list[str]:
    """The comings and goings of the pupil, in all registers."""
    return [one.kind for one in register.path_of(move.pupil) if one.kind.startswith("transferred")]


def test_a_pupil_is_accepted_once(moving: Move, race: Race) -> None:
    transfer = released(moving)
    found = race([lambda: accept(moving, transfer)] * 3)
    assert outcomes(found) == ["Transfer", "XFER-003", "XFER-003"], found
    assert TransferStep.objects.filter(transfer=transfer, state="accepted").count() == 1
    assert kinds(moving) == ["transferred_out", "transferred_in"]
    stays = schooling.ClassMembership.objects.filter(pupil=moving.pupil, valid_to__isnull=True)
    assert [stay.school_class_id for stay in stays] == [moving.new_class.id]
    assert list(register.verify_register()) == []


def test_accepted_or_withdrawn_but_not_both(moving: Move, race: Race) -> None:
    transfer = released(moving)
    found = race(
        [
            lambda: accept(moving, transfer),
            lambda: transfers.withdraw(moving.world.thu, transfer_id=transfer.id),
        ]
    )
    assert outcomes(found) == ["Transfer", "XFER-003"], found
    transfer.refresh_from_db()
    home = people.PupilProfile.objects.get(person=moving.pupil).school_id
    if transfer.state == "accepted":
        assert home == moving.world.elsewhere.pk
        assert kinds(moving) == ["transferred_out", "transferred_in"]
    else:
        assert (transfer.state, home) == ("withdrawn", moving.world.school.pk)
        assert kinds(moving) == []
    assert list(register.verify_register()) == []


def test_both_schools_ask_and_one_request_stands(moving: Move, race: Race) -> None:
    person = people.Person.objects.get(pk=moving.pupil)
    code = person.identifiers.get(scheme="moet").value
    found = race(
        [
            lambda: ask(moving),
            lambda: transfers.request_coming(
                moving.clerk, to_school_id=moving.world.elsewhere.pk, ministry_code=code,
                name=person.full_name, born=person.birth_date, reason=WHY,
            ),
        ]
    )  # fmt: skip
    assert outcomes(found) == ["Transfer", "XFER-001"], found
    assert Transfer.objects.count() == TransferStep.objects.count() == 1


def test_a_pupil_moves_on_while_she_changes_class(moving: Move, race: Race) -> None:
    """A class of the old school and the new school at once: she sits in one class, whoever came first."""
    other = make_class(moving.world.school, moving.world.year, "6B", 6, [])
    transfer = released(moving)
    found = race(
        [
            lambda: accept(moving, transfer),
            lambda: schooling.move_class(
                moving.world.thu, school_class_id=moving.world.classes["6A"].id, pupil_id=moving.pupil,
                to_class_id=other.id, on=moving.world.thu.today,
            ),
        ]
    )  # fmt: skip
    assert [one for one in found if not isinstance(one, Exception)], found
    assert not [one for one in found if isinstance(one, Exception) and not isinstance(one, Refused)], found
    stays = schooling.ClassMembership.objects.filter(pupil=moving.pupil, valid_to__isnull=True)
    assert stays.count() == 1
    home = people.PupilProfile.objects.get(person=moving.pupil).school_id
    assert stays.get().school_id == home
    assert list(register.verify_register()) == []


def test_one_parcel_is_received_once(moving: Move, signers: Any, race: Race) -> None:
    file = packed(signers)
    found = race(
        [
            lambda: transfers.receive(moving.clerk, school_id=moving.world.elsewhere.pk, file=file),
            lambda: transfers.receive(moving.head, school_id=moving.world.elsewhere.pk, file=file),
        ]
    )
    assert outcomes(found) == ["Transfer", "XFER-025"], found
    assert Transfer.objects.count() == ReceivedParcel.objects.count() == 1


def test_one_code_is_received_once_whatever_the_file(moving: Move, signers: Any, race: Race) -> None:
    files = [packed(signers), packed(signers)]  # signed twice: other bytes, the same code
    assert files[0] != files[1]
    found = race(
        [
            lambda file=file: transfers.receive(
                moving.clerk, school_id=moving.world.elsewhere.pk, file=file
            )
            for file in files
        ]
    )  # fmt: skip
    assert outcomes(found) == ["Transfer", "XFER-025"], found
    assert Transfer.objects.count() == ReceivedParcel.objects.count() == 1
