"""Closing a book's school year (khoá sổ năm): by signing, or without where a school does not sign yet."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from khue.core.actor import ActorKind
from khue.core.errors import Refused
from khue.kit import audit, outbox, permissions
from khue.modules.register import policy
from khue.modules.register.events import RegisterClosed
from khue.modules.register.models import RegisterBook, RegisterClosing
from khue.modules.register.page import load_page, require_closable
from khue.modules.register.proof import closing_digest
from khue.modules.register.signed import content

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.records import api as records
    from khue.modules.register.page import Page


@transaction.atomic
def close_book(actor: Actor, *, book_id: UUID, year: int, accept_missing: str = "") -> RegisterClosing:
    """Close a year without a signature; where the school signs only the system may (former years)."""
    book = load_book(actor, book_id)
    if settings.KHUE_SIGNING == "required" and actor.kind is not ActorKind.SYSTEM:
        raise Refused("REG-025")
    page = load_page(book, year)
    require_closable(actor, page, accept_missing)
    text = content.page_text(page, book.code, (actor.name, ""), accept_missing)
    return keep(actor, page, text)


def load_book(actor: Actor, book_id: UUID) -> RegisterBook:
    """A book that the actor may close, locked: nobody gives a number or closes it meanwhile."""
    rows = RegisterBook.objects.select_related("school")
    book: RegisterBook = permissions.load(
        actor, rows, book_id, see=policy.SEE_BOOK, do=policy.CLOSE_BOOK, lock=True
    )
    return book


def keep(
    actor: Actor, page: Page, text: str, signature: records.SignatureRef | None = None
) -> RegisterClosing:
    """Write the closing, over the one before it; the caller holds the book's lock."""
    before = RegisterClosing.objects.filter(book=page.book).order_by("-number").first()
    row = RegisterClosing(
        book=page.book, year=page.year, number=page.number, at=actor.now, person=actor.person_id,
        person_name=actor.name[:200], entries=len(page.entries), events=page.event_count,
        lengths=page.lengths, text_digest=hashlib.sha256(text.encode()).hexdigest(),
        document=signature.document_id if signature else None,
        signature=signature.signature_id if signature else None,
    )  # fmt: skip
    row.digest = closing_digest(before.digest if before else "", row)
    row.save(force_insert=True)
    audit.record(
        actor,
        "register.book.closed",
        subject=page.book,
        unit=page.book.school_id,
        after={"year": page.year, "entries": row.entries, "events": row.events, "digest": row.text_digest},
    )
    outbox.announce(actor, RegisterClosed(page.book.id, page.year, row.id), unit=page.book.school_id)
    return row
