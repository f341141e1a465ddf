"""Who may see and change classes, subjects, enrolment in classes and assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import Action, holds, register, relation

if TYPE_CHECKING:
    from collections.abc import Callable

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
OFFICE = (*LEADERS, Role.CLERK)
READERS = (*OFFICE, Role.TEACHER, Role.IT_STAFF, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)

SEE_CLASS = register(Action("schooling.class.see", _("Xem lớp"), (holds(*READERS),))).code
CHANGE_CLASS = register(Action("schooling.class.change", _("Sửa lớp"), (holds(*OFFICE),))).code
SEE_SUBJECT = register(Action("schooling.subject.see", _("Xem môn của lớp"), (holds(*READERS),))).code
CHANGE_SUBJECT = register(Action("schooling.subject.change", _("Sửa môn của lớp"), (holds(*OFFICE),))).code
SEE_ASSIGNMENT = register(
    Action("schooling.teaching.see", _("Xem phân công giảng dạy"), (holds(*READERS),))
).code
ASSIGN = register(Action("schooling.teaching.assign", _("Phân công giảng dạy"), (holds(*OFFICE),))).code
# Asked of the school itself, for acts that have no row yet.
SEE_SCHOOL = register(
    Action("schooling.school.see", _("Xem lớp của trường"), (holds(*READERS, unit="id"),))
).code
OPEN_CLASS = register(Action("schooling.class.open", _("Mở lớp"), (holds(*OFFICE, unit="id"),))).code
ASSIGN_ALL = register(
    Action("schooling.teaching.assign_all", _("Phân công giảng dạy cả trường"), (holds(*OFFICE, unit="id"),))
).code
SEE_SPLIT = register(Action("schooling.split.see", _("Xem bản chia lớp"), (holds(*OFFICE),))).code
SPLIT = register(Action("schooling.split.change", _("Chia lớp"), (holds(*OFFICE),))).code
SET_TERMS = register(
    Action(
        "schooling.terms.set", _("Lập kế hoạch học kì"), (holds(*OFFICE, Role.DEPARTMENT_ADMIN, unit="id"),)
    )
).code


def _anywhere(*roles: Role) -> Callable[[Actor], Q | None]:
    """Every row for whoever holds one of the roles somewhere: years belong to nobody in particular."""

    def rows(actor: Actor) -> Q | None:
        return Q(pk__isnull=False) if actor.holds(*roles) else None

    return rows


# A year and the dates common to all are shared by the units of a database. Opening the same year twice
# changes nothing, so that the first school that needs it may open it.
OPEN_YEAR = register(
    Action(
        "schooling.year.open",
        _("Mở năm học"),
        (
            relation(
                "office",
                _("Quản trị của Sở hoặc văn phòng một trường."),
                _anywhere(Role.DEPARTMENT_ADMIN, *OFFICE),
            ),
        ),
    )
).code
PLAN_YEAR = register(
    Action(
        "schooling.year.plan",
        _("Đặt khung thời gian năm học chung"),
        (relation("department", _("Quản trị của Sở."), _anywhere(Role.DEPARTMENT_ADMIN)),),
    )
).code
