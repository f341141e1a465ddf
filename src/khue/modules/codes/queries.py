"""Reads of code lists: entries on a day, and finding them as people write them (tra danh mục)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.names import fold, nfc
from khue.kit.models import in_force
from khue.modules.codes import shipped
from khue.modules.codes.models import CodeItem

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.db.models import QuerySet

COMMUNES, PROVINCES, ETHNIC_GROUPS = "communes", "provinces", "ethnic-groups"
_WORD = re.compile(r"[a-z0-9]+")
# Kinds of places that may stand before a name: «Xã Lộc Bình», «TT. Lộc Bình», «Tỉnh Lạng Sơn».
_PLACE = re.compile(
    r"^(xã|xa|phường|phuong|p|x|thị trấn|thi tran|tt|đặc khu|dac khu|tỉnh|tinh|thành phố|thanh pho|tp|"
    r"huyện|huyen|h|quận|quan|q|thị xã|thi xa|tx)[\s.]+(?=\S)",
    re.IGNORECASE,
)
_KIND = {"x": "xa", "p": "phuong", "tt": "thitran", "thi tran": "thitran"}


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A code list as the page of lists shows it."""

    code: str
    title: str
    official_name: str
    certainty: str
    sources: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class CommuneMatch:
    """The commune meant by a name: `item` today; `old` where the name is of before 1/7/2025.

    With several `choices` and no `item` a person has to decide.
    """

    item: CodeItem | None
    old: CodeItem | None = None
    choices: tuple[CodeItem, ...] = ()


def code_lists(day: dt.date) -> list[ListInfo]:
    """All lists with the number of entries in force on that day."""
    counts: dict[str, int] = {}
    for code_list in CodeItem.objects.filter(in_force(day)).values_list("code_list", flat=True):
        counts[code_list] = counts.get(code_list, 0) + 1
    found = [
        ListInfo(
            code,
            meta["title"],
            meta["official_name"],
            meta["certainty"],
            tuple(meta["sources"]),
            counts.get(code, 0),
        )
        for code, meta in shipped.lists().items()
    ]
    return sorted(found, key=lambda info: fold(info.title))


def items(code_list: str, day: dt.date) -> QuerySet[CodeItem]:
    """The entries of a list in force on that day, in the order of the list."""
    return CodeItem.objects.filter(in_force(day), code_list=code_list)


def items_ever(code_list: str) -> QuerySet[CodeItem]:
    """All entries a list ever had, those that ended too."""
    return CodeItem.objects.filter(code_list=code_list)


def search(code_list: str, text: str, day: dt.date) -> list[CodeItem]:
    """The entries whose name, code or other name contains the text, without regard to accents."""
    wanted = fold(nfc(text))
    return [row for row in items(code_list, day) if not wanted or any(wanted in fold(t) for t in _texts(row))]


class Finder:
    """A list in memory, to look up many values of a file with one query (tra nhiều giá trị)."""

    def __init__(self, rows: Iterable[CodeItem]) -> None:
        self._exact: dict[str, list[CodeItem]] = {}
        self._plain: dict[str, list[CodeItem]] = {}
        for row in rows:
            for text in _texts(row):
                _add(self._exact, nfc(text).casefold(), row)
                _add(self._plain, _key(text), row)

    def find(self, text: str) -> CodeItem | None:
        """The one entry meant by a text; None where there is none or more than one."""
        rows = self.candidates(text)
        return rows[0] if len(rows) == 1 else None

    def candidates(self, text: str) -> list[CodeItem]:
        """All entries a text may mean, those with the same accents first alone."""
        clean = nfc(text)
        if not clean:
            return []
        return self._exact.get(clean.casefold()) or self._plain.get(_key(clean), [])


def finder(code_list: str, day: dt.date) -> Finder:
    """A finder over the entries in force on that day."""
    return Finder(items(code_list, day))


