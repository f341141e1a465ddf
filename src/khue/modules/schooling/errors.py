"""Refusals about classes: what happened, why, what to do."""

from __future__ import annotations

CODES: dict[str, str] = {
    "SCH-001": "Trường không dạy khối {grade}. Hãy kiểm tra cấp học của trường hoặc khối của lớp.",
    "SCH-002": "Lớp {name} đã có trong năm học này. Hãy mở lớp đó thay vì tạo lớp mới.",
    "SCH-003": "Không có môn «{code}» trong chương trình khối {grade}. Hãy chọn môn trong danh sách.",
    "SCH-004": "Học sinh đang học lớp {name} trong thời gian này. Hãy chuyển lớp thay vì ghi vào lớp mới.",
    "SCH-005": "Ngày {day} không nằm trong năm học {year}. Hãy chọn ngày khác.",
    "SCH-006": "Học sinh này không đang học ở lớp. Hãy tải lại danh sách lớp.",
    "SCH-007": "Chỉ chuyển được sang lớp cùng khối của trường. Hãy chọn lớp khối {grade}.",
    "SCH-008": "Người này không làm việc ở trường vào ngày {day}. Hãy kiểm tra danh sách cán bộ.",
    "SCH-009": "Miễn học hoặc đánh giá theo kế hoạch riêng cần số quyết định. Hãy ghi số, ngày quyết định.",
    "SCH-010": "Năm học {year} đã có. Không cần tạo lại.",
    "SCH-011": "Năm học {year} chưa có. Hãy tạo năm học trước.",
    "SCH-012": "Tên lớp «{name}» không hợp lệ. Hãy ghi như 6A, 10A1.",
    "SCH-013": "Môn này không phải môn của lớp. Hãy tải lại trang.",
}
