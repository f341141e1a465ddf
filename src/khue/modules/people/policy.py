"""Who may see and change persons: through the pupil's register entry, a position, or oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import DENY, Action, holds, register, relation, rows_for
from khue.modules.people.models import Employment, Guardianship, PupilProfile

if TYPE_CHECKING:
    from collections.abc import Callable

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
OFFICE = (*LEADERS, Role.CLERK)
PUPIL_READERS = (*OFFICE, Role.TEACHER, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)
STAFF_READERS = (
    *OFFICE,
    Role.IT_STAFF,
    Role.EMERGENCY_READER,
    Role.DEPARTMENT_OFFICER,
    Role.DEPARTMENT_ADMIN,
)


def _self(actor: Actor) -> Q | None:
    return Q(person=actor.person_id) if actor.person_id else None


def _is_self(actor: Actor) -> Q | None:
    return Q(pk=actor.person_id) if actor.person_id else None


SELF = relation("self", _("Là chính người đó."), _self)
PERSON_SELF = relation("self", _("Là chính người đó."), _is_self)

SEE_PUPIL = register(Action("people.pupil.see", _("Xem hồ sơ học sinh"), (holds(*PUPIL_READERS), SELF))).code
CHANGE_PUPIL = register(Action("people.pupil.change", _("Sửa hồ sơ học sinh"), (holds(*OFFICE),))).code
SEE_STAFF = register(Action("people.staff.see", _("Xem hồ sơ cán bộ"), (holds(*STAFF_READERS), SELF))).code
CHANGE_STAFF = register(
    Action("people.staff.change", _("Sửa hồ sơ cán bộ"), (holds(*OFFICE, Role.DEPARTMENT_ADMIN),))
).code
# Religion, health, policy groups, identity numbers: the office, and whoever broke the glass.
SEE_PUPIL_SENSITIVE = register(
    Action(
        "people.pupil.see_sensitive",
        _("Xem thông tin nhạy cảm của học sinh"),
        (holds(*OFFICE, Role.EMERGENCY_READER), SELF),
    )
).code
SEE_STAFF_SENSITIVE = register(
    Action(
        "people.staff.see_sensitive",
        _("Xem thông tin nhạy cảm của cán bộ"),
        (holds(*OFFICE, Role.EMERGENCY_READER), SELF),
    )
).code
# Asked of the school (a row of orgs.Unit), because the person is not there yet.
REGISTER = register(
    Action(
        "people.person.register",
        _("Thêm người vào đơn vị"),
        (holds(*OFFICE, Role.DEPARTMENT_ADMIN, unit="pk"),),
        condition=Q(kind__in=("school", "campus", "department", "commune")),
        condition_sentence=_("Đơn vị là trường, Sở hoặc xã."),
    )
).code
ADMIT = register(
    Action(
        "people.pupil.admit",
        _("Tiếp nhận học sinh"),
        (holds(*OFFICE, unit="pk"),),
        condition=Q(kind="school"),
        condition_sentence=_("Đơn vị là một trường."),
    )
).code


def _through_pupil(action: str) -> Callable[[Actor], Q | None]:
    def rows(actor: Actor) -> Q | None:
        opened = rows_for(actor, action)
        return None if opened == DENY else Q(pk__in=PupilProfile.objects.filter(opened).values("person"))

    return rows


def _through_job(action: str) -> Callable[[Actor], Q | None]:
    def rows(actor: Actor) -> Q | None:
        opened = rows_for(actor, action)
        return None if opened == DENY else Q(pk__in=Employment.objects.filter(opened).values("person"))

    return rows


def _through_child(action: str) -> Callable[[Actor], Q | None]:
    def rows(actor: Actor) -> Q | None:
        opened = rows_for(actor, action)
        if opened == DENY:
            return None
        children = PupilProfile.objects.filter(opened).values("person")
        return Q(pk__in=Guardianship.objects.filter(child__in=children).values("guardian"))

    return rows


def _person(code: str, label: str, pupil: str, staff: str) -> str:
    """An action on a person, allowed through any of the person's places."""
    return register(
        Action(
            code,
            label,
            (
                relation("pupil", _("Là học sinh mà bạn có quyền tương ứng."), _through_pupil(pupil)),
                relation("staff", _("Là cán bộ mà bạn có quyền tương ứng."), _through_job(staff)),
                relation("guardian", _("Là người thân của học sinh đó."), _through_child(pupil)),
                *(() if code.endswith(".change") else (PERSON_SELF,)),
            ),
        )
    ).code


SEE_PERSON = _person("people.person.see", _("Xem một người"), SEE_PUPIL, SEE_STAFF)
SEE_PERSON_SENSITIVE = _person(
    "people.person.see_sensitive", _("Xem thông tin nhạy cảm"), SEE_PUPIL_SENSITIVE, SEE_STAFF_SENSITIVE
)
CHANGE_PERSON = _person("people.person.change", _("Sửa thông tin một người"), CHANGE_PUPIL, CHANGE_STAFF)
