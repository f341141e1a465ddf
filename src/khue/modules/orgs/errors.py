"""Refusals about units: what happened, why, what to do."""

from __future__ import annotations

CODES: dict[str, str] = {
    "ORG-001": "Không đặt {name} dưới chính nó hoặc đơn vị trực thuộc của nó. Hãy chọn đơn vị cấp trên khác.",
    "ORG-002": "Ngày {day} phải sau ngày bắt đầu hiện nay {since}. Hãy chọn ngày khác.",
    "ORG-003": "Chỉ quản trị hệ thống lập được đơn vị cao nhất. Hãy chọn đơn vị cấp trên.",
    "ORG-004": "{name} đã kết thúc ngày {day}. Hãy chọn đơn vị còn hoạt động.",
    "ORG-005": "Mã {value} đang dùng cho đơn vị khác. Hãy kiểm tra lại mã.",
}
