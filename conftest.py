"""The test world, stricter than production. The environment is set before Django reads it."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a developer's machine has set must not change what a test finds.
KEPT = {"KHUE_DATABASE_URL", "KHUE_SAMPLES", "KHUE_CHROMIUM", "KHUE_TEST_POSTGRES"}
for name in [name for name in os.environ if name.startswith("KHUE_") and name not in KEPT]:
    del os.environ[name]
FOLDER = Path(tempfile.mkdtemp(prefix="khue-test-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
(FOLDER / "static").mkdir()
os.environ["KHUE_DATA_DIR"] = str(FOLDER)
os.environ["KHUE_SECRET_KEY"] = "test secret, never used elsewhere"  # noqa: S105 - of the test world only
os.environ["KHUE_SIGNING"] = "optional"  # what signing adds has tests of its own
os.environ["DJANGO_SETTINGS_MODULE"] = "khue.project.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's loop runs in the test's thread

import django  # noqa: E402 - reads the environment set above

django.setup()

pytest_plugins = ["tests.fixtures"]
settings.register_profile(
    "khue", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("khue")

HERE = {"127.0.0.1", "::1", "localhost", "0.0.0.0"}  # noqa: S104 - compared, not listened on
_connect = socket.socket.connect


def _local_only(self: socket.socket, address: object) -> object:
    if isinstance(address, tuple) and address[0] not in HERE:
        msg = f"a test tried to reach {address[0]}"
        raise RuntimeError(msg)
    return _connect(self, address)  # type: ignore[arg-type]


socket.socket.connect = _local_only  # type: ignore[method-assign,assignment]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser or PostgreSQL where there is none, with the reason."""
    from khue.project.check import ONLY_POSTGRES, chromium

    postgres = os.environ.get("KHUE_DATABASE_URL", "").startswith("postgres")
    without_browser = chromium() is None
    for item in items:
        if item.get_closest_marker("postgres") and not postgres:
            item.add_marker(pytest.mark.skip(reason=ONLY_POSTGRES))
        if item.get_closest_marker("browser") and without_browser:
            item.add_marker(pytest.mark.skip(reason="no Chromium"))


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """Rate limits and cached rows of one test are not seen by the next."""
    from django.core.cache import cache

    yield
    cache.clear()
