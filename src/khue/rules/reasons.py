"""Why a result is what it is: the clause, the inputs, and which condition held or failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of an explanation (lí do): clause of law, sentence, and whether the condition held."""

    clause: str  # "Điều 9 khoản 2 điểm a TT 22/2021"
    text: str  # a Vietnamese sentence that a parent understands
    passed: bool | None = None  # None: not a condition but a computation
    inputs: tuple[tuple[str, str], ...] = ()  # ("ĐĐGck", "7,5") …
    subject: str = ""  # name of the subject that decided it, if one did


@dataclass(frozen=True, slots=True)
class Judged(Generic[T_co]):
    """A result with its reasons; `doubtful` where two readings of the law differ."""

    value: T_co
    reasons: tuple[Reason, ...] = ()
    doubtful: bool = False
    alternative: T_co | None = None  # what the other reading gives
    note: str = ""  # what the two readings are, in one sentence
