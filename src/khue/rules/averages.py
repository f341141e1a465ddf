"""Averages of marks and results of comment subjects (Điều 9 khoản 1 TT 22/2021), exact, in tenths."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from khue.core.decimals import MARKS, SHOWN, mark_tenths, rounded_quotient
from khue.core.errors import Invalid
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
TOPIC_CLAUSE = "Điều 6 khoản 3 TT 22/2021"
TERM = "ĐTBmhk"
PERIODIC = 2  # midterm and final, beside the regular ones
_OPEN = {PENDING, EMPTY}
RESULTS = {PASSED: "Đạt", FAILED: "Chưa đạt"}


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
    done = _done(entry, topic_replaces=topic_replaces)
    if done < required:
        found.append(f"{required - done} lần đánh giá thường xuyên")
    for label, value, state in (
        ("giữa kì", entry.midterm, entry.midterm_state),
        ("cuối kì", entry.final, entry.final_state),
    ):
        if not _settled(value, state):
            found.append(f"đánh giá {label}{' (chờ kiểm tra bù)' if state == PENDING else ''}")
    return tuple(found)


def _settled(value: Decimal | str | None, state: str) -> bool:
    """Whether a periodic assessment counts as it stands: a result, or none that can still be made up."""
    return state == NO_MAKEUP or (value is not None and state not in _OPEN)


def _done(entry: TermMarks | TermComments, *, topic_replaces: bool) -> int:
    done = len([item for item in entry.ongoing if item is not None])
    if topic_replaces and isinstance(entry, TermMarks) and entry.topic is not None:
        return done + 1
    return done


def problem_of(entry: TermMarks, required: int, settings: Settings = DEFAULT) -> str:
    """TOO_FEW_TX, TOO_MANY_TX or INCOMPLETE; empty when the average can be computed."""
    replaces = settings.topic == "replaces"
    done = _done(entry, topic_replaces=replaces)
    if done != required:
        return "TOO_MANY_TX" if done > required else "TOO_FEW_TX"
    settled = _settled(entry.midterm, entry.midterm_state) and _settled(entry.final, entry.final_state)
    return "" if settled else "INCOMPLETE"


def term_average(
    entry: TermMarks, required: int, settings: Settings = DEFAULT, label: str = TERM
) -> Judged[Decimal | None]:
    """ĐTBmhk: the average of a subject in a term, half-up to one decimal; none while results are missing."""
    problem = problem_of(entry, required, settings)
    if problem:
        return no_average(entry, required, settings, problem, label=label)
    average, reason = weighted(
        ongoing_of(entry), [periodic_of(entry.midterm)], periodic_of(entry.final), label=label
    )
    reasons = [reason]
    if NO_MAKEUP in (entry.midterm_state, entry.final_state):
        reasons.append(Reason(ZERO_CLAUSE, "Bài không kiểm tra bù trong học kì được tính 0 điểm."))
    if entry.topic is not None:
        reasons.append(_topic_reason(settings))
    return Judged(average, tuple(reasons))


def no_average(
    entry: TermMarks, required: int, settings: Settings, problem: str,
    *, clause: str = CLAUSE, label: str = TERM,
) -> Judged[Decimal | None]:
    """Why there is no average: what is missing, or that the teacher must choose which marks count."""
    if problem == "TOO_MANY_TX":
        text = f"{label}: có nhiều hơn {required} điểm thường xuyên; giáo viên chọn đúng {required} điểm."
        return Judged(None, (Reason(COUNT_CLAUSE if clause == CLAUSE else clause, text, passed=False),))
    lacking = ", ".join(missing_of(entry, required, topic_replaces=settings.topic == "replaces"))
    return Judged(None, (Reason(clause, f"Chưa tính {label}: còn thiếu {lacking}.", passed=False),))


def ongoing_of(entry: TermMarks) -> list[int]:
    """The marks of coefficient 1 in tenths, with that of the topic cluster (ĐĐGtx, cụm chuyên đề)."""
    found = [mark_tenths(mark) for mark in entry.ongoing if mark is not None]
    if entry.topic is not None:
        found.append(mark_tenths(entry.topic))
    return found


def periodic_of(mark: Decimal | None) -> int:
    """A periodic mark in tenths; the one that was never made up counts 0."""
    return 0 if mark is None else mark_tenths(mark)


def weighted(
    ongoing: Sequence[int], periodic: Sequence[int], final: int, *, clause: str = CLAUSE, label: str = TERM
) -> tuple[Decimal, Reason]:
    """The average by coefficients 1, 2 and 3 with its calculation."""
    middle, last, _, _ = _weights()
    total = sum(ongoing) + middle * sum(periodic) + last * final
    weight = len(ongoing) + middle * len(periodic) + last
    average = rounded_quotient(total, weight)
    singles = [SHOWN[mark] for mark in ongoing]
    doubles = [SHOWN[mark] for mark in periodic]
    terms = " + ".join([*singles, *[f"{middle} × {mark}" for mark in doubles], f"{last} × {SHOWN[final]}"])
    inputs = (
        ("ĐĐGtx", "; ".join(singles)), ("ĐĐGgk", "; ".join(doubles)), ("ĐĐGck", SHOWN[final]),
    )  # fmt: skip
    return MARKS[average], Reason(clause, f"{label} = ({terms}) : {weight} = {SHOWN[average]}.", None, inputs)


def _topic_reason(settings: Settings) -> Reason:
    how = "thêm một" if settings.topic == "extra" else "thay một"
    text = f"Điểm cụm chuyên đề được tính {how} điểm thường xuyên (theo lựa chọn của trường)."
    return Reason(TOPIC_CLAUSE, text)


def year_average(
    first: Decimal | None, second: Decimal | None, clause: str = CLAUSE
) -> Judged[Decimal | None]:
    """ĐTBmcn: the average of a subject over the year, from the rounded term averages."""
    if first is None or second is None:
        lacking = " và ".join(n for n, v in (("học kì I", first), ("học kì II", second)) if v is None)
        return Judged(None, (Reason(clause, f"Chưa có điểm trung bình {lacking}.", passed=False),))
    _, _, one, two = _weights()
    before, after = mark_tenths(first), mark_tenths(second)
    average = rounded_quotient(one * before + two * after, one + two)
    text = f"ĐTBmcn = ({SHOWN[before]} + {two} × {SHOWN[after]}) : {one + two} = {SHOWN[average]}."
    inputs = (("ĐTBmhkI", SHOWN[before]), ("ĐTBmhkII", SHOWN[after]))
    return Judged(MARKS[average], (Reason(clause, text, None, inputs),))


def comment_result(required: int, results: Sequence[str | None], label: str = "Học kì") -> Judged[str]:
    """Đạt only if the required number was done and every one is Đạt (Điều 9 khoản 1 điểm a)."""
    done = [item for item in results if item is not None]
    failed = len([item for item in done if not passed_of(item)])
    inputs = (("Các lần đánh giá", "; ".join(done)),)
    if len(done) < required:
        text = f"{label}: mới có {len(done)} trong {required} lần đánh giá nên Chưa đạt."
        return Judged(FAILED, (Reason(CLAUSE, text, False, inputs),))
    if failed:
        text = f"{label}: {failed} lần đánh giá ở mức Chưa đạt; cần mọi lần ở mức Đạt."
        return Judged(FAILED, (Reason(CLAUSE, text, False, inputs),))
    text = f"{label}: đủ {required} lần đánh giá và tất cả ở mức Đạt."
    return Judged(PASSED, (Reason(CLAUSE, text, True, inputs),))


def passed_of(word: str, name: str = "môn nhận xét") -> bool:
    """Whether a comment result is Đạt; only Đ and CĐ are results (`CORE-021`)."""
    if word == PASSED:
        return True
    if word != FAILED:
        raise Invalid("CORE-021", value=word, name=name, allowed=", ".join(RESULTS))
    return False


def comments_of(entry: TermComments) -> list[str | None]:
    """All results of the term in order; a periodic one that was never made up is Chưa đạt."""
    periodic = [
        FAILED if state == NO_MAKEUP else value
        for value, state in ((entry.midterm, entry.midterm_state), (entry.final, entry.final_state))
    ]
    return [*entry.ongoing, *periodic]


def term_comment(entry: TermComments, required: int, label: str = "Học kì") -> Judged[str | None]:
    """The term's result of a comment subject; none while assessments are still to come."""
    missing = missing_of(entry, required)
    if missing:
        return no_result(missing, label=label)
    judged = comment_result(required + PERIODIC, comments_of(entry), label)
    return Judged(judged.value, judged.reasons)


def no_result(
    missing: Sequence[str], clause: str = CLAUSE, label: str = "Học kì"
) -> Judged[str | None]:
    """No result of a comment subject yet, and what is missing for it."""
    text = f"{label} chưa xếp được: còn thiếu {', '.join(missing)}."
    return Judged(None, (Reason(clause, text, passed=False),))


def year_comment(first: str | None, second: str | None, clause: str = CLAUSE) -> Judged[str | None]:
    """The year's result of a comment subject is that of term 2."""
    if second is None:
        return Judged(None, (Reason(clause, "Chưa có kết quả học kì II.", passed=False),))
    passed = passed_of(second)
    text = f"Cả năm lấy kết quả học kì II: {RESULTS[second]}."
    inputs = (("Học kì I", first or ""), ("Học kì II", second))
    return Judged(second, (Reason(clause, text, passed, inputs),))
