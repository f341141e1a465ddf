"""«Lập học bạ»: the pages of a class are frozen, and frozen anew when the gradebook changed (lập bản mới).

A page that nobody has signed is simply written again. Where somebody signed, the record gets a version in
which the sections that did not change keep their signatures; an issued file stays as it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import transaction

from khue.core.errors import Invalid, Refused
from khue.core.ids import uuid7
from khue.kit import audit, outbox, permissions, rows
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import content, policy, wording
from khue.modules.transcripts.compose import Composed, compose_class, last_day, pack, part_of, unpack
from khue.modules.transcripts.events import PageChanged, PagesGenerated
from khue.modules.transcripts.models import PageState, Transcript, TranscriptPage
from khue.modules.transcripts.services.keeping import open_transcripts
from khue.modules.transcripts.signed.document import spec_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.transcripts.data import YearPage

REASON_LENGTH = 10
BY_ITSELF = "Sổ theo dõi và đánh giá đã thay đổi."
LOST = frozenset({PageState.HOMEROOM, PageState.APPROVED, PageState.ISSUED})  # the year is signed
WRITTEN = (
    "state", "version", "content", "sources", "digest", "results", "frozen_at", "held", "unusual", "name",
    "position", "school_class_id", "school_id",
)  # fmt: skip


FROZEN_AGAIN = ("content", "digest", "frozen_at")  # a comment that came before its signature


@dataclass(frozen=True, slots=True)
class Generated:
    """What «Lập học bạ» did: pages frozen now, frozen anew, left as they are, and who waits for what."""

    new: tuple[TranscriptPage, ...]
    changed: tuple[TranscriptPage, ...]
    same: int
    waiting: tuple[Composed, ...]


@transaction.atomic
def generate(actor: Actor, *, school_class_id: UUID) -> Generated:
    """Freeze the page of every pupil of a class who is ready; running it again adds what became ready."""
    school_class = load_class(actor, school_class_id, policy.GENERATE)
    open_pages(actor, school_class)
    composed = compose_class(school_class.id, actor.today, actor.now)
    if not any(not one.waits for one in composed):
        _nobody_is_ready(composed)
    return _freeze(actor, school_class, composed, BY_ITSELF, "")


def freeze_again(actor: Actor, school_class: schooling.SchoolClass, pupil_ids: Sequence[UUID] | None) -> int:
    """After a change of the gradebook: the pages that were frozen already are composed anew."""
    frozen = TranscriptPage.objects.filter(school_class=school_class, version__gt=0)
    if pupil_ids is not None:
        frozen = frozen.filter(person__in=pupil_ids)
    ids = list(frozen.values_list("person_id", flat=True))
    if not ids:
        return 0
    composed = compose_class(school_class.id, actor.today, actor.now, pupil_ids=ids)
    return len(_freeze(actor, school_class, composed, BY_ITSELF, "").changed)


@transaction.atomic
def renew(actor: Actor, *, page_id: UUID, reason: str, decision: str) -> TranscriptPage:
    """A new version of a page whose facts were put right, by decision (lập bản mới của học bạ).

    What was entered elsewhere (a name, an address, an award) is taken from there; after a recall the page
    is signed again as a whole, whether or not something changed.
    """
    page = load_page(actor, page_id, do=policy.RENEW)
    reason, decision = reason.strip(), decision.strip()
    if len(reason) < REASON_LENGTH or not decision:
        raise Invalid("TRANS-014", field="reason", length=REASON_LENGTH)
    composed = compose_class(page.school_class_id, actor.today, actor.now, pupil_ids=[page.person_id])
    ready = [one for one in composed if not one.waits and one.page is not None]
    if not ready or page.version == 0:
        _nobody_is_ready(composed)
    if page.state == PageState.RECALLED:
        _write(page, ready[0], actor.now)
        page.state = PageState.GENERATED
        save([page])
        _changed(actor, [page], reason)
        return page
    done = _freeze(actor, page.school_class, ready, reason, decision)
    if not done.changed:
        raise Refused("TRANS-015", name=page.name)
    return done.changed[0]


def load_class(actor: Actor, key: UUID, do: str) -> schooling.SchoolClass:
    """A class in the actor's scope, locked against others who prepare its transcripts."""
    classes = schooling.SchoolClass.objects.select_related("school", "year")
    found = permissions.load(actor, classes, key, see=do)
    schooling.SchoolClass.objects.select_for_update(of=("self",), no_key=True).filter(pk=key).values_list(
        "pk"
    ).get()
    return found


