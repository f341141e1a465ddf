"""Charts and small pictures as SVG made on the server: no script, readable by a screen reader."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW, LABEL, BAR, AFTER = 24, 170, 280, 50
ICONS = {
    "check": "M3 8l3 3 7-7",
    "warn": "M8 2l6 12H2zM8 6v4M8 12v.5",
    "down": "M8 2v9M4 8l4 4 4-4",
    "up": "M8 13V3M4 6l4-4 4 4",
    "key": "M10 6a3 3 0 1 1-3-3 3 3 0 0 1 3 3zM9 8l5 5M12 11l1-1",
}


def bars(rows: Sequence[tuple[str, int]], title: str = "") -> SafeString:
    """Horizontal bars, one per row, each with its number; an empty chart is no chart."""
    if not rows:
        return mark_safe("")
    highest = max(value for _, value in rows) or 1
    height, width = ROW * len(rows), LABEL + BAR + AFTER
    spoken = ", ".join(f"{label}: {value}" for label, value in rows)
    label_text = f"{escape(title)}: {escape(spoken)}"
    parts = [f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label_text}">']
    for number, (label, value) in enumerate(rows):
        middle, length = number * ROW + 16, value * BAR // highest
        parts.append(
            f'<text x="{LABEL - 8}" y="{middle}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{LABEL}" y="{number * ROW + 4}" width="{max(length, 2)}" height="{ROW - 8}" rx="3"/>'
            f'<text x="{LABEL + max(length, 2) + 6}" y="{middle}">{value}</text>'
        )
    return mark_safe("".join(parts) + "</svg>")  # noqa: S308 - labels are escaped


def icon(name: str) -> SafeString:
    """A 16 px line picture; says nothing to a screen reader."""
    return mark_safe(  # noqa: S308 - only our own paths
        f'<svg class="icon" width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" '
        f'stroke-width="1.6" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'
    )
