"""Reads of the gradebook for its pages: my sheets, a class's progress, a cell's history."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from khue.core.names import fold
from khue.kit import permissions
from khue.modules.gradebook import calculation, columns, policy, summer
from khue.modules.gradebook.book import Content, PupilCells
from khue.modules.gradebook.grid import GridRow
from khue.modules.gradebook.missing import ASSESSED_BY_A_PERSON, whole_percent
from khue.modules.gradebook.models import (
    Cell,
    CellChange,
    CellState,
    Correction,
    CorrectionState,
    Phrase,
    Sheet,
    SheetState,
)
from khue.modules.gradebook.services.closing import ClassState, class_states, sheet_name
from khue.modules.orgs import api as orgs
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor

A_PAGE = 60  # classes
OPEN_CORRECTIONS = (CorrectionState.REQUESTED, CorrectionState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A sheet with all that its page shows."""

    sheet: Sheet
    rows: list[GridRow]
    pupils: list[schooling.RosterRow]


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A sheet in a list, and how full it is."""

    sheet: Sheet
    filled: int
    wanted: int
    mine: bool = False

    @property
    def percent(self) -> int:
        """How full, whole percent."""
        return whole_percent(self.filled, self.wanted)


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class in the principal's list: progress and states of both terms and the year."""

    school_class: schooling.SchoolClass
    sheets: int
    closed: int
    states: dict[int, ClassState]


def sheet_rows(actor: Actor) -> QuerySet[Sheet]:
    """Sheets the actor may see, with class and subject."""
    rows = Sheet.objects.select_related(
        "school_class__year", "school_class__school", "class_subject__subject"
    )
    return permissions.visible(actor, policy.SEE_SHEET, rows)


def load_sheet_page(actor: Actor, sheet_id: UUID, *, do: str = "") -> SheetPage:
    """A sheet for its page (or for an act upon it): rows in the order of the book, computed columns."""
    rows = Sheet.objects.select_related(
        "school_class__year", "school_class__school", "class_subject__subject"
    )
    sheet = permissions.load(actor, rows, sheet_id, see=policy.SEE_SHEET, do=do)
    pupils = schooling.roster(sheet.school_class_id)
    if sheet.class_subject_id is not None:
        takers = schooling.pupils_of_sheet(sheet.school_class_id, sheet.class_subject, None)
        pupils = [row for row in pupils if row.pupil_id in takers]
    called = summer.open_to(sheet)
    if called is not None:
        pupils = [row for row in pupils if row.pupil_id in called]
    cells = cells_of(sheet.id)
    first = calculation.first_term_cells(sheet)
    settings = calculation.settings_of(sheet)
    lines = []
    for row in pupils:
        own = cells.get(row.pupil_id, {})
        calculated = dict(calculation.calculate(sheet, own, first.get(row.pupil_id, {}), settings))
        lines.append(GridRow(row, own, calculated, left=row.left_by(actor.today)))
    return SheetPage(sheet, lines, pupils)


def cells_of(sheet_id: UUID) -> dict[UUID, PupilCells]:
    """All cells of a sheet by pupil and slot."""
    found: dict[UUID, PupilCells] = {}
    rows = Cell.objects.filter(sheet=sheet_id).values_list("pupil_id", "slot", "state", "value", "version")
    for pupil, slot, state, value, version in rows:
        found.setdefault(pupil, {})[slot] = Content(state, value, version)
    return found


def lines_of(sheets: Iterable[Sheet]) -> list[SheetLine]:
    """How full these sheets are, of the pupils who are waited for: three queries for all."""
    sheets = list(sheets)
    required = {sheet.id: {s.code for s in columns.slots_of(sheet) if s.required} for sheet in sheets}
    filled = _filled(set(required), set().union(*required.values()))
    members = _members({sheet.school_class_id for sheet in sheets})
    choices = _choices({sheet.class_subject_id for sheet in sheets if sheet.class_subject_id is not None})
    lines = []
    for sheet in sheets:
        size, pupils = len(required[sheet.id]), members.get(sheet.school_class_id, set())
        if sheet.class_subject is not None:
            own, default = choices.get(sheet.class_subject.id, {}), not sheet.class_subject.elective
            pupils = {pupil for pupil in pupils if own.get(pupil, default)}
        done = sum(min(size, filled.get((sheet.id, pupil), 0)) for pupil in pupils)
        lines.append(SheetLine(sheet, done, size * len(pupils)))
    return lines


