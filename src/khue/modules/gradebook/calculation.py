"""The computed columns of one sheet: averages and term results as they stand while marks are typed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_noop as _

from khue.core.decimals import format_mark
from khue.kit.prepared import Prepared
from khue.modules.gradebook import facts
from khue.modules.gradebook.book import Content, settings_for
from khue.modules.gradebook.models import Cell, Sheet, SheetKind
from khue.rules import secondary
from khue.rules.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from khue.modules.gradebook.book import PupilCells

Calculated = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CalcColumn:
    """A computed column of a sheet."""

    code: str
    label: str
    title: str


SCORE_TERMS = {
    1: (_("ĐTBmhkI"), _("Điểm trung bình môn học kì I")),
    2: (_("ĐTBmhkII"), _("Điểm trung bình môn học kì II")),
}
COMMENT_TERMS = {
    1: (_("Học kì I"), _("Kết quả học kì I")),
    2: (_("Học kì II"), _("Kết quả học kì II")),
}


def calc_columns(sheet: Sheet) -> tuple[CalcColumn, ...]:
    """The computed columns that a sheet has."""
    if sheet.kind == SheetKind.HOMEROOM and sheet.term in facts.TERMS:
        return (CalcColumn("absent", _("Tổng nghỉ"), _("Tổng số buổi nghỉ trong học kì")),)
    if sheet.term not in facts.TERMS or sheet.kind not in {SheetKind.SCORE, SheetKind.COMMENT}:
        return ()
    score = sheet.kind == SheetKind.SCORE
    term = CalcColumn("term", *(SCORE_TERMS if score else COMMENT_TERMS)[sheet.term])
    if sheet.term == 1:
        return (term,)
    year = CalcColumn(
        "year", _("ĐTBmcn") if score else _("Cả năm"),
        _("Điểm trung bình môn cả năm") if score else _("Kết quả cả năm (theo học kì II)"),
    )  # fmt: skip
    return (term, year)


def columns_for(
    sheet: Sheet, pupils: Iterable[UUID], cells: Mapping[tuple[UUID, str], Content]
) -> tuple[tuple[UUID, Calculated], ...]:
    """The computed columns of some pupils after a change; `cells` holds all their cells of the sheet."""
    wanted = list(pupils)
    if not wanted or not calc_columns(sheet):
        return ()
    of_pupil: dict[UUID, PupilCells] = defaultdict(dict)
    for (pupil, slot), cell in cells.items():
        of_pupil[pupil][slot] = cell
    first = first_term_cells(sheet, wanted)
    settings = settings_of(sheet)
    return tuple(
        (pupil, calculate(sheet, of_pupil[pupil], first.get(pupil, {}), settings)) for pupil in wanted
    )


def settings_of(sheet: Sheet) -> Settings:
    """The readings that matter in this sheet; only a topic cluster can be read in two ways."""
    subject = sheet.class_subject
    return settings_for(sheet.school_id) if subject is not None and subject.has_topic else Settings()


def first_term_cells(sheet: Sheet, pupils: Sequence[UUID] | None = None) -> dict[UUID, PupilCells]:
    """The cells of the same subject in term 1, which the year's average needs."""
    if sheet.term != 2 or sheet.kind != SheetKind.SCORE:  # noqa: PLR2004 - term 2 shows the year
        return {}
    found: dict[UUID, PupilCells] = defaultdict(dict)
    rows = _first_term(
        school_class=sheet.school_class_id, subject=sheet.class_subject_id,
        pupils=None if pupils is None else list(pupils),
    )  # fmt: skip
    for pupil, slot, state, value in rows:
        found[pupil][slot] = Content(state, value)
    return found


def _of_first_term(
    school_class: UUID, subject: UUID | None, pupils: list[UUID] | None
) -> QuerySet[Any]:
    rows = Cell.objects.filter(
        sheet__school_class=school_class, sheet__class_subject=subject, sheet__term=1
    )
    if pupils is not None:
        rows = rows.filter(pupil__in=pupils)
    return rows.values_list("pupil_id", "slot", "state", "value")


_first_term: Prepared[tuple[UUID, str, str, str]] = Prepared(_of_first_term)


def calculate(sheet: Sheet, cells: PupilCells, first: PupilCells, settings: Settings) -> Calculated:
    """The computed columns of one pupil, as texts to show; empty while something is missing."""
    if not calc_columns(sheet):
        return ()
    if sheet.kind == SheetKind.HOMEROOM:
        absent = facts.absences_of([cells])
        return (("absent", "" if absent is None else str(absent)),)
    subject = sheet.class_subject
    if subject is None:
        return ()
    required = subject.ongoing_required
    if sheet.kind == SheetKind.COMMENT:
        result = secondary.term_comment(facts.term_comments(required, cells), required).value or ""
        return (("term", result),) if sheet.term == 1 else (("term", result), ("year", result))
    average = secondary.term_average(facts.term_marks(required, cells), required, settings).value
    if sheet.term == 1:
        return (("term", format_mark(average)),)
    before = secondary.term_average(facts.term_marks(required, first), required, settings).value
    year = secondary.year_average(before, average).value
    return (("term", format_mark(average)), ("year", format_mark(year)))
