"""Writers of SQLite wait for their turn, in threads and in processes; a turn always ends."""

from __future__ import annotations

import multiprocessing
import threading
import time
from pathlib import Path

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from khue.kit.queued_sqlite import SMALL, OneSaveAtATime
from khue.kit.queued_sqlite.base import DatabaseWrapper, Turn, turn_of

pytestmark = pytest.mark.django_db  # connections are opened, though not to the database of the tests


def opened(path: Path, timeout: float = 5) -> DatabaseWrapper:
    settings = {
        "ENGINE": "khue.kit.queued_sqlite", "NAME": str(path), "USER": "", "PASSWORD": "", "HOST": "",
        "PORT": "", "AUTOCOMMIT": True, "ATOMIC_REQUESTS": False, "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False, "TIME_ZONE": None, "TEST": {},
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": timeout},
    }  # fmt: skip
    made = DatabaseWrapper(settings, "queue")
    made.inc_thread_sharing()
    return made


def begin(connection: DatabaseWrapper) -> None:
    connection.ensure_connection()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection: DatabaseWrapper, how: str) -> None:
    getattr(connection, how)()
    connection.set_autocommit(True)


@pytest.mark.parametrize("how", ["commit", "rollback", "close"])
def test_a_turn_ends_with_its_transaction(tmp_path: Path, how: str) -> None:
    first, second = opened(tmp_path / "a.sqlite3"), opened(tmp_path / "a.sqlite3")
    begin(first)
    if how == "close":
        first.close()
    else:
        end(first, how)
    began = time.monotonic()
    begin(second)
    assert time.monotonic() - began < 1
    end(second, "commit")
    first.close()
    second.close()


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a.sqlite3"), opened(tmp_path / "a.sqlite3", timeout=0.1)
    begin(first)
    with pytest.raises(OperationalError, match="locked"):
        begin(second)
    second.close()
    end(first, "commit")
    third = opened(tmp_path / "a.sqlite3")
    begin(third)
    end(third, "commit")
    first.close()
    third.close()


def test_a_transaction_that_cannot_begin_keeps_no_turn(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "a.sqlite3"
    waiting = opened(path, timeout=0.1)
    waiting.ensure_connection()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError):
        begin(waiting)
    other.execute("ROLLBACK")
    other.close()
    waiting.close()
    assert turn_of(f"{path}-turn").take(1)
    turn_of(f"{path}-turn").give()


def test_threads_write_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    setup = opened(path)
    with setup.cursor() as cursor:
        cursor.execute("CREATE TABLE n (n INTEGER)")
        cursor.execute("INSERT INTO n VALUES (0)")

    def add() -> None:
        mine = opened(path)
        for _ in range(20):
            begin(mine)
            with mine.cursor() as cursor:
                (value,) = cursor.execute("SELECT n FROM n").fetchone()
                cursor.execute("UPDATE n SET n = %s", [value + 1])
            end(mine, "commit")
        mine.close()

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with setup.cursor() as cursor:
        assert cursor.execute("SELECT n FROM n").fetchone() == (80,)
    setup.close()


def _hold(path: str, taken, seconds: float) -> None:  # type: ignore[no-untyped-def] # an event of multiprocessing
    turn = Turn(path)
    assert turn.take(5)
    taken.set()
    time.sleep(seconds)
    turn.give()


@pytest.mark.skipif("__import__('os').name == 'nt'", reason="one process serves on Windows")
def test_processes_wait_for_each_other_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "a-turn")
    context = multiprocessing.get_context("spawn")
    for seconds, kill in ((0.3, False), (60, True)):
        taken = context.Event()
        other = context.Process(target=_hold, args=(path, taken, seconds))
        other.start()
        assert taken.wait(30)
        turn = Turn(path)
        assert not turn.take(0.05)
        if kill:
            other.kill()
        assert turn.take(10)
        turn.give()
        other.join(10)


def test_without_a_place_for_the_file_sqlite_itself_keeps_order(tmp_path: Path) -> None:
    turn = Turn(str(tmp_path / "no such folder" / "a-turn"))
    assert turn.take(1)
    assert not turn.take(0.01)
    turn.give()
    assert turn.take(1)
    turn.give()


SENT = [("POST", 20, 1), ("POST", SMALL + 1, 2), ("GET", 0, 2)]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the gate stands before SQLite only")
@pytest.mark.parametrize(("method", "length", "most"), SENT)
def test_small_writes_pass_the_gate_one_by_one(method: str, length: int, most: int) -> None:
    """Two at a time meet inside only where nothing small is written."""
    inside, seen, both = [0], [0], threading.Barrier(2)

    def answer(request: HttpRequest) -> HttpResponse:
        inside[0] += 1
        seen[0] = max(seen[0], inside[0])
        if most > 1:
            both.wait(5)
            seen[0] = max(seen[0], inside[0])
        else:
            time.sleep(0.05)
        inside[0] -= 1
        return HttpResponse(request.body)

    def call() -> None:
        request = RequestFactory().generic(method, "/", b"x" * length)
        assert gate(request).content == b"x" * length

    gate = OneSaveAtATime(answer)
    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [most]
