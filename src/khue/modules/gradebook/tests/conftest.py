"""Fixtures of the gradebook's tests."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import World

from khue.modules.gradebook.tests.browsers import Browsers


@pytest.fixture(autouse=True)
def plain_world(settings: Any) -> None:
    """No second factor, no collected static files."""
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def browsers(world: World) -> Browsers:
    """A browser for each of the cast."""
    return Browsers(world)
