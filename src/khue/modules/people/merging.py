"""Identifiers brought together: the real code for a temporary one, two rows of one child (gộp mã định danh).

A temporary code is ended, never deleted, and never given to anybody else, so that papers that carry it
still lead to the pupil. Persons are not melted into one another: marks, records and the register hold
them. The codes go to the row that is kept; the other row stays, without codes, and says so.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import IntegrityError

from khue.core.errors import Conflict
from khue.core.ids import uuid7
from khue.kit import audit, outbox
from khue.kit.crypto import blind_index
from khue.kit.models import AuditEvent
from khue.modules.people.events import IdentifiersMerged
from khue.modules.people.models import IdentifierScheme, PersonIdentifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from khue.core.actor import Actor

BATCH = 500
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: nobody misreads them on paper
LENGTH = 10


def temporary_code(personal: str = "") -> str:
    """A code until the Ministry's comes (mã tạm): the same for the same personal number, else a new one.

    It tells nothing of the number: it is made from the keyed digest under which the number is found.
    """
    seed = blind_index(f"temporary {personal}") if personal else uuid7().hex
    digest = int.from_bytes(hmac.digest(b"temporary code", seed.encode(), "sha256")[:8], "big")
    letters = "".join(LETTERS[(digest >> (5 * place)) & 31] for place in range(LENGTH))
    return f"T{letters}"


def create(rows: Sequence[PersonIdentifier]) -> None:
    """Write identifiers; one that somebody else got at the same moment is a conflict (`PEO-021`)."""
    try:  # the caller's transaction goes back as a whole
        PersonIdentifier.objects.bulk_create(rows, batch_size=BATCH)
    except IntegrityError as error:
        name = rows[0].person.full_name if rows else ""
        raise Conflict("PEO-021", name=name) from error


def end_temporary(actor: Actor, given: Sequence[PersonIdentifier], *, school_id: UUID) -> None:
    """The real codes have come: the temporary ones of these persons end, and it is announced."""
    real = [row.person_id for row in given if row.scheme == IdentifierScheme.MINISTRY]
    held = PersonIdentifier.objects.select_for_update(of=("self",)).filter(
        person__in=real, scheme=IdentifierScheme.TEMPORARY, valid_to__isnull=True
    )
    rows = list(held.order_by("id"))
    for row in rows:
        row.valid_to = max(actor.today, row.valid_from)
    PersonIdentifier.objects.bulk_update(rows, ["valid_to"], batch_size=BATCH)
    _say(actor, rows, school_id, undone=False)


def restore_temporary(actor: Actor, withdrawn: Sequence[PersonIdentifier], *, school_id: UUID) -> None:
    """Real codes were taken back: the temporary ones that had ended with them hold again (undo)."""
    days = {row.person_id: row.valid_from for row in withdrawn if row.scheme == IdentifierScheme.MINISTRY}
    held = PersonIdentifier.objects.select_for_update(of=("self",)).filter(
        person__in=days, scheme=IdentifierScheme.TEMPORARY
    )
    last: dict[UUID, PersonIdentifier] = {}
    for row in held.order_by("valid_from", "id"):
        last[row.person_id] = row
    rows = [
        row
        for row in last.values()
        if row.valid_to is not None and row.valid_to == max(days[row.person_id], row.valid_from)
    ]
    for row in rows:
        row.valid_to = None
    PersonIdentifier.objects.bulk_update(rows, ["valid_to"], batch_size=BATCH)
    _say(actor, rows, school_id, undone=True)


def _say(actor: Actor, rows: Sequence[PersonIdentifier], school_id: UUID, *, undone: bool) -> None:
    if not rows:
        return
    action = "people.identifier.unmerged" if undone else "people.identifier.merged"
    codes: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        codes[row.person_id].append(row.value)
    AuditEvent.objects.bulk_create(
        [
            audit.event_for(
                actor, action, subject=("people.Person", key), unit=school_id, before={"temporary": values}
            )
            for key, values in codes.items()
        ],
        batch_size=BATCH,
    )
    outbox.announce(actor, IdentifiersMerged(school_id, tuple(codes), undone), unit=school_id)
