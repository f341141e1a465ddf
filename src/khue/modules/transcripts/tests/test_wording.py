"""What a transcript says in words, for each end of a year; and which phrase fits which result."""

from __future__ import annotations

import pytest

from khue.modules.transcripts import drafts, wording
from khue.modules.transcripts.data import SubjectLine
from khue.rules.primary import Completion, PrimaryLevel
from khue.rules.secondary import Promotion
from khue.rules.values import LearningLevel, OldLevel


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (Promotion.LEN_LOP, Promotion.LEN_LOP, "Được lên lớp"),
        (Promotion.O_LAI_LOP, Promotion.O_LAI_LOP, "Không được lên lớp"),
        (
            Promotion.KIEM_TRA_DANH_GIA_LAI, Promotion.LEN_LOP_SAU_HE,
            "Được lên lớp sau khi kiểm tra, đánh giá lại các môn học",
        ),
        (Promotion.REN_LUYEN_HE, Promotion.LEN_LOP_SAU_HE, "Được lên lớp sau khi rèn luyện trong kì nghỉ hè"),
        (Promotion.REN_LUYEN_HE, Promotion.O_LAI_LOP, "Không được lên lớp"),
        (
            Completion.DANH_GIA_BO_SUNG, Completion.HOAN_THANH_CT_LOP_HOC,
            "Được lên lớp sau khi được hướng dẫn, giúp đỡ và đánh giá bổ sung",
        ),
        (Completion.HOAN_THANH_CT_TIEU_HOC, Completion.HOAN_THANH_CT_TIEU_HOC, "Được lên lớp"),
    ],
)  # fmt: skip
def test_the_decision_in_words(first: str, last: str, said: str) -> None:
    assert wording.decision_of(str(first.value), str(last.value)) == said  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("grade", "level", "code", "said"),
    [
        (9, "THCS", "LEN_LOP", "Hoàn thành chương trình trung học cơ sở"),
        (9, "THCS", "O_LAI_LOP", "Chưa hoàn thành chương trình trung học cơ sở"),
        (12, "THPT", "LEN_LOP_SAU_HE", "Hoàn thành chương trình trung học phổ thông"),
        (5, "TH", "HOAN_THANH_CT_TIEU_HOC", "Hoàn thành chương trình tiểu học"),
        (4, "TH", "HOAN_THANH_CT_LOP_HOC", "Hoàn thành chương trình lớp 4"),
        (4, "TH", "O_LAI_LOP", "Chưa hoàn thành chương trình lớp 4"),
        (8, "THCS", "LEN_LOP", ""),
    ],
)
def test_what_the_principal_confirms(grade: int, level: str, code: str, said: str) -> None:
    assert wording.completion_of(grade, level, code) == said


def test_every_level_has_its_letter_and_its_band() -> None:
    letters = [wording.letter(one.label) for one in (*LearningLevel, *OldLevel)]
    assert letters == ["T", "K", "Đ", "CĐ", "G", "K", "TB", "Y", "Kém"]
    assert all(drafts.band_of(letter, None) for letter in letters)
    assert [drafts.band_of(one.label, None) for one in PrimaryLevel] == ["T", "T", "H", "C"]
    assert drafts.band_of("", None) == ""


@pytest.mark.parametrize(
    ("kind", "result", "band"),
    [
        ("score", "10", "strong"), ("score", "8.0", "strong"), ("score", "7.9", "good"),
        ("score", "6.5", "good"), ("score", "5.0", "fair"), ("score", "4.9", "weak"),
        ("score", "0.0", "weak"),
        ("score", "", ""), ("comment", "Đ", "good"), ("comment", "CĐ", "weak"), ("comment", "", ""),
        ("level_THC", "H", "H"),
    ],
)  # fmt: skip
def test_the_band_of_a_result(kind: str, result: str, band: str) -> None:
    assert drafts.band_of(result, SubjectLine("TOAN", "Toán", kind, 1)) == band
