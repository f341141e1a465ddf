"""What a refused step of a transfer leaves: a search its line in the log, a departure nothing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from tests.cast import make_class
from tests.unchanged import refused

from khue.core.errors import Invalid, Refused
from khue.kit.models import AuditEvent
from khue.modules.schooling import api as schooling
from khue.modules.transfers import api as transfers
from khue.modules.transfers.data import Elsewhere
from khue.modules.transfers.models import Transfer

if TYPE_CHECKING:
    from khue.modules.transfers.tests.conftest import Move

pytestmark = pytest.mark.django_db


def test_a_search_in_vain_stays_in_the_log(move: Move) -> None:
    with pytest.raises(Refused) as refusal:
        transfers.request_coming(
            move.clerk, to_school_id=move.world.elsewhere.pk, ministry_code="2099000000",
            name="Ai Đó", born=dt.date(2014, 1, 5), reason="Gia đình chuyển nơi ở",
        )  # fmt: skip
    assert refusal.value.code == "XFER-005"
    assert not Transfer.objects.exists()
    line = AuditEvent.objects.get(action="transfers.transfer.not_found")
    assert (line.unit, line.actor_person) == (move.world.elsewhere.pk, move.clerk.person_id)


def test_nobody_departs_on_the_day_of_coming_into_a_class(move: Move) -> None:
    """The register would say that the pupil has gone, and the class that she is there."""
    world, key = move.world, move.world.classes["6A"].id
    other = make_class(world.school, world.year, "6B", 6, [])
    schooling.move_class(
        world.thu, school_class_id=key, pupil_id=move.pupil, to_class_id=other.id, on=world.thu.today
    )
    transfer = transfers.request_leaving(
        world.thu, person_id=move.pupil, reason="Gia đình chuyển nơi ở",
        elsewhere=Elsewhere("Trường THCS Chợ Chu"),
    )  # fmt: skip
    transfers.release(world.minh, transfer_id=transfer.id)
    with refused(Invalid, "SCH-019"):
        transfers.hand_over(world.thu, transfer_id=transfer.id, received_by="bố")
    tomorrow = world.at(world.thu, world.thu.now + dt.timedelta(days=1))
    transfers.hand_over(tomorrow, transfer_id=transfer.id, received_by="bố")
    assert not schooling.ClassMembership.objects.filter(pupil=move.pupil, valid_to__isnull=True).exists()
