"""What a pupil takes along, gathered once (lập gói chuyển trường): nothing is typed again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.dates import VIETNAM
from khue.modules.gradebook import api as gradebook
from khue.modules.orgs import api as orgs
from khue.modules.register import api as register
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transfers.data import Enclosed, Mark, Parcel, Step, SubjectTaken

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.schooling.api import SchoolClass
    from khue.modules.transfers.models import Transfer

YEAR = 0
# What an event's data says besides its kind, in this order; a record stays in Vietnamese.
_DETAILS = ("class", "from_class", "to_class", "from_school", "to_school", "year", "reason")


@dataclass(frozen=True, slots=True)
class Gathered:
    """A parcel, and the files that it names, byte for byte."""

    parcel: Parcel
    files: tuple[tuple[str, bytes], ...]


def gather(actor: Actor, transfer: Transfer) -> Gathered:
    """The parcel of a transfer as it stands now."""
    person_id, school_class = transfer.who, _class_of(transfer)
    subjects, marks, plan = _learning(school_class, person_id)
    facts = transcripts.pupils_facts([person_id], actor.today, transfer.origin)[person_id]
    enclosed = _transcript_files(person_id)
    school = orgs.Unit.objects.get(pk=transfer.origin)
    parcel = Parcel(
        code=transfer.code, made_on=_day(actor.today), leaves_on=_day(actor.today), reason=transfer.reason,
        to_school=transfer.to_name, to_code=transfer.to_code or _code_of(transfer, actor.today),
        place=transcripts.place_of(school, actor.today), identity=facts.identity,
        level=transfer.level, grade=transfer.grade, year=school_class.year.code,
        class_name=school_class.name, regime=school_class.regime, combination=school_class.combination,
        register_number=facts.register_number, plan=plan, subjects=subjects, marks=marks,
        path=_path(person_id), files=tuple(one for one, _ in enclosed),
    )  # fmt: skip
    return Gathered(parcel, tuple((one.name, data) for one, data in enclosed))


def _learning(
    school_class: SchoolClass, person_id: UUID
) -> tuple[tuple[SubjectTaken, ...], tuple[Mark, ...], str]:
    """Subjects with their averages so far, marks by assessment and day, the personal plan."""
    book = gradebook.load_book(school_class.id, pupil_ids=[person_id])
    if not book.roster:
        return (), (), ""
    row = book.roster[0]
    values = [gradebook.pupil_result(book, row, term).values for term in (1, 2, YEAR)]
    subjects, plan = [], []
    for one in book.subjects:
        if not book.takes(one, person_id):
            continue
        choice = book.choices.get((one.id, person_id))
        mode = "" if choice is None or choice.mode == "NORMAL" else str(choice.mode)
        decision = choice.decision if choice else ""
        averages = tuple(_exact(of_term.get(one.subject.code, "")) for of_term in values)
        subjects.append(
            SubjectTaken(
                one.subject.code, one.subject.name, one.kind, one.elective,
                bool(choice and choice.takes_topic), mode, decision, (averages[0], averages[1], averages[2]),
            )
        )
        if mode:
            words = str(schooling.AssessmentMode(mode).label)
            plan.append(f"{one.subject.name}: {words}, {decision}")
    marks = tuple(
        Mark(one.subject, one.term, one.column, one.value, one.state, _moment(one.at))
        for one in gradebook.pupil_results(school_class.id, person_id)
    )
    return tuple(subjects), marks, "\n".join(plan)


def _transcript_files(person_id: UUID) -> list[tuple[Enclosed, bytes]]:
    """Every signed year page that the pupil has, of all levels, oldest first."""
    found = []
    for file in transcripts.files_of_pupil(person_id):
        name = f"hoc-ba/{file.year}-{file.digest[:12]}.xml"
        digest = hashlib.sha256(file.content).hexdigest()
        found.append((Enclosed(name, file.title, digest, len(file.content)), file.content))
    return found


def _path(person_id: UUID) -> tuple[Step, ...]:
    return tuple(
        Step(
            _day(one.on), str(register.EventKind(one.kind).label),
            ", ".join(str(one.data[name]) for name in _DETAILS if one.data.get(name)),
            one.decision or one.paper, one.school,
        )
        for one in register.path_of(person_id)
    )  # fmt: skip


def _class_of(transfer: Transfer) -> SchoolClass:
    if transfer.from_class_id is None:
        msg = "a parcel is made where the pupil learns"
        raise ValueError(msg)
    return schooling.class_of(transfer.from_class_id)


def _code_of(transfer: Transfer, day: dt.date) -> str:
    if transfer.to_school is None:
        return ""
    return transcripts.place_of(transfer.to_school, day).school_code


def _exact(text: str) -> str:
    """«7,5» on the screen is «7.5» in a record."""
    return text.replace(",", ".") if text and text[0].isdigit() else text


def _day(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def _moment(at: dt.datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y}" if at else ""