def find(code_list: str, text: str, day: dt.date) -> CodeItem | None:
    """The one entry that a text means: by code, name or other name, accents or not; else None."""
    return finder(code_list, day).find(text)


def name_of(code_list: str, code: str, day: dt.date) -> str:
    """The name of a code on that day, or the latest one it ever had; the code where it is unknown."""
    rows = list(CodeItem.objects.filter(code_list=code_list, code=code).order_by("-valid_from"))
    current = next((row for row in rows if row.is_in_force(day)), rows[0] if rows else None)
    return current.name if current else code


class CommuneFinder:
    """Communes of today and of before 1/7/2025 in memory: one query for a whole file (tra xã, phường)."""

    def __init__(self, day: dt.date) -> None:
        rows = list(CodeItem.objects.filter(code_list=COMMUNES))
        self._now = {row.code: row for row in rows if row.is_in_force(day)}
        self._current = _by_place(self._now.values())
        self._past = _by_place(row for row in rows if row.valid_to is not None and row.valid_to <= day)

    def find(self, text: str) -> CommuneMatch | None:
        """The commune meant by a name, with or without its kind; None where nobody knows the name."""
        clean = nfc(text)
        if clean in self._now:
            return CommuneMatch(self._now[clean])
        kind = _split_place(clean)[0]
        current = _places(self._current, clean)
        past = _places(self._past, clean)
        # «Thị trấn Lộc Bình» is the place of before 2025, though a commune of that name exists today.
        bygone = (
            kind and not any(_kind(row) == kind for row in current) and any(_kind(r) == kind for r in past)
        )
        if current and not bygone:
            return CommuneMatch(current[0] if len(current) == 1 else None, choices=tuple(current))
        if not past:
            return None
        codes = dict.fromkeys(code for row in past for code in row.extra.get("new_codes", ()))
        choices = tuple(self._now[code] for code in codes if code in self._now)
        only = choices[0] if len(choices) == 1 else None
        return CommuneMatch(only, past[0], choices)


def commune_by_name(text: str, day: dt.date) -> CommuneMatch | None:
    """The commune of a name or code on that day; names of before 1/7/2025 lead to the new communes."""
    return CommuneFinder(day).find(text)


def _texts(row: CodeItem) -> tuple[str, ...]:
    aliases = row.extra.get("aliases", ())
    return tuple(text for text in (row.code, row.name, row.official_code, *aliases) if text)


def _key(text: str) -> str:
    return "".join(_WORD.findall(fold(text)))


def _add(index: dict[str, list[CodeItem]], key: str, row: CodeItem) -> None:
    rows = index.setdefault(key, [])
    if row not in rows:
        rows.append(row)


_Places = dict[str, list[tuple[str, str, CodeItem]]]


def _by_place(rows: Iterable[CodeItem]) -> _Places:
    """Rows by bare accent-free name, each with its kind and its name with accents."""
    index: _Places = {}
    for row in rows:
        written = {_split_place(row.name), *(_split_place(alias) for alias in row.extra.get("aliases", ()))}
        for _, bare in written:
            index.setdefault(_key(bare), []).append((_kind(row), bare.casefold(), row))
    return index


def _kind(row: CodeItem) -> str:
    return _split_place(row.name)[0]


def _split_place(text: str) -> tuple[str, str]:
    """Kind and bare name of a place: «Xã Lộc Bình» → («xa», «Lộc Bình»)."""
    found = _PLACE.match(text)
    if not found:
        return "", text
    kind = fold(found[1])
    return _KIND.get(kind, kind.replace(" ", "")), text[found.end() :]


def _places(index: _Places, text: str) -> list[CodeItem]:
    """What a name can mean, narrowed by accents and then by kind where that leaves something."""
    kind, bare = _split_place(text)
    found = index.get(_key(bare), [])
    found = [entry for entry in found if entry[1] == bare.casefold()] or found
    if kind:
        found = [entry for entry in found if entry[0] == kind] or found
    return list(dict.fromkeys(entry[2] for entry in found))
