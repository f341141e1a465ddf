"""From a closed gradebook to the year pages of a whole class, in a fixed number of queries (lập học bạ).

Everything is taken from what was kept when the year was sealed; nothing is judged here. Whoever must
pass the summer waits for the summer's sealing. A pupil who changed class stands where she ended, and
her marks came along into that book.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from khue.modules.gradebook import api as gradebook
from khue.modules.records import api as records
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import content, lines, people_facts, traits, wording
from khue.modules.transcripts.data import Named, Place, SubjectLine, YearPage
from khue.modules.transcripts.lines import SUMMER, YEAR
from khue.modules.transcripts.models import Comment, Transcript, TranscriptPage
from khue.modules.transcripts.reading import earlier_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from khue.modules.transcripts.people_facts import PupilFacts

REASONS = 2  # of the decision and of the level; the rest stands in the gradebook


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a homeroom teacher works off: a code of `wording.LACKS`, of which section."""

    code: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A pupil's year as a page, or why there is none yet; and what is missing on it."""

    pupil_id: UUID
    name: str
    position: int
    page: YearPage | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    results: str = ""
    waits: str = ""  # code of `wording.WAITS`
    missing: tuple[Missing, ...] = ()
    unusual: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassYear:
    """What all pages of a class share, loaded once."""

    year: gradebook.YearBook
    last: dt.date
    place: Place
    teachers: Mapping[UUID, Sequence[Named]]
    homeroom: Named
    pupils: Mapping[UUID, PupilFacts]
    pages: Mapping[UUID, TranscriptPage]
    codes: Mapping[UUID, str]  # of the transcripts, by pupil
    comments: Mapping[UUID, Mapping[str, str]]
    earlier: Mapping[UUID, Sequence[tuple[str, str, str]]]


def compose_class(
    school_class_id: UUID, today: dt.date, now: dt.datetime, *, pupil_ids: Iterable[UUID] | None = None
) -> list[Composed]:
    """The pages of a class in the order of the book; pupils who had left when the year ended have none."""
    year = gradebook.year_book(school_class_id, pupil_ids=pupil_ids)
    shared = _load(year, today, now)
    return [
        _compose(shared, row, number)
        for number, row in enumerate(year.book.roster, 1)
        if not row.left_by(shared.last)
    ]


def last_day(school_class: schooling.SchoolClass) -> dt.date:
    """The last day of the second term: membership, names and places count as on it, not the summer after."""
    year = school_class.year
    ends = {term.number: term.ends_on for term in schooling.terms(year, school_class.school_id)}
    return ends.get(lines.LAST, year.ends_on) - dt.timedelta(days=1)


def part_of(year: schooling.SchoolYear) -> int:
    """The first calendar year of a school year, by which its records are numbered."""
    return int(year.code[:4])


def pack(page: YearPage) -> dict[str, Any]:
    """A page as it is kept: without signers, who are settled when it is signed."""
    packed: dict[str, Any] = msgspec.to_builtins(content.without_signers(page))
    return packed


def unpack(kept: Mapping[str, Any]) -> YearPage:
    """The page that was kept."""
    return msgspec.convert(kept, YearPage)


def _load(year: gradebook.YearBook, today: dt.date, now: dt.datetime) -> ClassYear:
    school_class = year.book.school_class
    ids = [row.pupil_id for row in year.book.roster]
    last = last_day(school_class)
    teachers, homeroom = signers_today(school_class.id, today, now)
    rows = TranscriptPage.objects.filter(year=school_class.year_id, person__in=ids)
    pages = {row.person_id: row for row in rows.select_related("transcript")}
    transcripts = Transcript.objects.filter(person__in=ids, level=school_class.level)
    own = {row.person_id: row for row in transcripts}
    comments: dict[UUID, dict[str, str]] = defaultdict(dict)
    written = Comment.objects.filter(page__in=[row.id for row in pages.values()])
    for page, section, text in written.values_list("page_id", "section", "text"):
        comments[page][section] = text
    earlier = earlier_of([row.id for row in own.values()], part_of(school_class.year))
    return ClassYear(
        year, last, people_facts.place_of(school_class.school, last), teachers, homeroom,
        people_facts.pupils_facts(ids, last, school_class.school_id), pages,
        {key: row.code for key, row in own.items()}, comments,
        {key: earlier.get(row.id, ()) for key, row in own.items()},
    )  # fmt: skip


