"""Which version stands in the store, what waits for an officer, recalls and cancellations."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.cast import World
from tests.unchanged import refused

from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.store.data import EndAsked
from khue.modules.store.models import ReceivedRequest, StoredEvent, StoredFile, StoredRecord
from khue.modules.store.services import deciding
from khue.modules.store.tests.conftest import Door
from khue.modules.store.tests.press import File, Press

pytestmark = pytest.mark.django_db
WHY, PAPER = "Nhập nhầm kết quả của học sinh.", "Số 12/QĐ-THCS"


def send(door: Door, press: Press, *files: File, code: str) -> list[tuple[str, tuple[str, ...]]]:
    return door.judge(press.manifest(*files, code=code), *files)


def states() -> dict[int, str]:
    return dict(StoredRecord.objects.order_by("version").values_list("version", "state"))


def ask(door: Door, file: File, **changed: Any) -> EndAsked:
    told = {
        "id": str(uuid4()), "kind": "recall", "code": file.item.code, "digest": file.item.digest,
        "reason": WHY, "authority": PAPER,
    }  # fmt: skip
    return EndAsked(**(told | changed))


def receive(door: Door, asked: EndAsked):
    return deciding.receive_request(door.sender, asked, UUID(asked.id))


def test_a_new_version_takes_the_place_of_the_stored_one(door: Door, press: Press) -> None:
    first = press.transcript()
    second = press.transcript(version=2, replaces=first.item.digest)
    assert send(door, press, first, code="A") == [("accepted", ())]
    assert send(door, press, second, code="B") == [("accepted", ())]
    assert states() == {1: "superseded", 2: "accepted"}
    assert StoredRecord.objects.get(version=2).replaces.version == 1
    assert StoredFile.objects.count() == 2  # the old one stays readable
    # The old one again: it is known, and does not come back into force.
    assert send(door, press, first, code="C") == [("already", ("STO-058",))]
    assert states() == {1: "superseded", 2: "accepted"}


def test_versions_that_do_not_follow_are_rejected(door: Door, press: Press) -> None:
    first = press.transcript()
    third = press.transcript(version=3, replaces=first.item.digest)
    send(door, press, first, code="A")
    assert send(door, press, press.transcript(version=2), code="B") == [("rejected", ("STO-057",))]
    wrong = press.transcript(version=2, replaces="0" * 64)
    assert send(door, press, wrong, code="C") == [("rejected", ("STO-057",))]
    twin = press.transcript(1, title="Học bạ khác")
    assert send(door, press, twin, code="D") == [("rejected", ("STO-056",))]
    assert send(door, press, third, code="E") == [("accepted", ())]
    late = press.transcript(version=2, replaces=first.item.digest)
    assert send(door, press, late, code="F") == [("rejected", ("STO-055",))]
    assert states() == {1: "superseded", 3: "accepted"}


def test_a_first_version_that_was_never_sent_is_not_asked_for(door: Door, press: Press) -> None:
    later = press.transcript(version=4, replaces="1" * 64)
    assert send(door, press, later, code="A") == [("accepted", ())]


def test_one_pupil_has_one_page_of_a_year(door: Door, press: Press) -> None:
    send(door, press, press.transcript(1), code="A")
    other = press.transcript(1, code="HB-OTHER")
    assert send(door, press, other, code="B") == [("rejected", ("STO-060",))]
    assert send(door, press, press.transcript(1, code="HB-NEXT", year="2026-2027"), code="C") == [
        ("accepted", ())
    ]


def test_two_versions_in_one_package(door: Door, press: Press) -> None:
    """A manifest names each code once; the second version comes in the next package."""
    first = press.transcript()
    second = press.transcript(version=2, replaces=first.item.digest)
    with pytest.raises(Invalid) as refusal:
        send(door, press, first, second, code="A")
    assert refusal.value.code == "STO-025"


def doubtful(press: Press, number: int = 1, **facts: Any) -> File:
    own = Press()
    own.expired()
    return own.transcript(number, **facts)


def test_what_is_not_certain_waits_for_an_officer(world: World, door: Door, press: Press) -> None:
    yes, no = doubtful(press, 1), doubtful(press, 2)
    assert send(door, press, yes, no, code="A") == [("held", ("STO-061",))] * 2
    # Sent again it still waits, once.
    assert send(door, press, yes, code="B") == [("held", ("STO-061",))]
    assert StoredRecord.objects.count() == 2
    keys = dict(StoredRecord.objects.values_list("code", "id"))
    with refused(Invalid, "STO-070"):
        deciding.decide(world.son, record_id=keys["HB-0001"], accept=True, reason="Được")
    for stranger in (world.minh, world.thu, world.quang):
        with refused(NotFound, "KIT-001"):
            deciding.decide(stranger, record_id=keys["HB-0001"], accept=True, reason=WHY)
    done, refusals = deciding.decide_many(world.son, record_ids=[keys["HB-0001"]], accept=True, reason=WHY)
    assert (done, refusals) == (1, [])
    deciding.decide(world.son, record_id=keys["HB-0002"], accept=False, reason=WHY)
    assert dict(StoredRecord.objects.values_list("code", "state")) == {
        "HB-0001": "accepted", "HB-0002": "rejected",
    }  # fmt: skip
    assert [one for one, _ in door.answers("A")] == ["accepted", "rejected"]
    assert [one for one, _ in door.answers("B")] == ["accepted"]
    with refused(Conflict, "STO-071"):
        deciding.decide(world.son, record_id=keys["HB-0001"], accept=False, reason=WHY)
    event = StoredEvent.objects.filter(record=keys["HB-0002"]).last()
    assert (event.person_name, event.reason) == ("Lương Văn Sơn", WHY)


def test_the_setting_rejects_what_is_not_certain(door: Door, press: Press, settings: Any) -> None:
    settings.KHUE_STORE_DOUBT = "reject"
    assert send(door, press, doubtful(press), code="A") == [("rejected", ("STO-061",))]
    assert not StoredRecord.objects.exists()


def test_a_root_that_nobody_knows_leaves_a_doubt(door: Door, press: Press) -> None:
    """No official root is put in here: nobody can say whose the certificate is."""
    own = Press()
    own.foreign()
    assert send(door, press, own.transcript(), code="A") == [("held", ("STO-061",))]


def test_a_doubtful_version_is_judged_again_when_it_is_decided(
    world: World, door: Door, press: Press
) -> None:
    first = press.transcript()
    send(door, press, first, code="A")
    second = doubtful(press, version=2, replaces=first.item.digest)
    assert send(door, press, second, code="B") == [("held", ("STO-061",))]
    third = press.transcript(version=3, replaces=first.item.digest)
    assert send(door, press, third, code="C") == [("accepted", ())]
    key = StoredRecord.objects.get(version=2).id
    with refused(Refused, "STO-055"):
        deciding.decide(world.son, record_id=key, accept=True, reason=WHY)
    deciding.decide(world.son, record_id=key, accept=False, reason=WHY)
    assert states() == {1: "superseded", 2: "rejected", 3: "accepted"}


def test_an_accepted_doubt_replaces_the_version_before(world: World, door: Door, press: Press) -> None:
    first = press.transcript()
    send(door, press, first, code="A")
    send(door, press, doubtful(press, version=2, replaces=first.item.digest), code="B")
    deciding.decide(world.son, record_id=StoredRecord.objects.get(version=2).id, accept=True, reason=WHY)
    assert states() == {1: "superseded", 2: "accepted"}


@pytest.mark.parametrize(("kind", "state"), [("recall", "recalled"), ("cancel", "cancelled")])
def test_a_record_ends_when_the_department_agrees(
    world: World, door: Door, press: Press, kind: str, state: str
) -> None:
    file = press.transcript()
    send(door, press, file, code="A")
    asked = ask(door, file, kind=kind)
    assert receive(door, asked).state == "sent"
    assert receive(door, asked).state == "sent"  # once more is the same
    row = ReceivedRequest.objects.get()
    for stranger in (world.minh, world.quang):
        with refused(NotFound, "KIT-001"):
            deciding.decide_request(stranger, request_id=row.id, approve=True, note=WHY)
    with refused(Invalid, "STO-070"):
        deciding.decide_request(world.son, request_id=row.id, approve=True, note="")
    deciding.decide_request(world.son, request_id=row.id, approve=True, note="Đồng ý thu hồi.")
    assert states() == {1: state}
    assert receive(door, asked) == deciding.request_state(door.sender, row.sent_id)
    assert receive(door, asked).state == "approved"
    assert bytes(StoredFile.objects.get().content) == file.data
    event = StoredEvent.objects.last()
    assert (event.state, event.reason, event.authority) == (state, WHY, PAPER)
    assert OutboxEvent.objects.filter(name="StoredEnded").count() == 1
    assert AuditEvent.objects.filter(action="store.request.decided", reason="Đồng ý thu hồi.").exists()
    with refused(Conflict, "STO-072"):
        deciding.decide_request(world.son, request_id=row.id, approve=True, note=WHY)
    # The same bytes do not come back; a new version that names them, or none, does.
    assert send(door, press, file, code="B") == [("rejected", ("STO-059",))]
    assert send(door, press, press.transcript(version=2), code="C") == [("accepted", ())]
    assert states() == {1: state, 2: "accepted"}


def test_a_refused_request_changes_nothing_but_its_answer(world: World, door: Door, press: Press) -> None:
    file = press.transcript()
    send(door, press, file, code="A")
    asked = ask(door, file)
    receive(door, asked)
    deciding.decide_request(world.son, request_id=ReceivedRequest.objects.get().id, approve=False, note=WHY)
    assert states() == {1: "accepted"}
    assert (receive(door, asked).state, receive(door, asked).note) == ("refused", WHY)


def test_requests_that_name_nothing_are_refused(world: World, door: Door, press: Press) -> None:
    file = press.transcript()
    send(door, press, file, code="A")
    for changed, kind, code in (
        ({"kind": "delete"}, Invalid, "STO-037"),
        ({"reason": "Vì"}, Invalid, "STO-004"),
        ({"authority": " "}, Invalid, "STO-004"),
        ({"digest": "0" * 64}, Refused, "STO-073"),
        ({"code": "HB-9"}, Refused, "STO-073"),
    ):
        with refused(kind, code):
            receive(door, ask(door, file, **changed))
    first = ask(door, file)
    receive(door, first)
    with refused(Conflict, "STO-074"):
        receive(door, ask(door, file, id=first.id, reason="Một lí do khác hẳn."))
    with refused(Conflict, "STO-006"):
        receive(door, ask(door, file))
    other = Door(type(door.sender)(world.elsewhere, door.sender.actor))
    with refused(Refused, "STO-073"):
        receive(other, ask(door, file))
    with refused(NotFound, "STO-032"):
        deciding.request_state(other.sender, ReceivedRequest.objects.get().sent_id)


def test_a_newer_version_that_came_meanwhile_is_not_recalled(world: World, door: Door, press: Press) -> None:
    first = press.transcript()
    send(door, press, first, code="A")
    receive(door, ask(door, first))
    send(door, press, press.transcript(version=2, replaces=first.item.digest), code="B")
    row = ReceivedRequest.objects.get()
    with refused(Refused, "STO-073"):
        deciding.decide_request(world.son, request_id=row.id, approve=True, note=WHY)
    assert states() == {1: "superseded", 2: "accepted"}


def test_an_officer_who_only_reads_decides_nothing(world: World, door: Door, press: Press) -> None:
    from tests.cast import make_actor

    from khue.core.actor import Role
    from khue.modules.people.api import Person

    send(door, press, doubtful(press), code="A")
    person = Person.objects.get(pk=world.son.person_id)
    reader = make_actor(person, (Role.COMMUNE_OFFICER, world.department))
    with refused((NotFound, NotAllowed)):
        deciding.decide(reader, record_id=StoredRecord.objects.get().id, accept=True, reason=WHY)
