"""Conduct of the year, titles, promotion, summer (Điều 8, 12 to 15 TT 22/2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.decimals import format_mark, tenths
from khue.rules.averages import parameters
from khue.rules.levels import LevelResult, learning_level
from khue.rules.reasons import Judged, Reason
from khue.rules.settings import DEFAULT, Settings
from khue.rules.values import FAILED, LearningLevel, Promotion, Title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from khue.rules.values import Value

TOT, KHA, DAT, CHUA_DAT = LearningLevel
CONDUCT = "Điều 8 khoản 2 TT 22/2021"
TITLES = "Điều 15 khoản 1 TT 22/2021"
PROMOTION = "Điều 12 TT 22/2021"
SUMMER = "Điều 13 TT 22/2021"
RETEST = "Điều 14 TT 22/2021"

# Điều 8 khoản 2: the year's conduct by (term 1, term 2).
_YEAR_CONDUCT = {
    (TOT, TOT): TOT, (KHA, TOT): TOT, (DAT, TOT): KHA, (CHUA_DAT, TOT): KHA,
    (TOT, KHA): KHA, (KHA, KHA): KHA, (DAT, KHA): KHA, (CHUA_DAT, KHA): DAT,
    (TOT, DAT): KHA, (KHA, DAT): DAT, (DAT, DAT): DAT, (CHUA_DAT, DAT): DAT,
    (TOT, CHUA_DAT): CHUA_DAT, (KHA, CHUA_DAT): CHUA_DAT, (DAT, CHUA_DAT): CHUA_DAT,
    (CHUA_DAT, CHUA_DAT): CHUA_DAT,
}  # fmt: skip


def conduct_year(first: LearningLevel | None, second: LearningLevel | None) -> Judged[LearningLevel | None]:
    """Kết quả rèn luyện of the year, proposed from the two terms; a person confirms it."""
    if first is None or second is None:
        lacking = " và ".join(n for n, v in (("học kì I", first), ("học kì II", second)) if v is None)
        return Judged(None, (Reason(CONDUCT, f"Chưa có kết quả rèn luyện {lacking}.", passed=False),))
    year = _YEAR_CONDUCT[first, second]
    text = f"Học kì I {first.label}, học kì II {second.label}: cả năm {year.label}."
    return Judged(year, (Reason(CONDUCT, text),))


def title(
    conduct: LearningLevel | None, learning: LearningLevel | None, scores: Sequence[Decimal]
) -> Judged[Title | None]:
    """The title at the end of the year; it always uses the first result, not that of the summer."""
    if conduct is not TOT or learning is not TOT:
        have = f"rèn luyện {_label(conduct)}, học tập {_label(learning)}"
        return Judged(None, (Reason(TITLES, f"Danh hiệu cần cả hai mức Tốt; hiện {have}.", passed=False),))
    demand = parameters("tt22")["title"]
    high = sum(1 for mark in scores if tenths(mark) >= demand["count_at"])
    if high >= demand["count"]:
        text = f"Rèn luyện Tốt, học tập Tốt và {high} môn từ 9,0 trở lên."
        return Judged(Title.HOC_SINH_XUAT_SAC, (Reason(TITLES, text, passed=True),))
    have = f"Rèn luyện Tốt, học tập Tốt; {high} môn từ 9,0 trở lên"
    text = f"{have}, danh hiệu Xuất sắc cần {demand['count']} môn."
    return Judged(Title.HOC_SINH_GIOI, (Reason(TITLES, text, passed=True),))


def promotion(
    conduct: LearningLevel | None,
    learning: LearningLevel | None,
    absences: int | None,
    settings: Settings = DEFAULT,
) -> Judged[Promotion | None]:
    """What the end of the year decides: three conditions, each shown (Điều 12 khoản 1)."""
    over = _over(absences)
    reasons = (_conduct_reason(conduct), _learning_reason(learning), over)
    if over.passed is False:
        text = "Nghỉ quá 45 buổi thì không được lên lớp; quy định không có cách khắc phục trong hè."
        return Judged(Promotion.O_LAI_LOP, (*reasons, Reason(PROMOTION, text, passed=False)))
    if conduct is None or learning is None or absences is None:
        return Judged(None, reasons)
    if conduct is not CHUA_DAT and learning is not CHUA_DAT:
        return Judged(Promotion.LEN_LOP, reasons)
    if conduct is not CHUA_DAT:
        text = "Học tập Chưa đạt và rèn luyện từ Đạt trở lên: được kiểm tra, đánh giá lại trong hè."
        return Judged(Promotion.KIEM_TRA_DANH_GIA_LAI, (*reasons, Reason(RETEST, text)))
    train = Reason(SUMMER, "Rèn luyện Chưa đạt: rèn luyện trong hè theo nhiệm vụ của giáo viên chủ nhiệm.")
    if learning is not CHUA_DAT:
        return Judged(Promotion.REN_LUYEN_HE, (*reasons, train))
    blocked = settings.both_failed == "blocked"
    note = (
        "Cả rèn luyện và học tập Chưa đạt: văn bản không nói rõ có được đánh giá lại môn học hay không; "
        + ("mặc định không, hiệu trưởng có thể quyết định khác." if blocked else "trường đang cho phép.")
    )
    return Judged(Promotion.REN_LUYEN_HE, (*reasons, train), doubtful=True, note=note)


def promotion_after(
    first: Judged[Promotion | None], conduct: LearningLevel | None, learning: LearningLevel | None,
    absences: int | None,
) -> Judged[Promotion | None]:
    """What the summer decides, with the replaced values (Điều 13, 14)."""
    over = _over(absences)
    reasons = (_conduct_reason(conduct), _learning_reason(learning), over)
    if over.passed is False:
        return Judged(Promotion.O_LAI_LOP, reasons)
    if conduct is None or learning is None or absences is None:
        return Judged(None, reasons)
    if conduct is CHUA_DAT or learning is CHUA_DAT:
        return Judged(Promotion.O_LAI_LOP, reasons)
    if first.value is Promotion.LEN_LOP:
        return Judged(Promotion.LEN_LOP, reasons)
    return Judged(Promotion.LEN_LOP_SAU_HE, reasons)


def why_kept_down(conduct: LearningLevel | None, learning: LearningLevel | None, absences: int | None) -> str:
    """ABSENCE, CONDUCT or LEARNING: the first condition that fails; empty if none."""
    if _over(absences).passed is False:
        return "ABSENCE"
    if conduct is CHUA_DAT:
        return "CONDUCT"
    return "LEARNING" if learning is CHUA_DAT else ""


def _over(absences: int | None) -> Reason:
    limit = parameters("tt22")["absence"]["limit"]
    clause = f"{PROMOTION} khoản 1 điểm c"
    if absences is None:
        return Reason(clause, "Chưa có số buổi nghỉ.", passed=None)
    if absences > limit:
        return Reason(clause, f"Nghỉ {absences} buổi, quá {limit} buổi trong năm học.", passed=False)
    return Reason(clause, f"Nghỉ {absences} buổi, không quá {limit} buổi trong năm học.", passed=True)


def _conduct_reason(conduct: LearningLevel | None) -> Reason:
    passed = None if conduct is None else conduct is not CHUA_DAT
    return Reason(f"{PROMOTION} khoản 1 điểm a", f"Rèn luyện cả năm: {_label(conduct)}.", passed=passed)


def _learning_reason(learning: LearningLevel | None) -> Reason:
    passed = None if learning is None else learning is not CHUA_DAT
    return Reason(f"{PROMOTION} khoản 1 điểm b", f"Học tập cả năm: {_label(learning)}.", passed=passed)


def _label(level: LearningLevel | None) -> str:
    return level.label if level else "chưa có"


@dataclass(frozen=True, slots=True)
class Retest:
    """Whether a pupil may be re-assessed, and in which subjects (kiểm tra, đánh giá lại)."""

    allowed: bool
    subjects: tuple[str, ...]


def retest(
    conduct: LearningLevel | None, learning: LearningLevel | None, scores: Mapping[str, Decimal],
    comments: Mapping[str, str], settings: Settings = DEFAULT,
) -> Judged[Retest]:
    """Subjects open to re-assessment in summer; the family registers which (Điều 14)."""
    if learning is not CHUA_DAT:
        text = "Học tập từ mức Đạt trở lên nên không kiểm tra, đánh giá lại."
        return Judged(Retest(allowed=False, subjects=()), (Reason(RETEST, text, passed=False),))
    below = parameters("tt22")["retest"]["below"]
    open_to = sorted(name for name, mark in scores.items() if tenths(mark) < below)
    open_to = sorted([*open_to, *(name for name, word in comments.items() if word == FAILED)])
    yes = Retest(allowed=True, subjects=tuple(open_to))
    if conduct is CHUA_DAT:
        no = Retest(allowed=False, subjects=())
        text = "Rèn luyện và học tập đều Chưa đạt: văn bản không nói rõ có được đánh giá lại hay không."
        allowed = settings.both_failed == "allowed"
        value, other = (yes, no) if allowed else (no, yes)
        return Judged(
            value, (Reason(RETEST, text, passed=allowed),), doubtful=True, alternative=other, note=text
        )
    if conduct is None:
        reason = Reason(RETEST, "Chưa có kết quả rèn luyện cả năm.", passed=None)
        return Judged(Retest(allowed=False, subjects=()), (reason,))
    named = ", ".join(open_to)
    return Judged(
        yes, (Reason(RETEST, f"Được đánh giá lại các môn dưới 5,0 hoặc Chưa đạt: {named}.", passed=True),)
    )


def learning_after_retest(
    scores: Mapping[str, Decimal],
    comments: Mapping[str, str],
    results: Mapping[str, Value],
    settings: Settings = DEFAULT,
) -> LevelResult:
    """The level for promotion: re-assessed values replace the year's, then Điều 9 again."""
    new_scores = {name: results.get(name, mark) for name, mark in scores.items()}
    new_comments = {name: results.get(name, word) for name, word in comments.items()}
    found = learning_level(new_scores, new_comments, settings)  # type: ignore[arg-type]
    replaced = ", ".join(
        f"{name} {value if isinstance(value, str) else format_mark(value)}" for name, value in results.items()
    )
    judged = found.judged
    reason = Reason(RETEST, f"Thay bằng kết quả đánh giá lại: {replaced}.")
    return LevelResult(
        Judged(judged.value, (reason, *judged.reasons), judged.doubtful, judged.alternative, judged.note),
        found.base, found.adjusted_by, found.alternative,
    )  # fmt: skip
