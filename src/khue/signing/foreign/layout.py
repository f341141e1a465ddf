"""Where the signatures of the Ministry's transcript stand and what each must cover (bố cục học bạ số): data.

The schema is not published; what is known comes from signing tools (docs/records/ministry.md). So the
layout is a TOML file per kind and span of school years, and a file in a folder of the installation
takes the place of ours with the same code, without a change of code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from khue.core.errors import Invalid

SECTION = "section"
SIGNERS = ("person", "school")
LEVELS = ("TH", "THCS", "THPT", "GDTX")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*\Z")


@dataclass(frozen=True, slots=True)
class FormSlot:
    """One role of a layout (ô kí): where its signatures stand and what they must cover."""

    role: str  # as in khue.signing.profile: teacher, homeroom, principal, school
    name: str
    step: int
    signer: str  # person or school: whose certificate
    covers: str  # «#Id», or «section»: the sections that name the Id of the slot
    levels: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]  # from the root, without it; a file keeps to one of them

    @property
    def keyed(self) -> bool:
        """Whether there are several, told apart by their Id."""
        return self.covers == SECTION


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of document in one span of school years; without slots it is only recognized."""

    code: str
    kind: str  # HOC_BA, TONG_KET, LY_LICH
    name: str
    first_year: int
    last_year: int
    roots: tuple[str, ...]
    namespace: str
    marker: str
    marker_id: str
    chain: bool = False
    content: tuple[str, ...] = ()
    content_id: str = ""
    section: str = ""
    section_signer: str = ""
    slots: tuple[FormSlot, ...] = ()
    loose: tuple[str, ...] = ()
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)

    def tag(self, name: str) -> str:
        """The name of an element as lxml writes it."""
        return f"{{{self.namespace}}}{name}" if self.namespace else name

    def holds_in(self, year: int) -> bool:
        """Whether it is the layout of the school year that began in this calendar year."""
        return self.first_year <= year and (not self.last_year or year <= self.last_year)

    def slot(self, role: str) -> FormSlot | None:
        """The slot of a role."""
        return next((slot for slot in self.slots if slot.role == role), None)

    @property
    def shared_ids(self) -> frozenset[str]:
        """Elements whose Id names a person, and so stands both in a section and in a slot."""
        keyed = {path[-1] for slot in self.slots if slot.keyed for path in slot.paths}
        return frozenset({self.section_signer, *keyed} - {""})


@cache
def shipped() -> tuple[Layout, ...]:
    """The layouts that come with the program."""
    folder = files(__package__).joinpath("layouts")
    found = [item for item in folder.iterdir() if item.name.endswith(".toml")]
    return _ordered(read(item.read_text(encoding="utf-8"), item.name) for item in found)


def available(folder: Path | None = None) -> tuple[Layout, ...]:
    """The shipped layouts, and those of a folder, which take the place of shipped ones of the same code."""
    by_code = {layout.code: layout for layout in shipped()}
    for path in sorted(folder.glob("*.toml")) if folder is not None else ():
        layout = read(path.read_text(encoding="utf-8"), path.name)
        by_code[layout.code] = layout
    return _ordered(by_code.values())


def _ordered(layouts: Iterable[Layout]) -> tuple[Layout, ...]:
    """The newest first; those with known slots before those that are only recognized."""
    return tuple(sorted(layouts, key=lambda one: (not one.slots, -one.first_year, one.code)))


def read(text: str, name: str) -> Layout:
    """A layout from TOML; a file that is wrong is refused with what is wrong (`SIGN-600`)."""
    try:
        return _layout(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("SIGN-600", name=name, reason=str(error)) from error


_PLAIN = ("code", "kind", "name", "first_year", "last_year", "namespace", "marker", "marker_id")
_KNOWN = {*_PLAIN, "roots", "chain", "loose", "content", "section", "facts", "levels", "slots"}


def _layout(row: dict[str, Any]) -> Layout:
    unknown = sorted(set(row) - _KNOWN)
    _need(not unknown, f"unknown: {', '.join(unknown)}")
    content, section = row.get("content", {}), row.get("section", {})
    layout = Layout(
        **{key: row[key] for key in _PLAIN},
        roots=_names(row["roots"]),
        chain=row.get("chain", False),
        content=_path(content["path"]) if content else (),
        content_id=content["id"] if content else "",
        section=section.get("tag", ""),
        section_signer=section.get("signer", ""),
        slots=tuple(_slot(slot) for slot in row.get("slots", ())),
        loose=_names(row.get("loose", ())),
        facts={key: _names(tags) for key, tags in row.get("facts", {}).items()},
        levels=dict(row.get("levels", {})),
    )
    _check(layout)
    return layout


def _slot(row: dict[str, Any]) -> FormSlot:
    kept = {key: value for key, value in row.items() if key not in {"paths", "levels"}}
    paths = tuple(_path(path) for path in row["paths"])
    return FormSlot(**kept, levels=tuple(row["levels"]), paths=paths)


def _path(text: str) -> tuple[str, ...]:
    parts = tuple(text.split("/"))
    _names([part for part in parts if part != "*"])
    _need(parts[-1] != "*", f"«{text}» ends in *")
    return parts


def _names(values: Iterable[str]) -> tuple[str, ...]:
    found = tuple(values)
    for value in found:
        _need(_NAME.match(value) is not None, f"«{value}» is no name of an element")
    return found


def _check(layout: Layout) -> None:
    """What must hold of any layout, whoever wrote it: a slot never stands in what it covers."""
    _need(_NAME.match(layout.marker) is not None, "marker")
    _need(isinstance(layout.first_year, int) and isinstance(layout.last_year, int), "years")
    if not layout.slots:
        return
    _need(bool(layout.content and layout.content_id), "content")
    _need(len({slot.role for slot in layout.slots}) == len(layout.slots), "a role stands twice")
    _need(set(layout.levels.values()) <= set(LEVELS), "levels")
    for slot in layout.slots:
        where = f"slot {slot.role}"
        _need(slot.step > 0 and bool(slot.paths) and slot.signer in SIGNERS, where)
        _need(set(slot.levels) <= set(LEVELS), f"{where}: levels")
        _need(slot.covers.startswith("#") or (slot.keyed and bool(layout.section_signer)), f"{where}: covers")
        if slot.covers == f"#{layout.content_id}":
            inside = [path for path in slot.paths if path[: len(layout.content)] == layout.content]
            _need(not inside, f"{where}: stands in what it covers")
    _need(any(slot.covers == f"#{layout.content_id}" for slot in layout.slots), "nobody covers the content")


def _need(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ValueError(what)


def recognize(root: Any, layouts: Sequence[Layout], year: int | None = None) -> tuple[Layout, ...]:
    """The layouts that a document may have, by its root and its marker; the first is the likeliest."""
    return tuple(
        layout
        for layout in layouts
        if (year is None or layout.holds_in(year))
        and (not layout.roots or root.tag in {layout.tag(name) for name in layout.roots})
        and any(_is_marker(layout, found) for found in root.iter(layout.tag(layout.marker)))
    )


def _is_marker(layout: Layout, element: Any) -> bool:
    found = element.get("Id")
    return {"": True, "*": bool(found)}.get(layout.marker_id, found == layout.marker_id)
