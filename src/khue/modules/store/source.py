"""Which transcripts a school has issued (học bạ đã phát hành): the one place that asks for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db.models import Count

from khue.modules.records import api as records
from khue.modules.store.manifest import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

TRANSCRIPT = "transcript-"  # record types of transcripts begin so
PRIMARY = "transcript-primary"
_LEVEL = re.compile(r' level="([A-Z]+)"')


def is_transcript(kind: str) -> bool:
    """Whether a record type is a transcript's."""
    return kind.startswith(TRANSCRIPT) and kind != PACKAGE


def issued_documents(school_id: UUID, year: str = "") -> QuerySet[records.Document]:
    """The transcripts of a school that stand now, of a school year or of all."""
    rows = records.Document.objects.filter(
        school=school_id, kind__startswith=TRANSCRIPT, state=records.DocumentState.ISSUED
    ).exclude(kind=PACKAGE)
    return rows.filter(part=int(year[:4])) if year else rows


def level_of(document: records.Document) -> str:
    """The level of a transcript, as its head says."""
    found = _LEVEL.search(document.head)
    return found[1] if found else "TH" if document.kind == PRIMARY else ""


def year_of(document: records.Document) -> str:
    """The school year of a transcript: «2025-2026»."""
    return f"{document.part}-{document.part + 1}"


def issued_counts(school_ids: Sequence[UUID], year: str = "") -> dict[UUID, int]:
    """How many transcripts stand at each school, as far as they are kept in this installation."""
    rows = records.Document.objects.filter(
        school__in=school_ids, kind__startswith=TRANSCRIPT, state=records.DocumentState.ISSUED
    ).exclude(kind=PACKAGE)
    rows = rows.filter(part=int(year[:4])) if year else rows
    return dict(rows.order_by("school").values_list("school").annotate(n=Count("id")))
