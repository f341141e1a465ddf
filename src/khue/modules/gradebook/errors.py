"""Refusals of the gradebook: what happened, why, what to do."""

from __future__ import annotations

CODES: dict[str, str] = {
    "GRADE-001": "Bảng điểm này đã chốt nên không nhập được nữa. Nếu cần sửa, hãy gửi yêu cầu sửa điểm.",
    "GRADE-002": "«{value}» không phải điểm từ 0 đến 10. Hãy nhập lại, ví dụ 7,5 hoặc 10.",
    "GRADE-003": "Nhận xét dài quá {limit} kí tự. Hãy viết ngắn lại.",
    "GRADE-004": "«{value}» không phải số nguyên. Bài kiểm tra tiểu học chấm điểm nguyên từ 0 đến 10.",
    "GRADE-005": "«{value}» không phải số buổi nghỉ. Hãy nhập số nguyên từ 0 đến {limit}.",
    "GRADE-006": "«{value}» không dùng được ở cột này. Hãy nhập một trong: {allowed}.",
    "GRADE-007": "Không có cột «{slot}» trong bảng này. Hãy tải lại trang.",
    "GRADE-008": "Học sinh này không thuộc bảng điểm. Hãy tải lại trang để cập nhật danh sách lớp.",
    "GRADE-009": "Ô này vừa được {by} sửa thành «{value}» lúc {at}. Hãy chọn giữ giá trị nào.",
    "GRADE-010": "Trạng thái «{state}» chỉ dùng cho bài giữa kì và cuối kì. Hãy nhập kết quả hoặc để trống.",
    "GRADE-011": "Thao tác gửi lên thiếu hoặc sai dữ liệu. Hãy tải lại trang; dữ liệu đã lưu vẫn nguyên vẹn.",
    "GRADE-012": "Mỗi lần gửi nhiều nhất {limit} ô. Hãy chia nhỏ rồi gửi lại.",
    "GRADE-020": "Chưa chốt được vì còn thiếu: {missing}. Hãy bổ sung rồi chốt lại.",
    "GRADE-021": "Bảng này đã được chốt trước đó. Không cần làm gì thêm.",
    "GRADE-022": "Chưa khoá được vì các bảng sau chưa chốt: {sheets}. Hãy nhắc giáo viên phụ trách.",
    "GRADE-023": "Nội dung đã thay đổi từ lúc bạn xem. Hãy xem lại rồi xác nhận.",
    "GRADE-024": "Giáo viên chủ nhiệm chưa chốt. Hiệu trưởng duyệt sau giáo viên chủ nhiệm.",
    "GRADE-025": "Mở lại sau khi khoá phải có lí do và số quyết định. Hãy điền đủ hai ô này.",
    "GRADE-026": "Lớp chưa khoá nên không cần mở lại. Hãy sửa trực tiếp hoặc gửi yêu cầu sửa điểm.",
    "GRADE-027": "Chưa khoá xong {term}. Hãy khoá {term} trước rồi làm lại.",
    "GRADE-028": "Lớp đã chốt {later} nên chưa mở lại được {term}. Hãy mở lại {later} trước.",
    "GRADE-030": "Yêu cầu sửa điểm phải có lí do từ {length} kí tự. Hãy ghi rõ vì sao sửa.",
    "GRADE-031": "Ô này đang có một yêu cầu sửa chưa xong. Hãy chờ yêu cầu đó được giải quyết.",
    "GRADE-032": "Bảng chưa chốt nên sửa được trực tiếp trên bảng, không cần yêu cầu.",
    "GRADE-033": "Yêu cầu này không còn chờ bước này (hiện: {state}). Hãy tải lại trang.",
    "GRADE-034": "Yêu cầu đã hết hạn lúc {at}. Hãy gửi yêu cầu mới nếu vẫn cần sửa.",
    "GRADE-035": "Giá trị mới trùng với giá trị hiện tại nên không có gì để sửa. Hãy nhập giá trị khác.",
    "GRADE-036": "Người yêu cầu không tự xác nhận hoặc tự duyệt. Hãy nhờ người có thẩm quyền khác.",
    "GRADE-037": "Lớp đã khoá nên sửa điểm cần số quyết định của hiệu trưởng. Hãy ghi số, ngày quyết định.",
    "GRADE-038": "Có {count} ô đã được sửa sau lần nhập này nên không hoàn tác được. "
    "Hãy sửa từng ô trên bảng.",
    "GRADE-039": "{count} bảng đã có điểm nên không rút lại được. Hãy sửa hoặc mở lớp khác.",
}
