"""A pupil from elsewhere is taken in from the verified parcel: person, register, class, marks, files."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from khue.core.dates import parse_date
from khue.core.errors import Invalid
from khue.core.names import fold
from khue.modules.codes import api as codes
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.data import BroughtResult
from khue.modules.people import api as people
from khue.modules.people.data import NewIdentifier, NewPerson, PersonChange, Release
from khue.modules.register import api as register
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transfers import content, packing
from khue.modules.transfers.models import ReceivedParcel

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.transcripts.data import Identity
    from khue.modules.transfers.data import Parcel
    from khue.modules.transfers.models import Transfer


def settle_parcel(
    actor: Actor, transfer: Transfer, row: schooling.SchoolClass, day: dt.date
) -> list[gradebook.Placed]:
    """Make the pupil from the parcel that was verified when it came; the caller has authorized and locked."""
    kept = ReceivedParcel.objects.get(transfer=transfer)
    unpacked = packing.unpack(bytes(kept.content))
    parcel = content.read_parcel(unpacked.record)
    person_id = _person(actor, transfer, parcel)
    transfer.pupil_id = person_id
    register.enter(
        actor, school_id=transfer.destination, person_id=person_id, on=day,
        kind=register.EventKind.TRANSFERRED_IN,
        facts={
            "level": row.level, "grade": row.grade, "year": row.year.starts_on.year, "class_name": row.name,
            "from_school": parcel.place.school, "transfer": str(transfer.id),
            "civil_paper": _civil_paper(parcel),
        },
        decision=transfer.decision, decision_on=actor.today,
    )  # fmt: skip
    schooling.enroll(actor, school_class_id=row.id, pupil_id=person_id, since=day)
    _choices(actor, row, person_id, parcel)
    for _, file in unpacked.files:
        transcripts.keep_file(actor, school_id=transfer.destination, person_id=person_id, file=file)
    if parcel.year != row.year.code:
        return []  # marks of a year that is over stand in its transcript
    return gradebook.bring_results(
        actor, school_class_id=row.id, pupil_id=person_id, results=brought(parcel),
        source=f"Mang theo từ {parcel.place.school}",
    )  # fmt: skip


def brought(parcel: Parcel) -> list[BroughtResult]:
    """The marks of a parcel as the gradebook takes them."""
    return [BroughtResult(one.subject, one.term, one.column, one.value, one.state) for one in parcel.marks]


def _person(actor: Actor, transfer: Transfer, parcel: Parcel) -> UUID:
    """The person known before, or a new one; admitted to the school."""
    facts = pupil_facts(parcel.identity)
    if transfer.pupil_id is not None:
        key: UUID = transfer.pupil_id
        if people.PupilProfile.objects.filter(person=key).exists():
            return _returned(actor, transfer, key, parcel.identity)
    else:
        key = _new_person(actor, transfer.destination, parcel.identity)
    people.admit_pupil(actor, school_id=transfer.destination, person_id=key, facts=facts)
    _relatives(actor, transfer.destination, key, parcel.identity)
    return key


def _returned(actor: Actor, transfer: Transfer, person_id: UUID, identity: Identity) -> UUID:
    """A pupil who had left this installation comes back to it: the entry moves, or is opened again.

    The facts are those of the parcel: what changed meanwhile stands in the register as a change.
    """
    profile = people.PupilProfile.objects.get(person=person_id)
    facts: dict[str, object] = {name: value for name, value in pupil_facts(identity).items() if value}
    if profile.school_id != transfer.destination:
        release = Release(profile.school_id, transfer.code, transfer.id)
        people.move_pupil(
            actor, person_id=person_id, to_school_id=transfer.destination, on=actor.today, release=release
        )
    else:
        facts["status"] = "Đang học"
    change = PersonChange(person_id, person=_person_facts(identity), pupil=facts)
    people.change_person(actor, person_id=person_id, changes=change)
    return person_id


def _person_facts(identity: Identity) -> dict[str, object]:
    """What the parcel says of the person; what it does not say stays."""
    born, born_text = _birth(identity.born) if identity.born else (None, "")
    said: dict[str, object] = {
        "full_name": identity.name, "sex": identity.sex, "nationality": identity.nationality,
        "ethnic_code": _ethnic_code(identity.ethnic),
    }  # fmt: skip
    known = {name: value for name, value in said.items() if value}
    return known | ({"birth_date": born, "birth_text": born_text} if born or born_text else {})


def _civil_paper(parcel: Parcel) -> str:
    """The paper of the last change of civil status that the registers before say."""
    label = str(register.EventKind.CIVIL_CHANGE.label)
    return next((step.decision for step in reversed(parcel.path) if step.what == label), "")


def _new_person(actor: Actor, school_id: UUID, identity: Identity) -> UUID:
    born, born_text = _birth(identity.born)
    code = identity.ministry_code
    new = NewPerson(
        full_name=identity.name, birth_date=born, birth_text=born_text, sex=identity.sex,
        nationality=identity.nationality, ethnic_code=_ethnic_code(identity.ethnic),
        identifiers=(NewIdentifier(people.IdentifierScheme.MINISTRY, code),) if code else (),
    )  # fmt: skip
    key: UUID = people.register_person(actor, school_id=school_id, person=new).pk
    return key


def _relatives(actor: Actor, school_id: UUID, person_id: UUID, identity: Identity) -> None:
    for relative in identity.relatives:
        new = NewPerson(full_name=relative.name)
        guardian = people.register_person(actor, school_id=school_id, person=new)
        people.link_guardian(
            actor, child_id=person_id, guardian_id=guardian.pk, relation=relative.relation,
            occupation=relative.occupation,
        )  # fmt: skip


def _ethnic_code(name: str) -> str:
    """The code of an ethnic group by its name, as the list of the Ministry writes it."""
    rows = codes.items_ever(codes.ETHNIC_GROUPS).order_by("valid_from", "id")
    return {fold(row.name): row.code for row in rows}.get(fold(name), "")


def pupil_facts(identity: Identity) -> dict[str, object]:
    """What page 1 says, as the pupil's entry keeps it."""
    return {
        "birth_place": identity.birth_place, "home_town": identity.home_town,
        "current_address": identity.address, "policy_groups": identity.policy,
    }  # fmt: skip


def _birth(text: str) -> tuple[dt.date | None, str]:
    """A whole day, or the year and month that are known: «2013», «05/2013»."""
    try:
        return parse_date(text), ""
    except Invalid:
        return None, "-".join(reversed(text.split("/")))


def _choices(actor: Actor, row: schooling.SchoolClass, person_id: UUID, parcel: Parcel) -> None:
    """Electives, topic clusters and personal plans go on in the new class, where it has the subject."""
    here = {one.subject.code: one for one in schooling.subjects_of_class(school_class=row.id)}
    taken = {one.code: one for one in parcel.subjects}
    for code, subject in here.items():
        one = taken.get(code)
        if one is None or not (one.mode or subject.elective or one.topic):
            continue
        choice = schooling.Choice(
            person_id, takes_subject=True, takes_topic=one.topic and subject.has_topic,
            mode=one.mode or schooling.AssessmentMode.NORMAL, decision=one.decision,
        )  # fmt: skip
        schooling.set_choices(actor, class_subject_id=subject.id, choices=[choice])
