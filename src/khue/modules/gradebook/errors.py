"""Refusals of the gradebook: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "GRADE-001": _("Bảng điểm này đã chốt nên không nhập được nữa. Nếu cần sửa, hãy gửi yêu cầu sửa điểm."),
    "GRADE-002": _("«{value}» không phải điểm từ 0 đến 10. Hãy nhập lại, ví dụ 7,5 hoặc 10."),
    "GRADE-003": _("Nhận xét dài quá {limit} kí tự. Hãy viết ngắn lại."),
    "GRADE-004": _("«{value}» không phải số nguyên. Bài kiểm tra tiểu học chấm điểm nguyên từ 0 đến 10."),
    "GRADE-005": _("«{value}» không phải số buổi nghỉ. Hãy nhập số nguyên từ 0 đến {limit}."),
    "GRADE-006": _("«{value}» không dùng được ở cột này. Hãy nhập một trong: {allowed}."),
    "GRADE-007": _("Không có cột «{slot}» trong bảng này. Hãy tải lại trang."),
    "GRADE-008": _("Học sinh này không thuộc bảng điểm. Hãy tải lại trang để cập nhật danh sách lớp."),
    "GRADE-009": _("Ô này vừa được {by} sửa thành «{value}» lúc {at}. Hãy chọn giữ giá trị nào."),
    "GRADE-010": _(
        "Trạng thái «{state}» chỉ dùng cho bài giữa kì và cuối kì. Hãy nhập kết quả hoặc để trống."
    ),
    "GRADE-011": _(
        "Thao tác gửi lên thiếu hoặc sai dữ liệu. Hãy tải lại trang; dữ liệu đã lưu vẫn nguyên vẹn."
    ),
    "GRADE-012": _("Mỗi lần gửi nhiều nhất {limit} ô. Hãy chia nhỏ rồi gửi lại."),
    "GRADE-020": _("Chưa chốt được vì còn thiếu: {missing}. Hãy bổ sung rồi chốt lại."),
    "GRADE-021": _("Bảng này đã được chốt trước đó. Không cần làm gì thêm."),
    "GRADE-022": _("Chưa khoá được vì các bảng sau chưa chốt: {sheets}. Hãy nhắc giáo viên phụ trách."),
    "GRADE-023": _("Nội dung đã thay đổi từ lúc bạn xem. Hãy xem lại rồi xác nhận."),
    "GRADE-024": _("Giáo viên chủ nhiệm chưa chốt. Hiệu trưởng duyệt sau giáo viên chủ nhiệm."),
    "GRADE-025": _("Mở lại sau khi khoá phải có lí do và số quyết định. Hãy điền đủ hai ô này."),
    "GRADE-026": _("Lớp chưa khoá nên không cần mở lại. Hãy sửa trực tiếp hoặc gửi yêu cầu sửa điểm."),
    "GRADE-027": _("Chưa khoá xong {term}. Hãy khoá {term} trước rồi làm lại."),
    "GRADE-028": _("Lớp đã chốt {later} nên chưa mở lại được {term}. Hãy mở lại {later} trước."),
    "GRADE-030": _("Yêu cầu sửa điểm phải có lí do từ {length} kí tự. Hãy ghi rõ vì sao sửa."),
    "GRADE-031": _("Ô này đang có một yêu cầu sửa chưa xong. Hãy chờ yêu cầu đó được giải quyết."),
    "GRADE-032": _("Bảng chưa chốt nên sửa được trực tiếp trên bảng, không cần yêu cầu."),
    "GRADE-033": _("Yêu cầu này không còn chờ bước này (hiện: {state}). Hãy tải lại trang."),
    "GRADE-034": _("Yêu cầu đã hết hạn lúc {at}. Hãy gửi yêu cầu mới nếu vẫn cần sửa."),
    "GRADE-035": _("Giá trị mới trùng với giá trị hiện tại nên không có gì để sửa. Hãy nhập giá trị khác."),
    "GRADE-036": _("Người yêu cầu không tự xác nhận hoặc tự duyệt. Hãy nhờ người có thẩm quyền khác."),
    "GRADE-037": _(
        "Lớp đã khoá nên sửa điểm cần số quyết định của hiệu trưởng. Hãy ghi số, ngày quyết định."
    ),
    "GRADE-038": _(
        "Có {count} ô đã được sửa sau lần nhập này nên không hoàn tác được. Hãy sửa từng ô trên bảng."
    ),
    "GRADE-039": _("{count} bảng đã có điểm nên không rút lại được. Hãy sửa hoặc mở lớp khác."),
    "GRADE-040": _("Câu nhận xét phải có từ {least} đến {limit} kí tự. Hãy viết lại."),
    "GRADE-050": _("Bảng của giáo viên chủ nhiệm được ký cùng tổng hợp của lớp. Hãy ký ở dòng của lớp."),
    "GRADE-051": _("Bạn không có tên trong danh sách ký bảng {sheet}. Hãy báo văn thư xem lại phân công."),
    "GRADE-052": _("Chưa ký được vì các bảng sau chưa đủ chữ ký: {sheets}. Hãy nhắc giáo viên phụ trách."),
    "GRADE-053": _("Giáo viên chủ nhiệm chưa ký tổng hợp của lớp. Hãy nhắc giáo viên chủ nhiệm ký trước."),
    "GRADE-054": _(
        "Kết quả tính lại khác với bản giáo viên chủ nhiệm đã ký. "
        "Hãy yêu cầu giáo viên chủ nhiệm xem và ký lại."
    ),
    "GRADE-056": _("Trường dùng chữ ký số nên chốt bằng cách ký. Hãy mở trang «Ký»."),
}
