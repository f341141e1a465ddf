"""Refusals of the code lists: what happened, why, what to do."""

from __future__ import annotations

CODES: dict[str, str] = {
    "COD-001": "Không có danh mục «{code_list}». Hãy chọn lại từ trang Danh mục.",
    "COD-002": "Tên của mục không được để trống và dài nhất {limit} kí tự. Hãy nhập lại.",
    "COD-003": "Ngày {day} không dùng được vì mục có hiệu lực từ {start}. Hãy chọn ngày sau ngày đó.",
    "COD-004": "Mục này đã hết hiệu lực từ {end} nên không sửa được. Hãy chọn mục đang có hiệu lực.",
    "COD-005": "Mã «{value}» đã có trong danh mục này. Hãy dùng mã khác hoặc sửa mục đang có.",
    "COD-006": "Mã của mục không được để trống và dài nhất {limit} kí tự. Hãy nhập lại.",
    "COD-007": "Mã hoặc tên gọi khác dài quá {limit} kí tự. Hãy rút ngắn rồi lưu lại.",
}
