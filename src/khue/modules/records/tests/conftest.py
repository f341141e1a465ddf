"""Fixtures of signed records: a world whose people hold keys."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import World
from tests.signers import Signers, make_signers


@pytest.fixture
def signers(world: World, settings: Any, tmp_path: Any) -> Signers:
    """The cast with demo keys, a school seal and a time-stamping authority, in a data folder of their own."""
    return make_signers(world, settings, tmp_path)
