"""Refusals of the register: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "REG-001": _("Số đăng bộ {number} đã cấp cho {holder} nên không cấp được cho {name}. Hãy xem lại số."),
    "REG-002": _("{name} đang có trong sổ đăng bộ của trường, số {number}. Không cần ghi lần nữa."),
    "REG-003": _("Số đăng bộ «{number}» của {name} không đọc được. Hãy ghi dạng 12 hoặc 12/{level}."),
    "REG-004": _("Chưa biết {name} học cấp nào ở trường nên chưa vào sổ. Hãy xếp lớp cho học sinh trước."),
    "REG-005": _("Không có học sinh này trong trường. Hãy tiếp nhận học sinh trước khi ghi vào sổ đăng bộ."),
    "REG-006": _("Trường không có cấp {level}. Hãy xem lại cấp học của lớp."),
    "REG-010": _("{name} đang ở trạng thái «{state}» nên không ghi được «{event}». Hãy xem lại diễn biến."),
    "REG-011": _("{name} không vắng mặt (đang «{state}») nên không ghi được việc trở lại. Hãy xem lại sổ."),
    "REG-012": _("Ngày {day} chưa đến. Hãy ghi khi việc đã xảy ra."),
    "REG-013": _("Ngày {day} trước sự việc gần nhất của {name} ({last}). Hãy xem lại ngày."),
    "REG-014": _("«{event}» phải có số quyết định hoặc giấy tờ. Hãy ghi số, ngày của giấy."),
    "REG-015": _(
        "{name} đã ở lại lớp {most} lần trong cấp học, là số lần nhiều nhất. Hãy xem lại quyết định."
    ),
    "REG-016": _("Mục «{item}» không sửa được bằng cải chính hộ tịch. Hãy sửa ở hồ sơ học sinh."),
    "REG-017": _("Không có gì khác với sổ nên không ghi cải chính. Hãy sửa ít nhất một mục."),
    "REG-018": _("Dòng số {number} đã gạch bỏ nên không ghi thêm được. Hãy ghi vào sổ bằng số mới."),
    "REG-019": _("Ngày của giấy tờ {day} sau ngày hôm nay. Hãy xem lại ngày trên giấy."),
    "REG-020": _("Sổ {book} đã khoá năm học {year}. Biến động ghi từ nay thuộc trang năm sau."),
    "REG-021": _("Chưa đến lúc khoá năm học {year}: năm học kết thúc ngày {day}. Hãy khoá khi hết năm học."),
    "REG-022": _("Sổ {book} chưa khoá năm học {year}. Hãy khoá các năm theo thứ tự."),
    "REG-023": _("Khoá sổ năm {year} cần kết quả của các lớp {names}. Hãy khoá sổ điểm các lớp đó trước."),
    "REG-024": _("Sổ {book} bắt đầu từ năm học {year}, không có trang của năm trước đó."),
    "REG-025": _("Trường dùng chữ ký số nên khoá sổ bằng cách ký. Hãy bấm «Ký khoá sổ»."),
    "REG-026": _("Sổ {book} chưa có học sinh nào nên không có gì để khoá."),
    "REG-028": _("Chưa có năm học {year} trong hệ thống. Hãy mở năm học trước khi khoá sổ."),
    "REG-029": _(
        "Trang năm học {year} của sổ {book} có {count} học sinh, quá lớn cho một hồ sơ đã ký. "
        "Hãy in sổ, ký trên giấy và báo người quản trị."
    ),
}
