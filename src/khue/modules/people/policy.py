"""Who may see and change persons."""

from __future__ import annotations

from django.db.models import Q

from khue.core.actor import Actor, Role
from khue.kit.permissions import Action, holds, register, relation

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
OFFICE = (*LEADERS, Role.CLERK)


def _self(actor: Actor) -> Q | None:
    return Q(person=actor.person_id) if actor.person_id else None


SEE_PUPIL = register(
    Action(
        "people.pupil.see",
        "Xem hồ sơ học sinh",
        (
            holds(*OFFICE, Role.TEACHER, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER),
            relation("self", "Là chính người đó.", _self),
        ),
    )
)
CHANGE_PUPIL = register(Action("people.pupil.change", "Sửa hồ sơ học sinh", (holds(*OFFICE),)))
SEE_STAFF = register(
    Action(
        "people.staff.see",
        "Xem hồ sơ cán bộ",
        (holds(*OFFICE, Role.IT_STAFF, Role.DEPARTMENT_OFFICER), relation("self", "Là chính người đó.", _self)),
    )
)
CHANGE_STAFF = register(Action("people.staff.change", "Sửa hồ sơ cán bộ", (holds(*OFFICE),)))
