"""One signature: prepared when it was checked, embedded when the key has answered."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Conflict, KhueError, Refused
from khue.core.ids import uuid7
from khue.kit import audit
from khue.kit.prepared import Prepared
from khue.modules.records.acts import SignatureRef, Wanted, act_of
from khue.modules.records.content import record_of, restored
from khue.modules.records.models import (
    OPEN_STATES,
    BatchState,
    Document,
    DocumentSection,
    DocumentSignature,
    DocumentState,
    ItemState,
    SigningItem,
)
from khue.modules.records.services import certificates, documents
from khue.signing.profile import record_types
from khue.signing.tbs import SlotRef
from khue.signing.xades.complete import complete
from khue.signing.xades.prepare import prepare as prepare_signature
from khue.signing.xades.record import Record, Section, next_slots

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.records.models import Certificate
    from khue.signing.tbs import ToBeSigned


NOT_A_SIGNATURE = frozenset({"SIGN-002", "SIGN-137"})  # what came back is not this key's, of this digest


@dataclass(frozen=True, slots=True)
class Ready:
    """A signature that is ready for the key."""

    document_id: UUID
    checked: str
    tbs: ToBeSigned


@dataclass(frozen=True, slots=True)
class _Over:
    """What a signature is made over, in one transaction: composed and loaded once."""

    document: Document
    target: Record | Section
    text: str | None = None  # of the section that it freezes, if that is new


# The reads of every signature (kit/prepared.py).
_frozen_text: Prepared[str] = Prepared(
    lambda document, section: DocumentSection.objects.filter(
        document=document, section_id=section
    ).values_list("text", flat=True),
    grows=True,
)
_signed_slots: Prepared[tuple[str, str, int]] = Prepared(
    lambda document: DocumentSignature.objects.filter(document=document).values_list(
        "role", "section_id", "number"
    ),
    grows=True,
)


def prepare(actor: Actor, wanted: Wanted, certificate: Certificate) -> Ready:
    """Freeze what one signature covers, in the caller's transaction; nothing but the document is written."""
    document = documents.made(actor, wanted.document)
    target = _target(document, wanted).target
    _slot_is_open(document, target, wanted)
    tbs = prepare_signature(
        target, wanted.slot, bytes(certificate.content), certificate.intermediates,
        signing_time=_seconds(actor.now), tbs_id=uuid7().hex, claimed_role=wanted.capacity,
    )  # fmt: skip
    return Ready(document.id, _checked(document, target, wanted), tbs)


def sign(actor: Actor, item_id: UUID, raw: bytes) -> KhueError | None:
    """Embed a returned value, with everything it means; a refusal is kept with the item.

    Who lost the right meanwhile, a mark that changed, a certificate that was revoked: each is found
    here, because the act is asked again and must answer the same. A value that is no signature is the
    key's trouble, not the item's: it is given back, and the item is asked for again.
    """
    try:
        _sign(actor, item_id, raw)
    except KhueError as refusal:
        if refusal.code in NOT_A_SIGNATURE:
            return refusal
        params = {name: str(value) for name, value in refusal.params.items()}
        _refuse(actor, item_id, refusal.code, params)
    return None


@transaction.atomic
def _sign(actor: Actor, item_id: UUID, raw: bytes) -> None:
    item = (
        SigningItem.objects.select_for_update(of=("self",))
        .select_related("batch__certificate")
        .get(pk=item_id)
    )
    if item.state != ItemState.WAITING or item.batch.state == BatchState.CANCELLED:
        return
    certificate = item.batch.certificate
    certificates.require_good(actor, certificate)
    act = act_of(item.act)
    wanted = act.check(actor, item.subject, item.part, item.options)
    document = Document.objects.select_for_update(of=("self",)).get(pk=item.document_id)
    if document.state not in OPEN_STATES:  # given up since, or replaced after a correction
        raise Refused("REC-020", state=DocumentState(document.state).label)
    over = _target(document, wanted)
    if _checked(document, over.target, wanted) != item.checked:
        raise Conflict("REC-010")
    _slot_is_open(document, over.target, wanted)
    row = _embed(actor, over, wanted, certificate, (restored(item.to_sign), raw))
    item.state, item.signature = ItemState.SIGNED, row
    item.save(update_fields=["state", "signature"])
    act.done(actor, wanted, SignatureRef(document.id, row.id, row.digest))


