"""What several tests of the register do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.cast import NOW, SYSTEM, World

from khue.kit import outbox
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.people import api as people
from khue.modules.people.data import Release
from khue.modules.records import models as records
from khue.modules.register.models import RegisterBook, RegisterClosing, RegisterEntry, RegisterEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from khue.core.errors import KhueError

WATCHED = (
    RegisterBook, RegisterEntry, RegisterEvent, RegisterClosing, people.Person, people.PupilProfile,
    AuditEvent, OutboxEvent, records.Document, records.DocumentSection, records.DocumentSignature,
)  # fmt: skip


@contextmanager
def refused(kind: type[KhueError], code: str) -> Iterator[None]:
    """The act is refused so, and not a single row is different afterwards."""
    before = _snapshot()
    with pytest.raises(kind) as refusal:
        yield
    assert refusal.value.code == code
    assert _snapshot() == before


def kinds(entry: RegisterEntry) -> list[str]:
    """What happened to a pupil, in order."""
    rows = RegisterEvent.objects.filter(entry=entry).order_by("sequence")
    return list(rows.values_list("kind", flat=True))


def move_away(world: World, entry: RegisterEntry) -> None:
    """The pupil's file goes to the school beside; everybody hears of it."""
    people.move_pupil(
        SYSTEM, person_id=entry.person_id, to_school_id=world.elsewhere.pk, on=NOW.date(),
        release=Release(world.school.pk),
    )  # fmt: skip
    outbox.deliver()


def _snapshot() -> list[list[tuple[Any, ...]]]:
    return [list(model._default_manager.order_by("pk").values_list()) for model in WATCHED]
