"""IT equipment and staff certificates: read so that nothing is lost; their module comes later."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from khue.sheets import values
from khue.sheets.data import FileReport, ImportAs, Known, Refuse, Table
from khue.sheets.gradebook import STT
from khue.sheets.headers import NAME, Header, Matcher, assign, find_header, one_of
from khue.sheets.workbook import Book, Sheet

EQUIPMENT: dict[str, Matcher] = {
    "ma": one_of("Mã tài sản", "Mã thiết bị", "Mã TS", "Mã TB", "Mã"),
    "ten": one_of("Tên thiết bị", "Tên tài sản", "Thiết bị", "Tên"),
    "nhom": one_of("Nhóm", "Nhóm thiết bị", "Loại", "Phân loại"),
    "model": one_of("Hãng, model", "Model", "Hãng", "Nhãn hiệu", "Kí hiệu"),
    "serial": one_of("Số sê-ri", "Serial", "Số seri", "S/N"),
    "don_vi": one_of("Đơn vị tính", "ĐVT", "Đơn vị"),
    "so_luong": one_of("Số lượng", "SL"),
    "nam": one_of("Năm sử dụng", "Năm đưa vào sử dụng", "Năm", "Năm SD"),
    "nguyen_gia": one_of("Nguyên giá (đồng)", "Nguyên giá", "Đơn giá", "Giá trị"),
    "nguon": one_of("Nguồn", "Nguồn vốn", "Nguồn kinh phí", "Nguồn gốc"),
    "vi_tri": one_of("Vị trí", "Nơi đặt", "Phòng", "Nơi sử dụng"),
    "tinh_trang": one_of("Tình trạng", "Hiện trạng", "Chất lượng"),
}
CERTIFICATES: dict[str, Matcher] = {
    "ma_cb": one_of("Mã cán bộ", "Mã CB", "Mã giáo viên", "Mã GV", "Mã định danh"),
    "ho_ten": lambda column: column.leaf in NAME,
    "ngay_sinh": one_of("Ngày sinh", "Ngày tháng năm sinh"),
    "ten": one_of("Tên chứng chỉ", "Chứng chỉ", "Văn bằng, chứng chỉ", "Chứng chỉ CNTT", "Tên văn bằng, chứng chỉ"),
    "loai": one_of("Loại", "Mã loại", "Loại chứng chỉ"),
    "modun": one_of("Mô đun", "Môđun", "Mô-đun", "Các mô đun", "Modun"),
    "so_hieu": one_of("Số hiệu", "Số hiệu chứng chỉ", "Số chứng chỉ"),
    "so_vao_so": one_of("Số vào sổ", "Số vào sổ cấp", "Vào sổ số", "Số vào sổ gốc"),
    "ngay_cap": one_of("Ngày cấp", "Cấp ngày"),
    "noi_cap": one_of("Nơi cấp", "Đơn vị cấp", "Cơ quan cấp", "Cơ sở cấp"),
    "diem": one_of("Điểm", "Kết quả", "Điểm, xếp loại", "Xếp loại"),
}


def check(book: Book, wanted: ImportAs, known: Known, report: FileReport) -> None:
    """Read both kinds of sheets as plain tables."""
    del wanted, known
    for sheet in book.sheets:
        if not sheet.visible:
            continue
        header = find_header(sheet, lambda text: text in {"ten thiet bi", "ten tai san"})
        if header is not None:
            _table(sheet, header, EQUIPMENT, "equipment", "ten", report)
            continue
        header = find_header(sheet)
        if header is not None and any("chung chi" in column.leaf for column in header.columns):
            _table(sheet, header, CERTIFICATES, "it_certificates", "ho_ten", report)
    if not report.tables:
        raise Refuse("required_columns_missing")


def _table(
    sheet: Sheet, header: Header, matchers: dict[str, Matcher], name: str, needed: str, report: FileReport
) -> None:
    fields = assign(header, matchers)
    stt = next((column.index for column in header.columns if column.leaf in STT), None)
    names = ["r", *(field for field in matchers if field in fields)]
    rows = []
    for row in sheet.numbers():
        numbered = stt is None or sheet.text(row, stt).isdigit()
        if row < header.first or not sheet.text(row, fields[needed]) or not numbered:
            continue
        rows.append([row + 1, *(_value(field, sheet, row, fields[field]) for field in names[1:])])
    report.tables.append(Table(sheet.name, name, names, rows))


def _value(field: str, sheet: Sheet, row: int, column: int) -> Any:
    cell = sheet.cell(row, column)
    if field in {"ngay_sinh", "ngay_cap"}:
        return values.date(cell, earliest=1930).value
    if field in {"so_luong", "nam", "nguyen_gia"}:
        if cell is not None and isinstance(cell.value, str):
            digits = re.sub(r"[^\d]", "", cell.value)
            return int(digits) if digits else None
        return values.number(cell).value
    if field == "diem" and cell is not None and isinstance(cell.value, Decimal):
        return f"{cell.value:.1f}"
    return values.text(cell).value
