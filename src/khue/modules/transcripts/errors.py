"""Refusals of transcripts: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from khue.modules.transcripts.sharing_errors import CODES as FORMS_AND_COPIES

CODES: dict[str, str] = {
    "TRANS-001": _("Học bạ này chưa được lập nên chưa ký được. Hãy nhờ văn thư bấm «Lập học bạ» của lớp."),
    "TRANS-002": _("Trang học bạ này không có phần bạn chọn. Hãy mở lại trang «Học bạ» rồi chọn lại."),
    "TRANS-003": _(
        "Bạn không được phân công dạy {subject} của lớp này nên không ký được. "
        "Hãy báo nhà trường nếu phân công chưa đúng."
    ),
    "TRANS-004": _("Phần này đã có chữ ký của bạn. Không cần làm gì thêm."),
    "TRANS-005": _(
        "Chưa tới lượt ký học bạ của {name}: còn thiếu chữ ký môn {subjects}. Hãy nhắc giáo viên bộ môn."
    ),
    "TRANS-006": _(
        "Kết quả trong sổ theo dõi đã khác với học bạ của {name}. Hãy bấm «Lập học bạ» để cập nhật rồi ký."
    ),
    "TRANS-007": _(
        "Học bạ của {name} đang tạm giữ vì sổ của lớp đã mở lại. Hãy khoá lại sổ rồi bấm «Lập học bạ»."
    ),
    "TRANS-009": _(
        "Lớp chưa có học sinh nào đủ điều kiện lập học bạ: {why}. Hãy xem danh sách còn thiếu rồi bổ sung."
    ),
    "TRANS-010": _("Phần này đã ký nên không sửa nhận xét được. Hãy dùng «Lập bản mới» kèm lí do."),
    "TRANS-011": _("Nhận xét phải có từ {least} đến {limit} kí tự. Hãy viết lại."),
    "TRANS-012": _("{what} «{value}» không hợp lệ. Hãy nhập số, ví dụ {example}."),
    "TRANS-013": _("Mỗi mục ghi nhiều nhất {limit} dòng, mỗi dòng {length} kí tự. Hãy viết gọn lại."),
    "TRANS-014": _(
        "Lập bản mới của học bạ phải có lí do từ {length} kí tự và số quyết định. Hãy điền đủ hai ô."
    ),
    "TRANS-015": _("Nội dung học bạ của {name} không thay đổi nên không cần bản mới."),
    "TRANS-016": _("Tệp này không phải trang học bạ do Khuê phát hành. Hãy chọn đúng tệp XML đã ký."),
    "TRANS-017": _("Chữ ký trong tệp học bạ không đúng: {finding} Hãy yêu cầu trường cũ gửi lại tệp."),
    "TRANS-018": _(
        "Tệp học bạ mang tên «{name}», sinh {born}, không khớp với học sinh đã chọn. Hãy chọn đúng học sinh."
    ),
    "TRANS-019": _("Năm học của lớp chưa khoá nên chưa lập học bạ được. Hãy khoá năm học ở Sổ điểm trước."),
    "TRANS-020": _(
        "Học bạ của {name} chưa có nhận xét {subject}. Hãy nhận câu gợi ý hoặc tự viết ở trang «Học bạ»."
    ),
} | FORMS_AND_COPIES
