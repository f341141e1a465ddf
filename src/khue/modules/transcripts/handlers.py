"""What transcripts do when something happens elsewhere: in the gradebook, in signed records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from khue.core.actor import system_actor
from khue.kit import outbox
from khue.kit.models import OutboxEvent
from khue.kit.outbox import handles
from khue.modules.gradebook import api as gradebook
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import content
from khue.modules.transcripts.events import PageIssued
from khue.modules.transcripts.lines import SUMMER, YEAR
from khue.modules.transcripts.models import PageState, TranscriptPage
from khue.modules.transcripts.services import freezing

if TYPE_CHECKING:
    from khue.core.actor import Actor

REOPENED = "reopened"


def _corrected(event_id: UUID, payload: dict[str, Any]) -> None:
    """A corrected mark: the pupil's page is frozen anew, if it was frozen (sửa điểm)."""
    sheet = gradebook.Sheet.objects.select_related("school_class__year", "school_class__school").get(
        pk=payload["sheet_id"]
    )
    freezing.freeze_again(_system(event_id), sheet.school_class, [UUID(payload["pupil_id"])])


def _reopened(event_id: UUID, payload: dict[str, Any]) -> None:
    """A reopened class: nobody signs what may change (mở lại sổ)."""
    pages = TranscriptPage.objects.filter(school_class=payload["school_class_id"], version__gt=0)
    pages.update(held=REOPENED)


def _closed(event_id: UUID, payload: dict[str, Any]) -> None:
    """The year or the summer was locked: pages that were frozen are compared and go on (khoá sổ)."""
    if payload["step"] != "principal" or payload["term"] not in {YEAR, SUMMER}:
        return
    school_class = schooling.class_of(UUID(payload["school_class_id"]))
    freezing.freeze_again(_system(event_id), school_class, None)


def _issued(event_id: UUID, payload: dict[str, Any]) -> None:
    """A record is final: the page is issued."""
    if payload["kind"] not in content.KINDS:
        return
    page = TranscriptPage.objects.filter(pk=payload["subject"]).first()
    if page is None:
        return
    document = UUID(payload["document_id"])
    if records.document_of(payload["kind"], page.id, page.part).document_id == document:  # type: ignore[union-attr]
        TranscriptPage.objects.filter(pk=page.id).update(state=PageState.ISSUED)
    outbox.announce(
        _system(event_id), PageIssued(page.id, page.person_id, document, payload["digest"]),
        unit=page.school_id,
    )  # fmt: skip


def _ended(event_id: UUID, payload: dict[str, Any]) -> None:
    """A record was cancelled or recalled: its page is signed from the beginning, or waits."""
    if payload["kind"] not in content.KINDS or payload["state"] not in {"cancelled", "recalled"}:
        return
    ended = records.Document.objects.get(pk=payload["document_id"])
    later = records.Document.objects.filter(
        kind=ended.kind, subject=ended.subject, part=ended.part, version__gt=ended.version
    )
    if later.exists():
        return  # replaced: the newer version says where the page stands
    state = PageState.RECALLED if payload["state"] == "recalled" else PageState.GENERATED
    TranscriptPage.objects.filter(pk=ended.subject, version__gt=0).update(state=state)


def register() -> None:
    """Listen to the events of other modules."""
    handles("CorrectionApplied")(_corrected)
    handles("ClassReopened")(_reopened)
    handles("ClassClosed")(_closed)
    handles("DocumentIssued")(_issued)
    handles("DocumentEnded")(_ended)


def _system(event_id: UUID) -> Actor:
    at = OutboxEvent.objects.values_list("at", flat=True).get(pk=event_id)
    return system_actor("Khuê", at)
