"""Tables of signed records."""

from __future__ import annotations

from khue.modules.records.models.batches import BatchState, ItemState, SigningBatch, SigningItem
from khue.modules.records.models.certificates import ON_COMPUTER, ON_SERVER, Certificate, Provider
from khue.modules.records.models.documents import (
    ENDED_STATES,
    OPEN_STATES,
    Document,
    DocumentEvent,
    DocumentFile,
    DocumentSection,
    DocumentSignature,
    DocumentState,
    SignatureStamp,
)
from khue.modules.records.models.evidence import Examination, KeptSecret, LogEntry, StampRequest

__all__ = [
    "ENDED_STATES",
    "ON_COMPUTER",
    "ON_SERVER",
    "OPEN_STATES",
    "BatchState",
    "Certificate",
    "Document",
    "DocumentEvent",
    "DocumentFile",
    "DocumentSection",
    "DocumentSignature",
    "DocumentState",
    "Examination",
    "ItemState",
    "KeptSecret",
    "LogEntry",
    "Provider",
    "SignatureStamp",
    "SigningBatch",
    "SigningItem",
    "StampRequest",
]
