"""The rules by which a verified record is taken into the store or not (quy tắc nhận).

A record is judged against what the store holds of the same school: the newest version stands, a new one
must say that it replaces exactly the file that is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from khue.modules.store.models import ItemState, StoredRecord, StoredState
from khue.modules.store.source import is_transcript
from khue.signing.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from khue.modules.store.models import ReceivedItem
    from khue.modules.store.verifying import Judged

ENDED = (StoredState.RECALLED, StoredState.CANCELLED)
COUNTED = (StoredState.ACCEPTED, StoredState.SUPERSEDED, *ENDED)  # what was ever in force


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a record."""

    state: ItemState
    reasons: tuple[dict[str, Any], ...] = ()
    replaces: StoredRecord | None = None
    record: StoredRecord | None = None  # the one that is there already


@dataclass(slots=True)
class Holdings:
    """What the store holds of a school that matters for some records."""

    versions: dict[str, list[StoredRecord]] = field(default_factory=dict)  # by code
    pages: dict[tuple[str, str], StoredRecord] = field(default_factory=dict)  # by transcript and year

    def add(self, row: StoredRecord) -> None:
        """Take a stored record into account."""
        self.versions.setdefault(row.code, []).append(row)
        if row.state == StoredState.ACCEPTED and row.transcript:
            self.pages[row.transcript, row.year] = row


def holdings(school_ids: Collection[UUID], codes: Iterable[str], transcripts: Iterable[str]) -> Holdings:
    """The versions under these codes, and the pages in force of these transcripts."""
    found = Holdings()
    asked = Q(code__in=list(codes)) | Q(
        transcript__in=[one for one in transcripts if one], state=StoredState.ACCEPTED
    )
    rows = StoredRecord.objects.filter(asked, school__in=school_ids)
    for row in rows.order_by("version", "id"):
        found.add(row)
    return found


def rule(item: ReceivedItem, judged: Judged, seals: Collection[str], held: Holdings) -> Ruling:
    """The answer for one record."""
    return (
        _as_a_file(item, judged, seals) or _among_versions(item, judged, held) or _verdict(judged, item, held)
    )


def _as_a_file(item: ReceivedItem, judged: Judged, seals: Collection[str]) -> Ruling | None:
    """What is wrong whatever the store holds."""
    if judged.digest != item.digest:
        return _rejected("STO-050")
    if judged.verdict == Verdict.INVALID.value:
        return _rejected("STO-062", reason=judged.conclusion)
    if not is_transcript(judged.kind):
        return _rejected("STO-052", kind=judged.kind)
    facts = judged.facts
    if (judged.code, facts.get("version"), judged.kind) != (item.code, str(item.version), item.kind):
        return _rejected("STO-053")
    identifier = facts.get("schoolIdentifier", "")
    if identifier not in seals:
        return _rejected("STO-054", found=f"{facts.get('school', '')} ({identifier})")
    return None


def _among_versions(item: ReceivedItem, judged: Judged, held: Holdings) -> Ruling | None:
    """What the versions in the store say; rejected and doubtful ones were never in force."""
    rows = [row for row in held.versions.get(item.code, ()) if row.state in COUNTED]
    same = next((row for row in rows if row.digest == item.digest), None)
    if same is not None and same.state in ENDED:
        return _rejected("STO-059")
    if same is not None:
        return Ruling(ItemState.ALREADY, ({"code": "STO-058", "params": {}},), record=same)
    waiting = [row for row in held.versions.get(item.code, ()) if row.state == StoredState.HELD]
    twin = next((row for row in waiting if row.digest == item.digest), None)
    if twin is not None:
        return Ruling(ItemState.HELD, (_reason("STO-061", reason=judged.conclusion),), record=twin)
    newest = rows[-1] if rows else None
    if newest is not None and item.version < newest.version:
        return _rejected("STO-055", stored=newest.version)
    if newest is not None and item.version == newest.version:
        return _rejected("STO-056", stored=newest.version)
    named = judged.facts.get("replaces", "")
    if newest is not None and not _follows(newest, named):
        return _rejected("STO-057", stored=newest.version)
    page = held.pages.get((judged.facts.get("transcript", ""), judged.facts.get("year", "")))
    if page is not None and page.code != item.code:
        return _rejected("STO-060", stored=page.code)
    return None


def _follows(newest: StoredRecord, named: str) -> bool:
    """Whether a new version names the stored file; after a recall it may name none."""
    return named == newest.digest or (newest.state in ENDED and not named)


def _verdict(judged: Judged, item: ReceivedItem, held: Holdings) -> Ruling:
    """What the verifier is not sure of waits for an officer, or is rejected where the setting says so."""
    rows = [row for row in held.versions.get(item.code, ()) if row.state in COUNTED]
    newest = rows[-1] if rows else None
    if judged.verdict == Verdict.VALID.value:
        return Ruling(ItemState.ACCEPTED, replaces=newest)
    reasons = (_reason("STO-061", reason=judged.conclusion),)
    state = ItemState.HELD if settings.KHUE_STORE_DOUBT == "hold" else ItemState.REJECTED
    return Ruling(state, reasons, replaces=newest if state is ItemState.HELD else None)


def _rejected(code: str, **params: Any) -> Ruling:
    return Ruling(ItemState.REJECTED, (_reason(code, **params),))


def _reason(code: str, **params: Any) -> dict[str, Any]:
    return {"code": code, "params": params}
