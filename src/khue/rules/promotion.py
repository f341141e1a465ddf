"""Conduct of the year, titles, promotion, summer (Điều 8, 12 to 15 TT 22/2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.decimals import format_mark, from_tenths, tenths
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
CONDITION = "Điều 12 khoản 1 điểm {} TT 22/2021"
SUMMER = "Điều 13 TT 22/2021"
RETEST = "Điều 14 TT 22/2021"

def conduct_year(first: LearningLevel | None, second: LearningLevel | None) -> Judged[LearningLevel | None]:
    """Kết quả rèn luyện of the year, proposed from the two terms; a person confirms it."""
    if first is None or second is None:
        lacking = " và ".join(n for n, v in (("học kì I", first), ("học kì II", second)) if v is None)
        return Judged(None, (Reason(CONDUCT, f"Chưa có kết quả rèn luyện {lacking}.", passed=False),))
    year = LearningLevel(parameters("tt22")["conduct_year"][first][second])
    text = f"Học kì I {first.label}, học kì II {second.label}: cả năm {year.label}."
    inputs = (("Rèn luyện học kì I", first.label), ("Rèn luyện học kì II", second.label))
    return Judged(year, (Reason(CONDUCT, text, None, inputs),))


def title(
    conduct: LearningLevel | None, learning: LearningLevel | None, scores: Sequence[Decimal]
) -> Judged[Title | None]:
    """The title at the end of the year; it always uses the first result, not that of the summer."""
    inputs = (("Rèn luyện cả năm", _label(conduct)), ("Học tập cả năm", _label(learning)))
    if conduct is not TOT or learning is not TOT:
        have = f"rèn luyện {_label(conduct)}, học tập {_label(learning)}"
        text = f"Danh hiệu cần rèn luyện Tốt và học tập Tốt; hiện {have}."
        return Judged(None, (Reason(TITLES, text, False, inputs),))
    demand = parameters("tt22")["title"]
    high = len([mark for mark in scores if tenths(mark) >= demand["count_at"]])
    at = format_mark(from_tenths(demand["count_at"]))
    have = f"Rèn luyện Tốt, học tập Tốt và {high} môn từ {at} trở lên"
    if high >= demand["count"]:
        return Judged(Title.HOC_SINH_XUAT_SAC, (Reason(TITLES, f"{have}.", True, inputs),))
    text = f"{have}; danh hiệu Xuất sắc cần {demand['count']} môn."
    return Judged(Title.HOC_SINH_GIOI, (Reason(TITLES, text, True, inputs),))


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
        limit = parameters("tt22")["absence"]["limit"]
        text = f"Nghỉ quá {limit} buổi thì không được lên lớp; quy định không có cách khắc phục trong hè."
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
    return Judged(Promotion.REN_LUYEN_HE, (*reasons, train), doubtful=True, note=_both_failed(settings))


def _both_failed(settings: Settings) -> str:
    return (
        "Cả rèn luyện và học tập Chưa đạt: văn bản không nói rõ có được đánh giá lại môn học hay không; "
        + (
            "trường đang chọn không, hiệu trưởng có thể quyết định khác."
            if settings.both_failed == "blocked"
            else "trường đang chọn có, hiệu trưởng có thể quyết định khác."
        )
    )


def promotion_after(
    first: Judged[Promotion | None], conduct: LearningLevel | None, learning: LearningLevel | None,
    absences: int | None,
) -> Judged[Promotion | None]:
    """What the summer decides, with the replaced values (Điều 13, 14)."""
    over = _over(absences)
    reasons = (_conduct_reason(conduct), _learning_reason(learning), over)
    value: Promotion | None
    if over.passed is False:
        value = Promotion.O_LAI_LOP
    elif conduct is None or learning is None or absences is None:
        value = None
    elif CHUA_DAT in {conduct, learning}:
        value = Promotion.O_LAI_LOP
    else:
        value = first.value if first.value is Promotion.LEN_LOP else Promotion.LEN_LOP_SAU_HE
    return Judged(value, reasons, doubtful=first.doubtful, note=first.note)


def why_kept_down(conduct: LearningLevel | None, learning: LearningLevel | None, absences: int | None) -> str:
    """ABSENCE, CONDUCT or LEARNING: the first condition that fails; empty if none."""
    if _over(absences).passed is False:
        return "ABSENCE"
    if conduct is CHUA_DAT:
        return "CONDUCT"
    return "LEARNING" if learning is CHUA_DAT else ""


def _over(absences: int | None) -> Reason:
    limit = parameters("tt22")["absence"]["limit"]
    clause = CONDITION.format("c")
    if absences is None:
        return Reason(clause, "Chưa có số buổi nghỉ.", passed=None)
    inputs = (("Số buổi nghỉ", str(absences)),)
    if absences > limit:
        return Reason(clause, f"Nghỉ {absences} buổi, quá {limit} buổi trong năm học.", False, inputs)
    return Reason(clause, f"Nghỉ {absences} buổi, không quá {limit} buổi trong năm học.", True, inputs)


def _conduct_reason(conduct: LearningLevel | None) -> Reason:
    passed = None if conduct is None else conduct is not CHUA_DAT
    text = f"Rèn luyện: {_label(conduct)}; cần từ mức Đạt trở lên."
    return Reason(CONDITION.format("a"), text, passed, (("Rèn luyện", _label(conduct)),))


def _learning_reason(learning: LearningLevel | None) -> Reason:
    passed = None if learning is None else learning is not CHUA_DAT
    text = f"Học tập: {_label(learning)}; cần từ mức Đạt trở lên."
    return Reason(CONDITION.format("b"), text, passed, (("Học tập", _label(learning)),))


def _label(level: LearningLevel | None) -> str:
    return level.label if level else "chưa có"


@dataclass(frozen=True, slots=True)
class Retest:
    """Whether a pupil may be re-assessed, and in which subjects (kiểm tra, đánh giá lại)."""

    allowed: bool
    subjects: tuple[str, ...]


def retest(
    conduct: LearningLevel | None, learning: LearningLevel | None, scores: Mapping[str, Decimal | None],
    comments: Mapping[str, str | None], settings: Settings = DEFAULT,
) -> Judged[Retest]:
    """Subjects open to re-assessment in summer; the family registers which (Điều 14)."""
    no = Retest(allowed=False, subjects=())
    if learning is None or conduct is None:
        lacking = "học tập" if learning is None else "rèn luyện"
        return Judged(no, (Reason(RETEST, f"Chưa có kết quả {lacking} cả năm.", passed=None),))
    if learning is not CHUA_DAT:
        text = "Học tập từ mức Đạt trở lên nên không kiểm tra, đánh giá lại."
        return Judged(no, (Reason(RETEST, text, passed=False),))
    below = parameters("tt22")["retest"]["below"]
    open_to = open_subjects(scores, comments, below)
    yes = Retest(allowed=True, subjects=tuple(name for name, _ in open_to))
    if conduct is CHUA_DAT:
        allowed = settings.both_failed == "allowed"
        value, other = (yes, no) if allowed else (no, yes)
        note = _both_failed(settings)
        return Judged(value, (Reason(RETEST, note, allowed, open_to),), True, other, note)
    named = ", ".join(yes.subjects) or "không có môn nào"
    text = f"Được đánh giá lại các môn dưới {format_mark(from_tenths(below))} hoặc Chưa đạt: {named}."
    return Judged(yes, (Reason(RETEST, text, True, open_to),))


def open_subjects(
    scores: Mapping[str, Decimal | None], comments: Mapping[str, str | None], below: int
) -> tuple[tuple[str, str], ...]:
    """Subjects below a mark or Chưa đạt with their results, by name."""
    known = [(name, mark) for name, mark in scores.items() if mark is not None]
    low = [(name, format_mark(mark)) for name, mark in known if tenths(mark) < below]
    failed = [(name, word) for name, word in comments.items() if word == FAILED]
    return tuple(sorted([*low, *failed]))


def learning_after_retest(
    scores: Mapping[str, Decimal | None],
    comments: Mapping[str, str | None],
    results: Mapping[str, Value],
    settings: Settings = DEFAULT,
) -> LevelResult:
    """The level for promotion: re-assessed values replace the year's, then Điều 9 again."""
    new_scores = {name: results.get(name, mark) for name, mark in scores.items()}
    new_comments = {name: results.get(name, word) for name, word in comments.items()}
    found = learning_level(new_scores, new_comments, settings)  # type: ignore[arg-type]
    judged = found.judged
    return LevelResult(
        Judged(
            judged.value, (replaced_reason(RETEST, results), *judged.reasons), judged.doubtful,
            judged.alternative, judged.note,
        ),
        found.base, found.adjusted_by, found.alternative,
    )  # fmt: skip


def replaced_reason(clause: str, results: Mapping[str, Value]) -> Reason:
    """Which results of the summer took the place of the year's."""
    shown = [
        (name, value if isinstance(value, str) else format_mark(value)) for name, value in results.items()
    ]
    text = f"Thay bằng kết quả đánh giá lại: {', '.join(f'{name} {value}' for name, value in shown)}."
    return Reason(clause, text, None, tuple(shown))
