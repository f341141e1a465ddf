"""Sending what waits, going on where it stopped, reading the answers (gửi, gửi tiếp, nhận trả lời).

One process at a time speaks to the store for a package. Nothing here must end well: what fails is tried
again later, and the store says from which byte on. All state is in tables.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from khue.core.actor import system_actor
from khue.core.errors import KhueError, NotFound, Refused
from khue.kit import audit, outbox, permissions
from khue.modules.records import api as records
from khue.modules.store import policy
from khue.modules.store.data import EndAsked
from khue.modules.store.events import PackageSubmitted
from khue.modules.store.models import (
    ItemState,
    OutgoingRequest,
    Package,
    PackageItem,
    PackageState,
    ReceiptState,
    RequestState,
)
from khue.modules.store.services.receiving import LARGEST_CHUNK
from khue.modules.store.states import UNSETTLED
from khue.modules.store.transport import transport_for
from khue.modules.store.verifying import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.store.data import Answer, UploadState
    from khue.modules.store.transport import Transport

PATIENCE = dt.timedelta(minutes=15)  # after that a process that speaks to the store is taken for dead
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=30), dt.timedelta(hours=6)
ASK_AGAIN = dt.timedelta(minutes=1)  # while the store verifies
HELD_AGAIN = dt.timedelta(hours=1)  # while an officer decides
SHORT = dt.timedelta(seconds=20)  # until a seal or its time-stamp is looked for again


def send_waiting(now: dt.datetime, school_id: UUID | None = None) -> int:
    """Everything that is due: packages to send, answers to read, requests to deliver."""
    packages = Package.objects.filter(_due(), next_at__lte=now)
    requests = OutgoingRequest.objects.filter(
        state__in=(RequestState.WAITING, RequestState.SENT), next_at__lte=now
    )
    if school_id is not None:
        packages, requests = packages.filter(school=school_id), requests.filter(school=school_id)
    count = 0
    for key in list(packages.order_by("next_at", "id").values_list("id", flat=True)):
        count += send(key, now)
    for row in list(requests.select_related("school", "item").order_by("next_at", "id")):
        count += deliver(row, now)
    return count


def _due() -> Q:
    unsettled = PackageItem.objects.filter(state__in=UNSETTLED).values("package")
    return Q(state__in=(PackageState.PACKAGED, PackageState.SUBMITTED)) | Q(
        state=PackageState.ANSWERED, pk__in=unsettled
    )


@transaction.atomic
def hurry(actor: Actor, *, package_id: UUID) -> Package:
    """Try again now, whatever the pause (gửi lại ngay)."""
    package = permissions.load(
        actor, Package.objects.all(), package_id, see=policy.SEE_PACKAGE, do=policy.SEND_PACKAGE, lock=True
    )
    if package.state == PackageState.CANCELLED:
        raise Refused("STO-002", state=PackageState(package.state).label)
    package.next_at = actor.now
    package.save(update_fields=["next_at"])
    return package


def send(package_id: UUID, now: dt.datetime) -> int:
    """Go on with one package as far as it goes now; 0 if another process is at it."""
    quiet = Q(working_since__isnull=True) | Q(working_since__lt=now - PATIENCE)
    mine = Package.objects.filter(quiet, pk=package_id).exclude(state=PackageState.CANCELLED)
    if not mine.update(working_since=now):
        return 0
    package = Package.objects.select_related("school", "document").get(pk=package_id)
    try:
        _go_on(package, now)
    except KhueError as trouble:
        _later(package, now, trouble)
    finally:
        Package.objects.filter(pk=package_id).update(working_since=None)
    return 1


def _go_on(package: Package, now: dt.datetime) -> None:
    if package.document.state != records.DocumentState.ISSUED:
        _pause(package, now + SHORT)  # it waits for the seal or its time-stamp
        return
    store = transport_for(package.school, now)
    if package.state == PackageState.PACKAGED:
        state = _upload(package, store)
        _submitted(package, now)
    else:
        state = store.state(package.code)
    if state.state != ReceiptState.ANSWERED:
        _pause(package, now + ASK_AGAIN)
        return
    _read_answers(package, store, now)


def _upload(package: Package, store: Transport) -> UploadState:
    """Show the manifest, send from where the store stands, close."""
    state = store.open(bytes(package.document.file.content))
    if state.state == ReceiptState.OPEN:
        _progress(package, state.offset)
        for offset, content in _pieces(package, state.offset):
            state = store.append(package.code, offset, content)
            _progress(package, state.offset)
        state = store.finish(package.code)
    _progress(package, state.offset)
    return state


def _pieces(package: Package, offset: int) -> Iterator[tuple[int, bytes]]:
    """The bytes of all files in their order, from an offset on, in pieces that the store takes."""
    buffer, at = bytearray(), 0
    for item in PackageItem.objects.filter(package=package):
        if at + item.size > offset:
            content = bytes(records.Document.objects.get(pk=item.document_id).file.content)
            buffer += content[max(offset - at, 0) :]
        at += item.size
        while len(buffer) >= LARGEST_CHUNK:
            yield offset, bytes(buffer[:LARGEST_CHUNK])
            del buffer[:LARGEST_CHUNK]
            offset += LARGEST_CHUNK
    if buffer:
        yield offset, bytes(buffer)


def _progress(package: Package, sent: int) -> None:
    """Written at once, so that a page shows it; progress ends a row of failed attempts."""
    package.sent, package.attempts, package.trouble = sent, 0, ""
    package.save(update_fields=["sent", "attempts", "trouble"])


@transaction.atomic
def _submitted(package: Package, now: dt.datetime) -> None:
    row = Package.objects.select_for_update(of=("self",)).get(pk=package.pk)
    if row.state != PackageState.PACKAGED:
        return
    row.state, row.submitted_at = PackageState.SUBMITTED, now
    row.save(update_fields=["state", "submitted_at"])
    package.state = row.state
    actor = system_actor("Khuê", now)
    audit.record(actor, "store.package.submitted", subject=row, unit=row.school_id, after={"code": row.code})
    outbox.announce(actor, PackageSubmitted(row.school_id, row.pk), unit=row.school_id)


def _read_answers(package: Package, store: Transport, now: dt.datetime) -> None:
    after: int | None = 0
    while after is not None:
        page = store.answers(package.code, after)
        _keep_answers(package, page.answers, now)
        after = page.next if page.answers else None
    _answered(package, now)


@transaction.atomic
def _keep_answers(package: Package, answers: tuple[Answer, ...], now: dt.datetime) -> None:
    """Keep the answers that are new; one that names another file than ours is not ours."""
    rows = {
        row.digest: row for row in PackageItem.objects.filter(
            package=package, digest__in=[one.digest for one in answers], state__in=UNSETTLED
        )
    }  # fmt: skip
    changed = []
    for one in answers:
        row = rows.get(one.digest)
        if row is None or one.state not in ItemState.values or one.state == row.state:
            continue
        row.state, row.answered_at = ItemState(one.state), now
        row.reasons = [
            {"code": why.code, "params": plain(why.params), "text": why.text} for why in one.reasons
        ]
        changed.append(row)
    PackageItem.objects.bulk_update(changed, ["state", "answered_at", "reasons"])


@transaction.atomic
def _answered(package: Package, now: dt.datetime) -> None:
    row = Package.objects.select_for_update(of=("self",)).get(pk=package.pk)
    if row.state == PackageState.SUBMITTED:
        row.state, row.answered_at = PackageState.ANSWERED, now
        audit.record(
            system_actor("Khuê", now), "store.package.read", subject=row, unit=row.school_id,
            after={"code": row.code},
        )  # fmt: skip
    row.next_at, row.attempts, row.trouble = now + HELD_AGAIN, 0, ""
    row.save(update_fields=["state", "answered_at", "next_at", "attempts", "trouble"])


def deliver(row: OutgoingRequest, now: dt.datetime) -> int:
    """Bring a request to the store, or ask how it stands there."""
    try:
        store = transport_for(row.school, now)
        if row.state == RequestState.WAITING:
            answer = store.ask(
                EndAsked(str(row.id), row.kind, row.item.code, row.item.digest, row.reason, row.authority)
            )
        else:
            answer = store.asked(str(row.id))
    except KhueError as trouble:
        row.attempts += 1
        row.trouble, row.trouble_params = trouble.code, plain(trouble.params)
        row.next_at = now + _pause_after(row.attempts)
        row.save(update_fields=["attempts", "trouble", "trouble_params", "next_at"])
        return 0
    decided = answer.state in {RequestState.APPROVED, RequestState.REFUSED}
    row.state = RequestState(answer.state) if answer.state in RequestState.values else RequestState.SENT
    row.note, row.attempts, row.trouble = answer.note[:2000], 0, ""
    row.decided_at = now if decided else None
    row.next_at = now + HELD_AGAIN
    row.save(update_fields=["state", "note", "attempts", "trouble", "decided_at", "next_at"])
    return 1


def _later(package: Package, now: dt.datetime, trouble: KhueError) -> None:
    """Keep what went wrong and try again after a pause that grows."""
    if isinstance(trouble, NotFound):  # the store has lost the package: it is sent from the beginning
        Package.objects.filter(pk=package.pk, state=PackageState.SUBMITTED).update(
            state=PackageState.PACKAGED, sent=0
        )
    attempts = Package.objects.values_list("attempts", flat=True).get(pk=package.pk) + 1
    Package.objects.filter(pk=package.pk).update(
        attempts=attempts, trouble=trouble.code, trouble_params=plain(trouble.params),
        next_at=now + _pause_after(attempts),
    )  # fmt: skip


def _pause_after(attempts: int) -> dt.timedelta:
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 12), LONGEST_PAUSE)


def _pause(package: Package, until: dt.datetime) -> None:
    Package.objects.filter(pk=package.pk).update(next_at=until, attempts=0, trouble="")
