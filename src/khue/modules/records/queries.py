"""Reads of signed records: what is signed, what is missing, what a stranger may know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import Q

from khue.core.errors import NotFound
from khue.kit import permissions
from khue.kit.prepared import Prepared
from khue.modules.records import policy
from khue.modules.records.content import as_section, record_of
from khue.modules.records.data import DocumentFact, SlotFact
from khue.modules.records.models import (
    OPEN_STATES,
    Certificate,
    Document,
    DocumentSection,
    DocumentSignature,
    DocumentState,
    SigningBatch,
    StampRequest,
)
from khue.signing.profile import record_types
from khue.signing.tbs import SlotRef
from khue.signing.xades.record import Section, attributes_of, next_slots, required_slots, signers_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator

    from django.db.models import QuerySet

    from khue.core.actor import Actor
    from khue.modules.records.acts import DocumentSpec

SHOWN = 50  # lines of a page
GIVEN_UP = (DocumentState.CANCELLED, DocumentState.RECALLED)
Named = tuple[str, str]  # name, identifier


@dataclass(frozen=True, slots=True)
class SignedFacts:
    """A stored signature, for whoever keeps a reference to it."""

    person_id: UUID | None
    digest: str
    section_text: str


@dataclass(frozen=True, slots=True)
class FrozenSection:
    """A section that somebody signed, of the version in work: its text, whom it names, in which document."""

    text: str
    record: str  # the code of the document
    signers: tuple[Named, ...]


def in_work(spec: DocumentSpec) -> Document | None:
    """The version of a document that still takes signatures."""
    return _in_work.first(kind=spec.kind, subject=spec.subject, part=spec.part)


_in_work: Prepared[Document] = Prepared(
    lambda kind, subject, part: Document.objects.filter(
        kind=kind, subject=subject, part=part, state__in=OPEN_STATES
    ),
    grows=True,
)


_given: Prepared[tuple[str, str, int]] = Prepared(
    lambda document: DocumentSignature.objects.filter(document=document).values_list(
        "role", "section_id", "number"
    ),
    grows=True,
)


def needs(spec: DocumentSpec, section_id: str, role: str, number: int) -> bool:
    """Whether a signature is still wanted in this slot; where no version stands, all of them are."""
    document = in_work(spec)
    if document is None:
        return _standing(spec.kind, spec.subject, spec.part) is None
    return (role, section_id, number) not in _given(document=document.id)


def frozen_section(spec: DocumentSpec, section_id: str) -> FrozenSection | None:
    """A section of the version in work as it was frozen; None if nobody has signed it."""
    found = _frozen.first(kind=spec.kind, subject=spec.subject, part=spec.part, section=section_id)
    if found is None:
        return None
    *section, code = found
    named = signers_of(Section(*section))
    return FrozenSection(section[2], code, tuple((one.name, one.identifier) for one in named))


_frozen: Prepared[tuple[str, str, str, str]] = Prepared(
    lambda kind, subject, part, section: DocumentSection.objects.filter(
        document__kind=kind, document__subject=subject, document__part=part,
        document__state__in=OPEN_STATES, section_id=section,
    ).values_list("section_id", "kind", "text", "document__code"),
    grows=True,
)  # fmt: skip


def complete_sections(spec: DocumentSpec) -> set[str]:
    """The sections of the version in work that carry every signature they name."""
    document = in_work(spec)
    return _complete(document) if document is not None else set()


def _complete(document: Document) -> set[str]:
    signed = set(
        DocumentSignature.objects.filter(document=document).values_list("role", "section_id", "number")
    )
    found = set()
    for row in DocumentSection.objects.filter(document=document):
        slot = record_types()[document.kind].slot_of_section(row.kind)
        named = signers_of(as_section(row))
        if slot and all((slot.role, row.section_id, number) in signed for number in range(1, len(named) + 1)):
            found.add(row.section_id)
    return found


def complete_sections_of(kind: str, subject: UUID, part: int) -> set[str]:
    """The sections of the newest version of a document that carry every signature they name."""
    document = _standing(kind, subject, part)
    return _complete(document) if document is not None else set()


def signed_sections(subjects: Iterable[UUID], part: int, person_id: UUID | None) -> set[tuple[UUID, str]]:
    """What a person has signed in the newest versions of these documents: (subject, section)."""
    rows = Document.objects.filter(subject__in=list(subjects), part=part).order_by("version")
    newest = {subject: (key, state) for subject, key, state in rows.values_list("subject", "id", "state")}
    by_document = {key: subject for subject, (key, state) in newest.items() if state not in GIVEN_UP}
    signed = DocumentSignature.objects.filter(document__in=list(by_document), person=person_id)
    return {
        (by_document[document], section)
        for document, section in signed.values_list("document_id", "section_id")
    }


class Given(NamedTuple):
    """Who has signed a section, and whether everybody has whom it names."""

    people: frozenset[UUID | None]
    whole: bool


def given_sections(subjects: Iterable[UUID], kinds: Collection[str]) -> dict[UUID, dict[str, Given]]:
    """Which sections carry a signature in the versions that stand, by subject and section."""
    rows = Document.objects.filter(subject__in=list(subjects), kind__in=kinds).order_by("version")
    newest = {subject: (key, state) for subject, key, state in rows.values_list("subject", "id", "state")}
    by_document = {key: subject for subject, (key, state) in newest.items() if state not in GIVEN_UP}
    people: dict[tuple[UUID, str], list[UUID | None]] = {}
    signed = DocumentSignature.objects.filter(document__in=list(by_document)).exclude(section_id="")
    for document, section, person in signed.values_list("document_id", "section_id", "person"):
        people.setdefault((document, section), []).append(person)
    shared = DocumentSection.objects.filter(document__in=list(by_document), signers__gt=1)
    named = {
        (document, section): count
        for document, section, count in shared.values_list("document_id", "section_id", "signers")
    }
    found: dict[UUID, dict[str, Given]] = {}
    for (document, section), who in people.items():
        given = Given(frozenset(who), len(who) >= named.get((document, section), 1))
        found.setdefault(by_document[document], {})[section] = given
    return found


def changed_sections(kind: str, subject: UUID, part: int) -> list[str]:
    """The names of the sections that differ from the issued version before; none in a first version."""
    document = _newest(kind, subject, part)
    if document is None or document.replaces_id is None:
        return []
    before = dict(
        DocumentSection.objects.filter(document=document.replaces_id).values_list("section_id", "digest")
    )
    rows = DocumentSection.objects.filter(document=document)
    return [
        attributes_of(as_section(row)).get("name", row.section_id)
        for row in rows if before.get(row.section_id) != row.digest
    ]  # fmt: skip


def _standing(kind: str, subject: UUID, part: int) -> Document | None:
    """The newest version, unless it was given up: then everything must be signed again."""
    rows = Document.objects.filter(kind=kind, subject=subject, part=part)
    newest = rows.order_by("-version").first()
    return None if newest is None or newest.state in GIVEN_UP else newest


def _newest(kind: str, subject: UUID, part: int) -> Document | None:
    rows = Document.objects.filter(kind=kind, subject=subject, part=part)
    return rows.exclude(state=DocumentState.CANCELLED).order_by("-version").first()


def identifiers_of(person_ids: Iterable[UUID], now: dt.datetime) -> dict[UUID, str]:
    """The number in each person's newest usable certificate («CCCD:…»); who has none is absent."""
    found: dict[UUID, str] = {}
    for row in _usable(persons=list(person_ids)):
        if row.person_id is not None and row.identifier and row.is_usable(now):
            found[row.person_id] = row.identifier
    return found


