"""Tables of the gradebook."""

from __future__ import annotations

from khue.modules.gradebook.models.acts import (
    ClosingAct,
    Correction,
    CorrectionState,
    FrozenResult,
    Phrase,
)
from khue.modules.gradebook.models.sheets import Cell, CellChange, CellState, Sheet, SheetKind, SheetState

__all__ = [
    "Cell",
    "CellChange",
    "CellState",
    "ClosingAct",
    "Correction",
    "CorrectionState",
    "FrozenResult",
    "Phrase",
    "Sheet",
    "SheetKind",
    "SheetState",
]
