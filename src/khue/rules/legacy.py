"""TT 58/2011 with and without TT 26/2020: only for years before TT 22 (assessment.md section 3)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from khue.core.decimals import format_mark, from_tenths, rounded_quotient, tenths
from khue.rules.averages import parameters
from khue.rules.levels import LevelResult, named
from khue.rules.reasons import Judged, Reason
from khue.rules.values import PASSED, LearningLevel, OldLevel, Promotion, Title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from khue.rules.regimes import RegimeId

G, K, TB, Y, KEM = OldLevel
CLAUSE = "Điều 13 TT 58/2011"
ADJUSTMENT = "Điều 13 khoản 6 TT 58/2011"


def average_of_all(averages: Sequence[Decimal]) -> Judged[Decimal | None]:
    """ĐTB các môn: the plain mean of the mark subjects, one decimal (Điều 11)."""
    if not averages:
        return Judged(None, (Reason("Điều 11 TT 58/2011", "Chưa có điểm trung bình môn nào.", passed=False),))
    value = from_tenths(rounded_quotient(sum(tenths(mark) for mark in averages), len(averages)))
    text = f"Trung bình cộng {len(averages)} môn tính điểm: {format_mark(value)}."
    return Judged(value, (Reason("Điều 11 TT 58/2011", text),))


def key_subjects(regime: RegimeId) -> tuple[str, ...]:
    """The subjects of which one must reach the level (môn Toán, Ngữ văn; từ TT 26/2020 thêm Ngoại ngữ)."""
    found = parameters("tt58")["key_subjects"]
    return tuple(found["since_2020"] if "26" in regime.value else found["before_2020"])


def level(
    average: Decimal, keys: Sequence[Decimal], scores: Sequence[Decimal] | Mapping[str, Decimal],
    comments: Sequence[str] | Mapping[str, str],
) -> LevelResult:
    """Học lực by Điều 13, with the adjustment of khoản 6."""
    marks = named(scores, "môn tính điểm")
    words = named(comments, "môn nhận xét")
    values = [(name, tenths(mark)) for name, mark in marks]
    failed = [name for name, word in words if word != PASSED]
    mean, high_key = tenths(average), max((tenths(mark) for mark in keys), default=0)
    base = _base(mean, high_key, [mark for _, mark in values], len(failed))
    found, subject = _adjust(base, mean, high_key, values, failed)
    reasons = [
        Reason(
            CLAUSE,
            f"ĐTB các môn {format_mark(average)}, môn chính cao nhất {format_mark(from_tenths(high_key))}, "
            f"môn thấp nhất {format_mark(from_tenths(min((m for _, m in values), default=0)))}"
            f"{', môn nhận xét chưa đạt: ' + ', '.join(failed) if failed else ''}: loại {base.label}.",
        )
    ]
    if found is not base:
        text = f"Chỉ do môn {subject} mà bị hạ xuống {base.label} nên được điều chỉnh thành {found.label}."
        reasons.append(Reason(ADJUSTMENT, text, passed=True, subject=subject))
    return LevelResult(Judged(found, tuple(reasons)), base, subject if found is not base else "")  # type: ignore[arg-type]


def _meets(name: str, mean: int, key: int, marks: list[int], failed: int) -> bool:
    demand = parameters("tt58")["level"][name]
    if mean < demand["average"] or (marks and min(marks) < demand["lowest"]):
        return False
    return name == "Y" or (not failed and key >= demand["key"])


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
    clause, limit = "Điều 15 TT 58/2011", parameters("tt22")["absence"]["limit"]
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
        return Judged(Promotion.KIEM_TRA_DANH_GIA_LAI, (Reason("Điều 16 TT 58/2011", text, passed=False),))
    return Judged(Promotion.O_LAI_LOP, (Reason(clause, text, passed=False),))
