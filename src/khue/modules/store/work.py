"""One round of the worker for the store: send, verify, hand on (việc chạy nền của kho học bạ)."""

from __future__ import annotations

import datetime as dt

from khue.modules.store.services import forwarding, receiving, sending, storing


def work(now: dt.datetime) -> int:
    """Everything that is due; safe to run at any moment, by several at once."""
    return (
        sending.send_waiting(now)
        + storing.process_waiting(now)
        + sending.send_waiting(now)  # what was just answered here is read at once
        + forwarding.hand_on_waiting(now)
        + receiving.forget_abandoned(now)
    )
