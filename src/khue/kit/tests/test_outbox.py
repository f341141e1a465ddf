"""Announcements: written with their cause, delivered at least once, in order, unstuck by one failure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from khue.core.actor import system_actor
from khue.core.dates import VIETNAM
from khue.core.ids import uuid7
from khue.kit import outbox
from khue.kit.models import OutboxEvent

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2025, 12, 15, 8, 0, tzinfo=VIETNAM)
SYSTEM = system_actor("kiểm thử", NOW)


@dataclass(frozen=True, slots=True)
class SomethingHappened:
    """A test announcement."""

    number: int
    people: tuple[UUID, ...] = ()
    when: dt.date | None = None
    mark: Decimal | None = None


@pytest.fixture(autouse=True)
def no_other_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_HANDLERS", defaultdict(list))


def collect() -> list[int]:
    seen: list[int] = []

    @outbox.handles("SomethingHappened")
    def note(event_id: UUID, payload: dict[str, Any]) -> None:
        assert OutboxEvent.objects.get(pk=event_id).payload == payload
        seen.append(payload["number"])

    return seen


def test_an_announcement_is_plain_json() -> None:
    person, unit = uuid7(), uuid7()
    outbox.announce(SYSTEM, SomethingHappened(1, (person,), NOW.date(), Decimal("7.5")), unit=unit)
    event = OutboxEvent.objects.get()
    assert event.payload == {"number": 1, "people": [str(person)], "when": "2025-12-15", "mark": "7.5"}
    assert (event.name, event.unit, event.at) == ("SomethingHappened", unit, NOW)
    with pytest.raises(TypeError):
        outbox.announce(SYSTEM, {"number": 1})
    with pytest.raises(TypeError):
        outbox.announce(SYSTEM, SomethingHappened)


def test_what_is_rolled_back_was_never_announced() -> None:
    seen = collect()
    with transaction.atomic():
        outbox.announce(SYSTEM, SomethingHappened(1))
        transaction.set_rollback(True)
    assert outbox.deliver() == 0
    assert seen == []


def test_delivery_is_in_order_and_once_when_all_goes_well() -> None:
    seen = collect()
    for number in range(5):
        outbox.announce(SYSTEM, SomethingHappened(number))
    assert outbox.deliver(limit=3) == 3
    assert outbox.deliver() == 2
    assert outbox.deliver() == 0
    assert seen == [0, 1, 2, 3, 4]


def test_a_failure_is_tried_again_and_undoes_what_the_handler_did(caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    @outbox.handles("SomethingHappened")
    def stumble(event_id: UUID, payload: dict[str, Any]) -> None:
        tries.append(payload["number"])
        outbox.announce(SYSTEM, SomethingHappened(100 + payload["number"]))
        if len(tries) == 1:
            raise RuntimeError("stumbled")

    outbox.announce(SYSTEM, SomethingHappened(1), unit=uuid7())
    assert outbox.deliver() == 0
    assert "attempt 1" in caplog.text
    assert OutboxEvent.objects.get().attempts == 1
    assert outbox.deliver() == 1
    assert tries == [1, 1]
    assert OutboxEvent.objects.count() == 2


def test_one_failing_unit_does_not_stop_the_others_nor_lose_its_order() -> None:
    good, bad = uuid7(), uuid7()
    seen: list[int] = []
    broken = True

    @outbox.handles("SomethingHappened")
    def note(event_id: UUID, payload: dict[str, Any]) -> None:
        if broken and payload["number"] == 1:
            raise RuntimeError("broken")
        seen.append(payload["number"])

    for number, unit in ((1, bad), (2, good), (3, bad), (4, good)):
        outbox.announce(SYSTEM, SomethingHappened(number), unit=unit)
    assert outbox.deliver() == 2
    assert seen == [2, 4]
    broken = False
    assert outbox.deliver() == 2
    assert seen == [2, 4, 1, 3]


def test_an_announcement_that_never_succeeds_is_left_for_people() -> None:
    def fail(event_id: UUID, payload: dict[str, Any]) -> None:
        raise RuntimeError("never")

    outbox.handles("SomethingHappened")(fail)
    outbox.handles("SomethingHappened")(fail)  # registered once
    outbox.announce(SYSTEM, SomethingHappened(1))
    for _ in range(outbox.MAX_ATTEMPTS + 5):
        assert outbox.deliver() == 0
    event = OutboxEvent.objects.get()
    assert (event.attempts, event.delivered_at) == (outbox.MAX_ATTEMPTS, None)
