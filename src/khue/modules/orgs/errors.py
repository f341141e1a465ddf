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
}
