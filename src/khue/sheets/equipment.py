"""IT equipment and staff certificates: read so that nothing is lost; their module comes later."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from khue.sheets import values
from khue.sheets.banner import school_key
from khue.sheets.data import FileReport, ImportAs, Known, Refuse, Table
from khue.sheets.headers import NAME, Header, Matcher, assign, find_header, key, one_of
from khue.sheets.mark_columns import STT
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
    "ten": one_of(
        "Tên chứng chỉ", "Chứng chỉ", "Văn bằng, chứng chỉ", "Chứng chỉ CNTT", "Tên văn bằng, chứng chỉ"
    ),
    "loai": one_of("Loại", "Mã loại", "Loại chứng chỉ"),
    "modun": one_of("Mô đun", "Môđun", "Mô-đun", "Các mô đun", "Modun"),
    "so_hieu": one_of("Số hiệu", "Số hiệu chứng chỉ", "Số chứng chỉ"),
    "so_vao_so": one_of("Số vào sổ", "Số vào sổ cấp", "Vào sổ số", "Số vào sổ gốc"),
    "ngay_cap": one_of("Ngày cấp", "Cấp ngày"),
    "noi_cap": one_of("Nơi cấp", "Đơn vị cấp", "Cơ quan cấp", "Cơ sở cấp"),
    "diem": one_of("Điểm", "Kết quả", "Điểm, xếp loại", "Xếp loại"),
}


# Written groups → keys of the shipped list «equipment-categories», by a word that tells them.
GROUPS = (
    ("ky so", "CHU_KY_SO"), ("token", "CHU_KY_SO"), ("may tinh", "MAY_TINH"), ("may chu", "MAY_TINH"),
    ("may in", "MAY_TINH"),
    ("may chieu", "TRINH_CHIEU"), ("trinh chieu", "TRINH_CHIEU"), ("tivi", "TRINH_CHIEU"), ("ti vi",
    "TRINH_CHIEU"), ("mang", "MANG"),
    ("internet", "MANG"), ("dung cu", "DUNG_CU"), ("thi nghiem", "DUNG_CU"), ("dung chung", "TBDH_CHUNG"),
    ("theo mon", "TBDH_MON"),
    ("mon hoc", "TBDH_MON"), ("bo mon", "TBDH_MON"), ("toi thieu", "TBDH_MON"), ("khac", "KHAC"),
)  # fmt: skip
CERTIFICATE_KINDS = (
    (r"ung dung (?:cntt|cong nghe thong tin) nang cao|\bnang cao\b", "UDCNTT_NC"),
    (r"ung dung (?:cntt|cong nghe thong tin)|\bco ban\b", "UDCNTT_CB"),
    (r"(?:tin hoc|trinh do)(?: trinh do)? a\b", "TIN_A"), (r"(?:tin hoc|trinh do)(?: trinh do)? b\b",
    "TIN_B"),
    (r"(?:tin hoc|trinh do)(?: trinh do)? c\b", "TIN_C"), (r"\bmos\b|microsoft office", "MOS"), (r"\bic3\b",
    "IC3"),
    (r"\bicdl\b", "ICDL"), (r"thac si", "THAC_SI"), (r"cu nhan|dai hoc", "CU_NHAN"), (r"cao dang",
    "CAO_DANG"),
)  # fmt: skip


def check(book: Book, wanted: ImportAs, known: Known, report: FileReport) -> None:
    """Read both kinds of sheets as plain tables."""
    for sheet in book.sheets:
        if not sheet.visible:
            continue
        header = find_header(sheet, lambda text: text in {"ten thiet bi", "ten tai san"})
        if header is not None:
            table = _table(sheet, header, EQUIPMENT, "equipment", "ten")
            table.about = {"school": _school(sheet, header, wanted, known)}
            report.tables.append(table)
            continue
        header = find_header(sheet)
        if header is not None and any("chung chi" in column.leaf for column in header.columns):
            report.tables.append(_certificates(sheet, header))
    if not report.tables:
        raise Refuse("required_columns_missing")


def _school(sheet: Sheet, header: Header, wanted: ImportAs, known: Known) -> str | None:
    """The school whose name stands above the table, or the one that was chosen."""
    above = " ".join(
        school_key(sheet.text(row, column))
        for row in sheet.numbers() if row < header.top for column in sorted(sheet.rows[row])
    )  # fmt: skip
    named = [code for code, name in known.schools.items() if school_key(name) in above]
    return named[0] if len(named) == 1 else wanted.school or None


def _table(sheet: Sheet, header: Header, matchers: dict[str, Matcher], name: str, needed: str) -> Table:
    fields = assign(header, matchers)
    stt = next((column.index for column in header.columns if column.leaf in STT), None)
    names = ["r", *(field for field in matchers if field in fields)]
    rows = []
    for row in sheet.numbers():
        numbered = stt is None or sheet.text(row, stt).isdigit()
        if row < header.first or not sheet.text(row, fields[needed]) or not numbered:
            continue
        rows.append([row + 1, *(_value(field, sheet, row, fields[field]) for field in names[1:])])
    return Table(sheet.name, name, names, rows)


def _certificates(sheet: Sheet, header: Header) -> Table:
    """Certificates with a key of their own: a person may hold several."""
    table = _table(sheet, header, CERTIFICATES, "it_certificates", "ho_ten")
    found = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    for number, row in enumerate(found):
        row["key"] = f"{row.get('ma_cb') or row['ho_ten']}#{number}"
        row["loai"] = row.get("loai") or _kind(row.get("ten"))
    names = [name for name in ("r", "key", *CERTIFICATES) if name in {"key", "loai"} or name in table.columns]
    return Table(sheet.name, table.table, names, [[row.get(name) for name in names] for row in found])


def _kind(text: str | None) -> str | None:
    plain = key(text or "")
    return next((code for pattern, code in CERTIFICATE_KINDS if re.search(pattern, plain)), None)


def _group(text: str) -> str:
    plain = key(text)
    return next((code for word, code in GROUPS if word in plain), text)


def _value(field: str, sheet: Sheet, row: int, column: int) -> Any:
    cell = sheet.cell(row, column)
    if field in {"ngay_sinh", "ngay_cap"}:
        return values.date(cell, earliest=1930).value
    if field in {"so_luong", "nam", "nguyen_gia"}:
        if cell is not None and isinstance(cell.value, str):
            digits = re.sub(r"[^\d]", "", cell.value)
            return int(digits) if digits else None
        return values.number(cell).value
    if field == "nhom":
        written = values.text(cell).value
        return _group(written) if written else None
    if field == "diem" and cell is not None and isinstance(cell.value, Decimal):
        return f"{cell.value:.1f}"
    return values.text(cell).value
