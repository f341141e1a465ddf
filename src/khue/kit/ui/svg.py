"""Charts and small pictures as SVG made on the server: no script, readable by a screen reader."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

BAR, ROW = 1000, 10  # the picture is stretched to its place
ICONS = {
    "check": "M3 8l3 3 7-7",
    "warn": "M8 2l6 12H2zM8 6v4M8 12v.5",
    "down": "M8 2v9M4 8l4 4 4-4",
    "up": "M8 13V3M4 6l4-4 4 4",
    "key": "M10 6a3 3 0 1 1-3-3 3 3 0 0 1 3 3zM9 8l5 5M12 11l1-1",
}


def bars(
    rows: Sequence[tuple[str, int]], title: str = "", *, unit: str = "", limit: int | None = None
) -> SafeString:
    """Horizontal bars, one per row, each with its label and number; an empty chart is no chart.

    Percents are drawn on a scale of a hundred; a limit is a line across the bars. Labels are text
    beside the pictures, so that they keep their size on a phone; aloud the chart is one sentence.
    """
    if not rows:
        return mark_safe("")
    highest = 100 if unit == "%" else max([limit or 0, *(value for _, value in rows)]) or 1
    shown = [(label, value, f"{value} {unit}".strip()) for label, value in rows]
    spoken = ", ".join(f"{label}: {text}" for label, _, text in shown)
    name = escape(f"{title}: {spoken}" if title else spoken)
    line = "" if limit is None else _line(limit * BAR // highest)
    parts = [f'<div class="chart" role="img" aria-label="{name}">']
    for label, value, text in shown:
        length = min(value, highest) * BAR // highest
        parts.append(
            f'<span class="label">{escape(label)}</span>'
            f'<svg viewBox="0 0 {BAR} {ROW}" preserveAspectRatio="none">'
            f'<rect width="{length}" height="{ROW}"/>{line}</svg><span>{escape(text)}</span>'
        )
    return mark_safe("".join(parts) + "</div>")  # noqa: S308 - labels are escaped


def _line(x: int) -> str:
    return f'<line x1="{x}" x2="{x}" y1="0" y2="{ROW}"/>'


def icon(name: str) -> SafeString:
    """A 16 px line picture; says nothing to a screen reader."""
    return mark_safe(  # noqa: S308 - only our own paths
        f'<svg class="icon" width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" '
        f'stroke-width="1.6" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'
    )
