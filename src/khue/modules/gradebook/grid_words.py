"""The sentences that `<grade-grid>` says, handed to the script in the language of the page.

The script holds no words of its own; `{n}` and the like are filled there.
"""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

WORDS = {
    "tools": _("Công cụ bảng điểm"),
    "column": _("Cột"),
    "undo": _("↶ Hoàn tác"),
    "redo": _("↷ Làm lại"),
    "pending": _("Vắng, chờ bù"),
    "pending_key": _("Phím v"),
    "no_makeup": _("Không bù"),
    "no_makeup_means": _("Không kiểm tra bù: 0 điểm hoặc Chưa đạt"),
    "down": _("Xuống ↓"),
    "right": _("Sang phải →"),
    "way": _("Sau khi nhập, đi xuống hay sang phải"),
    "correct": _("Yêu cầu sửa điểm"),
    "history": _("Lịch sử ô"),
    "erased": _("xoá"),
    "orphans": _(
        "{n} ô nhập trên máy này chưa kịp gửi thì bảng đã chốt hoặc bạn không còn nhập bảng này: {cells}."
    ),
    "drop": _("Đã xem, bỏ các ô này"),
    "sending": _("Đang gửi {n} ô…"),
    "saved": _("Đã lưu {at}"),
    "autosave": _("Tự lưu khi nhập"),
    "readonly": _("Chỉ xem"),
    "bad_key": _("Phím «{key}» không dùng được ở cột này."),
    "too_long": _("Nhận xét dài quá 1000 kí tự."),
    "not_a_mark": _("«{text}» không phải điểm."),
    "out_of_range": _("«{text}» không phải điểm từ 0 đến 10."),
    "not_whole": _("«{text}» không phải điểm nguyên từ 0 đến 10."),
    "not_a_count": _("«{text}» không phải số buổi."),
    "not_here": _("«{text}» không dùng được ở cột này."),
    "phrases": _("Mẫu nhận xét: Alt và mũi tên xuống"),
    "periodic_only": _("Chỉ dùng cho ô giữa kì và cuối kì."),
    "not_pasted": _("{n} ô không dán được: {cells}"),
    "outside": _("{n} giá trị nằm ngoài các cột nhập được nên bỏ qua."),
    "pasted": _("Đã dán {n} ô"),
    "offline": _("Mất mạng: {n} ô chờ gửi, vẫn giữ trên máy này"),
    "signed_out": _("Phiên đăng nhập đã hết. Hãy tải lại trang để đăng nhập."),
    "refused": _("Máy chủ không nhận."),
    "kept": _("{n} ô chưa gửi vẫn giữ trên máy này."),
    "unsaved": _("Chưa lưu được"),
    "empty": _("trống"),
    "conflict": _("Hai người cùng sửa một ô"),
    "theirs": _("Giữ của {by}: {value}"),
    "mine": _("Dùng của tôi: {value}"),
    "somebody": _("người khác"),
    "choose": _("Hãy chọn một ô điểm."),
    "at": _("Lúc"),
    "who": _("Người"),
    "old": _("Cũ"),
    "new": _("Mới"),
    "how": _("Cách"),
    "never": _("Ô này chưa từng được nhập."),
    "no_history": _("Không tải được lịch sử khi mất mạng."),
    "history_of": _("Lịch sử: {name}, {column}"),
    "close": _("Đóng"),
}


def grid_words() -> dict[str, str]:
    """All of them, as the reader reads them."""
    return {key: gettext(text) for key, text in WORDS.items()}
