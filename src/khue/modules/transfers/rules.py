"""Which step of a transfer may follow which (trình tự chuyển trường)."""

from __future__ import annotations

from khue.core.errors import Refused
from khue.modules.transfers.models import TransferState

NEXT: dict[str, frozenset[str]] = {
    TransferState.REQUESTED: frozenset(
        {TransferState.RELEASED, TransferState.REFUSED, TransferState.WITHDRAWN}
    ),
    TransferState.RELEASED: frozenset(
        {
            TransferState.ACCEPTED, TransferState.HANDED_OVER, TransferState.REFUSED, TransferState.WITHDRAWN,
        }
    ),
}  # fmt: skip


def require(state: str, wanted: TransferState) -> None:
    """Refuse (`XFER-003`) a step that may not follow."""
    if wanted not in NEXT.get(state, frozenset()):
        raise Refused("XFER-003", state=TransferState(state).label)
