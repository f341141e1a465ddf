"""A pupil's term and year in THCS and THPT: the functions of the law put together.

Everything the rest of the product needs of secondary assessment is imported from here.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from khue.rules import legacy
from khue.rules.averages import (
    comment_result,
    missing_of,
    problem_of,
    term_average,
    term_comment,
    year_average,
    year_comment,
)
from khue.rules.levels import LevelResult, learning_level
from khue.rules.promotion import (
    RETEST,
    Retest,
    conduct_year,
    learning_after_retest,
    promotion,
    promotion_after,
    replaced_reason,
    retest,
    title,
    why_kept_down,
)
from khue.rules.reasons import Judged, Reason
from khue.rules.regimes import RegimeId
from khue.rules.settings import DEFAULT, Settings
from khue.rules.values import (
    LearningLevel,
    OldLevel,
    Promotion,
    PupilFacts,
    SubjectFacts,
    SubjectTerm,
    SubjectYear,
    TermComments,
    TermMarks,
    TermResult,
    Title,
    YearResult,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from khue.rules.values import TermEntry, Value

T = TypeVar("T")

__all__ = [
    "LearningLevel",
    "LevelResult",
    "OldLevel",
    "Promotion",
    "PupilFacts",
    "Retest",
    "Settings",
    "SubjectFacts",
    "SubjectTerm",
    "SubjectYear",
    "TermComments",
    "TermMarks",
    "TermResult",
    "Title",
    "YearResult",
    "assess_term",
    "assess_year",
    "comment_result",
    "conduct_year",
    "learning_after_retest",
    "learning_level",
    "problem_of",
    "promotion",
    "promotion_after",
    "retest",
    "subject_term",
    "term_average",
    "term_comment",
    "title",
    "why_kept_down",
    "year_average",
    "year_comment",
]

BY_A_PERSON = {"PERSONAL_PLAN", "EXEMPT"}
SCORE = "score"
OWN_PLAN = "Điều 11 TT 22/2021"
LEVELS = "Điều 9 khoản 2 TT 22/2021"
OTHER_COUNT = {"counted": "left_out", "left_out": "counted"}
Values = dict[str, tuple[SubjectFacts, "Value | None"]]  # by code


def subject_term(
    subject: SubjectFacts, entry: TermEntry | None, settings: Settings, regime: RegimeId = RegimeId.TT22
) -> SubjectTerm:
    """One subject's result of a term."""
    result = _term_result(subject, entry, settings, regime)
    missing: tuple[str, ...] = ()
    if result.value is None:
        replaces = settings.topic == "replaces"
        missing = missing_of(entry, subject.ongoing_required, topic_replaces=replaces)
    return SubjectTerm(subject.code, subject.name, subject.kind, result, missing)


def _term_result(
    subject: SubjectFacts, entry: TermEntry | None, settings: Settings, regime: RegimeId, term: str = ""
) -> Judged[Value | None]:
    required = subject.ongoing_required
    if isinstance(entry, TermMarks):
        label = f"ĐTBmhk{term}"
        if regime is RegimeId.TT22:
            return term_average(entry, required, settings, label)
        return legacy.term_average(entry, required, settings, regime, label)
    if isinstance(entry, TermComments):
        label = f"Học kì {term}".rstrip()
        if regime is RegimeId.TT22:
            return term_comment(entry, required, label)
        return legacy.term_comment(entry, required, regime, label)
    return Judged(None, (Reason(_average_clause(regime), "Chưa có bảng điểm.", passed=False),))


def assess_term(
    facts: PupilFacts, term: int, settings: Settings = DEFAULT, regime: RegimeId = RegimeId.TT22
) -> TermResult:
    """A pupil's results of term 1 or 2 (kết quả học kì)."""
    found = [
        (subject, subject_term(subject, subject.terms[term - 1], settings, regime))
        for subject in facts.subjects
    ]
    results = tuple(result for _, result in found)
    level = _level({s.code: (s, result.result.value) for s, result in found}, settings, regime)
    return TermResult(results, _by_a_person(facts, level.judged), level.base, level.adjusted_by)


