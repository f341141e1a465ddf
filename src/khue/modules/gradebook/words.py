"""How times and values stand in sentences of the gradebook (giờ Việt Nam, dấu phẩy)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils import timezone

from khue.modules.gradebook.models import CellState

if TYPE_CHECKING:
    import datetime as dt

SPECIAL = {CellState.PENDING_MAKEUP.value, CellState.ZERO_NO_MAKEUP.value}
_MARK = re.compile(r"\d{1,2}\.\d")


def moment(at: dt.datetime | None) -> str:
    """«08:00 15/12/2025» as the clock on the wall shows it, wherever the time was stored."""
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}" if at else ""


def content(state: str, value: str) -> str:
    """What a cell holds, in a sentence: «7,5», «Vắng, chờ kiểm tra bù», «trống»."""
    if state in SPECIAL:
        return str(CellState(state).label)
    return (value.replace(".", ",") if _MARK.fullmatch(value) else value) or "trống"
