"""The closing acts that are made by signing: a sheet, a class, the principal's approval (ký chốt sổ).

Each act is asked when a person looks and again when the key has answered (see `records.acts`). What it
asks of the law is what the unsigned act asks; `services/closing.py` has the rules in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop as _

from khue.core.errors import NotFound, Refused
from khue.kit.words import said
from khue.modules.access import api as access
from khue.modules.gradebook import policy
from khue.modules.gradebook.book import load_book
from khue.modules.gradebook.digests import digest_in
from khue.modules.gradebook.models import Sheet, SheetState
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.services.entry import load_sheet
from khue.modules.gradebook.signed import content
from khue.modules.orgs import api as orgs
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.core.actor import Actor

SHEET, CLASS, SEAL = "gradebook.sheet", "gradebook.class", "gradebook.seal"


class SheetAct:
    """A subject teacher signs a sheet and so closes it (GVBM ký); co-teachers sign the same section."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> records.Wanted:
        """The sheet as it would be signed now."""
        sheet = load_sheet(actor, subject, do=policy.CLOSE_SHEET, lock=True)
        if sheet.class_subject is None:
            raise Refused("GRADE-050")
        book = load_book(sheet.school_class_id, terms=(sheet.term,), sheet_id=sheet.id)
        spec = spec_of(actor, book.school_class, sheet.term)
        signers = _signers_of(actor, sheet, spec)
        number = next((n for n, (person, _) in enumerate(signers, 1) if person == actor.person_id), 0)
        if not number:
            raise Refused("GRADE-051", sheet=said(closing.sheet_name(sheet)))
        digest = digest_in(book, sheet)
        accepted = ""
        if sheet.state == SheetState.OPEN:
            accepted = closing.require_complete(actor, book, sheet, str(options.get("accept_missing", "")))
        elif not records.needs(spec, content.section_id(sheet), "teacher", number):
            raise Refused("GRADE-021")
        section = records.NewSection(
            content.section_id(sheet),
            "sheet",
            sheet.class_subject.position,
            sheet.id,
            lambda record: content.sheet_text(book, sheet, record, [named for _, named in signers], digest),
        )
        return records.Wanted(
            spec, records.SlotRef("teacher", section.section_id, number),
            f"{closing.sheet_name(sheet)}, lớp {sheet.school_class.name}", section,
            facts={"sheet": sheet, "accepted": accepted, "digest": digest},
        )  # fmt: skip

    def done(self, actor: Actor, wanted: records.Wanted, signature: records.SignatureRef) -> None:
        """The sheet is closed by the signature."""
        facts = wanted.facts
        closing.sheet_signed(actor, facts["sheet"], facts["accepted"], signature, facts["digest"])


class ClassAct:
    """The homeroom teacher signs the class's summary and so closes its term or year (GVCN ký)."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> records.Wanted:
        """The summary as it would be signed now."""
        school_class = closing.load_class(actor, subject, policy.CLOSE_CLASS, part)
        spec = spec_of(actor, school_class, part)
        state = closing.class_state(school_class.id, part).state
        if state != "open" and not records.needs(spec, content.SUMMARY, "homeroom", 1):
            _once_more(actor, spec, school_class.id, part, state)
        mine, loaded = closing.require_class(actor, school_class, part, whole=True)
        _all_sheets_signed(spec, school_class, part)
        book = loaded or load_book(school_class.id)
        own = [sheet for sheet in book.sheets if sheet in mine]
        count = sum(sheet.correction_count for sheet in book.sheets if part in {sheet.term, closing.YEAR})
        name, identifier = _one(actor)
        section = records.NewSection(
            content.SUMMARY,
            "summary",
            content.SUMMARY_POSITION,
            school_class.id,
            lambda record: content.summary_text(book, part, record, (name, identifier), own, count),
        )
        return records.Wanted(
            spec, records.SlotRef("homeroom", content.SUMMARY, 1), _class_title(school_class, part), section,
            facts={"class": school_class, "term": part},
        )  # fmt: skip

    def done(self, actor: Actor, wanted: records.Wanted, signature: records.SignatureRef) -> None:
        """The class is closed by the signature, its own sheets included."""
        closing.class_signed(actor, wanted.facts["class"], wanted.facts["term"], signature)


class SealAct:
    """The principal signs the whole document and so approves and locks it (CBQL ký duyệt)."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> records.Wanted:
        """The class's document as it would be signed now."""
        school_class = closing.load_class(actor, subject, policy.SEAL_CLASS, part)
        spec = spec_of(actor, school_class, part)
        state = closing.class_state(school_class.id, part).state
        if state == "sealed" and not records.needs(spec, "", "principal", 1):
            raise Refused("GRADE-021")
        if state == "open":
            raise Refused("GRADE-024")
        closing.require_terms_before(school_class.id, part)
        _results_as_signed(spec, school_class.id, part, state)
        return records.Wanted(
            spec, records.SlotRef("principal"), _class_title(school_class, part),
            capacity=access.capacity_of(actor, school_class.school_id),
            facts={"class": school_class, "term": part},
        )  # fmt: skip

    def done(self, actor: Actor, wanted: records.Wanted, signature: records.SignatureRef) -> None:
        """The term or year is locked by the signature and its results are frozen."""
        closing.seal_signed(actor, wanted.facts["class"], wanted.facts["term"], signature)


