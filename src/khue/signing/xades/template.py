"""Fixed text with holes, by which a thing is written and by which it is read (khuôn văn bản).

Reading is the exact inverse of writing: the literal parts must stand where they stand, a hole ends
at the first place where the next literal part begins, and a hole that is named twice must hold the
same text twice. It looks at each character once, so hostile input costs no more than honest input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_HOLE = re.compile(r"\{(\w+)\}")


class Template:
    """A text with named holes; `holes` says what those may hold that no other template reads."""

    def __init__(self, text: str, **holes: str) -> None:
        parts = _HOLE.split(text)
        self.text = text
        self._format = "".join(
            f"%({part})s" if index % 2 else part.replace("%", "%%") for index, part in enumerate(parts)
        )
        self._start = parts[0]
        self._rest = tuple(zip(parts[1::2], parts[2::2], strict=True))
        self._allowed = tuple((name, re.compile(expression)) for name, expression in holes.items())

    def write(self, **values: str) -> str:
        """The text with its holes filled."""
        return self._format % values

    def read(self, text: str) -> Mapping[str, str] | None:
        """What fills the holes of a whole text, or None if the text is another one."""
        found = self.match(text, 0)
        return found[0] if found is not None and found[1] == len(text) else None

    def match(self, text: str, start: int) -> tuple[Mapping[str, str], int] | None:
        """The same for a text that begins at a place; with where it ends."""
        if not text.startswith(self._start, start):
            return None
        place = start + len(self._start)
        values: dict[str, str] = {}
        for name, literal in self._rest:
            end = text.find(literal, place)
            if end < 0:
                return None
            value = text[place:end]
            if values.setdefault(name, value) != value:
                return None
            place = end + len(literal)
        for name, allowed in self._allowed:
            if allowed.fullmatch(values[name]) is None:
                return None
        return values, place

    def sequence(self, text: str) -> list[Mapping[str, str]] | None:
        """What fills the holes of a text that is this template again and again, at least once."""
        found: list[Mapping[str, str]] = []
        place = 0
        while place < len(text) or not found:
            one = self.match(text, place)
            if one is None:
                return None
            found.append(one[0])
            place = one[1]
        return found
