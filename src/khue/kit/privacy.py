"""Personal-data class of every field (Luật 91/2025/QH15, NĐ 356/2025), declared beside the model."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model


class FieldClass(StrEnum):
    """How carefully a field is handled in exports, logs, masks and erasure."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"  # a child's data, health, identity papers, behavior


_CLASSES: dict[type[Model], dict[str, FieldClass]] = {}


def classify(
    model: type[Model],
    *,
    public: Iterable[str] = (),
    internal: Iterable[str] = (),
    personal: Iterable[str] = (),
    sensitive: Iterable[str] = (),
) -> None:
    """Record the class of each field of a model; a test fails on a field left out."""
    _CLASSES[model] = {
        name: kind
        for kind, names in (
            (FieldClass.PUBLIC, public),
            (FieldClass.INTERNAL, internal),
            (FieldClass.PERSONAL, personal),
            (FieldClass.SENSITIVE, sensitive),
        )
        for name in names
    }


def classification_of(model: type[Model]) -> dict[str, FieldClass]:
    """The declared class of each field, empty for an undeclared model."""
    return _CLASSES.get(model, {})
