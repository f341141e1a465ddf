"""Refusals of accounts and grants: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "ACC-001": _("Bạn chưa đăng nhập hoặc phiên đã hết hạn. Hãy đăng nhập lại rồi làm tiếp."),
    "ACC-002": _("Tài khoản cán bộ phải có lớp bảo mật thứ hai. Hãy thiết lập ở trang bảo mật rồi làm tiếp."),
    "ACC-003": _("Tên đăng nhập «{username}» đã có người dùng. Hãy chọn tên khác."),
    "ACC-004": _("Tên đăng nhập «{username}» chưa hợp lệ. Hãy dùng từ 3 chữ không dấu, chữ số trở lên."),
    "ACC-005": _("Mật khẩu chưa đủ mạnh: {problems} Hãy chọn mật khẩu khác."),
    "ACC-006": _("{name} đã có tài khoản «{username}». Không cần tạo thêm."),
    "ACC-007": _("Mỗi lần tạo nhiều nhất {limit} tài khoản. Hãy chia nhỏ danh sách."),
    "ACC-010": _("Không có vai trò «{role}». Hãy chọn trong danh sách."),
    "ACC-011": _("{name} đã có vai trò này trên đơn vị trong thời gian đó. Không cần phân quyền thêm."),
    "ACC-012": _("Quyền này đã hết hiệu lực từ trước. Hãy tải lại trang."),
    "ACC-013": _("Ngày kết thúc phải sau ngày bắt đầu. Hãy sửa lại ngày."),
    "ACC-014": _("Bạn không tự phân quyền hoặc tự thu quyền của mình. Hãy nhờ người có thẩm quyền khác."),
    "ACC-015": _("Vai trò «{role}» cao hơn phạm vi bạn được phân. Hãy nhờ quản trị của Sở."),
    "ACC-016": _(
        "{name} không làm việc ở đơn vị này nên chưa phân quyền được. Hãy thêm người này vào cán bộ."
    ),
    "ACC-017": _("{name} còn giữ vai trò ở đơn vị khác, ngoài phạm vi của bạn. Hãy nhờ quản trị của Sở."),
    "ACC-020": _("Lí do truy cập khẩn cấp phải từ {length} kí tự. Hãy ghi rõ việc gì, của ai, vì sao gấp."),
    "ACC-021": _("Bạn đang có một lần truy cập khẩn cấp ở đơn vị này. Hãy dùng tiếp hoặc đóng lần đó."),
    "ACC-022": _("Lần truy cập khẩn cấp này đã đóng hoặc đã hết giờ. Không cần đóng nữa."),
    "ACC-023": _(
        "Chỉ người có vai trò của Sở, lãnh đạo trường hoặc cán bộ CNTT mới mở được truy cập khẩn cấp."
    ),
    "ACC-024": _(
        "Bạn chưa được giao chức vụ ký của trường, hoặc ký thay mà chưa có văn bản uỷ quyền. "
        "Hãy nhờ hiệu trưởng ký, hoặc nhờ ghi số văn bản uỷ quyền vào quyền của bạn."
    ),
    "ACC-032": _("Bạn đang dùng mật khẩu in trên phiếu. Hãy đổi sang mật khẩu của riêng mình rồi làm tiếp."),
    "ACC-030": _("Không có hành động «{action}». Hãy chọn trong danh sách."),
    "ACC-031": _("Không có loại hồ sơ «{model}» để giải thích quyền. Hãy chọn trong danh sách."),
}
