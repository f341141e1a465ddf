"""What `khue serve` does before its workers start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from khue.project import server, work

OPENS_AND_LETS_GO = """
from khue.project.sqlite import use_bundled_sqlite
use_bundled_sqlite()
import django
django.setup()
from django.db import connection
from khue.project.server import let_go
connection.cursor().execute("SELECT 1")
assert connection.connection is not None
let_go()
assert connection.connection is None
assert not getattr(connection, "_connection_pools", {})
connection.cursor().execute("SELECT 1")  # and a worker opens its own
let_go()
"""


def test_workers_inherit_no_connection(tmp_path: Path) -> None:
    """A forked worker that shares a socket with another one gets the other's answers, or waits for ever."""
    environment = os.environ | {"KHUE_DATA_DIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", OPENS_AND_LETS_GO], env=environment, capture_output=True, text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_serving_lets_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    class Server:
        def __init__(self, *_: object, **__: object) -> None:
            order.append("made")

        def serve(self) -> None:
            order.append("serves")

    class Worker:
        def terminate(self) -> None:
            order.append("worker ends")

    def beside() -> Worker:
        order.append("worker begins")
        return Worker()

    monkeypatch.setattr("granian.Granian", Server)
    monkeypatch.setattr(server, "let_go", lambda: order.append("let go"))
    monkeypatch.setattr(work, "beside", beside)
    server.serve("127.0.0.1", 8000, 2)
    assert order == ["let go", "worker begins", "made", "serves", "worker ends"]
