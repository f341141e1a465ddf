"""A refusal leaves no trace: what every table held before it, it holds afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from khue.core.errors import KhueError

SESSIONS = "sessions.Session"


def everything(without: Collection[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of our tables, by the label of their model."""
    return {
        model._meta.label: [_plain(row) for row in model._default_manager.order_by("pk").values_list()]
        for model in apps.get_models()
        if model.__module__.startswith("khue.") and model._meta.label not in {SESSIONS, *without}
    }


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


@contextmanager
def unchanged(without: Collection[str] = ()) -> Iterator[None]:
    """Whatever happens inside, no row is different afterwards."""
    before = everything(without)
    yield
    after = everything(without)
    assert {label for label in before if before[label] != after[label]} == set()


@contextmanager
def refused(kind: type[KhueError], code: str = "") -> Iterator[Any]:
    """The act is refused so, and no row is different afterwards."""
    with unchanged(), pytest.raises(kind) as refusal:
        yield refusal
    if code:
        assert refusal.value.code == code, str(refusal.value)