def _members(class_ids: set[UUID]) -> dict[UUID, set[UUID]]:
    """The pupils who are in these classes now."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = schooling.ClassMembership.objects.filter(school_class__in=class_ids, valid_to__isnull=True)
    for school_class, pupil in rows.values_list("school_class_id", "pupil_id"):
        found[school_class].add(pupil)
    return found


def _choices(subject_ids: set[UUID]) -> dict[UUID, dict[UUID, bool]]:
    """Of pupils with a choice of their own: whether their results are waited for."""
    found: dict[UUID, dict[UUID, bool]] = defaultdict(dict)
    rows = schooling.SubjectChoice.objects.filter(class_subject__in=subject_ids)
    for subject, pupil, takes, mode in rows.values_list(
        "class_subject_id", "pupil_id", "takes_subject", "mode"
    ):
        found[subject][pupil] = takes and mode not in ASSESSED_BY_A_PERSON
    return found


def _filled(sheet_ids: set[UUID], slots: set[str]) -> dict[tuple[UUID, UUID], int]:
    rows = Cell.objects.filter(
        sheet__in=sheet_ids, slot__in=slots, state__in=(CellState.MARK, CellState.ZERO_NO_MAKEUP)
    )
    return {
        (sheet, pupil): number
        for sheet, pupil, number in rows.values_list("sheet_id", "pupil_id").annotate(number=Count("id"))
    }


def my_sheets(actor: Actor, year: schooling.SchoolYear, term: int) -> list[Sheet]:
    """The sheets the actor enters: taught subjects, own homeroom sheets."""
    rows = sheet_rows(actor).filter(school_class__year=year, term=term)
    rows = permissions.visible(actor, policy.ENTER, rows)
    return list(
        rows.order_by("school_class__grade", "school_class__sort_key", "class_subject__position", "kind")
    )


def class_lines(
    actor: Actor, year: schooling.SchoolYear, term: int, *, school: str = "", page: int = 0
) -> list[ClassLine]:
    """The classes whose results the actor sees, with their progress in a term.

    With a page, the classes of that page and one more if there are more; `school` is part of a name.
    """
    rows = permissions.visible(
        actor, policy.SEE_CLASS, schooling.SchoolClass.objects.filter(year=year).select_related("school")
    )
    if school:
        rows = rows.filter(school__search_key__contains=fold(school))
    rows = rows.order_by("school__search_key", "grade", "sort_key", "id")
    classes = list(rows[(page - 1) * A_PAGE : page * A_PAGE + 1] if page else rows)
    ids = [row.id for row in classes]
    counts = {
        key: (total, done)
        for key, total, done in Sheet.objects.filter(school_class__in=ids, term=term)
        .values_list("school_class_id")
        .annotate(total=Count("id"), done=Count("id", filter=~Q(state=SheetState.OPEN)))
    }
    states = class_states(ids)
    return [
        ClassLine(
            row, *counts.get(row.id, (0, 0)),
            {number: states.get((row.id, number), ClassState("open")) for number in (1, 2, 0, 3)},
        )
        for row in classes
    ]


def load_class(actor: Actor, school_class_id: UUID) -> schooling.SchoolClass:
    """A class whose results the actor may see."""
    rows = schooling.SchoolClass.objects.select_related("school", "year")
    return permissions.load(actor, rows, school_class_id, see=policy.SEE_CLASS)


def cell_history(actor: Actor, sheet_id: UUID, pupil_id: UUID, slot: str) -> Sequence[CellChange]:
    """All changes of one cell, the newest first."""
    sheet = permissions.load(actor, Sheet.objects.all(), sheet_id, see=policy.SEE_SHEET)
    return list(
        CellChange.objects.filter(sheet=sheet, pupil=pupil_id, slot=slot).order_by("-sequence")[:200]
    )


def corrections(actor: Actor) -> list[Correction]:
    """Requests the actor may see: those that wait first."""
    rows = permissions.visible(actor, policy.SEE_CORRECTION, Correction.objects.all()).select_related(
        "sheet__school_class", "sheet__class_subject__subject", "pupil", "requested_by", "confirmed_by",
        "decided_by",
    )
    waiting = list(rows.filter(state__in=OPEN_CORRECTIONS, expires_at__gt=actor.now)[:200])
    done = list(rows.exclude(pk__in=[row.pk for row in waiting])[:200])
    return waiting + done


def load_correction(actor: Actor, key: UUID) -> Correction:
    """One request with all that its page shows."""
    rows = Correction.objects.select_related(
        "sheet__school_class", "sheet__class_subject__subject", "pupil", "requested_by", "confirmed_by",
        "decided_by",
    )
    return permissions.load(actor, rows, key, see=policy.SEE_CORRECTION)


def phrases(actor: Actor, school_id: UUID, level: str) -> list[Phrase]:
    """The remark bank for a sheet: shipped phrases, the school's, the teacher's own."""
    mine = Q(school__isnull=True, person__isnull=True) | Q(school=school_id, person__isnull=True)
    if actor.person_id is not None:
        mine |= Q(person=actor.person_id)
    return list(Phrase.objects.filter(mine, slot="remark", level__in=("", level))[:300])


@dataclass(frozen=True, slots=True)
class PhraseBank:
    """What a person may change of the remark bank, and for which schools phrases may be added."""

    changeable: list[Phrase]
    schools: list[orgs.Unit]


def phrase_bank(actor: Actor) -> PhraseBank:
    """The phrases of the actor, and of the schools whose bank the actor keeps."""
    rows = permissions.visible(actor, policy.CHANGE_PHRASE, Phrase.objects.select_related("school"))
    schools = orgs.Unit.objects.filter(kind="school").order_by("search_key", "id")
    return PhraseBank(
        list(rows.order_by("school__search_key", "position", "text")[:500]),
        list(permissions.visible(actor, policy.ADD_PHRASE, schools)[:200]),
    )


def waiting_for(actor: Actor) -> int:
    """How many correction requests wait for this person's step."""
    rows = Correction.objects.filter(expires_at__gt=actor.now)
    confirm = permissions.visible(
        actor, policy.CONFIRM_CORRECTION, rows.filter(state=CorrectionState.REQUESTED)
    )
    approve = permissions.visible(
        actor, policy.APPROVE_CORRECTION, rows.filter(state=CorrectionState.CONFIRMED)
    )
    return confirm.count() + approve.count()


def last_changed(sheet: Sheet) -> dt.datetime | None:
    """When the sheet was last changed."""
    return CellChange.objects.filter(sheet=sheet).order_by("-sequence").values_list("at", flat=True).first()


def sheet_lines(actor: Actor, year: schooling.SchoolYear, term: int) -> list[tuple[str, SheetLine]]:
    """The sheets the actor enters, named, with how full they are."""
    return [(sheet_name(line.sheet), line) for line in lines_of(my_sheets(actor, year, term))]
