"""What other modules may call of the organization tree."""

from __future__ import annotations

from khue.modules.orgs.models import SchoolProfile, Unit
from khue.modules.orgs.queries import ancestors_of, descendant_ids, name_on, rule_settings_of, school_by_code
from khue.modules.orgs.services import (
    end_unit,
    found_school,
    found_unit,
    merge_units,
    move_unit,
    rename_unit,
)

__all__ = [
    "SchoolProfile",
    "Unit",
    "ancestors_of",
    "descendant_ids",
    "end_unit",
    "found_school",
    "found_unit",
    "merge_units",
    "move_unit",
    "name_on",
    "rename_unit",
    "rule_settings_of",
    "school_by_code",
]
