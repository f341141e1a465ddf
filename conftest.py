"""The test world, stricter than production. The environment is set before Django reads it."""

from __future__ import annotations

import os
import socket
import tempfile

import pytest
from hypothesis import HealthCheck, settings

os.environ["KHUE_DATA_DIR"] = tempfile.mkdtemp(prefix="khue-test-")
os.environ["KHUE_SECRET_KEY"] = "test secret, never used elsewhere"  # noqa: S105 - of the test world only
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "khue.project.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's loop runs in the test's thread

pytest_plugins = ["tests.fixtures"]
settings.register_profile("khue", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("khue")

_connect = socket.socket.connect


def _local_only(self: socket.socket, address: object) -> object:
    if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
        msg = f"a test tried to reach {address[0]}"
        raise RuntimeError(msg)
    return _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> None:
    """Nothing outside this machine is reachable from a test."""
    socket.socket.connect = _local_only  # type: ignore[method-assign,assignment]
