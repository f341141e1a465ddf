"""Writes about the family of a pupil: who is father, mother or guardian, and who is no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import ActorKind
from khue.core.errors import Invalid, NotFound, Refused
from khue.core.names import nfc
from khue.kit import audit, outbox, permissions
from khue.kit.models import in_force
from khue.modules.people import policy, services
from khue.modules.people.data import NewPerson
from khue.modules.people.events import PeopleChanged
from khue.modules.people.models import Guardianship, Person, PupilProfile

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor

RELATIONS = {"father": _("Cha"), "mother": _("Mẹ"), "guardian": _("Người giám hộ")}


@transaction.atomic
def link_guardian(
    actor: Actor, *, child_id: UUID, guardian_id: UUID, relation: str, occupation: str = "",
    since: dt.date | None = None,
) -> Guardianship:
    """Record that a person is father, mother or guardian of a pupil (cha, mẹ, người giám hộ).

    Whoever is a guardian becomes visible to the child's school: only persons whom the actor sees
    already, or who belong to no school yet, can be named.
    """
    profile = _profile(actor, child_id)
    guardian = _nameable(actor).filter(pk=guardian_id).first()
    if relation not in RELATIONS:
        raise Invalid("PEO-016", field="relation", value=relation[:20])
    if guardian is None:
        raise NotFound("KIT-001")
    if guardian.pk == child_id:
        raise Refused("PEO-012", name=profile.person.full_name)
    known = Guardianship.objects.filter(child=child_id, guardian=guardian, valid_to__isnull=True)
    if known.exists():
        raise Refused("PEO-013", name=guardian.full_name)
    link: Guardianship = Guardianship.objects.create(
        child_id=child_id, guardian=guardian, relation=relation, occupation=nfc(occupation)[:150],
        valid_from=since or actor.today,
    )
    audit.record(
        actor, "people.guardian.linked", subject=link, unit=profile.school_id,
        after={"child": str(child_id), "guardian": str(guardian.pk), "relation": relation},
    )
    outbox.announce(actor, PeopleChanged(profile.school_id, (child_id,)), unit=profile.school_id)
    return link


@transaction.atomic
def add_guardian(
    actor: Actor, *, child_id: UUID, relation: str, person: NewPerson, occupation: str = ""
) -> Guardianship:
    """Record a guardian by name; the parent of a brother or sister with the same telephone is the same."""
    profile = _profile(actor, child_id)
    found = _same_parent(actor, person)
    if found is None:
        found = services.register_person(actor, school_id=profile.school_id, person=person).pk
    return link_guardian(
        actor, child_id=child_id, guardian_id=found, relation=relation, occupation=occupation
    )


@transaction.atomic
def end_guardian(actor: Actor, *, child_id: UUID, link_id: UUID, on: dt.date) -> Guardianship:
    """Somebody is no longer guardian from a day on; the row stays (thôi giám hộ)."""
    profile = _profile(actor, child_id)
    rows = Guardianship.objects.select_for_update(of=("self",)).filter(in_force(actor.today), child=child_id)
    link: Guardianship | None = rows.filter(pk=link_id).first()
    if link is None:
        raise NotFound("KIT-001")
    before, link.valid_to = link.valid_to, max(on, link.valid_from)
    link.save(update_fields=["valid_to"])
    audit.record(
        actor, "people.guardian.ended", subject=link, unit=profile.school_id,
        before={"valid_to": str(before or "")}, after={"valid_to": link.valid_to.isoformat()},
    )
    outbox.announce(actor, PeopleChanged(profile.school_id, (child_id,)), unit=profile.school_id)
    return link


def _profile(actor: Actor, child_id: UUID) -> PupilProfile:
    """The register entry of a child, locked; strangers learn nothing."""
    key = PupilProfile.objects.filter(person=child_id).values_list("pk", flat=True).first()
    profile: PupilProfile = permissions.load(
        actor, PupilProfile.objects.select_related("person"), key or child_id,
        see=policy.SEE_PUPIL, do=policy.CHANGE_PUPIL, lock=True,
    )
    return profile


def _nameable(actor: Actor) -> QuerySet[Person]:
    if actor.kind is ActorKind.SYSTEM:
        return Person.objects.all()
    placeless = Q(pupil__isnull=True, employments__isnull=True, wards__isnull=True)
    return Person.objects.filter(placeless | permissions.rows_for(actor, policy.SEE_PERSON))


def _same_parent(actor: Actor, person: NewPerson) -> UUID | None:
    name, phone = nfc(person.full_name), nfc(person.phone)
    if not phone:
        return None
    rows = permissions.visible(actor, policy.SEE_PERSON, Person.objects.filter(full_name=name, phone=phone))
    return rows.order_by("id").values_list("pk", flat=True).first()
