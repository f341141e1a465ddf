"""Reads of transfers."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop as _

from khue.core.errors import NotFound, Refused
from khue.core.names import fold
from khue.kit import permissions
from khue.modules.gradebook import api as gradebook
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transfers import content, packing, policy
from khue.modules.transfers.compose import gather
from khue.modules.transfers.data import Mark, SubjectTaken
from khue.modules.transfers.models import OPEN_STATES, Transfer, TransferState
from khue.modules.transfers.services.releasing import PART, document_file
from khue.modules.transfers.services.requesting import current_stay
from khue.modules.transfers.services.settling import brought
from khue.modules.transfers.wording import column_name, value_shown

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor
    from khue.modules.transfers.data import Parcel

HOMEROOM = _("Rèn luyện, ngày nghỉ")
SOON = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """The deadline that runs: of which step, until when, and whether it is near or over (thời hạn)."""

    step: str  # release, decision
    on: dt.date
    late: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer in a list, as one of its schools sees it."""

    transfer: Transfer
    due: Due | None
    mine: bool  # the next step is the reader's


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that the parcel and this installation say differently (chỗ khác nhau)."""

    name: str
    here: str
    there: str


def rows(actor: Actor) -> QuerySet[Transfer]:
    """The transfers that the actor may see."""
    found = Transfer.objects.select_related("from_school", "to_school", "from_class", "to_class")
    return permissions.visible(actor, policy.SEE, found)


def lists(actor: Actor, *, limit: int = 200) -> tuple[list[Line], list[Line]]:
    """What is open, the earliest deadline first, and what was decided last."""
    seen = rows(actor)
    open_rows = [_line(actor, one) for one in seen.filter(state__in=OPEN_STATES)[:limit]]
    open_rows.sort(key=lambda line: (not line.mine, line.due.on if line.due else dt.date.max))
    done = [_line(actor, one) for one in seen.exclude(state__in=OPEN_STATES)[:50]]
    return open_rows, done


def due_of(transfer: Transfer, day: dt.date) -> Due | None:
    """The deadline that runs on a day."""
    if transfer.state == TransferState.REQUESTED:
        step, on = "release", transfer.release_due
    elif transfer.state == TransferState.RELEASED and transfer.decision_due is not None:
        step, on = "decision", transfer.decision_due
    else:
        return None
    return Due(step, on, on < day, day <= on <= day + SOON)


def _line(actor: Actor, transfer: Transfer) -> Line:
    wanted = policy.RELEASE if transfer.state == TransferState.REQUESTED else policy.ACCEPT
    mine = transfer.state in OPEN_STATES and permissions.can(actor, wanted, transfer)
    return Line(transfer, due_of(transfer, actor.today), mine)


def parcel_file(actor: Actor, transfer_id: UUID, base: str) -> bytes:
    """The parcel as a file, for a school elsewhere; `XFER-012` before the school has sealed it.

    `base` is the address of this installation, for the code on the print inside.
    """
    transfer = permissions.load(
        actor, Transfer.objects.all(), transfer_id, see=policy.SEE, do=policy.HAND_OVER
    )
    record = document_file(transfer)
    if record is None:
        raise Refused("XFER-012")
    by_digest = {one.digest: one.content for one in transcripts.files_of_pupil(transfer.who)}
    parcel = content.read_parcel(record)
    files = [(one.name, by_digest[one.digest]) for one in parcel.files if one.digest in by_digest]
    document = records.Document.objects.get(kind=content.KIND, subject=transfer.id, state="issued")
    return packing.pack(record, files, paper=records.pdf_of(document, base))


def received(transfer: Transfer) -> Parcel | None:
    """What a parcel that came as a file says."""
    kept = getattr(transfer, "parcel", None)
    return None if kept is None else packing.unpack(bytes(kept.content)).parcel


def placed_in(transfer: Transfer, school_class_id: UUID) -> list[gradebook.Placed]:
    """Where the marks that come along would go in a class, before anybody decides (xem trước)."""
    parcel = received(transfer)
    if parcel is not None:
        pupil = transfer.pupil_id or transfer.id  # nobody yet: no cell can be written already
        return gradebook.place_results(school_class_id, pupil, brought(parcel))
    if transfer.from_class_id is None or transfer.pupil_id is None:
        return []
    marks = gradebook.pupil_results(transfer.from_class_id, transfer.pupil_id)
    return gradebook.place_results(school_class_id, transfer.pupil_id, marks)


def classes_for(actor: Actor, transfer: Transfer) -> list[schooling.SchoolClass]:
    """The classes of the receiving school in which the pupil can be placed today."""
    found = schooling.SchoolClass.objects.filter(
        school=transfer.to_school_id, grade=transfer.grade, level=transfer.level,
        year__starts_on__lte=actor.today, year__ends_on__gt=actor.today,
    )  # fmt: skip
    return list(found.select_related("year").order_by("sort_key", "id"))


def differences(transfer: Transfer) -> list[Difference]:
    """Where the parcel and what is known of the pupil here differ; none for who is new."""
    parcel = received(transfer)
    if parcel is None or transfer.pupil_id is None:
        return []
    today = transfer.requested_at.date()
    here = transcripts.pupils_facts([transfer.who], today, transfer.destination)[transfer.who].identity
    there = parcel.identity
    found = []
    for name, label in (
        ("name", "full_name"), ("born", "birth_date"), ("sex", "sex"), ("birth_place", "birth_place"),
        ("ethnic", "ethnic_code"), ("address", "current_address"),
    ):  # fmt: skip
        ours, theirs = getattr(here, name), getattr(there, name)
        if ours != theirs:
            found.append(Difference(people.field_label(label), ours, theirs))
    return found


def waiting(actor: Actor) -> int:
    """How many transfers wait for the actor's own step, for the menu and the first page."""
    open_rows, _ = lists(actor)
    return sum(line.mine for line in open_rows)