def signers_today(
    school_class_id: UUID, today: dt.date, now: dt.datetime
) -> tuple[dict[UUID, list[Named]], Named]:
    """Who teaches each subject of a class today, and who leads it, with the numbers of their certificates."""
    teaching = schooling.teachers_of(school_class_id, today)
    leader = schooling.homeroom_of(school_class_id, today)
    ids = {person for taught in teaching.values() for person, _ in taught}
    numbers = records.identifiers_of(ids | ({leader.person_id} if leader else set()), now)
    teachers = {
        subject: [Named(name, numbers.get(person, "")) for person, name in taught]
        for subject, taught in teaching.items()
    }
    if leader is None:
        return teachers, Named("")
    return teachers, Named(leader.name, numbers.get(leader.person_id, ""))


def _compose(shared: ClassYear, row: schooling.RosterRow, number: int) -> Composed:
    year, pupil = shared.year, row.pupil_id
    school_class = year.book.school_class
    draft = shared.pages.get(pupil)
    comments = shared.comments.get(draft.id, {}) if draft else {}
    subjects = lines.subject_lines(year, pupil, comments)
    told = [(subject, line, tuple(shared.teachers.get(subject.id, ()))) for subject, line in subjects]
    page = _page(shared, row, [line for _, line in subjects], draft, comments)
    secondary = school_class.level != "TH"
    waits = _waits(shared, pupil, [line for _, line, named in told if secondary and not named])
    return Composed(
        pupil, row.name, number, page,
        {content.section_id(line): str(subject.id) for subject, line in subjects} if secondary else {},
        _versions(year, pupil), waits, tuple(_missing(shared, page, told, secondary=secondary)),
        tuple(_unusual(year, pupil, page)),
    )  # fmt: skip


def _page(
    shared: ClassYear, row: schooling.RosterRow, subjects: list[SubjectLine], draft: TranscriptPage | None,
    comments: Mapping[str, str],
) -> YearPage:  # fmt: skip
    year, pupil = shared.year, row.pupil_id
    school_class = year.book.school_class
    own = lines.homeroom_facts(year, pupil)
    facts = draft.facts if draft else {}
    pupil_facts = shared.pupils[pupil]
    result = _results(year, pupil)
    return YearPage(
        transcript=shared.codes.get(pupil, ""), level=school_class.level, year=school_class.year.code,
        grade=school_class.grade, class_name=school_class.name, regime=school_class.regime,
        place=shared.place, identity=pupil_facts.identity, register_number=pupil_facts.register_number,
        subjects=tuple(subjects), homeroom=shared.homeroom,
        conduct=(own["conduct1"], own["conduct2"], result["conduct"]), learning=result["learning"],
        conduct_after=result["conduct_after"], learning_after=result["learning_after"],
        absences=result["absences"], absences_excused=own["absent_excused"],
        absences_unexcused=own["absent_unexcused"],
        traits=lines.traits_of(year, pupil, comments), height=facts.get("height", ""),
        weight=facts.get("weight", ""), decision=result["decision"], decision_code=result["decision_code"],
        completion=result["completion"], title=result["title"],
        awards=(*facts.get("awards", ()), *facts.get("contests", ())),
        certificates=tuple(facts.get("certificates", ())),
        comment=comments.get(content.YEAR, own["remark"]),
        summer_comment=facts.get("summer_comment", ""),
        average=lines.average_of(subjects) if school_class.level == "THPT" else "",
        reasons=result["reasons"], earlier=tuple(shared.earlier.get(pupil, ())),
    )  # fmt: skip


