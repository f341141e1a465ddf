"""What follows signatures by itself: seals, time-stamps, issue, the log (việc chạy nền của hồ sơ).

Safe to run at any moment, by a page after somebody signed and by the worker for whatever was left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from khue.core.errors import KhueError
from khue.modules.access import api as access
from khue.modules.records import providers
from khue.modules.records.models import BatchState, SigningBatch
from khue.modules.records.services import batches, evidence, sealing

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID


def after_signing(now: dt.datetime, school_id: UUID) -> None:
    """Right after somebody signed: what the server can do without waiting for anybody."""
    sealing.seal_by_itself(now, school_id)
    if providers.stamps_here():
        evidence.stamp_waiting(now)


def settle(now: dt.datetime) -> dict[str, int]:
    """One round of the worker; what it did, by name."""
    return {
        "asked": _ask_waiting(now),
        "sealed": sealing.seal_by_itself(now),
        "stamped": evidence.stamp_waiting(now),
        "issued late": sealing.issue_overdue(now),
        "logged": evidence.publish(now),
        "renewed": evidence.renew_yearly(now),
    }


def _ask_waiting(now: dt.datetime) -> int:
    """Ask phones and services how waiting batches stand, so that nobody must keep a page open."""
    waiting = SigningBatch.objects.filter(state=BatchState.WAITING).exclude(handle={})
    count = 0
    for key, person in list(waiting.values_list("id", "person_id")):
        try:
            batches.poll(access.actor_for(person, now), batch_id=key)
        except KhueError:
            continue  # the batch keeps its trouble, the page says it
        count += 1
    return count
