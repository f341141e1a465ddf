"""A paper that comes later is added to what was written without it (bổ sung giấy tờ)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Invalid, NotFound
from khue.core.names import nfc
from khue.modules.register import chain
from khue.modules.register.models import EventKind, RegisterEvent
from khue.modules.register.services import recording

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from khue.core.actor import Actor


@transaction.atomic
def add_paper(
    actor: Actor, *, entry_id: UUID, sequence: int, decision: str, decision_on: dt.date | None
) -> RegisterEvent:
    """Say by which paper an earlier event happened; the event itself stays as it was written."""
    entry = recording.load_entry(actor, entry_id)
    of = RegisterEvent.objects.filter(entry=entry, sequence=sequence).first()
    if of is None:
        raise NotFound("KIT-001")
    if not nfc(decision):
        raise Invalid("REG-014", field="decision", event=str(EventKind(of.kind).label))
    event = chain.NewEvent(
        EventKind.CORRECTED, actor.today, nfc(decision), decision_on,
        data={"paper_for": sequence, "note": str(EventKind(of.kind).label)},
    )  # fmt: skip
    recording.check(actor, entry, event)
    return recording.write(actor, [(entry, event)])[0]
