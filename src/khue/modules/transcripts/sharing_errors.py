"""Refusals of forms and copies of transcripts: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "TRANS-101": _(
        "Chưa biết giáo viên của {subjects} nên chưa xuất được XML. Hãy phân công rồi lập lại học bạ."
    ),
    "TRANS-102": _("Chưa có bố cục học bạ số cho năm học {year}. Hãy thêm tệp bố cục của Bộ cho năm đó."),
    "TRANS-103": _("Không có dạng xuất «{form}» cho năm học {year}. Hãy chọn dạng khác."),
    "TRANS-104": _(
        "Dạng xuất này cần sự kiện và số phiên bản của bản ghi. Hãy xuất từ trang «Bản sao học bạ»."
    ),
    "TRANS-110": _("Không có bảng dữ liệu quốc gia cho cấp học {level}. Hãy chọn dạng xuất khác."),
    "TRANS-111": _("Tệp mô tả bảng dữ liệu không đọc được: {reason}. Hãy sửa tệp rồi thử lại."),
    "TRANS-112": _("Học bạ {transcript} chưa có trang nào được phát hành. Hãy đợi học bạ được ký đủ."),
    "TRANS-113": _(
        "Bản ghi của bảng {table} không hợp lệ ở {fields} ({why}). Hãy sửa dữ liệu gốc rồi xuất lại."
    ),
    "TRANS-120": _("Hãy ghi mục đích và người nhận bản sao, mỗi mục từ {least} kí tự."),
    "TRANS-121": _("Bản sao phải hết hạn sau ngày cấp và không quá {limit} ngày. Hãy chọn ngày khác."),
    "TRANS-122": _("Bản sao này đã thu hồi. Không cần làm gì thêm."),
    "TRANS-123": _("Thu hồi bản sao phải có lí do từ {least} kí tự. Hãy ghi rõ lí do."),
    "TRANS-124": _("Liên kết này không có hoặc đã gõ sai. Hãy quét lại mã QR hoặc hỏi người đã gửi."),
    "TRANS-125": _("Mã mở không đúng. Hãy xem lại 8 kí tự mà người gửi đã báo riêng cho bạn."),
    "TRANS-126": _("Đã nhập sai mã mở nhiều lần. Hãy thử lại sau {minutes} phút."),
    "TRANS-127": _("Bản sao này đã hết hạn hoặc đã thu hồi nên không mở được nữa. Hãy xin bản sao mới."),
    "TRANS-128": _("Tệp gốc của học bạ không còn đúng với chữ ký nên không mở được. Hãy báo nhà trường."),
    "TRANS-129": _("Năm học {year} chưa có trang học bạ phát hành. Hãy chọn năm khác hoặc cả học bạ."),
}
