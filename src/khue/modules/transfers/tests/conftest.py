"""Two schools with offices and keys, and a pupil who moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.cast import World, make_actor, make_class, make_staff, write
from tests.signers import Signers, make_signers

from khue.core.actor import Actor, Role
from khue.kit import outbox
from khue.modules.records import providers, trust

if TYPE_CHECKING:
    from uuid import UUID

    from khue.modules.schooling import api as schooling


@dataclass(slots=True)
class Move:
    """Bình of 6A goes to class 6X of the other school; cô Duyên keeps its office."""

    world: World
    pupil: UUID
    new_class: schooling.SchoolClass
    clerk: Actor  # of the school that receives
    head: Actor  # its principal


@pytest.fixture(autouse=True)
def plain_world(settings: Any) -> None:
    """No second factor, no collected static files; nobody signs unless the test has keys."""
    settings.KHUE_REQUIRE_MFA = False
    settings.WHITENOISE_AUTOREFRESH = True
    settings.KHUE_SIGNING = "optional"


@pytest.fixture
def move(world: World) -> Move:
    """The pupil has marks, and both registers know of everything so far."""
    duyen = make_staff(world.elsewhere, "Hứa Thị Duyên", "Nhân viên")
    tam = make_staff(world.elsewhere, "Đàm Văn Tâm", "Hiệu trưởng")
    new_class = make_class(world.elsewhere, world.year, "6X", 6, [])
    pupil = world.pupils["6A"][0]
    write(world.hoa, world.sheet("6A", "TOAN"), pupil, "tx1", "8")
    write(world.lan, world.sheet("6A", "homeroom"), pupil, "absent_excused", "2")
    outbox.deliver()
    return Move(
        world, pupil, new_class, make_actor(duyen, (Role.CLERK, world.elsewhere)),
        make_actor(tam, (Role.PRINCIPAL, world.elsewhere)),
    )  # fmt: skip


@pytest.fixture
def signers(world: World, settings: Any, tmp_path: Any) -> Iterator[Signers]:
    """The cast with keys, in a data folder of their own; schools must sign."""
    settings.KHUE_SIGNING = "required"
    yield make_signers(world, settings, tmp_path)
    providers.forget()
    trust.forget()
