"""What waits for a time-stamp (hàng đợi dấu thời gian): pure rules, stored elsewhere.

Signing never waits for an authority: a finished signature is queued, reported as "not yet certain",
and stamped when the authority answers. Oldest first, because certificates may be revoked meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    """Where an item stands."""

    WAITING = "waiting"
    STAMPED = "stamped"
    FAILED = "failed"  # given up; a person must look


@dataclass(frozen=True, slots=True)
class Backoff:
    """How patient to be."""

    first: dt.timedelta = dt.timedelta(minutes=1)
    factor: int = 2
    longest: dt.timedelta = dt.timedelta(hours=1)
    give_up: dt.timedelta = dt.timedelta(days=7)  # after the item was queued

    def after(self, attempts: int) -> dt.timedelta:
        """How long to wait after so many failures."""
        wait = self.first
        for _ in range(attempts - 1):
            wait *= self.factor
            if wait >= self.longest:
                return self.longest
        return min(wait, self.longest)


DEFAULT = Backoff()


@dataclass(frozen=True, slots=True)
class Item:
    """One value that waits for its stamp."""

    id: str
    digest: bytes
    queued_at: dt.datetime
    state: State = State.WAITING
    attempts: int = 0
    next_at: dt.datetime | None = None  # not before; None: at once
    code: str = ""  # of the last failure
    stamped_at: dt.datetime | None = None


def due(items: Iterable[Item], now: dt.datetime, *, limit: int = 100) -> list[Item]:
    """What to stamp now, oldest first.

    After the first failure of the authority itself (`SIGN-270` to `SIGN-274`) the caller ends its round:
    the others would only wait for the same silence.
    """
    ready = [one for one in items if one.state is State.WAITING and (one.next_at or one.queued_at) <= now]
    return sorted(ready, key=lambda one: (one.queued_at, one.id))[:limit]


def next_time(items: Iterable[Item]) -> dt.datetime | None:
    """When the first item becomes due; None when nothing waits."""
    return min((one.next_at or one.queued_at for one in items if one.state is State.WAITING), default=None)


def after_success(item: Item, time: dt.datetime) -> Item:
    """The item with its stamp; `time` is that of the token."""
    return replace(item, state=State.STAMPED, stamped_at=time, next_at=None, code="")


def after_failure(item: Item, now: dt.datetime, code: str, *, backoff: Backoff = DEFAULT) -> Item:
    """The item after a failure: waits longer each time, and is given up after a week."""
    attempts = item.attempts + 1
    if now - item.queued_at >= backoff.give_up:
        return replace(item, state=State.FAILED, attempts=attempts, next_at=None, code=code)
    return replace(item, attempts=attempts, next_at=now + backoff.after(attempts), code=code)


def again(item: Item, now: dt.datetime) -> Item:
    """A given-up item that a person sends again: it counts as queued now, and is due at once."""
    return replace(item, state=State.WAITING, queued_at=now, attempts=0, next_at=None, code="")
