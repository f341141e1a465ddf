"""Marks and levels as they stand on paper: «7,5», «Tốt», «Trung bình» (mức đánh giá bằng chữ)."""

from __future__ import annotations

import re

_MARK = re.compile(r"\d{1,2}\.\d{1,2}")
_TT22 = {"T": "Tốt", "K": "Khá", "Đ": "Đạt", "CĐ": "Chưa đạt"}
_TT58 = {"G": "Giỏi", "T": "Tốt", "K": "Khá", "TB": "Trung bình", "Tb": "Trung bình", "Y": "Yếu"}
_PRIMARY = {
    "HTXS": "Hoàn thành xuất sắc", "HTT": "Hoàn thành tốt", "HT": "Hoàn thành", "CHT": "Chưa hoàn thành",
}  # fmt: skip


def mark(text: str) -> str:
    """A mark with the comma that people write; anything else as it is."""
    return text.replace(".", ",") if _MARK.fullmatch(text) else text


def levels_in_words(regime: str) -> dict[str, str]:
    """Letters of a regime's levels → words; what is not here is a word already."""
    if regime.startswith("TT58"):
        return _TT58
    return _TT22 if regime == "TT22" else _PRIMARY
