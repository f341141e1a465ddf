"""Reads of the register: entries, paths, books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.kit import permissions
from khue.modules.register import policy
from khue.modules.register.data import PathEvent
from khue.modules.register.models import RegisterEntry, RegisterEvent

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor


def entry_of(school_id: UUID, person_id: UUID) -> RegisterEntry | None:
    """The newest entry of a pupil in a school; whoever asks has checked access."""
    rows = RegisterEntry.objects.filter(school=school_id, person=person_id).select_related("book")
    return rows.order_by("-entered_on", "-id").first()


def path_of(person_id: UUID, actor: Actor | None = None) -> list[PathEvent]:
    """All events of a pupil in all schools, in the order of time (quá trình học tập).

    With an actor only those of registers that the actor may see.
    """
    rows: QuerySet[RegisterEntry] = RegisterEntry.objects.filter(person=person_id)
    if actor is not None:
        rows = permissions.visible(actor, policy.SEE_ENTRY, rows)
    events = RegisterEvent.objects.filter(entry__in=rows).select_related("entry__book", "entry__school")
    return [_path_event(event) for event in events.order_by("on", "id")]


def _path_event(event: RegisterEvent) -> PathEvent:
    entry = event.entry
    return PathEvent(
        event.id, entry.id, entry.school_id, entry.school.name, entry.book.level, str(entry), event.kind,
        event.on, event.decision, event.decision_on, event.paper, event.author_name, event.at, event.data,
    )  # fmt: skip


def number_shown(entry: RegisterEntry) -> str:
    """«12/THCS», as on the cover of a transcript (số đăng bộ)."""
    return str(entry)
