"""The cursor of prepared reads and writes on PostgreSQL."""

from __future__ import annotations

from typing import Any

from psycopg import Cursor


class PreparingCursor(Cursor[Any]):
    """Prepares each text in its connection; values travel apart from it. Django's own cursor joins them."""

    again = False  # plan the text anew each time

    def execute(self, query: Any, params: Any = None, **more: Any) -> PreparingCursor:
        """Send a text, prepared at its first use in this connection."""
        return super().execute(query, params, prepare=not self.again, **more)
