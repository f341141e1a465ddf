"""Run inside a child: a school on SQLite signs a term; prints what it measured as JSON.

Everything goes through the services that the pages call: check, confirm, sign, seal, stamp, log. Keys are
the demo's, on the server, so that no time is spent waiting for anybody.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from khue.project.bench.parts import Result

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.gradebook.api import Operation, Sheet
    from khue.modules.gradebook.slots import Slot
    from khue.modules.schooling.api import SchoolClass, SchoolYear

TERM = 1


@dataclass(frozen=True, slots=True)
class Size:
    """How large the school is."""

    classes: int
    pupils: int
    sheets: int  # of the one teacher who is measured
    papers: int  # of two pages


FULL, QUICK = Size(12, 45, 15, 40), Size(2, 12, 3, 3)


@dataclass(slots=True)
class School:
    """The school of the measurement, ready to sign."""

    id: UUID
    actors: dict[str, Actor]
    classes: list[SchoolClass]
    sheets: dict[str, list[UUID]] = field(default_factory=dict)  # by who teaches them


@dataclass(slots=True)
class Spent:
    """Time and queries of an act."""

    seconds: float = 0
    queries: int = 0


def main() -> None:
    """Build, sign, measure; argument: «full» or «quick»."""
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    size = QUICK if sys.argv[1] == "quick" else FULL
    results = measure(build(size), size)
    print(json.dumps([result.to_json() for result in results]))  # noqa: T201 - read by the parent


def measure(school: School, size: Size) -> list[Result]:
    """Everybody signs the term, then the school; then everything is verified and put on paper."""
    from django.utils import timezone  # noqa: PLC0415

    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415
    from khue.modules.records import api as records  # noqa: PLC0415
    from khue.project.bench.signing_papers import papers  # noqa: PLC0415

    found = [
        *_batch(school, "teacher", gradebook.SIGN_SHEET, school.sheets["teacher"], "one teacher's sheets"),
        *_batch(school, "other", gradebook.SIGN_SHEET, school.sheets["other"], "all other teachers' sheets"),
    ]
    keys = [row.id for row in school.classes]
    found += _batch(school, "other", gradebook.SIGN_CLASS, keys, "homeroom teachers' classes")
    found += _batch(school, "principal", gradebook.SIGN_SEAL, keys, "a principal's classes")
    with spent() as settled:
        done = records.settle(timezone.now())
    if (done["sealed"], done["logged"]) != (len(keys), len(keys)):
        msg = f"not every document was sealed and logged: {done}"
        raise RuntimeError(msg)
    note = f"{settled.queries / len(keys):.0f} queries each"
    found.append(_rate("documents sealed, stamped and logged", len(keys), settled.seconds, note))
    with spent() as verified:
        faults = list(records.verify_documents())
    note = f"{len(keys)} documents of {size.pupils} pupils, {len(faults)} faults"
    each = verified.seconds * 1000 / len(keys)
    found.append(Result("verify_documents, one document", each, "ms", "", note))
    return [*found, *papers(size.papers)]


def _batch(school: School, who: str, act: str, keys: Sequence[UUID], name: str) -> list[Result]:
    """A person checks and signs a batch in one go."""
    from khue.modules.records import api as records  # noqa: PLC0415

    actor = school.actors[who]
    subjects = [records.Subject(act, key, TERM) for key in keys]
    with spent() as checking:
        checked = records.check(actor, subjects=subjects, title="Đo", school_id=school.id)
    if checked.left_out or checked.batch is None:
        raise checked.left_out[0].refusal
    with spent() as signing:
        batch = records.start(actor, batch_id=checked.batch.id, token=checked.token)
    if batch.state != "done":
        msg = f"the batch is {batch.state}: {batch.trouble}"
        raise RuntimeError(msg)
    both = checking.seconds + signing.seconds
    note = (
        f"check {checking.seconds * 1000 / len(keys):.1f} ms, {checking.queries / len(keys):.0f} queries; "
        f"sign {signing.seconds * 1000 / len(keys):.1f} ms, {signing.queries / len(keys):.0f} queries"
    )
    return [_rate(f"{len(keys)} of {name}, check and sign", len(keys), both, note)]


def _rate(name: str, count: int, seconds: float, note: str) -> Result:
    return Result(name, count / seconds, "/s", "", note)


@contextmanager
def spent() -> Iterator[Spent]:
    """Measure a part: its time, and how many queries it asks."""
    from django.db import connection  # noqa: PLC0415

    spent = Spent()

    def counting(execute: Callable[..., Any], *question: Any) -> Any:
        spent.queries += 1
        return execute(*question)

    began = time.perf_counter()
    with connection.execute_wrapper(counting):
        yield spent
    spent.seconds = time.perf_counter() - began


# --- the school ----------------------------------------------------------------------------------


def build(size: Size) -> School:
    """A school whose term is filled in and whose people have keys; one teacher has `size.sheets` sheets."""
    from django.db import transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from khue.core.actor import Role, system_actor  # noqa: PLC0415
    from khue.modules.access import api as access  # noqa: PLC0415
    from khue.modules.orgs import api as orgs  # noqa: PLC0415
    from khue.modules.people import api as people  # noqa: PLC0415
    from khue.modules.people.data import NewJob, NewPerson  # noqa: PLC0415
    from khue.modules.records import api as records  # noqa: PLC0415

    now = timezone.now()
    actor = system_actor("khue bench", now)
    since = now.date() - dt.timedelta(days=60)
    roles = {"teacher": Role.TEACHER, "other": Role.TEACHER, "principal": Role.PRINCIPAL}
    with transaction.atomic():
        province = orgs.found_unit(actor, kind="province", name="Tỉnh đo")
        unit = orgs.found_school(
            actor, name="Trường THCS Đo", code="20990001", levels="THCS", parent=province
        )
        new = [NewPerson(f"Nông Thị Giáo {number}") for number in range(len(roles))]
        staff = people.register_people(actor, school_id=unit.id, people=new)
        jobs = [NewJob(person.id, "Giáo viên", since) for person in staff]
        people.employ_people(actor, school_id=unit.id, jobs=jobs)
        for person, role in zip(staff, roles.values(), strict=True):
            access.grant(actor, person_id=person.id, role=role, unit_id=unit.id, source="bench", since=since)
        records.give_demo_keys(
            now, now - dt.timedelta(days=60),
            people=[(row.id, row.full_name, f"CCCD:0201990000{n:02d}") for n, row in enumerate(staff)],
            schools=[(unit.id, unit.name, "MST:4909900001")],
        )  # fmt: skip
        who = {role: person.id for role, person in zip(roles, staff, strict=True)}
        school = School(unit.id, {}, [])
        year = _open_year(actor, now)
        for number in range(size.classes):
            _open_class(actor, school, year, (number, size), who)
    school.actors = {role: access.actor_for(key, timezone.now()) for role, key in who.items()}
    return school


def _open_year(actor: Actor, now: dt.datetime) -> SchoolYear:
    from khue.modules.schooling import api as schooling  # noqa: PLC0415

    first = now.year if now.month >= 8 else now.year - 1  # noqa: PLR2004 - August
    return schooling.open_year(
        actor, code=f"{first}-{first + 1}", term_starts=(dt.date(first, 9, 5), dt.date(first + 1, 1, 19)),
        ends_on=dt.date(first + 1, 6, 1),
    )  # fmt: skip


def _open_class(
    actor: Actor, school: School, year: SchoolYear, which: tuple[int, Size], who: dict[str, UUID]
) -> None:
    """A class with pupils, teachers and a filled term; the one teacher has sheets until there are enough."""
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415
    from khue.modules.people import api as people  # noqa: PLC0415
    from khue.modules.people.data import Admission, NewPerson  # noqa: PLC0415
    from khue.modules.schooling import api as schooling  # noqa: PLC0415

    number, size = which
    since = actor.today - dt.timedelta(days=60)
    new = [NewPerson(f"Hoàng Văn Trò {number}-{pupil:02d}") for pupil in range(size.pupils)]
    pupils = people.register_people(actor, school_id=school.id, people=new)
    people.admit_pupils(actor, school_id=school.id, pupils=[Admission(row.id) for row in pupils])
    row = schooling.open_class(actor, school_id=school.id, year=year, name=f"6A{number + 1}", grade=6)
    members = [schooling.NewMember(pupil.id, since) for pupil in pupils]
    schooling.enroll_many(actor, school_class_id=row.id, members=members)
    share = -(-size.sheets // size.classes)
    have = len(school.sheets.get("teacher", []))
    mine = min(share, size.sheets - have)
    subjects = list(schooling.class_subjects(row.id))
    taught = {subject.id: "teacher" if place < mine else "other" for place, subject in enumerate(subjects)}
    assignments = [schooling.Assignment(subject, who[name]) for subject, name in taught.items()]
    schooling.assign_teachers(actor, school_id=school.id, assignments=assignments, since=since)
    schooling.assign_homeroom(actor, school_class_id=row.id, person_id=who["other"], since=since)
    gradebook.open_sheets(actor, school_class_ids=[row.id])
    for sheet in gradebook.sheets_of(row.id, TERM).values():
        operations = operations_of(sheet, [pupil.id for pupil in pupils])
        gradebook.record_operations(actor, sheet_id=sheet.id, operations=operations)
        if sheet.class_subject_id is not None:
            school.sheets.setdefault(taught[sheet.class_subject_id], []).append(sheet.id)
    school.classes.append(row)


def operations_of(sheet: Sheet, pupils: Sequence[UUID]) -> list[Operation]:
    """Every result that a sheet wants."""
    from khue.core.ids import uuid7  # noqa: PLC0415
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415

    return [
        gradebook.Operation(uuid7(), pupil, slot.code, value, 0)
        for slot in gradebook.slots_of(sheet)
        for place, pupil in enumerate(pupils)
        if (value := _value(slot, place))
    ]


def _value(slot: Slot, place: int) -> str:
    values = {
        "mark": f"{4 + place % 6}.5", "whole": str(4 + place % 6), "pass": "Đ", "level4": "T", "count": "1",
    }  # fmt: skip
    return values.get(slot.kind.value, "")


if __name__ == "__main__":
    main()
