"""Keys of the demo's people, and what they signed, so that a visitor meets every state of a record.

Of last year's second term in the lower secondary school 6A and 7A are signed, sealed and in the log; in
8A the mathematics sheet still waits for cô Hoa; 9A waits for the principal.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils import timezone

from khue.core.actor import ActorKind
from khue.modules.access import api as access
from khue.modules.gradebook import api as gradebook
from khue.modules.records import api as records

if TYPE_CHECKING:
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.people import api as people
    from khue.modules.schooling import api as schooling
    from khue.project.demo.schools import School, SchoolPlan

WAITS_FOR_A_TEACHER, WAITS_FOR_THE_PRINCIPAL = "8A", "9A"


def give_keys(schools: list[School], since: dt.datetime) -> None:
    """A key and a certificate for everybody who signs, and one for each school's seal."""
    staff: list[people.Person] = []
    for school in schools:
        staff += [school.principal, school.deputy, *school.teachers]
    records.give_demo_keys(
        timezone.now(), since,
        people=[(row.id, row.full_name, f"CCCD:020{190000000 + n:09d}") for n, row in enumerate(staff)],
        schools=[
            (one.unit.id, one.unit.name, f"MST:49{10000000 + n:08d}") for n, one in enumerate(schools)
        ],
    )  # fmt: skip


def signs(plan: SchoolPlan) -> bool:
    """Whether a school signs its gradebook: Khe Vàng has begun to."""
    return plan.code == "20988001"


def sign_term(
    row: schooling.SchoolClass,
    term: int,
    teachers: dict[Actor, list[UUID]],
    homeroom: Actor,
    principal: Actor,
) -> bool:
    """Teachers, homeroom teacher and principal sign a class's term; False where it is left to the visitor."""
    for actor, sheets in teachers.items():
        waits = row.name == WAITS_FOR_A_TEACHER and "Toán" in _subjects(sheets)
        if not waits:
            sign(actor, gradebook.SIGN_SHEET, sheets, term, row.school_id)
    if row.name == WAITS_FOR_A_TEACHER:
        return False
    sign(homeroom, gradebook.SIGN_CLASS, [row.id], term, row.school_id)
    if row.name == WAITS_FOR_THE_PRINCIPAL:
        return False
    sign_as_principal(row, term, principal)
    return True


def sign_year(row: schooling.SchoolClass, homeroom: Actor, principal: Actor) -> None:
    """The year, signed by homeroom teacher and principal."""
    sign(homeroom, gradebook.SIGN_CLASS, [row.id], 0, row.school_id)
    sign_as_principal(row, 0, principal)


def sign_as_principal(row: schooling.SchoolClass, term: int, principal: Actor) -> None:
    """The principal seals a class's term or year."""
    sign(in_office(principal), gradebook.SIGN_SEAL, [row.id], term, row.school_id)


def in_office(principal: Actor) -> Actor:
    """The principal with the roles held at that moment; nothing else of the demo looks at them."""
    known = access.actor_for(principal.person_id, principal.now) if principal.person_id else principal
    return replace(known, kind=ActorKind.SYSTEM, name=principal.name)


def seal_and_log() -> None:
    """The school's seal, time-stamps and the evidence log, as the worker does it."""
    records.settle(timezone.now())


def sign(actor: Actor, act: str, keys: list[UUID], part: int, school_id: UUID) -> None:
    """Sign these subjects of an act in one batch."""
    sign_subjects(actor, [records.Subject(act, key, part) for key in keys], school_id)


def sign_subjects(actor: Actor, subjects: list[records.Subject], school_id: UUID) -> None:
    """Sign in one batch; nothing is left out."""
    checked = records.check(actor, subjects=subjects, title="Ký (dữ liệu minh hoạ)", school_id=school_id)
    if checked.left_out or checked.batch is None:
        raise checked.left_out[0].refusal
    records.start(actor, batch_id=checked.batch.id, token=checked.token)


def _subjects(sheets: list[UUID]) -> set[str]:
    rows = gradebook.Sheet.objects.filter(pk__in=sheets)
    return set(rows.values_list("class_subject__subject__name", flat=True))
