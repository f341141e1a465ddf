"""How times and values stand in sentences of the gradebook (giờ Việt Nam, dấu phẩy)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from khue.kit.words import said
from khue.modules.gradebook.models import CellState

if TYPE_CHECKING:
    import datetime as dt

SPECIAL = {CellState.PENDING_MAKEUP.value, CellState.ZERO_NO_MAKEUP.value}
_MARK = re.compile(r"\d{1,2}\.\d")


def moment(at: dt.datetime | None) -> str:
    """«08:00 15/12/2025» as the clock on the wall shows it, wherever the time was stored."""
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}" if at else ""


def content(state: str, value: str) -> str:
    """What a cell holds, in a sentence: «7,5», «Vắng, chờ kiểm tra bù», «trống»."""
    if state in SPECIAL:
        return said(CellState(state).label)
    return (value.replace(".", ",") if _MARK.fullmatch(value) else value) or gettext("trống")


# Subjects, qualities and competences of the curriculum (khue.rules.curriculum); a test compares them.
OF_CURRICULUM = (
    _("Tiếng Việt"), _("Toán"), _("Đạo đức"), _("Tự nhiên và Xã hội"), _("Khoa học"), _("Lịch sử và Địa lí"),
    _("Ngoại ngữ 1"), _("Ngoại ngữ 1 (tự chọn)"), _("Ngoại ngữ 2"), _("Tiếng dân tộc thiểu số"),
    _("Tin học"), _("Công nghệ"), _("Giáo dục thể chất"), _("Âm nhạc"), _("Mĩ thuật"),
    _("Nghệ thuật (Âm nhạc, Mĩ thuật)"), _("Hoạt động trải nghiệm"), _("Hoạt động trải nghiệm, hướng nghiệp"),
    _("Ngữ văn"), _("Giáo dục công dân"), _("Khoa học tự nhiên"), _("Nội dung giáo dục của địa phương"),
    _("Lịch sử"), _("Địa lí"), _("Giáo dục kinh tế và pháp luật"), _("Vật lí"), _("Hoá học"), _("Sinh học"),
    _("Giáo dục quốc phòng và an ninh"),
    _("Yêu nước"), _("Nhân ái"), _("Chăm chỉ"), _("Trung thực"), _("Trách nhiệm"),
    _("Tự chủ và tự học"), _("Giao tiếp và hợp tác"), _("Giải quyết vấn đề và sáng tạo"),
    _("Ngôn ngữ"), _("Tính toán"), _("Thẩm mĩ"), _("Thể chất"),
)  # fmt: skip

# What the rules call their results (khue.rules knows no Django): frozen and printed in Vietnamese,
# shown on a page in the language of the reader. A test compares this with the rules.
OF_RULES = (
    _("Tốt"), _("Khá"), _("Đạt"), _("Chưa đạt"),
    _("Giỏi"), _("Trung bình"), _("Yếu"), _("Kém"),
    _("Được lên lớp"), _("Kiểm tra, đánh giá lại"), _("Rèn luyện trong hè"), _("Được lên lớp sau hè"),
    _("Không được lên lớp"),
    _("Học sinh Xuất sắc"), _("Học sinh Giỏi"), _("Học sinh tiên tiến"),
    _("Hoàn thành xuất sắc"), _("Hoàn thành tốt"), _("Hoàn thành"), _("Chưa hoàn thành"),
    _("Học sinh Tiêu biểu hoàn thành tốt trong học tập và rèn luyện"),
    _("Hoàn thành chương trình lớp học"), _("Hoàn thành chương trình tiểu học"),
    _("Cần hướng dẫn, giúp đỡ và đánh giá bổ sung"), _("Hiệu trưởng quyết định lên lớp hoặc chưa lên lớp"),
    _("sắp đến giới hạn"), _("rất gần giới hạn"), _("đã tới giới hạn, nghỉ thêm sẽ không được lên lớp"),
    _("quá giới hạn, không được lên lớp"),
    _("chưa có bảng điểm"), _("lần đánh giá thường xuyên"), _("đánh giá giữa kì"), _("đánh giá cuối kì"),
    _("đánh giá giữa kì (chờ kiểm tra bù)"), _("đánh giá cuối kì (chờ kiểm tra bù)"),
    _("mức đạt được"), _("điểm kiểm tra"), _("chưa đánh giá"), _("Chưa có môn học nào được đánh giá"),
)  # fmt: skip
