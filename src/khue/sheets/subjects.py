"""Subjects as files name them: beside a class, a term, a coefficient, or in the name of a sheet."""

from __future__ import annotations

import re
from functools import lru_cache

from khue.core.names import fold
from khue.rules.curriculum import subject_code_of

# What stands beside a subject's name: «Toán (HS 1)», «GDTC (N.xét)», «6A_Toán_HK1», «ĐTB Toán».
_NOISE = re.compile(
    r"\((?:hs ?\d|he so \d|n\.? ?xet|nhan xet|diem|tinh diem|danh gia.*?)\)"
    r"|\b(?:hoc k[iy] ?(?:iii|ii|i|\d)?|hk ?(?:iii|ii|i|\d)?|ca nam|nam hoc"
    r"|so diem|bang diem|diem|mon hoc|mon"
    r"|hs ?[123]|he so [123]|n ?xet|nhan xet|dtbm?|tbm?|xep loai|kq|lop|khoi|noi dung)\b"
    r"|\b\d{1,2}(?:[a-z]\d{0,2}|[./]\d{1,2})?\b"
)
LANGUAGES = re.compile(r"^(?:tieng|t) (?:anh|trung|trung quoc|phap|nhat|han|nga|duc|han quoc)$")


_SHORT = {"gd": "giao duc", "kt": "kinh te", "pl": "phap luat", "tn": "tu nhien", "dp": "dia phuong",
          "qp": "quoc phong", "hd": "hoat dong", "cn": "cong nghe", "th": "tin hoc"}  # fmt: skip


def _whole_words(text: str) -> str:
    """Short words written out: «GD kinh tế và pháp luật» is «giáo dục kinh tế và pháp luật»."""
    return " ".join(_SHORT.get(word.strip("."), word) for word in re.split(r"[\s&,-]+", text))


@lru_cache(maxsize=4096)
def subject_of(text: str, level: str) -> str | None:
    """The code of a subject, however it is written; nothing if no subject is meant."""
    if not text or not level:
        return None
    found = subject_code_of(text, level)
    if found:
        return found
    plain = re.sub(r"[_|]+", " ", fold(text))
    bare = " ".join(re.sub(r"^[\s\-–:.]+|[\s\-–:.]+$", "", _NOISE.sub(" ", plain)).split())
    if not bare:
        return None
    found = subject_code_of(bare, level) or subject_code_of(_whole_words(bare), level)
    if found:
        return found
    return subject_code_of("ngoai ngu", level) if LANGUAGES.match(re.sub(r"[.\s]+", " ", bare)) else None
