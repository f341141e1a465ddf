"""Who must agree before places in classes are taken back: modules above, which this one cannot see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor


class Holder(Protocol):
    """Refuses when something depends on these places; takes away what is empty where the class goes, too."""

    def __call__(
        self, actor: Actor, *, school_class_id: UUID, pupil_ids: Sequence[UUID], whole: bool
    ) -> None:
        """Agree by coming back, refuse by raising."""


_HOLDERS: list[Holder] = []


def before_withdrawal(holder: Holder) -> None:
    """Ask this, too, before a split is undone; called once by a module above when it starts."""
    if holder not in _HOLDERS:
        _HOLDERS.append(holder)


def ask_holders(actor: Actor, school_class_id: UUID, pupil_ids: Sequence[UUID], *, whole: bool) -> None:
    """Ask everybody; the first refusal counts."""
    for holder in _HOLDERS:
        holder(actor, school_class_id=school_class_id, pupil_ids=pupil_ids, whole=whole)
