"""Do stored parts, signed files, states and the log agree? (đối chiếu hồ sơ, tệp và nhật kí)

What a database owner could change without leaving a trace in one place shows in another: a section's
text against its digest and its signature, the file against its parts, the leaf against the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from khue.modules.records import trust
from khue.modules.records.acts import text_digest
from khue.modules.records.content import digest_of, record_of
from khue.modules.records.data import RecordFault
from khue.modules.records.models import (
    Document,
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
    for section in DocumentSection.objects.filter(document=document):
        if text_digest(section.text) != section.digest:
            yield RecordFault("section", name, section.section_id)
    for signature in DocumentSignature.objects.filter(document=document):
        if text_digest(signature.text) != signature.digest:
            yield RecordFault("signature", name, f"{signature.role} {signature.section_id}".strip())
    kept = DocumentFile.objects.filter(document=document).first()
    if (kept is not None) != (document.state in WITH_FILE):
        yield RecordFault("state", name, document.state)
        return
    parts = assemble(record_of(document))
    if kept is not None:
        content = bytes(kept.content)
        if digest_of(content) != document.digest or content != parts:
            yield RecordFault("file", name, document.digest)
    if not DocumentSignature.objects.filter(document=document).exists():
        return
    report = verified(document, parts)
    if report.verdict is Verdict.INVALID:
        yield RecordFault("signature", name, report.text)


def _log() -> Iterator[RecordFault]:
    if not LogEntry.objects.exists() and evidence.log_store().get(checkpoint.PATH) is None:
        return  # nothing was ever logged
    rows = LogEntry.objects.select_related("document").order_by("index")
    for row in rows.iterator(chunk_size=500):
        if row.leaf != row.document.digest:
            yield RecordFault("log", f"{row.document.code} bản {row.document.version}", row.leaf)
    known = ((row.index, bytes.fromhex(row.leaf)) for row in rows.iterator(chunk_size=500))
    for finding in doctor.check_log(evidence.log_store(), known, [evidence.log_signer().key]):
        yield RecordFault("log", str(finding.params.get("index", "")), finding.text)
