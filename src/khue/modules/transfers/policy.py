"""Who may ask for, release and accept a transfer: the offices of the two schools, each for its own part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import Action, holds, register, relation
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from django.db.models import Q

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
OFFICE = (*LEADERS, Role.CLERK)
READERS = (*OFFICE, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)


def _leads(actor: Actor) -> Q | None:
    from django.db.models import Q  # noqa: PLC0415 - typing only above

    if actor.person_id is None:
        return None
    return Q(from_class__in=schooling.homeroom_class_ids(actor.person_id, actor.today))


SEE = register(
    Action(
        "transfers.transfer.see",
        _("Xem việc chuyển trường"),
        (
            holds(*READERS, unit="from_school"),
            holds(*READERS, unit="to_school"),
            relation("homeroom", _("Là giáo viên chủ nhiệm của học sinh."), _leads),
        ),
    )
).code
RELEASE = register(
    Action(
        "transfers.transfer.release", _("Cho học sinh chuyển đi"), (holds(*LEADERS, unit="from_school"),)
    )
).code
HAND_OVER = register(
    Action(
        "transfers.transfer.hand_over", _("Lấy gói hồ sơ chuyển trường"),
        (holds(*OFFICE, unit="from_school"), holds(*OFFICE, unit="to_school")),
    )
).code  # fmt: skip
ACCEPT = register(
    Action(
        "transfers.transfer.accept", _("Tiếp nhận học sinh chuyển đến"), (holds(*OFFICE, unit="to_school"),)
    )
).code
REFUSE = register(
    Action(
        "transfers.transfer.refuse",
        _("Từ chối chuyển trường"),
        (holds(*LEADERS, unit="from_school"), holds(*LEADERS, unit="to_school")),
    )
).code
WITHDRAW = register(
    Action(
        "transfers.transfer.withdraw",
        _("Rút đề nghị chuyển trường"),
        (holds(*OFFICE, unit="from_school"), holds(*OFFICE, unit="to_school")),
    )
).code
# Asked of a school (a row of orgs.Unit): to write down what a family asks for.
REQUEST = register(
    Action(
        "transfers.school.request",
        _("Ghi đề nghị chuyển trường"),
        (holds(*OFFICE, unit="pk"),),
    )
).code
