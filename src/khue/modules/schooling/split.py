"""Pupils of one grade into classes, evenly (chia lớp): pure, the same seed gives the same answer.

Hard: combinations a class learns, who must be together, who must be apart, who is already there. Then,
in this order of weight: equal sizes, then shares of girls, of ethnic minorities, of earlier results
(three bands and the mean). It starts by putting the most bound pupils first where they cost least and
then exchanges pupils as long as it gets better. Costs are whole numbers: no machine counts otherwise.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import mean, pstdev
from typing import TYPE_CHECKING

from khue.core.errors import Invalid, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

SIZE, TRAIT, BAND = 10_000, 100, 60  # weights of a pupil too many, of a girl too many, of a result too good
BANDS = 3
ROUNDS = 4000  # exchanges tried without a better one before it stops
MOST = 40_000
UNIT = 100  # results are counted in hundredths of their spread


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pupil to be placed, with what the rules look at."""

    key: str
    sex: str = ""
    minority: bool | None = None
    score: Decimal | None = None
    combination: str = ""
    village: str = ""
    family: str = ""  # the same text for brothers and sisters
    name: str = ""  # for a refusal


@dataclass(frozen=True, slots=True)
class Room:
    """A class that takes pupils: those who are in it already, the combinations it learns (all if none)."""

    key: str
    present: tuple[Candidate, ...] = ()
    combinations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """What the person chose."""

    seed: int = 1
    sex: bool = True
    minority: bool = True
    score: bool = True
    families: bool = True  # brothers and sisters in one class
    village_most: int = 0  # pupils of a village with so few newcomers stay together; 0: no such wish
    together: tuple[frozenset[str], ...] = ()
    apart: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """One class of an answer, for the table that explains it."""

    key: str
    size: int
    girls: int
    minority: int
    mean: float | None
    combinations: tuple[tuple[str, int], ...]
    present: int


@dataclass(frozen=True, slots=True)
class Block:
    """Pupils who go to one class, whatever happens."""

    members: tuple[Candidate, ...]
    rooms: tuple[int, ...]


@dataclass(slots=True)
class _Load:
    """What is in a class while it fills."""

    size: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    score: int = 0