def load_page(actor: Actor, key: UUID, *, do: str = "") -> TranscriptPage:
    """A page in the actor's scope, locked."""
    pages = TranscriptPage.objects.select_related("school_class__year", "school_class__school", "transcript")
    return permissions.load(actor, pages, key, see=policy.SEE_PAGE, do=do, lock=True)


def open_pages(actor: Actor, school_class: schooling.SchoolClass) -> dict[UUID, TranscriptPage]:
    """The pages of everybody who is in the class at the end of its year; drafts are made where none is.

    A draft that was begun in an earlier class of the year comes along. The caller holds the class.
    """
    last = last_day(school_class)
    roster = [row for row in schooling.roster(school_class.id) if not row.left_by(last)]
    ids = [row.pupil_id for row in roster]
    transcripts = open_transcripts(
        actor, school_id=school_class.school_id, level=school_class.level, person_ids=ids
    )
    pages = {
        row.person_id: row for row in TranscriptPage.objects.filter(year=school_class.year_id, person__in=ids)
    }
    new, moved = [], []
    for number, row in enumerate(roster, 1):
        page = pages.get(row.pupil_id)
        if page is None:
            new.append(_draft(school_class, transcripts[row.pupil_id], row, number))
        elif page.state == PageState.DRAFT and page.school_class_id != school_class.id:
            page.school_class_id, page.school_id, page.position = (
                school_class.id,
                school_class.school_id,
                number,
            )
            moved.append(page)
    TranscriptPage.objects.bulk_create(new)
    save(moved)
    return pages | {page.person_id: page for page in new}


def _draft(
    school_class: schooling.SchoolClass, transcript: Transcript, row: schooling.RosterRow, number: int
) -> TranscriptPage:
    return TranscriptPage(
        id=uuid7(), transcript=transcript, person_id=row.pupil_id, school_id=school_class.school_id,
        school_class=school_class, year_id=school_class.year_id, part=part_of(school_class.year),
        name=row.name, position=number,
    )  # fmt: skip


def _freeze(
    actor: Actor, school_class: schooling.SchoolClass, composed: Sequence[Composed], reason: str,
    decision: str,
) -> Generated:  # fmt: skip
    keys = [one.pupil_id for one in composed]
    locked = TranscriptPage.objects.select_for_update(of=("self",)).filter(
        school_class=school_class, person__in=keys
    )
    pages = {row.person_id: row for row in locked.order_by("id")}
    new: list[TranscriptPage] = []
    changed: list[TranscriptPage] = []
    touched: list[TranscriptPage] = []
    waiting = tuple(one for one in composed if one.waits)
    for one in composed:
        page = pages.get(one.pupil_id)
        if page is None or one.waits or one.page is None:
            continue
        page.school_class = school_class
        if page.version == 0:
            _write(page, one, actor.now)
            page.state = PageState.GENERATED
            new.append(page)
        elif _rewrite(actor, page, one, reason, decision):
            changed.append(page)
        else:
            touched.append(page)
    save([*new, *changed, *touched])
    _told(actor, school_class, new)
    _changed(actor, changed, reason)
    return Generated(tuple(new), tuple(changed), len(touched), waiting)


