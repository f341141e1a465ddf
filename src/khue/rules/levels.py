"""Kết quả học tập of a term or year, and the adjustment to the next level (Điều 9 khoản 2, 3 TT 22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from khue.core.decimals import SHOWN, mark_tenths
from khue.rules.averages import parameters, passed_of
from khue.rules.reasons import Judged, Reason
from khue.rules.settings import DEFAULT, Settings
from khue.rules.values import BY_RANK, FAILED, LearningLevel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

V = TypeVar("V")
TOT, KHA, DAT, CHUA_DAT = LearningLevel
CLAUSES = {
    TOT: "Điều 9 khoản 2 điểm a TT 22/2021",
    KHA: "Điều 9 khoản 2 điểm b TT 22/2021",
    DAT: "Điều 9 khoản 2 điểm c TT 22/2021",
    CHUA_DAT: "Điều 9 khoản 2 điểm d TT 22/2021",
}
ADJUSTMENT = "Điều 9 khoản 3 TT 22/2021"
FULL = 100  # the best mark, in tenths


@dataclass(frozen=True, slots=True)
class Demand:
    """What a level asks: every mark, a number of marks at a height, comment subjects."""

    level: LearningLevel
    all: int
    count: int
    count_at: int
    comments_failed: int


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A level by khoản 2, the level after khoản 3, and the subject that made the difference."""

    base: LearningLevel
    level: LearningLevel
    subject: str = ""
    deserved: LearningLevel | None = None

    @property
    def adjusted(self) -> bool:
        """Whether khoản 3 raised it."""
        return self.level is not self.base


@dataclass(frozen=True, slots=True)
class LevelResult:
    """The level with everything that explains it."""

    judged: Judged[LearningLevel | None]
    base: LearningLevel | None = None
    adjusted_by: str = ""
    alternative: Adjusted | None = None


@lru_cache(maxsize=1)
def demands() -> tuple[Demand, ...]:
    """The demands of Tốt, Khá, Đạt."""
    found = parameters("tt22")["level"]
    return tuple(
        Demand(
            level, found[level]["all"], found[level]["count"], found[level]["count_at"],
            found[level].get("comments_failed", 0),
        )
        for level in (TOT, KHA, DAT)
    )  # fmt: skip


def learning_level(
    scores: Mapping[str, Decimal | None] | Sequence[Decimal | None],
    comments: Mapping[str, str | None] | Sequence[str | None],
    settings: Settings = DEFAULT,
) -> LevelResult:
    """The learning level from all mark and comment subjects, with reasons; none while one is missing."""
    marks, words = named(scores, "môn tính điểm"), named(comments, "môn nhận xét")
    missing = [name for name, value in (*marks, *words) if value is None]
    if missing or not (marks or words):
        text = f"Chưa xếp được vì chưa có kết quả: {', '.join(missing)}." if missing else "Chưa có môn nào."
        return LevelResult(Judged(None, (Reason("Điều 9 khoản 2 TT 22/2021", text, passed=False),)))
    values = [(name, mark_tenths(mark)) for name, mark in marks if mark is not None]
    results = [(name, passed_of(word, name)) for name, word in words if word is not None]
    chosen = _adjusted(values, results, settings)
    reasons = list(_explain(values, results, chosen.base))
    if chosen.adjusted:
        reasons.append(_adjustment_reason(chosen))
    alternative = _other_reading(values, results, settings, chosen) if chosen.base.rank <= DAT.rank else None
    judged = Judged(
        chosen.level, tuple(reasons), doubtful=alternative is not None,
        alternative=alternative.level if alternative else None,
        note=_note(chosen, alternative) if alternative else "",
    )  # fmt: skip
    return LevelResult(judged, chosen.base, chosen.subject if chosen.adjusted else "", alternative)


def named(values: Mapping[str, V] | Sequence[V], what: str) -> list[tuple[str, V]]:
    """Values with the names of their subjects, or with numbers where no names are known."""
    if isinstance(values, Mapping):
        return list(values.items())
    return [(f"{what} {number}", value) for number, value in enumerate(values, 1)]


def _meets(demand: Demand, marks: list[int], failed: int) -> bool:
    if failed > demand.comments_failed or (marks and min(marks) < demand.all):
        return False
    return len([mark for mark in marks if mark >= demand.count_at]) >= demand.count


def _base(marks: list[int], failed: int) -> LearningLevel:
    return next((demand.level for demand in demands() if _meets(demand, marks, failed)), CHUA_DAT)


def _adjusted(values: list[tuple[str, int]], results: list[tuple[str, bool]], settings: Settings) -> Adjusted:
    marks = [mark for _, mark in values]
    failed = sum(1 for _, passed in results if not passed)
    base = _base(marks, failed)
    if base.rank > DAT.rank or failed > 1:
        return Adjusted(base, base)
    far = parameters("tt22")["adjustment"]["levels_lost"]
    for demand in demands()[:2]:
        if demand.level.rank - base.rank < far:
            continue
        subject = _only_because_of(demand, values, results, failed, settings)
        if subject:
            one_step = settings.three_level_drop == "one_step"
            level = BY_RANK[base.rank + 1 if one_step else demand.level.rank - 1]
            return Adjusted(base, level, subject, demand.level)
    return Adjusted(base, base)


