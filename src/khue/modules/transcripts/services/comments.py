"""Comments are taken or written, facts that the gradebook has no place for are entered (ghi nhận xét).

Before a section is signed its comment may change; it goes onto a page that is frozen already. What is
signed stays: a page whose facts change then gets a new version by decision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from khue.core.errors import Invalid, NotAllowed, Refused
from khue.core.ids import uuid7
from khue.core.names import nfc
from khue.kit import audit, rows
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import content, drafts, policy, traits
from khue.modules.transcripts.compose import Composed, compose_class, unpack
from khue.modules.transcripts.models import Comment, PageState, TranscriptPage
from khue.modules.transcripts.services.freezing import FROZEN_AGAIN, keep, load_class, open_pages, save
from khue.modules.transcripts.signed.document import spec_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.transcripts.data import YearPage

SHORTEST, LONGEST = 5, 1000
MOST_LINES, LONGEST_LINE = 10, 200
FREE = frozenset({PageState.DRAFT, PageState.GENERATED})
LISTS = ("awards", "contests", "certificates")
_MEASURE = re.compile(r"\d{1,3}(?:[.,]\d)?\Z")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is entered of a pupil for the transcript alone (thể chất, khen thưởng, chứng chỉ, cuộc thi)."""

    height: str = ""
    weight: str = ""
    awards: tuple[str, ...] = ()
    contests: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    summer_comment: str = ""


@transaction.atomic
def write_comments(actor: Actor, *, school_class_id: UUID, section: str, texts: Mapping[UUID, str]) -> int:
    """Write the comments of one section, pupil by pupil; what reads as before stays as it is."""
    school_class = load_class(actor, school_class_id, policy.COMMENT)
    _require_author(actor, school_class, [section])
    composed = compose_class(school_class.id, actor.today, actor.now)
    return _write(actor, school_class, composed, {section: dict(texts)})


@transaction.atomic
def accept_proposals(actor: Actor, *, school_class_id: UUID, sections: Sequence[str] = ()) -> int:
    """Take every proposal where nothing stands yet, in one act: of these sections, or of all one's own.

    What is signed is left as it is: a page of last week does not keep the others from their comments.
    """
    school_class = load_class(actor, school_class_id, policy.COMMENT)
    own = sections_of(actor, school_class)
    if sections:
        _require_author(actor, school_class, sections)
    composed = compose_class(school_class.id, actor.today, actor.now)
    chosen = sections or own
    banks = drafts.banks_of(actor, school_class, chosen)
    closed = closed_pupils(school_class, chosen, [one.pupil_id for one in composed])
    taken = {
        section: {
            one.pupil_id: one.proposal
            for one in drafts.drafts_in(composed, banks[section], section)
            if one.proposal and not one.text and one.pupil_id not in closed[section]
        }
        for section in chosen
    }
    return _write(actor, school_class, composed, taken)


def sections_of(actor: Actor, school_class: schooling.SchoolClass) -> list[str]:
    """The sections of a class whose comments the actor writes: subjects taught today, the year if she leads.

    In primary school the homeroom teacher writes those of subjects that nobody else teaches, and of the
    groups of traits.
    """
    taught = schooling.teachers_of(school_class.id, actor.today)
    leader = schooling.homeroom_of(school_class.id, actor.today)
    leads = leader is not None and leader.person_id == actor.person_id
    found = []
    for subject in schooling.subjects_of_class(school_class=school_class.id):
        people = [person for person, _ in taught.get(subject.id, [])]
        if actor.person_id in people or (leads and not people and school_class.level == "TH"):
            found.append(content.section_key(subject.position, subject.subject.code))
    if leads and school_class.level == "TH":
        found += traits.sections_of(school_class.regime)
    return [*found, content.YEAR] if leads else found


def closed_pupils(
    school_class: schooling.SchoolClass, sections: Sequence[str], pupil_ids: Sequence[UUID]
) -> dict[str, set[UUID]]:
    """Who of these pupils takes no comment in a section any more, because somebody has signed it."""
    pages = TranscriptPage.objects.filter(year=school_class.year_id, person__in=pupil_ids)
    pages = pages.exclude(state__in=FREE)
    rows = list(pages.values_list("id", "person_id", "state"))
    given = records.given_sections([key for key, *_ in rows], content.KINDS)
    return {
        section: {
            person for key, person, state in rows
            if state != PageState.SIGNING
            or content.holder_of(school_class.level, section) in given.get(key, {})
        }
        for section in sections
    }  # fmt: skip


@transaction.atomic
def write_facts(actor: Actor, *, school_class_id: UUID, facts: Mapping[UUID, Facts]) -> int:
    """Enter body measures, awards, contests, certificates and the summer's comment of some pupils."""
    school_class = load_class(actor, school_class_id, policy.ENTER_FACTS)
    clean = {key: _clean_facts(one) for key, one in facts.items()}
    pages = open_pages(actor, school_class)
    touched = [pages[key] for key, found in clean.items() if key in pages and pages[key].facts != found]
    for page in touched:
        if page.state not in FREE | {PageState.SIGNING}:
            raise Refused("TRANS-010")
        before, page.facts = page.facts, clean[page.person_id]
        audit.record(
            actor, "transcripts.facts.written", subject=page, unit=page.school_id, before=before,
            after=page.facts,
        )  # fmt: skip
        if page.content is not None:
            _with_facts(page, actor.now)
    save(touched, (*FROZEN_AGAIN, "facts"))
    return len(touched)