def _rewrite(actor: Actor, page: TranscriptPage, one: Composed, reason: str, decision: str) -> bool:
    """Freeze a frozen page anew where it reads otherwise; signatures that still hold are kept."""
    assert one.page is not None  # noqa: S101 - the caller looked
    before = unpack(page.content or {})
    if not decision and page.state != PageState.GENERATED:
        one = replace(one, page=_as_signed(before, one.page))
    assert one.page is not None  # noqa: S101 - for the types
    sections, head = content.changed_between(before, one.page)
    page.results, page.held = one.results, ""
    if not sections and not head:
        return False
    must = _must_supersede(page, one.page, sections, actor.now, head=head)
    _write(page, one, actor.now)
    if must:
        document = records.supersede(
            actor, spec_of(page, one.page, actor.now), changed=sections, reason=reason, authority=decision
        )
        page.state = PageState.SIGNING if document and document.state == "partial" else PageState.GENERATED
    return True


def _as_signed(before: YearPage, now: YearPage) -> YearPage:
    """What comes from elsewhere stays as people signed it, until somebody decides about a new version."""
    return replace(
        now, identity=before.identity, place=before.place, register_number=before.register_number,
        earlier=before.earlier, class_name=before.class_name,
    )  # fmt: skip


def _must_supersede(
    page: TranscriptPage, value: YearPage, sections: Iterable[str], now: dt.datetime, *, head: bool
) -> bool:
    """Whether something that changed is in a record already; after a recall somebody decides first."""
    if page.state == PageState.RECALLED:
        return False
    if page.state in LOST:
        return True
    spec = spec_of(page, value, now)
    if head:
        return records.document_of(spec.kind, spec.subject, spec.part) is not None
    return page.state == PageState.SIGNING and any(
        records.frozen_section(spec, section) is not None for section in sections
    )


def _write(page: TranscriptPage, one: Composed, now: dt.datetime) -> None:
    assert one.page is not None  # noqa: S101 - the caller looked
    keep(page, one.page, now)
    page.sources, page.results, page.held = dict(one.sources), one.results, ""
    page.unusual, page.name, page.position = list(one.unusual), one.name, one.position
    page.version += 1


def keep(page: TranscriptPage, value: YearPage, now: dt.datetime) -> None:
    """Put frozen content on a page, with its digest."""
    page.content = pack(value)
    page.digest = digest_of(page.content)
    page.frozen_at = now


def digest_of(kept: Mapping[str, object]) -> str:
    """SHA-256 of frozen content."""
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def save(pages: Iterable[TranscriptPage], columns: Sequence[str] = WRITTEN) -> None:
    """Write these columns of many pages in one statement."""
    rows.insert(list(pages), unique=("id",), update=columns)


def _told(actor: Actor, school_class: schooling.SchoolClass, pages: Sequence[TranscriptPage]) -> None:
    if not pages:
        return
    audit.record(
        actor, "transcripts.class.generated", subject=school_class, unit=school_class.school_id,
        after={"pages": len(pages)},
    )  # fmt: skip
    event = PagesGenerated(school_class.id, tuple(page.id for page in pages))
    outbox.announce(actor, event, unit=school_class.school_id)


def _changed(actor: Actor, pages: Sequence[TranscriptPage], reason: str) -> None:
    for page in pages:
        audit.record(
            actor, "transcripts.page.changed", subject=page, unit=page.school_id, reason=reason,
            after={"version": page.version, "digest": page.digest},
        )  # fmt: skip
        event = PageChanged(page.id, page.person_id, page.version, reason)
        outbox.announce(actor, event, unit=page.school_id)


def _nobody_is_ready(composed: Sequence[Composed]) -> None:
    waits = list(dict.fromkeys(one.waits for one in composed if one.waits))
    if "year" in waits or not waits:
        raise Refused("TRANS-019")
    raise Refused("TRANS-009", why=", ".join(wording.WAITS[code] for code in waits))
