"""The offline bundle of a document (gói bằng chứng): record, print, proof of the log, certificates, CRLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.core.errors import Refused
from khue.modules.records import renditions, trust, verification
from khue.modules.records.content import file_of
from khue.modules.records.models import DocumentSignature, DocumentState, LogEntry
from khue.modules.records.services import evidence
from khue.signing.log import archive
from khue.signing.log.bundle import Bundle, write_bundle
from khue.signing.log.checkpoint import Checkpoint
from khue.signing.log.writer import note_of
from khue.signing.trust.base import Evidence

if TYPE_CHECKING:
    from khue.modules.records.models import Document


def bundle_of(document: Document, base: str) -> bytes:
    """Everything that proves an issued document to a stranger without a network; the log must have it."""
    entry = LogEntry.objects.filter(document=document).first()
    if entry is None:
        raise Refused("REC-044", state=DocumentState(document.state).label)
    store = evidence.log_store()
    note = note_of(store)  # once: the log may grow while the bundle is made
    size = Checkpoint.parse(note.body).size
    return write_bundle(
        Bundle(
            record=file_of(document), proof=verification.proof_of(entry, note).text,
            checkpoint=archive.evidence_of(store, size), keys=verification.log_policy().text,
            pdf=renditions.pdf_of(document, base), evidence=_evidence(document),
        )
    )  # fmt: skip


def _evidence(document: Document) -> Evidence:
    """Certificates and revocation data of the day of issue, so that nobody must be asked later."""
    rows = DocumentSignature.objects.filter(document=document).select_related("certificate")
    at = document.issued_at or document.made_at
    certificates: list[bytes] = []
    crls: list[bytes] = []
    ocsps: list[bytes] = []
    for row in rows:
        leaf, chain = bytes(row.certificate.content), row.certificate.intermediates
        certificates += [leaf, *chain]
        shown = trust.current().evidence(leaf, chain, at=at)
        if shown is not None:
            crls += shown.crls
            ocsps += shown.ocsps
    return Evidence(*(tuple(dict.fromkeys(found)) for found in (certificates, crls, ocsps)))
