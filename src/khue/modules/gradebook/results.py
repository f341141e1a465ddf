"""Results of a class by term, year and after the summer, each with its reasons (kết quả, vì sao).

One row per pupil in the order of the book, never by result: nothing here ranks pupils
(TT 15/2026 Điều 22 khoản 2).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_noop as _

from khue.core.decimals import format_mark
from khue.modules.gradebook import facts
from khue.modules.gradebook.book import load_book
from khue.modules.gradebook.models import SheetState
from khue.modules.schooling import api as schooling
from khue.rules import primary, secondary
from khue.rules.reasons import Judged, Reason
from khue.rules.regimes import RegimeId
from khue.rules.secondary import Promotion

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from khue.modules.gradebook.book import ClassBook
    from khue.modules.schooling.api import RosterRow

YEAR, SUMMER = 0, 3
PRIMARY = {RegimeId.TT27.value, RegimeId.TT30.value}


@dataclass(frozen=True, slots=True)
class Section:
    """Reasons that belong together: of a subject, of the level, of the decision (phần giải thích)."""

    title: str
    value: str
    reasons: tuple[Reason, ...]
    doubtful: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One pupil's results in a term (1, 2), the year (0) or after the summer (3)."""

    pupil: RosterRow
    term: int
    values: dict[str, str]  # subject code → «7,2», «Đ»
    level: str = ""
    conduct: str = ""
    title: str = ""
    decision: str = ""
    decision_code: str = ""
    absences: int | None = None
    base_level: str = ""
    adjusted_by: str = ""
    retest: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()

    @property
    def doubtful(self) -> bool:
        """Whether two readings of the law differ for this pupil; the principal decides."""
        return any(section.doubtful for section in self.sections)

    @property
    def failed(self) -> tuple[str, ...]:
        """The conditions of the decision that fail: why a pupil is not simply promoted."""
        decided = self.sections[0].reasons if self.decision else ()
        return tuple(reason.text for reason in decided if reason.passed is False)

    @property
    def complete(self) -> bool:
        """Whether the level could be determined."""
        return bool(self.level)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a sealing keeps of one pupil for ever."""

    pupil_id: UUID
    level: str
    conduct: str
    title: str
    decision: str
    content: dict[str, Any] = field(default_factory=dict)


def class_results(book: ClassBook, term: int) -> list[ResultRow]:
    """The results of all pupils of the class."""
    return [pupil_result(book, row, term) for row in book.roster]


def pupil_result(book: ClassBook, row: RosterRow, term: int) -> ResultRow:
    """The result of one pupil with all reasons."""
    if book.school_class.regime in PRIMARY:
        return _primary(book, row, term)
    judged = facts.pupil_facts(book, row)
    settings = book.settings
    regime = RegimeId(book.school_class.regime)
    if term in facts.TERMS:
        return _secondary_term(book, row, term, judged, secondary.assess_term(judged, term, settings, regime))
    year = secondary.assess_year(judged, settings, regime)
    if term == SUMMER:
        lawful = _open_to_the_summer(judged, year)
        year = year if lawful is judged else secondary.assess_year(lawful, settings, regime)
        if year.promotion_after is None and _summer_over(book):
            year = _without_summer(judged, year)
    return _secondary_year(row, term, judged, year)


def _open_to_the_summer(judged: secondary.PupilFacts, year: secondary.YearResult) -> secondary.PupilFacts:
    """Without results of the summer that the law gives no place: only subjects open to re-assessment
    count (Điều 14), and conduct only after a training (Điều 13)."""
    wrong = {s.name for s in judged.subjects if s.retest is not None} - set(year.retest_subjects)
    untrained = judged.summer_conduct is not None and year.promotion.value != Promotion.REN_LUYEN_HE
    if not wrong and not untrained:
        return judged
    return replace(
        judged,
        subjects=tuple(replace(s, retest=None) if s.name in wrong else s for s in judged.subjects),
        summer_conduct=None if untrained else judged.summer_conduct,
    )


def _summer_over(book: ClassBook) -> bool:
    """Whether every sheet of the summer is closed, so that nothing more can come."""
    states = [sheet.state for sheet in book.sheets if sheet.term == SUMMER]
    return bool(states) and SheetState.OPEN.value not in states


def _without_summer(judged: secondary.PupilFacts, year: secondary.YearResult) -> secondary.YearResult:
    """A pupil who came to no re-assessment or training stays with the results of the year (Điều 12)."""
    if year.promotion.value not in {Promotion.REN_LUYEN_HE, Promotion.KIEM_TRA_DANH_GIA_LAI}:
        return year
    conduct, learning = year.conduct.value, year.learning.value
    decided = secondary.promotion_after(year.promotion, conduct, learning, judged.absences)  # type: ignore[arg-type]
    return replace(
        year, learning_after=year.learning, conduct_after=conduct, promotion_after=decided
    )


def stayed(book: ClassBook, term: int) -> Callable[[RosterRow], bool]:
    """Whether a pupil was still in the class when the term or year ended: only these are counted."""
    year = book.school_class.year
    ends = {row.number: row.ends_on for row in schooling.terms(year, book.school_class.school_id)}
    end = ends.get(term, year.ends_on) if term == 1 else ends.get(2, year.ends_on)
    return lambda row: not row.left_by(end - dt.timedelta(days=1))


def to_freeze(book: ClassBook, term: int) -> list[Frozen]:
    """What a sealing keeps: values and explanations, so that nobody needs to compute them again."""
    frozen = []
    for result in class_results(book, term):
        content = {
            "values": result.values,
            "base_level": result.base_level,
            "adjusted_by": result.adjusted_by,
            "absences": result.absences,
            "decision_code": result.decision_code,
            "retest": list(result.retest),
            "missing": list(result.missing),
            "sections": [_kept(section) for section in result.sections],
        }
        frozen.append(
            Frozen(
                result.pupil.pupil_id, result.level, result.conduct, result.title, result.decision, content
            )
        )
    return frozen


def _kept(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "value": section.value,
        "note": section.note,
        "doubtful": section.doubtful,
        "reasons": [[reason.clause, reason.text, reason.passed] for reason in section.reasons],
    }


def shown_value(value: Decimal | str | None) -> str:
    """A subject's result as people read it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else format_mark(value)


