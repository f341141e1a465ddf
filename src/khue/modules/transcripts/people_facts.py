"""Who the pupils of a class are, as page 1 says it, and where they learn (sơ yếu lí lịch, nơi học)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from khue.kit.models import in_force
from khue.modules.codes import api as codes
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.register import api as register
from khue.modules.transcripts.data import Identity, Place, Relative

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

RELATIONS = ("father", "mother", "guardian")
LIFELONG = people.IdentifierScheme.LIFELONG.value


@dataclass(frozen=True, slots=True)
class PupilFacts:
    """A pupil's identity and number in the register."""

    identity: Identity
    register_number: str


def pupils_facts(person_ids: Iterable[UUID], day: dt.date, school_id: UUID) -> dict[UUID, PupilFacts]:
    """Identity of many pupils as known on a day, in a fixed number of queries."""
    ids = list(person_ids)
    persons = people.Person.objects.in_bulk(ids)
    profiles = {row.person_id: row for row in people.PupilProfile.objects.filter(person__in=ids)}
    relatives = _relatives(ids, day)
    numbers = _numbers(ids)
    registered = _registered(ids, school_id)
    groups = codes.items_ever(codes.ETHNIC_GROUPS).order_by("valid_from", "id")
    ethnic = {row.code: row.name for row in groups}
    return {
        key: PupilFacts(
            _identity(person, profiles.get(key), relatives[key], numbers[key], ethnic),
            registered.get(key) or str(getattr(profiles.get(key), "register_number", "")),
        )
        for key, person in persons.items()
    }


def _registered(ids: list[UUID], school_id: UUID) -> dict[UUID, str]:
    """The numbers in the school's register, the newest entry of each pupil (số đăng bộ)."""
    entries = register.RegisterEntry.objects.filter(person__in=ids, school=school_id).select_related("book")
    return {
        entry.person_id: register.number_shown(entry)
        for entry in entries.order_by("entered_on", "id")
        if entry.person_id is not None
    }


def _identity(
    person: people.Person, profile: people.PupilProfile | None, relatives: Sequence[Relative],
    numbers: dict[str, str], ethnic: dict[str, str],
) -> Identity:  # fmt: skip
    def own(name: str) -> str:
        return str(getattr(profile, name, "") or "")

    return Identity(
        name=person.full_name, sex=person.sex, born=person.birth_shown, birth_place=own("birth_place"),
        ethnic=ethnic.get(person.ethnic_code, person.ethnic_code), nationality=person.nationality,
        home_town=own("home_town"), address=own("current_address") or own("permanent_address"),
        policy=own("policy_groups"), ministry_code=numbers.get("moet", ""),
        lifelong_code=numbers.get(LIFELONG, ""), relatives=tuple(relatives),
    )  # fmt: skip


def _relatives(ids: list[UUID], day: dt.date) -> dict[UUID, list[Relative]]:
    found: dict[UUID, list[Relative]] = defaultdict(list)
    rows = people.Guardianship.objects.filter(in_force(day), child__in=ids).select_related("guardian")
    for row in sorted(rows, key=lambda one: (_order(one.relation), one.guardian.full_name, one.id)):
        found[row.child_id].append(Relative(row.relation, row.guardian.full_name, row.occupation))
    return found


def _order(relation: str) -> int:
    return RELATIONS.index(relation) if relation in RELATIONS else len(RELATIONS)


def _numbers(ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    rows = people.PersonIdentifier.objects.filter(
        person__in=ids, valid_to__isnull=True, scheme__in=("moet", LIFELONG)
    )
    for person, scheme, value in rows.values_list("person_id", "scheme", "value"):
        found[person][scheme] = value
    return found


def place_of(school: orgs.Unit, day: dt.date) -> Place:
    """A school with its commune and province, each by the name it bore on that day."""
    above: dict[str, Any] = {}
    for unit in orgs.ancestors_of(school.pk, day):
        above.setdefault(unit.kind, unit)
    names = {kind: orgs.name_on(above[kind], day) for kind in ("commune", "province") if kind in above}
    code = school.codes.filter(in_force(day), scheme="moet").order_by("-valid_from")
    return Place(
        orgs.name_on(school, day), code.values_list("value", flat=True).first() or "",
        names.get("commune", ""), names.get("province", ""),
    )  # fmt: skip
