"""Copies and extracts are given out and revoked; rows for the nation get their version (cấp bản sao)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.dates import VIETNAM
from khue.core.errors import Invalid, Refused
from khue.core.ids import uuid7
from khue.core.names import nfc
from khue.kit import audit, outbox, permissions
from khue.modules.transcripts import policy_sharing as policy
from khue.modules.transcripts import reading, sharing
from khue.modules.transcripts.events import CopyIssued, CopyRevoked, RowsExported
from khue.modules.transcripts.forms import Envelope, Rendition, national, renditions
from khue.modules.transcripts.models import Transcript
from khue.modules.transcripts.models_sharing import Copy, CopyKind, CopyRevocation, SentRow

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.transcripts.data import Transcript as Whole

LEAST = 4  # characters of purpose and recipient
REASON = 5
LONGEST = 366  # days


@dataclass(frozen=True, slots=True)
class NewCopy:
    """What is asked for: for what, for whom, until when; a year («2025-2026») makes an extract."""

    purpose: str
    recipient: str
    expires_on: dt.date
    year: str = ""


@transaction.atomic
def issue_copy(actor: Actor, *, transcript_id: UUID, asked: NewCopy, base: str = "") -> Copy:
    """Give out a copy or an extract of what is issued (cấp bản sao, trích lục học bạ).

    The rendition is made and digested now; link and code are worked out from the copy's id when needed.
    """
    row = permissions.load(
        actor, Transcript.objects.all(), transcript_id, see=policy.SEE_COPIES, do=policy.ISSUE_COPY, lock=True
    )
    purpose, recipient = (nfc(" ".join(text.split()))[:200] for text in (asked.purpose, asked.recipient))
    if min(len(purpose), len(recipient)) < LEAST:
        raise Invalid("TRANS-120", field="purpose", least=LEAST)
    if not actor.today < asked.expires_on <= actor.today + dt.timedelta(days=LONGEST):
        raise Invalid("TRANS-121", field="expires_on", limit=LONGEST)
    whole = reading.read_transcript(row, base=base)
    pages = sharing.pages_of(whole, asked.year)
    kind, key = CopyKind.EXTRACT if asked.year else CopyKind.COPY, uuid7()
    made = sharing.rendition_of(row, kind, pages)
    copy = Copy.objects.create(
        id=key, transcript=row, school_id=row.school_id,
        kind=kind,
        form=f"{made.exporter.code} {made.exporter.version}",
        sources=[[one.record_code, one.version, one.digest] for one in pages],
        purpose=purpose, recipient=recipient, issued_by=actor.person_id, issued_by_name=actor.name,
        issued_at=actor.now,
        expires_at=dt.datetime.combine(asked.expires_on, dt.time(), tzinfo=VIETNAM) + dt.timedelta(days=1),
        digest=hashlib.sha256(made.content).hexdigest(),
        token_digest=sharing.digest_of_token(sharing.token_of(key)),
    )  # fmt: skip
    audit.record(
        actor, "transcripts.copy.issued", subject=copy, unit=row.school_id,
        after={"transcript": row.code, "kind": copy.kind, "sources": copy.sources, "digest": copy.digest,
               "until": asked.expires_on.isoformat()},
        reason=f"{purpose} ({recipient})",
    )  # fmt: skip
    outbox.announce(actor, CopyIssued(copy.id, row.person_id, copy.kind), unit=row.school_id)
    return copy


@transaction.atomic
def revoke_copy(actor: Actor, *, copy_id: UUID, reason: str) -> CopyRevocation:
    """A copy opens nothing any more (thu hồi bản sao)."""
    copy = permissions.load(
        actor, Copy.objects.select_related("transcript"), copy_id, see=policy.SEE_COPY,
        do=policy.REVOKE_COPY, lock=True,
    )  # fmt: skip
    text = nfc(" ".join(reason.split()))[:200]
    if len(text) < REASON:
        raise Invalid("TRANS-123", field="reason", least=REASON)
    if CopyRevocation.objects.filter(copy=copy).exists():
        raise Refused("TRANS-122")
    row = CopyRevocation.objects.create(
        copy=copy, at=actor.now, person=actor.person_id, person_name=actor.name, reason=text
    )
    audit.record(actor, "transcripts.copy.revoked", subject=copy, unit=copy.school_id, reason=text)
    outbox.announce(actor, CopyRevoked(copy.id, copy.transcript.person_id), unit=copy.school_id)
    return row


@transaction.atomic
def export_rows(
    actor: Actor, *, transcript_id: UUID, form: str, lists: national.Lists, cancelled: bool = False
) -> Rendition:
    """The rows of a transcript for the National Data Centre, with a version that only grows (phienban).

    Rows that say the same as the last ones keep their version, so that sending again changes nothing.
    """
    row = permissions.load(
        actor, Transcript.objects.all(), transcript_id, see=policy.SEE_COPIES, do=policy.SEND_ROWS, lock=True
    )
    whole = reading.read_transcript(row)
    last = SentRow.objects.filter(transcript=row).order_by("-version").first()
    kind = national.CANCEL if cancelled else national.UPDATE if last else national.NEW
    digest = _digest(whole, lists, kind)
    if last is None or last.digest != digest:
        version = last.version + 1 if last else 1
        last = SentRow.objects.create(
            transcript=row, version=version, event=kind, digest=digest, at=actor.now, person_name=actor.name
        )
        audit.record(
            actor, "transcripts.rows.exported", subject=row, unit=row.school_id,
            after={"version": version, "event": kind, "digest": digest},
        )  # fmt: skip
        outbox.announce(actor, RowsExported(row.id, row.person_id, version), unit=row.school_id)
    return renditions(whole, form, Envelope(national.Event(last.event, last.version, last.at), lists))[0]


def _digest(whole: Whole, lists: national.Lists, kind: str) -> str:
    """Of the rows under an envelope that is always the same; cancelling differs from everything else."""
    never = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    event = national.CANCEL if kind == national.CANCEL else national.NEW
    export = national.rows_of(whole, national.Event(event, 1, never), lists)
    return hashlib.sha256(json.dumps(export.row, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
