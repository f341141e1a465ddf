"""One act, many signatures (ký hàng loạt): check, confirm with a one-use token, sign, resume.

Each item is signed in a transaction of its own: one that fails takes none of the others with it. An
item that is signed already answers so; a batch can be asked again at any moment, after a crash too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from khue.core.errors import Conflict, Invalid, KhueError, Refused
from khue.kit import audit, permissions
from khue.modules.records import policy, providers
from khue.modules.records.acts import act_of
from khue.modules.records.content import restored, stored
from khue.modules.records.models import BatchState, ItemState, SigningBatch, SigningItem
from khue.modules.records.services import certificates, items
from khue.signing.signers.base import Answer, HashToSign, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.records.models import Certificate

LIMIT = 2000  # items of one batch
PATIENCE = dt.timedelta(seconds=150)  # longer than any service may take to answer one call
RESUMABLE = (BatchState.WAITING, BatchState.STOPPED)


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to sign: the act, what it is about, and what the person added."""

    act: str
    subject: UUID
    part: int = 0
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A thing that cannot be signed now, and why."""

    subject: Subject
    refusal: KhueError


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked: the batch, the token that starts it once, and what was left out."""

    batch: SigningBatch | None
    token: str
    left_out: tuple[Refusal, ...]


@transaction.atomic
def check(
    actor: Actor, *, subjects: Sequence[Subject], title: str, school_id: UUID,
    certificate_id: UUID | None = None,
) -> Checked:  # fmt: skip
    """Check everything that is to be signed and prepare it; nothing is signed yet (kiểm tra trước khi ký).

    What cannot be signed is left out with its reason. The batch holds what was checked for a while;
    its token starts it once.
    """
    if not subjects:
        raise Invalid("REC-013")
    if len(subjects) > LIMIT:
        raise Invalid("REC-014", limit=LIMIT)
    prepared, left_out = {}, {}
    certificate: Certificate | None = None
    # What an act locks is held until all are checked: taken by everybody in one order, nobody waits in a
    # circle.
    for place, subject in sorted(enumerate(subjects), key=lambda one: (one[1].act, one[1].subject)):
        try:
            with transaction.atomic():
                wanted = act_of(subject.act).check(
                    actor, subject.subject, subject.part, dict(subject.options)
                )
                if certificate is None:
                    certificate = certificates.usable(actor, wanted, certificate_id)
                prepared[place] = (subject, wanted, items.prepare(actor, wanted, certificate))
        except KhueError as refusal:
            left_out[place] = Refusal(subject, refusal)
    told = tuple(left_out[place] for place in sorted(left_out))
    if not prepared or certificate is None:
        return Checked(None, "", told)
    token = secrets.token_urlsafe(24)
    batch = SigningBatch.objects.create(
        school_id=school_id,
        person_id=actor.person_id,
        person_name=actor.name,
        certificate=certificate,
        title=title,
        made_at=actor.now,
        token_digest=_digest(token),
        expires_at=actor.now + dt.timedelta(minutes=settings.KHUE_SIGNING_MINUTES),
    )
    SigningItem.objects.bulk_create(
        SigningItem(
            batch=batch,
            position=number,
            act=subject.act,
            subject=subject.subject,
            part=subject.part,
            options=dict(subject.options),
            title=wanted.title,
            document_id=item.document_id,
            checked=item.checked,
            request=item.tbs.id,
            to_sign=stored(item.tbs),
        )
        for number, (subject, wanted, item) in enumerate((prepared[place] for place in sorted(prepared)), 1)
    )
    return Checked(batch, token, told)


def start(actor: Actor, *, batch_id: UUID, token: str) -> SigningBatch:
    """Confirm a checked batch, once: the key is asked now (xác nhận ký)."""
    with transaction.atomic():
        batch = _load(actor, batch_id)
        # The token is compared and used up in one step: a second click finds nothing.
        if not batch.token_digest or not secrets.compare_digest(batch.token_digest, _digest(token)):
            raise Conflict("REC-011")
        _not_expired(actor, batch)
        batch.token_digest, batch.state, batch.asked_at = "", BatchState.WAITING, actor.now
        batch.save(update_fields=["token_digest", "state", "asked_at"])
        audit.record(
            actor,
            "records.batch.started",
            subject=batch,
            unit=batch.school_id,
            after={
                "title": batch.title,
                "items": batch.items.count(),
                "certificate": batch.certificate.serial,
            },
        )
    return _ask(actor, batch)


def resume(actor: Actor, *, batch_id: UUID) -> SigningBatch:
    """Go on with a batch that stopped: what is signed stays, the rest is asked again (ký tiếp)."""
    with transaction.atomic():
        batch = _load(actor, batch_id)
        if batch.state not in RESUMABLE:
            raise Refused("REC-015", state=BatchState(batch.state).label)
        _not_expired(actor, batch)
        if batch.state == BatchState.STOPPED:
            batch.state, batch.handle, batch.asked_at = BatchState.WAITING, {}, actor.now
            batch.save(update_fields=["state", "handle", "asked_at"])
    return _ask(actor, batch)


def poll(actor: Actor, *, batch_id: UUID) -> SigningBatch:
    """Ask the key how a waiting batch stands; safe at any time."""
    with transaction.atomic():
        batch = _load(actor, batch_id)
    if batch.state != BatchState.WAITING:
        return batch
    if batch.expires_at <= actor.now:
        return _stop(actor, batch, "REC-012", {"at": _clock(batch.expires_at)})
    if not batch.handle:
        return _ask(actor, batch)  # stopped between the confirmation and the key
    return _talk(actor, batch, lambda: providers.signer_for(batch.certificate).poll(batch.handle))


