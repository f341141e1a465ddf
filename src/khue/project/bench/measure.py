"""Durations on a machine that others use too: repeated, with the median and the best, and as ratios."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Times:
    """How long an act took each time, in seconds, in rounds that were measured one after the other."""

    rounds: tuple[tuple[float, ...], ...]

    @property
    def p50(self) -> float:
        """The median of all."""
        return statistics.median(value for one in self.rounds for value in one)

    @property
    def best(self) -> float:
        """The shortest."""
        return min(value for one in self.rounds for value in one)

    def over(self, other: Times) -> float:
        """How many times longer than another act that was measured in the same rounds.

        The median of the ratios of the rounds: what slows down a whole round slows down both.
        """
        return statistics.median(
            statistics.median(mine) / statistics.median(its)
            for mine, its in zip(self.rounds, other.rounds, strict=True)
        )

    @property
    def shown(self) -> str:
        """The best in microseconds, for a remark."""
        return f"best {self.best * MICRO:,.1f} µs"


def each(act: Callable[[T], object], items: Iterable[T]) -> tuple[float, ...]:
    """How long the act takes for each item."""
    found = []
    clock = time.perf_counter
    for item in items:
        began = clock()
        act(item)
        found.append(clock() - began)
    return tuple(found)


def in_rounds(count: int, one_round: Callable[[int], Sequence[Sequence[float]]]) -> list[Times]:
    """Several acts measured in turn, round by round, so that each round sees all of them alike."""
    rounds = []
    for number in range(count):
        gc.collect()
        rounds.append([tuple(values) for values in one_round(number)])
    return [Times(tuple(values)) for values in zip(*rounds, strict=True)]
