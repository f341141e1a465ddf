"""Refusals about units: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "ORG-001": _(
        "Không đặt {name} dưới chính nó hoặc đơn vị trực thuộc của nó. Hãy chọn đơn vị cấp trên khác."
    ),
    "ORG-002": _("Ngày {day} phải sau ngày bắt đầu hiện nay {since}. Hãy chọn ngày khác."),
    "ORG-003": _("Chỉ quản trị hệ thống lập được đơn vị cao nhất. Hãy chọn đơn vị cấp trên."),
    "ORG-004": _("{name} đã kết thúc ngày {day}. Hãy chọn đơn vị còn hoạt động."),
    "ORG-005": _("Mã {value} đang dùng cho đơn vị khác. Hãy kiểm tra lại mã."),
    "ORG-006": _("Ngày {day} chưa đến. Sáp nhập trường được ghi từ ngày quyết định có hiệu lực."),
    "ORG-007": _("Không sửa được mục «{item}» ở đây. Hãy tải lại trang rồi thử lại."),
    "ORG-008": _("Mục này dài quá {limit} kí tự. Hãy viết ngắn lại."),
    "ORG-009": _("Cấp học «{value}» không dùng được. Hãy chọn ít nhất một trong TH, THCS, THPT."),
    "ORG-010": _("Chưa ghi căn cứ của lựa chọn. Hãy ghi văn bản hoặc biên bản họp."),
    "ORG-011": _("Loại đơn vị «{value}» không dùng được. Hãy chọn trong danh sách."),
    "ORG-012": _("Chưa ghi tên đơn vị. Hãy ghi tên đầy đủ theo quyết định."),
}
