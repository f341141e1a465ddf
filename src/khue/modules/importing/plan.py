"""The plan of an import: what is new, changed, unchanged; shown before anything is written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
KEPT = 3000  # changes kept one by one for the page; all of them are counted


@dataclass(slots=True)
class Plan:
    """Counts, and each change with its cell, old and new value."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)
    _all: list[str] = field(default_factory=list)

    def add(self, what: str, *, sheet: str = "", cell: str = "", old: str = "", new: str = "") -> None:
        """Note one thing the file would bring; same old and new is «unchanged»."""
        if old == new and old:
            self.unchanged += 1
            return
        if old:
            self.changed += 1
        else:
            self.new += 1
        self._all.append(f"{sheet}\x1f{cell}\x1f{what}\x1f{old}\x1f{new}")
        if len(self.items) < KEPT:
            self.items.append(
                {
                    "kind": CHANGED if old else NEW,
                    "sheet": sheet,
                    "cell": cell,
                    "what": what,
                    "old": old,
                    "new": new,
                }
            )

    def digest(self) -> str:
        """Digest of all changes: if it is another one at the confirmation, the database has moved."""
        return hashlib.sha256("\x1e".join(self._all).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The plan as it is stored with the run."""
        return {"new": self.new, "changed": self.changed, "unchanged": self.unchanged, "items": self.items}


def shown(value: Any) -> str:
    """A value of a table as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "có" if value else "không"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
