"""The school's side: what is ready, packages, sending that resumes, answers, requests."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.cast import NOW, World
from tests.unchanged import refused, unchanged

from khue.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from khue.kit import outbox
from khue.modules.records.models import Certificate
from khue.modules.records.services import documents
from khue.modules.store import transport, work
from khue.modules.store.models import (
    OutgoingRequest,
    Package,
    PackageItem,
    Receipt,
    ReceivedRequest,
    StoredRecord,
)
from khue.modules.store.services import asking, deciding, packaging, receiving, sending
from khue.modules.store.tests.school import Office

pytestmark = pytest.mark.django_db
WHY, PAPER = "Nhập nhầm kết quả của học sinh.", "Số 12/QĐ-THCS"


def make(world: World, office: Office, **options: Any) -> Package:
    """One package, sealed and issued."""
    (package,) = packaging.make(world.thu, school_id=world.school.pk, **options)
    office.settle()
    return package


def answers(package: Package) -> list[str]:
    return list(PackageItem.objects.filter(package=package).values_list("state", flat=True))


def test_one_act_sends_what_is_issued(world: World, office: Office) -> None:
    issued = office.issue(3)
    package = make(world, office)
    package.document.refresh_from_db()
    assert (package.count, package.state, package.document.state) == (3, "packaged", "issued")
    assert work.work(NOW) > 0
    package.refresh_from_db()
    assert (package.state, package.sent, package.trouble) == ("answered", package.size, "")
    assert answers(package) == ["accepted"] * 3
    assert {row.digest for row in StoredRecord.objects.all()} == {row.digest for row in issued}
    assert work.work(NOW) == 0  # nothing is left to do
    with refused(Refused, "STO-001"):
        packaging.make(world.thu, school_id=world.school.pk)


def test_only_what_is_new_goes_into_the_next_package(world: World, office: Office) -> None:
    office.issue(2)
    make(world, office)
    work.work(NOW)
    office.issue(3)
    office.correct(0)
    package = make(world, office)
    work.work(NOW)
    assert [(row.version, row.state) for row in package.items.all()] == [(1, "accepted"), (2, "accepted")]
    assert sorted(StoredRecord.objects.values_list("version", "state")) == [
        (1, "accepted"), (1, "accepted"), (1, "superseded"), (2, "accepted"),
    ]  # fmt: skip


def test_what_was_rejected_is_sent_again_when_somebody_says_so(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.issue(2)
    package = make(world, office)
    from khue.modules.store.services import storing

    real = storing.judging.rule
    monkeypatch.setattr(
        storing.judging, "rule", lambda item, *rest: real(item, rest[0], frozenset(), rest[2])
    )
    work.work(NOW)
    assert answers(package) == ["rejected"] * 2
    reasons = package.items.first().reasons
    assert [one["code"] for one in reasons] == ["STO-054"]
    monkeypatch.setattr(storing.judging, "rule", real)
    with refused(Refused, "STO-001"):
        packaging.make(world.thu, school_id=world.school.pk)
    office.issue(3)  # one is new since then: it waits for its own «Gửi»
    again = make(world, office, again=True)
    work.work(NOW)
    assert answers(again) == ["accepted"] * 2
    assert packaging.ready(world.school.pk, again=True) == {}
    assert [len(rows) for rows in packaging.ready(world.school.pk).values()] == [1]


def test_who_may_send(world: World, office: Office) -> None:
    office.issue(1)
    for actor, kind in (
        (world.hoa, NotFound), (world.quang, NotFound), (world.son, NotAllowed),
    ):  # fmt: skip
        with refused(kind):
            packaging.make(actor, school_id=world.school.pk)
    package = make(world, office)
    for actor, kind in ((world.hoa, NotFound), (world.quang, NotFound), (world.son, NotAllowed)):
        with refused(kind):
            packaging.cancel(actor, package_id=package.pk)
        with refused(kind):
            sending.hurry(actor, package_id=package.pk)


def test_a_school_without_a_seal_is_told_so(world: World, office: Office) -> None:
    office.issue(1)
    Certificate.objects.filter(school=world.school).update(ended_at=NOW)
    with refused(Refused, "STO-003"):
        packaging.make(world.thu, school_id=world.school.pk)


def test_a_package_waits_for_its_seal(world: World, office: Office) -> None:
    office.issue(1)
    (package,) = packaging.make(world.thu, school_id=world.school.pk)
    work.work(NOW)
    package.refresh_from_db()
    assert (package.state, package.attempts, package.trouble) == ("packaged", 0, "")
    assert not Receipt.objects.exists()
    office.settle()
    work.work(NOW + sending.SHORT)
    package.refresh_from_db()
    assert package.state == "answered"


def test_a_package_may_be_given_up_before_it_is_sent(world: World, office: Office) -> None:
    office.issue(2)
    package = make(world, office)
    packaging.cancel(world.thu, package_id=package.pk)
    assert work.work(NOW) == 0
    assert not Receipt.objects.exists()
    with refused(Refused, "STO-002"):
        packaging.cancel(world.thu, package_id=package.pk)
    with refused(Refused, "STO-002"):
        sending.hurry(world.thu, package_id=package.pk)
    again = make(world, office)
    work.work(NOW)
    with refused(Refused, "STO-002"):
        packaging.cancel(world.thu, package_id=again.pk)
    Package.objects.filter(pk=again.pk).update(state="packaged", working_since=NOW)
    with refused(Refused, "STO-008"):
        packaging.cancel(world.thu, package_id=again.pk)


class Cut:
    """A line that is cut after so many calls, before or after what it carried arrived."""

    def __init__(self, real: Any, calls: int, *, arrives: bool) -> None:
        self.real, self.calls, self.arrives = real, calls, arrives

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> Any:
            if self.calls == 0:
                if self.arrives:
                    getattr(self.real, name)(*args)
                raise Refused("STO-010", what="ConnectError")
            self.calls -= 1
            return getattr(self.real, name)(*args)

        return call


@pytest.mark.parametrize("arrives", [False, True])
@pytest.mark.parametrize("calls", range(7))
def test_a_cut_line_is_taken_up_where_it_broke(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch, calls: int, arrives: bool
) -> None:
    """Open, four pieces, finish, answers: cut at each of them, then the line is good again."""
    office.issue(2)
    package = make(world, office)
    monkeypatch.setattr(sending, "LARGEST_CHUNK", -(-package.size // 4))
    real = transport.transport_for
    monkeypatch.setattr(
        sending, "transport_for", lambda school, now: Cut(real(school, now), calls, arrives=arrives)
    )
    sending.send_waiting(NOW)
    package.refresh_from_db()
    assert (package.trouble, package.attempts) == ("STO-010", 1)
    assert package.next_at == NOW + sending.FIRST_PAUSE
    monkeypatch.setattr(sending, "transport_for", real)
    assert sending.send_waiting(NOW) == 0  # the pause is kept
    later = NOW + sending.FIRST_PAUSE
    work.work(later)
    package.refresh_from_db()
    assert (package.state, package.trouble, package.attempts) == ("answered", "", 0)
    assert answers(package) == ["accepted"] * 2
    assert StoredRecord.objects.count() == Receipt.objects.get().count == 2


def test_pauses_grow_and_end_at_six_hours(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.issue(1)
    package = make(world, office)
    monkeypatch.setattr(sending, "transport_for", lambda school, now: Cut(None, 0, arrives=False))
    now, pauses = NOW, []
    for _ in range(13):
        assert sending.send_waiting(now) == 1
        package.refresh_from_db()
        pauses.append(package.next_at - now)
        now = package.next_at
    assert pauses[:3] == [dt.timedelta(seconds=30), dt.timedelta(minutes=1), dt.timedelta(minutes=2)]
    assert pauses[-1] == dt.timedelta(hours=6)
    sending.hurry(world.thu, package_id=package.pk)
    package.refresh_from_db()
    assert package.next_at == NOW


def test_a_process_that_was_killed_is_followed_by_another(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.issue(2)
    package = make(world, office)
    monkeypatch.setattr(sending, "LARGEST_CHUNK", -(-package.size // 4))
    real, pieces = receiving.append, []

    def dying(*args: Any, **kwargs: Any) -> Any:
        if len(pieces) == 2:
            raise KeyboardInterrupt
        pieces.append(kwargs["offset"])
        return real(*args, **kwargs)

    monkeypatch.setattr(receiving, "append", dying)
    with pytest.raises(KeyboardInterrupt):
        sending.send_waiting(NOW)
    Package.objects.update(working_since=NOW)  # it could not even give its claim back
    monkeypatch.setattr(receiving, "append", real)
    with unchanged():
        assert sending.send(package.pk, NOW + dt.timedelta(minutes=1)) == 0
    package.refresh_from_db()
    assert package.sent == 2 * -(-package.size // 4)
    work.work(NOW + sending.PATIENCE * 1.01)
    package.refresh_from_db()
    assert package.state == "answered"
    assert answers(package) == ["accepted"] * 2


def test_a_store_that_lost_a_package_gets_it_again(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The department restored an old copy of its database after the school had sent."""
    from khue.modules.store.services import storing

    office.issue(1)
    package = make(world, office)
    monkeypatch.setattr(storing, "process_small", lambda *args: 0)
    sending.send_waiting(NOW)
    package.refresh_from_db()
    assert package.state == "submitted"
    receipt = Receipt.objects.get()
    receipt.chunks.all()._raw_delete("default")
    receipt.items.all()._raw_delete("default")
    Receipt.objects.all()._raw_delete("default")
    now = NOW + sending.ASK_AGAIN
    sending.send_waiting(now)
    package.refresh_from_db()
    assert (package.state, package.sent) == ("packaged", 0)
    work.work(now + sending.FIRST_PAUSE)
    work.work(now + sending.FIRST_PAUSE + sending.ASK_AGAIN)
    package.refresh_from_db()
    assert package.state == "answered"


