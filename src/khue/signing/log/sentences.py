"""Sentences of the evidence log (code → Vietnamese): what happened, why, what to do.

400 files and appending, 410 notes and checkpoints, 420 time, 430 witnesses, 440 proofs, 460 bundles,
480 the examination of a log.
"""

from __future__ import annotations

from khue.signing.sentences import _

CODES: dict[str, str] = {
    "SIGN-400": _("Tên tệp «{name}» không thuộc nhật kí. Hãy kiểm tra lại địa chỉ."),
    "SIGN-401": _("Một tiến trình khác đang ghi nhật kí. Hãy đợi tiến trình đó xong rồi thử lại."),
    "SIGN-402": _("Tệp «{name}» của nhật kí bị thiếu hoặc hỏng. Hãy khôi phục tệp từ bản sao lưu."),
    "SIGN-403": _(
        "Nhật kí có các điểm chốt cũ nhưng mất tệp «checkpoint». Không ghi tiếp để tránh tạo hai lịch sử; "
        "hãy khôi phục tệp này từ bản sao lưu."
    ),
    "SIGN-404": _(
        "Mục số {index} không nối liền nhật kí đang có {size} mục. Hãy ghi các mục còn thiếu trước."
    ),
    "SIGN-405": _(
        "Mục số {index} trong nhật kí khác với mục đang ghi. Nhật kí không sửa được; "
        "hãy chạy kiểm tra nhật kí để đối chiếu."
    ),
    "SIGN-406": _(
        "Mục nhật kí dài {length} byte, phải là {expected} byte (SHA-256 của tệp). Hãy kiểm tra lại."
    ),
    "SIGN-407": _(
        "Các tệp của nhật kí không khớp điểm chốt {size} mục. Không ghi tiếp; hãy chạy kiểm tra nhật kí "
        "và khôi phục tệp bị sửa."
    ),
    "SIGN-410": _(
        "Khoá nhật kí «{key}» không đọc được hoặc bị trùng. Hãy chép lại nguyên văn khoá được công bố."
    ),
    "SIGN-411": _("Văn bản có chữ kí không đúng dạng quy định. Hãy lấy lại tệp gốc."),
    "SIGN-412": _(
        "Chữ kí của «{name}» không đúng hoặc không có. Nội dung có thể đã bị sửa; hãy lấy lại tệp gốc."
    ),
    "SIGN-413": _("Điểm chốt của nhật kí không đúng dạng quy định. Hãy lấy lại tệp gốc."),
    "SIGN-414": _("Điểm chốt này của nhật kí «{origin}», không phải «{expected}». Hãy lấy đúng tệp."),
    "SIGN-415": _("Tệp khoá sai ở dòng {line}. Hãy chép lại nguyên văn tệp được công bố."),
    "SIGN-420": _(
        "Dấu thời gian thứ {number} không phải của điểm chốt này. Hãy lấy lại gói hồ sơ từ nơi phát hành."
    ),
    "SIGN-421": _(
        "Điểm chốt chưa có dấu thời gian nên chưa biết chắc có từ bao giờ. Hãy lấy gói mới sau vài giờ."
    ),
    "SIGN-422": _("Các dấu thời gian không theo thứ tự trước sau. Hãy lấy lại gói hồ sơ từ nơi phát hành."),
    "SIGN-423": _(
        "Chưa xác nhận được bên cấp dấu thời gian «{authority}». Hãy cập nhật chứng thư gốc rồi kiểm tra lại."
    ),
    "SIGN-430": _("Yêu cầu gửi bên chứng kiến không đúng dạng quy định."),
    "SIGN-431": _(
        "Bên chứng kiến «{name}» từ chối (mã {status}): họ đã thấy một lịch sử khác của nhật kí. "
        "Hãy dừng ghi và chạy kiểm tra nhật kí ngay."
    ),
    "SIGN-432": _(
        "Bên chứng kiến «{name}» không trả lời đúng (mã {status}). Nhật kí vẫn chạy; hệ thống sẽ hỏi lại."
    ),
    "SIGN-440": _("Tệp chứng cứ nhật kí không đúng dạng quy định. Hãy lấy lại tệp gốc."),
    "SIGN-441": _(
        "Các tệp của nhật kí không dẫn tới mã gốc của điểm chốt {size} mục, ở mục số {index}. "
        "Hãy chạy kiểm tra nhật kí."
    ),
    "SIGN-442": _("Mục số {index} chưa nằm dưới điểm chốt {size} mục. Hãy dùng điểm chốt mới hơn."),
    "SIGN-443": _(
        "Không biết nhật kí «{origin}» nên chưa thể tin. Hãy lấy khoá công khai của nó từ Sở quản lí."
    ),
    "SIGN-444": _(
        "Tệp này không phải tệp đã ghi ở mục số {index} của nhật kí ({size} mục): "
        "tệp hoặc chứng cứ đã bị sửa. Hãy lấy lại bản gốc."
    ),
    "SIGN-445": _(
        "Điểm chốt mới có {count} bên chứng kiến, chưa đủ theo chính sách. Hãy lấy chứng cứ mới hơn."
    ),
    "SIGN-460": _("Tệp nén hỏng hoặc không đúng dạng. Hãy tải lại gói hồ sơ."),
    "SIGN-461": _(
        "Tệp quá lớn: {size} byte, tối đa {limit} byte. Đây không phải gói hồ sơ; hãy kiểm tra lại tệp."
    ),
    "SIGN-462": _("Tệp nén có {count} tệp bên trong, tối đa {limit}. Hãy kiểm tra lại tệp."),
    "SIGN-463": _(
        "Tên tệp «{name}» trong gói không được phép. Gói có thể gây hại; hãy tải lại từ nơi phát hành."
    ),
    "SIGN-464": _("Trong gói có hai tệp trùng tên «{name}». Hãy tải lại gói từ nơi phát hành."),
    "SIGN-465": _(
        "«{name}» trong gói không phải tệp thường. Gói có thể gây hại; hãy tải lại từ nơi phát hành."
    ),
    "SIGN-466": _("«{name}» trong gói bị khoá bằng mật khẩu nên không kiểm tra được. Hãy tải lại gói."),
    "SIGN-467": _(
        "«{name}» trong gói phình ra quá lớn khi giải nén. Gói có thể gây hại; hãy tải lại từ nơi phát hành."
    ),
    "SIGN-468": _("«{name}» trong gói lại là một tệp nén. Hãy tải lại gói từ nơi phát hành."),
    "SIGN-469": _("Gói hồ sơ thiếu tệp «{name}». Hãy tải lại gói từ nơi phát hành."),
    "SIGN-470": _("Gói hồ sơ có tệp lạ «{name}». Hãy tải lại gói từ nơi phát hành."),
    "SIGN-471": _(
        "Tệp «{name}» trong gói khác với bản kê. Gói bị hỏng hoặc bị sửa; hãy tải lại từ nơi phát hành."
    ),
    "SIGN-472": _("Điểm chốt trong gói khác với điểm chốt trong chứng cứ. Hãy lấy lại gói từ nơi phát hành."),
    "SIGN-473": _(
        "Bản PDF không phải của hồ sơ XML trong gói. Chỉ tin bản XML; hãy lấy lại gói từ nơi phát hành."
    ),
    "SIGN-474": _("Bản PDF không nói nó thể hiện hồ sơ nào. Chỉ tin bản XML."),
    "SIGN-475": _(
        "Khoá của nhật kí «{origin}» mới chỉ do chính gói này đưa ra. "
        "Hãy so với khoá mà Sở công bố rồi kiểm tra lại."
    ),
    "SIGN-476": _("Tệp «{name}» trong gói không hợp lệ: {reason}"),
    "SIGN-477": _("Tệp «{name}» trong gói chưa thể kết luận: {reason}"),
    "SIGN-480": _(
        "Tệp «{name}» của nhật kí khác với tệp tính lại từ các mục. Hãy khôi phục tệp từ bản sao lưu."
    ),
    "SIGN-481": _(
        "Mục số {index} của nhật kí khác với dòng tương ứng trong cơ sở dữ liệu, và là chỗ khác đầu tiên. "
        "Hãy đối chiếu tệp hồ sơ với bản sao lưu của ngày đó."
    ),
    "SIGN-482": _(
        "Cơ sở dữ liệu không có dòng cho mục số {index} của nhật kí. Hãy khôi phục dòng này từ bản sao lưu."
    ),
    "SIGN-483": _(
        "Cơ sở dữ liệu ghi mục số {index} đã vào nhật kí, nhưng nhật kí chỉ có {size} mục. "
        "Hãy khôi phục nhật kí từ bản sao lưu mới nhất."
    ),
    "SIGN-484": _(
        "Tính lại từ các mục thì mã gốc khác điểm chốt {size} mục: có mục đã bị sửa. "
        "Hãy khôi phục nhật kí từ bản sao lưu."
    ),
    "SIGN-485": _(
        "Điểm chốt cũ {size} mục sai chữ kí hoặc không phải phần đầu của nhật kí hôm nay. "
        "Hãy khôi phục từ bản sao lưu và báo các bên chứng kiến."
    ),
}
