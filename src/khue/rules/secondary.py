"""A pupil's term and year in THCS and THPT: the functions of the law put together.

Everything the rest of the product needs of secondary assessment is imported from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    Retest,
    conduct_year,
    learning_after_retest,
    promotion,
    promotion_after,
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
    from collections.abc import Mapping
    from decimal import Decimal

    from khue.rules.values import TermEntry, Value

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


def subject_term(subject: SubjectFacts, entry: TermEntry | None, settings: Settings) -> SubjectTerm:
    """One subject's result of a term."""
    replaces = settings.topic == "replaces"
    missing = missing_of(entry, subject.ongoing_required, topic_replaces=replaces)
    result: Judged[Value | None]
    if isinstance(entry, TermMarks):
        result = term_average(entry, subject.ongoing_required, settings)
    elif isinstance(entry, TermComments):
        result = term_comment(entry, subject.ongoing_required)
    else:
        result = Judged(None, (Reason("Điều 9 khoản 1 TT 22/2021", "Chưa có bảng điểm.", passed=False),))
    return SubjectTerm(subject.code, subject.name, subject.kind, result, missing)


def assess_term(
    facts: PupilFacts, term: int, settings: Settings = DEFAULT, regime: RegimeId = RegimeId.TT22
) -> TermResult:
    """A pupil's results of term 1 or 2 (kết quả học kì)."""
    found = [
        (subject, subject_term(subject, subject.terms[term - 1], settings)) for subject in facts.subjects
    ]
    results = tuple(result for _, result in found)
    level = _level(
        {subject.code: (subject, result.result.value) for subject, result in found}, settings, regime
    )
    return TermResult(results, _by_a_person(facts, level.judged, settings), level.base, level.adjusted_by)


def assess_year(
    facts: PupilFacts, settings: Settings = DEFAULT, regime: RegimeId = RegimeId.TT22
) -> YearResult:
    """A pupil's results of the year: subjects, level, conduct, title, promotion, and the summer."""
    subjects = tuple(_subject_year(subject, settings) for subject in facts.subjects)
    by_code = {
        subject.code: (subject, result.year.value)
        for subject, result in zip(facts.subjects, subjects, strict=True)
    }
    level = _level(by_code, settings, regime)
    learning = _by_a_person(facts, level.judged, settings)
    if regime in {RegimeId.TT58, RegimeId.TT58_26}:
        return _old_year(facts, subjects, level, learning)
    conduct = conduct_year(*facts.conduct)
    scores, comments = _split(by_code, settings)
    decided = promotion(conduct.value, learning.value, facts.absences, settings)  # type: ignore[arg-type]
    open_to = retest(conduct.value, learning.value, scores, comments, settings)  # type: ignore[arg-type]
    after, conduct_after, promoted = _summer(facts, by_code, learning, conduct.value, decided, settings)
    return YearResult(
        subjects, learning, level.base, level.adjusted_by, conduct,
        title(conduct.value, learning.value, list(scores.values())),  # type: ignore[arg-type]
        decided, open_to.value.subjects, after, conduct_after, promoted,
    )  # fmt: skip


def _subject_year(subject: SubjectFacts, settings: Settings) -> SubjectYear:
    terms = [subject_term(subject, entry, settings).result for entry in subject.terms]
    values = tuple(judged.value for judged in terms)
    combine = year_average if subject.kind == SCORE else year_comment
    year = combine(*values)  # type: ignore[arg-type]
    reasons = (*(reason for judged in terms for reason in judged.reasons), *year.reasons)
    return SubjectYear(
        subject.code, subject.name, subject.kind, values, Judged(year.value, reasons), subject.retest
    )


def _split(
    values: Mapping[str, tuple[SubjectFacts, Value | None]], settings: Settings
) -> tuple[dict[str, Decimal], dict[str, str]]:
    """Mark and comment subjects by name, as the level counts them."""
    scores: dict[str, Decimal] = {}
    comments: dict[str, str] = {}
    for subject, value in values.values():
        if subject.mode in BY_A_PERSON or (subject.optional and settings.optional_subjects == "left_out"):
            continue
        if value is None:
            continue
        (scores if subject.kind == SCORE else comments)[subject.name] = value  # type: ignore[assignment]
    return scores, comments


def _level(
    values: Mapping[str, tuple[SubjectFacts, Value | None]], settings: Settings, regime: RegimeId
) -> LevelResult:
    scores: dict[str, Decimal | None] = {}
    comments: dict[str, str | None] = {}
    for subject, value in values.values():
        if subject.mode in BY_A_PERSON or (subject.optional and settings.optional_subjects == "left_out"):
            continue
        (scores if subject.kind == SCORE else comments)[subject.name] = value  # type: ignore[assignment]
    if regime is RegimeId.TT22 or None in scores.values() or None in comments.values() or not scores:
        return learning_level(scores, comments, settings)
    marks = {name: mark for name, mark in scores.items() if mark is not None}
    words = {name: word for name, word in comments.items() if word is not None}
    average = legacy.average_of_all(list(marks.values())).value
    keys = [
        value for code in legacy.key_subjects(regime) if code in values
        and (value := values[code][1]) is not None and not isinstance(value, str)
    ]  # fmt: skip
    return legacy.level(average, keys, marks, words)  # type: ignore[arg-type]


def _by_a_person(
    facts: PupilFacts, judged: Judged[LearningLevel | None], settings: Settings
) -> Judged[LearningLevel | OldLevel | None]:
    """Subjects by a personal plan or exempted are left out, and a person decides (Điều 11, 12)."""
    del settings
    own = [subject.name for subject in facts.subjects if subject.mode in BY_A_PERSON]
    if not own:
        return judged
    note = (
        f"Học sinh học theo kế hoạch giáo dục cá nhân hoặc được miễn: {', '.join(own)}. "
        "Mức trên chỉ tính các môn còn lại; hiệu trưởng quyết định theo kế hoạch cá nhân."
    )
    reason = Reason(OWN_PLAN, note, passed=None)
    return Judged(judged.value, (*judged.reasons, reason), True, judged.alternative, note)


def _summer(
    facts: PupilFacts,
    values: Mapping[str, tuple[SubjectFacts, Value | None]],
    learning: Judged[LearningLevel | OldLevel | None],
    conduct: LearningLevel | None,
    decided: Judged[Promotion | None],
    settings: Settings,
) -> tuple[
    Judged[LearningLevel | OldLevel | None] | None, LearningLevel | None, Judged[Promotion | None] | None
]:
    """What the summer changed: only where something was entered for it."""
    results = {subject.name: subject.retest for subject in facts.subjects if subject.retest is not None}
    if not results and facts.summer_conduct is None:
        return None, None, None
    conduct_after = facts.summer_conduct or conduct
    after = learning
    if results:
        scores, comments = _split(values, settings)
        after = learning_after_retest(scores, comments, results, settings).judged
    decision = promotion_after(decided, conduct_after, after.value, facts.absences)  # type: ignore[arg-type]
    return after, conduct_after, decision


def _old_year(
    facts: PupilFacts, subjects: tuple[SubjectYear, ...], level: LevelResult,
    learning: Judged[LearningLevel | OldLevel | None],
) -> YearResult:
    conduct = legacy.conduct_year(*facts.conduct)
    value = learning.value if isinstance(learning.value, OldLevel) else None
    return YearResult(
        subjects, learning, level.base, level.adjusted_by, conduct, legacy.title(conduct.value, value),
        legacy.promotion(conduct.value, value, facts.absences),
    )