_usable: Prepared[Certificate] = Prepared(
    lambda persons: Certificate.objects.filter(person__in=persons, ended_at__isnull=True)
    .order_by("registered_at")
    .only("person", "identifier", "not_before", "not_after", "ended_at")
)


def school_identifier(school_id: UUID, now: dt.datetime) -> str:
    """The number in a school's newest usable certificate («MST:…»)."""
    rows = Certificate.objects.filter(school=school_id, ended_at__isnull=True).order_by("-registered_at")
    return next((row.identifier for row in rows if row.is_usable(now)), "")


def signatures_given(kinds: Collection[str], roles: Collection[str]) -> Iterator[tuple[UUID, set[str]]]:
    """Each subject with the ids of the signatures that persons gave in these roles; copies left out."""
    subjects = Document.objects.filter(kind__in=kinds).order_by("subject").values_list("subject", flat=True)
    rows = DocumentSignature.objects.filter(role__in=roles, carried=False)
    for subject in subjects.distinct().iterator(chunk_size=500):
        ids = rows.filter(document__subject=subject, document__kind__in=kinds).values_list("id", flat=True)
        yield subject, {str(key) for key in ids}


def signed_facts(signature_id: str) -> SignedFacts | None:
    """A stored signature by its id as text; None if there is none."""
    try:
        key = UUID(signature_id)
    except ValueError:
        return None
    row = DocumentSignature.objects.filter(pk=key).first()
    if row is None:
        return None
    texts = DocumentSection.objects.filter(document=row.document_id, section_id=row.section_id)
    return SignedFacts(row.person, row.digest, texts.values_list("text", flat=True).first() or "")


