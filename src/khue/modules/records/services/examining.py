"""The outcome of nightly proofs, kept (kết quả đối chiếu hằng đêm)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from khue.core.dates import VIETNAM
from khue.modules.records.models import Document, Examination, LogEntry

if TYPE_CHECKING:
    from collections.abc import Sequence


def examined_on(day: dt.date) -> bool:
    """Whether the proof of this day has run."""
    start = dt.datetime.combine(day, dt.time(), VIETNAM)
    return Examination.objects.filter(at__gte=start, at__lt=start + dt.timedelta(days=1)).exists()


def keep_examination(
    now: dt.datetime, *, sheets: int, faults: Sequence[str], seconds: float
) -> Examination:
    """Write down what a proof compared, and the first thing that does not hold."""
    return Examination.objects.create(
        at=now, sheets=sheets, documents=Document.objects.count(), log_size=LogEntry.objects.count(),
        faults=len(faults), first=faults[0] if faults else "", seconds=seconds,
    )  # fmt: skip


def last_examination() -> Examination | None:
    """The newest proof."""
    return Examination.objects.order_by("-at").first()
