"""Results as people read them: a parcel carries the codes by which programs find columns (tên cột, điểm)."""

from __future__ import annotations

import re

from django.utils.translation import gettext_noop as _

_ONGOING = re.compile(r"tx(\d+)")
_MARK = re.compile(r"\d+\.\d")
COLUMNS = {
    "gk": _("Giữa kì"), "ck": _("Cuối kì"), "topic": _("Cụm chuyên đề học tập"), "remark": _("Nhận xét"),
    "retest": _("Đánh giá lại"), "conduct": _("Rèn luyện"), "absent_excused": _("Số buổi nghỉ có phép"),
    "absent_unexcused": _("Số buổi nghỉ không phép"), "mid.level": _("Mức đạt được giữa kì"),
    "mid.test": _("Điểm kiểm tra giữa kì"), "end.level": _("Mức đạt được cuối kì"),
    "end.test": _("Điểm kiểm tra cuối kì"),
}  # fmt: skip


def column_name(code: str) -> str:
    """«TX1», «Giữa kì»; a column that only another system has keeps its code."""
    ongoing = _ONGOING.fullmatch(code)
    return f"TX{ongoing[1]}" if ongoing else COLUMNS.get(code, code)


def value_shown(value: str) -> str:
    """«7,5» for a mark; texts and levels as they are."""
    return value.replace(".", ",") if _MARK.fullmatch(value) else value