def test_a_recall_goes_to_the_department_and_comes_back(world: World, office: Office) -> None:
    office.issue(2)
    package = make(world, office)
    item = package.items.first()
    with refused(Refused, "STO-005"):
        asking.ask(world.minh, item_id=item.pk, kind="recall", reason=WHY, authority=PAPER)
    work.work(NOW)
    for actor, kind in (
        (world.thu, NotAllowed), (world.son, NotAllowed), (world.hoa, NotFound), (world.quang, NotFound),
    ):  # fmt: skip
        with refused(kind):
            asking.ask(actor, item_id=item.pk, kind="recall", reason=WHY, authority=PAPER)
    for reason, authority in (("Vì", PAPER), (WHY, ""), (WHY, "x" * 201)):
        with refused(Invalid, "STO-004"):
            asking.ask(world.minh, item_id=item.pk, kind="recall", reason=reason, authority=authority)
    row = asking.ask(world.minh, item_id=item.pk, kind="cancel", reason=WHY, authority=PAPER)
    with refused(Conflict, "STO-006"):
        asking.ask(world.minh, item_id=item.pk, kind="recall", reason=WHY, authority=PAPER)
    work.work(NOW)
    row.refresh_from_db()
    assert row.state == "sent"
    deciding.decide_request(
        world.son, request_id=ReceivedRequest.objects.get().pk, approve=True, note="Đồng ý, số 3/SGD."
    )
    work.work(NOW + sending.HELD_AGAIN)
    row.refresh_from_db()
    assert (row.state, row.note) == ("approved", "Đồng ý, số 3/SGD.")
    assert StoredRecord.objects.get(digest=item.digest).state == "cancelled"


