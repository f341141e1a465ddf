"""The values of secondary assessment: facts that go in, levels and decisions that come out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from khue.rules.reasons import Judged

MARK, EMPTY, PENDING, NO_MAKEUP = "MARK", "EMPTY", "PENDING_MAKEUP", "ZERO_NO_MAKEUP"
PASSED, FAILED = "Đ", "CĐ"


class LearningLevel(StrEnum):
    """Kết quả học tập, and kết quả rèn luyện: four levels (Điều 8, 9 TT 22/2021)."""

    TOT = "TOT"
    KHA = "KHA"
    DAT = "DAT"
    CHUA_DAT = "CHUA_DAT"

    @property
    def label(self) -> str:
        """The level as people read it."""
        return _LEVEL_LABELS[self]

    @property
    def rank(self) -> int:
        """0 for Chưa đạt to 3 for Tốt."""
        return _LEVEL_RANKS[self]


_LEVEL_LABELS = {
    LearningLevel.TOT: "Tốt",
    LearningLevel.KHA: "Khá",
    LearningLevel.DAT: "Đạt",
    LearningLevel.CHUA_DAT: "Chưa đạt",
}
_LEVEL_RANKS = {level: 3 - number for number, level in enumerate(LearningLevel)}
BY_RANK = {level.rank: level for level in LearningLevel}


class OldLevel(StrEnum):
    """Học lực, and hạnh kiểm without Kém, of TT 58/2011."""

    G = "G"
    K = "K"
    TB = "TB"
    Y = "Y"
    KEM = "KEM"

    @property
    def label(self) -> str:
        """The level as people read it."""
        return _OLD_LABELS[self]

    @property
    def rank(self) -> int:
        """0 for Kém to 4 for Giỏi."""
        return _OLD_RANKS[self]


_OLD_LABELS = {
    OldLevel.G: "Giỏi",
    OldLevel.K: "Khá",
    OldLevel.TB: "Trung bình",
    OldLevel.Y: "Yếu",
    OldLevel.KEM: "Kém",
}
_OLD_RANKS = {level: 4 - number for number, level in enumerate(OldLevel)}


class Promotion(StrEnum):
    """What becomes of a pupil at the end of the year and after the summer (Điều 12 TT 22)."""

    LEN_LOP = "LEN_LOP"
    KIEM_TRA_DANH_GIA_LAI = "KIEM_TRA_DANH_GIA_LAI"
    REN_LUYEN_HE = "REN_LUYEN_HE"
    LEN_LOP_SAU_HE = "LEN_LOP_SAU_HE"
    O_LAI_LOP = "O_LAI_LOP"

    @property
    def label(self) -> str:
        """The decision as people read it."""
        return _PROMOTION_LABELS[self]


_PROMOTION_LABELS = {
    Promotion.LEN_LOP: "Được lên lớp",
    Promotion.KIEM_TRA_DANH_GIA_LAI: "Kiểm tra, đánh giá lại",
    Promotion.REN_LUYEN_HE: "Rèn luyện trong hè",
    Promotion.LEN_LOP_SAU_HE: "Được lên lớp sau hè",
    Promotion.O_LAI_LOP: "Không được lên lớp",
}


class Title(StrEnum):
    """Titles at the end of a year (Điều 15 TT 22; Điều 18 TT 58)."""

    HOC_SINH_XUAT_SAC = "HOC_SINH_XUAT_SAC"
    HOC_SINH_GIOI = "HOC_SINH_GIOI"
    HOC_SINH_TIEN_TIEN = "HOC_SINH_TIEN_TIEN"

    @property
    def label(self) -> str:
        """The title as it stands on the paper."""
        return {
            Title.HOC_SINH_XUAT_SAC: "Học sinh Xuất sắc",
            Title.HOC_SINH_GIOI: "Học sinh Giỏi",
            Title.HOC_SINH_TIEN_TIEN: "Học sinh tiên tiến",
        }[self]


@dataclass(frozen=True, slots=True)
class TermMarks:
    """A pupil's marks in one subject and term; `None` is «nothing there», never zero."""

    ongoing: tuple[Decimal | None, ...]
    midterm: Decimal | None = None
    final: Decimal | None = None
    topic: Decimal | None = None  # cụm chuyên đề
    midterm_state: str = MARK
    final_state: str = MARK
    more_periodic: tuple[Decimal, ...] = ()  # further KTđk, only TT 58 before TT 26/2020 has several


@dataclass(frozen=True, slots=True)
class TermComments:
    """A pupil's results in one comment subject and term: Đ or CĐ."""

    ongoing: tuple[str | None, ...]
    midterm: str | None = None
    final: str | None = None
    midterm_state: str = MARK
    final_state: str = MARK


TermEntry = TermMarks | TermComments
Value = Decimal | str


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """One subject of a pupil over the year."""

    code: str
    name: str
    kind: str  # score, comment
    ongoing_required: int
    terms: tuple[TermEntry | None, ...]
    mode: str = "NORMAL"  # REDUCED, PERSONAL_PLAN, EXEMPT
    retest: Value | None = None  # result of the re-assessment in summer
    optional: bool = False
    specialized: bool = False  # môn chuyên of a specialized class, a key subject by TT 58


@dataclass(frozen=True, slots=True)
class PupilFacts:
    """All that the law looks at for one pupil and year."""

    subjects: tuple[SubjectFacts, ...]
    conduct: tuple[LearningLevel | None, ...] = (None, None)
    absences: int | None = None
    summer_conduct: LearningLevel | None = None
    grade: int = 0


@dataclass(frozen=True, slots=True)
class SubjectTerm:
    """A subject's result in a term, and what is missing for it."""

    code: str
    name: str
    kind: str
    result: Judged[Value | None]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermResult:
    """A pupil's term."""

    subjects: tuple[SubjectTerm, ...]
    learning: Judged[LearningLevel | OldLevel | None]
    base: LearningLevel | OldLevel | None = None
    adjusted_by: str = ""


@dataclass(frozen=True, slots=True)
class SubjectYear:
    """A subject's result of the year, and after the summer if it was re-assessed."""

    code: str
    name: str
    kind: str
    terms: tuple[Value | None, ...]
    year: Judged[Value | None]
    after_retest: Value | None = None


@dataclass(frozen=True, slots=True)
class YearResult:
    """A pupil's year and, where there was one, what the summer changed."""

    subjects: tuple[SubjectYear, ...]
    learning: Judged[LearningLevel | OldLevel | None]
    base: LearningLevel | OldLevel | None
    adjusted_by: str
    conduct: Judged[LearningLevel | None]
    title: Judged[Title | None]
    promotion: Judged[Promotion | None]
    retest_subjects: tuple[str, ...] = ()
    learning_after: Judged[LearningLevel | OldLevel | None] | None = None
    conduct_after: LearningLevel | None = None
    promotion_after: Judged[Promotion | None] | None = None