def document_of(kind: str, subject: UUID, part: int) -> DocumentFact | None:
    """The newest version of a document that was not given up, as a fact for pages."""
    row = _newest(kind, subject, part)
    return fact_of(row) if row else None


def documents_of(subjects: Iterable[UUID], part: int) -> dict[UUID, DocumentFact]:
    """The newest versions of many documents at once, by their subject."""
    rows = Document.objects.filter(subject__in=list(subjects), part=part)
    rows = rows.exclude(state=DocumentState.CANCELLED)
    return {row.subject: fact_of(row) for row in rows.order_by("version")}


def fact_of(row: Document) -> DocumentFact:
    """A document as a fact."""
    return DocumentFact(
        row.id, row.kind, row.code, row.title, row.version, row.state, row.digest, row.made_at, row.issued_at
    )


def slots_of(document: Document) -> list[SlotFact]:
    """Every place for a signature in a document, with who signed it (các ô ký)."""
    record = record_of(document)
    kind = record_types()[document.kind]
    ready = set(next_slots(record))
    signed = {
        SlotRef(row.role, row.section_id, row.number): row
        for row in DocumentSignature.objects.filter(document=document)
    }
    names = {
        (section.id, number): one.name
        for section in record.sections
        for number, one in enumerate(signers_of(section), 1)
    }
    titles = {section.id: attributes_of(section).get("name", section.id) for section in record.sections}
    found = []
    for slot in required_slots(record):
        row, declared = signed.get(slot), kind.slot(slot.role)
        found.append(
            SlotFact(
                slot.role, declared.name if declared else slot.role, titles.get(slot.section, ""),
                slot.number,
                names.get((slot.section, slot.number), ""), row.signer_name if row else "",
                row.signed_at if row else None, slot in ready,
            )
        )  # fmt: skip
    return found


def load_document(actor: Actor, key: UUID) -> Document:
    """A document in the actor's scope."""
    rows = Document.objects.select_related("school", "replaces")
    return permissions.load(actor, rows, key, see=policy.SEE_DOCUMENT)


def visible_documents(actor: Actor, text: str = "", state: str = "") -> QuerySet[Document]:
    """Documents in the actor's scope, the newest first."""
    rows = permissions.visible(actor, policy.SEE_DOCUMENT, Document.objects.select_related("school"))
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(code__icontains=text))
    return (rows.filter(state=state) if state else rows).distinct()


def to_seal(actor: Actor) -> QuerySet[Document]:
    """Documents that have every personal signature and wait for the school's seal."""
    rows = Document.objects.filter(state=DocumentState.COMPLETE).exclude(signatures__role="school")
    return permissions.visible(actor, policy.SEAL, rows)


def load_batch(actor: Actor, key: UUID) -> SigningBatch:
    """A batch of the actor's own."""
    rows = SigningBatch.objects.select_related("certificate")
    return permissions.load(actor, rows, key, see=policy.SEE_BATCH)


def batches_of(actor: Actor) -> QuerySet[SigningBatch]:
    """The actor's own batches, the newest first."""
    return SigningBatch.objects.filter(person=actor.person_id).select_related("certificate")


def by_digest(prefix: str) -> Document:
    """The issued document whose file digest begins so; strangers learn nothing else (mã trên bản in)."""
    rows = Document.objects.filter(digest__startswith=prefix).select_related("school", "replaces")
    found = list(rows[:2])
    if len(found) != 1:
        raise NotFound("REC-043")
    return found[0]


def stamp_wanted(document: Document) -> StampRequest | None:
    """The time-stamp that a sealed document still waits for."""
    return StampRequest.objects.filter(signature__document=document).first()


def waiting_stamps(before: dt.datetime) -> int:
    """How many signatures have waited for their time-stamp since before a moment."""
    return StampRequest.objects.filter(made_at__lt=before).count()