def register() -> None:
    """Declare the acts; called once at start-up."""
    home = records.ActHome("gradebook:sign", _("Ký"))
    records.register_act(SHEET, SheetAct(), home)
    records.register_act(CLASS, ClassAct(), home)
    records.register_act(SEAL, SealAct(), home)


def spec_of(actor: Actor, school_class: schooling.SchoolClass, term: int) -> records.DocumentSpec:
    """The document of a class's term, year or summer."""
    school_id = school_class.school_id

    def head(version: int, replaces: str) -> str:
        places = {unit.kind: unit.name for unit in orgs.ancestors_of(school_id, actor.today)}
        return content.head_text(
            school_class, term, places=places, identifier=records.school_identifier(school_id, actor.now),
            version=version, replaces=replaces,
        )  # fmt: skip

    return records.DocumentSpec(
        content.kind_of(term), school_class.id, term, school_id, content.title_of(school_class, term), head
    )


def _signers_of(
    actor: Actor, sheet: Sheet, spec: records.DocumentSpec
) -> list[tuple[UUID, tuple[str, str]]]:
    """Who must sign a sheet: as its frozen section says, else the teachers of today (GV cùng dạy).

    Where a frozen section waits for somebody who does not teach the subject any more, it is given up:
    nobody could ever sign it. The teachers of today sign a new one.
    """
    subject, section = sheet.class_subject_id, content.section_id(sheet)
    teachers = schooling.teachers_of(sheet.school_class_id, actor.today).get(subject, []) if subject else []
    identifiers = records.identifiers_of([person for person, _ in teachers], actor.now)
    today = [(person, (name, identifiers.get(person, ""))) for person, name in teachers]
    frozen = records.frozen_section(spec, section)
    if frozen is None:
        return today
    people = [_person_of(named, today) for named in frozen.signers]
    waiting = [
        person for number, person in enumerate(people, 1) if records.needs(spec, section, "teacher", number)
    ]
    if None in waiting:
        records.supersede(
            actor, spec, changed={section}, reason="Người phải ký không còn dạy môn này.",
            authority=f"Phân công đến ngày {actor.today:%d/%m/%Y}",
        )  # fmt: skip
        return today
    # Who has signed and left stays in the list under nobody's name, so that the numbers stand.
    return [(person or sheet.id, named) for person, named in zip(people, frozen.signers, strict=True)]


def _person_of(named: tuple[str, str], today: list[tuple[UUID, tuple[str, str]]]) -> UUID | None:
    """The teacher of today whom a frozen section names; without a number there, the name decides."""
    name, identifier = named
    for person, (known_name, known_identifier) in today:
        if name == known_name and identifier in {"", known_identifier}:
            return person
    return None


def _one(actor: Actor) -> tuple[str, str]:
    if actor.person_id is None:
        raise NotFound("KIT-001")
    return actor.name, records.identifiers_of([actor.person_id], actor.now).get(actor.person_id, "")


def _all_sheets_signed(spec: records.DocumentSpec, school_class: schooling.SchoolClass, term: int) -> None:
    """Every subject sheet of the term carries all signatures before the homeroom teacher signs."""
    if term not in {1, 2, closing.SUMMER}:
        return
    signed = records.complete_sections(spec)
    rows = Sheet.objects.filter(school_class=school_class, term=term, class_subject__isnull=False)
    unsigned = [
        sheet for sheet in rows.select_related("class_subject__subject").order_by("class_subject__position")
        if content.section_id(sheet) not in signed
    ]  # fmt: skip
    if unsigned:
        raise Refused("GRADE-052", sheets=closing.names_of(unsigned))


def _results_as_signed(spec: records.DocumentSpec, school_class_id: UUID, term: int, state: str) -> None:
    """What the law concludes now must be what the homeroom teacher signed; else she looks again."""
    kept = records.frozen_section(spec, content.SUMMARY)
    if kept is None:
        raise Refused("GRADE-053")
    if not _is_as_signed(kept, school_class_id, term, state):
        raise Refused("GRADE-054")


def _is_as_signed(kept: records.FrozenSection, school_class_id: UUID, term: int, state: str) -> bool:
    if state == "sealed":
        return True  # the results that hold were kept when it was sealed or corrected
    book = load_book(school_class_id)
    own = [sheet for sheet in book.sheets if sheet.class_subject_id is None and sheet.term == term]
    count = sum(sheet.correction_count for sheet in book.sheets if term in {sheet.term, closing.YEAR})
    return content.summary_text(book, term, kept.record, kept.signers[0], own, count) == kept.text


def _once_more(
    actor: Actor, spec: records.DocumentSpec, school_class_id: UUID, term: int, state: str
) -> None:
    """The homeroom teacher signs again what reads otherwise now, in a version of its own; else refused."""
    kept = records.frozen_section(spec, content.SUMMARY)
    if kept is None or _is_as_signed(kept, school_class_id, term, state):
        raise Refused("GRADE-021")
    records.supersede(
        actor, spec, changed={content.SUMMARY}, reason="Kết quả tính lại khác với bản đã ký.", authority=""
    )


def _class_title(school_class: schooling.SchoolClass, term: int) -> str:
    return f"Lớp {school_class.name}, {content.TERM_TITLES[term]}"
