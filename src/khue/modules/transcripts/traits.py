"""The groups of traits of a primary year, each with one comment (phẩm chất, năng lực chung và đặc thù).

On the form of TT 27/2020 the comments of a group are one cell beside all its traits; what a homeroom teacher
writes stands at the first of them. A page that came from elsewhere may say something at every trait: then
each keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop as _

from khue.modules.transcripts.data import Trait

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

GROUPS = ("quality", "general", "specific")
OLD_REGIME = "TT30"  # its form has no specific competences
OLD_GROUPS = ("general", "quality")
NAMES = {
    "quality": _("Phẩm chất chủ yếu"), "general": _("Năng lực chung"), "specific": _("Năng lực đặc thù"),
}  # fmt: skip
_PREFIX = "traits-"
SECTIONS = {f"{_PREFIX}{group}": group for group in GROUPS}  # what her comments are kept under
SECTION_NAMES = {section: NAMES[group] for section, group in SECTIONS.items()}
LEVELS = "TĐC"  # the best first


@dataclass(frozen=True, slots=True)
class Group:
    """A group as people read it: `comment` is that of all; None where traits have comments of their own."""

    code: str
    traits: tuple[Trait, ...]
    comment: str | None

    @property
    def name(self) -> str:
        """«Năng lực chung»."""
        return NAMES.get(self.code, "")

    @property
    def is_uncommented(self) -> bool:
        """Whether its traits have levels and nobody has said anything of them."""
        return self.comment == "" and any(one.level for one in self.traits)


def section_of(group: str) -> str:
    """The section of a group's comment."""
    return f"{_PREFIX}{group}"


def sections_of(regime: str) -> list[str]:
    """The sections of all groups that the form of a regime has."""
    return [section_of(group) for group in (OLD_GROUPS if regime == OLD_REGIME else GROUPS)]


def group_of(traits: Iterable[Trait], code: str) -> Group:
    """A group with its comment."""
    found = tuple(one for one in traits if one.group == code)
    own = any(one.comment for one in found[1:])
    return Group(code, found, None if own else "".join(one.comment for one in found[:1]))


def groups_of(traits: Sequence[Trait]) -> list[Group]:
    """The groups of a page, in its own order."""
    return [group_of(traits, code) for code in dict.fromkeys(one.group for one in traits)]


def uncommented(traits: Sequence[Trait], regime: str) -> list[str]:
    """The sections in which a comment is missing."""
    return [section for section in sections_of(regime) if group_of(traits, SECTIONS[section]).is_uncommented]


def read(kept: Iterable[Mapping[str, Any]]) -> list[Trait]:
    """Traits of a page as it is kept."""
    return [Trait(**one) for one in kept]


def with_comment(traits: Sequence[Trait], group: str, text: str) -> tuple[Trait, ...]:
    """The traits with this comment of a group."""
    first = next((number for number, one in enumerate(traits) if one.group == group), -1)
    return tuple(replace(one, comment=text) if number == first else one for number, one in enumerate(traits))


def lowest(traits: Iterable[Trait]) -> str:
    """The lowest level among traits; empty where none is known."""
    return max((one.level for one in traits if one.level in set(LEVELS)), key=LEVELS.index, default="")


def below_best(traits: Iterable[Trait]) -> list[str]:
    """The names of the traits that are not at the best level."""
    return [one.name for one in traits if one.level and one.level != LEVELS[0]]
