"""Refusals of signed records: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "REC-001": _("Bạn chưa có chứng thư số dùng được. Hãy đăng ký chứng thư ở trang «Chứng thư số»."),
    "REC-002": _(
        "Chứng thư «{name}» đã hết hạn hoặc ngừng dùng từ {until}. Hãy đăng ký chứng thư mới rồi ký lại."
    ),
    "REC-003": _(
        "Chứng thư «{name}» không dùng để ký được: {reason} Hãy chọn chứng thư khác hoặc báo nhà cung cấp."
    ),
    "REC-004": _("Chứng thư này mang tên «{name}», không phải của bạn. Hãy chọn đúng chứng thư."),
    "REC-005": _("Chứng thư này đã được đăng ký. Không cần làm gì thêm."),
    "REC-006": _("Trường chưa đăng ký chứng thư số của tổ chức. Hãy đăng ký ở trang «Chứng thư số»."),
    "REC-007": _("Không đọc được chứng thư. Hãy chọn tệp .cer, .pem hoặc .p12 do nhà cung cấp cấp."),
    "REC-010": _(
        "Nội dung đã thay đổi từ lúc bạn xem nên chưa ký. Hãy mở lại trang, xem phần thay đổi rồi ký."
    ),
    "REC-011": _("Lần xác nhận này đã dùng rồi hoặc đã cũ. Hãy mở lại trang «Ký» và xác nhận lần nữa."),
    "REC-012": _(
        "Đợt ký này đã hết hạn lúc {at}. Những gì đã ký vẫn giữ; hãy mở lại trang «Ký» cho phần còn lại."
    ),
    "REC-013": _("Không có gì để ký. Hãy chọn ít nhất một dòng."),
    "REC-014": _("Mỗi đợt ký nhiều nhất {limit} hồ sơ. Hãy chia thành nhiều đợt."),
    "REC-015": _("Đợt ký này đang ở trạng thái «{state}» nên không làm được việc đó. Hãy tải lại trang."),
    "REC-016": _("Hồ sơ này đã có chữ ký của bạn. Không cần làm gì thêm."),
    "REC-017": _("Chưa tới lượt ký: còn thiếu chữ ký của {names}. Hãy nhắc người phụ trách."),
    "REC-018": _("Khoá ký không trả về chữ ký cho hồ sơ này. Hãy bấm «Ký tiếp»."),
    "REC-019": _("Bước sau đã ký mà thiếu chữ ký này. Hãy báo người quản trị để lập bản mới của hồ sơ."),
    "REC-020": _("Hồ sơ đang ở trạng thái «{state}» nên không làm được việc này. Hãy tải lại trang."),
    "REC-021": _(
        "Huỷ hoặc thu hồi hồ sơ phải có lí do từ {length} kí tự và số quyết định. Hãy điền đủ hai ô."
    ),
    "REC-030": _(
        "Chưa cấu hình nơi giữ khoá «{provider}». Hãy nhờ người quản trị khai báo trong tệp signers.toml."
    ),
    "REC-040": _("Tệp lớn quá {limit} MB nên không kiểm tra được ở đây. Hãy dùng lệnh khue verify."),
    "REC-041": _("Hãy chọn một tệp để kiểm tra."),
    "REC-042": _("Mã trên bản in không đúng. Hãy xem lại 8 kí tự dưới mã QR."),
    "REC-043": _("Không có hồ sơ nào mang mã này. Hãy xem lại từng kí tự hoặc quét lại mã QR."),
    "REC-044": _(
        "Hồ sơ đang ở trạng thái «{state}» và chưa vào nhật kí bằng chứng nên chưa có gói. "
        "Hãy thử lại sau ít phút."
    ),
    "REC-045": _("Đã nhập sai mã bản in nhiều lần. Hãy thử lại sau {minutes} phút."),
    "REC-046": _("Địa chỉ này đã gửi quá nhiều tệp. Hãy thử lại sau {minutes} phút, hoặc dùng khue verify."),
    "REC-047": _("Khoá trên máy chủ chỉ dùng cho dấu của trường. Hãy dùng token hoặc điện thoại của bạn."),
    "REC-048": _(
        "Hồ sơ {record} không còn đúng với chữ ký của nó nên không in được. "
        "Hãy báo người quản trị chạy khue verify."
    ),
}
