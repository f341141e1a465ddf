"""What the register says of a pupil, as the people module knows it (sơ yếu lí lịch, assessment.md 4.2).

The personal number is not among it: it stays sealed where it is; pages show it to those who may see it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from khue.modules.people import api as people

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

PERSON = ("full_name", "sex", "ethnic_code", "nationality")
PROFILE = (
    "religion", "policy_groups", "disability", "birth_place", "home_town", "current_address",
    "permanent_address", "contact_phone",
)  # fmt: skip
SENSITIVE = frozenset({"religion", "policy_groups", "disability"})
RELATIONS = ("father", "mother", "guardian")
# What a certificate of birth or of a change of civil status says; changed only with such a paper.
CIVIL = frozenset({
    "full_name", "birth", "sex", "ethnic_code", "nationality", "birth_place", "home_town", "religion",
})  # fmt: skip


def facts_of(school_id: UUID, person_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """What the school knows of its pupils now, in four queries for any number of them."""
    ids = list(person_ids)
    rows = people.PupilProfile.objects.filter(school=school_id, person__in=ids).select_related("person")
    profiles = {row.person_id: row for row in rows}
    codes = dict(
        people.PersonIdentifier.objects.filter(
            person__in=list(profiles), scheme=people.IdentifierScheme.MINISTRY, valid_to__isnull=True
        ).values_list("person_id", "value")
    )
    families = _families(profiles)
    return {
        key: _facts(profiles[key]) | {"code": codes.get(key, ""), "family": families[key]}
        for key in ids
        if key in profiles
    }


def _facts(row: people.PupilProfile) -> dict[str, Any]:
    person = row.person
    facts: dict[str, Any] = {name: getattr(person, name) for name in PERSON}
    facts["birth"] = person.birth_date.isoformat() if person.birth_date else person.birth_text
    return facts | {name: getattr(row, name) for name in PROFILE}


def _families(child_ids: Iterable[UUID]) -> defaultdict[UUID, list[dict[str, str]]]:
    links = people.Guardianship.objects.filter(child__in=list(child_ids), valid_to__isnull=True)
    found: defaultdict[UUID, list[dict[str, str]]] = defaultdict(list)
    for row in links.select_related("guardian").order_by("valid_from", "id"):
        one = row.guardian
        born = str(one.birth_date.year) if one.birth_date else one.birth_text[:4]
        found[row.child_id].append({
            "relation": row.relation, "name": one.full_name, "born": born, "occupation": row.occupation,
            "phone": one.phone,
        })  # fmt: skip
    for members in found.values():
        members.sort(key=lambda one: (RELATIONS.index(one["relation"]), one["name"]))
    return found
