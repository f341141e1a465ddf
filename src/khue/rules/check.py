"""`khue rules check`: run a file of worked cases against the law as we compute it.

The file has the form of the shared vectors: `vectors` with `id`, `engine`, `input`, `expected`, and
for doubtful cases `status` and `expected_alternative`. Numbers are read as exact decimals. A case
passes when every expected key has the expected value, when a doubtful case is flagged, and when the
other reading gives what the file says it gives.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from khue.core.decimals import parse_mark
from khue.core.errors import Invalid
from khue.rules import attendance, graduation, identifiers, legacy, primary, secondary
from khue.rules.averages import missing_of, year_comment
from khue.rules.curriculum import ongoing_required
from khue.rules.settings import DEFAULT
from khue.rules.values import EMPTY, MARK, NO_MAKEUP, PENDING, LearningLevel, TermMarks

Found = dict[str, Any]
Engine = Callable[[Mapping[str, Any]], "Answer"]
ERRORS = {"CORE-001": "NOT_A_NUMBER", "CORE-002": "OUT_OF_RANGE", "CORE-010": "NOT_WHOLE"}
# Other spellings of the reason why a pupil stays down.
WHY = {"ABSENT": "ABSENCE", "ABSENCES": "ABSENCE", "ATTENDANCE": "ABSENCE", "ABSENT_SESSIONS": "ABSENCE"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine found, whether it is doubtful, and what the other reading gives."""

    found: Found
    doubtful: bool = False
    alternative: Found | None = None


@dataclass(slots=True)
class CheckReport:
    """The outcome of a file."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)


def check_file(path: Path) -> CheckReport:
    """Run all cases of a file; raises ValueError with a sentence if it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        cases = content["vectors"]
    except OSError as error:
        msg = f"Không mở được tệp {path}: {error.strerror}."
        raise ValueError(msg) from error
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        msg = f"Tệp {path} không phải tệp ví dụ tính điểm (JSON có mục «vectors»)."
        raise ValueError(msg) from error
    report = CheckReport()
    for number, case in enumerate(cases, 1):
        failure = check_case(case)
        if failure:
            name = case.get("id", f"#{number}") if isinstance(case, dict) else f"#{number}"
            report.failures.append(f"{name}: {failure}")
        else:
            report.passed += 1
    return report


def check_case(case: Mapping[str, Any]) -> str:
    """What is wrong with a case, in one sentence; empty when it passes."""
    try:
        engine, given, expected = case["engine"], case["input"], case["expected"]
        run = ENGINES.get(engine)
        if run is None:
            return f"chưa có bộ tính «{engine}»"
        answer = run(given)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return f"không đọc được ví dụ ({type(error).__name__}: {error})"
    except Invalid as error:
        answer = Answer({"error": ERRORS.get(error.code, error.code)})
    wrong = _difference(expected, answer.found)
    clause = f" [{case['clause']}]" if case.get("clause") else ""
    if wrong:
        return f"{engine}{clause}: {wrong}"
    if case.get("status") == "doubtful" and not answer.doubtful:
        return f"{engine}{clause}: ca còn tranh luận nhưng không được đánh dấu"
    other = case.get("expected_alternative")
    if other and (answer.alternative is None or _difference(other, answer.alternative)):
        return f"{engine}{clause}: cách hiểu kia cần {_shown(other)}, tính ra {_shown(answer.alternative)}"
    return ""


