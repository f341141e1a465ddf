"""What anybody may verify here, with or without the file in hand (kiểm tra chữ ký, không cần đăng nhập)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from khue.core.errors import Invalid, NotFound
from khue.modules.records import codes, queries, trust
from khue.modules.records.content import digest_of
from khue.modules.records.models import Document, DocumentState, LogEntry
from khue.modules.records.services import evidence, witnessing
from khue.signing.command import Known
from khue.signing.files import verify_file
from khue.signing.log.checkpoint import Checkpoint
from khue.signing.log.policy import Policy
from khue.signing.log.proof import TlogProof, make_proof, verify_proof
from khue.signing.log.tiles import TileReader
from khue.signing.log.writer import note_of
from khue.signing.qr import parse_short

if TYPE_CHECKING:
    from khue.signing.log.note import Note
    from khue.signing.report import LogReport, Report

LARGEST = 8 * 1024 * 1024


def check(data: bytes, now: dt.datetime | None = None) -> tuple[Report, Document | None]:
    """The report on a file, and our own document if it is one of ours, whose state matters too."""
    report = verify_file(
        data, trust=trust.current(), now=now or timezone.now(), log_policy=log_policy()
    )
    return report, known(data)


def report_on(data: bytes, now: dt.datetime) -> Report:
    """The report on a file alone; asks no table, so that many processes may do it side by side."""
    return verify_file(data, trust=trust.current(), now=now, log_policy=None)


def known(data: bytes) -> Document | None:
    """The issued document whose file this is, byte for byte."""
    return Document.objects.filter(digest=digest_of(data)).select_related("school", "replaces").first()


def newer(document: Document) -> Document | None:
    """The issued version that replaced this one, if there is one."""
    rows = Document.objects.filter(kind=document.kind, subject=document.subject, part=document.part)
    return rows.filter(version__gt=document.version, state=DocumentState.ISSUED).order_by("-version").first()


def by_short_code(text: str) -> Document:
    """The document of the code on a print."""
    try:
        prefix = parse_short(text)
    except Invalid as error:
        raise NotFound("REC-043") from error
    return queries.by_digest(prefix.hex())


def opens(document: Document, typed: str) -> bool:
    """Whether somebody holds the print: the eight characters under its QR code."""
    return codes.read(typed) == document.print_code


def log_report(document: Document) -> LogReport | None:
    """Where a document stands in the evidence log, proved from its tiles; None while it waits."""
    entry = LogEntry.objects.filter(document=document).first()
    if entry is None:
        return None
    proof = proof_of(entry)
    return verify_proof(bytes.fromhex(entry.leaf), proof, log_policy())


def proof_of(entry: LogEntry, published: Note | None = None) -> TlogProof:
    """The proof that a leaf is in the log as it was published, last if not said otherwise."""
    note = published or note_of(evidence.log_store())
    reader = TileReader(evidence.log_store(), Checkpoint.parse(note.body).size)
    return make_proof(reader, entry.index, note)


def log_policy() -> Policy:
    """Our own log, and as many witnesses as the operator asks for."""
    return witnessing.policy(evidence.log_signer().key)


def known_here() -> Known:
    """What this installation trusts, for `khue verify TỆP`."""
    store = trust.current()
    return Known(store.anchors, log_policy(), store.revocations, store.allow_test)