def embed(
    actor: Actor, document: Document, wanted: Wanted, certificate: Certificate, tbs: ToBeSigned, raw: bytes
) -> DocumentSignature:
    """Verify a returned value, embed it and write it down; the caller holds the document's lock."""
    return _embed(actor, _target(document, wanted), wanted, certificate, (tbs, raw))


def _embed(
    actor: Actor, over: _Over, wanted: Wanted, certificate: Certificate, answered: tuple[ToBeSigned, bytes]
) -> DocumentSignature:
    tbs, raw = answered
    document = over.document
    embedded = complete(over.target, tbs, raw)
    if over.text is not None and wanted.section is not None:
        documents.freeze(actor, document, wanted.section, over.text)
    row = documents.keep_signature(
        actor, document, embedded, tbs, certificate, signer_name=certificate.name,
        capacity=wanted.capacity,
    )  # fmt: skip
    audit.record(
        actor,
        "records.signature.embedded",
        subject=document,
        unit=document.school_id,
        after={"role": row.role, "section": row.section_id, "certificate": certificate.serial},
    )
    return row


@transaction.atomic
def _refuse(actor: Actor, item_id: UUID, code: str, params: dict[str, str]) -> None:
    item = SigningItem.objects.select_for_update(of=("self",)).select_related("document").get(pk=item_id)
    if item.state == ItemState.WAITING:
        item.state, item.refusal, item.refusal_params = ItemState.REFUSED, code, params
        item.save(update_fields=["state", "refusal", "refusal_params"])
        audit.record(
            actor,
            "records.signature.refused",
            subject=item.document,
            unit=item.document.school_id,
            after={"code": code, "title": item.title},
        )


def _target(document: Document, wanted: Wanted) -> _Over:
    """What the signature is made over, and the text of the section that it freezes if that is new.

    Of a section that is signed before all others nothing else of the record matters.
    """
    if wanted.section is None:
        return _Over(document, record_of(document))
    kept = _frozen_text.first(document=document.id, section=wanted.section.section_id)
    text = wanted.section.text(document.code)
    if kept is not None and kept != text:
        raise Conflict("REC-010")
    section = Section(id=wanted.section.section_id, kind=wanted.section.kind, text=text)
    new = None if kept is not None else text
    if _is_first(document, wanted):
        return _Over(document, section, new)
    return _Over(document, record_of(document, [] if kept is not None else [section]), new)


def _is_first(document: Document, wanted: Wanted) -> bool:
    """Whether the slot signs its section alone, in the first step of the record type."""
    if not wanted.slot.section:
        return False
    steps = {slot.role: slot.step for slot in record_types()[document.kind].slots}
    return steps[wanted.slot.role] == min(steps.values())


def _slot_is_open(document: Document, target: Record | Section, wanted: Wanted) -> None:
    signed = {SlotRef(*row) for row in _signed_slots(document=document.id)}
    slot = wanted.slot
    if slot in signed:
        raise Refused("REC-016")
    if isinstance(target, Section):
        if any(one.role != slot.role for one in signed):  # a later step has signed without this one
            raise Refused("REC-019")
    elif slot not in next_slots(target):
        raise Refused("REC-017", names=", ".join(documents.waiting_names(target, slot)))


def _checked(document: Document, target: Record | Section, wanted: Wanted) -> str:
    """Digest of all that was checked: the document, the slot, what the signature covers."""
    parts = [str(document.id), wanted.slot.signature_id, wanted.capacity]
    if isinstance(target, Section):
        parts.append(target.text)
    else:
        parts += [] if wanted.slot.section else [target.head_text]
        parts += [one.text for one in target.sections if wanted.slot.section in {"", one.id}]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _seconds(now: dt.datetime) -> dt.datetime:
    return now.astimezone(dt.UTC).replace(microsecond=0)
