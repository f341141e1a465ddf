"""Refusals of keys and signing services: what happened, why, what to do."""

from __future__ import annotations

from khue.signing.sentences import _

CODES: dict[str, str] = {
    "SIGN-300": _("Không có nội dung nào để ký. Hãy chọn ít nhất một hồ sơ."),
    "SIGN-301": _("Nội dung {id} được yêu cầu ký hai lần trong một lượt. Hãy tải lại trang rồi ký lại."),
    "SIGN-302": _(
        "Giá trị băm dài {length} byte, không đúng với thuật toán {algorithm}. Hãy chuẩn bị lại lượt ký."
    ),
    "SIGN-303": _(
        "Lượt ký có {count} hồ sơ, nhưng mỗi lần xác nhận chỉ ký được {limit}. Hãy chia thành nhiều lượt."
    ),
    "SIGN-304": _("Phiếu chờ ký này hỏng hoặc thuộc cách ký khác. Hãy bắt đầu lại lượt ký."),
    "SIGN-305": _("Không tìm thấy chứng thư «{credential}» ở nơi giữ khoá. Hãy chọn lại chứng thư."),
    "SIGN-306": _("Khoá {key} không ký được bằng thuật toán {algorithm}. Hãy chuẩn bị lại lượt ký."),
    "SIGN-307": _("Lượt ký đã bị huỷ nên giá trị gửi về sau không được nhận. Hãy ký lại nếu cần."),
    "SIGN-308": _("Một lượt ký từ xa chỉ dùng một thuật toán. Hãy chia lượt ký theo thuật toán."),
    "SIGN-310": _("Không mở được tệp khoá: mật khẩu sai hoặc tệp hỏng. Hãy kiểm tra mật khẩu rồi thử lại."),
    "SIGN-311": _("Tệp khoá không có đủ khoá bí mật và chứng thư của nó. Hãy xuất lại tệp .p12."),
    "SIGN-312": _("Không nạp được trình điều khiển «{module}». Hãy cài phần mềm của nhà cung cấp USB token."),
    "SIGN-313": _("Không thấy thiết bị khoá «{token}». Hãy cắm USB token rồi thử lại."),
    "SIGN-314": _("Mã PIN không đúng. Hãy nhập lại cẩn thận: nhập sai nhiều lần thiết bị sẽ khoá."),
    "SIGN-315": _("Thiết bị khoá đã bị khoá mã PIN. Hãy liên hệ nhà cung cấp chứng thư để mở khoá."),
    "SIGN-316": _("Mã PIN này vừa sai nên không gửi lại tới thiết bị. Hãy nhập mã PIN khác."),
    "SIGN-317": _("Thiết bị không có khoá bí mật của chứng thư «{credential}». Hãy chọn chứng thư khác."),
    "SIGN-318": _("Thiết bị khoá bị rút ra khi đang ký. Hãy cắm lại rồi ký lại."),
    "SIGN-319": _("Thiết bị khoá báo lỗi {reason}. Hãy cắm lại thiết bị; nếu vẫn lỗi, báo nhà cung cấp."),
    "SIGN-320": _("Chưa kết nối được tới {service}. Hãy kiểm tra mạng rồi thử lại; chưa có gì được gửi đi."),
    "SIGN-321": _("{service} báo lỗi {status}. Hãy thử lại sau vài phút."),
    "SIGN-322": _("Câu trả lời của {service} không đọc được. Hãy thử lại; nếu vẫn lỗi, báo nhà cung cấp."),
    "SIGN-323": _("Câu trả lời của {service} lớn hơn {limit} KiB nên không nhận. Hãy báo nhà cung cấp."),
    "SIGN-324": _(
        "{service} không nhận tài khoản kết nối: {reason}. Hãy báo người quản trị kiểm tra cấu hình."
    ),
    "SIGN-325": _("{service} từ chối yêu cầu: {reason}. Hãy kiểm tra chứng thư và thông tin người ký."),
    "SIGN-326": _("{service} đang quá tải. Hệ thống sẽ hỏi lại; nếu kéo dài, hãy ký lại sau."),
    "SIGN-327": _("Địa chỉ {address} không dùng HTTPS nên không được phép. Hãy sửa cấu hình dịch vụ ký."),
    "SIGN-328": _("Thiếu thông tin bí mật «{what}» để ký. Hãy nhập, hoặc báo người quản trị cấu hình."),
    "SIGN-329": _(
        "{service} không trả lời kịp. Hãy xem điện thoại có yêu cầu chờ xác nhận không, rồi thử lại."
    ),
    "SIGN-330": _("Đang chờ bạn xác nhận trên điện thoại qua {service}. Hãy mở ứng dụng và bấm đồng ý."),
    "SIGN-331": _("Người ký đã từ chối trên điện thoại. Nếu đó là nhầm lẫn, hãy ký lại."),
    "SIGN-332": _("Quá thời gian mà chưa có xác nhận nên lượt ký hết hạn. Hãy ký lại và xác nhận kịp thời."),
    "SIGN-333": _("{service} không ký được: {reason}. Hãy ký lại; nếu vẫn lỗi, báo nhà cung cấp."),
    "SIGN-334": _("Tài khoản ký tại {service} đã hết lượt. Hãy gia hạn với nhà cung cấp rồi ký lại."),
    "SIGN-335": _(
        "{service} báo chứng thư hết hạn hoặc bị thu hồi. Hãy gia hạn chứng thư hoặc chọn cái khác."
    ),
    "SIGN-336": _(
        "Chỉ nhận về {got} giá trị cho {count} hồ sơ nên lượt ký chưa đủ. Hãy ký lại phần còn thiếu."
    ),
    "SIGN-337": _(
        "Giá trị nhận về có mã lạ hoặc lặp lại; giữ được {got} trên {count}. Hãy ký lại phần còn thiếu."
    ),
    "SIGN-338": _(
        "Có giá trị nhận về không đọc được; giữ được {got} trên {count}. Hãy ký lại phần còn thiếu."
    ),
    "SIGN-339": _(
        "Phiên xác nhận với {service} không còn (máy chủ vừa khởi động lại). Hãy ký lại phần còn thiếu."
    ),
    "SIGN-340": _("{service} không biết giao dịch này: nó chưa tới nơi hoặc đã bị xoá. Hãy ký lại."),
    "SIGN-342": _("Thông báo gửi tới không thuộc lượt ký này nên bị bỏ qua. Không cần làm gì thêm."),
    "SIGN-343": _("Chứng thư này chỉ cho xác nhận trên trang của {service}. Hãy chọn cách ký khác."),
    "SIGN-344": _("{service} báo mã PIN hoặc OTP không đúng. Hãy nhập lại mã mới rồi ký lại."),
    "SIGN-350": _(
        "Chỉ {good} trên {count} chữ ký nhận về là đúng; các hồ sơ còn lại chưa được ký. Hãy ký lại chúng."
    ),
    "SIGN-351": _("Không chữ ký nào trong {count} giá trị nhận về là đúng với chứng thư. Hãy ký lại."),
    "SIGN-360": _(
        "Chương trình ký trên máy dùng chứng thư khác với chứng thư đã chọn. Hãy chọn đúng chứng thư."
    ),
    "SIGN-361": _(
        "Chương trình ký trên máy báo lỗi {status}: {message}. Đã ký được {got} trên {count}. Hãy ký lại."
    ),
    "SIGN-362": _("Dữ liệu từ chương trình ký trên máy quá lớn hoặc không đọc được. Hãy ký lại."),
    "SIGN-364": _(
        "Chương trình ký không hiểu yêu cầu của trang: {reason}. Hãy cập nhật chương trình rồi thử lại."
    ),
    "SIGN-365": _("Bạn đã không đồng ý ký ở máy này. Hãy ký lại nếu đó là nhầm lẫn."),
    "SIGN-366": _("Chương trình VGCA chỉ ký bằng khoá RSA, không phải {algorithm}. Hãy chọn cách ký khác."),
}
