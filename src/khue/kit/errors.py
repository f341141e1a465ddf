"""Sentences of the refusals of core, rules and kit (code → Vietnamese), and the catalogue of all modules.

The pure tiers raise codes only; their sentences stand here, at the lowest place that speaks to people.
They are marked for translation where they stand, and translated and filled only when somebody reads them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from khue.kit.words import said
from khue.signing.report import Finding
from khue.signing.sentences import catalogue as signing_sentences

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: dict[str, str] = {
    "CORE-001": _("«{value}» không phải là số. Hãy nhập số, ví dụ 7,5."),
    "CORE-002": _("«{value}» nằm ngoài thang điểm 10. Hãy nhập điểm từ 0 đến 10."),
    "CORE-003": _("«{value}» có hơn một chữ số thập phân nên không dùng để tính được. Hãy làm tròn đến 0,1."),
    "CORE-004": _("Mã «{value}» trong địa chỉ không đọc được. Hãy mở lại trang từ danh sách."),
    "CORE-005": _("Thời gian không hợp lệ: bắt đầu {start} nhưng kết thúc {end}. Hãy sửa ngày kết thúc."),
    "CORE-006": _("«{value}» không phải là ngày. Hãy nhập ngày/tháng/năm, ví dụ 05/09/2025."),
    "CORE-007": _("«{value}» không phải là năm học. Hãy viết hai năm liền nhau, ví dụ 2025-2026."),
    "CORE-008": _("Không có quy chế đánh giá cho lớp {grade}. Hãy chọn khối lớp từ 1 đến 12."),
    "CORE-009": _(
        "Lựa chọn «{name}» không nhận giá trị «{value}». Hãy chọn một cách hiểu có trong danh sách."
    ),
    "CORE-020": _(
        "«{value}» không phải là số nguyên. Điểm kiểm tra định kì tiểu học là số nguyên từ 0 đến 10."
    ),
    "CORE-021": _("«{value}» không dùng được cho {name}. Hãy dùng một trong: {allowed}."),
    "CORE-022": _("Ngày {value} lệch quá {weeks} tuần so với khung {usual} của Bộ. Hãy kiểm tra lại ngày."),
    "KIT-001": _("Không tìm thấy trang hoặc hồ sơ này. Hãy quay lại trang trước và chọn lại."),
    "KIT-002": _("Bạn xem được hồ sơ này nhưng không có quyền «{action}». Hãy nhờ người có quyền."),
    "KIT-003": _("Dữ liệu gửi lên không đọc được. Hãy tải lại trang rồi thử lại."),
    "KIT-004": _("Tệp hoặc dữ liệu gửi lên quá lớn. Hãy chia nhỏ rồi gửi lại."),
    "KIT-005": _("Trang gửi đi đã cũ hoặc không phải trang của Khuê. Hãy tải lại trang rồi gửi lần nữa."),
    "KIT-006": _("Yêu cầu này không được nhận. Hãy quay lại trang trước, tải lại rồi thử lần nữa."),
}
# Parameters that hold a word of the system, such as the label of an action; others hold data.
WORDED = frozenset({"action", "term", "later", "state", "scheme", "item", "what", "role", "slot", "provider"})
LISTED = frozenset({"roles", "names", "waiting"})  # several, with commas between; names of people stay


def catalogue() -> dict[str, str]:
    """Every refusal of every installed module, and what the signing package says."""
    found: dict[str, str] = CODES | signing_sentences()
    for app in apps.get_app_configs():
        if not app.name.startswith("khue.modules."):
            continue
        try:
            module = import_module(f"{app.name}.errors")
        except ModuleNotFoundError:
            continue
        found.update(module.CODES)
    return found


def sentence(code: str, params: Mapping[str, object]) -> str:
    """The sentence a person reads: what happened, why, what to do."""
    template = catalogue().get(code)
    if template is None:
        return gettext("Thao tác bị từ chối (mã {code}).").format(code=code)
    return gettext(template).format(**{name: _param(name, value) for name, value in params.items()})


def _param(name: str, value: object) -> object:
    if isinstance(value, Finding):
        return sentence(value.code, value.params)
    if name in LISTED:
        return ", ".join(said(one) for one in str(value).split(", "))
    return said(value) if name in WORDED else value
