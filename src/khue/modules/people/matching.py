"""Who of a list do we know already: by identifier, then by name and birth date (đối chiếu).

Never a guess: whenever two readings are possible the answer is «ambiguous» and a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Q

from khue.core.names import fold, sort_key
from khue.modules.people.data import Match, MatchRow
from khue.modules.people.models import Employment, IdentifierScheme, Person, PersonIdentifier, PupilProfile
from khue.modules.people.writing import lookup_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

# In order of trust: the Ministry's code, the personal number, the staff code, the old software's code.
SCHEMES = (
    ("ministry", IdentifierScheme.MINISTRY),
    ("personal", IdentifierScheme.PERSONAL),
    ("staff", IdentifierScheme.STAFF),
    ("software", IdentifierScheme.SOFTWARE),
)
CHUNK = 900
Key = tuple[str, str]


def match_people(school_id: UUID, rows: Sequence[MatchRow]) -> list[Match]:
    """One answer for each line, in the order given; a few queries however long the list is.

    Codes of old software count only for the school that used it; names only among the people of
    this school. A name that fits somebody who bears another code of the same kind is no match.
    """
    bearers = _bearers(school_id, rows)
    by_name = _namesakes(school_id, rows, bearers)
    held = _codes_of({person.pk for persons in by_name.values() for person in persons}, school_id)
    return [_answer(row, bearers, by_name, held) for row in rows]


def _keys(row: MatchRow) -> Iterator[tuple[str, Key]]:
    """The identifiers of a line with the field they stand in."""
    for field, scheme in SCHEMES:
        value = getattr(row, field).strip()
        if value:
            yield field, (scheme.value, lookup_of(scheme, value))


def _bearers(school_id: UUID, rows: Iterable[MatchRow]) -> dict[Key, UUID]:
    wanted = sorted({key[1] for row in rows for _, key in _keys(row)})
    found: dict[Key, UUID] = {}
    for start in range(0, len(wanted), CHUNK):
        part = PersonIdentifier.objects.filter(
            Q(valid_to__isnull=True) | Q(scheme=IdentifierScheme.TEMPORARY),
            Q(issuer__isnull=True) | Q(issuer=school_id),
            lookup__in=wanted[start : start + CHUNK],
        )
        for scheme, code, who in part.order_by("valid_from", "id").values_list("scheme", "lookup", "person"):
            if scheme == IdentifierScheme.TEMPORARY:  # in a list it stands where the real code will
                found[IdentifierScheme.MINISTRY.value, code] = who
                found[IdentifierScheme.SOFTWARE.value, code] = who
            else:
                found[scheme, code] = who
    return found


def _namesakes(
    school_id: UUID, rows: Iterable[MatchRow], bearers: dict[Key, UUID]
) -> dict[str, list[Person]]:
    """Persons of the school by folded name, for the lines that no identifier settles."""
    names = sorted(
        {fold(row.full_name)[:150] for row in rows if not any(key in bearers for _, key in _keys(row))}
    )
    found: dict[str, list[Person]] = defaultdict(list)
    at_school = Q(pk__in=PupilProfile.objects.filter(school=school_id).values("person")) | Q(
        pk__in=Employment.objects.filter(school=school_id).values("person")
    )
    for start in range(0, len(names), CHUNK):
        part = Person.objects.filter(at_school, search_key__in=names[start : start + CHUNK])
        for person in part.order_by("id"):
            found[person.search_key].append(person)
    return found


def _codes_of(ids: set[UUID], school_id: UUID) -> dict[UUID, dict[str, str]]:
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    wanted = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        part = PersonIdentifier.objects.filter(
            Q(issuer__isnull=True) | Q(issuer=school_id),
            person__in=wanted[start : start + CHUNK], valid_to__isnull=True,
        )
        for who, scheme, code in part.values_list("person", "scheme", "lookup"):
            found[who][scheme] = code
    return found


def _answer(
    row: MatchRow,
    bearers: dict[Key, UUID],
    by_name: dict[str, list[Person]],
    held: dict[UUID, dict[str, str]],
) -> Match:
    known = [(field, bearers[key]) for field, key in _keys(row) if key in bearers]
    people = tuple(dict.fromkeys(person for _, person in known))
    if len(people) == 1:
        return Match("match", people, known[0][0])
    if people:
        return Match("ambiguous", people, "codes_disagree")
    same_birth = [person for person in by_name.get(fold(row.full_name)[:150], ()) if _born_alike(row, person)]
    free: list[Person] = []
    other: list[Person] = []
    for person in same_birth:
        (other if _bears_another(row, held.get(person.pk, {})) else free).append(person)
    exact = [person for person in free if person.sort_key == sort_key(row.full_name)[:400]]
    if len(exact) == 1:
        return Match("match", (exact[0].pk,), "name_birth")
    if free:
        by = "name_birth" if exact else "similar_name"
        return Match("ambiguous", tuple(person.pk for person in exact or free), by)
    if other and not _bears_another_official(row, [held.get(person.pk, {}) for person in other]):
        return Match("ambiguous", tuple(person.pk for person in other), "other_code")
    return Match("none")


def _born_alike(row: MatchRow, person: Person) -> bool:
    """The same known birth date; an unknown one proves nothing."""
    if row.birth_date is not None:
        return person.birth_date == row.birth_date
    return bool(row.birth_text) and person.birth_text == row.birth_text


def _bears_another(row: MatchRow, codes: dict[str, str]) -> bool:
    return any(scheme in codes and codes[scheme] != code for _, (scheme, code) in _keys(row))


def _bears_another_official(row: MatchRow, all_codes: list[dict[str, str]]) -> bool:
    """All of them bear another official code: other people. Old software may renumber, so ask then."""
    official = [key for field, key in _keys(row) if field != "software"]
    return all(
        any(scheme in codes and codes[scheme] != code for scheme, code in official) for codes in all_codes
    )
