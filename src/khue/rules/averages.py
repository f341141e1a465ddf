"""Averages of marks and results of comment subjects (Điều 9 khoản 1 TT 22/2021), exact, in tenths."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from khue.core.decimals import format_mark, from_tenths, rounded_quotient, tenths
from khue.rules.reasons import Judged, Reason
from khue.rules.settings import DEFAULT, Settings
from khue.rules.values import EMPTY, FAILED, NO_MAKEUP, PASSED, PENDING, TermComments, TermMarks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

FOLDER = Path(__file__).parent / "parameters"
CLAUSE = "Điều 9 khoản 1 TT 22/2021"
ZERO_CLAUSE = "Điều 7 khoản 5 TT 22/2021"
COUNT_CLAUSE = "Điều 6 khoản 2 TT 22/2021"


@lru_cache(maxsize=8)
def parameters(name: str) -> dict[str, Any]:
    """The dated parameters of a regulation."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _weights() -> tuple[int, int, int, int]:
    found = parameters("tt22")
    term, year = found["term_average"], found["year_average"]
    return term["midterm"], term["final"], year["first"], year["second"]


def missing_of(
    entry: TermMarks | TermComments | None, required: int, *, topic_replaces: bool = False
) -> tuple[str, ...]:
    """What is missing before a term result exists, in words."""
    if entry is None:
        return ("chưa có bảng điểm",)
    found: list[str] = []
    done = sum(1 for item in entry.ongoing if item is not None)
    if topic_replaces and isinstance(entry, TermMarks) and entry.topic is not None:
        done += 1
    if done < required:
        found.append(f"{required - done} lần đánh giá thường xuyên")
    for label, value, state in (
        ("giữa kì", entry.midterm, entry.midterm_state),
        ("cuối kì", entry.final, entry.final_state),
    ):
        if state == NO_MAKEUP:
            continue
        if state == PENDING:
            found.append(f"đánh giá {label} (chờ kiểm tra bù)")
        elif value is None or state == EMPTY:
            found.append(f"đánh giá {label}")
    return tuple(found)


def problem_of(entry: TermMarks, required: int, settings: Settings = DEFAULT) -> str:
    """TOO_FEW_TX, TOO_MANY_TX or INCOMPLETE; empty when the average can be computed."""
    done = sum(1 for item in entry.ongoing if item is not None)
    if settings.topic == "replaces" and entry.topic is not None:
        done += 1
    if done > required:
        return "TOO_MANY_TX"
    if done < required:
        return "TOO_FEW_TX"
    return "INCOMPLETE" if missing_of(entry, required, topic_replaces=settings.topic == "replaces") else ""


def term_average(entry: TermMarks, required: int, settings: Settings = DEFAULT) -> Judged[Decimal | None]:
    """ĐTBmhk: the average of a subject in a term, half-up to one decimal; none while results are missing."""
    problem = problem_of(entry, required, settings)
    if problem == "TOO_MANY_TX":
        text = f"Có nhiều hơn {required} điểm thường xuyên; giáo viên chọn đúng {required} điểm để ghi."
        return Judged(None, (Reason(COUNT_CLAUSE, text, passed=False),))
    if problem:
        lacking = ", ".join(missing_of(entry, required, topic_replaces=settings.topic == "replaces"))
        return Judged(
            None, (Reason(CLAUSE, f"Chưa tính điểm trung bình: còn thiếu {lacking}.", passed=False),)
        )
    middle, last, _, _ = _weights()
    ongoing = [tenths(mark) for mark in entry.ongoing if mark is not None]
    if entry.topic is not None:
        ongoing.append(tenths(entry.topic))
    midterm = 0 if entry.midterm is None else tenths(entry.midterm)
    final = 0 if entry.final is None else tenths(entry.final)
    total = sum(ongoing) + middle * midterm + last * final
    weight = len(ongoing) + middle + last
    average = from_tenths(rounded_quotient(total, weight))
    parts = " + ".join(_shown(mark) for mark in ongoing)
    text = (
        f"({parts} + {middle} × {_shown(midterm)} + {last} × {_shown(final)}) : {weight}"
        f" = {format_mark(average)}."
    )
    reasons = [Reason(CLAUSE, text)]
    if NO_MAKEUP in (entry.midterm_state, entry.final_state):
        reasons.append(Reason(ZERO_CLAUSE, "Bài không kiểm tra bù trong học kì được tính 0 điểm."))
    if entry.topic is not None:
        reasons.append(_topic_reason(settings))
    return Judged(average, tuple(reasons))


def _topic_reason(settings: Settings) -> Reason:
    how = "thêm một" if settings.topic == "extra" else "thay một"
    return Reason("Điều 6 khoản 3 TT 22/2021", f"Điểm cụm chuyên đề được tính {how} điểm thường xuyên.")


def _shown(value: int) -> str:
    return f"{value // 10},{value % 10}"


def year_average(first: Decimal | None, second: Decimal | None) -> Judged[Decimal | None]:
    """ĐTBmcn: the average of a subject over the year, from the rounded term averages."""
    if first is None or second is None:
        lacking = " và ".join(n for n, v in (("học kì I", first), ("học kì II", second)) if v is None)
        return Judged(None, (Reason(CLAUSE, f"Chưa có điểm trung bình {lacking}.", passed=False),))
    _, _, one, two = _weights()
    average = from_tenths(rounded_quotient(one * tenths(first) + two * tenths(second), one + two))
    text = f"({format_mark(first)} + {two} × {format_mark(second)}) : {one + two} = {format_mark(average)}."
    return Judged(average, (Reason(CLAUSE, text),))


def comment_result(required: int, results: Sequence[str | None]) -> Judged[str]:
    """Đạt only if the required number was done and every one is Đạt (Điều 9 khoản 1 điểm a)."""
    done = [item for item in results if item is not None]
    failed = sum(1 for item in done if item != PASSED)
    if len(done) < required:
        text = f"Mới có {len(done)} trong {required} lần đánh giá nên chưa đạt yêu cầu."
        return Judged(FAILED, (Reason(CLAUSE, text, passed=False),))
    if failed:
        return Judged(FAILED, (Reason(CLAUSE, f"{failed} lần đánh giá ở mức Chưa đạt.", passed=False),))
    return Judged(PASSED, (Reason(CLAUSE, f"Đủ {required} lần đánh giá và tất cả ở mức Đạt.", passed=True),))


def term_comment(entry: TermComments, required: int) -> Judged[str | None]:
    """The term's result of a comment subject; none while assessments are still to come."""
    missing = missing_of(entry, required)
    if missing:
        text = f"Chưa xếp được: còn thiếu {', '.join(missing)}."
        return Judged(None, (Reason(CLAUSE, text, passed=False),))
    periodic = [
        FAILED if state == NO_MAKEUP else value
        for value, state in ((entry.midterm, entry.midterm_state), (entry.final, entry.final_state))
    ]
    judged = comment_result(required + 2, [*entry.ongoing, *periodic])
    return Judged(judged.value, judged.reasons)


def year_comment(first: str | None, second: str | None) -> Judged[str | None]:
    """The year's result of a comment subject is that of term 2."""
    if second is None:
        return Judged(None, (Reason(CLAUSE, "Chưa có kết quả học kì II.", passed=False),))
    shown = "Đạt" if second == PASSED else "Chưa đạt"
    return Judged(
        second, (Reason(CLAUSE, f"Cả năm lấy kết quả học kì II: {shown}.", passed=second == PASSED),)
    )