def assess_year(
    facts: PupilFacts, settings: Settings = DEFAULT, regime: RegimeId = RegimeId.TT22
) -> YearResult:
    """A pupil's results of the year: subjects, level, conduct, title, promotion, and the summer."""
    subjects = tuple(_subject_year(subject, settings, regime) for subject in facts.subjects)
    values: Values = {
        subject.code: (subject, result.year.value)
        for subject, result in zip(facts.subjects, subjects, strict=True)
    }
    level = _level(values, settings, regime)
    learning = _by_a_person(facts, level.judged)
    if regime is not RegimeId.TT22:
        return _old_year(facts, subjects, values, level, learning, settings, regime)
    conduct = conduct_year(*facts.conduct)
    scores, comments = _split(values, settings)
    marks = [mark for mark in scores.values() if mark is not None]
    decided = _by_plan(
        facts, _decided(learning, lambda it: promotion(conduct.value, it, facts.absences, settings))
    )
    titled = _decided(learning, lambda it: title(conduct.value, it, marks))
    open_to = retest(conduct.value, learning.value, scores, comments, settings)  # type: ignore[arg-type]
    after = _after_retest(facts, values, learning, settings, regime)
    conduct_after, promoted = None, None
    if after is not None or facts.summer_conduct is not None:
        conduct_after = facts.summer_conduct or conduct.value
        promoted = _decided(
            after or learning, lambda it: promotion_after(decided, conduct_after, it, facts.absences)
        )
        after = after or learning
    return YearResult(
        subjects, learning, level.base, level.adjusted_by, conduct, titled, decided, open_to.value.subjects,
        after, conduct_after, promoted,
    )  # fmt: skip


def _average_clause(regime: RegimeId) -> str:
    return "Điều 9 khoản 1 TT 22/2021" if regime is RegimeId.TT22 else legacy.average_clause(regime)


def _subject_year(subject: SubjectFacts, settings: Settings, regime: RegimeId) -> SubjectYear:
    first = _term_result(subject, subject.terms[0], settings, regime, "I")
    second = _term_result(subject, subject.terms[1], settings, regime, "II")
    combine = year_average if subject.kind == SCORE else year_comment
    year = combine(first.value, second.value, _average_clause(regime))  # type: ignore[arg-type]
    judged: Judged[Value | None] = Judged(year.value, first.reasons + second.reasons + year.reasons)
    terms = (first.value, second.value)
    return SubjectYear(subject.code, subject.name, subject.kind, terms, judged, subject.retest)


def _split(values: Values, settings: Settings) -> tuple[dict[str, Decimal | None], dict[str, str | None]]:
    """Mark and comment subjects by name, as the level counts them; `None` is still to come."""
    scores: dict[str, Decimal | None] = {}
    comments: dict[str, str | None] = {}
    for subject, value in values.values():
        if subject.mode in BY_A_PERSON or (subject.optional and settings.optional_subjects == "left_out"):
            continue
        (scores if subject.kind == SCORE else comments)[subject.name] = value  # type: ignore[assignment]
    return scores, comments


def _level(values: Values, settings: Settings, regime: RegimeId) -> LevelResult:
    """The learning level, flagged where counting optional subjects or not makes the difference (no. 7)."""
    result = _level_of(values, settings, regime)
    optional = [s.name for s, _ in values.values() if s.optional and s.mode not in BY_A_PERSON]
    if not optional:
        return result
    counted = OTHER_COUNT[settings.optional_subjects]
    other = _level_of(values, replace(settings, optional_subjects=counted), regime).judged.value  # type: ignore[arg-type]
    judged = result.judged
    if judged.value is None or other is None or other is judged.value:
        return result
    note = (
        f"Môn tự chọn ({', '.join(optional)}) có tính vào kết quả học tập hay không: "
        f"theo cách trường đang chọn là {judged.value.label}, theo cách kia là {other.label}. "
        "Hiệu trưởng quyết định."
    )
    note = f"{judged.note} {note}".strip()
    return replace(result, judged=Judged(judged.value, judged.reasons, True, other, note))


def _level_of(values: Values, settings: Settings, regime: RegimeId) -> LevelResult:
    scores, comments = _split(values, settings)
    if regime is RegimeId.TT22:
        return learning_level(scores, comments, settings)
    missing = [name for name, value in (*scores.items(), *comments.items()) if value is None]
    marks = {name: mark for name, mark in scores.items() if mark is not None}
    average = legacy.average_of_all(list(marks.values())).value
    if missing or average is None:
        text = f"Chưa xếp được vì chưa có kết quả: {', '.join(missing) or 'môn tính điểm'}."
        return LevelResult(Judged(None, (Reason(legacy.CLAUSE, text, passed=False),)))
    words = {name: word for name, word in comments.items() if word is not None}
    of_code = {code: value for code, (_, value) in values.items() if isinstance(value, Decimal)}
    keys = [of_code[code] for code in legacy.key_subjects(regime) if code in of_code]
    own = [of_code[code] for code, (subject, _) in values.items() if subject.specialized and code in of_code]
    return legacy.level(average, keys, marks, words, min(own, default=None))


