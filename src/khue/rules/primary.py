"""Primary schools, TT 27/2020/TT-BGDĐT: yearly level, tests, awards, completion (tiểu học).

Facts in, result with reasons out. Absences play no role in primary schools: there is no rule of
45 sessions (Điều 11), and nothing promotes or holds back a pupil by itself; where the law leaves
a decision to a person, the result says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from khue.core.decimals import HIGHEST, LOWEST, parse_number
from khue.core.errors import Invalid
from khue.rules import curriculum
from khue.rules.reasons import Judged, Reason

MOMENTS = ("GK1", "CK1", "GK2", "CN")
MOMENT_LABELS = {"GK1": "giữa học kì I", "CK1": "cuối học kì I", "GK2": "giữa học kì II", "CN": "cuối năm"}
SUBJECT_LABELS = {"T": "Hoàn thành tốt", "H": "Hoàn thành", "C": "Chưa hoàn thành"}
TRAIT_LABELS = {"T": "Tốt", "Đ": "Đạt", "C": "Cần cố gắng"}
LEFT_OUT_MODES = {"EXEMPT": "được miễn", "PERSONAL_PLAN": "theo kế hoạch giáo dục cá nhân"}
LAST_GRADE = 5

CLAUSE_LEVEL = "Điều 9 khoản 2 điểm a TT 27/2020"
CLAUSE_TESTS = "Điều 7 khoản 1 điểm b TT 27/2020"
CLAUSE_COMPLETION = "Điều 11 TT 27/2020"
CLAUSE_AWARD = "Điều 13 khoản 1 điểm a TT 27/2020"
CLAUSE_MOMENT = "Điều 7 TT 27/2020"
CLAUSE_DISABILITY = "Điều 8 TT 27/2020"


class _Labeled(StrEnum):
    """A code that is stored, with the words people read."""

    label: str

    def __new__(cls, value: str, label: str) -> _Labeled:
        """Make a member of its code and label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class PrimaryLevel(_Labeled):
    """Yearly level of educational results (mức đánh giá kết quả giáo dục, Điều 9 khoản 2)."""

    HOAN_THANH_XUAT_SAC = "HOAN_THANH_XUAT_SAC", "Hoàn thành xuất sắc"
    HOAN_THANH_TOT = "HOAN_THANH_TOT", "Hoàn thành tốt"
    HOAN_THANH = "HOAN_THANH", "Hoàn thành"
    CHUA_HOAN_THANH = "CHUA_HOAN_THANH", "Chưa hoàn thành"


class PrimaryAward(_Labeled):
    """Year-end title (khen thưởng cuối năm học, Điều 13)."""

    HOC_SINH_XUAT_SAC = "HOC_SINH_XUAT_SAC", "Học sinh Xuất sắc"
    HOC_SINH_TIEU_BIEU = (
        "HOC_SINH_TIEU_BIEU",
        "Học sinh Tiêu biểu hoàn thành tốt trong học tập và rèn luyện",
    )


class Completion(_Labeled):
    """Whether the programme of the class is completed (xét hoàn thành chương trình, Điều 11)."""

    HOAN_THANH_CT_LOP_HOC = "HOAN_THANH_CT_LOP_HOC", "Hoàn thành chương trình lớp học"
    HOAN_THANH_CT_TIEU_HOC = "HOAN_THANH_CT_TIEU_HOC", "Hoàn thành chương trình tiểu học"
    DANH_GIA_BO_SUNG = "DANH_GIA_BO_SUNG", "Cần hướng dẫn, giúp đỡ và đánh giá bổ sung"
    HIEU_TRUONG_QUYET_DINH = "HIEU_TRUONG_QUYET_DINH", "Hiệu trưởng quyết định lên lớp hoặc chưa lên lớp"


@dataclass(frozen=True, slots=True)
class PrimarySubject:
    """What one pupil has in one subject: level and test mark at each moment."""

    code: str
    name: str
    levels: Mapping[str, str | None] = field(default_factory=dict)  # moment → T/H/C
    tests: Mapping[str, Decimal | None] = field(default_factory=dict)  # only moments with a test
    mode: str = "NORMAL"


@dataclass(frozen=True, slots=True)
class PrimaryFacts:
    """All that TT 27 judges of a pupil in a school year."""

    grade: int
    subjects: tuple[PrimarySubject, ...]
    traits: Mapping[str, Mapping[str, str | None]]  # moment → trait code → T/Đ/C


