"""Forms of a transcript (các dạng xuất của học bạ): which there are, from which year, and how to replace one.

An exporter is pure: it takes values of `data` and gives bytes, the same every time. Each has a code that
stays, a version, and the school years in which its form holds. When a form changes, the new exporter is
registered beside the old one; years before keep their own (docs/records/transcript-forms.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.errors import Invalid
from khue.modules.transcripts.data import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from khue.modules.transcripts.data import IssuedPage
    from khue.modules.transcripts.forms.national import Event, Export, Lists

LEVELS = ("TH", "THCS", "THPT")
MINISTRY, PAPER, EXTRACT = "hoc-ba-xml", "hoc-ba-pdf", "trich-luc-pdf"
ROWS, SHEETS = "ttdlqg-json", "ttdlqg-xlsx"
PDF, XML, JSON = "application/pdf", "application/xml", "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What rows for the National Data Centre need beside the transcript: the event, lists of codes."""

    event: Event
    lists: Lists


@dataclass(frozen=True, slots=True)
class Exporter:
    """One form of transcripts (dạng xuất)."""

    code: str
    version: str
    name: str
    first_year: int  # the school year that began in this calendar year
    last_year: int  # 0: no end is known
    levels: tuple[str, ...]
    suffix: str
    media_type: str
    write: Callable[[Transcript, Envelope | None], bytes]
    each_year: bool = False  # one file for each year page, instead of one for the transcript

    def holds_in(self, level: str, year: int) -> bool:
        """Whether it is a form of that level in the school year that began in this calendar year."""
        begun, over = self.first_year <= year, bool(self.last_year) and year > self.last_year
        return level in self.levels and begun and not over


@dataclass(frozen=True, slots=True)
class Rendition:
    """A file of a transcript in one form (bản thể hiện)."""

    name: str
    media_type: str
    content: bytes
    exporter: Exporter


_EXPORTERS: dict[tuple[str, str], Exporter] = {}


def register_exporter(exporter: Exporter) -> None:
    """Add a form; the same code and version again takes the place of the first."""
    _EXPORTERS[exporter.code, exporter.version] = exporter


def exporters() -> tuple[Exporter, ...]:
    """All forms, by code and version."""
    _ship()
    return tuple(_EXPORTERS[key] for key in sorted(_EXPORTERS))


def exporters_for(level: str, year: int | str) -> tuple[Exporter, ...]:
    """For each code the newest version that holds in a school year («2025-2026» or 2025)."""
    first = int(year[:4]) if isinstance(year, str) else year
    return tuple({one.code: one for one in exporters() if one.holds_in(level, first)}.values())


def exporter_for(code: str, level: str, year: int | str) -> Exporter:
    """The newest version of one form (`TRANS-103`)."""
    for one in exporters_for(level, year):
        if one.code == code:
            return one
    raise Invalid("TRANS-103", form=code, year=str(year))


def renditions(transcript: Transcript, code: str, envelope: Envelope | None = None) -> tuple[Rendition, ...]:
    """A transcript in one form: one file, or one for each year, each by the version of its year."""
    if not transcript.pages:
        raise Invalid("TRANS-112", transcript=transcript.code)
    newest = exporter_for(code, transcript.level, transcript.pages[-1].page.year)
    if not newest.each_year:
        name = f"hoc-ba-{transcript.code}{newest.suffix}"
        return (Rendition(name, newest.media_type, newest.write(transcript, envelope), newest),)
    found = [
        (issued, exporter)
        for issued in transcript.pages
        for exporter in exporters_for(transcript.level, issued.page.year)
        if exporter.code == code
    ]
    return tuple(_of_year(transcript, issued, exporter, envelope) for issued, exporter in found)


def _of_year(
    transcript: Transcript, issued: IssuedPage, exporter: Exporter, envelope: Envelope | None
) -> Rendition:
    alone = Transcript(transcript.code, transcript.level, (issued,), transcript.print_code)
    name = f"hoc-ba-{transcript.code}-{issued.page.year}{exporter.suffix}"
    return Rendition(name, exporter.media_type, exporter.write(alone, envelope), exporter)


def _ship() -> None:
    """The forms that come with the program, registered at first use: Typst is loaded only then."""
    if _EXPORTERS.get((PAPER, "2026.1")):
        return
    from khue.modules.transcripts.forms import ministry, national, paper  # noqa: PLC0415 - see above

    def rows(transcript: Transcript, envelope: Envelope | None) -> Export:
        if envelope is None:
            raise Invalid("TRANS-104")
        return national.rows_of(transcript, envelope.event, envelope.lists)

    shipped = (
        Exporter(
            MINISTRY, "2026.1", "XML theo bố cục học bạ số của Bộ, chưa ký", 2023, 0, LEVELS, ".xml", XML,
            lambda one, _: ministry.write_form(one.pages[0].page, one.pages[0]), each_year=True,
        ),
        Exporter(
            PAPER, "2026.1", "Bản in PDF/A", 2000, 0, LEVELS, ".pdf", PDF,
            lambda one, _: paper.transcript_pdf(one),
        ),
        Exporter(
            EXTRACT, "2026.1", "Trích lục một năm học, PDF/A", 2000, 0, LEVELS, ".pdf", PDF,
            lambda one, _: paper.year_pdf(one.pages[0], one.print_code), each_year=True,
        ),
        Exporter(
            ROWS, "2026.1", "Bản ghi gửi Trung tâm Dữ liệu quốc gia (JSON)", 2021, 0, LEVELS, ".json", JSON,
            lambda one, envelope: national.to_json(rows(one, envelope)),
        ),
        Exporter(
            SHEETS, "2026.1", "Bản ghi gửi Trung tâm Dữ liệu quốc gia (Excel)", 2021, 0, LEVELS, ".xlsx",
            XLSX, lambda one, envelope: national.to_xlsx([rows(one, envelope)]),
        ),
    )  # fmt: skip
    for one in shipped:
        _EXPORTERS.setdefault((one.code, one.version), one)