def _difference(expected: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    for key, value in expected.items():
        if key not in found or not _same(value, found[key]):
            return f"cần {key} = {_shown(value)}, tính ra {_shown(found.get(key, 'không có'))}"
    return ""


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, int | Decimal) and isinstance(b, int | Decimal):
        return Decimal(a) == Decimal(b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, str) and isinstance(b, str):
        return WHY.get(a, a) == WHY.get(b, b)
    return bool(a == b)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _mark(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _level(value: Any) -> LearningLevel | None:
    return None if value is None else LearningLevel(value)


def _tx_count(given: Mapping[str, Any]) -> Answer:
    return Answer({"tx": ongoing_required(given["kind"], int(given["periods_per_year"]))})


def _parsed_mark(given: Mapping[str, Any]) -> Answer:
    return Answer({"mark": parse_mark(str(given["raw"]))})


def _periodic(given: Any) -> tuple[Decimal | None, str]:
    """A GK or CK as the file writes it: a mark, nothing, or a state."""
    if not isinstance(given, Mapping):
        return _mark(given), EMPTY if given is None else MARK
    state = str(given.get("state", ""))
    if state in {"NO_MAKEUP", NO_MAKEUP}:
        return None, NO_MAKEUP
    if state in {"PENDING", PENDING}:
        return None, PENDING
    return _mark(given.get("mark")), MARK if given.get("mark") is not None else EMPTY


def _term_avg(given: Mapping[str, Any]) -> Answer:
    midterm, midterm_state = _periodic(given.get("gk"))
    final, final_state = _periodic(given.get("ck"))
    entry = TermMarks(
        tuple(_mark(mark) for mark in given["tx"]), midterm, final, _mark(given.get("topic")), midterm_state,
        final_state,
    )
    required = int(given["tx_required"])
    problem = secondary.problem_of(entry, required)
    average = secondary.term_average(entry, required).value
    if not problem:
        return Answer({"avg": average, "state": "COMPLETE"})
    found: Found = {"avg": None, "state": "INCOMPLETE"}
    if problem != "INCOMPLETE":
        found["error"] = problem
    found["missing"] = list(missing_of(entry, required))
    return Answer(found)


def _year_avg(given: Mapping[str, Any]) -> Answer:
    return Answer({"avg": secondary.year_average(_mark(given["hk1"]), _mark(given["hk2"])).value})


def _term_comment(given: Mapping[str, Any]) -> Answer:
    return Answer({"result": secondary.comment_result(int(given["required"]), given["results"]).value})


def _year_comment(given: Mapping[str, Any]) -> Answer:
    return Answer({"result": year_comment(given["hk1"], given["hk2"]).value})


def _scores(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {name: _mark(mark) for name, mark in given.items()}
    return [_mark(mark) for mark in given]


def _learning_level(given: Mapping[str, Any]) -> Answer:
    result = secondary.learning_level(_scores(given["scores"]), given["comments"])
    level, base = result.judged.value, result.base
    found = {"base": base, "level": level, "adjusted": level is not base}
    alternative = None
    if result.alternative is not None:
        other = result.alternative
        alternative = {"base": other.base, "level": other.level, "adjusted": other.adjusted}
    return Answer(found, result.judged.doubtful, alternative)


def _conduct_year(given: Mapping[str, Any]) -> Answer:
    return Answer({"year": secondary.conduct_year(_level(given["hk1"]), _level(given["hk2"])).value})


def _title(given: Mapping[str, Any]) -> Answer:
    marks = [mark for mark in _scores(given["year_scores"]) if mark is not None]
    judged = secondary.title(_level(given["conduct_year"]), _level(given["learning_year"]), marks)
    return Answer({"title": judged.value})


def _promotion(given: Mapping[str, Any]) -> Answer:
    conduct, learning = _level(given["conduct_year"]), _level(given["learning_year"])
    absences = given["absent_sessions"]
    judged = secondary.promotion(conduct, learning, absences)
    if given.get("stage") == "AFTER_SUMMER":
        conduct = _level(given.get("conduct_after_summer")) or conduct
        learning = _level(given.get("learning_after_retest")) or learning
        after = secondary.promotion_after(judged, conduct, learning, absences)
        return Answer(_decision(after.value, conduct, learning, absences), judged.doubtful)
    found = _decision(judged.value, conduct, learning, absences)
    if judged.doubtful:
        found["flag"] = "RETEST_RIGHT_DOUBTFUL"
    return Answer(found, judged.doubtful)


def _decision(
    value: secondary.Promotion | None, conduct: LearningLevel | None, learning: LearningLevel | None,
    absences: int | None,
) -> Found:
    found: Found = {"decision": value}
    if value is secondary.Promotion.O_LAI_LOP:
        found["why"] = secondary.why_kept_down(conduct, learning, absences)
    return found


def _retest(given: Mapping[str, Any]) -> Answer:
    judged = secondary.retest(
        _level(given["conduct_year"]), _level(given["learning_year"]), _scores(given["scores"]),
        given["comments"],
    )
    other = judged.alternative
    alternative = {"allowed": other.allowed, "subjects": list(other.subjects)} if other else None
    found = {"allowed": judged.value.allowed, "subjects": list(judged.value.subjects)}
    return Answer(found, judged.doubtful, alternative)


def _after_retest(given: Mapping[str, Any]) -> Answer:
    results = {
        name: value if isinstance(value, str) else _mark(value) for name, value in given["retest"].items()
    }
    result = secondary.learning_after_retest(_scores(given["scores"]), given["comments"], results)  # type: ignore[arg-type]
    other = result.judged.alternative
    alternative = {"learning_for_promotion": other} if other else None
    return Answer({"learning_for_promotion": result.judged.value}, result.judged.doubtful, alternative)


def _sessions(given: Mapping[str, Any]) -> Answer:
    rows = [
        attendance.Absence(
            dt.date.fromisoformat(row["date"]), row.get("session", ""), bool(row.get("excused"))
        )
        for row in given["absences"]
    ]
    counted = attendance.sessions(rows, DEFAULT)
    return Answer({"sessions": counted.total, "excused": counted.excused, "unexcused": counted.unexcused})


def _primary_level(given: Mapping[str, Any]) -> Answer:
    judged = primary.year_level(
        given["subjects"], given["qualities"], given["competences"],
        {name: Decimal(str(mark)) for name, mark in given["tests"].items()},
    )
    return Answer({"level": judged.value}, judged.doubtful)


def _tests_required(given: Mapping[str, Any]) -> Answer:
    return Answer({"tests": list(primary.tests_required(int(given["grade"]), given["moment"]).value)})


def _primary_mark(given: Mapping[str, Any]) -> Answer:
    return Answer({"mark": primary.test_mark(str(given["raw"]))})


def _award(given: Mapping[str, Any]) -> Answer:
    judged = primary.award(
        primary.PrimaryLevel[given["level"]], excellent_subject=given["excellent_subject"],
        clear_progress=given["clear_progress"],
        class_recognized=given.get("class_recognised", given.get("class_recognized", False)),
    )
    return Answer({"award": judged.value})


def _completion(given: Mapping[str, Any]) -> Answer:
    after = given.get("level_after_support")
    judged = primary.completion(
        int(given["grade"]),
        primary.PrimaryLevel[given["level"]],
        primary.PrimaryLevel[after] if after else None,
    )
    return Answer({"status": judged.value})


def _old_average(given: Mapping[str, Any]) -> Answer:
    return Answer({"avg": legacy.average_of_all(_scores(given["subject_avgs"])).value})


def _old_level(given: Mapping[str, Any]) -> Answer:
    result = legacy.level(
        Decimal(str(given["avg"])),
        _scores(given["key_subjects"]),
        _scores(given["scores"]),
        given["comments"],
    )
    return Answer({"base": result.base, "level": result.judged.value}, result.judged.doubtful)


def _graduation(given: Mapping[str, Any]) -> Answer:
    judged = graduation.graduation(
        (_scores(given["g10"]), _scores(given["g11"]), _scores(given["g12"])), _scores(given["exams"]),
        Decimal(str(given.get("priority") or 0)), eligible=bool(given.get("eligible", True)),
    )
    value = judged.value
    return Answer(
        {
            "gpa10": value.gpa[0], "gpa11": value.gpa[1], "gpa12": value.gpa[2], "gpa_all": value.gpa_all,
            "score": value.score, "graduate": value.graduate,
        }
    )  # fmt: skip


def _personal_id(given: Mapping[str, Any]) -> Answer:
    found = identifiers.personal_id(str(given["id"]))
    answer: Found = {"valid": found.valid, "birth_year": found.birth_year, "sex": found.sex}
    return Answer(answer)


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


def main(argv: list[str] | None = None) -> int:
    """The command: print each failure, close with the counts, exit non-zero on a failure."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) != 1:
        print("Cách dùng: khue rules check TỆP.json", file=sys.stderr)  # noqa: T201
        return 2
    try:
        report = check_file(Path(arguments[0]))
    except ValueError as error:
        print(str(error), file=sys.stderr)  # noqa: T201
        return 2
    for failure in report.failures:
        print(failure)  # noqa: T201
    print(f"{report.passed} passed, {len(report.failures)} failed")  # noqa: T201
    return 1 if report.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