def _label(value: object) -> str:
    return "" if value is None else str(getattr(value, "label", value))


def _section(title: str, judged: Judged[Any], value: str = "") -> Section:
    return Section(title, value or _label(judged.value), judged.reasons, judged.doubtful, judged.note)


def _secondary_term(
    book: ClassBook, row: RosterRow, term: int, judged: secondary.PupilFacts, result: secondary.TermResult
) -> ResultRow:
    conduct = judged.conduct[term - 1]
    homeroom = book.of(book.sheet(None, term), row.pupil_id)
    return ResultRow(
        pupil=row, term=term,
        values={subject.code: shown_value(subject.result.value) for subject in result.subjects},
        level=_label(result.learning.value), conduct=_label(conduct),
        absences=facts.absences_of([homeroom]), base_level=_label(result.base),
        adjusted_by=result.adjusted_by,
        missing=tuple(f"{s.name}: {', '.join(s.missing)}" for s in result.subjects if s.missing),
        sections=(
            _section(_("Kết quả học tập"), result.learning),
            *(_section(s.name, s.result, shown_value(s.result.value)) for s in result.subjects),
        ),
    )  # fmt: skip


def _secondary_year(
    row: RosterRow, term: int, judged: secondary.PupilFacts, result: secondary.YearResult
) -> ResultRow:
    after = term == SUMMER and result.promotion_after is not None
    learning = result.learning_after if after and result.learning_after else result.learning
    conduct = result.conduct_after if after and result.conduct_after else result.conduct.value
    promotion = result.promotion_after if after and result.promotion_after else result.promotion
    values = {}
    for subject in result.subjects:
        value = subject.after_retest if after and subject.after_retest is not None else subject.year.value
        values[subject.code] = shown_value(value)
    return ResultRow(
        pupil=row, term=term, values=values, level=_label(learning.value), conduct=_label(conduct),
        title=_label(result.title.value), decision=_label(promotion.value),
        decision_code=str(promotion.value or ""), absences=judged.absences, base_level=_label(result.base),
        adjusted_by=result.adjusted_by, retest=result.retest_subjects,
        missing=tuple(s.name for s in result.subjects if s.year.value is None),
        sections=(
            _section(_("Được lên lớp hay không"), promotion),
            _section(_("Kết quả học tập"), learning),
            _section(_("Kết quả rèn luyện"), result.conduct),
            _section(_("Danh hiệu"), result.title),
            *(_section(s.name, s.year, shown_value(s.year.value)) for s in result.subjects),
        ),
    )  # fmt: skip


