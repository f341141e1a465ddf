"""Finished files with what is known of them, for modules that show or send many (tệp hồ sơ đã phát hành)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from khue.modules.records.data import FileFact, GivenSignature
from khue.modules.records.models import (
    Document,
    DocumentFile,
    DocumentSignature,
    DocumentState,
    SignatureStamp,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

WITH_FILE = (DocumentState.ISSUED, DocumentState.SUPERSEDED, DocumentState.RECALLED)


def files_of(
    subjects: Iterable[UUID], kinds: Collection[str], *, states: Collection[str] = (DocumentState.ISSUED,)
) -> list[FileFact]:
    """The files of these documents that were issued, oldest version first, with every signature's facts."""
    rows = list(
        Document.objects.filter(subject__in=list(subjects), kind__in=kinds, state__in=states)
        .order_by("part", "version", "id")
        .defer("head")
    )
    ids = [row.id for row in rows]
    contents = dict(DocumentFile.objects.filter(document__in=ids).values_list("document_id", "content"))
    signatures = _signatures(ids)
    return [
        FileFact(
            row.id, row.kind, row.subject, row.part, row.code, row.version, row.state, row.digest,
            row.issued_at, row.print_code, bytes(contents[row.id]), tuple(signatures[row.id]),
        )
        for row in rows
        if row.id in contents
    ]  # fmt: skip


def _signatures(document_ids: list[UUID]) -> dict[UUID, list[GivenSignature]]:
    stamped = SignatureStamp.objects.filter(signature__document__in=document_ids)
    proved = dict(stamped.values_list("signature_id", "at"))
    found: dict[UUID, list[GivenSignature]] = defaultdict(list)
    rows = DocumentSignature.objects.filter(document__in=document_ids).defer("text")
    for row in rows.order_by("signed_at", "id"):
        found[row.document_id].append(
            GivenSignature(
                row.role, row.section_id, row.number, row.signer_name, row.capacity, row.signed_at,
                proved.get(row.id),
            )
        )  # fmt: skip
    return found
