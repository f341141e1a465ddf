"""The queue of stamps: oldest first, more patient after each failure, never lost."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from khue.signing.tests.trust_world import DAY, HOUR, MINUTE, NOW
from khue.signing.tsa.queue import Backoff, Item, State, after_failure, after_success, again, due, next_time


def item(name: str, queued: dt.datetime = NOW, **changes: object) -> Item:
    return Item(name, b"digest", queued, **changes)


def test_oldest_first_and_only_what_is_due() -> None:
    items = [
        item("new", NOW + HOUR),
        item("young", NOW - MINUTE),
        item("old", NOW - DAY),
        item("waits", NOW - DAY, next_at=NOW + MINUTE),
        item("done", NOW - DAY, state=State.STAMPED),
        item("given up", NOW - DAY, state=State.FAILED),
    ]
    assert [one.id for one in due(items, NOW)] == ["old", "young"]
    assert [one.id for one in due(items, NOW, limit=1)] == ["old"]
    assert next_time(items) == NOW - DAY
    assert next_time([items[4]]) is None


def test_waits_double_up_to_the_longest() -> None:
    one, now, waits = item("a"), NOW, []
    for _ in range(9):
        one = after_failure(one, now, "SIGN-270")
        assert one.next_at is not None
        waits.append((one.next_at - now) // MINUTE)
        now = one.next_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (one.attempts, one.code, one.state) == (9, "SIGN-270", State.WAITING)


def test_given_up_after_a_week_and_sent_again() -> None:
    late = after_failure(item("a"), NOW + 7 * DAY, "SIGN-274")
    assert (late.state, late.next_at, due([late], NOW + 30 * DAY)) == (State.FAILED, None, [])
    fresh = again(late, NOW + 8 * DAY)
    assert (fresh.attempts, fresh.code, due([fresh], NOW + 8 * DAY)) == (0, "", [fresh])


def test_a_stamp_ends_the_waiting() -> None:
    done = after_success(after_failure(item("a"), NOW, "SIGN-271"), NOW + HOUR)
    assert (done.state, done.stamped_at, done.code, due([done], NOW + DAY)) == (
        State.STAMPED, NOW + HOUR, "", [],
    )  # fmt: skip


@given(st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=30))
def test_an_item_is_never_lost(pauses: list[int]) -> None:
    """Whatever the failures: waiting with a next time, or given up."""
    one, now, backoff = item("a"), NOW, Backoff()
    for pause in pauses:
        now += dt.timedelta(minutes=pause)
        if one in due([one], now):
            one = after_failure(one, now, "SIGN-270", backoff=backoff)
            assert (one.state is State.FAILED) == (now - NOW >= backoff.give_up)
        if one.state is State.WAITING:
            assert (one.next_at or one.queued_at) <= now + backoff.longest
