"""The split of a grade into classes, without a database: what always holds, and how much it evens out."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from statistics import pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid, Refused
from khue.modules.schooling.split import (
    Candidate,
    Room,
    Rules,
    allot_combinations,
    explain,
    split,
)

ROOMS = tuple(Room(name) for name in ("6A", "6B", "6C"))
candidates = st.lists(
    st.builds(
        Candidate,
        key=st.integers(0, 10_000).map(str),
        sex=st.sampled_from(("Nam", "Nữ")),
        minority=st.booleans(),
        score=st.none() | st.integers(0, 100).map(lambda n: Decimal(n) / 10),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda pupil: pupil.key,
)


def cohort(seed: int, size: int = 120) -> list[Candidate]:
    """A grade as it comes: villages bring their names, alphabets are not even."""
    draw = random.Random(seed)
    found = []
    for number in range(size):
        sex = draw.choice(("Nam", "Nữ"))
        # «Thị» stands late in the alphabet and «Văn» too, but results and villages go with family names.
        letter = draw.choice("ABCDHKLMNPTV")
        minority = draw.random() < (0.9 if letter in "HLMNV" else 0.3)
        score = round(draw.gauss(7.5 if letter < "M" else 6.2, 1.2), 1)
        found.append(
            Candidate(f"{letter}{number:03d}", sex, minority, Decimal(str(min(max(score, 0), 10))))
        )
    return sorted(found, key=lambda pupil: pupil.key)


def unevenness(pupils: list[Candidate], places: dict[str, str]) -> tuple[float, float, float]:
    """Spread between classes of girls, minorities and means."""
    facts = explain(pupils, ROOMS, places)
    return (
        pstdev(room.girls / room.size for room in facts),
        pstdev(room.minority / room.size for room in facts),
        pstdev(room.mean or 0 for room in facts),
    )


@settings(max_examples=15, deadline=None)
@given(pupils=candidates, seed=st.integers(0, 50))
def test_nobody_is_lost_sizes_differ_by_one_and_a_seed_repeats(pupils: list[Candidate], seed: int) -> None:
    places = split(pupils, ROOMS, Rules(seed=seed))
    assert places.keys() == {pupil.key for pupil in pupils}
    sizes = [room.size for room in explain(pupils, ROOMS, places)]
    assert sum(sizes) == len(pupils)
    assert max(sizes) - min(sizes) <= 1
    assert split(list(reversed(pupils)), ROOMS, Rules(seed=seed)).keys() == places.keys()
    assert split(pupils, ROOMS, Rules(seed=seed)) == places


@settings(max_examples=15, deadline=None)
@given(pupils=candidates, data=st.data())
def test_who_must_be_together_is_and_who_must_be_apart_is_not(
    pupils: list[Candidate], data: st.DataObject
) -> None:
    keys = [pupil.key for pupil in pupils]
    together = frozenset(data.draw(st.lists(st.sampled_from(keys), max_size=4, unique=True)))
    others = [key for key in keys if key not in together]
    apart = frozenset(data.draw(st.lists(st.sampled_from(others), max_size=3, unique=True)) if others else ())
    rules = Rules(together=(together,), apart=(apart,))
    places = split(pupils, ROOMS, rules)
    assert len({places[key] for key in together}) <= 1
    assert len({places[key] for key in apart}) == len(apart)
    assert places.keys() == set(keys)


@pytest.mark.parametrize("seed", range(6))
def test_it_is_more_even_than_the_alphabet(seed: int) -> None:
    pupils = cohort(seed)
    by_name = {pupil.key: ROOMS[number // 40].key for number, pupil in enumerate(pupils)}
    places = split(pupils, ROOMS, Rules(seed=seed))
    ours, theirs = unevenness(pupils, places), unevenness(pupils, by_name)
    assert all(mine <= other for mine, other in zip(ours, theirs, strict=True))
    assert sum(ours) < sum(theirs) / 3
    girls = [room.girls for room in explain(pupils, ROOMS, places)]
    assert max(girls) - min(girls) <= 1
    means = [room.mean or 0 for room in explain(pupils, ROOMS, places)]
    assert max(means) - min(means) < 0.15


def test_classes_with_pupils_fill_up_to_the_same_size() -> None:
    there = tuple(Candidate(f"x{n}", "Nữ") for n in range(6))
    rooms = (Room("6A", there), Room("6B"))
    pupils = [Candidate(f"{n}", "Nam" if n % 2 else "Nữ") for n in range(14)]
    facts = explain(pupils, rooms, split(pupils, rooms, Rules()))
    assert [(room.size, room.present) for room in facts] == [(10, 6), (10, 0)]


def test_combinations_are_kept_and_shared_out() -> None:
    wished = {"LY,HOA": 62, "SU,DIA": 30, "HOA,SINH": 18, "TIN,CN": 10}
    pupils = [
        Candidate(f"{name}{n}", "Nữ" if n % 2 else "Nam", combination=name)
        for name, number in wished.items()
        for n in range(number)
    ]
    allotted = allot_combinations(wished, 3)
    assert set().union(*allotted) == set(wished)
    rooms = [Room(f"10A{n}", combinations=names) for n, names in enumerate(allotted, 1)]
    places = split(pupils, rooms, Rules())
    learns = {room.key: room.combinations for room in rooms}
    assert all(pupil.combination in learns[places[pupil.key]] for pupil in pupils)
    sizes = Counter(places.values())
    assert max(sizes.values()) - min(sizes.values()) <= 4


@settings(max_examples=60, deadline=None)
@given(
    wished=st.dictionaries(st.sampled_from("ABCDEFGH"), st.integers(1, 90), max_size=8),
    classes=st.integers(1, 9),
)
def test_every_combination_is_learned_somewhere(wished: dict[str, int], classes: int) -> None:
    allotted = allot_combinations(wished, classes)
    assert len(allotted) == classes
    assert set().union(*allotted) == set(wished)


def test_brothers_sisters_and_the_few_of_a_village_stay_together() -> None:
    pupils = [Candidate(f"{n:02d}", village="Nà Lầu" if n < 3 else f"Thôn {n % 4}") for n in range(40)]
    pupils += [Candidate("t1", family="sinh đôi"), Candidate("t2", family="sinh đôi")]
    places = split(pupils, ROOMS, Rules(village_most=3))
    assert len({places[f"{n:02d}"] for n in range(3)}) == 1
    assert places["t1"] == places["t2"]
    apart = split(pupils, ROOMS, Rules(apart=(frozenset({"t1", "t2"}),)))
    assert apart["t1"] != apart["t2"]


def test_a_place_by_hand_stays_and_the_rest_evens_out() -> None:
    pupils = [Candidate(f"{n:02d}", "Nữ" if n % 2 else "Nam") for n in range(30)]
    hand = {f"{n:02d}": "6A" for n in range(0, 20, 2)}
    places = split(pupils, ROOMS, Rules(), hand)
    assert all(places[key] == "6A" for key in hand)
    assert Counter(places.values()) == {"6A": 10, "6B": 10, "6C": 10}


def test_impossible_wishes_are_refused() -> None:
    pupils = [Candidate(str(n), combination="LY" if n else "SU") for n in range(5)]
    both = frozenset({"1", "2"})
    with pytest.raises(Refused, match="SCH-031"):
        split(pupils, ROOMS, Rules(together=(both,), apart=(both,)))
    with pytest.raises(Refused, match="SCH-031"):
        split(pupils, ROOMS, Rules(apart=(frozenset("01234"),)))
    rooms = (Room("10A1", combinations=frozenset({"LY"})), Room("10A2", combinations=frozenset({"SU"})))
    with pytest.raises(Refused, match="SCH-032"):
        split(pupils, rooms, Rules(together=(frozenset({"0", "1"}),)))
    with pytest.raises(Invalid, match="SCH-030"):
        split(pupils, (), Rules())
