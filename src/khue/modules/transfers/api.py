"""What other modules may call of transfers."""

from __future__ import annotations

from khue.modules.transfers.models import Transfer, TransferState
from khue.modules.transfers.queries import waiting
from khue.modules.transfers.services.accepting import accept, refuse, withdraw
from khue.modules.transfers.services.receiving import examine, receive
from khue.modules.transfers.services.releasing import RELEASE, hand_over, release
from khue.modules.transfers.services.reminding import remind
from khue.modules.transfers.services.requesting import request_coming, request_leaving

__all__ = [
    "RELEASE",
    "Transfer",
    "TransferState",
    "accept",
    "examine",
    "hand_over",
    "receive",
    "refuse",
    "release",
    "remind",
    "request_coming",
    "request_leaving",
    "waiting",
    "withdraw",
]
