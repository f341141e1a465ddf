"""Everything of one class's gradebook in a fixed number of queries (sổ theo dõi và đánh giá học sinh).

Results, gaps, closing, pages, paper and Excel all read this one value, so they cannot disagree.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from khue.kit.prepared import Prepared
from khue.modules.gradebook import columns
from khue.modules.gradebook.models import Cell, Sheet, SheetKind
from khue.modules.orgs import api as orgs
from khue.modules.schooling import api as schooling
from khue.rules.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from khue.modules.gradebook.slots import Slot


class Content(NamedTuple):
    """State, exact text and version of a cell."""

    state: str
    value: str
    version: int = 0


PupilCells = dict[str, Content]
NOTHING: PupilCells = {}


@dataclass(slots=True)
class ClassBook:
    """A class with its subjects, pupils, sheets and cells."""

    school_class: schooling.SchoolClass
    subjects: list[schooling.ClassSubject]
    roster: list[schooling.RosterRow]
    choices: Mapping[tuple[UUID, UUID], schooling.SubjectChoice]
    sheets: list[Sheet]
    settings: Settings
    cells: Mapping[UUID, Mapping[UUID, PupilCells]] = field(default_factory=dict)
    _slots: dict[UUID, tuple[Slot, ...]] = field(default_factory=dict)
    _of_subject: dict[tuple[UUID, int], Sheet] = field(default_factory=dict)
    _own: dict[tuple[int, str], Sheet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for sheet in self.sheets:
            if sheet.class_subject_id is None:
                self._own[sheet.term, sheet.kind] = sheet
            else:
                self._of_subject[sheet.class_subject_id, sheet.term] = sheet

    def sheet(self, subject_id: UUID | None, term: int, kind: str = SheetKind.HOMEROOM) -> Sheet | None:
        """The sheet of a subject in a term; without a subject, the homeroom teacher's of that kind."""
        if subject_id is None:
            return self._own.get((term, kind))
        return self._of_subject.get((subject_id, term))

    def slots(self, sheet: Sheet) -> tuple[Slot, ...]:
        """The columns of a sheet, computed once."""
        if sheet.id not in self._slots:
            self._slots[sheet.id] = columns.slots_of(sheet)
        return self._slots[sheet.id]

    def of(self, sheet: Sheet | None, pupil_id: UUID) -> PupilCells:
        """The cells of a pupil in a sheet."""
        return NOTHING if sheet is None else self.cells.get(sheet.id, {}).get(pupil_id, NOTHING)

    def takes(self, subject: schooling.ClassSubject, pupil_id: UUID) -> bool:
        """Whether a pupil learns this subject: chosen electives only for those who chose them."""
        choice = self.choices.get((subject.id, pupil_id))
        return choice.takes_subject if choice else not subject.elective

    def mode(self, subject: schooling.ClassSubject, pupil_id: UUID) -> str:
        """How the pupil is assessed in the subject (Điều 10, 11 TT 22)."""
        choice = self.choices.get((subject.id, pupil_id))
        return choice.mode if choice else schooling.AssessmentMode.NORMAL.value

    def pupils_of(self, sheet: Sheet) -> list[schooling.RosterRow]:
        """The roster rows that stand in a sheet."""
        subject = sheet.class_subject
        if subject is None:
            return self.roster
        return [row for row in self.roster if self.takes(subject, row.pupil_id)]


def load_book(
    school_class_id: UUID, *, terms: Iterable[int] = (1, 2, 3), pupil_ids: Iterable[UUID] | None = None,
    sheet_id: UUID | None = None,
) -> ClassBook:
    """Load a class's gradebook for these terms, for all pupils or some, or a single sheet of it."""
    school_class = schooling.class_of(school_class_id)
    subjects = schooling.subjects_of_class(school_class=school_class_id)
    by_id = {subject.id: subject for subject in subjects}
    wanted_terms = set(terms)
    chosen = _sheets(school_class=school_class_id) if sheet_id is None else _sheet(key=sheet_id)
    sheets = [
        sheet for sheet in chosen if sheet.term in wanted_terms and sheet.school_class_id == school_class_id
    ]
    for sheet in sheets:
        sheet.school_class = school_class
        sheet.class_subject = by_id.get(sheet.class_subject_id) if sheet.class_subject_id else None
    ids = [sheet.id for sheet in sheets]
    roster = schooling.roster(school_class_id)
    if pupil_ids is None:
        rows = _cells(sheets=ids)
    else:
        wanted = set(pupil_ids)
        rows = _cells_of_some(sheets=ids, pupils=wanted)
        roster = [row for row in roster if row.pupil_id in wanted]
    cells: dict[UUID, dict[UUID, PupilCells]] = defaultdict(lambda: defaultdict(dict))
    for of_sheet, pupil_id, slot, state, value, version in rows:
        cells[of_sheet][pupil_id][slot] = Content(state, value, version)
    choices = {
        (choice.class_subject_id, choice.pupil_id): choice
        for choice in schooling.choices_in_class(school_class=school_class_id)
    }
    settings = settings_for(school_class.school_id)
    return ClassBook(school_class, subjects, roster, choices, sheets, settings, cells)


_CELL = ("sheet_id", "pupil_id", "slot", "state", "value", "version")
_Row = tuple[UUID, UUID, str, str, str, int]
_sheets: Prepared[Sheet] = Prepared(lambda school_class: Sheet.objects.filter(school_class=school_class))
_sheet: Prepared[Sheet] = Prepared(lambda key: Sheet.objects.filter(pk=key))
_cells: Prepared[_Row] = Prepared(
    lambda sheets: Cell.objects.filter(sheet__in=sheets).values_list(*_CELL), grows=True
)
_cells_of_some: Prepared[_Row] = Prepared(
    lambda sheets, pupils: Cell.objects.filter(sheet__in=sheets, pupil__in=pupils).values_list(*_CELL),
    grows=True,
)


def settings_for(school_id: UUID) -> Settings:
    """The readings of doubtful clauses that hold for a school (cách hiểu quy định)."""
    return Settings.of(orgs.rule_settings_of(school_id))
