"""One row of each kind that registers, transcripts, transfers and the store keep of a school."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from khue.kit import outbox
from khue.modules.register import api as register
from khue.modules.store.models import (
    OutgoingRequest,
    Package,
    PackageItem,
    ReceivedRequest,
    StoredRecord,
    StoreKey,
)
from khue.modules.store.services import keys
from khue.modules.transcripts import sharing
from khue.modules.transcripts.models import Copy, CopyKind, Transcript, TranscriptPage
from khue.modules.transfers import api as transfers
from khue.modules.transfers.data import Elsewhere
from tests.cast import NOW, SYSTEM

if TYPE_CHECKING:
    from khue.modules.records.models import Document
    from tests.cast import World

YEAR = "2025-2026"
PRIVATE = frozenset({
    "entry", "book", "transfer", "transcript", "transcript page", "copy", "package", "package item",
    "outgoing request", "stored record", "received request", "store key",
})  # fmt: skip


def make_rows(world: World, document: Document) -> dict[str, Any]:
    """The rows by kind; a pupil of 6A is in the register, has a transcript, a copy of it, and wants to go."""
    outbox.deliver()
    pupil = world.pupils["6A"][0]
    entry = register.entry_of(world.school.pk, pupil)
    assert entry is not None
    found = {"entry": entry, "book": entry.book}
    found["transfer"] = transfers.request_leaving(
        world.thu, person_id=pupil, reason="Gia đình chuyển nơi ở", elsewhere=Elsewhere("Trường THCS Chợ Chu")
    )
    return found | _transcript(world) | _store(world, document)


def _transcript(world: World) -> dict[str, Any]:
    pupil, school = world.pupils["6A"][0], world.school
    transcript = Transcript.objects.create(
        person_id=pupil, level="THCS", code="20180001-THU", opened_on=NOW.date(), school=school
    )
    page = TranscriptPage.objects.create(
        transcript=transcript, person_id=pupil, school=school, school_class=world.classes["6A"],
        year=world.year, part=2025, name="Lý Tiến Bình",
    )  # fmt: skip
    copy = Copy(
        transcript=transcript, school=school, kind=CopyKind.COPY, form="hoc-ba-pdf 2026.1", sources=[],
        purpose="Xét tuyển", recipient="Trường THPT Na Dương", issued_by_name="Vi Thị Thu", issued_at=NOW,
        expires_at=NOW + dt.timedelta(days=3000), digest="0" * 64,
    )  # fmt: skip
    copy.token_digest = sharing.digest_of_token(sharing.token_of(copy.pk))
    copy.save(force_insert=True)
    return {"transcript": transcript, "transcript page": page, "copy": copy}


def _store(world: World, document: Document) -> dict[str, Any]:
    """At the school a package with a record that it wants back; at the department the same, and a key."""
    school = world.school
    package = Package.objects.create(
        school=school, year=YEAR, level="THCS", document=document, code="20180001-GOI", count=1, size=10,
        made_at=NOW, made_by="Vi Thị Thu", next_at=NOW,
    )  # fmt: skip
    item = PackageItem.objects.create(
        package=package,
        position=1,
        document=document,
        code="20180001-HB",
        version=1,
        digest="1" * 64,
        size=10,
    )
    asked = {"kind": "recall", "reason": "Sai tên học sinh.", "authority": "Số 1"}
    outgoing = OutgoingRequest.objects.create(
        school=school, item=item, made_at=NOW, made_by="Hoàng Văn Minh", next_at=NOW, **asked
    )
    record = StoredRecord.objects.create(
        school=school, code="20180001-HB", version=1, kind="transcript-secondary", year=YEAR, level="THCS",
        digest="1" * 64, size=10, state="accepted", stored_at=NOW,
    )  # fmt: skip
    received = ReceivedRequest.objects.create(
        record=record, school=school, sent_id=outgoing.pk, received_at=NOW, **asked
    )
    key: StoreKey = keys.give(SYSTEM, school_id=school.pk, label="Máy của trường", days=700)[0]
    return {
        "package": package, "package item": item, "outgoing request": outgoing, "stored record": record,
        "received request": received, "store key": key,
    }  # fmt: skip
