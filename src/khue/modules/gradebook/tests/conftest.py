"""Fixtures of the gradebook's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.cast import World
from tests.signers import Signers, make_signers

from khue.modules.gradebook.tests.browsers import Browsers
from khue.modules.records import providers, trust


@pytest.fixture(autouse=True)
def plain_world(settings: Any) -> None:
    """No second factor, no collected static files."""
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def browsers(world: World) -> Browsers:
    """A browser for each of the cast."""
    return Browsers(world)


@pytest.fixture
def signers(world: World, settings: Any, tmp_path: Any) -> Iterator[Signers]:
    """The cast with keys, in a data folder of their own; what a process keeps of them ends with the test."""
    yield make_signers(world, settings, tmp_path)
    providers.forget()
    trust.forget()
