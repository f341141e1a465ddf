"""Who may import, see runs and undo them."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import Action, holds, register, relation

OFFICE = (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.CLERK, Role.DEPARTMENT_ADMIN)


def _own(actor: Actor) -> Q | None:
    return Q(person=actor.person_id) if actor.person_id else None


OWN = relation("own", _("Là người đã gửi tệp."), _own)
SEE_RUN = register(Action("importing.run.see", _("Xem lần nhập"), (holds(*OFFICE), OWN))).code
CONFIRM_RUN = register(
    Action("importing.run.confirm", _("Xác nhận, hoàn tác lần nhập"), (holds(*OFFICE), OWN))
).code
# Asked of the school: teachers bring their own mark sheets, the office everything.
IMPORT_ALL = register(
    Action("importing.school.import", _("Nhập mọi loại tệp của trường"), (holds(*OFFICE, unit="id"),))
).code
IMPORT_MARKS = register(
    Action("importing.marks.import", _("Nhập điểm từ Excel"), (holds(*OFFICE, Role.TEACHER, unit="id"),))
).code
