"""Refusals about classes: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "SCH-001": _("Trường không dạy khối {grade}. Hãy kiểm tra cấp học của trường hoặc khối của lớp."),
    "SCH-002": _("Lớp {name} đã có trong năm học này. Hãy mở lớp đó thay vì tạo lớp mới."),
    "SCH-003": _("Không có môn «{subject}» trong chương trình khối {grade}. Hãy chọn môn trong danh sách."),
    "SCH-004": _("Học sinh đang học lớp {name} trong thời gian này. Hãy chuyển lớp thay vì ghi vào lớp mới."),
    "SCH-005": _("Ngày {day} không nằm trong năm học {year}. Hãy chọn ngày khác."),
    "SCH-006": _("Học sinh này không đang học ở lớp. Hãy tải lại danh sách lớp."),
    "SCH-007": _("Chỉ chuyển được sang lớp cùng khối của trường. Hãy chọn lớp khối {grade}."),
    "SCH-008": _("Người này không làm việc ở trường vào ngày {day}. Hãy kiểm tra danh sách cán bộ."),
    "SCH-009": _(
        "Miễn học hoặc đánh giá theo kế hoạch riêng cần số quyết định. Hãy ghi số, ngày quyết định."
    ),
    "SCH-010": _("Phân công của các lớp này vừa được người khác sửa. Hãy tải lại trang rồi sửa tiếp."),
    "SCH-011": _("«{text}» chưa rõ là ai{names}. Hãy chọn tên trong danh sách gợi ý."),
    "SCH-012": _("Tên lớp «{name}» không hợp lệ. Hãy ghi như 6A, 10A1."),
    "SCH-013": _("Môn này không phải môn của lớp. Hãy tải lại trang."),
    "SCH-014": _(
        "Các học kì phải nối tiếp nhau và nằm trong năm học {year}. Hãy sửa ngày bắt đầu, kết thúc."
    ),
    "SCH-015": _("{periods} tiết/năm không hợp lệ. Hãy ghi số tiết cả năm, từ 1 đến 999."),
    "SCH-016": _("Môn {name} không có cụm chuyên đề ở lớp này. Hãy bỏ chọn chuyên đề hoặc sửa môn của lớp."),
    "SCH-017": _(
        "Đã vào năm học nên không giảm số lần ĐĐGtx môn {name} từ {before} xuống {after}, vì cột "
        "có thể đã có điểm. Hãy giữ số tiết cũ."
    ),
    "SCH-018": _("Học sinh không có trong sổ đăng bộ của trường. Hãy tiếp nhận học sinh vào trường trước."),
    "SCH-019": _("Ngày {day} phải sau ngày vào lớp {since} và trong năm học {year}. Hãy sửa ngày."),
    "SCH-020": _("Chưa ghi lí do rời lớp. Hãy chọn, ví dụ Chuyển trường."),
    "SCH-030": _("Chưa có lớp nào để chia. Hãy ghi ít nhất một lớp."),
    "SCH-031": _(
        "Không tách được các em cần xếp khác lớp vì số lớp ít hơn, hoặc các em ấy cũng được ghi xếp cùng "
        "lớp. Hãy sửa danh sách cùng lớp, khác lớp."
    ),
    "SCH-032": _("Không có lớp nào nhận được {names}. Hãy thêm tổ hợp cho một lớp hoặc bỏ điều kiện."),
    "SCH-033": _("Lần chia lớp này không còn chờ xác nhận (hiện: {state}). Hãy tải lại trang."),
    "SCH-034": _("{names} vừa được xếp lớp hoặc không còn học ở trường. Hãy bấm «Chia lại» rồi xác nhận."),
    "SCH-035": _("Người khác vừa sửa bản chia lớp này. Hãy xem lại bản mới rồi làm tiếp."),
    "SCH-036": _("Lớp {name} là lớp khối {grade}. Hãy ghi tên lớp khối {wanted}."),
    "SCH-037": _("«{text}» chưa rõ là em nào{names}. Hãy ghi đủ họ tên, hoặc kèm ngày sinh."),
    "SCH-038": _("Tổ hợp «{text}» không có trong chương trình khối {grade}. Hãy ghi mã môn, như VL, HH, SH."),
    "SCH-039": _("Không còn em nào cần xếp lớp ở khối này. Hãy tiếp nhận học sinh trước."),
    "SCH-090": _("Lớp {names} đã có học sinh nên không rút lại được. Hãy hoàn tác danh sách học sinh trước."),
}
