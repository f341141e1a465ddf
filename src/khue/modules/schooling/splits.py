"""What the pages of a split show, and what their forms say: classes, rules, who is with whom."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from khue.core.dates import format_date
from khue.core.errors import Invalid
from khue.core.names import fold, nfc
from khue.modules.people import api as people
from khue.modules.schooling import pages, queries, split
from khue.modules.schooling.data import Newcomer, RoomPlan
from khue.modules.schooling.services import splitting
from khue.rules import entry
from khue.rules.curriculum import level_of_grade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from khue.core.actor import Actor
    from khue.modules.orgs import api as orgs
    from khue.modules.people.data import PersonCard
    from khue.modules.schooling.models import ClassSplit, SchoolYear

NEWCOMERS, GOING_UP = "moi", "len-lop"
MOST_SEED = 999_999
_PARTS = re.compile(r"[;,\n]")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PupilLine:
    """A pupil in an answer."""

    key: UUID
    name: str
    birth: str
    sex: str
    minority: bool
    score: str
    combination: str
    by_hand: bool


@dataclass(frozen=True, slots=True)
class RoomLine:
    """A class of an answer with its numbers and pupils."""

    facts: split.RoomFacts
    pupils: list[PupilLine]
    exists: bool
    too_many: bool


def waiting(school_id: UUID, year: SchoolYear, grade: int, who: str) -> list[PersonCard]:
    """Who may be split in a grade: newcomers of the school, or those who come from the grade below."""
    cards = queries.unplaced_pupils(school_id, year)
    before = queries.classes_before([card.person_id for card in cards], year)
    if who == NEWCOMERS:
        return [card for card in cards if card.person_id not in before]
    return [
        card for card in cards if card.person_id in before and before[card.person_id].grade == grade - 1
    ]


def groups(school: orgs.Unit, year: SchoolYear) -> list[dict[str, Any]]:
    """What can be split now: newcomers into the first grade of a level, a grade that goes up."""
    cards = queries.unplaced_pupils(school.pk, year)
    before = queries.classes_before([card.person_id for card in cards], year)
    grades = [item["grade"] for item in pages.class_choices(school)]
    new = sum(card.person_id not in before for card in cards)
    found = [{"who": NEWCOMERS, "grades": grades, "number": new}] if new and grades else []
    going_up = Counter(row.grade + 1 for row in before.values())
    return found + [
        {"who": GOING_UP, "grades": [grade], "number": number}
        for grade, number in sorted(going_up.items())
        if grade in grades
    ]


def newcomers(cards: list[PersonCard]) -> list[Newcomer]:
    """Pupils as a split takes them, with the village they live in."""
    profiles = people.PupilProfile.objects.filter(person__in=[card.person_id for card in cards])
    villages = {row.person_id: row.current_address for row in profiles}
    return [Newcomer(card.person_id, village=fold(villages.get(card.person_id, ""))) for card in cards]


def context(actor: Actor, row: ClassSplit) -> dict[str, Any]:
    """Everything the page of a split shows."""
    rules = splitting.rules_of(row)
    candidates = splitting.candidates_of(row)
    persons = people.Person.objects.in_bulk([UUID(key) for key in row.places])
    facts = split.explain(candidates, splitting.rooms_of(row), row.places)
    present = splitting.classes_of_split(row)
    most, clause = entry.class_size(level_of_grade(row.grade), row.year.starts_on)
    inside: dict[str, list[PupilLine]] = defaultdict(list)
    for one in candidates:
        person = persons[UUID(one.key)]
        inside[row.places[one.key]].append(
            PupilLine(
                UUID(one.key), one.name, person.birth_shown, one.sex, bool(one.minority),
                row.pupils[one.key]["score"].replace(".", ","), one.combination, one.key in row.by_hand,
            )
        )  # fmt: skip
    rooms = [
        RoomLine(item, inside[item.key], item.key in present, item.size > most) for item in facts
    ]
    names = {one.key: one.name for one in candidates}
    return {
        "row": row, "rules": rules, "rooms": rooms, "total": len(row.places), "present": present,
        "most": most, "clause": clause, "over": any(room.too_many for room in rooms),
        "scored": any(one.score is not None for one in candidates),
        "chosen": any(one.combination for one in candidates),
        "biggest": max((item.size for item in facts), default=1),
        "rooms_text": "\n".join(_room_text(room) for room in row.rooms),
        "together": _groups_text(rules.together, names), "apart": _groups_text(rules.apart, names),
        "since": format_date(pages.day_in(row.year, max(actor.today, row.year.starts_on))),
        "next_seed": rules.seed % MOST_SEED + 1,
    }  # fmt: skip


def _room_text(room: Mapping[str, Any]) -> str:
    combinations = "; ".join(text.replace(",", ", ") for text in room["combinations"])
    return f"{room['name']}: {combinations}" if combinations else str(room["name"])


def _groups_text(found: tuple[frozenset[str], ...], names: Mapping[str, str]) -> str:
    return "\n".join("; ".join(sorted(names.get(key, "") for key in group)) for group in found)


def read_rooms(text: str) -> list[RoomPlan]:
    """Classes from the form: «6A» or «6A, 6B» or, a line each, «10A1: VL, HH, SH, TIN; DL, AN, TIN, MT»."""
    found = []
    for line in text.splitlines():
        name, colon, listed = line.partition(":")
        if colon:
            combinations = tuple(part for part in listed.split(";") if part.strip())
            found.append(RoomPlan(nfc(name), combinations))
        else:
            found += [RoomPlan(nfc(part)) for part in _PARTS.split(name) if part.strip()]
    return found


def read_rules(row: ClassSplit, posted: Mapping[str, Any]) -> split.Rules:
    """The rules of the form; pupils are named as people name them, one group a line."""
    candidates = splitting.candidates_of(row)
    persons = people.Person.objects.in_bulk([UUID(one.key) for one in candidates])
    births = {one.key: persons[UUID(one.key)].birth_shown for one in candidates}
    seed, most = _number(posted.get("seed", ""), 1), _number(posted.get("village_most", ""), 0)
    return replace(
        splitting.rules_of(row), seed=seed, village_most=most,
        sex="sex" in posted, minority="minority" in posted, score="score" in posted,
        families="families" in posted,
        together=_read_groups(posted.get("together", ""), candidates, births),
        apart=_read_groups(posted.get("apart", ""), candidates, births),
    )  # fmt: skip


def _number(text: str, otherwise: int) -> int:
    return min(int(text), MOST_SEED) if text.isdecimal() and len(text) < 8 else otherwise  # noqa: PLR2004


def _read_groups(
    text: str, candidates: list[split.Candidate], births: Mapping[str, str]
) -> tuple[frozenset[str], ...]:
    found = []
    for line in text.splitlines():
        names = [part for part in re.split(r"[;,]", line) if part.strip()]
        if names:
            found.append(frozenset(_find(name, candidates, births) for name in names))
    return tuple(found)


def _find(text: str, candidates: list[split.Candidate], births: Mapping[str, str]) -> str:
    """The pupil whom «Vi Thị Ánh» or «vi thi anh 05/01/2014» means."""
    wanted = fold(text)
    said = {one.key: (fold(one.name), fold(f"{one.name} {births[one.key]}")) for one in candidates}
    for fits in (
        lambda name, full: wanted in {name, full},
        lambda name, full: full.startswith(wanted) or name.endswith(f" {wanted}"),
    ):
        keys = [key for key, (name, full) in said.items() if fits(name, full)]
        if len(keys) == 1:
            return keys[0]
        if keys:
            listed = ", ".join(births[key] for key in keys[:_SHOWN])
            raise Invalid("SCH-037", field="together", text=nfc(text)[:60], names=f" ({listed})")
    raise Invalid("SCH-037", field="together", text=nfc(text)[:60], names="")