def document_of(transfer: Transfer) -> records.DocumentFact | None:
    """The signed parcel as a record with its own page, if there is one."""
    return records.documents_of([transfer.id], PART).get(transfer.id)


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil of one of the reader's schools (học sinh)."""

    person_id: UUID
    name: str
    born: str
    class_name: str
    school_id: UUID


@dataclass(frozen=True, slots=True)
class SubjectMarks:
    """A subject that a pupil takes along, with its marks (môn học và điểm)."""

    subject: SubjectTaken
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class that could take the pupil in, and how many it has."""

    school_class: schooling.SchoolClass
    size: int


def transfer_of(actor: Actor, transfer_id: UUID) -> Transfer:
    """One transfer in the reader's scope."""
    found = Transfer.objects.select_related(
        "from_school", "to_school", "from_class__year", "to_class", "parcel"
    )
    one: Transfer = permissions.load(actor, found, transfer_id, see=policy.SEE)
    return one


def schools_of(actor: Actor) -> list[orgs.Unit]:
    """The schools for which the actor writes requests down, ten at most: an office has one."""
    found = orgs.Unit.objects.filter(kind="school", valid_to__isnull=True).select_related("school")
    return list(permissions.visible(actor, policy.REQUEST, found)[:10])


def pupils_named(actor: Actor, wanted: str, limit: int) -> list[Pupil]:
    """Pupils of the actor's schools by a part of the name, marked or not."""
    schools = [one.pk for one in schools_of(actor)]
    found = people.PupilProfile.objects.filter(school__in=schools, person__search_key__contains=fold(wanted))
    found = permissions.visible(actor, people.SEE_PUPIL, found).select_related("person")
    profiles = list(found.order_by("person__sort_key", "id")[:limit])
    classes = _class_names([one.person_id for one in profiles], actor.today)
    return [_pupil(one, classes) for one in profiles]


