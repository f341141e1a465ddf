"""What is missing before a sheet or a class can be closed (còn thiếu gì trước khi chốt)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from khue.kit.words import said
from khue.modules.gradebook.models import CellState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from khue.modules.gradebook.book import ClassBook
    from khue.modules.gradebook.models import Sheet
    from khue.modules.gradebook.slots import Slot


def whole_percent(filled: int, wanted: int) -> int:
    """How full, whole percent; only full is 100, and where nothing is required nothing is full."""
    if not wanted:
        return 0
    return 100 if filled >= wanted else min(99, filled * 100 // wanted)


@dataclass(frozen=True, slots=True)
class Gap:
    """One required result that is not there, or waits for a make-up test."""

    sheet_id: UUID
    pupil_id: UUID
    pupil_name: str
    slot: Slot
    pending: bool


@dataclass(frozen=True, slots=True)
class ColumnGaps:
    """The gaps of one column, with the names of the pupils."""

    slot: Slot
    pending: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetGaps:
    """The gaps of one sheet, and how full it is."""

    sheet: Sheet
    gaps: tuple[Gap, ...]
    filled: int
    wanted: int

    @property
    def pending(self) -> tuple[Gap, ...]:
        """Those that wait for a make-up test."""
        return tuple(gap for gap in self.gaps if gap.pending)

    @property
    def empty(self) -> tuple[Gap, ...]:
        """Those where nothing was entered."""
        return tuple(gap for gap in self.gaps if not gap.pending)

    @property
    def by_column(self) -> list[ColumnGaps]:
        """Column by column, so that a whole empty column is one line."""
        found: dict[tuple[Slot, bool], list[str]] = {}
        for gap in self.gaps:
            found.setdefault((gap.slot, gap.pending), []).append(gap.pupil_name)
        return [ColumnGaps(slot, pending, tuple(names)) for (slot, pending), names in found.items()]

    @property
    def percent(self) -> int:
        """How full the sheet is, whole percent; a sheet that wants nothing is full."""
        return whole_percent(self.filled, self.wanted) if self.wanted else 100

    def in_words(self, limit: int = 3) -> str:
        """«TX2 của Nông Thị Hoa, ĐĐGck của 4 học sinh», short enough for a message."""
        by_slot: dict[str, list[str]] = {}
        for gap in self.gaps:
            what = said(gap.slot.label)
            if gap.pending:
                what = _("{what} (chờ kiểm tra bù)").format(what=what)
            by_slot.setdefault(what, []).append(gap.pupil_name)
        together: dict[tuple[str, ...], list[str]] = {}  # columns that the same pupils lack are one part
        for what, names in by_slot.items():
            together.setdefault(tuple(names), []).append(what)
        parts = [
            _("{what} của {name}").format(what=", ".join(whats), name=lacking[0])
            if len(lacking) == 1
            else _("{what} của {count} học sinh").format(what=", ".join(whats), count=len(lacking))
            for lacking, whats in together.items()
        ]
        more = sum(len(whats) for whats in list(together.values())[limit:])
        named = ", ".join(parts[:limit])
        return _("{named} và {more} cột khác").format(named=named, more=more) if more > 0 else named


ASSESSED_BY_A_PERSON = {"PERSONAL_PLAN", "EXEMPT"}


def gaps_of(book: ClassBook, sheet: Sheet, day: dt.date) -> SheetGaps:
    """The gaps of a sheet on a day: pupils who have left and exempted pupils are not waited for."""
    required = [slot for slot in book.slots(sheet) if slot.required]
    found: list[Gap] = []
    filled = wanted = 0
    for row in book.pupils_of(sheet):
        if row.left_by(day) or _exempt(book, sheet, row.pupil_id):
            continue
        cells = book.of(sheet, row.pupil_id)
        own = [*required, *_topic(book, sheet, row.pupil_id)]
        wanted += len(own)
        for slot in own:
            content = cells.get(slot.code)
            if content is None or content.state == CellState.EMPTY:
                found.append(Gap(sheet.id, row.pupil_id, row.name, slot, pending=False))
            elif content.state == CellState.PENDING_MAKEUP:
                found.append(Gap(sheet.id, row.pupil_id, row.name, slot, pending=True))
            else:
                filled += 1
    return SheetGaps(sheet, tuple(found), filled, wanted)


def _topic(book: ClassBook, sheet: Sheet, pupil_id: UUID) -> list[Slot]:
    """The column of the topic cluster, for a pupil who learns it (cụm chuyên đề học tập)."""
    choice = book.choices.get((sheet.class_subject_id, pupil_id)) if sheet.class_subject_id else None
    if choice is None or not choice.takes_topic:
        return []
    return [slot for slot in book.slots(sheet) if slot.code == "topic"]


def gaps_of_term(book: ClassBook, term: int, day: dt.date) -> Sequence[SheetGaps]:
    """The gaps of all sheets of a term, in the order of the subjects, the homeroom sheets last."""
    sheets = [sheet for sheet in book.sheets if sheet.term == term]
    sheets.sort(key=lambda s: (s.class_subject.position if s.class_subject else 999, s.kind))
    return [gaps_of(book, sheet, day) for sheet in sheets]


def _exempt(book: ClassBook, sheet: Sheet, pupil_id: UUID) -> bool:
    subject = sheet.class_subject
    return subject is not None and book.mode(subject, pupil_id) in ASSESSED_BY_A_PERSON
