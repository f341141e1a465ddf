"""Tables of the store: what a school sends, and what the department keeps."""

from __future__ import annotations

from khue.modules.store.models.department import (
    ForwardBatch,
    ForwardItem,
    ItemReport,
    Receipt,
    ReceivedChunk,
    ReceivedItem,
    ReceivedRequest,
    StoredEvent,
    StoredFile,
    StoredRecord,
    StoreKey,
    StoreSchool,
)
from khue.modules.store.models.school import (
    OutgoingRequest,
    Package,
    PackageItem,
    StoreLink,
)
from khue.modules.store.states import (
    ItemState,
    PackageState,
    ReceiptState,
    RequestKind,
    RequestState,
    StoredState,
)

__all__ = [
    "ForwardBatch",
    "ForwardItem",
    "ItemReport",
    "ItemState",
    "OutgoingRequest",
    "Package",
    "PackageItem",
    "PackageState",
    "Receipt",
    "ReceiptState",
    "ReceivedChunk",
    "ReceivedItem",
    "ReceivedRequest",
    "RequestKind",
    "RequestState",
    "StoreKey",
    "StoreLink",
    "StoreSchool",
    "StoredEvent",
    "StoredFile",
    "StoredRecord",
    "StoredState",
]