def split(
    pupils: Sequence[Candidate], rooms: Sequence[Room], rules: Rules, fixed: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The class of every pupil. `fixed` are places a person chose by hand; they stay."""
    if not rooms:
        raise Invalid("SCH-030", field="rooms")
    held = {key: room for key, room in (fixed or {}).items() if any(one.key == room for one in rooms)}
    blocks = _blocks(pupils, rooms, rules, held)
    work = _Work(pupils, rooms, rules)
    work.start(blocks)
    work.improve()
    return {
        pupil.key: rooms[work.place[number]].key
        for number, block in enumerate(work.blocks)
        for pupil in block.members
    }


def explain(pupils: Sequence[Candidate], rooms: Sequence[Room], places: Mapping[str, str]) -> list[RoomFacts]:
    """What each class has got: numbers, shares, means (giải thích cách chia)."""
    inside: dict[str, list[Candidate]] = {room.key: list(room.present) for room in rooms}
    for pupil in pupils:
        if pupil.key in places:
            inside[places[pupil.key]].append(pupil)
    found = []
    for room in rooms:
        here = inside[room.key]
        scores = [float(pupil.score) for pupil in here if pupil.score is not None]
        combinations = Counter(pupil.combination for pupil in here if pupil.combination)
        found.append(
            RoomFacts(
                room.key, len(here), sum(pupil.sex == "Nữ" for pupil in here),
                sum(pupil.minority is True for pupil in here), round(mean(scores), 2) if scores else None,
                tuple(sorted(combinations.items())), len(room.present),
            )
        )  # fmt: skip
    return found


def allot_combinations(wished: Mapping[str, int], classes: int) -> list[frozenset[str]]:
    """Which combinations each of so many classes learns: whole classes first, what is left over shares.

    A class learns as few combinations as the numbers allow, so that its timetable can be made.
    """
    total = sum(wished.values())
    if classes < 1 or not total:
        return [frozenset()] * max(classes, 0)
    target = -(-total // classes)
    rooms: list[tuple[int, set[str]]] = []
    rest: dict[str, int] = {}
    for name, number in sorted(wished.items(), key=lambda item: (-item[1], item[0])):
        whole, left = divmod(number, target)
        rooms += [(target, {name}) for _ in range(whole)]
        if left * 8 > target or not whole:  # a few more than a class stay in it
            rest[name] = left
    rooms += [(0, set()) for _ in range(classes - len(rooms))]
    for name, number in sorted(rest.items(), key=lambda item: (-item[1], item[0])):
        smallest = min(range(len(rooms)), key=lambda index: (rooms[index][0], index))
        rooms[smallest] = (rooms[smallest][0] + number, rooms[smallest][1] | {name})
    fullest = max(rooms, key=lambda room: room[0])[1]
    return [frozenset(names or fullest) for _, names in rooms]


def _blocks(
    pupils: Sequence[Candidate], rooms: Sequence[Room], rules: Rules, held: Mapping[str, str]
) -> list[Block]:
    """Who goes together, with the classes that are open to all of them; impossible wishes are refused."""
    by_key = {pupil.key: pupil for pupil in pupils}
    leader = {key: key for key in by_key}

    def lead(key: str) -> str:
        while leader[key] != key:
            key = leader[key]
        return key

    def join(keys: Iterable[str]) -> None:
        first, *others = keys
        for other in others:
            low, high = sorted((lead(first), lead(other)))
            leader[high] = low

    bonds = [sorted(group & by_key.keys()) for group in rules.together]
    for bond in (*bonds, *_wished(pupils, rooms, rules, held)):
        if bond:
            join(bond)
    members: dict[str, list[Candidate]] = defaultdict(list)
    for pupil in pupils:
        members[lead(pupil.key)].append(pupil)
    for pair in rules.apart:
        bound = sorted(pair & by_key.keys())
        if len({lead(key) for key in bound}) != len(bound):
            raise Refused("SCH-031", field="apart")
    return [Block(tuple(group), _open_to(group, rooms, held)) for group in members.values()]


def _wished(
    pupils: Sequence[Candidate], rooms: Sequence[Room], rules: Rules, held: Mapping[str, str]
) -> Iterator[list[str]]:
    """Brothers and sisters, the few of one village: together unless something harder speaks against it."""
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for pupil in pupils:
        if rules.families and pupil.family:
            groups[f"f{pupil.family}"].append(pupil)
        if rules.village_most and pupil.village:
            groups[f"v{pupil.village}"].append(pupil)
    bound = set().union(*rules.apart, *rules.together)
    for name, group in sorted(groups.items()):
        few = name.startswith("f") or len(group) <= rules.village_most
        free = not any(pupil.key in bound or pupil.key in held for pupil in group)
        alike = len({pupil.combination for pupil in group}) == 1 or not any(
            room.combinations for room in rooms
        )
        if len(group) > 1 and few and free and alike:
            yield [pupil.key for pupil in group]


def _open_to(group: Sequence[Candidate], rooms: Sequence[Room], held: Mapping[str, str]) -> tuple[int, ...]:
    chosen = {held[pupil.key] for pupil in group if pupil.key in held}
    wished = {pupil.combination for pupil in group if pupil.combination}
    found = tuple(
        number
        for number, room in enumerate(rooms)
        if (not chosen or chosen == {room.key}) and (not room.combinations or wished <= room.combinations)
    )
    if not found and chosen:  # a place by hand is stronger than the combinations
        found = tuple(number for number, room in enumerate(rooms) if {room.key} == chosen)
    if not found:
        names = ", ".join(pupil.name or pupil.key for pupil in group[:5])
        raise Refused("SCH-032", field="together", names=names)
    return found


class _Work:
    """The classes while they fill: loads, places, and what an exchange would cost."""

    def __init__(self, pupils: Sequence[Candidate], rooms: Sequence[Room], rules: Rules) -> None:
        self.rooms, self.rules = rooms, rules
        everybody = [*pupils, *(one for room in rooms for one in room.present)]
        self.total = max(len(everybody), 1)
        self.points = _points(everybody) if rules.score else {}
        self.bands = _bands(self.points)
        self.loads = [_Load() for _ in rooms]
        for number, room in enumerate(rooms):
            for one in room.present:
                self._put(number, one, 1)
        self.all_counts = Counter(trait for one in everybody for trait in self._traits(one))
        self.blocks: list[Block] = []
        self.place: list[int] = []
        self.apart = [group for group in rules.apart if len(group) > 1]
        self.where: dict[str, int] = {
            one.key: number for number, room in enumerate(rooms) for one in room.present
        }

    def _traits(self, pupil: Candidate) -> Iterator[str]:
        if self.rules.sex and pupil.sex == "Nữ":
            yield "girl"
        if self.rules.minority and pupil.minority:
            yield "minority"
        if pupil.key in self.bands:
            yield f"band{self.bands[pupil.key]}"

    def _put(self, room: int, pupil: Candidate, sign: int) -> None:
        load = self.loads[room]
        load.size += sign
        load.score += sign * self.points.get(pupil.key, 0)
        for trait in self._traits(pupil):
            load.counts[trait] += sign

    def _cost(self, room: int) -> int:
        """How far a class is from its share; the sum over all classes is what gets smaller."""
        load, total = self.loads[room], self.total
        cost = SIZE * load.size * load.size * total * total
        for trait, number in self.all_counts.items():
            off = load.counts[trait] * total - number * load.size
            cost += (BAND if trait.startswith("band") else TRAIT) * off * off
        return cost + BAND * load.score * load.score * total * total // (UNIT * UNIT)

    def _move(self, number: int, room: int) -> None:
        block, old = self.blocks[number], self.place[number]
        for pupil in block.members:
            if old >= 0:
                self._put(old, pupil, -1)
            self._put(room, pupil, 1)
            self.where[pupil.key] = room
        self.place[number] = room

    def _clash(self, block: Block, room: int, leaving: Block | None = None) -> bool:
        """Whether somebody of the block may not be with somebody of the class."""
        mine = {pupil.key for pupil in block.members}
        gone = {pupil.key for pupil in leaving.members} if leaving else set()
        return any(
            self.where.get(other) == room
            for group in self.apart
            if group & mine
            for other in group - mine - gone
        )

    def start(self, blocks: Sequence[Block]) -> None:
        """Put the most bound first, each where it costs least."""
        apart = set().union(*self.apart)
        self.blocks = sorted(
            blocks,
            key=lambda block: (
                len(block.rooms),
                -len(block.members),
                not any(pupil.key in apart for pupil in block.members),
                _number(self.rules.seed, block.members[0].key),
            ),
        )
        self.place = [-1] * len(self.blocks)
        for number, block in enumerate(self.blocks):
            free = [room for room in block.rooms if not self._clash(block, room)]
            if not free:
                raise Refused("SCH-031", field="apart")
            self._move(number, min(free, key=lambda room: (self._added(block, room), room)))

    def _added(self, block: Block, room: int) -> int:
        before = self._cost(room)
        for pupil in block.members:
            self._put(room, pupil, 1)
        after = self._cost(room)
        for pupil in block.members:
            self._put(room, pupil, -1)
        return after - before

    def improve(self) -> None:
        """Exchange and move until nothing of a long row of tries is better."""
        if len(self.rooms) < 2 or not self.blocks:  # noqa: PLR2004 - nothing to exchange
            return
        numbers = _draws(self.rules.seed)
        idle = 0
        for _ in range(MOST):
            first, second = next(numbers) % len(self.blocks), next(numbers) % len(self.blocks)
            better = self._try_swap(first, second) or self._try_move(first, next(numbers))
            idle = 0 if better else idle + 1
            if idle >= ROUNDS:
                return

    def _try_swap(self, first: int, second: int) -> bool:
        one, two = self.blocks[first], self.blocks[second]
        here, there = self.place[first], self.place[second]
        if here == there or there not in one.rooms or here not in two.rooms:
            return False
        if self._clash(one, there, two) or self._clash(two, here, one):
            return False
        before = self._cost(here) + self._cost(there)
        self._move(first, there)
        self._move(second, here)
        if self._cost(here) + self._cost(there) < before:
            return True
        self._move(first, here)
        self._move(second, there)
        return False

    def _try_move(self, number: int, draw: int) -> bool:
        block, here = self.blocks[number], self.place[number]
        there = block.rooms[draw % len(block.rooms)]
        if there == here or self._clash(block, there):
            return False
        before = self._cost(here) + self._cost(there)
        self._move(number, there)
        if self._cost(here) + self._cost(there) < before:
            return True
        self._move(number, here)
        return False


def _points(pupils: Sequence[Candidate]) -> dict[str, int]:
    """Earlier results as distances from the mean, in hundredths of their spread."""
    known = {pupil.key: float(pupil.score) for pupil in pupils if pupil.score is not None}
    spread = pstdev(known.values()) if len(known) > 1 else 0.0
    if not spread:
        return {}
    middle = mean(known.values())
    return {key: round(UNIT * (score - middle) / spread) for key, score in known.items()}


def _bands(points: Mapping[str, int]) -> dict[str, int]:
    """Thirds of the pupils by result: a mean alone would hide a class of the best and the weakest."""
    ordered = sorted(points, key=lambda key: (points[key], key))
    return {key: number * BANDS // len(ordered) for number, key in enumerate(ordered)}


def _number(seed: int, text: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {text}".encode()).digest()[:8], "big")


def _draws(seed: int) -> Iterator[int]:
    """Numbers that look drawn, the same for a seed on every machine and version (xorshift*)."""
    state = _number(seed, "draws") or 1
    while True:
        state ^= state >> 12
        state = (state ^ (state << 25)) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 27
        yield ((state * 0x2545F4914F6CDD1D) & 0xFFFFFFFFFFFFFFFF) >> 16