def _by_a_person(
    facts: PupilFacts, judged: Judged[LearningLevel | None]
) -> Judged[LearningLevel | OldLevel | None]:
    """Subjects by a personal plan or exempted are left out, and a person decides (Điều 11, 12)."""
    own = [subject.name for subject in facts.subjects if subject.mode in BY_A_PERSON]
    if not own:
        return judged
    note = (
        f"Học sinh học theo kế hoạch giáo dục cá nhân hoặc được miễn: {', '.join(own)}. "
        "Mức trên chỉ tính các môn còn lại; hiệu trưởng quyết định theo kế hoạch cá nhân."
    )
    reason = Reason(OWN_PLAN, note, passed=None)
    both = f"{judged.note} {note}".strip()
    return Judged(judged.value, (*judged.reasons, reason), True, judged.alternative, both)


def _decided(
    learning: Judged[LearningLevel | OldLevel | None], decide: Callable[[Any], Judged[T | None]]
) -> Judged[T | None]:
    """A decision from the learning level, flagged where the other reading of the level decides otherwise."""
    found = decide(learning.value)
    if learning.alternative is None:
        return found
    other = decide(learning.alternative).value
    if other == found.value:
        return found
    note = f"Theo cách hiểu kia của kết quả học tập: {getattr(other, 'label', 'không có')}."
    return Judged(found.value, found.reasons, True, other, f"{found.note} {note}".strip())


def _by_plan(facts: PupilFacts, judged: Judged[Promotion | None]) -> Judged[Promotion | None]:
    """Moving up with a personal plan or an exemption is the principal's decision (Điều 12 khoản 4)."""
    if not any(subject.mode in BY_A_PERSON for subject in facts.subjects):
        return judged
    note = f"{judged.note} Hiệu trưởng quyết định theo kế hoạch giáo dục cá nhân.".strip()
    return replace(judged, doubtful=True, note=note)


def _after_retest(
    facts: PupilFacts, values: Values, learning: Judged[LearningLevel | OldLevel | None],
    settings: Settings, regime: RegimeId,
) -> Judged[LearningLevel | OldLevel | None] | None:
    """The level with the results of the summer in place of the year's, if there are any."""
    results = {subject.name: subject.retest for subject in facts.subjects if subject.retest is not None}
    if not results:
        return None
    if learning.value is None:
        return learning
    replaced = {
        code: (subject, value if subject.retest is None else subject.retest)
        for code, (subject, value) in values.items()
    }
    after = _by_a_person(facts, _level(replaced, settings, regime).judged)
    clause = RETEST if regime is RegimeId.TT22 else legacy.RETEST
    return replace(after, reasons=(replaced_reason(clause, results), *after.reasons))


def _old_year(  # noqa: PLR0917 - what assess_year has found so far
    facts: PupilFacts, subjects: tuple[SubjectYear, ...], values: Values, level: LevelResult,
    learning: Judged[LearningLevel | OldLevel | None], settings: Settings, regime: RegimeId,
) -> YearResult:
    conduct = legacy.conduct_year(*facts.conduct)
    scores, comments = _split(values, settings)
    decided = _decided(learning, lambda it: legacy.promotion(conduct.value, it, facts.absences))
    after = _after_retest(facts, values, learning, settings, regime)
    conduct_after, promoted = None, None
    if after is not None or facts.summer_conduct is not None:
        conduct_after, after = facts.summer_conduct or conduct.value, after or learning
        promoted = _decided(after, lambda it: legacy.promotion_after(decided, conduct_after, it))
    return YearResult(
        subjects, learning, level.base, level.adjusted_by, conduct,
        _decided(learning, lambda it: legacy.title(conduct.value, it)), decided,
        legacy.retest_subjects(decided.value, scores, comments), after, conduct_after, promoted,
    )  # fmt: skip
