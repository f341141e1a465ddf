"""Deadlines are told before and after they pass (nhắc hạn), once a day for each transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from khue.core.actor import system_actor
from khue.kit import outbox
from khue.modules.transfers.events import TransferDue
from khue.modules.transfers.models import OPEN_STATES, Transfer
from khue.modules.transfers.queries import due_of

if TYPE_CHECKING:
    import datetime as dt

AT_ONCE = 500


def remind(now: dt.datetime) -> int:
    """Announce what is due tomorrow, today or late and was not announced today; how many."""
    today = timezone.localtime(now).date()
    open_rows = Transfer.objects.filter(state__in=OPEN_STATES).exclude(reminded_on=today)
    count = 0
    for key in list(open_rows.order_by("id").values_list("id", flat=True)[:AT_ONCE]):
        count += _remind(key, now, today)
    return count


@transaction.atomic
def _remind(key: object, now: dt.datetime, today: dt.date) -> int:
    rows = Transfer.objects.select_for_update(of=("self",)).filter(pk=key, state__in=OPEN_STATES)
    transfer = rows.exclude(reminded_on=today).first()
    due = due_of(transfer, today) if transfer is not None else None
    if transfer is None or due is None or not (due.late or due.soon):
        return 0
    transfer.reminded_on = today
    transfer.save(update_fields=["reminded_on"])
    unit = transfer.from_school_id if due.step == "release" else transfer.to_school_id
    event = TransferDue(transfer.id, due.step, due.on.isoformat(), due.late)
    outbox.announce(system_actor("Khuê", now), event, unit=unit or transfer.from_school_id)
    return 1