@dataclass(frozen=True, slots=True)
class PrimaryMoment:
    """One of the four moments of a pupil: what is missing, and what needs help."""

    moment: str
    missing: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()  # subjects and traits at C
    left_out: tuple[str, ...] = ()  # exempt or personal plan

    @property
    def complete(self) -> bool:
        """Whether everything of the moment has been entered."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class PrimaryYear:
    """The year of a pupil: level, proposed award and completion, with reasons."""

    level: Judged[PrimaryLevel | None]
    award: Judged[PrimaryAward | None]
    completion: Judged[Completion | None]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Threshold:
    level: PrimaryLevel
    subjects: tuple[str, ...]
    traits: tuple[str, ...]
    test_from: int


@lru_cache(maxsize=1)
def _parameters() -> dict[str, Any]:
    path = curriculum.PARAMETERS / "primary-tt27.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _thresholds() -> tuple[_Threshold, ...]:
    return tuple(
        _Threshold(
            PrimaryLevel[entry["code"]],
            tuple(entry["subjects"]),
            tuple(entry["traits"]),
            int(entry["test_from"]),
        )
        for entry in _parameters()["levels"]
    )


def year_level(
    subjects: Mapping[str, str],
    qualities: Sequence[str],
    competences: Sequence[str],
    tests: Mapping[str, int | Decimal],
) -> Judged[PrimaryLevel]:
    """The yearly level from the end-of-year results of subjects, traits and tests (Điều 9 khoản 2)."""
    return _judge(subjects, _named(qualities, competences), tests)


def _named(qualities: Sequence[str], competences: Sequence[str]) -> dict[str, str]:
    """Letters given without names get the names of the circular, as far as their number fits."""
    names: dict[str, str] = {}
    for kind, letters, wanted in (("Phẩm chất", qualities, True), ("Năng lực", competences, False)):
        known: list[str] = []
        for grade in (1, LAST_GRADE):
            fitting = [
                name for code, name in curriculum.traits(grade) if curriculum.is_quality(code) == wanted
            ]
            if len(fitting) == len(letters):
                known = [f"{kind} {name}" for name in fitting]
        shown = known or [f"{kind} thứ {number}" for number in range(1, len(letters) + 1)]
        names.update(zip(shown, letters, strict=True))
    return names


def _judge(
    subjects: Mapping[str, str], traits: Mapping[str, str], tests: Mapping[str, int | Decimal]
) -> Judged[PrimaryLevel]:
    for letters, allowed in ((subjects, SUBJECT_LABELS), (traits, TRAIT_LABELS)):
        for name, letter in letters.items():
            if letter not in allowed:
                raise Invalid("CORE-021", value=letter, name=name, allowed=", ".join(allowed))
    unmet: tuple[Reason, ...] = ()  # of the level next above the one reached
    for threshold in _thresholds():
        failed = _failures(threshold, subjects, traits, tests)
        if not failed:
            return Judged(threshold.level, (*_conditions(threshold, tested=bool(tests)), *unmet))
        unmet = failed
    text = "Không đủ điều kiện của mức Hoàn thành nên kết quả là Chưa hoàn thành."
    return Judged(PrimaryLevel.CHUA_HOAN_THANH, (Reason(CLAUSE_LEVEL, text), *unmet))


def _conditions(threshold: _Threshold, *, tested: bool) -> tuple[Reason, ...]:
    subject_words = " hoặc ".join(SUBJECT_LABELS[letter] for letter in threshold.subjects)
    trait_words = " hoặc ".join(TRAIT_LABELS[letter] for letter in threshold.traits)
    texts = [
        f"Tất cả môn học, hoạt động giáo dục ở mức {subject_words}.",
        f"Tất cả phẩm chất, năng lực ở mức {trait_words}.",
    ]
    if tested:
        texts.append(f"Tất cả bài kiểm tra định kì cuối năm đạt từ {threshold.test_from} điểm trở lên.")
    return tuple(Reason(CLAUSE_LEVEL, text, True) for text in texts)


def _failures(
    threshold: _Threshold,
    subjects: Mapping[str, str],
    traits: Mapping[str, str],
    tests: Mapping[str, int | Decimal],
) -> tuple[Reason, ...]:
    """Each subject, trait and test that keeps the pupil below a level."""
    above = f"Chưa đạt mức {threshold.level.label}"
    found: list[Reason] = []
    for name, letter in subjects.items():
        if letter not in threshold.subjects:
            text = f"{above}: {name} ở mức {SUBJECT_LABELS[letter]}."
            found.append(Reason(CLAUSE_LEVEL, text, False, ((name, letter),), name))
    for name, letter in traits.items():
        if letter not in threshold.traits:
            text = f"{above}: {name} ở mức {TRAIT_LABELS[letter]}."
            found.append(Reason(CLAUSE_LEVEL, text, False, ((name, letter),)))
    for name, mark in tests.items():
        if mark < threshold.test_from:
            text = f"{above}: bài kiểm tra {name} được {mark} điểm, cần từ {threshold.test_from} điểm."
            found.append(Reason(CLAUSE_LEVEL, text, False, ((f"Kiểm tra {name}", str(mark)),), name))
    return tuple(found)


def tests_required(grade: int, moment: str) -> Judged[tuple[str, ...]]:
    """Names of the subjects with a periodic test at that moment, sorted (Điều 7 khoản 1 điểm b)."""
    if not 1 <= grade <= LAST_GRADE:
        raise Invalid("CORE-008", grade=grade)
    codes = curriculum.primary_test_programme(grade, moment)
    names = tuple(sorted(curriculum.subject_name("TH", code) for code in codes))
    when = f"Lớp {grade}, {MOMENT_LABELS[moment]}"
    text = (
        f"{when}: có bài kiểm tra định kì môn {', '.join(names)}."
        if names
        else f"{when}: không có bài kiểm tra định kì."
    )
    return Judged(names, (Reason(CLAUSE_TESTS, text),))


def test_mark(raw: str) -> Decimal:
    """A primary test mark: a whole number from 0 to 10, without decimals (Điều 7 khoản 1 điểm d).

    Refused: not a number (`CORE-001`), out of range (`CORE-002`), not whole (`CORE-020`).
    """
    number = parse_number(str(raw))
    if not LOWEST <= number <= HIGHEST:
        raise Invalid("CORE-002", value=raw)
    if number != number.to_integral_value():
        raise Invalid("CORE-020", value=raw)
    return Decimal(int(number))


def award(
    level: PrimaryLevel, *, excellent_subject: bool, clear_progress: bool, class_recognized: bool
) -> Judged[PrimaryAward | None]:
    """The year-end title of a level and of what people have found (Điều 13 khoản 1 điểm a)."""
    if level is PrimaryLevel.HOAN_THANH_XUAT_SAC:
        text = "Được đánh giá Hoàn thành xuất sắc nên được khen thưởng danh hiệu Học sinh Xuất sắc."
        return Judged(PrimaryAward.HOC_SINH_XUAT_SAC, (Reason(CLAUSE_AWARD, text, True),))
    if level is not PrimaryLevel.HOAN_THANH_TOT:
        text = f"Mức {level.label} không có danh hiệu cuối năm học."
        return Judged(None, (Reason(CLAUSE_AWARD, text, False),))
    stood_out = excellent_subject or clear_progress
    reasons = (
        Reason(CLAUSE_AWARD, "Được đánh giá Hoàn thành tốt.", True),
        Reason(
            CLAUSE_AWARD,
            "Có thành tích xuất sắc về ít nhất một môn học "
            "hoặc tiến bộ rõ rệt ở ít nhất một phẩm chất, năng lực.",
            stood_out,
        ),
        Reason(CLAUSE_AWARD, "Được tập thể lớp công nhận.", class_recognized),
    )
    earned = stood_out and class_recognized
    return Judged(PrimaryAward.HOC_SINH_TIEU_BIEU if earned else None, reasons)


def completion(
    grade: int, level: PrimaryLevel, level_after_support: PrimaryLevel | None = None
) -> Judged[Completion]:
    """Whether the programme of the class, in grade 5 of primary school, is completed (Điều 11)."""
    reasons: list[Reason] = []
    final = level
    if level is PrimaryLevel.CHUA_HOAN_THANH:
        text = "Cuối năm được đánh giá Chưa hoàn thành: lập kế hoạch giúp đỡ và đánh giá bổ sung."
        reasons.append(Reason(CLAUSE_COMPLETION, text, False))
        if level_after_support is None:
            return Judged(Completion.DANH_GIA_BO_SUNG, tuple(reasons))
        final = level_after_support
        if final is PrimaryLevel.CHUA_HOAN_THANH:
            text = "Đã được hướng dẫn, giúp đỡ mà vẫn Chưa hoàn thành: hiệu trưởng xem xét, quyết định."
            reasons.append(Reason(CLAUSE_COMPLETION, text, False))
            return Judged(Completion.HIEU_TRUONG_QUYET_DINH, tuple(reasons))
        text = f"Sau khi được hướng dẫn, giúp đỡ, được đánh giá {final.label}."
        reasons.append(Reason(CLAUSE_COMPLETION, text, True))
    last = grade == LAST_GRADE
    done = "hoàn thành chương trình tiểu học" if last else f"hoàn thành chương trình lớp {grade}"
    reasons.append(Reason(CLAUSE_COMPLETION, f"Mức {final.label}: {done}.", True))
    status = Completion.HOAN_THANH_CT_TIEU_HOC if last else Completion.HOAN_THANH_CT_LOP_HOC
    return Judged(status, tuple(reasons))


def assess_moment(facts: PrimaryFacts, moment: str) -> PrimaryMoment:
    """What is missing and what is weak at one of the four moments (Điều 7)."""
    counted, left_out = _split(facts)
    missing: list[str] = []
    weak: list[str] = []
    for subject in counted:
        if not subject.levels.get(moment):
            missing.append(f"{subject.name}: mức đạt được")
        elif subject.levels[moment] == "C":
            weak.append(subject.name)
        if moment in subject.tests and subject.tests[moment] is None:
            missing.append(f"{subject.name}: điểm kiểm tra")
    letters = facts.traits.get(moment, {})
    traits = curriculum.traits(facts.grade)
    absent = [_trait_name(code, name) for code, name in traits if not letters.get(code)]
    # One line instead of fifteen where nobody has begun.
    missing += ["Phẩm chất, năng lực: chưa đánh giá"] if len(absent) == len(traits) else absent
    weak += [_trait_name(code, name) for code, name in traits if letters.get(code) == "C"]
    return PrimaryMoment(moment, tuple(missing), tuple(weak), tuple(s.name for s in left_out))


def assess_year(facts: PrimaryFacts) -> PrimaryYear:
    """The year of a pupil, from the end-of-year results only; None where something is missing."""
    counted, left_out = _split(facts)
    missing = assess_moment(facts, "CN").missing
    if not counted:
        missing = ("Chưa có môn học nào được đánh giá", *missing)
    if missing:
        text = f"Chưa đủ kết quả cuối năm: còn thiếu {len(missing)} mục, gồm {'; '.join(missing)}."
        return PrimaryYear(
            Judged(None, (Reason(CLAUSE_LEVEL, text, False),)),
            Judged(None, (Reason(CLAUSE_AWARD, "Chưa có mức đánh giá cuối năm.", False),)),
            Judged(None, (Reason(CLAUSE_COMPLETION, "Chưa có mức đánh giá cuối năm.", False),)),
            missing,
        )
    letters = facts.traits["CN"]
    judged = _judge(
        {subject.name: str(subject.levels["CN"]) for subject in counted},
        {_trait_name(code, name): str(letters[code]) for code, name in curriculum.traits(facts.grade)},
        {s.name: mark for s in counted if (mark := s.tests.get("CN")) is not None},
    )
    done = completion(facts.grade, judged.value)
    proposed = _proposal(judged.value, counted)
    if left_out:
        flagged = tuple(_left_out_reason(subject) for subject in left_out)
        note = (
            "Kết quả không tính các môn được miễn hoặc theo kế hoạch giáo dục cá nhân; "
            "giáo viên chủ nhiệm và hiệu trưởng xem xét, quyết định."
        )
        level: Judged[PrimaryLevel | None] = Judged(
            judged.value, (*judged.reasons, *flagged), True, None, note
        )
        done = Judged(done.value, (*done.reasons, *flagged), True, None, note)
        return PrimaryYear(level, proposed, done)
    return PrimaryYear(Judged(judged.value, judged.reasons), proposed, done)


def _split(facts: PrimaryFacts) -> tuple[list[PrimarySubject], list[PrimarySubject]]:
    """Subjects that count, and those left to a person's decision."""
    counted = [subject for subject in facts.subjects if subject.mode not in LEFT_OUT_MODES]
    return counted, [subject for subject in facts.subjects if subject.mode in LEFT_OUT_MODES]