def _primary(book: ClassBook, row: RosterRow, term: int) -> ResultRow:
    judged = facts.primary_facts(book, row)
    moment = "CK1" if term == 1 else "CN"
    values = {}
    for subject in judged.subjects:
        test = subject.tests.get(moment)
        level = subject.levels.get(moment) or ""
        values[subject.code] = level if test is None else f"{level} {int(test)}".strip()
    homeroom = [book.of(book.sheet(None, number), row.pupil_id) for number in facts.TERMS]
    if term in facts.TERMS:
        seen = primary.assess_moment(judged, moment)
        return ResultRow(
            pupil=row, term=term, values=values, absences=facts.absences_of([homeroom[term - 1]]),
            missing=seen.missing,
        )  # fmt: skip
    result = primary.assess_year(judged)
    decided: Judged[Any] = result.completion
    if term == SUMMER and decided.value == primary.Completion.DANH_GIA_BO_SUNG:
        decided = _after_support(book, row, result)
    return ResultRow(
        pupil=row, term=term, values=values, level=_label(result.level.value),
        title=_label(result.award.value),
        decision=_label(decided.value), decision_code=str(decided.value or ""),
        absences=facts.absences_of(homeroom), missing=result.missing,
        sections=(
            _section(_("Hoàn thành chương trình"), decided),
            _section(_("Đánh giá kết quả giáo dục"), result.level),
            _section(_("Khen thưởng"), result.award),
        ),
    )  # fmt: skip


def _after_support(book: ClassBook, row: RosterRow, year: primary.PrimaryYear) -> Judged[Any]:
    """After help and an additional assessment; still not completed, the principal decides (Điều 11 TT 27)."""
    cells = book.of(book.sheet(None, SUMMER), row.pupil_id)
    said, promoted = facts.text_of(cells.get("support")), facts.text_of(cells.get("promoted"))
    if said is None or year.level.value is None:
        return year.completion
    levels = primary.PrimaryLevel
    after = levels.HOAN_THANH if said == "Đ" else levels.CHUA_HOAN_THANH
    judged = primary.completion(book.school_class.grade, year.level.value, after)
    if judged.value != primary.Completion.HIEU_TRUONG_QUYET_DINH or promoted is None:
        return judged
    decided = Promotion.LEN_LOP if promoted == "Đ" else Promotion.O_LAI_LOP
    text = f"Hiệu trưởng đã xem xét, quyết định: {decided.label.lower()}."
    reason = Reason(primary.CLAUSE_COMPLETION, text, promoted == "Đ")
    return Judged(decided, (*judged.reasons, reason))


def term_averages(school_class_id: UUID, term: int) -> dict[tuple[UUID, UUID], str]:
    """The term result by (class subject, pupil), as exact text: «7.2», «Đ»; what is missing is absent."""
    book = load_book(school_class_id, terms=(term,))
    found: dict[tuple[UUID, UUID], str] = {}
    for subject in book.subjects:
        sheet = book.sheet(subject.id, term)
        if sheet is None or subject.kind not in {"score", "comment"}:
            continue
        for row in book.pupils_of(sheet):
            cells, required = book.of(sheet, row.pupil_id), subject.ongoing_required
            value: object
            if subject.kind == "score":
                value = secondary.term_average(
                    facts.term_marks(required, cells), required, book.settings
                ).value
            else:
                value = secondary.term_comment(facts.term_comments(required, cells), required).value
            if value is not None:
                found[subject.id, row.pupil_id] = str(value)
    return found
