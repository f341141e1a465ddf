"""`khue rules check`: the worked cases hold, a wrong case fails, and nothing in a file stops the others."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from khue.rules import check
from khue.rules.engines import ENGINES
from khue.rules.tests.worked import ALL, FILES, of


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_worked_case_holds(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([str(path)]) == 0
    count = sum(1 for line in path.read_text(encoding="utf-8").splitlines() if '"engine"' in line)
    assert capsys.readouterr().out == f"{count} passed, 0 failed\n"


def test_every_engine_has_cases_and_every_case_its_own_name() -> None:
    assert {case["engine"] for case in ALL} == set(ENGINES)
    names = [case["id"] for case in ALL]
    assert len(set(names)) == len(names)
    assert {case["status"] for case in ALL} == {"certain", "likely", "doubtful"}


def _wrong(value: Any) -> Any:
    """A value that the law does not give in this place."""
    if value is None or isinstance(value, bool):
        return 77
    if isinstance(value, int | Decimal):
        return value + 1
    return [*value, "X"] if isinstance(value, list) else f"{value[::-1]}?"


@pytest.mark.parametrize("case", ALL, ids=lambda case: case["id"])
def test_a_case_with_another_expectation_fails(case: dict[str, Any]) -> None:
    for part in ("expected", "expected_alternative"):
        for key in case.get(part) or {}:
            changed = copy.deepcopy(case)
            changed[part][key] = _wrong(changed[part][key])
            failure = check.check_case(changed)
            assert case["engine"] in failure
            assert "expected" in failure
            assert "found" in failure


def test_a_doubtful_case_must_be_flagged() -> None:
    (case,) = [item for item in ALL if item["id"] == "LL-01"]
    assert not check.check_case(case)
    assert "doubtful" in check.check_case({**case, "status": "doubtful"})
    assert "không có" in check.check_case({**case, "expected_alternative": {"level": "KHA"}})


def _marks(tx: Any, gk: Any, ck: Any, **more: Any) -> dict[str, Any]:
    given = {"tx": tx, "tx_required": 2, "gk": gk, "ck": ck, **more}
    return {"engine": "tt22.term_avg", "input": given, "expected": {"avg": Decimal("7.1")}}


SEVENS = [7, Decimal("7.0"), "7", "7.0", "7,0", " 7 ", Decimal("7.00")]


@pytest.mark.parametrize("seven", SEVENS, ids=repr)
def test_a_number_may_be_written_in_many_ways(seven: Any) -> None:
    assert not check.check_case(_marks([seven, 8], seven, seven))
    assert not check.check_case(_marks({"a": seven, "b": "8"}, {"state": "MADE_UP", "mark": seven}, seven))
    assert not check.check_case(_marks([seven, None, 8], {"mark": seven}, seven, topic=None, note="x"))
    assert not check.check_case({**_marks([seven, 8], seven, seven), "expected": {"avg": "7,1"}})


def test_subjects_are_compared_without_their_order() -> None:
    case = {"engine": "tt27.tests_required", "input": {"grade": "1", "moment": "CN"}}
    assert not check.check_case({**case, "expected": {"tests": ["Toán", "Tiếng Việt"]}})
    assert check.check_case({**case, "expected": {"tests": ["Toán"]}})


def test_lists_and_maps_mean_the_same() -> None:
    for case in of("tt22.learning_level"):
        changed = copy.deepcopy(case)
        for key in ("scores", "comments"):
            if isinstance(changed["input"][key], list):
                changed["input"][key] = {f"{key} {n}": v for n, v in enumerate(changed["input"][key])}
        assert not check.check_case(changed)
    for case in of("tt27.year_level"):
        changed = copy.deepcopy(case)
        for key in ("qualities", "competences"):
            changed["input"][key] = {f"{key} {n}": v for n, v in enumerate(changed["input"][key])}
        assert not check.check_case(changed)


@pytest.mark.parametrize(("raw", "word"), [
    ("11", "ABOVE_TEN"), ("-1", "NEGATIVE_MARK"), ("8,5", "MUST_BE_AN_INTEGER"), ("tám", "NOT_NUMERIC"),
])  # fmt: skip
def test_errors_are_compared_by_what_they_say(raw: str, word: str) -> None:
    case = {"engine": "tt27.mark", "input": {"raw": raw}}
    assert not check.check_case({**case, "expected": {"error": word}})
    others = {"OUT_OF_RANGE", "NOT_WHOLE", "NOT_A_NUMBER", "TOO_FEW_TX"}
    assert sum(not check.check_case({**case, "expected": {"error": other}}) for other in others) == 1


GOOD = {"engine": "tt22.mark", "input": {"raw": 7}, "expected": {"mark": 7}}
LEVEL = {"engine": "tt22.learning_level", "expected": {"level": "TOT"}}
MALFORMED: list[tuple[Any, str]] = [
    (5, "đối tượng JSON"),
    (None, "đối tượng JSON"),
    ([], "đối tượng JSON"),
    ({}, "thiếu mục 'engine'"),
    ({"engine": "tt22.mark"}, "thiếu mục 'input'"),
    ({"engine": "tt22.mark", "input": {}}, "thiếu mục 'expected'"),
    ({**GOOD, "input": [7]}, "«input»"),
    ({**GOOD, "expected": 7}, "«expected»"),
    ({**GOOD, "expected": {}}, "không có gì để so"),
    ({**GOOD, "engine": "tt99.mark"}, "chưa có bộ tính «tt99.mark»"),
    ({**GOOD, "engine": ["tt22.mark"]}, "không đọc được ví dụ"),
    ({**GOOD, "input": {}}, "thiếu mục 'raw'"),
    ({**GOOD, "input": {"raw": {"a": 1}}}, "không phải là số"),
    ({**GOOD, "input": {"raw": True}}, "không phải là số"),
    ({**GOOD, "input": {"raw": None}}, "NOT_A_NUMBER"),
    ({**GOOD, "input": {"raw": "NaN"}}, "NOT_A_NUMBER"),
    ({**GOOD, "input": {"raw": Decimal("1e999999")}}, "OUT_OF_RANGE"),
    ({**GOOD, "expected": {"mark": "bảy"}}, "expected"),
    (_marks("7,8", 7, 7), "«tx» phải là danh sách"),
    (_marks([7, 8], {"state": "LOST"}, 7), "không có trạng thái 'LOST'"),
    (_marks([7, 8], 7, 11), "OUT_OF_RANGE"),
    (_marks([7, Decimal("8.25")], 7, 7), "TOO_MANY_DECIMALS"),
    (_marks([7, 8], 7, 7, tx_required="1.5"), "«tx_required» phải là số nguyên"),
    ({**LEVEL, "input": {"scores": [8] * 8, "comments": ["OK"]}}, "UNKNOWN_VALUE"),
    ({**LEVEL, "input": {"scores": [8] * 8, "comments": [8]}}, "không phải là mức đánh giá"),
    (
        {"engine": "tt22.conduct_year", "input": {"hk1": "GIOI", "hk2": "TOT"}, "expected": {"year": "TOT"}},
        "không có mức 'GIOI'",
    ),
    (
        {"engine": "tt22.tx_count", "input": {"kind": "x", "periods_per_year": 35}, "expected": {"tx": 2}},
        "không có loại môn 'x'",
    ),
    (
        {"engine": "tt27.award", "input": {"level": "GIOI"}, "expected": {"award": None}},
        "không có mức 'GIOI'",
    ),
    (
        {"engine": "tt27.tests_required", "input": {"grade": 6, "moment": "CN"}, "expected": {"tests": []}},
        "UNKNOWN_GRADE",
    ),
    (
        {"engine": "attendance.sessions", "input": {"absences": [{"date": "5/10"}]},
         "expected": {"sessions": 1}},
        "phải viết như 2026-10-05",
    ),
    (
        {"engine": "thpt.graduation", "input": {"g10": [], "g11": [5], "g12": [5], "exams": [5] * 4},
         "expected": {"graduate": True}},
        "NOT_A_NUMBER",
    ),
    (
        {"engine": "tt22.after_retest", "input": {"scores": {"Toán": 4}, "retest": {"Văn": 5}},
         "expected": {"learning_for_promotion": "DAT"}},
        "«Văn» không có trong kết quả",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("case", "sentence"), MALFORMED, ids=lambda item: str(item)[:40])
def test_a_malformed_case_is_its_own_failure(case: Any, sentence: str) -> None:
    assert sentence in check.check_case(case)


def test_a_malformed_case_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.json"
    surrogate = '{"id": "\\ud800", "engine": "id.personal", "input": {"id": "\\ud800"}, '
    broken = f'{surrogate}"expected": {{"valid": true}}}}'
    path.write_text(f'\ufeff{{"vectors": [5, {broken}, {json.dumps(GOOD)}]}}', encoding="utf-8")
    assert check.main([str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("#1: ")
    assert lines[1].startswith("\\ud800: id.personal: ")
    assert lines[2] == "1 passed, 2 failed"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b'{"cases": []}', b'{"vectors": {}}', b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5000],
    ids=["empty", "cut", "list", "key", "map", "bytes", "deep", "digits"],
)
def test_another_file_is_refused_with_a_sentence(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    assert check.main([str(path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Tệp ")


def test_a_file_that_is_not_there_and_a_wrong_call(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert check.main([str(tmp_path / "none.json")]) == 2
    assert check.main([str(tmp_path)]) == 2
    assert check.main([]) == 2
    assert check.main(["--help"]) == 0
    assert capsys.readouterr().err.count("Không mở được tệp") == 2
