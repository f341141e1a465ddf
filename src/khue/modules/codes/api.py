"""What other modules may call of the code lists."""

from __future__ import annotations

from khue.modules.codes.models import CodeItem
from khue.modules.codes.queries import (
    COMMUNES,
    ETHNIC_GROUPS,
    PROVINCES,
    CommuneFinder,
    CommuneMatch,
    Finder,
    commune_by_name,
    find,
    finder,
    items,
    items_ever,
    name_of,
)
from khue.modules.codes.services import LoadCounts, load_shipped

__all__ = [
    "COMMUNES",
    "ETHNIC_GROUPS",
    "PROVINCES",
    "CodeItem",
    "CommuneFinder",
    "CommuneMatch",
    "Finder",
    "LoadCounts",
    "commune_by_name",
    "find",
    "finder",
    "items",
    "items_ever",
    "load_shipped",
    "name_of",
]
