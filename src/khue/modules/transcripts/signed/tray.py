"""What waits for a person in the transcripts of a year, in grouped queries (việc chờ ký học bạ).

Everything here is reading: a page shows it, the acts ask again when something is signed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from khue.kit import permissions
from khue.modules.gradebook import api as gradebook
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import content, policy, traits, wording
from khue.modules.transcripts.lines import NOT_ASSESSED, YEAR
from khue.modules.transcripts.models import PageState, TranscriptPage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor

MOST_CLASSES = 60
MOST_UNUSUAL = 150  # pupils that a digest names one by one


@dataclass(slots=True)
class SubjectLine:
    """A subject of a class on a teacher's tray."""

    school_class: schooling.SchoolClass
    section: str
    name: str
    pages: int = 0
    ready: list[UUID] = field(default_factory=list)
    signed: int = 0
    uncommented: int = 0
    held: int = 0

    @property
    def key(self) -> str:
        """What a form sends of it."""
        return f"{self.school_class.id}/{self.section}"


@dataclass(slots=True)
class ClassLine:
    """A class in a list: how many pages stand where."""

    school_class: schooling.SchoolClass
    pupils: int = 0
    states: dict[str, int] = field(default_factory=dict)
    ready: list[UUID] = field(default_factory=list)  # of a homeroom teacher
    uncommented: int = 0
    unusual: list[UnusualPage] = field(default_factory=list)
    sealed: bool = True  # whether the principal has locked the year in the gradebook
    may_generate: bool = False

    @property
    def frozen(self) -> int:
        """Pages that were made."""
        return sum(count for state, count in self.states.items() if state != PageState.DRAFT)

    @property
    def incomplete(self) -> int:
        """Pupils without a page, because something is missing or nobody has made it."""
        return max(0, self.pupils - self.frozen)

    @property
    def waits_for_principal(self) -> int:
        """Pages that a principal may sign now."""
        return self.states.get(PageState.HOMEROOM, 0)

    @property
    def signing(self) -> int:
        """Pages that teachers have not finished."""
        return self.states.get(PageState.GENERATED, 0) + self.states.get(PageState.SIGNING, 0)

    @property
    def waits_for_teachers(self) -> int:
        """Pages on which a subject is not signed yet, in the eyes of a homeroom teacher."""
        return max(0, self.signing - len(self.ready) - self.uncommented)

    @property
    def done(self) -> int:
        """Pages that the principal has signed."""
        return self.states.get(PageState.APPROVED, 0) + self.states.get(PageState.ISSUED, 0)


@dataclass(frozen=True, slots=True)
class UnusualPage:
    """A page at which a principal looks first: why, and whether it was issued before."""

    page_id: UUID
    name: str
    why: tuple[str, ...]
    version: int

    @property
    def changed(self) -> bool:
        """Whether an earlier version was frozen."""
        return self.version > 1


def unfinished_years(actor: Actor) -> list[tuple[str, int]]:
    """Years that are over of which transcripts still wait for a signature, the last first, with how many."""
    current = schooling.current_year(actor.today)
    if current is None:
        return []
    begun = TranscriptPage.objects.exclude(state__in=(PageState.DRAFT, PageState.ISSUED)).filter(
        school_class__year__starts_on__lt=current.starts_on
    )
    mine = [permissions.visible(actor, do, begun) for do in (policy.RENEW, policy.SIGN_YEAR)]
    rows = reduce(or_, mine, permissions.visible(actor, policy.SIGN_SUBJECT, begun))
    counted = rows.order_by().values_list("school_class__year__code")
    return sorted(counted.annotate(count=Count("id", distinct=True)), reverse=True)


def teacher_tray(actor: Actor, year: schooling.SchoolYear) -> list[SubjectLine]:
    """The subjects that the actor teaches, class by class: how many are ready, signed, or lack a comment."""
    if actor.person_id is None:
        return []
    taught = schooling.ClassSubject.objects.filter(
        pk__in=schooling.taught_class_subject_ids(actor.person_id, actor.today), school_class__year=year
    )
    subjects = list(
        taught.select_related("subject", "school_class").order_by(
            "school_class__grade", "school_class__sort_key", "position"
        )
    )
    by_class = _frozen_by_class({one.school_class_id for one in subjects})
    ids = [page["id"] for pages in by_class.values() for page in pages]
    signed = records.given_sections(ids, content.KINDS)
    found = []
    for subject in subjects:
        section = content.section_key(subject.position, subject.subject.code)
        line = SubjectLine(subject.school_class, section, subject.subject.name)
        for page in by_class.get(subject.school_class_id, ()):
            given = signed.get(page["id"], {}).get(section)
            _count(line, page, signed=given is not None and (given.whole or actor.person_id in given.people))
        found.append(line)
    return found


