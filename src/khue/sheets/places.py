"""Communes as people write them: today's, and those of before 1/7/2025."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.names import fold, nfc

if TYPE_CHECKING:
    from khue.sheets.data import Known, Place

_KIND = re.compile(
    r"^(xã|xa|phường|phuong|p|x|thị trấn|thi tran|tt|đặc khu|dac khu"
    r"|tỉnh|tinh|thành phố|thanh pho|tp|huyện|huyen|h)[\s.]+(?=\S)",
    re.IGNORECASE,
)
# «Xã Khánh Xuân, huyện Lộc Bình, tỉnh Lạng Sơn»: what lies around the commune.
_WIDER = re.compile(
    r"\s*(?:,|;|-|–|\()\s*(?:huyện|h\.|thị xã|tx\.|thành phố|tp\.?|tỉnh|t\.)\s*.*$", re.IGNORECASE
)
_SHORT = {"x": "xa", "p": "phuong", "tt": "thitran", "thi tran": "thitran", "dac khu": "dackhu"}


@dataclass(frozen=True, slots=True)
class Commune:
    """What a written commune means: its code today, or what became of an old one."""

    code: str = ""
    old: bool = False
    candidates: tuple[str, ...] = ()
    known: bool = False


class Places:
    """Communes by bare name; accents and kind decide where they can."""

    def __init__(self, known: Known) -> None:
        self.today: dict[str, list[Place]] = defaultdict(list)
        self.before: dict[str, list[Place]] = defaultdict(list)
        self.codes = {place.code for place in known.communes if not place.old}
        for place in known.communes:
            (self.before if place.old else self.today)[_plain(_split(place.name)[1])].append(place)
        self.cache: dict[str, Commune] = {}

    def find(self, text: str) -> Commune:
        """The commune meant by a text."""
        clean = nfc(text)
        if clean not in self.cache:
            self.cache[clean] = self._find(clean)
        return self.cache[clean]

    def _find(self, clean: str) -> Commune:
        if not clean:
            return Commune()
        if clean in self.codes:
            return Commune(clean, known=True)
        clean = _WIDER.sub("", clean)
        kind, bare = _split(clean)
        now, past = _narrow(self.today, kind, bare), _narrow(self.before, kind, bare)
        bygone = (
            bool(kind)
            and not any(_split(p.name)[0] == kind for p in now)
            and any(_split(p.name)[0] == kind for p in past)
        )
        if now and not bygone:
            return (
                Commune(now[0].code, known=True)
                if len(now) == 1
                else Commune(candidates=tuple(p.code for p in now), known=True)
            )
        if not past:
            return Commune()
        codes = tuple(dict.fromkeys(code for place in past for code in place.new_codes if code in self.codes))
        return Commune(old=True, candidates=codes, known=True)


def province_name(text: str) -> str:
    """«Tỉnh Lạng Sơn» is Lạng Sơn."""
    return re.sub(r"^(?:tỉnh|thành phố|tp\.?|t\.)\s+", "", nfc(text), flags=re.IGNORECASE)


def _split(text: str) -> tuple[str, str]:
    found = _KIND.match(text)
    if not found:
        return "", text
    kind = fold(found[1])
    return _SHORT.get(kind, kind), text[found.end() :]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))


def _narrow(index: dict[str, list[Place]], kind: str, bare: str) -> list[Place]:
    found = index.get(_plain(bare), [])
    found = [p for p in found if _split(p.name)[1].casefold() == bare.casefold()] or found
    if kind:
        found = [p for p in found if _split(p.name)[0] == kind] or found
    return found
