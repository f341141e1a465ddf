"""Fixtures of all tests."""

from __future__ import annotations

import pytest

from tests.cast import World, make_world


@pytest.fixture
def world(db: None) -> World:
    """The small province with its cast."""
    return make_world()
