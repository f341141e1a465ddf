"""The bank of phrases for remarks (kho nhận xét): a school's, and each teacher's own.

A phrase is a help for typing, no record: remarks keep their own text, so a phrase that is not wanted any
more is really deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Invalid
from khue.kit import audit, permissions
from khue.modules.gradebook import policy
from khue.modules.gradebook.models import Phrase
from khue.modules.gradebook.slots import clean
from khue.modules.orgs import api as orgs

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor

SHORTEST, LONGEST = 5, 300
OWN_FIRST = 1000  # shipped phrases stand before those that people add


@transaction.atomic
def add_phrase(actor: Actor, *, text: str, school_id: UUID | None = None) -> Phrase:
    """Add a phrase to the bank of a school, or without one to the actor's own."""
    text = clean(text)
    if not SHORTEST <= len(text) <= LONGEST:
        raise Invalid("GRADE-040", field="text", least=SHORTEST, limit=LONGEST)
    if school_id is not None:
        schools = orgs.Unit.objects.filter(kind="school")
        permissions.load(actor, schools, school_id, see=policy.ADD_PHRASE)
    elif actor.person_id is None:
        raise Invalid("KIT-003")  # nobody's own bank
    owner = None if school_id else actor.person_id
    known = Phrase.objects.filter(school=school_id, person=owner, text=text).first()
    if known is not None:
        return known
    phrase = Phrase.objects.create(
        school_id=school_id, person_id=owner, slot="remark", text=text, position=OWN_FIRST
    )
    audit.record(actor, "gradebook.phrase.added", subject=phrase, unit=school_id, after=text)
    return phrase


@transaction.atomic
def remove_phrase(actor: Actor, *, phrase_id: UUID) -> None:
    """Take a phrase out of the bank; remarks that were written with it stay as they are."""
    phrase = permissions.load(actor, Phrase.objects.all(), phrase_id, see=policy.CHANGE_PHRASE)
    audit.record(actor, "gradebook.phrase.removed", subject=phrase, unit=phrase.school_id, before=phrase.text)
    phrase.delete()
