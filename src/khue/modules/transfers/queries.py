"""Reads of transfers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.errors import Refused
from khue.kit import permissions
from khue.modules.gradebook import api as gradebook
from khue.modules.people import api as people
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transfers import content, packing, policy
from khue.modules.transfers.models import OPEN_STATES, Side, Transfer, TransferState
from khue.modules.transfers.services.releasing import PART, document_file
from khue.modules.transfers.services.settling import brought

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor
    from khue.modules.transfers.data import Parcel

SOON = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """The deadline that runs: of which step, until when, and whether it is near or over (thời hạn)."""

    step: str  # release, decision
    on: dt.date
    late: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer in a list, as one of its schools sees it."""

    transfer: Transfer
    due: Due | None
    mine: bool  # the next step is the reader's


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that the parcel and this installation say differently (chỗ khác nhau)."""

    name: str
    here: str
    there: str


def rows(actor: Actor) -> QuerySet[Transfer]:
    """The transfers that the actor may see."""
    found = Transfer.objects.select_related("from_school", "to_school", "from_class", "to_class")
    return permissions.visible(actor, policy.SEE, found)


def lists(actor: Actor, *, limit: int = 200) -> tuple[list[Line], list[Line]]:
    """What is open, the earliest deadline first, and what was decided last."""
    seen = rows(actor)
    open_rows = [_line(actor, one) for one in seen.filter(state__in=OPEN_STATES)[:limit]]
    open_rows.sort(key=lambda line: (not line.mine, line.due.on if line.due else dt.date.max))
    done = [_line(actor, one) for one in seen.exclude(state__in=OPEN_STATES)[:50]]
    return open_rows, done


def due_of(transfer: Transfer, day: dt.date) -> Due | None:
    """The deadline that runs on a day."""
    if transfer.state == TransferState.REQUESTED:
        step, on = "release", transfer.release_due
    elif transfer.state == TransferState.RELEASED and transfer.decision_due is not None:
        step, on = "decision", transfer.decision_due
    else:
        return None
    return Due(step, on, on < day, day <= on <= day + SOON)


def _line(actor: Actor, transfer: Transfer) -> Line:
    wanted = policy.RELEASE if transfer.state == TransferState.REQUESTED else policy.ACCEPT
    mine = transfer.state in OPEN_STATES and permissions.can(actor, wanted, transfer)
    return Line(transfer, due_of(transfer, actor.today), mine)


def parcel_file(actor: Actor, transfer_id: UUID) -> bytes:
    """The parcel as a file, for a school elsewhere; `XFER-012` before the school has sealed it."""
    transfer = permissions.load(
        actor, Transfer.objects.all(), transfer_id, see=policy.SEE, do=policy.HAND_OVER
    )
    record = document_file(transfer)
    if record is None:
        raise Refused("XFER-012")
    by_digest = {one.digest: one.content for one in transcripts.files_of_pupil(transfer.who)}
    parcel = content.read_parcel(record)
    files = [(one.name, by_digest[one.digest]) for one in parcel.files if one.digest in by_digest]
    return packing.pack(record, files)


def received(transfer: Transfer) -> Parcel | None:
    """What a parcel that came as a file says."""
    kept = getattr(transfer, "parcel", None)
    return None if kept is None else packing.unpack(bytes(kept.content)).parcel


def placed_in(transfer: Transfer, school_class_id: UUID) -> list[gradebook.Placed]:
    """Where the marks that come along would go in a class, before anybody decides (xem trước)."""
    parcel = received(transfer)
    if parcel is not None:
        pupil = transfer.pupil_id or transfer.id  # nobody yet: no cell can be written already
        return gradebook.place_results(school_class_id, pupil, brought(parcel))
    if transfer.from_class_id is None or transfer.pupil_id is None:
        return []
    marks = gradebook.pupil_results(transfer.from_class_id, transfer.pupil_id)
    return gradebook.place_results(school_class_id, transfer.pupil_id, marks)


def classes_for(actor: Actor, transfer: Transfer) -> list[schooling.SchoolClass]:
    """The classes of the receiving school in which the pupil can be placed today."""
    found = schooling.SchoolClass.objects.filter(
        school=transfer.to_school_id, grade=transfer.grade, level=transfer.level,
        year__starts_on__lte=actor.today, year__ends_on__gt=actor.today,
    )  # fmt: skip
    return list(found.select_related("year").order_by("sort_key", "id"))


def differences(transfer: Transfer) -> list[Difference]:
    """Where the parcel and what is known of the pupil here differ; none for who is new."""
    parcel = received(transfer)
    if parcel is None or transfer.pupil_id is None:
        return []
    today = transfer.requested_at.date()
    here = transcripts.pupils_facts([transfer.pupil_id], today)[transfer.pupil_id].identity
    there = parcel.identity
    found = []
    for name, label in (
        ("name", "full_name"), ("born", "birth_date"), ("sex", "sex"), ("birth_place", "birth_place"),
        ("ethnic", "ethnic_code"), ("address", "current_address"),
    ):  # fmt: skip
        ours, theirs = getattr(here, name), getattr(there, name)
        if ours != theirs:
            found.append(Difference(people.field_label(label), ours, theirs))
    return found


def waiting(actor: Actor) -> int:
    """How many transfers wait for the actor's own step, for the menu and the first page."""
    open_rows, _ = lists(actor)
    return sum(line.mine for line in open_rows)


def side_of(transfer: Transfer) -> str:
    """Where the request was written down, in words."""
    return str(Side(transfer.side).label)


def document_of(transfer: Transfer) -> records.DocumentFact | None:
    """The signed parcel as a record with its own page, if there is one."""
    return records.documents_of([transfer.id], PART).get(transfer.id)
