"""The school's seal (dấu của nhà trường): an act of its own, or by itself where the server holds the key.

The seal follows the principal's signature. Where the school's certificate lives on the server, every
document that is complete is sealed at once; otherwise somebody who keeps the seal signs a batch. A
sealed document waits a while for its time-stamp and is then issued.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from khue.core.actor import system_actor
from khue.core.errors import KhueError, Refused
from khue.kit import permissions
from khue.modules.records import policy, providers
from khue.modules.records.acts import ActHome, DocumentSpec, SignatureRef, Wanted, register_act
from khue.modules.records.models import ON_SERVER, Document, DocumentSignature, DocumentState, StampRequest
from khue.modules.records.services import certificates, documents, items
from khue.signing.signers.base import HashToSign, Progress
from khue.signing.tbs import SlotRef

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.core.actor import Actor

log = logging.getLogger(__name__)
SEAL = "records.seal"


class SealAct:
    """The school's certificate signs a complete document (đóng dấu)."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> Wanted:
        """The document as it would be sealed now."""
        document = permissions.load(
            actor, Document.objects.all(), subject, see=policy.SEAL, do=policy.SEAL, lock=True
        )
        if document.state != DocumentState.COMPLETE or documents.is_sealed(document):
            raise Refused("REC-020", state=DocumentState(document.state).label)
        return wanted_seal(document)

    def done(self, actor: Actor, wanted: Wanted, signature: SignatureRef) -> None:
        """A sealed document goes on to its time-stamp and its issue."""
        sealed(actor, Document.objects.get(pk=signature.document_id))


def register() -> None:
    """Declare the act; called once at start-up."""
    register_act(SEAL, SealAct(), ActHome("records:home", _("Hồ sơ đã ký")))


def wanted_seal(document: Document) -> Wanted:
    """The seal of a document as an act asks for it."""
    spec = DocumentSpec(
        document.kind, document.subject, document.part, document.school_id, document.title,
        lambda version, replaces: document.head,
    )  # fmt: skip
    return Wanted(spec, SlotRef(documents.SEAL_ROLE), document.title, signer="school")


def seal_by_itself(now: dt.datetime, school_id: UUID | None = None) -> int:
    """Seal what is complete where the server holds a school's key; safe to run at any time (tự đóng dấu)."""
    rows = Document.objects.filter(state=DocumentState.COMPLETE).exclude(signatures__role=documents.SEAL_ROLE)
    if school_id is not None:
        rows = rows.filter(school=school_id)
    count = 0
    for key in list(rows.order_by("made_at").values_list("id", flat=True)):
        try:
            count += _seal_one(system_actor("Khuê", now), key)
        except KhueError as refusal:
            log.warning("document %s was not sealed: %s", key, refusal)
    return count


@transaction.atomic
def _seal_one(actor: Actor, key: UUID) -> int:
    document = Document.objects.select_for_update(of=("self",)).get(pk=key)
    if document.state != DocumentState.COMPLETE or documents.is_sealed(document):
        return 0
    held = [row for row in certificates.of_school(document.school_id, actor.now) if row.provider in ON_SERVER]
    if not held:
        return 0
    certificate, wanted = held[0], wanted_seal(document)
    certificates.require_good(actor, certificate)
    prepared = items.prepare(actor, wanted, certificate)
    tbs = prepared.tbs
    answer = providers.signer_for(certificate).begin(
        certificate.provider_key, [HashToSign(tbs.id, tbs.digest, tbs.algorithm)], document.title
    )
    if answer.progress is not Progress.DONE or tbs.id not in answer.values:
        raise Refused(answer.code or "REC-018", field="", **answer.params)
    items.embed(actor, document, wanted, certificate, tbs, answer.values[tbs.id])
    sealed(actor, document)
    return 1


def sealed(actor: Actor, document: Document) -> None:
    """After the seal: ask for a time-stamp if there is an authority, else issue at once."""
    if not providers.stamps():
        documents.issue(actor, document)
        return
    seal = DocumentSignature.objects.get(document=document, role=documents.SEAL_ROLE)
    StampRequest.objects.create(signature=seal, made_at=actor.now, next_at=actor.now)


def issue_overdue(now: dt.datetime) -> int:
    """Issue what has waited long enough for its time-stamp; the evidence log proves its time instead."""
    before = now - dt.timedelta(hours=settings.KHUE_STAMP_WAIT_HOURS)
    late = StampRequest.objects.filter(made_at__lte=before, signature__stamp__isnull=True)
    count = 0
    for key in list(late.order_by("made_at", "id").values_list("id", flat=True)):
        count += _issue_without(key, now)
    return count


@transaction.atomic
def _issue_without(key: UUID, now: dt.datetime) -> int:
    # First the request, then the document: a stamp that comes at this moment takes them in this order.
    request = StampRequest.objects.select_for_update(of=("self",)).filter(pk=key).first()
    if request is None:
        return 0
    document = Document.objects.select_for_update(of=("self",)).get(pk=request.signature.document_id)
    waits = document.state == DocumentState.COMPLETE
    if waits:
        documents.issue(system_actor("Khuê", now), document)
    request.delete()
    return int(waits)
