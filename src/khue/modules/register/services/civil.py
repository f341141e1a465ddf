"""A change of civil status (cải chính hộ tịch): the pupil's file and the register change in one act."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction

from khue.core.errors import Invalid, NotFound, Refused
from khue.core.names import nfc
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange
from khue.modules.register import chain
from khue.modules.register.facts import CIVIL, PERSON, facts_of
from khue.modules.register.models import EventKind
from khue.modules.register.services import recording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.register.models import RegisterEvent


@transaction.atomic
def change_civil_status(
    actor: Actor, *, entry_id: UUID, changes: Mapping[str, object], paper: str, paper_on: dt.date | None,
    on: dt.date | None = None, expected: Mapping[str, object] | None = None,
) -> RegisterEvent:  # fmt: skip
    """Change what a birth certificate says, by a paper with number and date; old and new stay for ever.

    `changes` are fields of `facts.CIVIL`; «birth» is a date. `expected` are the values the form was shown
    with, by field of the person (see `people.change_person`).
    """
    entry = recording.load_entry(actor, entry_id)
    if entry.person_id is None:
        raise Refused("REG-018", number=str(entry))
    unknown = sorted(set(changes) - CIVIL)
    if unknown:
        raise Invalid("REG-016", field=unknown[0], item=people.field_label(unknown[0]))
    text = nfc(paper)
    if not text or paper_on is None:
        raise Invalid("REG-014", field="paper", event=str(EventKind.CIVIL_CHANGE.label))
    event = chain.NewEvent(EventKind.CIVIL_CHANGE, on or actor.today, text, paper_on)
    recording.check(actor, entry, event)
    people.change_person(
        actor, person_id=entry.person_id, changes=_for_people(entry.person_id, changes), expected=expected
    )
    now = facts_of(entry.school_id, [entry.person_id]).get(entry.person_id)
    if now is None:
        raise NotFound("KIT-001")
    differ = chain.differences(entry.now, {name: now[name] for name in changes})
    if not differ:
        raise Refused("REG-017")
    event.data = {"changes": differ}
    return recording.write(actor, [(entry, event)])[0]


def _for_people(person_id: UUID, changes: Mapping[str, object]) -> PersonChange:
    person: dict[str, Any] = {name: changes[name] for name in PERSON if name in changes}
    if "birth" in changes:
        person |= {"birth_date": changes["birth"], "birth_text": ""}
    pupil = {name: value for name, value in changes.items() if name not in {*PERSON, "birth"}}
    return PersonChange(person_id, person=person, pupil=pupil)
