"""A school with those that went up in it, and the numbers of their seals (trường kế thừa)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.modules.orgs import api as orgs
from khue.modules.records import api as records
from khue.modules.store.models import StoreSchool

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID


def lineage_of(school_id: UUID) -> list[UUID]:
    """The school itself, then the schools of which it keeps the records after a merger."""
    before = orgs.Unit.objects.filter(successor=school_id).order_by("id").values_list("id", flat=True)
    return [school_id, *before]


def seals_of(school_ids: Collection[UUID]) -> frozenset[str]:
    """The numbers with which these schools seal: as the department wrote, and as registered here."""
    found = {
        number for seals in StoreSchool.objects.filter(school__in=school_ids).values_list("seals", flat=True)
        for number in seals
    }  # fmt: skip
    rows = records.Certificate.objects.filter(school__in=school_ids).exclude(identifier="")
    return frozenset(found | set(rows.values_list("identifier", flat=True)))