def pupil_of(actor: Actor, person_id: UUID) -> Pupil:
    """A pupil of one of the actor's schools; strangers learn nothing."""
    schools = [one.pk for one in schools_of(actor)]
    found = people.PupilProfile.objects.filter(school__in=schools, person=person_id).select_related("person")
    profile = permissions.visible(actor, people.SEE_PUPIL, found).first()
    if profile is None:
        raise NotFound("KIT-001")
    return _pupil(profile, _class_names([person_id], actor.today))


def stay_of(pupil: Pupil, day: dt.date) -> schooling.ClassMembership | None:
    """The class that the pupil is in."""
    return current_stay(pupil.school_id, pupil.person_id, day)


def destinations(pupil: Pupil, day: dt.date) -> list[orgs.Unit]:
    """The other schools that teach the pupil's level; their names are public."""
    stay = stay_of(pupil, day)
    level = stay.school_class.level if stay else ""
    found = orgs.Unit.objects.filter(kind="school", valid_to__isnull=True).select_related("school")
    rows = found.exclude(pk=pupil.school_id).filter(school__levels__contains=level)
    return [one for one in rows.order_by("search_key", "id") if level in one.school.level_set()]


def class_lines(actor: Actor, transfer: Transfer) -> list[ClassLine]:
    """The classes that fit, with their sizes."""
    found = classes_for(actor, transfer)
    sizes = schooling.class_sizes(one.id for one in found)
    return [ClassLine(one, sizes.get(one.id, 0)) for one in found]


def brings(actor: Actor, transfer: Transfer) -> Parcel | None:
    """What comes along: from the parcel that came or was signed; before that, as it stands now."""
    parcel = received(transfer)
    if parcel is not None:
        return parcel
    record = document_file(transfer)
    if record is not None:
        return content.read_parcel(record)
    at_home = transfer.pupil_id is not None and transfer.from_school_id is not None
    own = at_home and permissions.can(actor, policy.RELEASE, transfer)
    released = transfer.state == TransferState.RELEASED
    if at_home and (own or released) and transfer.state in OPEN_STATES:
        return gather(actor, transfer).parcel
    return None


def by_subject(parcel: Parcel | None) -> list[SubjectMarks]:
    """The subjects of a parcel with their marks, then what the homeroom teacher keeps."""
    if parcel is None:
        return []
    marks: dict[str, list[Mark]] = defaultdict(list)
    for mark in parcel.marks:
        shown = replace(mark, column=column_name(mark.column), value=value_shown(mark.value))
        marks[mark.subject].append(shown)
    found = [SubjectMarks(one, tuple(marks[one.code])) for one in parcel.subjects]
    if marks[""]:
        found.append(SubjectMarks(SubjectTaken("", str(HOMEROOM), ""), tuple(marks[""])))
    return found


def findings(transfer: Transfer) -> list[list[object]]:
    """What verification said of the files of a parcel that came."""
    kept = getattr(transfer, "parcel", None)
    return [] if kept is None else kept.findings


def without_place(transfer: Transfer, classes: list[ClassLine]) -> list[gradebook.Placed]:
    """Marks that find no place in the first class that fits: classes of a grade mostly learn the same."""
    if not classes:
        return []
    return [one for one in placed_in(transfer, classes[0].school_class.id) if one.why_not]


def _pupil(profile: people.PupilProfile, classes: dict[UUID, str]) -> Pupil:
    person = profile.person
    return Pupil(
        person.pk, person.full_name, person.birth_shown, classes.get(person.pk, ""), profile.school_id
    )


def _class_names(person_ids: list[UUID], day: dt.date) -> dict[UUID, str]:
    stays = schooling.ClassMembership.objects.filter(
        pupil__in=person_ids, school_class__year__starts_on__lte=day
    )
    rows = stays.order_by("valid_from", "id").values_list("pupil_id", "school_class__name")
    return dict(rows)
