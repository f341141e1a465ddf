"""The department's door: a manifest opens a package, bytes follow in any pieces, then it is closed.

Everything may be sent again: the same bytes get the same answer, the same code with other bytes is
refused. The sender is a school, not a person: a key opens the packages of its school and no other's.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from khue.core.errors import Conflict, Invalid, NotFound, Refused
from khue.kit import audit
from khue.modules.orgs import api as orgs
from khue.modules.records import api as records
from khue.modules.store import manifest as manifests
from khue.modules.store.data import Answer, AnswerPage, Reason, UploadState
from khue.modules.store.lineage import seals_of
from khue.modules.store.models import Receipt, ReceiptState, ReceivedChunk, ReceivedItem
from khue.signing.profile import LARGEST
from khue.signing.report import Verdict

if TYPE_CHECKING:
    from khue.core.actor import Actor
    from khue.modules.store.data import Manifest

MOST_RECORDS = 2000  # of one package
MOST_BYTES = 256 * 1024 * 1024
LARGEST_CHUNK = 1024 * 1024
PAGE = 500  # answers at once
LEFT_ALONE = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sender:
    """A school that speaks to the store: by a key, or from this installation."""

    school: orgs.Unit
    actor: Actor


@transaction.atomic
def open_package(sender: Sender, data: bytes) -> UploadState:
    """Take a manifest: its seal is verified before a byte of the package is taken."""
    digest = hashlib.sha256(data).hexdigest()
    known = Receipt.objects.filter(school=sender.school, digest=digest).first()
    if known is not None:
        return _again(known)
    _require_standing(sender)
    found = _verified(sender, data)
    if Receipt.objects.filter(school=sender.school, code=found.code).exists():
        raise Conflict("STO-027")
    receipt = Receipt(
        school=sender.school, code=found.code, digest=digest, manifest=data, year=found.year,
        level=found.level, issued=found.issued, count=len(found.items), size=found.size,
        opened_at=sender.actor.now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            receipt.save(force_insert=True)
    except IntegrityError as error:  # sent twice at the same moment
        same = Receipt.objects.filter(school=sender.school, digest=digest).first()
        if same is None:
            raise Conflict("STO-027") from error
        return state_of(same)
    ReceivedItem.objects.bulk_create(
        ReceivedItem(
            receipt=receipt, position=number, code=item.code, version=item.version, kind=item.kind,
            digest=item.digest, size=item.size,
        )
        for number, item in enumerate(found.items, 1)
    )  # fmt: skip
    audit.record(
        sender.actor, "store.package.opened", subject=receipt, unit=sender.school.pk,
        after={"code": found.code, "records": len(found.items), "bytes": found.size},
    )  # fmt: skip
    return state_of(receipt)


def _again(receipt: Receipt) -> UploadState:
    """A manifest that came before; one that was given up is taken up again."""
    if receipt.state == ReceiptState.ABANDONED:
        receipt.state, receipt.offset = ReceiptState.OPEN, 0
        receipt.save(update_fields=["state", "offset"])
    return state_of(receipt)


def _require_standing(sender: Sender) -> None:
    ended = sender.school.valid_to
    if ended is not None and ended <= sender.actor.today:
        raise Refused("STO-036")


def _verified(sender: Sender, data: bytes) -> Manifest:
    if len(data) > LARGEST:
        raise Invalid("STO-020", limit=LARGEST)
    report = records.report_on(data, sender.actor.now)
    if report.verdict is Verdict.INVALID or not report.content:
        raise Refused("STO-021", reason=report.conclusion)
    if report.record_type != manifests.PACKAGE:
        raise Refused("STO-022")
    found = manifests.read(report)
    seals = seals_of([sender.school.pk])
    if not seals:
        raise Refused("STO-024")
    if found.identifier not in seals:
        raise Refused("STO-023", found=f"{found.school} ({found.identifier})")
    large = any(item.size > LARGEST for item in found.items) or found.size > MOST_BYTES
    if large or len(found.items) > MOST_RECORDS:
        raise Invalid("STO-026", limit=MOST_RECORDS, bytes=MOST_BYTES)
    return found


@transaction.atomic
def append(sender: Sender, *, code: str, offset: int, content: bytes) -> UploadState:
    """Take the next bytes of a package; they must begin where those before ended."""
    receipt = _load(sender, code, lock=True)
    if receipt.state != ReceiptState.OPEN:
        raise Refused("STO-031", state=ReceiptState(receipt.state).label)
    if offset != receipt.offset:
        raise Conflict("STO-028", offset=receipt.offset)
    if not content or len(content) > LARGEST_CHUNK or offset + len(content) > receipt.size:
        raise Invalid("STO-029", limit=LARGEST_CHUNK)
    ReceivedChunk.objects.create(receipt=receipt, offset=offset, size=len(content), content=content)
    receipt.offset = offset + len(content)
    receipt.save(update_fields=["offset"])
    return state_of(receipt)


@transaction.atomic
def finish(sender: Sender, *, code: str) -> UploadState:
    """All bytes are there: from now on the package waits to be verified and answered."""
    receipt = _load(sender, code, lock=True)
    if receipt.state in {ReceiptState.RECEIVED, ReceiptState.ANSWERED}:
        return state_of(receipt)
    if receipt.state != ReceiptState.OPEN:
        raise Refused("STO-031", state=ReceiptState(receipt.state).label)
    if receipt.offset != receipt.size:
        raise Refused("STO-030", offset=receipt.offset, size=receipt.size)
    receipt.state, receipt.received_at = ReceiptState.RECEIVED, sender.actor.now
    receipt.save(update_fields=["state", "received_at"])
    audit.record(
        sender.actor, "store.package.received", subject=receipt, unit=sender.school.pk, after={"code": code}
    )
    return state_of(receipt)


@transaction.atomic
def abandon(sender: Sender, *, code: str) -> UploadState:
    """The school gives up a package that it has not finished; the bytes go, the manifest stays."""
    receipt = _load(sender, code, lock=True)
    if receipt.state == ReceiptState.OPEN:
        ReceivedChunk.objects.filter(receipt=receipt).delete()
        receipt.state = ReceiptState.ABANDONED
        receipt.save(update_fields=["state"])
        audit.record(sender.actor, "store.package.abandoned", subject=receipt, unit=sender.school.pk)
    elif receipt.state != ReceiptState.ABANDONED:
        raise Refused("STO-031", state=ReceiptState(receipt.state).label)
    return state_of(receipt)


def forget_abandoned(now: dt.datetime) -> int:
    """Packages that nobody went on with for a month are given up; sent again, they begin anew."""
    old = Receipt.objects.filter(state=ReceiptState.OPEN, opened_at__lt=now - LEFT_ALONE)
    count = 0
    for key in list(old.values_list("id", flat=True)):
        with transaction.atomic():
            row = Receipt.objects.select_for_update(of=("self",)).defer("manifest").get(pk=key)
            if row.state == ReceiptState.OPEN:
                ReceivedChunk.objects.filter(receipt=row).delete()
                row.state = ReceiptState.ABANDONED
                row.save(update_fields=["state"])
                count += 1
    return count


def package_state(sender: Sender, *, code: str) -> UploadState:
    """Where a package of this school stands."""
    return state_of(_load(sender, code))


def packages_of(sender: Sender) -> list[UploadState]:
    """The newest packages of this school."""
    return [state_of(row) for row in Receipt.objects.filter(school=sender.school).defer("manifest")[:50]]


def answers(sender: Sender, *, code: str, after: int = 0) -> AnswerPage:
    """The answers after a position."""
    receipt = _load(sender, code)
    rows = list(ReceivedItem.objects.filter(receipt=receipt, position__gt=after)[: PAGE + 1])
    found = tuple(
        Answer(
            row.position, row.code, row.version, row.digest, row.state,
            tuple(Reason(one["code"], one["params"]) for one in row.reasons),
        )
        for row in rows[:PAGE]
    )  # fmt: skip
    return AnswerPage(found, found[-1].position if len(rows) > PAGE else None)


def state_of(receipt: Receipt) -> UploadState:
    """A package as programs are told of it."""
    counts: dict[str, int] = {}
    if receipt.state == ReceiptState.ANSWERED:
        states = ReceivedItem.objects.filter(receipt=receipt).values_list("state", flat=True)
        counts = dict(Counter(states.order_by("state")))
    return UploadState(receipt.code, receipt.digest, receipt.state, receipt.offset, receipt.size, counts)


def _load(sender: Sender, code: str, *, lock: bool = False) -> Receipt:
    rows = Receipt.objects.filter(school=sender.school, code=code)
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: Receipt | None = rows.first()
    if found is None:
        raise NotFound("STO-032")
    return found
