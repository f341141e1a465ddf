"""Refusals of transfers: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "XFER-001": _("{name} đang có đề nghị chuyển trường {number} chưa xong. Hãy giải quyết đề nghị đó."),
    "XFER-002": _("Hãy chọn trường sẽ đến, hoặc ghi tên và tỉnh của trường ngoài hệ thống."),
    "XFER-003": _("Việc chuyển trường đang ở bước «{state}» nên không làm được. Hãy tải lại trang."),
    "XFER-004": _("{name} đang học ở chính trường đó. Hãy chọn trường khác."),
    "XFER-005": _(
        "Không tìm thấy học sinh có đúng mã, họ tên và ngày sinh đã ghi ở trường khác. "
        "Hãy xem lại với gia đình, hoặc nhận gói hồ sơ bằng tệp."
    ),
    "XFER-006": _("Lí do phải có ít nhất {length} kí tự, viết để gia đình hiểu."),
    "XFER-007": _("Trường nhận không có cấp {level}. Hãy chọn trường khác."),
    "XFER-008": _("Lớp {name} không phải lớp {grade} của năm học này ở trường. Hãy chọn lớp khác."),
    "XFER-009": _("Ngày {day} không hợp: phải từ ngày trường cũ cho chuyển đến hôm nay. Hãy xem lại ngày."),
    "XFER-010": _("Trường dùng chữ ký số nên cho chuyển bằng cách ký gói hồ sơ. Hãy bấm «Ký cho chuyển»."),
    "XFER-011": _("Trường đến ở trong hệ thống nên tự tiếp nhận. Không cần giao gói hồ sơ."),
    "XFER-012": _("Gói hồ sơ chưa có dấu của trường. Hãy đợi trường đóng dấu rồi lấy gói."),
    "XFER-013": _("{name} chưa học lớp nào trong năm học này ở trường. Hãy xếp lớp trước khi cho chuyển."),
    "XFER-020": _("Tệp không phải gói chuyển trường: {what}. Hãy xin trường cũ gửi lại gói."),
    "XFER-021": _("Gói lớn hơn {limit} MB nên không đọc. Hãy xin trường cũ gửi lại gói."),
    "XFER-022": _("Tệp «{name}» trong gói không khớp với bản trường cũ đã ký. Gói đã bị sửa: không nhận."),
    "XFER-023": _("Chữ ký của tệp «{name}» sai: {finding} Không nhận gói này; hãy hỏi trường cũ."),
    "XFER-024": _("Gói này gửi cho {school}, không phải cho trường của bạn. Hãy hỏi lại gia đình."),
    "XFER-025": _("Gói này đã được nhận ngày {day}, mã {number}. Không cần nhận lần nữa."),
    "XFER-026": _(
        "{name} đang học ở một trường trong hệ thống. Hãy ghi đề nghị chuyển đến để trường đó cho chuyển."
    ),
    "XFER-027": _("Gói chưa chắc chắn tin được: {finding} Hãy ghi lí do vẫn nhận (ít nhất {length} kí tự)."),
}
