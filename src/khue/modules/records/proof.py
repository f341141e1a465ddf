"""Do stored parts, signed files, states and the log agree? (đối chiếu hồ sơ, tệp và nhật kí)

What a database owner could change without leaving a trace in one place shows in another: a section's
text against its digest and its signature, the file against its parts, the leaf against the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from khue.core.errors import KhueError
from khue.modules.records import trust
from khue.modules.records.acts import text_digest
from khue.modules.records.content import digest_of, record_of
from khue.modules.records.data import RecordFault
from khue.modules.records.models import (
    Document,
    DocumentEvent,
    DocumentFile,
    DocumentSection,
    DocumentSignature,
    DocumentState,
    LogEntry,
)
from khue.modules.records.services import evidence
from khue.signing.log import checkpoint, doctor
from khue.signing.report import Verdict
from khue.signing.xades.record import assemble
from khue.signing.xades.verify import verify_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from khue.signing.report import Report

# A document goes on through these, some left out; the last three end it.
STEPS = tuple(state.value for state in DocumentState)
WITH_FILE = (DocumentState.ISSUED, DocumentState.SUPERSEDED, DocumentState.RECALLED)


def verify_documents() -> Iterator[RecordFault]:
    """Every document, signature, file and leaf that does not hold; the first faults come first."""
    for document in Document.objects.order_by("made_at", "id").iterator(chunk_size=200):
        yield from _document(document)
    yield from _log()


def verified(document: Document, content: bytes | None = None) -> Report:
    """The verifier's report on a document as it stands; partly signed ones are judged as far as they are."""
    complete = document.state in WITH_FILE
    data = content if content is not None else assemble(record_of(document))
    return verify_record(data, trust=trust.current(), now=timezone.now(), complete=complete)


def _document(document: Document) -> Iterator[RecordFault]:
    name = f"{document.code} bản {document.version}"
    yield from _rows(document, name)
    kept = DocumentFile.objects.filter(document=document).first()
    if document.state != _lived(document) or (kept is not None) != (document.state in WITH_FILE):
        yield RecordFault("state", name, document.state)
        return
    try:
        parts = assemble(record_of(document))
    except (KhueError, LookupError, ValueError) as error:  # what cannot be read any more was not signed so
        yield RecordFault("section", name, str(error))
        return
    if kept is not None:
        digests = {digest_of(bytes(kept.content)), kept.digest, document.digest, digest_of(parts)}
        if len(digests) > 1 or kept.size != len(kept.content):
            yield RecordFault("file", name, document.digest)
    if DocumentSignature.objects.filter(document=document).exists():
        report = verified(document, parts)
        if report.verdict is Verdict.INVALID:
            yield RecordFault("signature", name, report.text)


def _rows(document: Document, name: str) -> Iterator[RecordFault]:
    """Parts and signatures beside their own digests."""
    for section in DocumentSection.objects.filter(document=document):
        if text_digest(section.text) != section.digest:
            yield RecordFault("section", name, section.section_id)
    for signature in DocumentSignature.objects.filter(document=document):
        if text_digest(signature.text) != signature.digest:
            yield RecordFault("signature", name, f"{signature.role} {signature.section_id}".strip())


def _lived(document: Document) -> str:
    """The state to which the steps of its life lead; they only ever go on."""
    states = DocumentEvent.objects.filter(document=document).values_list("state", flat=True)
    return max((state for state in states if state in STEPS), key=STEPS.index, default="")


def _log() -> Iterator[RecordFault]:
    if not LogEntry.objects.exists() and evidence.log_store().get(checkpoint.PATH) is None:
        return  # nothing was ever logged
    rows = LogEntry.objects.select_related("document").order_by("index")
    for row in rows.iterator(chunk_size=500):
        if row.leaf != row.document.digest:
            yield RecordFault("log", f"{row.document.code} bản {row.document.version}", row.leaf)
    known = ((row.index, _leaf(row.leaf)) for row in rows.iterator(chunk_size=500))
    for finding in doctor.check_log(evidence.log_store(), known, [evidence.log_signer().key]):
        yield RecordFault("log", str(finding.params.get("index", "")), finding.text)


def _leaf(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""  # no leaf is so
