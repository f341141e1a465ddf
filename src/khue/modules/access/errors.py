"""Refusals of accounts and grants: what happened, why, what to do."""

from __future__ import annotations

CODES: dict[str, str] = {
    "ACC-001": "Bạn chưa đăng nhập hoặc phiên đã hết hạn. Hãy đăng nhập lại rồi làm tiếp.",
    "ACC-002": "Tài khoản cán bộ phải có lớp bảo mật thứ hai. Hãy thiết lập ở trang bảo mật rồi làm tiếp.",
    "ACC-003": "Tên đăng nhập «{username}» đã có người dùng. Hãy chọn tên khác.",
    "ACC-004": "Tên đăng nhập «{username}» chưa hợp lệ. Hãy dùng từ 3 chữ không dấu, chữ số trở lên.",
    "ACC-005": "Mật khẩu chưa đủ mạnh: {problems} Hãy chọn mật khẩu khác.",
    "ACC-006": "{name} đã có tài khoản «{username}». Không cần tạo thêm.",
    "ACC-007": "Mỗi lần tạo nhiều nhất {limit} tài khoản. Hãy chia nhỏ danh sách.",
    "ACC-010": "Không có vai trò «{role}». Hãy chọn trong danh sách.",
    "ACC-011": "{name} đã có vai trò này trên đơn vị trong thời gian đó. Không cần phân quyền thêm.",
    "ACC-012": "Quyền này đã hết hiệu lực từ trước. Hãy tải lại trang.",
    "ACC-013": "Ngày kết thúc phải sau ngày bắt đầu. Hãy sửa lại ngày.",
    "ACC-014": "Bạn không tự phân quyền hoặc tự thu quyền của mình. Hãy nhờ người có thẩm quyền khác.",
    "ACC-015": "Vai trò «{role}» cao hơn phạm vi bạn được phân. Hãy nhờ quản trị của Sở.",
    "ACC-016": "{name} không làm việc ở đơn vị này nên chưa phân quyền được. Hãy thêm người này vào cán bộ.",
    "ACC-020": "Lí do truy cập khẩn cấp phải từ {length} kí tự. Hãy ghi rõ việc gì, của ai, vì sao gấp.",
    "ACC-021": "Bạn đang có một lần truy cập khẩn cấp ở đơn vị này. Hãy dùng tiếp hoặc đóng lần đó.",
    "ACC-022": "Lần truy cập khẩn cấp này đã đóng hoặc đã hết giờ. Không cần đóng nữa.",
    "ACC-023": "Chỉ người có vai trò của Sở, lãnh đạo trường hoặc cán bộ CNTT mới mở được truy cập khẩn cấp.",
    "ACC-032": "Bạn đang dùng mật khẩu in trên phiếu. Hãy đổi sang mật khẩu của riêng mình rồi làm tiếp.",
    "ACC-030": "Không có hành động «{action}». Hãy chọn trong danh sách.",
    "ACC-031": "Không có loại hồ sơ «{model}» để giải thích quyền. Hãy chọn trong danh sách.",
}
