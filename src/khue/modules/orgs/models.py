"""Units, their dated links and the materialized closure of the tree.

No level is built in: Vietnam dropped the district level on 1 July 2025 and schools merge every
summer. `Unit` + `UnitLink` are the truth; `UnitPath` is rebuilt from them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from khue.kit.models import Dated, Record, not_backwards
from khue.kit.privacy import classify


class Unit(Dated):
    """A province, department, commune, school, campus … (đơn vị); its kind is a code, not a level."""

    kind = models.CharField(max_length=30)  # province, department, district, commune, school, campus
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=80, blank=True)
    search_key = models.CharField(max_length=200, db_index=True)
    # Where it went when it was merged: whoever is over that unit keeps its records (đơn vị kế thừa).
    successor = models.ForeignKey("self", models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        ordering = ("search_key", "id")
        constraints = (not_backwards("unit_period"),)

    def __str__(self) -> str:
        return self.name


class UnitCode(Dated):
    """A code of a unit in some scheme: Ministry school code, commune code (mã trường, mã xã)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="codes")
    scheme = models.CharField(max_length=30)  # moet, gso, khue
    value = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("scheme", "value"), condition=Q(valid_to__isnull=True), name="unit_code_open_once"
            ),
            not_backwards("unit_code_period"),
        )


class UnitName(Dated):
    """A former name of a unit, kept for closed years (tên cũ)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="names")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = (not_backwards("unit_name_period"),)


class UnitLink(Dated):
    """A unit belongs to another from a day to a day (trực thuộc)."""

    parent = models.ForeignKey(Unit, models.PROTECT, related_name="child_links")
    child = models.ForeignKey(Unit, models.PROTECT, related_name="parent_links")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(parent=models.F("child")), name="unit_link_not_to_itself"),
            not_backwards("unit_link_period"),
        )


class UnitPath(Dated):
    """Closure of the tree: ancestor over descendant, itself included, with its dates."""

    ancestor = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    descendant = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        indexes = (
            models.Index(fields=("ancestor", "descendant"), name="unit_path_down"),
            models.Index(fields=("descendant", "depth"), name="unit_path_up"),
        )


class SchoolProfile(Record):
    """What makes a unit a school: levels taught, kind, place (trường)."""

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="school")
    levels = models.CharField(max_length=30)  # "TH", "THCS", "THPT", "TH,THCS"
    kind_code = models.CharField(max_length=60, blank=True)  # danh mục school-kinds
    ownership_code = models.CharField(max_length=60, blank=True)
    commune_code = models.CharField(max_length=10, blank=True)
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.CharField(max_length=120, blank=True)
    # Readings of the doubtful clauses that this school follows, by name of khue.rules.settings.Settings;
    # empty = the default readings (assessment.md section 11).
    rule_settings = models.JSONField(default=dict, blank=True)

    def level_set(self) -> tuple[str, ...]:
        """The levels as a tuple, e.g. ("TH", "THCS")."""
        return tuple(part for part in self.levels.split(",") if part)


classify(
    Unit,
    public=("id", "valid_from", "valid_to", "kind", "name", "short_name", "search_key", "successor"),
)
classify(UnitCode, public=("id", "valid_from", "valid_to", "unit", "scheme", "value"))
classify(UnitName, public=("id", "valid_from", "valid_to", "unit", "name"))
classify(UnitLink, public=("id", "valid_from", "valid_to", "parent", "child"))
classify(UnitPath, public=("id", "valid_from", "valid_to", "ancestor", "descendant", "depth"))
classify(
    SchoolProfile,
    public=("id", "unit", "levels", "kind_code", "ownership_code", "commune_code", "address"),
    internal=("phone", "email", "rule_settings"),
)
