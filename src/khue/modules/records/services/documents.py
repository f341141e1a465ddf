"""The life of documents (vòng đời hồ sơ): made, signed part by part, issued, superseded, cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from khue.core.errors import Invalid, Refused
from khue.core.ids import uuid7
from khue.kit import audit, outbox, permissions
from khue.modules.records import codes, policy
from khue.modules.records.acts import text_digest
from khue.modules.records.content import digest_of, record_of
from khue.modules.records.events import DocumentEnded, DocumentIssued, DocumentSigned
from khue.modules.records.models import (
    OPEN_STATES,
    Certificate,
    Document,
    DocumentEvent,
    DocumentFile,
    DocumentSection,
    DocumentSignature,
    DocumentState,
)
from khue.modules.records.queries import GIVEN_UP, in_work
from khue.signing.profile import record_types
from khue.signing.xades.reading import section_of
from khue.signing.xades.record import assemble, open_slots, signers_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.records.acts import DocumentSpec, NewSection
    from khue.signing.tbs import SlotRef, ToBeSigned
    from khue.signing.xades.record import EmbeddedSignature, Record

REASON_LENGTH = 10
SEAL_ROLE = "school"


def latest(spec: DocumentSpec, *, lock: bool = False) -> Document | None:
    """The newest version of a document, whatever its state."""
    rows = Document.objects.filter(kind=spec.kind, subject=spec.subject, part=spec.part)
    if lock:
        rows = rows.select_for_update(of=("self",))
    return rows.order_by("-version").first()


def made(actor: Actor, spec: DocumentSpec) -> Document:
    """The version in work of a document; made now if there is none (lập hồ sơ)."""
    found = in_work(spec)
    if found is not None:
        return found
    before = latest(spec)
    try:
        with transaction.atomic():
            return _new_version(actor, spec, before)
    except IntegrityError:  # two teachers of a class begin at the same moment: one of them made it
        found = in_work(spec)
        if found is None:
            raise
        return found


def _new_version(actor: Actor, spec: DocumentSpec, before: Document | None) -> Document:
    version = before.version + 1 if before else 1
    versions = Document.objects.filter(kind=spec.kind, subject=spec.subject, part=spec.part)
    issued = versions.filter(state=DocumentState.ISSUED).first()
    document = Document.objects.create(
        kind=spec.kind, code=before.code if before else codes.new_code(), school_id=spec.school_id,
        subject=spec.subject, part=spec.part, version=version, title=spec.title,
        head=spec.head(version, issued.digest if issued else ""), print_code=codes.new_print_code(),
        made_at=actor.now, replaces=issued,
    )  # fmt: skip
    note(actor, document, DocumentState.PREPARED)
    return document


def supersede(
    actor: Actor, spec: DocumentSpec, *, changed: Collection[str], reason: str, authority: str
) -> Document | None:
    """After a correction: a version in work without the parts that changed (bản sửa đổi).

    Sections that did not change are taken over with their signatures, because a section's signature
    covers that section alone; every later role signs again. From a version that was cancelled or
    recalled nothing is taken over. The old version keeps its state until the new one is issued. None
    if nothing was signed yet.
    """
    before = latest(spec, lock=True)
    if before is None:
        return None
    stood = before.state not in GIVEN_UP
    if before.state in OPEN_STATES:
        note(actor, before, DocumentState.CANCELLED, reason=reason, authority=authority)
        _end(actor, before, DocumentState.CANCELLED, reason, authority)
    document = _new_version(actor, spec, before)
    first = min(slot.step for slot in record_types()[spec.kind].slots)
    alone = {s.section for s in record_types()[spec.kind].slots if s.step == first and s.section}
    kept = [
        row for row in DocumentSection.objects.filter(document=before)
        if stood and row.kind in alone and row.section_id not in changed
    ]  # fmt: skip
    for row in kept:
        _copy_section(document, row)
    ids = {row.section_id for row in kept}
    for signature in DocumentSignature.objects.filter(document=before, section_id__in=ids):
        signature.id, signature.document, signature.carried = uuid7(), document, True
        signature.save(force_insert=True)
    if ids:
        _move(actor, document)
    return document


def withdraw(actor: Actor, *, subject: UUID, part: int, reason: str, authority: str) -> None:
    """Give up the version in work, because what it was made from is open again (mở lại sổ)."""
    rows = Document.objects.select_for_update(of=("self",)).filter(state__in=OPEN_STATES)
    for found in rows.filter(subject=subject, part=part):
        note(actor, found, DocumentState.CANCELLED, reason=reason, authority=authority)
        _end(actor, found, DocumentState.CANCELLED, reason, authority)


def waiting_names(record: Record, slot: SlotRef) -> list[str]:
    """Who must still sign before this slot, by name or office, for a refusal."""
    kind = record_types()[record.type]
    step = next(one.step for one in kind.slots if one.role == slot.role)
    names = {
        (section.id, number): one.name
        for section in record.sections
        for number, one in enumerate(signers_of(section), 1)
    }
    there = {section.kind for section in record.sections}
    lacking = {name for name, least, _ in kind.sections if least and name not in there}
    found = [one.name for one in kind.slots if one.step < step and one.section in lacking]
    for open_slot in open_slots(record):
        declared = kind.slot(open_slot.role)
        if declared is not None and declared.step < step:
            found.append(names.get((open_slot.section, open_slot.number)) or declared.name)
    return list(dict.fromkeys(found))


def _copy_section(document: Document, row: DocumentSection) -> None:
    DocumentSection.objects.create(
        document=document, section_id=row.section_id, kind=row.kind, position=row.position, text=row.text,
        signers=row.signers, source=row.source, digest=row.digest, frozen_at=row.frozen_at,
    )  # fmt: skip


def freeze(actor: Actor, document: Document, section: NewSection, text: str) -> DocumentSection:
    """Keep a section as it is signed; the caller holds the document's lock.

    It is read back as strictly as in a file first: what no verifier would accept is not frozen.
    """
    read = section_of(text, document.code)
    return DocumentSection.objects.create(
        document=document, section_id=section.section_id, kind=section.kind, position=section.position,
        text=text, signers=len(signers_of(read)), source=section.source, digest=text_digest(text),
        frozen_at=actor.now,
    )  # fmt: skip


def made_for_seal(actor: Actor, spec: DocumentSpec, sections: Sequence[NewSection]) -> Document:
    """A document that nobody but the school signs: whole from the start, it waits for the seal (chờ dấu)."""
    document = made(actor, spec)
    for section in sections:
        freeze(actor, document, section, section.text(document.code))
    note(actor, document, DocumentState.COMPLETE)
    return document


def keep_signature(
    actor: Actor, document: Document, embedded: EmbeddedSignature, tbs: ToBeSigned,
    certificate: Certificate, *, signer_name: str, capacity: str,
) -> DocumentSignature:  # fmt: skip
    """Write a signature in its slot and move the document on; the caller holds the document's lock."""
    row = DocumentSignature.objects.create(
        document=document, role=tbs.slot.role, section_id=tbs.slot.section, number=tbs.slot.number,
        person=None if certificate.school_id else actor.person_id, signer_name=signer_name,
        capacity=capacity, certificate=certificate, request=tbs.id, text=embedded.text,
        digest=text_digest(embedded.text), signed_at=actor.now,
    )  # fmt: skip
    _move(actor, document)
    outbox.announce(
        actor,
        DocumentSigned(document.id, document.kind, row.role, row.section_id, row.person),
        unit=document.school_id,
    )
    return row


