"""The signatures of a transcript: subject teachers, homeroom teacher, principal (ký học bạ).

Each act is asked when a person looks and again when the key has answered (see `records.acts`). A batch
holds hundreds of them, so each asks for the page, for what it was made from, and for its record alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop as _

from khue.core.errors import Conflict, Refused
from khue.kit import permissions
from khue.kit.prepared import Prepared
from khue.modules.access import api as access
from khue.modules.gradebook import api as gradebook
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import content, policy, traits
from khue.modules.transcripts.compose import unpack, versions_text
from khue.modules.transcripts.data import Named
from khue.modules.transcripts.lines import NOT_ASSESSED
from khue.modules.transcripts.models import PageState, TranscriptPage
from khue.modules.transcripts.signed.document import spec_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.transcripts.data import SubjectLine, YearPage

SUBJECT, YEAR, APPROVE = "transcripts.subject", "transcripts.year", "transcripts.approve"
DONE = frozenset({PageState.ISSUED, PageState.APPROVED})


class SubjectAct:
    """A subject teacher signs her subject of one pupil (GVBM ký); `options["section"]` says which."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> records.Wanted:
        """The subject as it would be signed now."""
        page, value = _load(actor, subject, policy.SIGN_SUBJECT)
        section = str(options.get("section", ""))
        line = next((one for one in value.subjects if content.section_id(one) == section), None)
        if line is None or section not in page.sources:
            raise Refused("TRANS-002")
        spec = spec_of(page, value, actor.now)
        signers = _signers_of(actor, page, spec, section)
        number = next((n for n, (person, _) in enumerate(signers, 1) if person == actor.person_id), 0)
        if not number:
            raise Refused("TRANS-003", subject=line.name)
        if not line.comment and line.mode != NOT_ASSESSED:
            raise Refused("TRANS-020", name=page.name, subject=line.name)
        if not records.needs(spec, section, "teacher", number):
            raise Refused("TRANS-004")
        named = [one for _, one in signers]
        new = records.NewSection(
            section, "subject", line.position, page.id,
            lambda record: content.subject_text(value, line, record, named),
        )  # fmt: skip
        return records.Wanted(
            spec, records.SlotRef("teacher", section, number), _title(line, value), new,
            facts={"page": page},
        )  # fmt: skip

    def done(self, actor: Actor, wanted: records.Wanted, signature: records.SignatureRef) -> None:
        """The page is being signed."""
        _move(wanted, PageState.SIGNING)


class YearAct:
    """The homeroom teacher signs the year, after every subject teacher (GVCN ký)."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> records.Wanted:
        """The year as it would be signed now."""
        page, value = _load(actor, subject, policy.SIGN_YEAR)
        if not value.comment:
            raise Refused("TRANS-020", name=page.name, subject="")
        if bare := traits.uncommented(value.traits, value.regime):
            named = ", ".join(traits.SECTION_NAMES[section] for section in bare)
            raise Refused("TRANS-020", name=page.name, subject=named)
        spec = spec_of(page, value, actor.now)
        if not records.needs(spec, content.YEAR, "homeroom", 1):
            raise Refused("TRANS-004")
        _all_subjects_signed(spec, page, value)
        signer = _one(actor)
        new = records.NewSection(
            content.YEAR, content.YEAR, content.YEAR_POSITION, page.id,
            lambda record: content.year_text(value, record, signer),
        )  # fmt: skip
        return records.Wanted(
            spec, records.SlotRef("homeroom", content.YEAR, 1), content.title_of(value), new,
            facts={"page": page},
        )  # fmt: skip

    def done(self, actor: Actor, wanted: records.Wanted, signature: records.SignatureRef) -> None:
        """The page waits for the principal."""
        _move(wanted, PageState.HOMEROOM)


class ApproveAct:
    """The principal, or a deputy with a mandate, signs the whole page (CBQL ký duyệt).

    In the last grade of primary school and THCS this signature confirms that the programme is completed.
    """

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> records.Wanted:
        """The page as it would be signed now; the record says whether the homeroom teacher has signed."""
        page, value = _load(actor, subject, policy.APPROVE)
        if page.state in DONE:
            raise Refused("TRANS-004")
        spec = spec_of(page, value, actor.now)
        return records.Wanted(
            spec, records.SlotRef("principal"), content.title_of(value),
            capacity=access.capacity_of(actor, page.school_id), facts={"page": page},
        )  # fmt: skip

    def done(self, actor: Actor, wanted: records.Wanted, signature: records.SignatureRef) -> None:
        """The page waits for the school's seal."""
        _move(wanted, PageState.APPROVED)


