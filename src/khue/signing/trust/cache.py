"""A small bounded memory (bộ nhớ đệm): one look into a dictionary, and it cannot grow for ever."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Keeps the newest values; when full, the oldest half goes.

    Not least-recently-used: moving a key at every hit costs more than the hit, and here a value that
    went is only computed again. Dictionary operations are atomic, so threads may share it.
    """

    __slots__ = ("_most", "_values")

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value, or None."""
        return self._values.get(key)

    def put(self, key: K, value: V) -> V:
        """Keep a value and give it back."""
        if len(self._values) >= self._most:
            for old in list(self._values)[: self._most // 2 + 1]:
                self._values.pop(old, None)
        self._values[key] = value
        return value
