"""A family wants to change school: the office of either school writes it down (đề nghị chuyển trường)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from khue.core.errors import Invalid, Refused
from khue.core.names import fold, nfc
from khue.kit import audit, outbox, permissions
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transfers import policy
from khue.modules.transfers.events import TransferMoved
from khue.modules.transfers.models import OPEN_STATES, Side, Transfer, TransferState, TransferStep
from khue.rules import transfers as law

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.transfers.data import Elsewhere

REASON_LENGTH = 10


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the family wants, as an office writes it down."""

    side: Side
    reason: str
    applicant: str
    to_school: orgs.Unit | None = None
    elsewhere: Elsewhere | None = None


@transaction.atomic
def request_leaving(
    actor: Actor, *, person_id: UUID, reason: str, applicant: str = "", to_school_id: UUID | None = None,
    elsewhere: Elsewhere | None = None,
) -> Transfer:  # fmt: skip
    """The school where the pupil is writes down where the family wants to go."""
    profile: people.PupilProfile = permissions.load(
        actor, people.PupilProfile.objects.select_related("person", "school"), _profile_of(person_id),
        see=people.SEE_PUPIL,
    )  # fmt: skip
    require_office(actor, profile.school_id)
    to_school = _school(to_school_id) if to_school_id else None
    if to_school is None and (elsewhere is None or not elsewhere.name.strip()):
        raise Invalid("XFER-002", field="to_school")
    return _write(actor, profile, _Wish(Side.FROM, reason, applicant, to_school, elsewhere))


def request_coming(
    actor: Actor, *, to_school_id: UUID, ministry_code: str, name: str, born: dt.date, reason: str,
    applicant: str = "",
) -> Transfer:  # fmt: skip
    """The school that the family wants writes it down: it knows the pupil by code, name and day of birth.

    Whoever does not know all three learns nothing, not even that there is such a pupil (`XFER-005`); that
    somebody searched in vain stays in the log.
    """
    to_school = require_office(actor, to_school_id)
    with transaction.atomic():
        profile = _pupil_named(ministry_code, name, born)
        if profile is not None:
            return _write(actor, profile, _Wish(Side.TO, reason, applicant, to_school))
        audit.record(
            actor, "transfers.transfer.not_found", subject=to_school, unit=to_school_id,
            after={"code": ministry_code.strip()[:40]},
        )  # fmt: skip
    raise Refused("XFER-005", field="ministry_code")


def _pupil_named(ministry_code: str, name: str, born: dt.date) -> people.PupilProfile | None:
    found = people.PersonIdentifier.objects.filter(
        scheme=people.IdentifierScheme.MINISTRY, lookup=ministry_code.strip(), valid_to__isnull=True
    ).select_related("person")
    person = next((one.person for one in found), None)
    if person is None or person.birth_date != born or fold(person.full_name) != fold(name):
        return None
    profiles = people.PupilProfile.objects.select_related("person", "school")
    profile: people.PupilProfile | None = profiles.filter(person=person).first()
    return profile


def require_office(actor: Actor, school_id: UUID) -> orgs.Unit:
    """The school, if the actor writes for it; strangers learn nothing."""
    school: orgs.Unit = permissions.load(
        actor, orgs.Unit.objects.filter(kind="school").select_related("school"), school_id,
        see=policy.REQUEST,
    )  # fmt: skip
    return school


def _write(actor: Actor, profile: people.PupilProfile, wish: _Wish) -> Transfer:
    person = people.Person.objects.select_for_update(of=("self",)).get(pk=profile.person_id)
    reason, applicant = nfc(wish.reason).strip(), nfc(wish.applicant).strip()
    to_school, elsewhere = wish.to_school, wish.elsewhere
    if len(reason) < REASON_LENGTH:
        raise Invalid("XFER-006", field="reason", length=REASON_LENGTH)
    if to_school is not None and to_school.pk == profile.school_id:
        raise Refused("XFER-004", name=person.full_name)
    stay = current_stay(profile.school_id, person.pk, actor.today)
    if stay is None:
        raise Refused("XFER-013", name=person.full_name)
    row = stay.school_class
    if to_school is not None and row.level not in _levels(to_school):
        raise Refused("XFER-007", field="to_school", level=row.level)
    same = to_school is not None or bool(elsewhere and elsewhere.same_province)
    due = law.deadlines_on(actor.today, same_province=same)
    _none_open(person)
    transfer = Transfer(
        code=records.new_code(), pupil=person, pupil_name=person.full_name, from_school=profile.school,
        from_name=profile.school.name, to_school=to_school,
        to_name=to_school.name if to_school else nfc(elsewhere.name).strip() if elsewhere else "",
        to_code=elsewhere.code.strip() if elsewhere else "", same_province=same, from_class=row,
        grade=row.grade, level=row.level, reason=reason, applicant=applicant,
        state=TransferState.REQUESTED, side=wish.side, requested_at=actor.now, requested_by=actor.person_id,
        release_due=law.due_on(actor.today, due.release),
    )  # fmt: skip
    try:
        with transaction.atomic():
            transfer.save(force_insert=True)
    except IntegrityError:  # the other school wrote it at the same moment
        _none_open(person)
        raise
    school = profile.school_id if wish.side == Side.FROM or to_school is None else to_school.pk
    step(actor, transfer, TransferState.REQUESTED, school=school, note=reason)
    return transfer


def _none_open(person: people.Person) -> None:
    """Refuse (`XFER-001`) a second transfer of a pupil."""
    known = Transfer.objects.filter(pupil=person, state__in=OPEN_STATES).first()
    if known is not None:
        raise Refused("XFER-001", name=person.full_name, number=known.code)


def current_stay(school_id: UUID, person_id: UUID, day: dt.date) -> schooling.ClassMembership | None:
    """The class of the school in which a pupil is on a day, or was last in the year that goes on."""
    rows = schooling.ClassMembership.objects.filter(
        school=school_id, pupil=person_id, school_class__year__starts_on__lte=day
    ).select_related("school_class__year")
    return rows.order_by("-valid_from", "-id").first()


def step(
    actor: Actor, transfer: Transfer, state: TransferState, *, school: UUID | None, note: str = ""
) -> None:
    """Write a step, log it on both sides and announce it."""
    TransferStep.objects.create(
        transfer=transfer, state=state, at=actor.now, person=actor.person_id, person_name=actor.name,
        school=school, note=note,
    )  # fmt: skip
    for unit in dict.fromkeys(filter(None, (transfer.from_school_id, transfer.to_school_id))):
        audit.record(
            actor, f"transfers.transfer.{state.value}", subject=transfer, unit=unit,
            after={"code": transfer.code}, reason=note,
        )  # fmt: skip
        outbox.announce(
            actor,
            TransferMoved(transfer.id, state.value, transfer.from_school_id, transfer.to_school_id),
            unit=unit,
        )


def _profile_of(person_id: UUID) -> UUID:
    found = people.PupilProfile.objects.filter(person=person_id).values_list("pk", flat=True).first()
    return found or person_id


def _school(school_id: UUID) -> orgs.Unit:
    """Any school of the province: its name is public."""
    found = (
        orgs.Unit.objects.filter(pk=school_id, kind="school", valid_to__isnull=True)
        .select_related("school")
        .first()
    )
    if found is None:
        raise Invalid("XFER-002", field="to_school")
    return found


def _levels(school: orgs.Unit) -> tuple[str, ...]:
    return school.school.level_set() if hasattr(school, "school") else ()
