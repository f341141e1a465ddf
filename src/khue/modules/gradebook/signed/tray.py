"""What waits for a person's signature, and what a principal should look at first (việc chờ ký).

Everything here is reading: a page shows it, the acts ask again when something is signed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from khue.kit import permissions
from khue.kit.words import said
from khue.modules.gradebook import policy, queries
from khue.modules.gradebook.book import load_book
from khue.modules.gradebook.frozen import official_results
from khue.modules.gradebook.missing import gaps_of_term
from khue.modules.gradebook.models import Cell, CellState, ClosingAct, Sheet, SheetKind, SheetState
from khue.modules.gradebook.results import PRIMARY
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.signed import content
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.gradebook.results import ResultRow

COMPLETE = 100
# From the best level of each regime to the lowest, as charts show them.
LEVELS = (
    "Tốt", "Giỏi", "Khá", "Đạt", "Trung bình", "Yếu", "Chưa đạt", "Kém",
    "Hoàn thành xuất sắc", "Hoàn thành tốt", "Hoàn thành", "Chưa hoàn thành",
)  # fmt: skip
READY, SIGNED, GAPS, WAITING = "ready", "signed", "gaps", "waiting"
JUMP = 15  # tenths: a subject's mean that moves further than 1.5 from term to term is looked at
MOST_REASONS = 5
LEAST = 10  # pupils with a mark before a mean says anything
OTHERS = {1: 2, 2: 1}


@dataclass(frozen=True, slots=True)
class SheetToSign:
    """A teacher's sheet on the page «Ký»."""

    sheet: Sheet
    name: str
    status: str
    note: str = ""
    again: bool = False  # a correction took the signature away


@dataclass(frozen=True, slots=True)
class ClassToSign:
    """A homeroom teacher's class on the page «Ký»."""

    school_class: schooling.SchoolClass
    status: str
    note: str = ""


@dataclass(slots=True)
class DigestLine:
    """One class in the principal's digest: numbers, what is unusual, what changed."""

    school_class: schooling.SchoolClass
    status: str
    pupils: int = 0
    levels: list[dict[str, object]] = field(default_factory=list)
    corrections: int = 0
    unusual: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    document: records.DocumentFact | None = None


def sheets_to_sign(actor: Actor, year: schooling.SchoolYear, term: int) -> list[SheetToSign]:
    """The subject sheets that the actor enters, with what stands in the way of a signature."""
    sheets = [sheet for sheet in queries.my_sheets(actor, year, term) if sheet.class_subject_id is not None]
    lines = queries.lines_of(sheets)
    signed = records.signed_sections({sheet.school_class_id for sheet in sheets}, term, actor.person_id)
    found = []
    for line in lines:
        sheet, key = line.sheet, (line.sheet.school_class_id, content.section_id(line.sheet))
        name = closing.sheet_name(sheet)
        if key in signed and sheet.state != SheetState.OPEN:  # opened again, it is signed again
            found.append(SheetToSign(sheet, name, SIGNED))
        elif sheet.state != SheetState.OPEN:
            found.append(SheetToSign(sheet, name, READY, again=sheet.correction_count > 0))
        elif line.percent == COMPLETE:
            found.append(SheetToSign(sheet, name, READY))
        else:
            missing = line.wanted - line.filled
            note = ngettext("còn thiếu {n} ô", "còn thiếu {n} ô", missing).format(n=missing)
            found.append(SheetToSign(sheet, name, GAPS, note))
    return found


def classes_to_sign(actor: Actor, year: schooling.SchoolYear, term: int) -> list[ClassToSign]:
    """The classes that the actor leads, with what stands in the way of the summary's signature."""
    rows = permissions.visible(
        actor,
        policy.CLOSE_CLASS,
        schooling.SchoolClass.objects.filter(year=year).select_related("year", "school"),
    )
    classes = list(rows.order_by("grade", "sort_key"))
    signed = records.signed_sections({row.id for row in classes}, term, actor.person_id)
    states = closing.class_states([row.id for row in classes])
    found = []
    for row in classes:
        closed = (row.id, term) in states and states[row.id, term].state != "open"
        is_signed = closed and (row.id, content.SUMMARY) in signed
        found.append(_class_to_sign(actor, row, term, is_signed=is_signed))
    return found


def _class_to_sign(
    actor: Actor, school_class: schooling.SchoolClass, term: int, *, is_signed: bool
) -> ClassToSign:
    if is_signed:
        return ClassToSign(school_class, SIGNED)
    complete = records.complete_sections_of(content.kind_of(term), school_class.id, term)
    sheets = Sheet.objects.filter(school_class=school_class, term=term, class_subject__isnull=False)
    waiting = [
        said(closing.sheet_name(sheet))
        for sheet in sheets.select_related("class_subject__subject").order_by("class_subject__position")
        if content.section_id(sheet) not in complete or sheet.state == SheetState.OPEN
    ]
    if waiting:
        return ClassToSign(
            school_class, WAITING, _("chờ giáo viên ký: {names}").format(names=", ".join(waiting))
        )
    if term in {1, 2}:
        gaps = gaps_of_term(load_book(school_class.id, terms=(term,)), term, actor.today)
        own = [item for item in gaps if item.sheet.class_subject_id is None and item.gaps]
        if own:
            text = "; ".join(f"{said(closing.sheet_name(item.sheet))}: {item.in_words()}" for item in own)
            return ClassToSign(school_class, GAPS, text)
    return ClassToSign(school_class, READY)