def _only_because_of(
    demand: Demand,
    values: list[tuple[str, int]],
    results: list[tuple[str, bool]],
    failed: int,
    settings: Settings,
) -> str:
    """The one subject without which the demand would be met, or nothing."""
    marks = [mark for _, mark in values]
    if failed == 1 and _meets(demand, marks, 0):
        return next(name for name, passed in results if not passed)
    if failed:
        return ""
    # Only the lowest mark can be the one: any other leaves a lower mark behind.
    name, lowest = min(values, key=lambda item: item[1], default=("", FULL))
    if not name:
        return ""
    rest = list(marks)
    rest.remove(lowest)
    if settings.adjustment == "lenient":
        rest.append(FULL)
    return name if _meets(demand, rest, 0) else ""


def _other_reading(
    values: list[tuple[str, int]], results: list[tuple[str, bool]], settings: Settings, chosen: Adjusted
) -> Adjusted | None:
    """What another reading of khoản 3 gives, where it differs."""
    adjustments = ("strict", "lenient")
    drops = ("one_step", "below_deserved")
    for adjustment in sorted(adjustments, key=lambda item: item != settings.adjustment, reverse=True):
        for drop in sorted(drops, key=lambda item: item != settings.three_level_drop):
            other = _adjusted(
                values, results,
                Settings(adjustment=adjustment, three_level_drop=drop),  # type: ignore[arg-type]
            )
            if other.level is not chosen.level:
                return other
    return None


def _note(chosen: Adjusted, other: Adjusted) -> str:
    return (
        f"Điều 9 khoản 3 có hai cách hiểu: theo cách trường đang chọn là {chosen.level.label}, "
        f"theo cách kia là {other.level.label} (do môn {other.subject or chosen.subject}). "
        "Hiệu trưởng quyết định."
    )


def _explain(
    values: list[tuple[str, int]], results: list[tuple[str, bool]], base: LearningLevel
) -> list[Reason]:
    """The first condition that failed of each level above, then why this level holds."""
    marks = [mark for _, mark in values]
    failed = [name for name, passed in results if not passed]
    reasons = [
        _why_not(demand, values, marks, failed) for demand in demands() if demand.level.rank > base.rank
    ]
    if base is CHUA_DAT:
        reasons.append(Reason(CLAUSES[base], "Không đủ điều kiện mức Đạt nên xếp mức Chưa đạt.", passed=True))
        return reasons
    demand = next(item for item in demands() if item.level is base)
    high = len([mark for mark in marks if mark >= demand.count_at])
    comments = "tất cả môn nhận xét Đạt" if not failed else f"chỉ có {len(failed)} môn nhận xét Chưa đạt"
    lowest = f", thấp nhất {SHOWN[min(marks)]}" if marks else ""
    text = f"Mức {base.label}: {high} môn từ {SHOWN[demand.count_at]} trở lên{lowest}, {comments}."
    inputs = tuple((name, SHOWN[mark]) for name, mark in values)
    reasons.append(Reason(CLAUSES[base], text, True, inputs))
    return reasons


def _why_not(demand: Demand, values: list[tuple[str, int]], marks: list[int], failed: list[str]) -> Reason:
    """Every condition of a level that does not hold, in one sentence."""
    parts: list[str] = []
    inputs: list[tuple[str, str]] = []
    if len(failed) > demand.comments_failed:
        parts.append(f"môn nhận xét Chưa đạt: {', '.join(failed)}")
        inputs += [(name, FAILED) for name in failed]
    low = [(name, SHOWN[mark]) for name, mark in values if mark < demand.all]
    if low:
        named = "; ".join([f"{name} {mark}" for name, mark in low])
        parts.append(f"có môn dưới {SHOWN[demand.all]} ({named})")
        inputs += low
    high = len([mark for mark in marks if mark >= demand.count_at])
    if high < demand.count:
        at = SHOWN[demand.count_at]
        have = f"mới có {high} môn" if high else "chưa có môn nào"
        parts.append(f"{have} từ {at} trở lên, cần ít nhất {demand.count} môn")
        inputs.append((f"Số môn từ {at}", str(high)))
    text = f"Chưa tới mức {demand.level.label}: {'; '.join(parts)}."
    subject = failed[0] if len(failed) > demand.comments_failed else low[0][0] if low else ""
    return Reason(CLAUSES[demand.level], text, False, tuple(inputs), subject)


def _adjustment_reason(chosen: Adjusted) -> Reason:
    deserved = chosen.deserved.label if chosen.deserved else ""
    text = (
        f"Chỉ do môn {chosen.subject} mà mức {deserved} bị hạ xuống {chosen.base.label}, "
        f"nên được điều chỉnh lên mức liền kề là {chosen.level.label}."
    )
    return Reason(ADJUSTMENT, text, passed=True, subject=chosen.subject)
