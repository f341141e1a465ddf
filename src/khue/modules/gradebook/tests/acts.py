"""What several tests of the gradebook do: fill and close a whole class, and see that nothing changed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.cast import SYSTEM, World, fill

from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import Cell, CellChange, ClosingAct, Correction, FrozenResult, Sheet
from khue.modules.records import models as records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from khue.core.errors import KhueError

WATCHED = (
    Cell, CellChange, ClosingAct, Correction, FrozenResult, Sheet, AuditEvent, OutboxEvent,
    records.Document, records.DocumentSection, records.DocumentSignature, records.DocumentEvent,
    records.DocumentFile, records.SigningBatch, records.SigningItem, records.SignatureStamp,
    records.StampRequest, records.Certificate, records.LogEntry,
)  # fmt: skip


def snapshot() -> list[list[tuple[Any, ...]]]:
    """Everything that an act of the gradebook could write."""
    return [list(model._default_manager.order_by("pk").values_list()) for model in WATCHED]


@contextmanager
def untouched() -> Iterator[None]:
    """Whatever happens inside, not a single row is different afterwards."""
    before = snapshot()
    yield
    assert snapshot() == before


@contextmanager
def refused(kind: type[KhueError], code: str = "") -> Iterator[Any]:
    """The act is refused so, and not a single row is different afterwards."""
    before = snapshot()
    with pytest.raises(kind) as refusal:
        yield refusal
    if code:
        assert refusal.value.code == code
    assert snapshot() == before


def fill_term(world: World, name: str = "6A", term: int = 1, value: str = "7.5") -> None:
    """Every required result of a class's term."""
    for sheet in gradebook.sheets_of(world.classes[name].id, term).values():
        fill(sheet, value)


def close_subjects(world: World, name: str = "6A", term: int = 1) -> None:
    """All teachers close; the homeroom teacher's own sheets stay open."""
    for sheet in gradebook.sheets_of(world.classes[name].id, term).values():
        if sheet.class_subject_id is not None:
            gradebook.close_sheet(SYSTEM, sheet_id=sheet.id)


def seal_term(world: World, name: str = "6A", term: int = 1, value: str = "7.5") -> None:
    """A term that is over: filled, closed by teachers and cô Lan, sealed by thầy Minh."""
    fill_term(world, name, term, value)
    close_subjects(world, name, term)
    seal(world, name, term)


def seal(world: World, name: str = "6A", term: int = 0) -> None:
    """Close and seal what needs no more results: the year, the summer."""
    lead, head = (world.lan, world.minh) if name == "6A" else (SYSTEM, SYSTEM)
    gradebook.close_class(lead, school_class_id=world.classes[name].id, term=term)
    gradebook.seal_class(head, school_class_id=world.classes[name].id, term=term)
