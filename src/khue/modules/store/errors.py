"""Refusals of the store: what happened, why, what to do. Codes are part of the HTTP interface."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    # The school
    "STO-001": _("Không có học bạ nào chờ gửi: mọi học bạ đã phát hành đều đã gửi. Không cần làm gì thêm."),
    "STO-002": _("Gói đang ở trạng thái «{state}» nên không làm được việc này. Hãy tải lại trang."),
    "STO-003": _(
        "Trường chưa có chứng thư số của tổ chức để đóng dấu gói. Hãy đăng ký ở trang «Chứng thư số»."
    ),
    "STO-004": _(
        "Đề nghị huỷ hoặc thu hồi phải có lí do từ {length} kí tự và số quyết định. Hãy điền đủ hai ô."
    ),
    "STO-005": _("Học bạ này chưa được kho của Sở nhận nên không cần đề nghị. Hãy huỷ ở «Hồ sơ đã ký»."),
    "STO-006": _("Đã có một đề nghị cho học bạ này đang chờ Sở duyệt. Hãy chờ Sở trả lời."),
    "STO-007": _("Khoá gửi không đúng dạng. Hãy dán nguyên khoá mà Sở đã cấp, bắt đầu bằng «{prefix}»."),
    "STO-008": _("Gói này đang được gửi nên chưa bỏ được. Hãy thử lại sau ít phút."),
    # The line to the store
    "STO-010": _("Chưa nối được với kho của Sở: {what}. Khuê sẽ tự thử lại."),
    "STO-011": _("Kho của Sở trả lời không đọc được. Khuê sẽ tự thử lại; nếu vẫn lỗi, hãy báo Sở."),
    "STO-012": _("Kho của Sở không nhận: {text} (mã {their}). Hãy sửa rồi bấm «Gửi lại ngay»."),
    "STO-013": _("Trường chưa nhập khoá gửi do Sở cấp. Hãy nhập ở mục «Kết nối với Sở»."),
    # A package at the door
    "STO-020": _("Bản kê lớn quá {limit} byte nên không nhận. Hãy chia thành nhiều gói."),
    "STO-021": _("Chữ ký của bản kê không dùng được: {reason} Hãy lập gói mới và đóng dấu lại."),
    "STO-022": _("Tệp gửi lên không phải bản kê của gói học bạ. Hãy gửi bản kê trước."),
    "STO-023": _(
        "Gói mang dấu của «{found}», không phải của trường giữ khoá này. Hãy dùng khoá của trường đó."
    ),
    "STO-024": _("Sở chưa ghi số chứng thư đóng dấu của trường này. Hãy báo cho Sở mã số thuế của trường."),
    "STO-025": _("Bản kê sai ở chỗ: {what}. Hãy lập gói mới."),
    "STO-026": _("Gói có quá {limit} học bạ hoặc quá {bytes} byte. Hãy chia thành nhiều gói."),
    "STO-027": _("Mã gói này đã được dùng cho một bản kê khác. Hãy lập gói mới, không sửa gói đã gửi."),
    "STO-028": _("Phần gửi lên bắt đầu sai chỗ: kho đang có {offset} byte. Hãy gửi tiếp từ chỗ đó."),
    "STO-029": _("Mỗi phần gửi lên có từ 1 đến {limit} byte và không vượt quá cuối gói. Hãy chia lại."),
    "STO-030": _("Gói chưa đủ: mới có {offset} trong {size} byte. Hãy gửi nốt rồi kết thúc."),
    "STO-031": _("Gói đang ở trạng thái «{state}» nên không nhận thêm. Hãy đọc trạng thái của gói."),
    "STO-032": _("Không có gói nào mang mã này. Hãy xem lại mã, hoặc gửi bản kê trước."),
    "STO-033": _("Khoá gửi thiếu, sai, hết hạn hoặc đã bị thu hồi. Hãy xin Sở cấp khoá mới."),
    "STO-034": _("Đã gửi quá nhiều yêu cầu. Hãy chờ {seconds} giây rồi gửi tiếp."),
    "STO-035": _("Không đọc được phần gửi lên theo Content-Encoding. Hãy dùng gzip hoặc không nén."),
    "STO-036": _("Trường này đã sáp nhập hoặc giải thể. Hãy gửi bằng khoá của trường kế thừa."),
    "STO-037": _("Yêu cầu thiếu hoặc sai ở «{what}». Hãy đọc lại tài liệu của kho."),
    # A record
    "STO-050": _("Tệp không đúng với bản kê (khác dấu SHA-256). Hãy gửi lại đúng tệp đã phát hành."),
    "STO-052": _("Tệp không phải học bạ (loại «{kind}»). Kho chỉ nhận học bạ đã phát hành."),
    "STO-053": _("Mã hoặc số bản trong tệp khác với bản kê. Hãy lập gói mới."),
    "STO-054": _(
        "Học bạ mang dấu của «{found}», không phải của trường gửi hay trường đã nhập vào trường gửi."
    ),
    "STO-055": _("Kho đã có bản {stored} mới hơn. Hãy gửi bản mới nhất."),
    "STO-056": _(
        "Kho đã có một tệp khác cũng là bản {stored}. Hãy báo Sở: hai tệp cùng số bản là không hợp lệ."
    ),
    "STO-057": _("Bản này không ghi là thay cho bản {stored} đang có trong kho. Hãy phát hành lại bản mới."),
    "STO-058": _("Kho đã có đúng tệp này. Không cần gửi lại."),
    "STO-059": _("Bản này đã bị huỷ hoặc thu hồi trong kho. Hãy phát hành bản mới rồi gửi."),
    "STO-060": _(
        "Kho đã có học bạ khác ({stored}) của cùng học sinh và năm học. Hãy thu hồi bản kia trước khi gửi."
    ),
    "STO-061": _("Chưa kiểm tra được hết: {reason}"),
    "STO-062": _("Chữ ký không đạt: {reason}"),
    # The department
    "STO-070": _("Quyết định phải có lí do từ {length} kí tự. Hãy ghi vì sao."),
    "STO-071": _("Học bạ này không còn chờ quyết định. Hãy tải lại trang."),
    "STO-072": _("Đề nghị này đã được quyết định. Hãy tải lại trang."),
    "STO-073": _("Trong kho không có bản đang có hiệu lực nào với mã và dấu SHA-256 này. Hãy xem lại."),
    "STO-074": _("Mã đề nghị này đã dùng cho một đề nghị khác. Hãy dùng mã mới."),
    "STO-075": _("Khoá phải có tên và dùng được từ 1 đến {days} ngày. Hãy sửa lại."),
    "STO-076": _("«{value}» không phải số chứng thư của tổ chức. Hãy viết như «MST:4900123456»."),
    "STO-077": _("Hãy chọn ít nhất một dòng."),
}
