"""Who may grant roles, make accounts, break the glass, and see who may do what."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import Action, holds, register, relation

LEADERS = (Role.PRINCIPAL, Role.DEPARTMENT_ADMIN)
READERS = (Role.VICE_PRINCIPAL, Role.CLERK, Role.IT_STAFF, Role.DEPARTMENT_OFFICER)
ACCOUNT_MAKERS = (*LEADERS, Role.VICE_PRINCIPAL, Role.IT_STAFF)
RESCUERS = (*ACCOUNT_MAKERS, Role.DEPARTMENT_OFFICER)


def _own_grant(actor: Actor) -> Q | None:
    return Q(person=actor.person_id) if actor.person_id else None


def _own_access(actor: Actor) -> Q | None:
    return Q(account=actor.account_id) if actor.account_id else None


OWN_ACCESS = relation("own", _("Là lần truy cập của chính mình."), _own_access)

SEE_GRANTS = register(
    Action(
        "access.grant.see",
        _("Xem phân quyền"),
        (
            holds(*LEADERS, *READERS, unit="unit"),
            relation("self", _("Là quyền của chính mình."), _own_grant),
        ),
    )
).code
CHANGE_GRANT = register(Action("access.grant.change", _("Thu quyền"), (holds(*LEADERS, unit="unit"),))).code
# Asked of the unit, because what is to be made is not there yet.
GRANT = register(Action("access.unit.grant", _("Phân quyền"), (holds(*LEADERS, unit="pk"),))).code
MAKE_ACCOUNTS = register(
    Action("access.unit.accounts", _("Tạo tài khoản"), (holds(*ACCOUNT_MAKERS, unit="pk"),))
).code
OPEN_EMERGENCY = register(
    Action("access.unit.emergency", _("Mở truy cập khẩn cấp"), (holds(*RESCUERS, unit="pk"),))
).code
EXPLAIN = register(
    Action("access.unit.explain", _("Xem vì sao có quyền"), (holds(*LEADERS, *READERS, unit="pk"),))
).code
SEE_EMERGENCY = register(
    Action(
        "access.emergency.see",
        _("Xem các lần truy cập khẩn cấp"),
        (holds(*LEADERS, *READERS, unit="unit"), OWN_ACCESS),
    )
).code
CLOSE_EMERGENCY = register(
    Action("access.emergency.close", _("Đóng truy cập khẩn cấp"), (holds(*LEADERS, unit="unit"), OWN_ACCESS))
).code
SEE_AUDIT = register(
    Action(
        "access.audit.see",
        _("Xem nhật kí"),
        (holds(*LEADERS, Role.VICE_PRINCIPAL, Role.DEPARTMENT_OFFICER, Role.IT_STAFF, unit="unit"),),
    )
).code
# What stood in a record before and after is as sensitive as the record: only the school's leaders.
SEE_AUDIT_VALUES = register(
    Action(
        "access.audit.see_values",
        _("Xem nội dung trong nhật kí"),
        (holds(Role.PRINCIPAL, Role.VICE_PRINCIPAL, unit="unit"),),
    )
).code