def _require_author(actor: Actor, school_class: schooling.SchoolClass, sections: Sequence[str]) -> None:
    allowed = set(sections_of(actor, school_class))
    if not set(sections) <= allowed:
        raise NotAllowed("KIT-002", action="Viết nhận xét vào học bạ")


def _write(
    actor: Actor, school_class: schooling.SchoolClass, composed: Sequence[Composed],
    texts: Mapping[str, Mapping[UUID, str]],
) -> int:  # fmt: skip
    pages = open_pages(actor, school_class)
    banks = drafts.banks_of(actor, school_class, texts)
    new: list[Comment] = []
    touched: dict[UUID, TranscriptPage] = {}
    for section, by_pupil in texts.items():
        known = {one.pupil_id: one for one in drafts.drafts_in(composed, banks[section], section)}
        for pupil, raw in by_pupil.items():
            page, draft, text = pages.get(pupil), known.get(pupil), _clean(raw)
            if page is None or draft is None or text == draft.text:
                continue
            _require_open(page, section, actor.now)
            new.append(_comment(actor, page, section, text, draft.proposal))
            if page.content is not None:
                _put(page, section, text, actor.now)
                touched[page.id] = page
    rows.insert(new, unique=("page_id", "section"), update=("text", "source", "author", "author_name", "at"))
    save(touched.values(), FROZEN_AGAIN)
    if new:
        audit.record(
            actor, "transcripts.comments.written", subject=school_class, unit=school_class.school_id,
            after={"sections": sorted(texts), "comments": len(new)},
        )  # fmt: skip
    return len(new)


def _comment(actor: Actor, page: TranscriptPage, section: str, text: str, proposal: str) -> Comment:
    return Comment(
        id=uuid7(), page=page, section=section, text=text, source=drafts.source_of(text, proposal),
        author=actor.person_id, author_name=actor.name, at=actor.now,
    )  # fmt: skip


def _require_open(page: TranscriptPage, section: str, now: dt.datetime) -> None:
    """Nobody has signed the section yet."""
    if page.state in FREE:
        return
    if page.state != PageState.SIGNING or page.content is None:
        raise Refused("TRANS-010")
    value = unpack(page.content)
    holder = content.holder_of(value.level, section)
    if records.frozen_section(spec_of(page, value, now), holder) is not None:
        raise Refused("TRANS-010")


def _put(page: TranscriptPage, section: str, text: str, now: dt.datetime) -> None:
    value = unpack(page.content or {})
    if section == content.YEAR:
        value = replace(value, comment=text)
    elif section in traits.SECTIONS:
        group = traits.SECTIONS[section]
        value = replace(value, traits=traits.with_comment(value.traits, group, text))
    else:
        lines = tuple(
            replace(line, comment=text) if content.section_id(line) == section else line
            for line in value.subjects
        )
        value = replace(value, subjects=lines)
    keep(page, value, now)


def _with_facts(page: TranscriptPage, now: dt.datetime) -> None:
    own: dict[str, Any] = page.facts
    value: YearPage = unpack(page.content or {})
    value = replace(
        value, height=own["height"], weight=own["weight"], awards=(*own["awards"], *own["contests"]),
        certificates=tuple(own["certificates"]), summer_comment=own["summer_comment"],
    )  # fmt: skip
    keep(page, value, now)


def _clean(raw: str) -> str:
    text = " ".join("".join(char if char >= " " else " " for char in nfc(raw)).split())
    if not SHORTEST <= len(text) <= LONGEST:
        raise Invalid("TRANS-011", field="text", least=SHORTEST, limit=LONGEST)
    return text


def _clean_facts(facts: Facts) -> dict[str, Any]:
    found: dict[str, Any] = {
        "height": _measure("Chiều cao", facts.height, "135"),
        "weight": _measure("Cân nặng", facts.weight, "32,5"),
        "summer_comment": _clean(facts.summer_comment) if facts.summer_comment.strip() else "",
    }
    for name in LISTS:
        lines = [" ".join(nfc(line).split()) for line in getattr(facts, name)]
        kept = [line for line in lines if line]
        if len(kept) > MOST_LINES or any(len(line) > LONGEST_LINE for line in kept):
            raise Invalid("TRANS-013", field=name, limit=MOST_LINES, length=LONGEST_LINE)
        found[name] = kept
    return found


def _measure(what: str, raw: str, example: str) -> str:
    """Centimetres or kilograms as they are written: «135», «32,5»."""
    text = raw.strip()
    if text and not _MEASURE.match(text):
        raise Invalid("TRANS-012", field="height", what=what, value=text[:20], example=example)
    return text.replace(",", ".")
