"""A pupil's signed files as they go along to the next school, byte for byte (tệp học bạ mang theo)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.modules.records import api as records
from khue.modules.transcripts import content
from khue.modules.transcripts.data import PageFile
from khue.modules.transcripts.models import ReceivedFile, TranscriptPage

if TYPE_CHECKING:
    from uuid import UUID


def files_of_pupil(person_id: UUID) -> list[PageFile]:
    """Every signed year page that holds, of all levels: ours, and those that came from other schools."""
    pages = TranscriptPage.objects.filter(transcript__person=person_id, version__gt=0).order_by("part")
    files = records.files_of(pages.values_list("id", flat=True), content.KINDS, states=("issued",))
    found = {one.digest: one.content for one in files}
    for received in ReceivedFile.objects.filter(person=person_id).order_by("year", "version", "id"):
        found.setdefault(received.digest, bytes(received.content))
    return sorted(
        (_file(digest, data) for digest, data in found.items()), key=lambda one: (one.year, one.title)
    )


def _file(digest: str, data: bytes) -> PageFile:
    page = content.read_page(data)
    return PageFile(content.title_of(page), page.level, page.year, digest, data)