def digest(actor: Actor, year: schooling.SchoolYear, term: int) -> list[DigestLine]:
    """The principal's classes: numbers of each, what is unusual, what changed since it was last issued."""
    rows = permissions.visible(
        actor,
        policy.SEAL_CLASS,
        schooling.SchoolClass.objects.filter(year=year).select_related("year", "school"),
    )
    classes = list(rows.order_by("grade", "sort_key")[: queries.A_PAGE])
    ids = [row.id for row in classes]
    states = closing.class_states(ids)
    documents = records.documents_of(ids, term)
    kind = content.kind_of(term)
    found = []
    for row in classes:
        state = states.get((row.id, term), closing.ClassState("open")).state
        document = documents.get(row.id)
        has_summary = content.SUMMARY in records.complete_sections_of(kind, row.id, term)
        line = DigestLine(row, _status(state, document, has_summary=has_summary), document=document)
        if line.status in {READY, SIGNED} and has_summary:
            _look_into(line, term)
        found.append(line)
    return found


def _status(state: str, document: records.DocumentFact | None, *, has_summary: bool) -> str:
    if state != "open" and document is not None and document.state in {"complete", "issued"}:
        return SIGNED
    return READY if state != "open" and has_summary else WAITING


def _look_into(line: DigestLine, term: int) -> None:
    book = load_book(line.school_class.id)
    results = official_results(book, term).rows
    line.pupils = len(results)
    line.levels = _levels(results)
    sheets = [sheet for sheet in book.sheets if term in {sheet.term, closing.YEAR}]
    line.corrections = sum(sheet.correction_count for sheet in sheets)
    line.changed = [
        said(name) for name in records.changed_sections(content.kind_of(term), line.school_class.id, term)
    ]
    line.unusual = [
        *_of_results(results), *_of_sheets(line.school_class.id, term, [sheet.id for sheet in sheets]),
    ]  # fmt: skip
    if line.school_class.regime not in PRIMARY and term in OTHERS:
        before = {row.pupil.pupil_id: row.values for row in official_results(book, OTHERS[term]).rows}
        names = {subject.subject.code: said(subject.subject.name) for subject in book.subjects}
        line.unusual += _jumps(results, before, names)


def _levels(results: Iterable[ResultRow]) -> list[dict[str, object]]:
    count: dict[str, int] = defaultdict(int)
    for row in results:
        count[row.level or _("Chưa đủ dữ liệu")] += 1
    order = {level: number for number, level in enumerate(LEVELS)}
    found = sorted(count, key=lambda level: order.get(level, len(order)))
    return [{"label": said(level), "value": count[level]} for level in found]


def _of_results(results: list[ResultRow]) -> list[str]:
    doubtful = sum(1 for row in results if row.doubtful)
    incomplete = sum(1 for row in results if row.missing)
    found = []
    if doubtful:
        found.append(
            ngettext(
                "{n} học sinh có hai cách hiểu quy định", "{n} học sinh có hai cách hiểu quy định", doubtful
            ).format(n=doubtful)
        )
    if incomplete:
        found.append(
            ngettext("{n} học sinh chưa đủ kết quả", "{n} học sinh chưa đủ kết quả", incomplete).format(
                n=incomplete
            )
        )
    return found


def _of_sheets(school_class_id: UUID, term: int, sheet_ids: list[UUID]) -> list[str]:
    zeros = Cell.objects.filter(sheet__in=sheet_ids, state=CellState.ZERO_NO_MAKEUP).count()
    reasons = ClosingAct.objects.filter(school_class=school_class_id, term=term, closes=True).exclude(
        reason=""
    )
    found = []
    if zeros:
        found.append(
            ngettext(
                "{n} bài không kiểm tra bù (0 điểm hoặc Chưa đạt)",
                "{n} bài không kiểm tra bù (0 điểm hoặc Chưa đạt)",
                zeros,
            ).format(n=zeros)
        )
    texts = reasons.values_list("reason", flat=True).order_by("at")[:MOST_REASONS]
    found += [_("chốt khi còn thiếu: {reason}").format(reason=text) for text in texts]
    alike = (
        Cell.objects.filter(sheet__in=sheet_ids, sheet__kind=SheetKind.SCORE, slot="ck", state=CellState.MARK)
        .values("sheet_id")
        .annotate(kinds=Count("value", distinct=True), number=Count("id"))
        .filter(kinds=1, number__gte=LEAST)
    )
    for row in alike.order_by("sheet_id"):
        sheet = Sheet.objects.select_related("class_subject__subject").get(pk=row["sheet_id"])
        found.append(_("{name}: cả lớp cùng một điểm cuối kì").format(name=said(closing.sheet_name(sheet))))
    return found


def _jumps(results: list[ResultRow], before: dict[UUID, dict[str, str]], names: dict[str, str]) -> list[str]:
    """Subjects whose mean moved far from the other term, over the pupils who have both."""
    found = []
    for code, name in names.items():
        pairs = [
            (_tenths(row.values.get(code, "")), _tenths(before.get(row.pupil.pupil_id, {}).get(code, "")))
            for row in results
        ]
        both = [(now, then) for now, then in pairs if now is not None and then is not None]
        if len(both) < LEAST:
            continue
        moved = sum(now - then for now, then in both)
        if abs(moved) > JUMP * len(both):
            mean = f"{abs(moved) / len(both) / 10:.1f}".replace(".", ",")
            text = (
                _("{name}: trung bình lớp cao hơn học kì kia {mean}")
                if moved > 0
                else _("{name}: trung bình lớp thấp hơn học kì kia {mean}")
            )
            found.append(text.format(name=name, mean=mean))
    return found


def _tenths(text: str) -> int | None:
    """A shown average in tenths; words have none."""
    digits = text.replace(",", "").replace(".", "")
    return int(digits) if digits.isdigit() and ("," in text or "." in text) else None