def accept(actor: Actor, *, batch_id: UUID, posted: bytes) -> SigningBatch:
    """Take what the program on the person's own computer signed (chữ ký từ máy của người ký)."""
    with transaction.atomic():
        batch = _load(actor, batch_id)
        if batch.state not in RESUMABLE:
            raise Refused("REC-015", state=BatchState(batch.state).label)
        _not_expired(actor, batch)
    answer = providers.answer_of_computer(batch.certificate, batch.handle, posted)
    return _take(actor, batch, answer)


@transaction.atomic
def cancel(actor: Actor, *, batch_id: UUID) -> SigningBatch:
    """Give up what is not signed yet; what is signed stays (bỏ đợt ký)."""
    batch = _load(actor, batch_id)
    if batch.state in {BatchState.DONE, BatchState.CANCELLED}:
        raise Refused("REC-015", state=BatchState(batch.state).label)
    if batch.handle:
        with suppress(KhueError):  # a service that is down forgets the request by itself
            providers.give_up(batch.certificate, batch.handle)
    _end(actor, batch, BatchState.CANCELLED)
    return batch


def _ask(actor: Actor, batch: SigningBatch) -> SigningBatch:
    """Hand what is not signed yet to the key."""
    waiting = list(batch.items.filter(state=ItemState.WAITING))
    if not waiting:
        return _finish(actor, batch)
    hashes = [
        HashToSign(tbs.id, tbs.digest, tbs.algorithm) for tbs in (restored(item.to_sign) for item in waiting)
    ]
    key = batch.certificate.provider_key
    return _talk(
        actor, batch, lambda: providers.signer_for(batch.certificate).begin(key, hashes, batch.title)
    )


def _talk(actor: Actor, batch: SigningBatch, speak: Callable[[], Answer]) -> SigningBatch:
    """Speak to the key, one process at a time; no lock of the database is held while it is asked.

    Who finds somebody speaking leaves the batch as it is: a page asks again in two seconds. A process
    that was killed while it spoke is waited for no longer than `PATIENCE`.
    """
    quiet = Q(talking_since__isnull=True) | Q(talking_since__lt=actor.now - PATIENCE)
    mine = SigningBatch.objects.filter(quiet, pk=batch.pk, state=BatchState.WAITING)
    if not mine.update(talking_since=actor.now):
        batch.refresh_from_db()
        return batch
    try:
        answer = speak()
    except KhueError as trouble:
        return _stop(actor, batch, trouble.code, trouble.params)
    finally:
        SigningBatch.objects.filter(pk=batch.pk).update(talking_since=None)
    return _take(actor, batch, answer)


def _take(actor: Actor, batch: SigningBatch, answer: Answer) -> SigningBatch:
    """Sign what came back; then wait, finish, or say why it stopped."""
    if answer.progress is Progress.WAITING and dict(answer.handle) != batch.handle:
        batch.handle = dict(answer.handle)
        # Only while it waits: another process may have finished it with the same answer.
        SigningBatch.objects.filter(pk=batch.pk, state__in=RESUMABLE).update(handle=batch.handle)
    trouble: KhueError | None = None
    for item in batch.items.filter(state=ItemState.WAITING, request__in=list(answer.values)):
        trouble = items.sign(actor, item.id, answer.values[item.request]) or trouble
    if not batch.items.filter(state=ItemState.WAITING).exists():
        return _finish(actor, batch)
    if trouble is not None:
        return _stop(actor, batch, trouble.code, trouble.params)
    if answer.progress is Progress.WAITING:
        return batch
    return _stop(actor, batch, answer.code or "REC-018", answer.params)


def _finish(actor: Actor, batch: SigningBatch) -> SigningBatch:
    with transaction.atomic():
        locked = SigningBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if locked.state != BatchState.DONE:
            _end(actor, locked, BatchState.DONE)
    return locked


def _end(actor: Actor, batch: SigningBatch, state: BatchState) -> None:
    batch.state, batch.ended_at, batch.handle = state, actor.now, {}
    batch.token_digest = batch.trouble = ""
    batch.save(update_fields=["state", "ended_at", "handle", "token_digest", "trouble"])
    counts = {name: batch.items.filter(state=name).count() for name in (ItemState.SIGNED, ItemState.REFUSED)}
    audit.record(
        actor,
        f"records.batch.{state.value}",
        subject=batch,
        unit=batch.school_id,
        after={str(name): count for name, count in counts.items()},
    )


def _stop(actor: Actor, batch: SigningBatch, code: str, params: Mapping[str, object]) -> SigningBatch:
    # Another process may have finished the batch meanwhile: then there is nothing to stop.
    stopped = SigningBatch.objects.filter(pk=batch.pk, state=BatchState.WAITING).update(
        state=BatchState.STOPPED, trouble=code,
        trouble_params={name: str(value) for name, value in params.items()},
    )  # fmt: skip
    batch.refresh_from_db()
    if not stopped:
        return batch
    audit.record(actor, "records.batch.stopped", subject=batch, unit=batch.school_id, after={"code": code})
    return batch


def _load(actor: Actor, batch_id: UUID) -> SigningBatch:
    rows = SigningBatch.objects.select_related("certificate")
    return permissions.load(actor, rows, batch_id, see=policy.SEE_BATCH, lock=True)


def _not_expired(actor: Actor, batch: SigningBatch) -> None:
    if batch.expires_at <= actor.now:
        raise Refused("REC-012", at=_clock(batch.expires_at))


def _clock(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%H:%M %d/%m/%Y}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