def _frozen_by_class(class_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    rows = TranscriptPage.objects.filter(school_class__in=list(class_ids), version__gt=0)
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    values = ("id", "school_class_id", "held", "state", "content", "sources")
    for row in rows.order_by("position", "id").values(*values):
        found[row["school_class_id"]].append(row)
    return found


def _count(line: SubjectLine, page: Mapping[str, Any], *, signed: bool) -> None:
    if line.school_class.level == "TH":  # she comments; the homeroom teacher signs
        line.pages += 1
        line.uncommented += _lacks_comment(page["content"], line.section)
        return
    if line.section not in page["sources"]:
        return  # the pupil does not learn it
    line.pages += 1
    if signed:
        line.signed += 1
    elif page["held"] or page["state"] == PageState.RECALLED:
        line.held += 1
    elif _lacks_comment(page["content"], line.section):
        line.uncommented += 1
    else:
        line.ready.append(page["id"])


def _lacks_comment(kept: Mapping[str, Any], section: str) -> bool:
    for one in kept["subjects"]:
        if content.section_key(one["position"], one["code"]) == section:
            return not one["comment"] and one["mode"] != NOT_ASSESSED
    return False


def homeroom_tray(actor: Actor, year: schooling.SchoolYear) -> list[ClassLine]:
    """The classes that the actor leads: how many pages every teacher has signed, so that she may."""
    if actor.person_id is None:
        return []
    led = schooling.homeroom_class_ids(actor.person_id, actor.today)
    classes = list(_classes(year).filter(pk__in=led))
    lines = _with_states(classes)
    by_class = _frozen_by_class(line.school_class.id for line in lines)
    ids = [page["id"] for pages in by_class.values() for page in pages]
    signed = records.given_sections(ids, content.KINDS)
    for line in lines:
        for page in by_class.get(line.school_class.id, ()):
            given = {name for name, one in signed.get(page["id"], {}).items() if one.whole}
            if page["held"] or content.YEAR in given or not set(page["sources"]) <= given:
                continue
            kept = page["content"]
            if kept["comment"] and not traits.uncommented(traits.read(kept["traits"]), kept["regime"]):
                line.ready.append(page["id"])
            else:
                line.uncommented += 1
    return lines


def principal_digest(actor: Actor, year: schooling.SchoolYear) -> list[ClassLine]:
    """Every class whose transcripts the actor approves: numbers, and pages to look at first."""
    classes = permissions.visible(actor, policy.APPROVE_CLASS, _classes(year))
    lines = _with_states(list(classes[:MOST_CLASSES]))
    by_class = {line.school_class.id: line for line in lines}
    waiting = TranscriptPage.objects.filter(
        school_class__in=list(by_class), state=PageState.HOMEROOM, held=""
    ).order_by("school_class", "position")
    rows = waiting.exclude(unusual=[], version=1)
    values = ("id", "school_class_id", "name", "unusual", "version")
    for key, school_class, name, unusual, version in rows.values_list(*values)[:MOST_UNUSUAL]:
        why = tuple(wording.UNUSUAL[code] for code in unusual if code in wording.UNUSUAL)
        by_class[school_class].unusual.append(UnusualPage(key, name, why, version))
    return lines


def waiting_pages(
    actor: Actor, class_ids: Iterable[UUID], held_back: Iterable[UUID]
) -> QuerySet[TranscriptPage]:
    """The pages that a principal signs now, of the chosen classes without those that she holds back."""
    rows = permissions.visible(actor, policy.APPROVE, TranscriptPage.objects.all())
    chosen = rows.filter(school_class__in=list(class_ids), state=PageState.HOMEROOM, held="")
    return (
        chosen.exclude(pk__in=list(held_back))
        .order_by("school_class", "position")
        .only("id", "part", "school_id")
    )


def office_lines(actor: Actor, year: schooling.SchoolYear) -> list[ClassLine]:
    """Every class whose transcripts the actor prepares or reads, with what stands where."""
    classes = list(permissions.visible(actor, policy.SEE_CLASS, _classes(year))[:MOST_CLASSES])
    lines = _with_states(classes)
    states = gradebook.class_states(line.school_class.id for line in lines)
    for line in lines:
        whole = states.get((line.school_class.id, YEAR))
        line.sealed = whole is not None and whole.state == "sealed"
        line.may_generate = line.sealed and permissions.can(actor, policy.GENERATE, line.school_class)
    return lines


def _classes(year: schooling.SchoolYear) -> QuerySet[schooling.SchoolClass]:
    rows = schooling.SchoolClass.objects.filter(year=year).select_related("school", "year")
    return rows.order_by("school__search_key", "grade", "sort_key", "id")


def _with_states(classes: list[schooling.SchoolClass]) -> list[ClassLine]:
    ids = [row.id for row in classes]
    sizes = schooling.class_sizes(ids)
    counted = (
        TranscriptPage.objects.filter(school_class__in=ids)
        .order_by()
        .values_list("school_class_id", "state")
        .annotate(count=Count("id"))
    )
    states: dict[UUID, dict[str, int]] = defaultdict(dict)
    for school_class, state, count in counted:
        states[school_class][state] = count
    return [ClassLine(row, sizes[row.id], states[row.id]) for row in classes]
