"""Proposals for comments from the phrase bank (gợi ý nhận xét): deterministic, neighbours differ.

A proposal is nothing until a teacher takes it. Whoever wrote in the gradebook has her words proposed first.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from khue.modules.gradebook import api as gradebook
from khue.modules.transcripts import content, traits
from khue.modules.transcripts.compose import compose_class
from khue.modules.transcripts.models import CommentSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling import api as schooling
    from khue.modules.transcripts.compose import Composed
    from khue.modules.transcripts.data import SubjectLine, YearPage

    Bank = Mapping[str, Sequence[str]]

# As the grid of the gradebook takes them (kit/ui/static/ui/grid-model.js).
BANDS = (("strong", Decimal(8)), ("good", Decimal("6.5")), ("fair", Decimal(5)), ("weak", Decimal(0)))
OF_LEVELS = {
    "T": "strong", "K": "good", "Đ": "fair", "CĐ": "weak", "G": "strong", "TB": "fair", "Y": "weak",
    "Kém": "weak", "Hoàn thành xuất sắc": "T", "Hoàn thành tốt": "T", "Hoàn thành": "H",
    "Chưa hoàn thành": "C",
}  # fmt: skip
OF_COMMENTS = {"Đ": "good", "CĐ": "weak"}
OF_PRIMARY = frozenset("THC")
OF_TRAITS = {"T": "T", "Đ": "H", "C": "C"}  # the lowest level of a group
REMARKS = "remark"


@dataclass(frozen=True, slots=True)
class Draft:
    """A pupil's comment in one section: what stands, and what is proposed where nothing does."""

    pupil_id: UUID
    name: str
    position: int
    result: str
    text: str
    proposal: str
    below: tuple[str, ...] = ()  # traits of a group that are not at the best level


@dataclass(frozen=True, slots=True)
class Section:
    """What a page says in one section: result, band of the bank that fits it, comment."""

    result: str
    band: str
    text: str
    below: tuple[str, ...] = ()


def drafts_of(actor: Actor, school_class: schooling.SchoolClass, section: str) -> list[Draft]:
    """The comments of one section of a class, pupils in the order of the book."""
    composed = compose_class(school_class.id, actor.today, actor.now)
    return drafts_in(composed, banks_of(actor, school_class, [section])[section], section)


def banks_of(actor: Actor, school_class: schooling.SchoolClass, sections: Iterable[str]) -> dict[str, Bank]:
    """The phrases for each section, by band: a group of traits has its own, all others are remarks."""
    slots = {section: section if section in traits.SECTIONS else REMARKS for section in sections}
    banks = {
        slot: gradebook.phrases_by_band(
            school_class.school_id, school_class.level, actor.person_id, slot=slot
        )
        for slot in dict.fromkeys(slots.values())
    }  # fmt: skip
    return {section: banks[slot] for section, slot in slots.items()}


def drafts_in(composed: Sequence[Composed], bank: Bank, section: str) -> list[Draft]:
    """The same of pages that are loaded already."""
    found = []
    for one in composed:
        said = None if one.page is None else _section(one.page, section)
        if said is None:
            continue
        proposal = "" if said.text else _proposed(bank, said.band, one.position, section)
        found.append(
            Draft(one.pupil_id, one.name, one.position, said.result, said.text, proposal, said.below)
        )
    return found


def _section(page: YearPage, section: str) -> Section | None:
    """What stands in a section; None where the page has no such section."""
    if section in traits.SECTIONS:
        group = traits.group_of(page.traits, traits.SECTIONS[section])
        level = traits.lowest(group.traits)
        below = tuple(traits.below_best(group.traits))
        return Section(level, OF_TRAITS.get(level, ""), group.comment or "", below) if group.traits else None
    line = line_of(page, section)
    if line is None and section != content.YEAR:
        return None
    result = _result(page, line)
    return Section(result, band_of(result, line), page.comment if line is None else line.comment)


def line_of(page: YearPage, section: str) -> SubjectLine | None:
    """The subject of a section; None for the year, and for a subject that the pupil does not learn."""
    return next((line for line in page.subjects if content.section_id(line) == section), None)


def band_of(result: str, line: SubjectLine | None) -> str:
    """The band of the bank that fits a result; empty where nothing is known."""
    if line is None:
        return OF_LEVELS.get(result, "")
    if line.kind == "comment":
        return OF_COMMENTS.get(result, "")
    if result in OF_PRIMARY:
        return result
    try:
        mark = Decimal(result)
    except InvalidOperation:
        return ""
    return next(band for band, least in BANDS if mark >= least)


def source_of(text: str, proposal: str) -> CommentSource:
    """Whether somebody took the proposal or wrote herself."""
    return CommentSource.BANK if text == proposal else CommentSource.TYPED


def _result(page: YearPage, line: SubjectLine | None) -> str:
    if line is None:
        return page.learning_after or page.learning[2]
    return line.retest or line.year


def _proposed(bank: Bank, band: str, position: int, section: str) -> str:
    """Pupil after pupil the next phrase of the band; each section begins at another one."""
    phrases = bank.get(band, ())
    if not phrases:
        return ""
    return phrases[(position + sum(section.encode())) % len(phrases)]
