"""What a transcript says in words: decision, completion, levels, what is missing (assessment.md 1.9, 2.4)."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from khue.rules.primary import Completion
from khue.rules.secondary import Promotion

# Levels as they stand on paper (TT 22, TT 58); words of primary schools stay words.
LETTERS = {
    "Tốt": "T", "Khá": "K", "Đạt": "Đ", "Chưa đạt": "CĐ",
    "Giỏi": "G", "Trung bình": "TB", "Yếu": "Y", "Kém": "Kém",
}  # fmt: skip
LAST_GRADES = {5: "tiểu học", 9: "trung học cơ sở", 12: "trung học phổ thông"}
RETEST, TRAINING = Promotion.KIEM_TRA_DANH_GIA_LAI.value, Promotion.REN_LUYEN_HE.value
SUPPORT = Completion.DANH_GIA_BO_SUNG.value
TO_SUMMER = frozenset({RETEST, TRAINING, SUPPORT})  # whoever has something to do in the summer
PROMOTED = frozenset(
    {
        Promotion.LEN_LOP.value, Promotion.LEN_LOP_SAU_HE.value, Completion.HOAN_THANH_CT_LOP_HOC.value,
        Completion.HOAN_THANH_CT_TIEU_HOC.value,
    }
)  # fmt: skip
UP, DOWN = "Được lên lớp", "Không được lên lớp"
AFTER = {
    RETEST: "Được lên lớp sau khi kiểm tra, đánh giá lại các môn học",
    TRAINING: "Được lên lớp sau khi rèn luyện trong kì nghỉ hè",
    SUPPORT: "Được lên lớp sau khi được hướng dẫn, giúp đỡ và đánh giá bổ sung",
}

# Why a page is not frozen yet: the rest of a sentence.
WAITS = {
    "year": _("năm học của lớp chưa khoá"),
    "summer": _("chờ kết quả sau hè"),
    "result": _("chưa có kết quả năm được lưu"),
    "homeroom": _("lớp chưa có giáo viên chủ nhiệm"),
    "teacher": _("có môn chưa phân công giáo viên"),
}
# What a homeroom teacher works off.
LACKS = {
    "comment": _("Thiếu nhận xét môn {section}"),
    "traits-quality": _("Thiếu nhận xét về phẩm chất chủ yếu"),
    "traits-general": _("Thiếu nhận xét về năng lực chung"),
    "traits-specific": _("Thiếu nhận xét về năng lực đặc thù"),
    "homeroom_comment": _("Thiếu nhận xét của giáo viên chủ nhiệm"),
    "summer_comment": _("Thiếu nhận xét rèn luyện trong hè"),
    "birth": _("Thiếu ngày sinh"),
    "birth_place": _("Thiếu nơi sinh"),
    "ethnic": _("Thiếu dân tộc"),
    "address": _("Thiếu chỗ ở"),
    "ministry_code": _("Thiếu mã định danh học sinh"),
    "register_number": _("Thiếu số đăng bộ"),
    "relatives": _("Thiếu cha, mẹ hoặc người giám hộ"),
    "body": _("Thiếu chiều cao hoặc cân nặng"),
    "result": _("Thiếu kết quả môn {section}"),
    "certificate": _("{section} chưa có chứng thư số"),
}
# Of it what can be filled in while the year still runs.
LACKS_EARLY = frozenset(
    {
        "birth", "birth_place", "ethnic", "address", "ministry_code", "register_number", "relatives",
        "certificate",
    }
)  # fmt: skip
# What a principal looks at first, on pages that wait for her.
UNUSUAL = {
    "stays": _("không được lên lớp"),
    "summer": _("lên lớp sau hè"),
    "doubtful": _("có hai cách hiểu quy định"),
    "incomplete": _("chưa đủ kết quả"),
    "corrections": _("có điểm sửa sau khi chốt"),
    "plan": _("đánh giá theo kế hoạch cá nhân hoặc được miễn"),
}
HELD = {"reopened": _("sổ của lớp đã mở lại")}


def letter(level: str) -> str:
    """A level as it stands in a transcript: «T» for Tốt; what has no letter stays."""
    return LETTERS.get(level, level)


def decision_of(first: str, last: str) -> str:
    """The decision in words: `first` of the year, `last` after the summer where there was one."""
    if last in PROMOTED:
        return AFTER[first] if first in TO_SUMMER else UP
    return DOWN


def completion_of(grade: int, level: str, code: str) -> str:
    """What the principal confirms: the programme of the level in its last grade, of the class in primary."""
    done = code in PROMOTED
    if grade in LAST_GRADES:
        return f"{'Hoàn thành' if done else 'Chưa hoàn thành'} chương trình {LAST_GRADES[grade]}"
    return f"{'Hoàn thành' if done else 'Chưa hoàn thành'} chương trình lớp {grade}" if level == "TH" else ""
