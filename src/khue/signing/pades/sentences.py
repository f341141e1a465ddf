"""Sentences of CMS, PDF seals and short codes (`SIGN-500` to `SIGN-599`)."""

from __future__ import annotations

from khue.signing.sentences import _

CODES: dict[str, str] = {
    "SIGN-500": _(
        "Giá trị chữ ký trả về không khớp với chứng thư và nội dung đã gửi đi ký. "
        "Hãy ký lại; nếu vẫn lỗi, báo nhà cung cấp chữ ký số."
    ),
    "SIGN-501": _(
        "Khoá {key} của chứng thư không ký được bằng thuật toán {algorithm}. Hãy chọn thuật toán khác."
    ),
    "SIGN-502": _("Mã băm của nội dung dài {length} byte, phải là {expected}. Hãy tạo lại nội dung chờ ký."),
    "SIGN-503": _("Không đọc được chữ ký CMS ({what}). Hãy xin lại tệp gốc từ nơi phát hành, không sửa tệp."),
    "SIGN-510": _(
        "Tệp PDF không có cấu trúc do hệ thống này tạo ra ({what}). Hãy tạo lại PDF từ hồ sơ rồi đóng dấu."
    ),
    "SIGN-511": _(
        "Chữ ký dài {length} byte, chỗ dành sẵn trong PDF chỉ có {room}. Hãy đóng dấu lại với chỗ rộng hơn."
    ),
    "SIGN-512": _(
        "Số hồ sơ «{record}» hoặc mã băm «{digest}» không đúng dạng nên không ghi được vào con dấu. "
        "Hãy kiểm tra hồ sơ gốc."
    ),
    "SIGN-513": _(
        "Chứng thư của «{name}» không phải của tổ chức. Con dấu trên PDF phải dùng chứng thư của nhà trường."
    ),
    "SIGN-514": _(
        "Tệp PDF đã có dấu thời gian cho cả tài liệu nên không thêm dấu thời gian vào con dấu được nữa. "
        "Hãy thêm một dấu thời gian mới cho cả tài liệu."
    ),
    "SIGN-520": _("Tệp PDF lớn {size} byte, chỉ kiểm tra tệp đến {limit} byte. Hãy kiểm tra lại đúng tệp."),
    "SIGN-521": _("Tệp này không phải PDF. Hãy chọn đúng tệp."),
    "SIGN-522": _(
        "Tệp PDF không có chữ ký số nào, nên không chứng minh được điều gì. "
        "Hãy xin bản PDF có con dấu số của nhà trường."
    ),
    "SIGN-523": _(
        "Phạm vi mà chữ ký trong PDF bao phủ không đúng ({what}). Tệp đã bị can thiệp; hãy xin lại bản gốc."
    ),
    "SIGN-524": _(
        "Tệp PDF có nội dung được thêm sau con dấu ({what}). Đừng dùng tệp này; hãy xin lại bản gốc."
    ),
    "SIGN-525": _(
        "Chỗ chứa chữ ký trong PDF không chỉ chứa chữ ký ({what}). Tệp đã bị can thiệp; hãy xin lại bản gốc."
    ),
    "SIGN-526": _(
        "Tệp PDF có {count} chữ ký, bản thể hiện của hồ sơ chỉ có một con dấu của nhà trường. "
        "Hãy xin lại bản gốc."
    ),
    "SIGN-527": _(
        "Tệp PDF có thành phần không được phép trong hồ sơ ({what}). Đừng mở tệp; hãy xin lại bản gốc."
    ),
    "SIGN-528": _(
        "Con dấu không khoá tệp PDF ở mức cấm mọi thay đổi ({what}). Hãy xin lại bản do hệ thống đóng dấu."
    ),
    "SIGN-529": _("Nội dung PDF đã bị thay đổi sau khi đóng dấu. Đừng dùng tệp này; hãy xin lại bản gốc."),
    "SIGN-530": _(
        "Tệp PDF được ký bằng phần mềm khác ({what}), hệ thống này không kết luận được. "
        "Hãy kiểm tra bằng phần mềm của nơi ký."
    ),
    "SIGN-532": _(
        "Nội dung PDF không còn là nội dung đã được đóng dấu: mã băm không khớp. Hãy xin lại bản gốc."
    ),
    "SIGN-533": _("Giá trị chữ ký trong PDF không đúng với chứng thư đi kèm. Hãy xin lại bản gốc."),
    "SIGN-534": _(
        "Chữ ký dùng thuật toán {algorithm} với khoá {key}, không còn được chấp nhận ở thời điểm đó. "
        "Hãy xin bản được đóng dấu lại."
    ),
    "SIGN-535": _(
        "Con dấu trên PDF dùng chứng thư của «{name}», không phải chứng thư của tổ chức. "
        "Hãy xin bản có con dấu của nhà trường."
    ),
    "SIGN-536": _(
        "Con dấu là của «{name}», không phải của trường có mã {expected}. Hãy kiểm tra lại nơi phát hành."
    ),
    "SIGN-537": _(
        "Hai cách kiểm tra độc lập cho kết quả khác nhau ({what}). "
        "Hãy gửi tệp cho người quản trị để kiểm tra bằng tay."
    ),
    "SIGN-538": _(
        "Không kiểm tra được tệp PDF vì gặp điều không lường trước ({what}). "
        "Hãy gửi tệp cho người quản trị để kiểm tra bằng tay."
    ),
    "SIGN-539": _(
        "Con dấu đúng, nhưng không nói tệp PDF là bản thể hiện của hồ sơ nào. "
        "Hãy đối chiếu với hồ sơ gốc tại nhà trường."
    ),
    "SIGN-540": _(
        "Chưa kiểm tra được chứng thư của nhà trường, vì không có danh sách gốc tin cậy. "
        "Hãy kiểm tra lại trên trang tra cứu."
    ),
    "SIGN-541": _("Dấu thời gian trong PDF không phải của con dấu này hoặc bị hỏng. Hãy xin lại bản gốc."),
    "SIGN-542": _(
        "Dấu thời gian do «{authority}» cấp, chưa xác định được có đáng tin hay không. "
        "Hãy kiểm tra lại sau, hoặc hỏi nơi phát hành."
    ),
    "SIGN-543": _("Dấu thời gian ({time}) sớm hơn giờ ghi trên con dấu ({claimed}). Hãy xin lại bản gốc."),
    "SIGN-544": _(
        "Chứng thư của «{name}» không được công nhận là đáng tin ở thời điểm ký. "
        "Hãy hỏi nhà trường hoặc nơi cấp chứng thư."
    ),
    "SIGN-550": _("Mã băm chỉ dài {length} byte, cần ít nhất {least}. Hãy dùng SHA-256 của tệp hồ sơ."),
    "SIGN-551": _(
        "Mã tra cứu «{text}» không đúng: thiếu, thừa hoặc nhầm ký tự. "
        "Hãy nhập lại từng nhóm ba ký tự trên giấy."
    ),
}
