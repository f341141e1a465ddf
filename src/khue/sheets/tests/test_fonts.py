"""Legacy fonts are found by their letters, decoded and said; Unicode text is left alone."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from khue.sheets import fonts
from khue.sheets.data import ImportAs
from khue.sheets.tests.make import KNOWN, PUPILS, YEAR, cells, report

TEXTS = [
    "Nguyễn Thị Phượng", "Hoàng Văn Dũng", "Lý Minh Đức", "Vi Thị Thuỷ", "Chu Quốc Khánh", "Hà Bích Ngọc",
    "Đặng Hữu Nghĩa",
    "Trường Trung học cơ sở", "Ngày sinh", "Họ và tên", "Giới tính", "Dân tộc Tày", "Lương Thế Vỹ",
    "Bế Ích Kỷ", "Vũ Tuệ Mẫn",
]  # fmt: skip


def as_tcvn3(text: str) -> str:
    """Text as a .Vn font stores it: capitals of marked letters are small ones."""
    back = {new: old for old, new in fonts._TCVN3.items()}
    return "".join(back.get(ch) or back.get(ch.lower()) or ch for ch in unicodedata.normalize("NFC", text))


def as_vni(text: str) -> str:
    """Text as a VNI font stores it."""
    back: dict[str, str] = {}
    for base, marks in fonts._VNI_MARKS.items():
        for mark, new in marks.items():
            back.setdefault(new, base + mark)
    back |= {new: old for old, new in fonts._VNI_ALONE.items()}
    out = []
    for ch in unicodedata.normalize("NFC", text):
        pair = back.get(ch.lower(), ch.lower())
        out.append(pair[0].upper() + pair[1:].upper() if ch.isupper() else pair)
    return "".join(out)


ENCODERS = {"TCVN3": as_tcvn3, "VNI": as_vni}


@pytest.mark.parametrize("name", ["TCVN3", "VNI"])
def test_a_text_comes_back(name: str) -> None:
    for text in TEXTS:
        typed = ENCODERS[name](text)
        assert fonts.DECODERS[name](typed).lower() == text.lower(), typed


@pytest.mark.parametrize("name", ["TCVN3", "VNI"])
def test_the_font_is_found_by_its_letters(name: str) -> None:
    assert fonts.encoding_of([ENCODERS[name](text) for text in TEXTS]) == name


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_unicode_is_no_legacy_font(form: Any) -> None:
    assert fonts.encoding_of([unicodedata.normalize(form, text) for text in TEXTS]) == ""
    assert fonts.encoding_of(["Số m² (đã nghiệm thu) – «đạt» ½", "Café", "naïve", "1.200 ± 5"]) == ""


@pytest.mark.parametrize("name", ["TCVN3", "VNI"])
def test_a_list_in_a_legacy_font_is_decoded_and_said(name: str) -> None:
    typed = ENCODERS[name]
    head = [typed(text) for text in ("STT", "Mã học sinh", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc")]
    rows = [
        [n, p.software, typed(p.name), "12/03/2014", typed("Nữ"), typed("Nùng")]
        for n, p in enumerate(PUPILS[:5], 1)
    ]
    for row, pupil in zip(rows, PUPILS, strict=False):
        row[3] = "/".join(reversed(pupil.birth.split("-")))
    data = cells(("6A", [[typed("DANH SÁCH HỌC SINH")], head, *rows]))
    found = report(data, ImportAs("pupils", "20990001", YEAR, "6A"), KNOWN)
    assert found.outcome == "import_with_warnings"
    assert [(f.kind, f.cell, f.info) for f in found.findings] == [
        ("legacy_font", "C3:C7", {"encoding": name})
    ]
    names = found.tables[0].columns.index("ho_ten")
    assert [row[names] for row in found.tables[0].rows] == [pupil.name for pupil in PUPILS[:5]]
