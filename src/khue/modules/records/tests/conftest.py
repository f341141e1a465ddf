"""Fixtures of signed records: a world whose people hold keys, and pages to sign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.cast import World
from tests.signers import Signers, make_signers

from khue.modules.records import providers, trust
from khue.modules.records.tests import acts
from khue.modules.records.tests.acts import DESK, Desk


@pytest.fixture(autouse=True)
def plain_world(settings: Any) -> None:
    """No second factor, no collected static files."""
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def signers(world: World, settings: Any, tmp_path: Any) -> Signers:
    """The cast with demo keys, a school seal and a time-stamping authority, in a data folder of their own."""
    return make_signers(world, settings, tmp_path)


@pytest.fixture(autouse=True)
def desk() -> Iterator[Desk]:
    """The small module that signs, with nothing changed; keys and roots of this test end with it."""
    acts.register()
    yield DESK
    for kept in (DESK.texts, DESK.barred, DESK.broken, DESK.done, DESK.schools, DESK.authors):
        kept.clear()
    providers.forget()
    trust.forget()
