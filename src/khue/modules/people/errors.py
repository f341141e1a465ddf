"""Refusals about persons: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "PEO-001": _("Chưa có họ tên. Hãy nhập đầy đủ họ, tên đệm và tên."),
    "PEO-002": _("Ngày sinh {day} không hợp lí. Hãy kiểm tra lại theo giấy khai sinh."),
    "PEO-003": _("{scheme} của {name} đã được ghi cho người khác. Hãy kiểm tra có phải một người không."),
    "PEO-004": _("{scheme} của {name} không đúng dạng. Hãy kiểm tra lại trên giấy tờ gốc."),
    "PEO-005": _("Không sửa được mục «{item}» ở đây. Hãy tải lại trang rồi thử lại."),
    "PEO-006": _("Mục «{item}» vừa được người khác sửa thành «{value}». Hãy xem lại rồi lưu lần nữa."),
    "PEO-007": _("Giới tính «{value}» không đọc được. Hãy chọn Nam hoặc Nữ."),
    "PEO-008": _("{name} đang giữ chức vụ này ở trường. Không cần thêm lần nữa."),
    "PEO-009": _("Ngày thôi việc phải sau ngày bắt đầu {start}. Hãy sửa lại ngày."),
    "PEO-010": _("Không rút được vì {count} người đã có dữ liệu khác phụ thuộc. Hãy sửa từng hồ sơ."),
    "PEO-011": _("{name} đã là học sinh của {school}. Hãy làm thủ tục chuyển trường."),
    "PEO-012": _("{name} không thể là người giám hộ của chính mình. Hãy chọn người khác."),
    "PEO-013": _("{name} đã được ghi là người thân của học sinh này. Không cần thêm lần nữa."),
    "PEO-014": _("Chức vụ này đã kết thúc từ trước. Hãy tải lại trang."),
    "PEO-015": _("Mục «{item}» dài quá {limit} kí tự. Hãy viết ngắn lại."),
    "PEO-016": _("Quan hệ «{value}» không dùng được. Hãy chọn cha, mẹ hoặc người giám hộ."),
    "PEO-017": _("{name} đã có trong sổ đăng bộ của trường. Hãy tìm và mở hồ sơ đó."),
    "PEO-018": _("Có người tên gần như «{name}», sinh cùng ngày. Hãy mở hồ sơ đó, hoặc ghi là người khác."),
    "PEO-019": _("{name} không còn học ở trường đã cho chuyển đi. Hãy hỏi lại nơi học sinh đang học."),
    "PEO-021": _("Mã của {name} vừa được ghi ở nơi khác. Hãy tải lại trang rồi làm lại."),
    "PEO-022": _(
        "Hai hồ sơ có hai {scheme} khác nhau nên không gộp được. Hãy kiểm tra có phải một em không."
    ),
    "PEO-023": _("Chưa ghi lí do gộp. Hãy ghi ngắn gọn, ví dụ: nhập hai lần trong hai danh sách."),
    "PEO-024": _("Không tách được vì mã đã đổi sau lần gộp, hoặc đã tách rồi. Hãy tải lại trang."),
    "PEO-025": _("{name} đã được gộp vào hồ sơ khác. Hãy tách lần gộp đó trước."),
    "PEO-020": _("Ngày tiếp nhận {day} chưa đến. Hãy tiếp nhận khi đến ngày, hoặc ghi ngày hôm nay."),
}
