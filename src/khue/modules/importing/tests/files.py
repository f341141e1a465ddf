"""Small workbooks as schools have them, for tests."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

Row = Sequence[object]


def workbook(**sheets: Sequence[Row]) -> bytes:
    """A workbook of these sheets, row by row."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(number, column, value)
    book.close()
    return stream.getvalue()


def marks(rows: Sequence[Row], *, subject: str = "Toán", class_name: str = "6A", term: int = 1) -> bytes:
    """A mark sheet of one subject."""
    head: list[Row] = [
        ["TRƯỜNG THCS KHE VÀNG", None, None, None, f"BẢNG ĐIỂM HỌC KỲ {term}, NĂM HỌC 2025 - 2026"],
        [None, None, None, None, f"Môn: {subject} - Lớp {class_name} - (Học kỳ {term})"],
        [
            "STT",
            "Mã học sinh",
            "Họ và tên",
            "Ngày sinh",
            "TX1",
            "TX2",
            "TX3",
            "TX4",
            "ĐĐGgk",
            "ĐĐGck",
            "ĐTBmhk",
        ],
    ]
    return workbook(**{subject: [*head, *rows]})
