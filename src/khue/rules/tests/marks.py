"""Invented marks and pupils for the tests of the law."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from khue.core.decimals import from_tenths
from khue.rules.values import LearningLevel, PupilFacts, SubjectFacts, TermComments, TermMarks

NAMES = (
    "Ngữ văn", "Toán", "Ngoại ngữ 1", "Giáo dục công dân", "Lịch sử và Địa lí", "Khoa học tự nhiên",
    "Công nghệ", "Tin học",
)  # fmt: skip
CODES = ("VAN", "TOAN", "NN1", "GDCD", "LSDL", "KHTN", "CN", "TIN")
COMMENTED = ("Giáo dục thể chất", "Nghệ thuật", "Nội dung giáo dục của địa phương")

# Marks, most of them near the heights that decide: 3,5; 5,0; 6,5; 8,0; 9,0.
NEAR = st.sampled_from([h + d for h in (35, 50, 65, 80, 90) for d in (-1, 0, 1)]).map(from_tenths)
MARKS = st.integers(0, 100).map(from_tenths) | NEAR
SCORES = st.lists(MARKS, min_size=5, max_size=10)
COMMENTS = st.lists(st.sampled_from(["Đ", "Đ", "Đ", "CĐ"]), max_size=5)
LEVELS = st.sampled_from(list(LearningLevel))


def d(*marks: str | int) -> list[Decimal]:
    return [Decimal(mark) for mark in marks]


def score(name: str, mark: str, **more: object) -> SubjectFacts:
    """A mark subject with the same mark everywhere, so that its year is that mark."""
    entry = TermMarks(tuple(d(mark, mark)), Decimal(mark), Decimal(mark))
    code = CODES[NAMES.index(name)] if name in NAMES else name
    return SubjectFacts(code, name, "score", 2, (entry, entry), **more)  # type: ignore[arg-type]


def comment(name: str, result: str, **more: object) -> SubjectFacts:
    entry = TermComments((result, "Đ"), "Đ", "Đ")
    return SubjectFacts(name, name, "comment", 2, (entry, entry), **more)  # type: ignore[arg-type]


def pupil(
    *marks: str, comments: str = "Đ Đ Đ", conduct: str = "TOT TOT", absences: int | None = 3,
    **more: object,
) -> PupilFacts:
    """A pupil with these marks in the subjects of NAMES; each year average is the mark itself."""
    subjects = [score(name, mark) for name, mark in zip(NAMES, marks, strict=False)]
    subjects += [comment(name, word) for name, word in zip(COMMENTED, comments.split(), strict=True)]
    first, second = (LearningLevel(level) for level in conduct.split())
    return PupilFacts(tuple(subjects), (first, second), absences, **more)  # type: ignore[arg-type]
