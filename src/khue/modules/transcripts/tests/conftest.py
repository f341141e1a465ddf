"""Fixtures of the tests of transcripts: a class whose year is sealed, and people who hold keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.cast import World, make_world
from tests.signers import Signers, make_signers

from khue.modules.gradebook.tests.acts import seal, seal_term
from khue.modules.records import providers, trust
from khue.modules.transcripts.tests.acts import deliver


@pytest.fixture(autouse=True)
def plain_world(settings: Any) -> None:
    """No second factor, no collected static files."""
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def world(db: None) -> World:
    """The small province; three pupils a class, because each of them gets fifteen signatures."""
    return make_world(3)


@pytest.fixture
def signers(world: World, settings: Any, tmp_path: Any) -> Iterator[Signers]:
    """The cast with keys, in a data folder of their own; what a process keeps of them ends with the test."""
    yield make_signers(world, settings, tmp_path)
    providers.forget()
    trust.forget()


@pytest.fixture
def closed(world: World, signers: Signers) -> World:
    """Class 6A with both terms and the year sealed; cô Hoa and cô Lan teach everything there."""
    for term in (1, 2):
        seal_term(world, "6A", term)
    seal(world, "6A", 0)
    deliver()
    return world
