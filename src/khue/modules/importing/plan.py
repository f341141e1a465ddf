"""The plan of an import: what is new, changed, unchanged; shown before anything is written."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
KEPT = 3000  # changes kept one by one for the page; all of them are counted


@dataclass(frozen=True, slots=True)
class Question:
    """A row that may mean several persons: who of them is meant, or somebody new?"""

    key: str
    sheet: str
    cell: str
    who: str
    why: str
    options: tuple[tuple[str, str], ...]  # what is kept if chosen, and how the choice reads


@dataclass(slots=True)
class Plan:
    """Counts, and each change with its cell, old and new value."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[dict[str, Any]] = field(default_factory=list)  # rows a person must decide on
    refused: list[dict[str, Any]] = field(default_factory=list)  # rows that will not be written
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

    def ask(self, question: Question, chosen: str | None) -> None:
        """Note a row that may mean several persons, with what a person has chosen for it."""
        options = [{"value": value, "label": label} for value, label in question.options]
        self.doubts.append(
            {
                "key": question.key, "sheet": question.sheet, "cell": question.cell, "who": question.who,
                "why": question.why, "options": options, "chosen": chosen,
            }
        )  # fmt: skip
        self._all.append(f"?\x1f{question.key}\x1f{question.options}\x1f{chosen}")

    def refuse(self, *, sheet: str, cell: str, who: str, why: str) -> None:
        """Note a row that will not be written, and why."""
        self.refused.append({"sheet": sheet, "cell": cell, "who": who, "why": why})
        self._all.append(f"!\x1f{sheet}\x1f{cell}\x1f{who}\x1f{why}")

    def digest(self) -> str:
        """Digest of all changes: if it is another one at the confirmation, the database has moved."""
        return hashlib.sha256("\x1e".join(self._all).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The plan as it is stored with the run."""
        return {
            "new": self.new, "changed": self.changed, "unchanged": self.unchanged, "items": self.items,
            "doubts": self.doubts, "refused": self.refused,
        }  # fmt: skip


def read_date(value: Any) -> dt.date | None:
    """A day of a table; nothing for a bare year or an empty cell."""
    return dt.date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None  # noqa: PLR2004


def shown(value: Any) -> str:
    """A value of a table as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "có" if value else "không"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
