"""From rows to the record that is signed and back: the one bridge between the tables and `khue.signing`."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from khue.kit.prepared import Prepared
from khue.modules.records.models import Document, DocumentSection, DocumentSignature, SignatureStamp
from khue.signing.algorithms import Algorithm
from khue.signing.profile import record_types
from khue.signing.tbs import SlotRef, ToBeSigned
from khue.signing.xades import augment
from khue.signing.xades.record import EmbeddedSignature, Record, Section, assemble, required_slots

if TYPE_CHECKING:
    from collections.abc import Iterable


def record_of(document: Document, more: Iterable[Section] = ()) -> Record:
    """The record as it stands now: frozen sections and every signature, with its time-stamp."""
    sections = (*(Section(*row) for row in _sections(document=document.id)), *more)
    record = Record(document.kind, document.code, document.head, _by_kind(document.kind, sections))
    place = {ref: number for number, ref in enumerate(required_slots(record))}
    signed = sorted(_signatures(document), key=lambda one: place.get(one.slot, len(place)))
    return replace(record, signatures=tuple(signed))


def file_of(document: Document) -> bytes:
    """The bytes of a document: the stored file once issued, else assembled from its parts."""
    kept = getattr(document, "file", None)
    return bytes(kept.content) if kept is not None else assemble(record_of(document))


def as_section(row: DocumentSection) -> Section:
    """A stored section as the signing package knows it."""
    return Section(id=row.section_id, kind=row.kind, text=row.text)


def slot_of(row: DocumentSignature) -> SlotRef:
    """The slot of a stored signature."""
    return SlotRef(row.role, row.section_id, row.number)


def digest_of(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def stored(tbs: ToBeSigned) -> dict[str, Any]:
    """A ToBeSigned as JSON."""
    return {
        "id": tbs.id, "record": tbs.record_code,
        "slot": [tbs.slot.role, tbs.slot.section, tbs.slot.number],
        "algorithm": tbs.algorithm.value, "digest": _text(tbs.digest),
        "signed_info": tbs.signed_info.decode(), "signed_properties": tbs.signed_properties.decode(),
        "certificate": _text(tbs.certificate), "chain": [_text(item) for item in tbs.chain],
        "signing_time": tbs.signing_time.astimezone(dt.UTC).isoformat(),
    }  # fmt: skip


def restored(kept: dict[str, Any]) -> ToBeSigned:
    """The ToBeSigned that was stored."""
    return ToBeSigned(
        id=kept["id"], record_code=kept["record"], slot=SlotRef(*kept["slot"]),
        algorithm=Algorithm(kept["algorithm"]), digest=_bytes(kept["digest"]),
        signed_info=kept["signed_info"].encode(), signed_properties=kept["signed_properties"].encode(),
        certificate=_bytes(kept["certificate"]), chain=tuple(_bytes(item) for item in kept["chain"]),
        signing_time=dt.datetime.fromisoformat(kept["signing_time"]),
    )  # fmt: skip


# A principal looks at hundreds of records in one act: these are asked for each of them (kit/prepared.py).
_sections: Prepared[tuple[str, str, str]] = Prepared(
    lambda document: DocumentSection.objects.filter(document=document).values_list(
        "section_id", "kind", "text"
    ),
    grows=True,
)
_given: Prepared[tuple[UUID, str, str, int, str]] = Prepared(
    lambda document: DocumentSignature.objects.filter(document=document).values_list(
        "id", "role", "section_id", "number", "text"
    ),
    grows=True,
)
_tokens: Prepared[tuple[UUID, bytes]] = Prepared(
    lambda document: SignatureStamp.objects.filter(signature__document=document).values_list(
        "signature_id", "token"
    ),
    grows=True,
)


def _signatures(document: Document) -> list[EmbeddedSignature]:
    tokens = {key: bytes(token) for key, token in _tokens(document=document.id)}
    found = []
    for key, role, section, number, text in _given(document=document.id):
        embedded = EmbeddedSignature(slot=SlotRef(role, section, number), text=text)
        if key in tokens:
            embedded = augment.with_timestamp(embedded, tokens[key])
        found.append(embedded)
    return found


def _by_kind(kind: str, sections: Iterable[Section]) -> tuple[Section, ...]:
    """Sections of one kind stand together, in the order of the record type; within it as they came."""
    order = [name for name, _, _ in record_types()[kind].sections]
    return tuple(sorted(sections, key=lambda section: (order.index(section.kind), section.id)))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