def test_a_request_waits_while_the_line_is_down(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.issue(1)
    package = make(world, office)
    work.work(NOW)
    item = package.items.get()
    row = asking.ask(world.minh, item_id=item.pk, kind="recall", reason=WHY, authority=PAPER)
    real = transport.transport_for
    monkeypatch.setattr(sending, "transport_for", lambda school, now: Cut(real(school, now), 0, arrives=True))
    sending.send_waiting(NOW)
    row.refresh_from_db()
    assert (row.state, row.trouble, row.attempts) == ("waiting", "STO-010", 1)
    monkeypatch.setattr(sending, "transport_for", real)
    sending.send_waiting(NOW + sending.FIRST_PAUSE)
    row.refresh_from_db()
    assert (row.state, row.trouble) == ("sent", "")
    assert ReceivedRequest.objects.count() == 1


def test_what_the_school_recalls_is_asked_for_by_itself(world: World, office: Office) -> None:
    (document,) = office.issue(1)
    make(world, office)
    work.work(NOW)
    documents.cancel(world.minh, document_id=document.pk, reason=WHY, authority=PAPER)
    outbox.deliver()
    row = OutgoingRequest.objects.get()
    assert (row.kind, row.reason, row.authority) == ("recall", WHY, PAPER)
    outbox.deliver()
    work.work(NOW)
    assert ReceivedRequest.objects.get().kind == "recall"


def test_a_store_elsewhere_needs_a_key(world: World, office: Office, settings: Any) -> None:
    settings.KHUE_STORE_URL = "http://127.0.0.1:1/kho-hoc-ba/api/v1"
    office.issue(1)
    package = make(world, office)
    sending.send_waiting(NOW)
    package.refresh_from_db()
    assert package.trouble == "STO-013"
