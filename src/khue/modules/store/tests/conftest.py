"""Fixtures of the store: a department that knows the seal of a school, and the school's press."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.cast import NOW, World
from tests.signers import make_signers

from khue.core.actor import system_actor
from khue.modules.records import demo_keys, providers, trust
from khue.modules.records.tests import acts
from khue.modules.store.models import StoreSchool
from khue.modules.store.services import receiving, storing
from khue.modules.store.services.receiving import Sender
from khue.modules.store.tests import school
from khue.modules.store.tests.press import KHE_VANG, File, Press


@pytest.fixture(autouse=True)
def plain_world(settings: Any) -> None:
    """No second factor, no collected static files."""
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def pki(settings: Any, tmp_path: Any) -> Iterator[None]:
    """The demo's roots, in a data folder of the test's own."""
    settings.KHUE_DEMO = True
    settings.CONFIG = settings.CONFIG.model_copy(update={"data_dir": tmp_path})
    trust.forget()
    providers.forget()
    demo_keys.make_pki(NOW)
    yield
    providers.forget()
    trust.forget()


@pytest.fixture
def press(pki: None) -> Press:
    """The keys of Trường THCS Khe Vàng."""
    return Press()


@pytest.fixture
def office(
    world: World, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[school.Office]:
    """A school whose people hold keys and issue transcripts; the store is in the same installation."""
    signers = make_signers(world, settings, tmp_path)
    school.use(monkeypatch)
    yield school.Office(signers)
    for kept in (acts.DESK.texts, acts.DESK.done, acts.DESK.schools, acts.DESK.authors):
        kept.clear()
    providers.forget()
    trust.forget()


@dataclass(slots=True)
class Door:
    """The department's door, with a school before it."""

    sender: Sender

    def bring(self, manifest: bytes, *files: File, size: int = 0) -> str:
        """A whole package in pieces; its code."""
        code = receiving.open_package(self.sender, manifest).code
        body = b"".join(one.data for one in files)
        size = size or len(body)
        for offset in range(0, len(body), size):
            piece = body[offset : offset + size]
            receiving.append(self.sender, code=code, offset=offset, content=piece)
        receiving.finish(self.sender, code=code)
        return code

    def answers(self, code: str) -> list[tuple[str, tuple[str, ...]]]:
        """State and codes of reasons, in order."""
        found = receiving.answers(self.sender, code=code).answers
        return [(one.state, tuple(why.code for why in one.reasons)) for one in found]

    def judge(self, manifest: bytes, *files: File, size: int = 0) -> list[tuple[str, tuple[str, ...]]]:
        """Bring a package, let it be verified, read the answers."""
        code = self.bring(manifest, *files, size=size)
        storing.process_waiting(self.sender.actor.now)
        return self.answers(code)


@pytest.fixture
def door(world: World) -> Door:
    """The school of the cast before the door; the department knows its seal."""
    StoreSchool.objects.create(school=world.school, seals=[KHE_VANG[1]], set_at=NOW, set_by="Sở")
    return Door(Sender(world.school, system_actor(world.school.name, NOW)))
