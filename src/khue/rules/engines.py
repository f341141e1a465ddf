"""The engines of worked cases: each reads one form of input and asks the law (bộ tính của ví dụ).

Inputs are read as people and programs write them: numbers, text with point or comma, lists or maps,
missing optional keys. What cannot be read is refused (`Unreadable`), never guessed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from khue.core.decimals import HIGHEST, LOWEST, parse_mark, parse_number
from khue.core.errors import Invalid
from khue.rules import attendance, graduation, identifiers, legacy, primary, secondary
from khue.rules.averages import missing_of, year_comment
from khue.rules.curriculum import ongoing_required
from khue.rules.settings import DEFAULT, Settings
from khue.rules.values import EMPTY, FAILED, MARK, NO_MAKEUP, PENDING, LearningLevel, TermMarks

Found = dict[str, Any]
Given = Mapping[str, Any]
# States of a periodic assessment, by the short names of the format and by our own.
STATES = {
    "NO_MAKEUP": NO_MAKEUP, NO_MAKEUP: NO_MAKEUP, "PENDING": PENDING, PENDING: PENDING,
    "MADE_UP": MARK, MARK: MARK, EMPTY: EMPTY,
}  # fmt: skip
SMALLEST, LARGEST = -30, 30  # exponents of a number that is still a number of school life


class Unreadable(ValueError):
    """A case that does not have the form of its engine; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine found, whether it is doubtful, and what the other reading gives."""

    found: Found
    doubtful: bool = False
    alternative: Found | None = None


Engine = Callable[[Given], Answer]


# --- reading -------------------------------------------------------------------------------------


def _number(value: Any) -> Decimal | None:
    """A number however it is written; null and empty text are nothing."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str):
        return parse_number(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        msg = f"{value!r} không phải là số"
        raise Unreadable(msg)
    number = Decimal(value)
    if number and not SMALLEST <= number.adjusted() <= LARGEST:
        raise Invalid("CORE-002", value=str(value))
    return number


def _mark(value: Any) -> Decimal | None:
    """A mark on the scale of 10, by itself or as {"mark": 7}, or nothing."""
    if isinstance(value, Mapping) and "mark" in value:
        value = value["mark"]
    number = _number(value)
    if number is not None and not LOWEST <= number <= HIGHEST:
        raise Invalid("CORE-002", value=str(value))
    return number


def _whole(value: Any, name: str) -> int:
    number = _number(value)
    if number is None or number != number.to_integral_value():
        msg = f"mục «{name}» phải là số nguyên, ở đây là {value!r}"
        raise Unreadable(msg)
    return int(number)


def _marks(value: Any, name: str) -> dict[str, Decimal | None] | list[Decimal | None]:
    """Marks by subject, or a list of them."""
    if isinstance(value, Mapping):
        return {str(key): _mark(mark) for key, mark in value.items()}
    return [_mark(mark) for mark in _list(value, name)]


def _words(value: Any, name: str) -> dict[str, str | None] | list[str | None]:
    """Letters (Đ, CĐ, T, H, C …) by subject, or a list of them."""
    if isinstance(value, Mapping):
        return {str(key): _word(word) for key, word in value.items()}
    return [_word(word) for word in _list(value, name)]


def _word(value: Any) -> str | None:
    if isinstance(value, Mapping):  # a state, as a periodic mark may have
        return _periodic_word(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str):
        msg = f"{value!r} không phải là mức đánh giá"
        raise Unreadable(msg)
    return value.strip()


def _list(value: Any, name: str) -> Sequence[Any]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        msg = f"mục «{name}» phải là danh sách, ở đây là {value!r}"
        raise Unreadable(msg)
    return value


def _by_name(values: dict[str, Any] | list[Any], what: str) -> dict[str, Any]:
    if isinstance(values, dict):
        return values
    return {f"{what} {number}": value for number, value in enumerate(values, 1)}


def _values(values: dict[str, Any] | list[Any]) -> list[Any]:
    return list(values.values()) if isinstance(values, dict) else values


def _known(values: dict[str, Any] | list[Any]) -> list[Any]:
    return [value for value in _values(values) if value is not None]


def _level(value: Any) -> LearningLevel | None:
    if value is None:
        return None
    if value not in set(LearningLevel):
        msg = f"không có mức {value!r}"
        raise Unreadable(msg)
    return LearningLevel(value)


def _primary_code(value: Any) -> primary.PrimaryLevel:
    if value not in primary.PrimaryLevel.__members__:
        msg = f"không có mức {value!r}"
        raise Unreadable(msg)
    return primary.PrimaryLevel[str(value)]


def _state(given: Given) -> str:
    state = given.get("state", MARK)
    if state not in STATES:
        msg = f"không có trạng thái {state!r}"
        raise Unreadable(msg)
    return STATES[state]


def _periodic(given: Any) -> tuple[Decimal | None, str]:
    """A GK or CK as the file writes it: a mark, nothing, or a state."""
    if not isinstance(given, Mapping):
        mark = _mark(given)
        return mark, EMPTY if mark is None else MARK
    state, mark = _state(given), _mark(given.get("mark"))
    if state != MARK:
        return None, state
    return mark, EMPTY if mark is None else MARK


def _periodic_word(given: Given) -> str | None:
    state = _state(given)
    if state == NO_MAKEUP:
        return FAILED
    return _word(given.get("result", given.get("mark"))) if state == MARK else None


# --- TT 22/2021 -----------------------------------------------------------------------------------


def _tx_count(given: Given) -> Answer:
    periods = _whole(given.get("periods_per_year", 0), "periods_per_year")
    if given["kind"] not in {"score", "comment", "level_THC"}:
        msg = f"không có loại môn {given['kind']!r}"
        raise Unreadable(msg)
    if periods < 0 or (given["kind"] == "score" and not periods):
        raise Invalid("CORE-002", value=str(periods))
    return Answer({"tx": ongoing_required(given["kind"], periods)})


def _parsed_mark(given: Given) -> Answer:
    raw = given["raw"]
    if isinstance(raw, str):
        return Answer({"mark": parse_mark(raw)})
    number = _number(raw)
    if number is None:
        raise Invalid("CORE-001", value="")
    return Answer({"mark": parse_mark(format(number, "f"))})


def _term_avg(given: Given) -> Answer:
    midterm, midterm_state = _periodic(given.get("gk"))
    final, final_state = _periodic(given.get("ck"))
    ongoing = tuple(_values(_marks(given["tx"], "tx")))
    topic, _ = _periodic(given.get("topic"))
    entry = TermMarks(ongoing, midterm, final, topic, midterm_state, final_state)
    # A case may leave out how many are required; then those it gives are meant.
    required = _whole(given.get("tx_required", len(ongoing)), "tx_required")
    found = _average_found(entry, required, DEFAULT)
    # Doubts 5 and 8: what a topic cluster replaces, and what happens with too few ĐĐGtx.
    other = _average_found(entry, required, Settings(topic="replaces"))
    doubtful = entry.topic is not None or found.get("error") == "TOO_FEW_TX"
    return Answer(found, doubtful, other if doubtful else None)


def _average_found(entry: TermMarks, required: int, settings: Settings) -> Found:
    problem = secondary.problem_of(entry, required, settings)
    if not problem:
        average = secondary.term_average(entry, required, settings).value
        return {"avg": average, "state": "COMPLETE"}
    found: Found = {"avg": None, "state": "INCOMPLETE", "missing": list(missing_of(entry, required))}
    return found if problem == "INCOMPLETE" else {**found, "error": problem}


def _year_avg(given: Given) -> Answer:
    average = secondary.year_average(_mark(given.get("hk1")), _mark(given.get("hk2"))).value
    return Answer({"avg": average, "state": "INCOMPLETE" if average is None else "COMPLETE"})


def _term_comment(given: Given) -> Answer:
    results = _words(given["results"], "results")
    required = _whole(given.get("required", len(results)), "required")
    return Answer({"result": secondary.comment_result(required, _values(results)).value})


def _year_comment(given: Given) -> Answer:
    return Answer({"result": year_comment(_word(given.get("hk1")), _word(given.get("hk2"))).value})


def _learning_level(given: Given) -> Answer:
    scores, comments = _marks(given["scores"], "scores"), _words(given.get("comments"), "comments")
    return _level_answer(secondary.learning_level(scores, comments))


def _level_answer(result: secondary.LevelResult) -> Answer:
    level, base, other = result.judged.value, result.base, result.alternative
    found: Found = {"base": base, "level": level, "adjusted": level is not base}
    found["learning_for_promotion"] = level
    if result.adjusted_by:
        found["adjusted_by_subject"] = result.adjusted_by
    alternative = None
    if other is not None:
        alternative = {
            "base": other.base, "level": other.level, "adjusted": other.adjusted,
            "learning_for_promotion": other.level,
        }  # fmt: skip
    return Answer(found, result.judged.doubtful, alternative)


def _conduct_year(given: Given) -> Answer:
    judged = secondary.conduct_year(_level(given.get("hk1")), _level(given.get("hk2")))
    return Answer({"year": judged.value})


def _title(given: Given) -> Answer:
    marks = _known(_marks(given.get("year_scores"), "year_scores"))
    judged = secondary.title(_level(given["conduct_year"]), _level(given["learning_year"]), marks)
    return Answer({"title": judged.value})


def _promotion(given: Given) -> Answer:
    stage = given.get("stage", "END_OF_YEAR")
    if stage not in {"END_OF_YEAR", "AFTER_SUMMER"}:
        msg = f"không có thời điểm xét {stage!r}"
        raise Unreadable(msg)
    conduct, learning = _level(given["conduct_year"]), _level(given["learning_year"])
    counted = given.get("absent_sessions")
    absences = None if counted is None else _whole(counted, "absent_sessions")
    judged = secondary.promotion(conduct, learning, absences)
    if stage == "AFTER_SUMMER":
        conduct = _level(given.get("conduct_after_summer")) or conduct
        learning = _level(given.get("learning_after_retest")) or learning
        judged = secondary.promotion_after(judged, conduct, learning, absences)
    found: Found = {"decision": judged.value}
    if judged.value is secondary.Promotion.O_LAI_LOP:
        found["why"] = secondary.why_kept_down(conduct, learning, absences)
    if judged.doubtful:
        return Answer({**found, "flag": "RETEST_RIGHT_DOUBTFUL"}, True, found)
    return Answer(found)


def _retest(given: Given) -> Answer:
    scores, comments = _subjects(given)
    judged = secondary.retest(
        _level(given["conduct_year"]), _level(given["learning_year"]), scores, comments
    )
    value, other = judged.value, judged.alternative
    alternative = {"allowed": other.allowed, "subjects": list(other.subjects)} if other else None
    return Answer({"allowed": value.allowed, "subjects": list(value.subjects)}, judged.doubtful, alternative)


def _subjects(given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
    scores = _by_name(_marks(given["scores"], "scores"), "môn tính điểm")
    return scores, _by_name(_words(given.get("comments"), "comments"), "môn nhận xét")


def _after_retest(given: Given) -> Answer:
    scores, comments = _subjects(given)
    results: dict[str, Decimal | str] = {}
    for name, value in (given.get("retest") or {}).items():
        if name not in scores and name not in comments:
            msg = f"môn đánh giá lại «{name}» không có trong kết quả cả năm"
            raise Unreadable(msg)
        result = _mark(value) if name in scores else _word(value)
        if result is not None:
            results[name] = result
    return _level_answer(secondary.learning_after_retest(scores, comments, results))


def _sessions(given: Given) -> Answer:
    rows = []
    for row in _list(given["absences"], "absences"):
        day = _day(row["date"])
        excused = row.get("excused", False) in {True, "P"}
        rows.append(attendance.Absence(day, str(row.get("session") or ""), excused))
    judged = attendance.sessions(rows)
    other = judged.alternative
    return Answer(_counted(judged.value), judged.doubtful, _counted(other) if other else None)


def _day(text: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        msg = f"ngày {text!r} phải viết như 2026-10-05"
        raise Unreadable(msg) from error


def _counted(value: attendance.Sessions) -> Found:
    return {"sessions": value.total, "excused": value.excused, "unexcused": value.unexcused}


# --- TT 27/2020 -----------------------------------------------------------------------------------


def _primary_level(given: Given) -> Answer:
    subjects = _by_name(_words(given["subjects"], "subjects"), "Môn")
    qualities = _words(given["qualities"], "qualities")
    competences = _words(given["competences"], "competences")
    tests = _by_name(_marks(given.get("tests"), "tests"), "Bài kiểm tra")
    for name, mark in tests.items():
        if mark is not None:
            tests[name] = primary.test_mark(str(mark))
    everything = (*subjects.values(), *_values(qualities), *_values(competences), *tests.values())
    if not subjects or any(value is None for value in everything):
        return Answer({"level": None, "state": "INCOMPLETE"})
    judged = primary.year_level(subjects, _values(qualities), _values(competences), tests)
    return Answer({"level": judged.value, "state": "COMPLETE"}, judged.doubtful)


def _tests_required(given: Given) -> Answer:
    grade, moment = _whole(given["grade"], "grade"), given["moment"]
    if moment not in primary.MOMENTS:
        msg = f"không có thời điểm đánh giá {moment!r}"
        raise Unreadable(msg)
    return Answer({"tests": list(primary.tests_required(grade, moment).value)})


def _primary_mark(given: Given) -> Answer:
    raw = given["raw"]
    if isinstance(raw, str):
        return Answer({"mark": primary.test_mark(raw)})
    number = _number(raw)
    if number is None:
        raise Invalid("CORE-001", value="")
    return Answer({"mark": primary.test_mark(format(number, "f"))})


def _award(given: Given) -> Answer:
    judged = primary.award(
        _primary_code(given["level"]),
        excellent_subject=bool(given.get("excellent_subject")),
        clear_progress=bool(given.get("clear_progress")),
        class_recognized=bool(given.get("class_recognised", given.get("class_recognized"))),
    )
    return Answer({"award": judged.value})


def _completion(given: Given) -> Answer:
    grade, after = _whole(given["grade"], "grade"), given.get("level_after_support")
    if not 1 <= grade <= primary.LAST_GRADE:
        raise Invalid("CORE-008", grade=grade)
    judged = primary.completion(
        grade, _primary_code(given["level"]), _primary_code(after) if after else None
    )
    return Answer({"status": judged.value})


# --- TT 58/2011, graduation, identifiers ----------------------------------------------------------


def _old_average(given: Given) -> Answer:
    marks = _values(_marks(given["subject_avgs"], "subject_avgs"))
    return Answer({"avg": legacy.average_of_all(marks).value})


def _old_level(given: Given) -> Answer:
    scores = _marks(given["scores"], "scores")
    comments = _words(given.get("comments"), "comments")
    average = _mark(given.get("avg"))
    if average is None:
        average = legacy.average_of_all(_values(scores)).value
    if average is None or None in _values(scores) or None in _values(comments):
        return Answer({"base": None, "level": None})
    keys = _known(_marks(given["key_subjects"], "key_subjects"))
    result = legacy.level(average, keys, scores, comments)  # type: ignore[arg-type] # none is missing
    return Answer({"base": result.base, "level": result.judged.value}, result.judged.doubtful)


def _graduation(given: Given) -> Answer:
    years = tuple(_known(_marks(given[name], name)) for name in ("g10", "g11", "g12"))
    exams = _values(_marks(given["exams"], "exams"))
    judged = graduation.graduation(
        (years[0], years[1], years[2]), exams, _number(given.get("priority")) or Decimal(0),
        eligible=bool(given.get("eligible", True)),
    )  # fmt: skip
    other = judged.alternative
    return Answer(_score(judged.value), judged.doubtful, _score(other) if other else None)


def _score(value: graduation.Graduation) -> Found:
    return {
        "gpa10": value.gpa[0], "gpa11": value.gpa[1], "gpa12": value.gpa[2], "gpa_all": value.gpa_all,
        "score": value.score, "graduate": value.graduate,
    }  # fmt: skip


def _personal_id(given: Given) -> Answer:
    text = given["id"]
    found = identifiers.personal_id("" if text is None else str(text))
    return Answer(
        {
            "valid": found.valid, "birth_year": found.birth_year, "sex": found.sex,
            "province": found.province,
        }
    )  # fmt: skip


ENGINES: dict[str, Engine] = {
    "tt22.tx_count": _tx_count,
    "tt22.mark": _parsed_mark,
    "tt22.term_avg": _term_avg,
    "tt22.year_avg": _year_avg,
    "tt22.term_comment": _term_comment,
    "tt22.year_comment": _year_comment,
    "tt22.learning_level": _learning_level,
    "tt22.conduct_year": _conduct_year,
    "tt22.title": _title,
    "tt22.promotion": _promotion,
    "tt22.retest": _retest,
    "tt22.after_retest": _after_retest,
    "attendance.sessions": _sessions,
    "tt27.year_level": _primary_level,
    "tt27.tests_required": _tests_required,
    "tt27.mark": _primary_mark,
    "tt27.award": _award,
    "tt27.completion": _completion,
    "tt58.avg_all": _old_average,
    "tt58.level": _old_level,
    "thpt.graduation": _graduation,
    "id.personal": _personal_id,
}
