"""What was issued, read from the signed bytes alone (học bạ đã phát hành)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from khue.core.dates import VIETNAM
from khue.modules.records import api as records
from khue.modules.transcripts import content, data
from khue.modules.transcripts.models import ReceivedFile, Transcript, TranscriptPage
from khue.signing.qr import short_code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

ISSUED = ("issued",)


def transcript_of(person_id: UUID, level: str) -> Transcript | None:
    """The transcript of a pupil in a level; None before the first page."""
    return Transcript.objects.filter(person=person_id, level=level).first()


def issued(person_id: UUID, *, base: str = "", states: Collection[str] = ISSUED) -> list[data.Transcript]:
    """Every transcript of a pupil with its issued pages, the lowest level first.

    `base` is the address of this installation, for the code on paper.
    """
    rows = list(Transcript.objects.filter(person=person_id).order_by("opened_on", "id"))
    return [found for row in rows if (found := read_transcript(row, base=base, states=states)).pages]


def read_transcript(row: Transcript, *, base: str = "", states: Collection[str] = ISSUED) -> data.Transcript:
    """One transcript with its issued pages, oldest first: ours, and those that came from other schools."""
    keys = TranscriptPage.objects.filter(transcript=row, version__gt=0).order_by("part")
    files = records.files_of(keys.values_list("id", flat=True), content.KINDS, states=states)
    pages = [_own(one, base) for one in files]
    known = {page.digest for page in pages}
    pages += [
        _received(one, base) for one in ReceivedFile.objects.filter(transcript=row) if one.digest not in known
    ]
    pages.sort(key=lambda one: (one.page.year, one.page.grade, one.version))
    codes = [one.print_code for one in files if one.state in ISSUED]
    return data.Transcript(row.code, row.level, tuple(pages), codes[-1] if codes else "")


def issued_page(page_id: UUID, *, base: str = "") -> data.IssuedPage | None:
    """The issued version of one page, from its bytes; None if none was issued or it was recalled."""
    files = records.files_of([page_id], content.KINDS)
    return _own(files[-1], base) if files else None


def issued_documents(
    school_id: UUID, year: str, *, level: str = "", states: Collection[str] = records.WITH_FILE
) -> list[data.IssuedDocument]:
    """The signed year pages of a school in a year («2025-2026»), for packages and lists."""
    rows = TranscriptPage.objects.filter(school=school_id, year__code=year, version__gt=0)
    if level:
        rows = rows.filter(transcript__level=level)
    pages = {row.id: row for row in rows.select_related("transcript").defer("content").order_by("id")}
    documents = records.Document.objects.filter(
        subject__in=list(pages), kind__in=content.KINDS, state__in=states
    )
    return [
        data.IssuedDocument(
            page.id, one.id, page.person_id, page.school_class_id, page.transcript.code,
            page.transcript.level, year, one.code, one.version, one.state, one.digest,
        )
        for one in documents.defer("head").order_by("title", "version", "id")
        if (page := pages[one.subject])
    ]  # fmt: skip


def earlier_of(transcript_ids: Iterable[UUID], part: int) -> dict[UUID, list[tuple[str, str, str]]]:
    """The years before a page, by transcript: (year, class, school); own pages and those that came."""
    keys = list(transcript_ids)
    found: dict[UUID, dict[str, tuple[str, str, str]]] = defaultdict(dict)
    received = ReceivedFile.objects.filter(transcript__in=keys, year__lt=f"{part}")
    for one in received.order_by("year", "version", "id"):
        page = content.read_page(bytes(one.content))
        found[one.transcript_id][page.year] = (page.year, page.class_name, page.place.school)
    rows = TranscriptPage.objects.filter(transcript__in=keys, part__lt=part, content__isnull=False)
    for key, frozen in rows.order_by("part").values_list("transcript_id", "content"):
        year = frozen["year"]
        found[key][year] = (year, frozen["class_name"], frozen["place"]["school"])
    return {key: [years[year] for year in sorted(years)] for key, years in found.items()}


def _own(one: records.FileFact, base: str) -> data.IssuedPage:
    page, said = content.read_record(one.content)
    return data.IssuedPage(
        page, one.code, int(said["version"]), one.state, _day(one.issued_at), one.digest,
        tuple(
            data.SignatureFact(
                sign.role, subject_of(page, sign.section_id), sign.name, sign.capacity, _moment(sign.at)
            )
            for sign in one.signatures
        ),
        _address(base, one.digest), one.print_code,
    )  # fmt: skip


def _received(one: ReceivedFile, base: str) -> data.IssuedPage:
    page, said = content.read_record(bytes(one.content))
    signatures = tuple(
        data.SignatureFact(role, subject_of(page, section), name, capacity, at)
        for role, section, name, capacity, at in one.signatures
    )
    last = signatures[-1].at[:10] if signatures else ""
    return data.IssuedPage(
        page, one.record_code, int(said["version"]), "issued", last, one.digest, signatures,
        _address(base, one.digest),
    )  # fmt: skip


def subject_of(page: data.YearPage, section: str) -> str:
    """The code of the subject that a section holds; empty for the year and the whole."""
    codes = {content.section_id(line): line.code for line in page.subjects}
    return codes.get(section, "")


def _address(base: str, digest: str) -> str:
    return f"{base}/k/{short_code(bytes.fromhex(digest))}" if base else ""


def _day(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y}" if at else ""


def _moment(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if at else ""
