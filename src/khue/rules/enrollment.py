"""What may happen to a pupil in the register, one event after another (biến động học sinh).

Pure: the register asks with the state and the events before; the answer is a code or the state after.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from khue.rules.averages import parameters

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection


class State(StrEnum):
    """Where a pupil of the register stands (trạng thái trong sổ)."""

    NEW = "new"  # not entered yet
    STUDYING = "studying"
    SUSPENDED = "suspended"
    TRANSFERRED = "transferred"
    LEFT = "left"
    COMPLETED = "completed"
    GRADUATED = "graduated"
    DECEASED = "deceased"
    VOID = "void"  # entered by mistake and struck out; the number stays used


class Kind(StrEnum):
    """Events of the register (assessment.md 7.2); stored by code."""

    ADMITTED = "admitted"
    TRANSFERRED_IN = "transferred_in"
    TRANSFERRED_OUT = "transferred_out"
    CLASS_PLACED = "class_placed"
    CLASS_MOVED = "class_moved"
    PROMOTED = "promoted"
    REPEATED = "repeated"
    SKIPPED_GRADE = "skipped_grade"
    COMPLETED = "completed"
    GRADUATED = "graduated"
    DROPPED_OUT = "dropped_out"
    SUSPENDED = "suspended"
    RETURNED = "returned"
    CIVIL_CHANGE = "civil_change"
    CORRECTED = "corrected"
    IDENTIFIER_ADDED = "identifier_added"
    IDENTIFIER_MERGED = "identifier_merged"
    IDENTIFIER_UNMERGED = "identifier_unmerged"
    DISCIPLINE = "discipline"
    AWARD = "award"
    DECEASED = "deceased"
    VOIDED = "voided"


PRESENT = frozenset({State.STUDYING, State.SUSPENDED})
AWAY = frozenset({State.SUSPENDED, State.TRANSFERRED, State.LEFT})
ENTERED = frozenset(State) - {State.NEW, State.VOID}
RESULTS = frozenset({Kind.PROMOTED, Kind.REPEATED, Kind.COMPLETED})
ENTRIES = frozenset({Kind.ADMITTED, Kind.TRANSFERRED_IN})
_STUDYING = frozenset({State.STUDYING})

# Event → the states it may follow, and the state it leads to (None: the same as before).
FLOW: dict[Kind, tuple[frozenset[State], State | None]] = {
    Kind.ADMITTED: (frozenset({State.NEW}), State.STUDYING),
    Kind.TRANSFERRED_IN: (frozenset({State.NEW, State.TRANSFERRED, State.LEFT}), State.STUDYING),
    Kind.TRANSFERRED_OUT: (PRESENT, State.TRANSFERRED),
    Kind.CLASS_PLACED: (_STUDYING, None),
    Kind.CLASS_MOVED: (_STUDYING, None),
    Kind.PROMOTED: (_STUDYING, None),
    Kind.REPEATED: (_STUDYING, None),
    Kind.SKIPPED_GRADE: (_STUDYING, None),
    Kind.COMPLETED: (_STUDYING, State.COMPLETED),
    Kind.GRADUATED: (frozenset({State.STUDYING, State.COMPLETED}), State.GRADUATED),
    Kind.DROPPED_OUT: (PRESENT, State.LEFT),
    Kind.SUSPENDED: (_STUDYING, State.SUSPENDED),
    Kind.RETURNED: (frozenset({State.SUSPENDED, State.LEFT}), State.STUDYING),
    Kind.CIVIL_CHANGE: (ENTERED, None),
    Kind.CORRECTED: (ENTERED, None),
    Kind.IDENTIFIER_ADDED: (ENTERED, None),
    Kind.IDENTIFIER_MERGED: (ENTERED, None),
    Kind.IDENTIFIER_UNMERGED: (ENTERED, None),
    Kind.DISCIPLINE: (ENTERED, None),
    Kind.AWARD: (ENTERED, None),
    Kind.DECEASED: (ENTERED - {State.DECEASED}, State.DECEASED),
    Kind.VOIDED: (ENTERED, State.VOID),
}
# What no office does without a paper: a decision, an application, a certificate (giấy tờ).
NEEDS_PAPER = frozenset({
    Kind.TRANSFERRED_IN, Kind.TRANSFERRED_OUT, Kind.SKIPPED_GRADE, Kind.GRADUATED, Kind.DROPPED_OUT,
    Kind.SUSPENDED, Kind.RETURNED, Kind.CIVIL_CHANGE, Kind.DISCIPLINE, Kind.AWARD, Kind.DECEASED,
})  # fmt: skip
# Events that stand in the order of their dates: each says where the pupil is from then on.
DATED = frozenset(kind for kind, (_, after) in FLOW.items() if after is not None) - {Kind.VOIDED}


@dataclass(frozen=True, slots=True)
class Asked:
    """An event that somebody wants to write: what it is, when, and what stands behind it."""

    kind: Kind
    on: dt.date
    today: dt.date
    has_paper: bool


@dataclass(frozen=True, slots=True)
class Before:
    """What the register knows of the pupil already."""

    state: State
    last_on: dt.date | None = None  # of the last event that said where the pupil is
    repeated: int = 0


def state_after(state: State, kind: Kind, data: dict[str, Any] | None = None) -> State:
    """The state that an event leads to; a corrected result names it itself."""
    if kind is Kind.CORRECTED and data and data.get("state"):
        return State(data["state"])
    after = FLOW[kind][1]
    return state if after is None else after


def refusal(asked: Asked, before: Before) -> str:
    """Why the event cannot be written, in a word (state, away, today, order, paper, repeated); else empty."""
    follows = FLOW[asked.kind][0]
    if before.state not in follows:
        return "away" if asked.kind is Kind.RETURNED else "state"
    if asked.on > asked.today:
        return "today"
    if asked.kind in DATED and before.last_on is not None and asked.on < before.last_on:
        return "order"
    if asked.kind in NEEDS_PAPER and not asked.has_paper:
        return "paper"
    if asked.kind is Kind.REPEATED and before.repeated >= most_repetitions():
        return "repeated"
    return ""


def most_repetitions() -> int:
    """How often a pupil may repeat a year in one level (lưu ban nhiều nhất)."""
    return int(parameters("enrollment")["repetition"]["most"])


def levels() -> Collection[str]:
    """The levels that have a register: TH, THCS, THPT."""
    return tuple(parameters("enrollment")["levels"])


def years_of(level: str) -> int:
    """How many school years a level lasts."""
    return int(parameters("enrollment")["levels"][level]["years"])


def first_grade(level: str) -> int:
    """The grade in which a level begins."""
    return int(parameters("enrollment")["levels"][level]["first_grade"])


def last_grade(level: str) -> int:
    """The grade in which a level ends."""
    return first_grade(level) + years_of(level) - 1


def cohort_of(level: str, grade: int, first_year: int) -> int:
    """The year in which the pupils of this grade and school year began the level (khoá học)."""
    return first_year - (grade - first_grade(level))


def result_of(level: str, grade: int, decision: str) -> Kind | None:
    """What a decision of the year means in the register; None while it is open (lên lớp, ở lại, hoàn thành).

    Decisions by their codes, of secondary (TT 22 Điều 12) and of primary school (TT 27 Điều 11).
    """
    if decision in {"LEN_LOP", "LEN_LOP_SAU_HE", "HOAN_THANH_CT_LOP_HOC", "HOAN_THANH_CT_TIEU_HOC"}:
        done = grade >= last_grade(level) or decision == "HOAN_THANH_CT_TIEU_HOC"
        return Kind.COMPLETED if done else Kind.PROMOTED
    return Kind.REPEATED if decision == "O_LAI_LOP" else None
