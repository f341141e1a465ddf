"""What stands behind the link of a copy (bản sao chia sẻ), verified against the signed bytes each time."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Q

from khue.core.errors import Invalid, NotFound, Refused
from khue.kit.crypto import blind_index
from khue.modules.records import api as records
from khue.modules.transcripts import data, reading
from khue.modules.transcripts.content import KINDS, read_record
from khue.modules.transcripts.forms import EXTRACT, PAPER, Rendition, renditions
from khue.modules.transcripts.models import ReceivedFile
from khue.modules.transcripts.models_sharing import Copy, CopyKind, CopyOpening, CopyRevocation, Opened
from khue.signing.qr import ALPHABET, short_code
from khue.signing.report import Verdict

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from khue.modules.transcripts.models import Transcript
    from khue.signing.report import Report

TOKEN_LENGTH, CODE_LENGTH = 40, 8
TRIES, WITHIN = 10, 3600  # guesses of a copy's code from one address, seconds
QUIET = 600  # seconds in which one address counts as one look at the facts
DEVICES = (
    ("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"),
    ("Macintosh", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """One signed file of a copy, verified now (một năm học trong bản sao)."""

    page: data.YearPage | None  # None: the bytes are not what was signed
    issued: data.IssuedPage | None
    report: Report
    code: str
    version: int
    digest: str
    state: str  # of the record here: issued, superseded, recalled


# --- link and code --------------------------------------------------------------------------------


def token_of(copy_id: UUID) -> str:
    """The token in the link of a copy; nobody finds it without the server's key."""
    return blind_index(f"transcript copy link/{copy_id.hex}")[:TOKEN_LENGTH]


def code_of(copy_id: UUID) -> str:
    """The eight characters that open a copy's content, told apart from the link (mã mở)."""
    number = int(blind_index(f"transcript copy code/{copy_id.hex}"), 16)
    size = len(ALPHABET)
    return "".join(ALPHABET[number // size**place % size] for place in range(CODE_LENGTH))


def digest_of_token(token: str) -> str:
    """By which a copy is found."""
    return hashlib.sha256(token.encode()).hexdigest()


def copy_by_token(token: str) -> Copy:
    """The copy of a link (`TRANS-124`)."""
    rows = Copy.objects.filter(token_digest=digest_of_token(token)).select_related("school", "transcript")
    found: Copy | None = rows.first()
    if found is None:
        raise NotFound("TRANS-124")
    return found


def state_of(copy: Copy, now: dt.datetime) -> str:
    """valid, expired or revoked."""
    if CopyRevocation.objects.filter(copy=copy).exists():
        return "revoked"
    return "valid" if now < copy.expires_at else "expired"


# --- the signed files of a copy -------------------------------------------------------------------


def pages_of(transcript: data.Transcript, year: str) -> tuple[data.IssuedPage, ...]:
    """All years of a transcript, or one (`TRANS-112`, `TRANS-129`)."""
    if not transcript.pages:
        raise Refused("TRANS-112", transcript=transcript.code)
    found = tuple(one for one in transcript.pages if not year or one.page.year == year)
    if not found:
        raise Refused("TRANS-129", year=year)
    return found


def rendition_of(row: Transcript, kind: str, pages: Sequence[data.IssuedPage]) -> Rendition:
    """The PDF of these years; without the codes of prints, because those would open more, and for ever."""
    bare = tuple(replace(one, print_code="") for one in pages)
    form = EXTRACT if kind == CopyKind.EXTRACT else PAPER
    return renditions(data.Transcript(row.code, row.level, bare), form)[0]


def check(copy: Copy, now: dt.datetime, base: str = "") -> list[Checked]:
    """Every signed file of a copy, read from storage and verified anew; nothing is taken from the copy."""
    wanted = [str(digest) for _code, _version, digest in copy.sources]
    kept = _kept(wanted)
    every = reading.read_transcript(copy.transcript, base=base, states=records.WITH_FILE)
    issued = {one.digest: one for one in every.pages}
    found = []
    for code, version, digest in copy.sources:
        content, state = kept.get(digest, (b"", "recalled"))
        report, _document = records.verify_file(content, now)
        good = report.verdict is not Verdict.INVALID and report.digest == digest and bool(report.content)
        page = read_record(report.content)[0] if good else None
        shown = issued.get(digest) if good else None
        found.append(Checked(page, shown, report, code, version, digest, state))
    return found


def _kept(digests: Sequence[str]) -> dict[str, tuple[bytes, str]]:
    """Bytes and state by digest: our own records, and files that other schools signed."""
    own = records.Document.objects.filter(Q(digest__in=digests), kind__in=KINDS).select_related("file")
    found = {row.digest: (bytes(row.file.content), str(row.state)) for row in own}
    received = ReceivedFile.objects.filter(digest__in=digests)
    return {row.digest: (bytes(row.content), "issued") for row in received} | found


def content_of(copy: Copy, checked: Sequence[Checked]) -> Rendition:
    """The PDF behind a copy, rendered from what was verified just now (`TRANS-128`)."""
    pages = [one.issued for one in checked]
    if not pages or None in pages or any(one.report.verdict is Verdict.INVALID for one in checked):
        raise Refused("TRANS-128")
    whole = [one for one in pages if one is not None]
    return rendition_of(copy.transcript, copy.kind, whole)


def short_digest(digest: str) -> str:
    """A digest as people compare it."""
    return short_code(bytes.fromhex(digest))


# --- opening ----------------------------------------------------------------------------------------


def noted(copy: Copy, *, what: Opened, agent: str, now: dt.datetime) -> None:
    """Write that somebody opened a copy (ghi lượt mở)."""
    CopyOpening.objects.create(copy=copy, at=now, what=what, device=device_of(agent))


def looked(copy: Copy, *, agent: str, address: str, now: dt.datetime) -> None:
    """Write a look at the facts; pages that are loaded again and again count once."""
    if cache.add(f"copy/look/{copy.id}/{address}", 1, QUIET):
        noted(copy, what=Opened.FACTS, agent=agent, now=now)


def require_code(copy: Copy, typed: str, *, address: str) -> None:
    """The code that opens the content; guessing is slow (`TRANS-125`, `TRANS-126`)."""
    # Counted before it is compared: after too many guesses the right one opens nothing either.
    for key, limit in ((f"copy/try/{copy.id}/{address}", TRIES), (f"copy/try/{copy.id}", TRIES * TRIES)):
        cache.add(key, 0, WITHIN)
        if cache.incr(key) > limit:
            raise Refused("TRANS-126", minutes=WITHIN // 60)
    plain = typed.upper().replace(" ", "").replace("-", "").translate(str.maketrans("OIL", "011"))
    if not hmac.compare_digest(plain.encode(), code_of(copy.id).encode()):
        raise Invalid("TRANS-125", field="code")


def device_of(agent: str) -> str:
    """The kind of device, as coarse as a sentence needs: «Android», «Windows»."""
    return next((name for mark, name in DEVICES if mark in agent), "")
