"""Refusals of the code lists: what happened, why, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

CODES: dict[str, str] = {
    "COD-001": _("Không có danh mục «{code_list}». Hãy chọn lại từ trang Danh mục."),
    "COD-002": _("Tên của mục không được để trống và dài nhất {limit} kí tự. Hãy nhập lại."),
    "COD-003": _("Ngày {day} không dùng được vì mục có hiệu lực từ {start}. Hãy chọn ngày sau ngày đó."),
    "COD-004": _("Mục này đã hết hiệu lực từ {end} nên không sửa được. Hãy chọn mục đang có hiệu lực."),
    "COD-005": _("Mã «{value}» đã có trong danh mục này. Hãy dùng mã khác hoặc sửa mục đang có."),
    "COD-006": _("Mã của mục không được để trống và dài nhất {limit} kí tự. Hãy nhập lại."),
    "COD-007": _("Mã hoặc tên gọi khác dài quá {limit} kí tự. Hãy rút ngắn rồi lưu lại."),
}
