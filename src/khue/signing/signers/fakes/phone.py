"""The phone of the holder (điện thoại người ký): it rings, and somebody confirms, refuses, or sleeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Condition


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def __call__(self) -> dt.datetime:
        """The time it shows."""
        return self.at

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.at += dt.timedelta(seconds=seconds)


class Habit(StrEnum):
    """What the holder does without being told."""

    ASK = "ask"  # nothing: a person or a test decides
    CONFIRM = "confirm"
    REFUSE = "refuse"


class Decision(StrEnum):
    """Where a ticket stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(slots=True)
class Ticket:
    """One time that the phone rang."""

    number: int
    title: str
    count: int
    rang: dt.datetime
    until: dt.datetime
    decision: Decision = Decision.WAITING


class Phone:
    """One phone for all services; `after` is how many seconds the holder takes to do what is their habit."""

    def __init__(
        self, now: Callable[[], dt.datetime], *, habit: Habit = Habit.ASK, after: float = 0.0
    ) -> None:
        self._now, self.habit, self.after = now, habit, after
        self.tickets: list[Ticket] = []
        self._changed = Condition()

    def ring(self, title: str, count: int, seconds: float) -> Ticket:
        """Ask the holder; the ticket says later what they did."""
        now = self._now()
        with self._changed:
            ticket = Ticket(len(self.tickets) + 1, title, count, now, now + dt.timedelta(seconds=seconds))
            self.tickets.append(ticket)
        return ticket

    def look(self, ticket: Ticket) -> Decision:
        """What became of a ticket by now."""
        with self._changed:
            if ticket.decision is Decision.WAITING:
                ticket.decision = self._by_now(ticket)
            return ticket.decision

    def confirm(self, number: int | None = None) -> None:
        """The holder says yes, to one ticket or to all that wait."""
        self._decide(number, Decision.CONFIRMED)

    def refuse(self, number: int | None = None) -> None:
        """The holder says no."""
        self._decide(number, Decision.REFUSED)

    def waiting(self) -> list[Ticket]:
        """Tickets that nobody has answered."""
        return [ticket for ticket in self.tickets if self.look(ticket) is Decision.WAITING]

    def wait(self, ticket: Ticket, seconds: float) -> Decision:
        """Hold the line, in real seconds, until somebody decides."""
        with self._changed:
            self._changed.wait_for(lambda: ticket.decision is not Decision.WAITING, seconds)
        return self.look(ticket)

    def _by_now(self, ticket: Ticket) -> Decision:
        now = self._now()
        if now >= ticket.until:
            return Decision.EXPIRED
        if self.habit is not Habit.ASK and now >= ticket.rang + dt.timedelta(seconds=self.after):
            return Decision.CONFIRMED if self.habit is Habit.CONFIRM else Decision.REFUSED
        return Decision.WAITING

    def _decide(self, number: int | None, decision: Decision) -> None:
        for ticket in self.waiting():
            if number in (None, ticket.number):
                with self._changed:
                    ticket.decision = decision
                    self._changed.notify_all()
