"""Who may send, see, decide and hand out keys (kho học bạ)."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Role
from khue.kit.permissions import Action, holds, register

SENDERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.CLERK)
LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
DEPARTMENT = (Role.DEPARTMENT_OFFICER, Role.DEPARTMENT_ADMIN)
_SCHOOL = Q(kind="school")
_IS_SCHOOL = _("Đơn vị là một trường.")

# Of a school
SEND = register(
    Action(
        "store.school.send",
        _("Gửi học bạ lên kho của Sở"),
        (holds(*SENDERS, unit="pk"),),
        _SCHOOL,
        _IS_SCHOOL,
    )
).code
SEE_SCHOOL = register(
    Action(
        "store.school.see", _("Xem việc gửi học bạ của trường"), (holds(*SENDERS, *DEPARTMENT, unit="pk"),),
        _SCHOOL, _IS_SCHOOL,
    )
).code  # fmt: skip
CONNECT = register(
    Action(
        "store.school.connect", _("Nhập khoá gửi của trường"),
        (holds(*LEADERS, Role.CLERK, Role.IT_STAFF, unit="pk"),), _SCHOOL, _IS_SCHOOL,
    )
).code  # fmt: skip
WATCH = register(
    Action(
        "store.school.watch", _("Theo dõi kho học bạ của các trường"), (holds(*DEPARTMENT, unit="pk"),),
        _SCHOOL, _IS_SCHOOL,
    )
).code  # fmt: skip
GIVE_KEY = register(
    Action(
        "store.school.give_key",
        _("Cấp và thu khoá gửi"),
        (holds(*DEPARTMENT, unit="pk"),),
        _SCHOOL,
        _IS_SCHOOL,
    )
).code
# Of a package, of a request
SEE_PACKAGE = register(Action("store.package.see", _("Xem gói học bạ"), (holds(*SENDERS, *DEPARTMENT),))).code
SEND_PACKAGE = register(Action("store.package.send", _("Gửi gói học bạ"), (holds(*SENDERS),))).code
ASK_END = register(
    Action("store.package.ask_end", _("Đề nghị huỷ, thu hồi học bạ trong kho"), (holds(*LEADERS),))
).code
# Of what is in the store
SEE_RECORD = register(Action("store.record.see", _("Xem học bạ trong kho"), (holds(*DEPARTMENT),))).code
DECIDE = register(
    Action("store.record.decide", _("Quyết định học bạ chưa chắc chắn"), (holds(*DEPARTMENT),))
).code
DECIDE_END = register(
    Action("store.request.decide", _("Duyệt đề nghị huỷ, thu hồi"), (holds(*DEPARTMENT),))
).code
SEE_KEY = register(Action("store.key.see", _("Xem khoá gửi"), (holds(*DEPARTMENT),))).code
