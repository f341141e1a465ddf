"""Stamps and the log: what makes a signature outlive its certificate (dấu thời gian, nhật kí bằng chứng).

Nothing here stops signing: a line that is down delays a stamp or a checkpoint, the page says so, and
the next run goes on. Every function may be run at any time and by several processes.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from khue.core.actor import system_actor
from khue.core.errors import Conflict, KhueError
from khue.modules.records import keys, providers, trust
from khue.modules.records.content import slot_of
from khue.modules.records.models import (
    Document,
    DocumentState,
    LogEntry,
    SignatureStamp,
    StampRequest,
)
from khue.modules.records.services import documents, witnessing
from khue.signing.log import archive
from khue.signing.log.checkpoint import ARCHIVE
from khue.signing.log.note import NoteSigner
from khue.signing.log.store import FolderStore
from khue.signing.log.writer import writing
from khue.signing.tsa import queue
from khue.signing.xades.augment import stamp_digest, with_timestamp
from khue.signing.xades.record import EmbeddedSignature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.modules.records.models import DocumentSignature
    from khue.signing.log.writer import LogWriter

log = logging.getLogger(__name__)
LOG_FOLDER, LOG_KEY, LOG_RENEWED = "log", "log.key", "log.renewed"
YEAR = dt.timedelta(days=365)
A_RUN = 500  # stamps or leaves of one run
SILENT = "SIGN-270"  # no answer from the authority
HELD = "SIGN-401"  # another process writes the log


def stamp_waiting(now: dt.datetime) -> int:
    """Ask for the time-stamps that are due; what fails waits longer (lấy dấu thời gian)."""
    stamp = providers.stamps()
    if stamp is None:
        return 0
    due = StampRequest.objects.filter(next_at__lte=now, signature__stamp__isnull=True)
    count = 0
    for key in list(due.order_by("made_at", "id").values_list("id", flat=True)[:A_RUN]):
        done = _stamp_one(key, now, stamp)
        if done is None:
            break  # it would let each of the others wait as long; they are due again in the next round
        count += done
    return count


def _stamp_one(key: UUID, now: dt.datetime, stamp: Callable[[bytes], bytes]) -> int | None:
    """One stamp; None if the authority does not answer at all.

    It is asked outside of a transaction: on SQLite nobody else could write meanwhile. Two workers may
    ask for the same signature; the second token is thrown away.
    """
    request = StampRequest.objects.select_related("signature").filter(pk=key).first()
    if request is None:
        return 0
    try:
        token, at = _token(request.signature, stamp)
    except KhueError as trouble:
        StampRequest.objects.filter(pk=key).update(
            attempts=request.attempts + 1, trouble=trouble.code[:12],
            next_at=now + queue.DEFAULT.after(request.attempts + 1),
        )  # fmt: skip
        log.warning("time-stamp of %s failed: %s", request.signature_id, trouble)
        return None if trouble.code == SILENT else 0
    return _stamped(key, now, token, at)


def _token(row: DocumentSignature, stamp: Callable[[bytes], bytes]) -> tuple[bytes, dt.datetime]:
    """A token over a signature, checked, and the time that it proves."""
    embedded = EmbeddedSignature(slot_of(row), row.text)
    digest = stamp_digest(embedded)
    token = stamp(digest)
    fact = trust.current().judge_token(token, digest)
    if not fact.genuine or fact.time is None:
        raise KhueError(fact.findings[0].code if fact.findings else "SIGN-260")
    with_timestamp(embedded, token)  # what cannot be embedded is no stamp
    return token, fact.time


@transaction.atomic
def _stamped(key: UUID, now: dt.datetime, token: bytes, at: dt.datetime) -> int:
    request = StampRequest.objects.select_for_update(of=("self",)).filter(pk=key).first()
    if request is None:
        return 0
    row = request.signature
    SignatureStamp.objects.create(signature=row, token=token, at=at)
    document = Document.objects.select_for_update(of=("self",)).get(pk=row.document_id)
    if row.role == documents.SEAL_ROLE and document.state == DocumentState.COMPLETE:
        documents.issue(system_actor("Khuê", now), document)
    request.delete()
    return 1


def publish(now: dt.datetime) -> int:
    """Append what was issued since to the log and publish a stamped checkpoint (ghi nhật kí)."""
    try:
        with writing(log_store(), log_signer()) as writer:
            return _published(writer, now)
    except Conflict as busy:
        if busy.code != HELD:
            raise
        return 0  # another process is writing what we would


def _published(writer: LogWriter, now: dt.datetime) -> int:
    found = _noted_again(writer, now)
    waiting = list(_unlogged()[:A_RUN])
    if waiting:
        appended = writer.append([bytes.fromhex(document.digest) for document in waiting], at=writer.size)
        _note(enumerate(waiting, appended.first), now)
        witnessing.cosigned(writer, log_signer().key)
    stamp = providers.stamps()
    if stamp is not None and writer.size:
        _stamp_checkpoint(writer.size, stamp)  # also one for which an earlier run got no stamp
    return found + len(waiting)


def _noted_again(writer: LogWriter, now: dt.datetime) -> int:
    """Give rows to leaves that a run appended before it was cut off; the log is never behind its rows.

    A leaf of a document that is not here (a database from an older backup) stays without a row: the
    nightly proof names it.
    """
    known = LogEntry.objects.aggregate(last=Max("index"))["last"]
    first = 0 if known is None else known + 1
    leaves = [entry.hex() for entry in writer.reader().entries(first, writer.size)]
    by_digest = {document.digest: document for document in _unlogged().filter(digest__in=leaves)}
    placed = enumerate((by_digest.get(leaf) for leaf in leaves), first)
    return _note(((index, document) for index, document in placed if document is not None), now)


def _note(placed: Iterable[tuple[int, Document]], now: dt.datetime) -> int:
    rows = [
        LogEntry(document=document, leaf=document.digest, index=index, at=now) for index, document in placed
    ]
    return len(LogEntry.objects.bulk_create(rows))


def _unlogged() -> QuerySet[Document]:
    rows = Document.objects.filter(log_entry__isnull=True, issued_at__isnull=False).exclude(digest="")
    return rows.order_by("issued_at", "id").only("id", "digest")


def _stamp_checkpoint(size: int, stamp: Callable[[bytes], bytes]) -> None:
    try:
        archive.seal_checkpoint(log_store(), size, stamp=stamp)
    except KhueError as trouble:
        log.warning("checkpoint %s has no time-stamp yet: %s", size, trouble)


def renew_yearly(now: dt.datetime) -> int:
    """Give the checkpoints that prove everything older a fresh time-stamp once a year (gia hạn bằng chứng).

    A time-stamp lives as long as its authority's certificate and algorithms; a newer one over it
    carries what it proved on (RFC 4998).
    """
    stamp, mark = providers.stamps(), trust.folder(LOG_RENEWED)
    last = mark.stat().st_mtime if mark.is_file() else None
    if stamp is None or (last is not None and now.timestamp() - last < YEAR.total_seconds()):
        return 0
    store = log_store()
    sizes = archive.to_renew(store) if last is not None and any(store.names(ARCHIVE)) else []
    for size in sizes:
        archive.renew(store, size, stamp)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    os.utime(mark, (now.timestamp(), now.timestamp()))
    return len(sizes)


def log_store() -> FolderStore:
    """The log as static files; any web server may publish the folder."""
    return FolderStore(trust.folder(LOG_FOLDER))


def log_signer() -> NoteSigner:
    """The log's own key (Ed25519)."""
    return keys.note_signer(LOG_KEY)
