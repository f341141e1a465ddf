"""The code lists that come with the product, read from `data/` (danh mục kèm theo)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class ShippedItem:
    """One entry as it is shipped, with its list, dates and source."""

    code_list: str
    code: str
    valid_from: dt.date
    valid_to: dt.date | None
    name: str
    official_code: str
    position: int
    source: str
    aliases: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, dt.date]:
        """What identifies the row."""
        return (self.code_list, self.code, self.valid_from)

    def extra(self) -> dict[str, Any]:
        """Further facts as the row keeps them, aliases among them."""
        return {**self.facts, "aliases": list(self.aliases)} if self.aliases else dict(self.facts)


@lru_cache(maxsize=1)
def lists() -> dict[str, dict[str, Any]]:
    """Title, sources and certainty of each list, by its code; the newest part names the list."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(DATA.glob("*.json")):
        meta = json.loads(path.read_text(encoding="utf-8"))["meta"]
        known = found.get(meta["list"])
        if known is None or known["valid_from"] < meta["valid_from"]:
            found[meta["list"]] = meta
    return found


def items() -> list[ShippedItem]:
    """All shipped entries."""
    found: list[ShippedItem] = []
    for path in sorted(DATA.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        meta = content["meta"]
        until = meta.get("valid_to")
        source = f"{meta['official_name']}. Giấy phép: {meta['license']}."
        found += [
            ShippedItem(
                code_list=meta["list"],
                code=entry["code"],
                valid_from=dt.date.fromisoformat(entry.get("valid_from", meta["valid_from"])),
                valid_to=dt.date.fromisoformat(until) if until else None,
                name=entry["name"],
                official_code=entry.get("official_code", ""),
                position=position,
                source=source,
                aliases=tuple(entry.get("aliases", ())),
                facts=entry.get("extra", {}),
            )
            for position, entry in enumerate(content["items"], 1)
        ]
    return found


def digest(
    *,
    name: str,
    official_code: str,
    position: int,
    source: str,
    valid_to: dt.date | None,
    facts: dict[str, Any],
) -> str:
    """A short fingerprint of an entry's content, to see later whether a person has changed it."""
    plain = json.dumps([name, official_code, position, source, str(valid_to), facts], sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
