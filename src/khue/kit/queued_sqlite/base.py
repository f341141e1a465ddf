"""SQLite whose writers stand in a queue instead of sleeping.

SQLite has one writer at a time. Who finds the place taken sleeps for up to 100 ms and looks again,
while the place may long be free. Here a writer waits for its turn first: within a process at a
lock, between processes at a lock of the system on a file beside the database. The turn ends with
the transaction. What does not stand in the queue (a single statement, another program) is still
kept apart by SQLite itself.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

try:
    import fcntl
except ImportError:  # Windows: one process serves there
    fcntl = None  # type: ignore[assignment]

PAUSE = 0.0001  # seconds between two looks at another process's turn


class Turn:
    """The right to write to one file: one holder in all processes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._handle: int | None = None
        self._opened_by = 0

    def take(self, seconds: float) -> bool:
        """Wait for the turn; False if it did not come in that time."""
        until = time.monotonic() + seconds
        if not self._lock.acquire(timeout=seconds):
            return False
        try:
            while not self._take_from_others():
                if time.monotonic() > until:
                    self._lock.release()
                    return False
                time.sleep(PAUSE)
        except OSError:  # no lock file can be made here: SQLite's own waiting is left
            pass
        return True

    def give(self) -> None:
        """End the turn."""
        if fcntl is not None and self._handle is not None and self._opened_by == os.getpid():
            fcntl.flock(self._handle, fcntl.LOCK_UN)
        self._lock.release()

    def _take_from_others(self) -> bool:
        if fcntl is None:
            return True
        if self._handle is None or self._opened_by != os.getpid():
            # A handle that came over a fork is the parent's turn, too: each process opens its own.
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._opened_by = os.getpid()
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_turns: dict[str, Turn] = {}
_guard = threading.Lock()


def turn_of(path: str) -> Turn:
    """The one queue of a file in this process."""
    with _guard:
        return _turns.setdefault(path, Turn(path))


def _forget() -> None:
    """A child starts without the turns of its parent's threads, which do not exist in it."""
    global _guard  # noqa: PLW0603 - a lock may have been held at the fork
    _guard = threading.Lock()
    _turns.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes its turn before BEGIN IMMEDIATE and gives it back after commit or rollback."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: Turn | None = None

    def _start_transaction_under_autocommit(self) -> None:
        if self._turn is None and not self.is_in_memory_db():
            turn = turn_of(f"{self.settings_dict['NAME']}-turn")
            if not turn.take(float(self.settings_dict["OPTIONS"].get("timeout", 5))):
                msg = "database is locked: another transaction did not end in time"
                raise OperationalError(msg)
            self._turn = turn
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.give()
