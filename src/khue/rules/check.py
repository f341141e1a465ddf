"""`khue rules check`: run a file of worked cases against the law as we compute it.

The file has the form of the shared vectors: `vectors` with `id`, `engine`, `input`, `expected`, and
for doubtful cases `status` and `expected_alternative`. Numbers are read as exact decimals. A case
passes when every expected key has the expected value, when a doubtful case is flagged, and when the
other reading gives what the file says it gives. A case that cannot be read fails with a sentence;
it never stops the others.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from khue.core.decimals import parse_number
from khue.core.errors import Invalid
from khue.rules.engines import ENGINES, Answer, Unreadable

ERRORS = {
    "CORE-001": "NOT_A_NUMBER", "CORE-002": "OUT_OF_RANGE", "CORE-003": "TOO_MANY_DECIMALS",
    "CORE-008": "UNKNOWN_GRADE", "CORE-020": "NOT_WHOLE", "CORE-021": "UNKNOWN_VALUE",
}  # fmt: skip
# The format gives no list of these words, so they are compared by what they say: code and signs of it.
MEANINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "error": {
        "OUT_OF_RANGE": ("RANGE", "NEGATIVE", "ABOVE", "BELOW"),
        "NOT_WHOLE": ("WHOLE", "INTEGER", "DECIMAL", "FRACTION"),
        "TOO_MANY_TX": ("MANY",),
        "TOO_FEW_TX": ("FEW", "ENOUGH", "INSUFFICIENT", "MISSING"),
        "NOT_A_NUMBER": ("NUMBER", "NUMERIC", "FORMAT", "PARSE", "EMPTY"),
    },
    "why": {
        "ABSENCE": ("ABS", "ATTEND", "SESSION"),
        "CONDUCT": ("CONDUCT",),
        "LEARNING": ("LEARN",),
    },
    "award": {"HOC_SINH_XUAT_SAC": ("XUAT_SAC",), "HOC_SINH_TIEU_BIEU": ("TIEU_BIEU",)},
    "status": {"DANH_GIA_BO_SUNG": ("BO_SUNG", "GIUP_DO", "HO_TRO")},
    "sex": {"NU": ("NU", "NỮ", "FEMALE"), "NAM": ("NAM", "MALE")},
}
MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError)


@dataclass(slots=True)
class CheckReport:
    """The outcome of a file."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)


def check_file(path: Path) -> CheckReport:
    """Run all cases of a file; raises ValueError with a sentence if it is not such a file."""
    report = CheckReport()
    for number, case in enumerate(_cases(path), 1):
        failure = check_case(case)
        if failure:
            name = str(case.get("id") or f"#{number}") if isinstance(case, Mapping) else f"#{number}"
            report.failures.append(f"{name}: {failure}")
        else:
            report.passed += 1
    return report


def _cases(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"Không mở được tệp {path}: {error.strerror}."
        raise ValueError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"Tệp {path} không phải văn bản UTF-8."
        raise ValueError(msg) from error
    try:
        content = json.loads(text, parse_float=Decimal, parse_constant=str)
    except (ValueError, ArithmeticError, RecursionError) as error:
        msg = f"Tệp {path} không đọc được như JSON: {error}."
        raise ValueError(msg) from error
    cases = content.get("vectors") if isinstance(content, dict) else None
    if isinstance(cases, list):
        return cases
    msg = f"Tệp {path} không phải tệp ví dụ tính điểm (JSON có danh sách «vectors»)."
    raise ValueError(msg)


def check_case(case: Any) -> str:
    """What is wrong with a case, in one sentence; empty when it passes."""
    try:
        return _check(case)
    except Unreadable as error:
        return f"không đọc được ví dụ: {error}"
    except KeyError as error:
        return f"không đọc được ví dụ: thiếu mục {error}"
    except MALFORMED as error:
        return f"không đọc được ví dụ: {type(error).__name__}, {error}"


def _check(case: Any) -> str:
    if not isinstance(case, Mapping):
        return f"ví dụ phải là một đối tượng JSON, ở đây là {_shown(case)}"
    engine, given, expected = case["engine"], case["input"], case["expected"]
    for name, part in (("input", given), ("expected", expected)):
        if not isinstance(part, Mapping):
            return f"mục «{name}» phải là một đối tượng JSON, ở đây là {_shown(part)}"
    if engine not in ENGINES:
        return f"chưa có bộ tính «{engine}»"
    if not expected:
        return "mục «expected» trống nên không có gì để so"
    title = "".join(f" {text}" for text in (case.get("clause"), case.get("title")) if text)
    wrong = _wrong(case, expected, _answer(engine, given))
    return f"{engine}{title}: {wrong}" if wrong else ""


def _answer(engine: str, given: Mapping[str, Any]) -> Answer:
    """What the engine finds; a refusal is an answer as well."""
    try:
        return ENGINES[engine](given)
    except Invalid as error:
        code = ERRORS.get(error.code, error.code)
        return Answer({"error": code, "mark": None, "avg": None, "level": None})


def _wrong(case: Mapping[str, Any], expected: Mapping[str, Any], answer: Answer) -> str:
    if not _agrees(expected, answer.found):
        return f"cần (expected) {_shown(expected)}, tính ra (found) {_part(answer.found, expected)}"
    if case.get("status") == "doubtful" and not answer.doubtful:
        return "ca còn tranh luận (doubtful) nhưng không được đánh dấu"
    other = case.get("expected_alternative")
    if other and not (answer.alternative is not None and _agrees(other, answer.alternative)):
        found = _part(answer.alternative, other)
        return f"cách hiểu kia cần (expected alternative) {_shown(other)}, tính ra (found) {found}"
    return ""


def _agrees(expected: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    return all(key in found and _same(key, value, found[key]) for key, value in expected.items())


def _same(key: str, a: Any, b: Any) -> bool:
    if a is None or b is None or isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, str) and isinstance(b, str):
        return _meaning(key, a) == _meaning(key, b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):  # the order of subjects means nothing
        left, right = sorted(a, key=str), sorted(b, key=str)
        return len(left) == len(right) and all(_same(key, x, y) for x, y in zip(left, right, strict=True))
    return bool(_exact(a) == _exact(b))


def _exact(value: Any) -> Any:
    """A number written as text is the number it says: "7,5" is 7.5."""
    try:
        return parse_number(value) if isinstance(value, str) else value
    except Invalid:
        return value


def _meaning(key: str, text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    words = MEANINGS.get(key, {})
    return next((code for code, signs in words.items() if any(sign in text.upper() for sign in signs)), text)


def _part(found: Mapping[str, Any] | None, expected: Mapping[str, Any]) -> str:
    """Of what was found, the keys that were expected, and a refusal if there was one."""
    if found is None:
        return "không có"
    return _shown({key: found[key] for key in (*expected, "error") if key in found} or found)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _print(text: str, stream: Any = None) -> None:
    """Print a line whatever signs a file has put into it."""
    line = text.encode("utf-8", "backslashreplace").decode("utf-8")
    print(line, file=stream)


def main(argv: list[str] | None = None) -> int:
    """The command: print each failure, close with the counts, exit non-zero on a failure."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) != 1 or arguments[0] in {"-h", "--help"}:
        _print("Cách dùng: khue rules check TỆP.json", sys.stderr)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        report = check_file(Path(arguments[0]))
    except ValueError as error:
        _print(str(error), sys.stderr)
        return 2
    for failure in report.failures:
        _print(failure)
    _print(f"{report.passed} passed, {len(report.failures)} failed")
    return 1 if report.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
