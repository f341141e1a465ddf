"""TT 58/2011 with and without TT 26/2020: only for years before TT 22 (assessment.md section 3)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from khue.core.decimals import SHOWN, format_mark, from_tenths, mark_tenths, rounded_quotient
from khue.rules.averages import (
    TERM,
    comments_of,
    missing_of,
    no_average,
    no_result,
    ongoing_of,
    parameters,
    passed_of,
    periodic_of,
    problem_of,
    weighted,
)
from khue.rules.levels import LevelResult, named
from khue.rules.promotion import open_subjects
from khue.rules.reasons import Judged, Reason
from khue.rules.regimes import RegimeId
from khue.rules.values import FAILED, PASSED, LearningLevel, OldLevel, Promotion, Title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from khue.rules.settings import Settings
    from khue.rules.values import TermComments, TermMarks

G, K, TB, Y, KEM = OldLevel
CLAUSE = "Điều 13 TT 58/2011"
ADJUSTMENT = "Điều 13 khoản 6 TT 58/2011"
RETEST = "Điều 16 TT 58/2011"
AVERAGES = "Điều 11 TT 58/2011"
EXEMPT = "M"  # miễn: assessed neither Đ nor CĐ


def average_clause(regime: RegimeId) -> str:
    """The clause of averages, with the amendment where it holds."""
    return f"{AVERAGES} (sửa đổi bởi TT 26/2020)" if regime is RegimeId.TT58_26 else AVERAGES


def term_average(
    entry: TermMarks, required: int, settings: Settings, regime: RegimeId, label: str = TERM
) -> Judged[Decimal | None]:
    """ĐTBmhk by TT 58: as today from TT 26/2020 on; before it with every KTđk at coefficient 2."""
    clause = average_clause(regime)
    problem = problem_of(entry, required, settings)
    if problem:
        return no_average(entry, required, settings, problem, clause=clause, label=label)
    periodic = [periodic_of(entry.midterm)]
    if regime is RegimeId.TT58:
        periodic += [periodic_of(mark) for mark in entry.more_periodic]
    average, reason = weighted(
        ongoing_of(entry), periodic, periodic_of(entry.final), clause=clause, label=label
    )
    return Judged(average, (reason,))


def term_comment(
    entry: TermComments, required: int, regime: RegimeId, label: str = "Học kì"
) -> Judged[str | None]:
    """Đ if two thirds of the results are Đ and the final one is among them (Điều 11 khoản 2)."""
    clause = f"{average_clause(regime)} khoản 2"
    missing = missing_of(entry, required)
    if missing:
        return no_result(missing, clause, label)
    results = [passed_of(item) for item in comments_of(entry) if item is not None]
    share, of = parameters("tt58")["comment"]["passed_share"]
    passed = sum(results)
    enough = of * passed >= share * len(results) and results[-1]
    final = "Đạt" if results[-1] else "Chưa đạt"
    text = f"{label}: {passed} trong {len(results)} lần ở mức Đạt (cần {share}/{of}), bài cuối kì {final}."
    return Judged(PASSED if enough else FAILED, (Reason(clause, text, enough),))


def average_of_all(averages: Sequence[Decimal | None]) -> Judged[Decimal | None]:
    """ĐTB các môn: the plain mean of the mark subjects, one decimal (Điều 11)."""
    marks = [mark for mark in averages if mark is not None]
    if not marks or len(marks) < len(averages):
        return Judged(None, (Reason(AVERAGES, "Chưa có đủ điểm trung bình các môn.", passed=False),))
    value = from_tenths(rounded_quotient(sum(mark_tenths(mark) for mark in marks), len(marks)))
    text = f"Trung bình cộng {len(marks)} môn tính điểm: {format_mark(value)}."
    inputs = tuple((f"Môn {number}", format_mark(mark)) for number, mark in enumerate(marks, 1))
    return Judged(value, (Reason(AVERAGES, text, None, inputs),))


def key_subjects(regime: RegimeId) -> tuple[str, ...]:
    """The subjects of which one must reach the level (môn Toán, Ngữ văn; từ TT 26/2020 thêm Ngoại ngữ)."""
    found = parameters("tt58")["key_subjects"]
    return tuple(found["since_2020"] if "26" in regime.value else found["before_2020"])


def level(
    average: Decimal, keys: Sequence[Decimal], scores: Sequence[Decimal] | Mapping[str, Decimal],
    comments: Sequence[str] | Mapping[str, str], specialized: Decimal | None = None,
) -> LevelResult:
    """Học lực by Điều 13, with the adjustment of khoản 6; `specialized` is the mark in the môn chuyên."""
    values = [(name, mark_tenths(mark)) for name, mark in named(scores, "môn tính điểm")]
    words = [(name, word) for name, word in named(comments, "môn nhận xét") if word != EXEMPT]
    failed = [name for name, word in words if not passed_of(word, name)]
    mean, high_key = mark_tenths(average), max((mark_tenths(mark) for mark in keys), default=0)
    # In a specialized class the môn chuyên must reach the height too: both must, so the lower one decides.
    key = high_key if specialized is None else min(high_key, mark_tenths(specialized))
    base = _base(mean, key, [mark for _, mark in values], len(failed))
    found, subject = _adjust(base, mean, key, values, failed)
    reasons = [
        _why_not(item, mean, key, values, failed)
        for item in (G, K, TB, Y)
        if item.rank > base.rank
    ]
    text = (
        f"ĐTB các môn {format_mark(average)}, môn chính cao nhất {SHOWN[high_key]}, "
        f"môn thấp nhất {SHOWN[min((mark for _, mark in values), default=0)]}: loại {base.label}."
    )
    inputs = (("ĐTB các môn", format_mark(average)), *((name, SHOWN[mark]) for name, mark in values))
    reasons.append(Reason(CLAUSE, text, True, inputs))
    if found is not base:
        text = f"Chỉ do môn {subject} mà bị hạ xuống {base.label} nên được điều chỉnh thành {found.label}."
        reasons.append(Reason(ADJUSTMENT, text, passed=True, subject=subject))
    return LevelResult(Judged(found, tuple(reasons)), base, subject if found is not base else "")  # type: ignore[arg-type]


def _meets(name: str, mean: int, key: int, marks: list[int], failed: int) -> bool:
    demand = parameters("tt58")["level"][name]
    if mean < demand["average"] or (marks and min(marks) < demand["lowest"]):
        return False
    return name == "Y" or (not failed and key >= demand["key"])


def _why_not(
    item: OldLevel, mean: int, key: int, values: list[tuple[str, int]], failed: list[str]
) -> Reason:
    """Every condition of a level that does not hold, in one sentence."""
    demand = parameters("tt58")["level"][item.value]
    parts: list[str] = []
    if mean < demand["average"]:
        parts.append(f"ĐTB các môn dưới {SHOWN[demand['average']]}")
    if key < demand.get("key", 0):
        parts.append(f"môn chính (môn chuyên) chưa tới {SHOWN[demand['key']]}")
    low = [(name, SHOWN[mark]) for name, mark in values if mark < demand["lowest"]]
    if low:
        named = "; ".join(f"{name} {mark}" for name, mark in low)
        parts.append(f"có môn dưới {SHOWN[demand['lowest']]} ({named})")
    if failed and item is not Y:
        parts.append(f"môn nhận xét Chưa đạt: {', '.join(failed)}")
    subject = low[0][0] if low else failed[0] if failed else ""
    return Reason(CLAUSE, f"Chưa tới loại {item.label}: {'; '.join(parts)}.", False, tuple(low), subject)


def _base(mean: int, key: int, marks: list[int], failed: int) -> OldLevel:
    return next((item for item in (G, K, TB, Y) if _meets(item.value, mean, key, marks, failed)), KEM)


def _adjust(
    base: OldLevel, mean: int, key: int, values: list[tuple[str, int]], failed: list[str]
) -> tuple[OldLevel, str]:
    table = parameters("tt58")["adjustment"]
    for deserved in (G, K):
        raised = table[deserved.value].get(base.value)
        if raised is None:
            continue
        marks = [mark for _, mark in values]
        if len(failed) == 1 and _meets(deserved.value, mean, key, marks, 0):
            return OldLevel(raised), failed[0]
        if failed or not values:
            continue
        name, lowest = min(values, key=lambda item: item[1])
        marks.remove(lowest)
        if _meets(deserved.value, mean, key, marks, 0):
            return OldLevel(raised), name
    return base, ""


# Hạnh kiểm Tốt, Khá, Trung bình, Yếu are kept in the four levels of conduct; the year is a judgement,
# mainly from term 2 (no table in the text).
CONDUCT_LABELS = {
    LearningLevel.TOT: "Tốt", LearningLevel.KHA: "Khá", LearningLevel.DAT: "Trung bình",
    LearningLevel.CHUA_DAT: "Yếu",
}  # fmt: skip


def conduct_year(first: LearningLevel | None, second: LearningLevel | None) -> Judged[LearningLevel | None]:
    """Hạnh kiểm of the year, proposed as that of term 2 (Điều 4)."""
    del first
    text = "Hạnh kiểm cả năm xét chủ yếu theo học kì II." if second else "Chưa có hạnh kiểm học kì II."
    return Judged(second, (Reason("Điều 4 TT 58/2011", text, passed=None if second else False),))


def title(conduct: LearningLevel | None, learning: OldLevel | None) -> Judged[Title | None]:
    """Học sinh giỏi, học sinh tiên tiến (Điều 18)."""
    if conduct is None or learning is None:
        return Judged(None, ())
    if learning is G and conduct is LearningLevel.TOT:
        return Judged(
            Title.HOC_SINH_GIOI, (Reason("Điều 18 TT 58/2011", "Hạnh kiểm Tốt, học lực Giỏi.", passed=True),)
        )
    if learning.rank >= K.rank and conduct.rank >= LearningLevel.KHA.rank:
        reason = Reason("Điều 18 TT 58/2011", "Hạnh kiểm và học lực từ Khá trở lên.", passed=True)
        return Judged(Title.HOC_SINH_TIEN_TIEN, (reason,))
    return Judged(None, (Reason("Điều 18 TT 58/2011", "Chưa đủ điều kiện danh hiệu.", passed=False),))


def promotion(
    conduct: LearningLevel | None, learning: OldLevel | None, absences: int | None
) -> Judged[Promotion | None]:
    """Lên lớp, kiểm tra lại, rèn luyện trong hè, ở lại lớp (Điều 15 to 17)."""
    clause, limit = "Điều 15 TT 58/2011", parameters("tt58")["absence"]["limit"]
    if absences is not None and absences > limit:
        return Judged(
            Promotion.O_LAI_LOP, (Reason(clause, f"Nghỉ {absences} buổi, quá {limit} buổi.", passed=False),)
        )
    if conduct is None or learning is None or absences is None:
        return Judged(None, (Reason(clause, "Chưa đủ dữ liệu để xét.", passed=None),))
    good_conduct = conduct is not LearningLevel.CHUA_DAT
    text = f"Hạnh kiểm {CONDUCT_LABELS[conduct]}, học lực {learning.label}, nghỉ {absences} buổi."
    if learning.rank >= TB.rank:
        done = Promotion.LEN_LOP if good_conduct else Promotion.REN_LUYEN_HE
        return Judged(done, (Reason(clause, text, passed=good_conduct),))
    if learning is Y and good_conduct:
        below = SHOWN[parameters("tt58")["retest"]["below"]]
        text += f" Được chọn môn dưới {below} hoặc Chưa đạt để kiểm tra lại trong hè."
        return Judged(Promotion.KIEM_TRA_DANH_GIA_LAI, (Reason(RETEST, text, passed=False),))
    text += " Không thuộc trường hợp được kiểm tra lại hoặc rèn luyện trong hè."
    return Judged(Promotion.O_LAI_LOP, (Reason(clause, text, passed=False),))


def promotion_after(
    first: Judged[Promotion | None], conduct: LearningLevel | None, learning: OldLevel | None
) -> Judged[Promotion | None]:
    """What the summer decides: only who was to be re-tested or trained can still move up (Điều 16, 17)."""
    if first.value not in {Promotion.KIEM_TRA_DANH_GIA_LAI, Promotion.REN_LUYEN_HE}:
        return first
    if conduct is None or learning is None:
        return Judged(None, first.reasons)
    passed = conduct is not LearningLevel.CHUA_DAT and learning.rank >= TB.rank
    have = f"hạnh kiểm {CONDUCT_LABELS[conduct]}, học lực {learning.label}"
    text = f"Sau hè: {have}; cần từ Trung bình trở lên."
    value = Promotion.LEN_LOP_SAU_HE if passed else Promotion.O_LAI_LOP
    return Judged(value, (*first.reasons, Reason("Điều 15 TT 58/2011", text, passed)))


def retest_subjects(
    decided: Promotion | None, scores: Mapping[str, Decimal | None], comments: Mapping[str, str | None]
) -> tuple[str, ...]:
    """Subjects that a pupil with học lực Yếu may choose from: below 5,0 or Chưa đạt (Điều 16)."""
    if decided is not Promotion.KIEM_TRA_DANH_GIA_LAI:
        return ()
    return tuple(name for name, _ in open_subjects(scores, comments, parameters("tt58")["retest"]["below"]))
