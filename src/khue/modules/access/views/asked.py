"""What the pages of this module read from addresses and forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.core.dates import parse_date
from khue.core.ids import from_short

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from django.http import QueryDict


def key(values: QueryDict, name: str) -> UUID | None:
    """A short id, or None when it is not there."""
    text = values.get(name, "").strip()
    return from_short(text) if text else None


def day(values: QueryDict, name: str) -> dt.date | None:
    """A date dd/mm/yyyy, or None when the field is empty."""
    text = values.get(name, "").strip()
    return parse_date(text) if text else None


def page(values: QueryDict) -> int:
    """A page number from 1."""
    text = values.get("trang", "1")
    return max(1, int(text)) if text.isdigit() and len(text) < 6 else 1  # noqa: PLR2004 - digits