def _results(year: gradebook.YearBook, pupil: UUID) -> dict[str, Any]:
    """What the law concluded, as it was kept: of the year, and after the summer where it had a task."""
    school_class = year.book.school_class
    terms = [year.kept.get((pupil, term)) for term in (1, 2, YEAR)]
    learning = tuple(wording.letter(kept.level) if kept else "" for kept in terms)
    first, after = year.kept.get((pupil, YEAR)), year.kept.get((pupil, SUMMER))
    code = first.content.get("decision_code", "") if first else ""
    found = {
        "learning": learning, "conduct": wording.letter(first.conduct) if first else "", "conduct_after": "",
        "learning_after": "", "absences": "", "decision": "", "decision_code": code, "completion": "",
        "title": first.title if first else "", "reasons": (),
    }  # fmt: skip
    if first is None or not code:
        return found
    count = first.content.get("absences")
    found["absences"] = "" if count is None else str(count)
    last = after if code in wording.TO_SUMMER and after is not None else first
    last_code = last.content.get("decision_code", "")
    if last is not first and code == wording.RETEST:
        found["learning_after"] = wording.letter(last.level)
    if last is not first and code == wording.TRAINING:
        found["conduct_after"] = wording.letter(last.conduct)
    found["decision_code"] = last_code
    if last_code not in wording.TO_SUMMER:
        found["decision"] = wording.decision_of(code, last_code)
        found["completion"] = wording.completion_of(school_class.grade, school_class.level, last_code)
    found["reasons"] = tuple(
        (clause, text)
        for section in last.content["sections"][:REASONS]
        for clause, text, _ in section["reasons"]
    )
    return found


def _waits(shared: ClassYear, pupil: UUID, untaught: list[SubjectLine]) -> str:
    year = shared.year
    first = year.kept.get((pupil, YEAR))
    if not year.is_sealed(YEAR):
        return "year"
    if first is None:
        return "result"
    if first.content.get("decision_code") in wording.TO_SUMMER and not year.is_sealed(SUMMER):
        return "summer"
    if not shared.homeroom.name:
        return "homeroom"
    return "teacher" if untaught else ""


def _versions(year: gradebook.YearBook, pupil: UUID) -> str:
    return versions_text({term: kept.version for (key, term), kept in year.kept.items() if key == pupil})


def versions_text(versions: Mapping[int, int]) -> str:
    """Which kept results a page was made from: «0:1 1:1 2:2»."""
    return " ".join(f"{term}:{version}" for term, version in sorted(versions.items()))


def _missing(
    shared: ClassYear, page: YearPage, told: Sequence[tuple[Any, SubjectLine, tuple[Named, ...]]], *,
    secondary: bool,
) -> list[Missing]:  # fmt: skip
    found = []
    for _, line, named in told:
        if line.mode != lines.NOT_ASSESSED:
            found += [] if line.comment else [Missing("comment", line.name)]
            found += [] if line.year or line.mode else [Missing("result", line.name)]
        if secondary:
            found += [Missing("certificate", one.name) for one in named if not one.identifier]
    if shared.homeroom.name and not shared.homeroom.identifier:
        found.append(Missing("certificate", shared.homeroom.name))
    found += [Missing(section) for section in traits.uncommented(page.traits, page.regime)]
    found += [] if page.comment else [Missing("homeroom_comment")]
    if page.conduct_after and not page.summer_comment:
        found.append(Missing("summer_comment"))
    if not secondary and not (page.height and page.weight):
        found.append(Missing("body"))
    return list(dict.fromkeys([*found, *_unknown(page)]))


def _unknown(page: YearPage) -> list[Missing]:
    """What nobody has entered about the pupil."""
    own = page.identity
    facts = {
        "birth": own.born, "birth_place": own.birth_place, "ethnic": own.ethnic, "address": own.address,
        "ministry_code": own.ministry_code, "register_number": page.register_number,
        "relatives": own.relatives,
    }  # fmt: skip
    return [Missing(code) for code, value in facts.items() if not value]


def _unusual(year: gradebook.YearBook, pupil: UUID, page: YearPage) -> list[str]:
    first, after = year.kept.get((pupil, YEAR)), year.kept.get((pupil, SUMMER))
    kept = [one for one in (first, after) if one is not None]
    sections = [section for one in kept for section in one.content["sections"]]
    told = {
        "stays": page.decision == wording.DOWN,
        "summer": first is not None
        and first.content.get("decision_code") in wording.TO_SUMMER
        and page.decision != wording.DOWN,
        "doubtful": any(section.get("doubtful") for section in sections),
        "incomplete": first is not None and bool(first.content["missing"] or not first.level),
        "corrections": any(line.corrections for line in page.subjects),
        "plan": any(line.mode in {"PERSONAL_PLAN", "EXEMPT"} for line in page.subjects),
    }  # fmt: skip
    return [code for code, found in told.items() if found]
