"""Values that cross the module's border."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Operation:
    """One wish to change one cell, made on-line or off-line; `base_version` is what the writer saw."""

    op_id: UUID
    pupil_id: UUID
    slot: str
    value: str
    base_version: int
    state: str = ""  # only PENDING_MAKEUP or ZERO_NO_MAKEUP; otherwise it follows from the value


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What became of an operation: done, same, conflict or refused; and what the cell holds now."""

    op_id: UUID
    status: str
    version: int = 0
    state: str = ""
    value: str = ""
    by: str = ""
    at: dt.datetime | None = None
    code: str = ""
    params: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Results of a batch and the computed columns of the pupils it touched."""

    results: tuple[OperationResult, ...]
    calculated: tuple[tuple[UUID, tuple[tuple[str, str], ...]], ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class CellContent:
    """State and value of one cell."""

    state: str
    value: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class BroughtResult:
    """One result that travels with a pupil: subject (empty for the homeroom's), term, column, value."""

    subject: str
    term: int
    column: str
    value: str
    state: str = "MARK"
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryBreak:
    """The first place where the change history and the sheet disagree."""

    sheet_id: UUID
    sequence: int
    what: str


@dataclass(frozen=True, slots=True)
class RecordBreak:
    """A closing act or a kept result that does not hold: its kind, its class, and what is wrong."""

    kind: str  # closing, result
    key: UUID
    class_name: str
    what: str  # proof, statement, history, missing, digest