def _move(actor: Actor, document: Document) -> None:
    """The state that the signatures give; the seal, and so the issue, comes on top."""
    slots = sorted(record_types()[document.kind].slots, key=lambda slot: slot.step)
    last = [slot.role for slot in slots if slot.role != SEAL_ROLE][-1:]
    if last and not DocumentSignature.objects.filter(document=document, role=last[0]).exists():
        if document.state != DocumentState.PARTIAL:
            note(actor, document, DocumentState.PARTIAL)
        return
    open_roles = {slot.role for slot in open_slots(record_of(document))}
    state = DocumentState.COMPLETE if open_roles <= {SEAL_ROLE} else DocumentState.PARTIAL
    if document.state != state:
        note(actor, document, state)


def is_sealed(document: Document) -> bool:
    """Whether the school's seal is on it."""
    return DocumentSignature.objects.filter(document=document, role=SEAL_ROLE).exists()


def issue(actor: Actor, document: Document) -> Document:
    """The file becomes final: stored byte for byte; the version it replaces is superseded (phát hành)."""
    content = assemble(record_of(document))
    document.digest, document.issued_at = digest_of(content), actor.now
    document.save(update_fields=["digest", "issued_at"])
    DocumentFile.objects.create(document=document, content=content, digest=document.digest, size=len(content))
    note(actor, document, DocumentState.ISSUED)
    before = document.replaces
    if before is not None and before.state == DocumentState.ISSUED:
        _end(actor, before, DocumentState.SUPERSEDED, f"Thay bằng bản {document.version}", "")
        note(actor, before, DocumentState.SUPERSEDED, reason=f"Thay bằng bản {document.version}")
    audit.record(
        actor,
        "records.document.issued",
        subject=document,
        unit=document.school_id,
        after={"code": document.code, "version": document.version, "digest": document.digest},
    )
    outbox.announce(
        actor,
        DocumentIssued(document.id, document.kind, document.subject, document.part, document.digest),
        unit=document.school_id,
    )
    return document


@transaction.atomic
def cancel(actor: Actor, *, document_id: UUID, reason: str, authority: str) -> Document:
    """Cancel a document that was not issued, or recall one that was; both keep their bytes (huỷ, thu hồi)."""
    document = permissions.load(
        actor, Document.objects.all(), document_id, see=policy.SEE_DOCUMENT, do=policy.CANCEL, lock=True
    )
    reason, authority = reason.strip(), authority.strip()
    if len(reason) < REASON_LENGTH or not authority:
        raise Invalid("REC-021", field="reason", length=REASON_LENGTH)
    if document.state in OPEN_STATES:
        state = DocumentState.CANCELLED
    elif document.state == DocumentState.ISSUED:
        state = DocumentState.RECALLED
    else:
        raise Refused("REC-020", state=DocumentState(document.state).label)
    note(actor, document, state, reason=reason, authority=authority)
    audit.record(
        actor, f"records.document.{state.value}", subject=document, unit=document.school_id, reason=reason
    )
    _end(actor, document, state, reason, authority)
    return document


def _end(actor: Actor, document: Document, state: DocumentState, reason: str, authority: str) -> None:
    outbox.announce(
        actor,
        DocumentEnded(document.id, document.kind, state.value, reason, authority),
        unit=document.school_id,
    )


def note(
    actor: Actor, document: Document, state: DocumentState, *, reason: str = "", authority: str = ""
) -> None:
    """Write a step of a document's life, and the state it leads to."""
    if document.state != state:
        document.state = state
        document.save(update_fields=["state"])
    DocumentEvent.objects.create(
        document=document,
        state=state,
        at=actor.now,
        person=actor.person_id,
        person_name=actor.name,
        reason=reason,
        authority=authority,
    )
