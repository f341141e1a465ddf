"""Sentences about time-stamps."""

from __future__ import annotations

from khue.signing.sentences import _

CODES: dict[str, str] = {
    "SIGN-260": _("Dấu thời gian hỏng ({what}). Hãy lấy dấu mới."),
    "SIGN-261": _("Dấu thời gian đóng cho một giá trị khác, không phải chữ ký này. Hãy lấy dấu mới."),
    "SIGN-262": _("Dấu thời gian đã bị sửa: chữ ký của đơn vị cấp dấu không khớp. Hãy lấy dấu mới."),
    "SIGN-263": _(
        "Dấu thời gian dùng thuật toán không được chấp nhận. Hãy lấy dấu mới dùng SHA-256 trở lên."
    ),
    "SIGN-264": _(
        "Dấu thời gian không kèm đúng chứng thư của đơn vị cấp dấu, nên không kiểm tra được. Hãy lấy dấu mới."
    ),
    "SIGN-265": _("Giá trị cần đóng dấu dài {length} byte, không phải SHA-256, SHA-384 hay SHA-512."),
    "SIGN-270": _(
        "Không nhận được trả lời của máy chủ dấu thời gian {url}. "
        "Chữ ký vẫn được giữ, dấu sẽ được lấy lại tự động; nếu kéo dài, hãy báo người vận hành."
    ),
    "SIGN-271": _(
        "Máy chủ dấu thời gian {url} trả lời mã HTTP {status}. "
        "Dấu sẽ được lấy lại tự động; nếu kéo dài, hãy kiểm tra địa chỉ và hợp đồng dịch vụ."
    ),
    "SIGN-272": _(
        "Máy chủ dấu thời gian {url} trả lời quá {size} byte. Hãy kiểm tra địa chỉ máy chủ dấu thời gian."
    ),
    "SIGN-273": _(
        "Máy chủ {url} không trả lời theo giao thức dấu thời gian (RFC 3161). Hãy kiểm tra địa chỉ máy chủ."
    ),
    "SIGN-274": _(
        "Đơn vị cấp dấu thời gian từ chối (trạng thái {status}: {reason}). Dấu sẽ được lấy lại tự động; "
        "nếu kéo dài, hãy liên hệ đơn vị đó."
    ),
    "SIGN-275": _(
        "Máy chủ dấu thời gian {url} trả lời cho một yêu cầu khác (sai số ngẫu nhiên). "
        "Không dùng dấu này; hãy lấy dấu mới."
    ),
    "SIGN-276": _(
        "Dấu thời gian theo chính sách {found}, không phải {expected} đã yêu cầu. Hãy kiểm tra cấu hình."
    ),
    "SIGN-277": _(
        "Dấu thời gian ghi {time}, lệch xa đồng hồ của máy ({now}). "
        "Hãy chỉnh đồng hồ máy chủ, hoặc báo đơn vị cấp dấu."
    ),
    "SIGN-278": _(
        "Chứng thư «{name}» không phải chứng thư chỉ dùng cấp dấu thời gian. "
        "Hãy dùng đơn vị cấp dấu thời gian có chứng thư đúng mục đích."
    ),
}