def _left_out_reason(subject: PrimarySubject) -> Reason:
    text = f"{subject.name} {LEFT_OUT_MODES[subject.mode]} nên không tính vào kết quả chung."
    return Reason(CLAUSE_DISABILITY, text, None, (), subject.name)


def _trait_name(code: str, name: str) -> str:
    return f"{'Phẩm chất' if curriculum.is_quality(code) else 'Năng lực'} {name}"


def _proposal(level: PrimaryLevel, subjects: Sequence[PrimarySubject]) -> Judged[PrimaryAward | None]:
    """The title that follows by itself; Tiêu biểu is only proposed: people must recognise it."""
    if level is not PrimaryLevel.HOAN_THANH_TOT:
        return award(level, excellent_subject=False, clear_progress=False, class_recognized=False)
    excellent = _parameters()["excellent_test"]
    best = [s.name for s in subjects if (s.tests.get("CN") or 0) >= excellent]
    text = (
        "Được đánh giá Hoàn thành tốt. Có thể đề nghị danh hiệu Học sinh Tiêu biểu nếu có thành tích "
        "xuất sắc về ít nhất một môn học hoặc tiến bộ rõ rệt ở ít nhất một phẩm chất, năng lực, "
        "và được tập thể lớp công nhận."
    )
    reasons = [Reason(CLAUSE_AWARD, text)]
    if best:
        hint = f"Bài kiểm tra cuối năm đạt từ {excellent} điểm: {', '.join(best)}."
        reasons.append(Reason(CLAUSE_AWARD, hint))
    return Judged(None, tuple(reasons), alternative=PrimaryAward.HOC_SINH_TIEU_BIEU)
