"""The nightly proof of the register: chains, numbers, what entries say, closings (đối chiếu sổ đăng bộ)."""

from __future__ import annotations

import datetime as dt
import hashlib
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from khue.modules.register import chain
from khue.modules.register.data import RegisterBreak
from khue.modules.register.models import RegisterBook, RegisterClosing, RegisterEntry, RegisterEvent
from khue.rules.enrollment import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SAID = ("state", "state_on", "class_name", "person_id", "now", "name")


def verify_register(books: Iterable[RegisterBook] | None = None) -> Iterator[RegisterBreak]:
    """Prove that events, entries and closings agree; yields the first break of each entry."""
    chosen = RegisterBook.objects.order_by("id").iterator() if books is None else books
    for book in chosen:
        yield from _book(book)


def _book(book: RegisterBook) -> Iterator[RegisterBreak]:
    entries = {entry.id: entry for entry in RegisterEntry.objects.filter(book=book).order_by("number")}
    for entry in entries.values():
        entry.book = book
    events = RegisterEvent.objects.filter(entry__book=book).order_by("entry_id", "sequence")
    seen = set()
    for key, own in groupby(events.iterator(), key=attrgetter("entry_id")):
        seen.add(key)
        what = _entry(entries[key], list(own))
        if what:
            yield RegisterBreak(book.code, entries[key].number, what)
    for key, entry in entries.items():
        if key not in seen:
            yield RegisterBreak(book.code, entry.number, "sequence")
    yield from _closings(book, entries)


def _entry(entry: RegisterEntry, events: Sequence[RegisterEvent]) -> str:
    """What does not hold of one entry; empty if all does."""
    replayed = RegisterEntry(
        id=entry.id, book=entry.book, number=entry.number, entered_on=entry.entered_on, facts=entry.facts,
        now=entry.facts, state=State.STUDYING.value, state_on=entry.entered_on,
    )  # fmt: skip
    replayed.person_id = chain.person_in(entry.facts)
    chain.name_entry(replayed)
    head = chain.seed(entry)
    for number, event in enumerate(events, 1):
        if event.sequence != number:
            return "sequence"
        head = chain.link(head, event)
        if head != event.digest:
            return "seed" if number == 1 else "digest"
        chain.advance(replayed, event)
    if head != entry.history_head or len(events) != entry.history_length:
        return "head"
    return "said" if any(getattr(entry, name) != getattr(replayed, name) for name in SAID) else ""


def _closings(book: RegisterBook, entries: dict[object, RegisterEntry]) -> Iterator[RegisterBreak]:
    """Closings in their order, each over the one before, and no entry shorter than a page says."""
    head = ""
    lengths = {entry.id.hex: entry.history_length for entry in entries.values()}
    for number, row in enumerate(RegisterClosing.objects.filter(book=book).order_by("number"), 1):
        head = closing_digest(head, row)
        if row.number != number or row.digest != head:
            yield RegisterBreak(book.code, 0, "closing")
            return
        if any(lengths.get(key, 0) < length for key, length in row.lengths.items()):
            yield RegisterBreak(book.code, 0, "page")


def closing_digest(head: str, row: RegisterClosing) -> str:
    """Digest of a closing over the one before it in the book."""
    at = row.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    parts = (
        head, row.book_id.hex, str(row.year), str(row.number), at,
        str(row.person or ""), row.person_name, str(row.entries), str(row.events),
        chain.canonical(row.lengths), row.text_digest, str(row.document or ""), str(row.signature or ""),
    )  # fmt: skip
    return hashlib.sha256(chain.SEPARATOR.join(parts).encode()).hexdigest()
