"""Fixtures of the register's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.cast import World
from tests.signers import Signers, make_signers

from khue.kit import outbox
from khue.modules.gradebook.tests.browsers import Browsers
from khue.modules.records import providers, trust
from khue.modules.register.models import RegisterEntry


@pytest.fixture(autouse=True)
def plain_world(settings: Any) -> None:
    """No second factor, no collected static files."""
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def entries(world: World) -> list[RegisterEntry]:
    """The entries of class 6A, in the order of their numbers, after everything was delivered."""
    outbox.deliver()
    rows = RegisterEntry.objects.filter(person__in=world.pupils["6A"]).select_related("book")
    return list(rows.order_by("number"))


@pytest.fixture
def browsers(world: World) -> Browsers:
    """A browser for each of the cast."""
    return Browsers(world)


@pytest.fixture
def signers(world: World, settings: Any, tmp_path: Any) -> Iterator[Signers]:
    """The cast with keys; what a process keeps of them ends with the test."""
    yield make_signers(world, settings, tmp_path)
    providers.forget()
    trust.forget()