def register() -> None:
    """Declare the acts; called once at start-up."""
    home = records.ActHome("transcripts:home", _("Học bạ"))
    records.register_act(SUBJECT, SubjectAct(), home)
    records.register_act(YEAR, YearAct(), home)
    records.register_act(APPROVE, ApproveAct(), home)


def _load(actor: Actor, key: UUID, do: str) -> tuple[TranscriptPage, YearPage]:
    """A frozen page in the actor's scope, locked; refused where the gradebook says something else now."""
    page = permissions.opened(actor, _page.first(key=key), see=_see(do), do=do)
    if page.version == 0 or page.content is None or page.state == PageState.RECALLED:
        raise Refused("TRANS-001")
    if page.held:
        raise Refused("TRANS-007", name=page.name)
    if versions_text(gradebook.kept_versions(page.school_class_id, page.person_id)) != page.results:
        raise Refused("TRANS-006", name=page.name)
    return page, unpack(page.content)


# Asked hundreds of times in one act (kit/prepared.py).
_page: Prepared[TranscriptPage] = Prepared(
    lambda key: TranscriptPage.objects.filter(pk=key).select_for_update(of=("self",)), grows=True
)


def _see(do: str) -> str:
    """What somebody must see to be told that she may not sign: a subject teacher sees only her subjects."""
    return do if do == policy.SIGN_SUBJECT else policy.SEE_PAGE


def _signers_of(
    actor: Actor, page: TranscriptPage, spec: records.DocumentSpec, section: str
) -> Sequence[tuple[UUID, Named]]:
    """Who must sign a subject: as its frozen section says, else the teachers of today (GV cùng dạy).

    Where a frozen section waits for somebody who does not teach the subject any more, it is given up, and
    the teachers of today sign a new one.
    """
    taught = schooling.teachers_of(page.school_class_id, actor.today)
    teachers = next((found for key, found in taught.items() if str(key) == page.sources[section]), [])
    numbers = records.identifiers_of([person for person, _ in teachers], actor.now)
    today = [(person, Named(name, numbers.get(person, ""))) for person, name in teachers]
    frozen = records.frozen_section(spec, section)
    if frozen is None:
        return today
    people = [_person_of(named, today) for named in frozen.signers]
    waiting = [n for n, person in enumerate(people, 1) if records.needs(spec, section, "teacher", n)]
    if any(people[number - 1] is None for number in waiting):
        records.supersede(
            actor, spec, changed={section}, reason="Người phải ký không còn dạy môn này.",
            authority=f"Phân công đến ngày {actor.today:%d/%m/%Y}",
        )  # fmt: skip
        return today
    return [(person or page.id, Named(*named)) for person, named in zip(people, frozen.signers, strict=True)]


def _person_of(named: tuple[str, str], today: Sequence[tuple[UUID, Named]]) -> UUID | None:
    name, identifier = named
    for person, known in today:
        if name == known.name and identifier in {"", known.identifier}:
            return person
    return None


def _all_subjects_signed(spec: records.DocumentSpec, page: TranscriptPage, value: YearPage) -> None:
    """Every subject carries all its signatures before the homeroom teacher signs (secondary)."""
    signed = records.complete_sections(spec) if page.sources else set()
    open_ = [line.name for line in value.subjects if content.section_id(line) in set(page.sources) - signed]
    if open_:
        raise Refused("TRANS-005", name=page.name, subjects=", ".join(open_))


def _one(actor: Actor) -> Named:
    if actor.person_id is None:
        raise Refused("TRANS-001")
    return Named(actor.name, records.identifiers_of([actor.person_id], actor.now).get(actor.person_id, ""))


def _title(line: SubjectLine, value: YearPage) -> str:
    return f"{line.name}, {value.identity.name}, lớp {value.class_name}"[:200]


def _move(wanted: records.Wanted, state: PageState) -> None:
    """The page goes on with its record; `check` holds the row."""
    page: TranscriptPage = wanted.facts["page"]
    moved = TranscriptPage.objects.filter(pk=page.id, digest=page.digest).exclude(state=state)
    if page.state != state and not moved.update(state=state):
        raise Conflict("REC-010")
