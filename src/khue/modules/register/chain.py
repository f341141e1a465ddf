"""The chain of events of an entry: each digest covers the one before, the first what was entered.

Whoever edits an event, a number or a fact behind the program's back breaks the chain, or leaves the entry
different from what its events say; `proof.verify_register` finds it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from khue.core.names import fold, sort_key
from khue.kit import rows
from khue.modules.register.models import EventKind, RegisterEntry, RegisterEvent
from khue.rules.enrollment import DATED, ENTRIES, Kind, State, state_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from khue.core.actor import Actor

SEPARATOR = "\x1f"
BATCH = 500
ADVANCED = (  # what `advance` may write
    "state", "state_on", "class_name", "person_id", "now", "name", "sort_key", "search_key", "history_head",
    "history_length",
)  # fmt: skip
PLACES = frozenset({Kind.CLASS_PLACED, Kind.CLASS_MOVED})


@dataclass(slots=True)
class NewEvent:
    """An event that is about to be written; `changes` in its data are field → [old, new]."""

    kind: EventKind
    on: dt.date
    decision: str = ""
    decision_on: dt.date | None = None
    paper: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def canonical(value: object) -> str:
    """JSON with one text for one value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seed(entry: RegisterEntry) -> str:
    """What the chain of an entry begins with: its place, its number and the facts it was entered with."""
    parts = (
        entry.id.hex, entry.book_id.hex, str(entry.number), entry.entered_on.isoformat(),
        canonical(entry.facts),
    )  # fmt: skip
    return hashlib.sha256(SEPARATOR.join(parts).encode()).hexdigest()


def link(head: str, event: RegisterEvent) -> str:
    """Digest of an event on top of the chain's head. All that a reader must trust is covered."""
    parts = (
        head, event.entry_id.hex, str(event.sequence), str(event.kind), event.on.isoformat(), event.decision,
        event.decision_on.isoformat() if event.decision_on else "", event.paper,
        event.author.hex if event.author else "", event.author_name,
        event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"), canonical(event.data),
    )  # fmt: skip
    return hashlib.sha256(SEPARATOR.join(parts).encode()).hexdigest()


def chained(actor: Actor, entry: RegisterEntry, new: NewEvent) -> RegisterEvent:
    """The event on top of the entry's chain, and the entry as it stands after it; nothing is written."""
    event = RegisterEvent(
        entry=entry, sequence=entry.history_length + 1, kind=str(new.kind), on=new.on,
        decision=new.decision[:200], decision_on=new.decision_on, paper=new.paper[:300],
        author=actor.person_id, author_name=actor.name[:200], at=actor.now, data=new.data,
    )  # fmt: skip
    event.digest = link(entry.history_head or seed(entry), event)
    entry.history_head, entry.history_length = event.digest, event.sequence
    advance(entry, event)
    return event


def advance(entry: RegisterEntry, event: RegisterEvent) -> None:
    """What an entry says after an event: state, class, facts."""
    kind, data = Kind(event.kind), event.data
    before = State.NEW if kind in ENTRIES and event.sequence == 1 else State(entry.state)
    entry.state = state_after(before, kind, data).value
    if kind in DATED or data.get("state"):
        entry.state_on = event.on
    if kind in PLACES or (kind in ENTRIES and data.get("class")):
        entry.class_name = str(data.get("class", ""))
    if "class_now" in data:  # a place was taken back
        entry.class_name = str(data["class_now"])
    if kind is Kind.VOIDED:
        entry.person_id = None
    changes = data.get("changes") or {}
    if changes:
        entry.now = {**entry.now, **{name: pair[1] for name, pair in changes.items()}}
        name_entry(entry)
    if "person" in changes:  # two files of one pupil became one, or two again
        entry.person_id = UUID(hex=changes["person"][1])


def person_in(facts: Mapping[str, Any]) -> UUID | None:
    """The person whom an entry was made for."""
    return UUID(hex=facts["person"]) if facts.get("person") else None


def name_entry(entry: RegisterEntry) -> None:
    """The name of an entry with its keys, from what the book says now."""
    entry.name = str(entry.now.get("full_name", ""))[:150]
    entry.sort_key, entry.search_key = sort_key(entry.name)[:400], fold(entry.name)[:150]


def append(actor: Actor, news: Iterable[tuple[RegisterEntry, NewEvent]]) -> list[RegisterEvent]:
    """Chain and write events in few statements; the entries must be locked by the caller."""
    made = [chained(actor, entry, new) for entry, new in news]
    write(made)
    entries = {event.entry_id: event.entry for event in made}
    # Every row is there: this is an update, in one statement for all of them and far cheaper than
    # Django's, which spells out a condition for each row and column.
    rows.insert(list(entries.values()), unique=("id",), update=ADVANCED)
    return made


def write(events: Sequence[RegisterEvent]) -> None:
    """Insert events that were chained."""
    RegisterEvent.objects.bulk_create(events, batch_size=BATCH)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Fields in which two statements of the same pupil differ: field → [old, new]."""
    return {
        name: [old.get(name, ""), value]
        for name, value in sorted(new.items())
        if old.get(name, "") != value and (old.get(name) or value)
    }
