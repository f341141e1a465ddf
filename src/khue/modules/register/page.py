"""The page of a book's school year: every entry as it stands, the events since the page before (trang năm).

An event that comes later belongs to the next page, whatever its date. What a page holds is told by how far
each entry's chain stood when it was closed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from khue.core.dates import first_year
from khue.core.errors import Invalid, Refused
from khue.modules.codes import api as codes
from khue.modules.register import numbering
from khue.modules.register.models import EntryState, EventKind, RegisterClosing, RegisterEntry, RegisterEvent
from khue.modules.register.years import code_of, end_of_teaching
from khue.modules.schooling import api as schooling
from khue.rules.enrollment import PRESENT

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.register.models import RegisterBook

REASON_LENGTH = 10
MOST_CLASSES = 8  # named in a refusal


@dataclass(slots=True)
class Page:
    """A book's school year as it would be closed now."""

    book: RegisterBook
    year: int
    number: int
    entries: list[RegisterEntry]
    events: dict[UUID, list[RegisterEvent]]  # since the page before, by entry
    gaps: list[tuple[int, int]]  # numbers never given
    ethnic: dict[str, str] = field(default_factory=dict)  # names of ethnic groups by code
    without_result: list[str] = field(default_factory=list)  # classes that wait for their year

    @property
    def year_code(self) -> str:
        """«2025-2026»."""
        return code_of(self.year)

    @property
    def event_count(self) -> int:
        """How many events stand on the page."""
        return sum(map(len, self.events.values()))

    @property
    def lengths(self) -> dict[str, int]:
        """How far each entry's chain stands."""
        return {entry.id.hex: entry.history_length for entry in self.entries}


def closings_of(book: RegisterBook) -> list[RegisterClosing]:
    """The closings of a book in their order."""
    return list(RegisterClosing.objects.filter(book=book).order_by("number"))


def load_page(book: RegisterBook, year: int) -> Page:
    """The page as it stands now, in a handful of queries."""
    closings = closings_of(book)
    covered = closings[-1].lengths if closings else {}
    entries = list(RegisterEntry.objects.filter(book=book).order_by("number"))
    for entry in entries:
        entry.book = book
    events: dict[UUID, list[RegisterEvent]] = defaultdict(list)
    for event in RegisterEvent.objects.filter(entry__book=book).order_by("entry_id", "sequence"):
        if event.sequence > covered.get(event.entry_id.hex, 0):
            events[event.entry_id].append(event)
    page = Page(
        book, year, len(closings) + 1, entries, dict(events),
        numbering.gaps([entry.number for entry in entries]),
    )  # fmt: skip
    names = codes.items_ever(codes.ETHNIC_GROUPS).order_by("valid_from", "id")
    page.ethnic = dict(names.values_list("code", "name"))
    page.without_result = _without_result(page)
    return page


def _without_result(page: Page) -> list[str]:
    """Classes of the year with pupils who are still here and have no result of it."""
    here = {entry.id for entry in page.entries if entry.state in {state.value for state in PRESENT}}
    rows = RegisterEvent.objects.filter(entry__in=here, data__year=page.year_code)
    placed: dict[UUID, str] = {}
    decided: dict[UUID, str] = {}
    for entry, data in rows.order_by("sequence").values_list("entry_id", "data"):
        if "result" in data:
            decided[entry] = data["result"]
        elif data.get("stay"):
            placed[entry] = data.get("class", "")
    return sorted({name for entry, name in placed.items() if not decided.get(entry)})


def require_closable(actor: Actor, page: Page, accept_missing: str = "") -> None:
    """Refuse to close what is closed, out of its turn, too early, empty or incomplete."""
    book, year = page.book, page.year_code
    if page.year < book.first_year:
        raise Invalid("REG-024", book=book.code, year=code_of(book.first_year))
    closed = [row.year for row in closings_of(book)]
    if page.year in closed:
        raise Refused("REG-020", book=book.code, year=year)
    if closed and page.year != max(closed) + 1:
        raise Refused("REG-022", book=book.code, year=code_of(max(closed) + 1))
    if not page.entries:
        raise Refused("REG-026", book=book.code)
    row = schooling.year_of(year)
    if row is None:
        raise Refused("REG-028", year=year)
    ends = end_of_teaching(row, book.school_id)
    if actor.today < ends:
        raise Refused("REG-021", year=year, day=f"{ends:%d/%m/%Y}")
    if page.without_result and len(accept_missing.strip()) < REASON_LENGTH:
        raise Refused("REG-023", year=year, names=", ".join(page.without_result[:MOST_CLASSES]))


def is_finished(book: RegisterBook) -> bool:
    """Whether nobody of a book is here any more and every event stands on a closed page (hoàn thành)."""
    closings = closings_of(book)
    covered = closings[-1].lengths if closings else {}
    rows = RegisterEntry.objects.filter(book=book).values_list("id", "state", "history_length")
    here = {EntryState(state.value) for state in PRESENT}
    return bool(closings) and all(
        state not in here and covered.get(key.hex, 0) == length for key, state, length in rows
    )


def year_to_close(book: RegisterBook, today_year: str) -> int:
    """The school year whose page comes next: after the last one closed, else the first one with a class."""
    closings = closings_of(book)
    if closings:
        return closings[-1].year + 1
    known = RegisterEvent.objects.filter(entry__book=book, kind=EventKind.CLASS_PLACED)
    codes_of_years = set(known.order_by().values_list("data__year", flat=True))
    return max(book.first_year, first_year(min(codes_of_years, default=today_year)))
