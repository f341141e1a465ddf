"""Who may see, seal, cancel and register in signed records."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import Action, holds, register, relation

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
READERS = (*LEADERS, Role.CLERK, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)


def _own(actor: Actor) -> Q | None:
    return None if actor.person_id is None else Q(person=actor.person_id)


def _signed(actor: Actor) -> Q | None:
    return None if actor.person_id is None else Q(signatures__person=actor.person_id)


SEE_DOCUMENT = register(
    Action(
        "records.document.see",
        _("Xem hồ sơ đã ký"),
        (holds(*READERS), relation("signed", _("Đã ký vào hồ sơ này."), _signed)),
    )
).code
SEAL = register(
    Action("records.document.seal", _("Đóng dấu của trường"), (holds(*LEADERS, Role.CLERK),))
).code
CANCEL = register(
    Action("records.document.cancel", _("Huỷ, thu hồi hồ sơ đã ký"), (holds(*LEADERS),))
).code
SEE_BATCH = register(
    Action("records.batch.see", _("Xem đợt ký"), (relation("own", _("Là đợt ký của chính người đó."), _own),))
).code
SEE_CERTIFICATE = register(
    Action(
        "records.certificate.see",
        _("Xem chứng thư số"),
        (
            relation("own", _("Là chứng thư của chính người đó."), _own),
            holds(*LEADERS, Role.CLERK, Role.IT_STAFF),
        ),
    )
).code
REGISTER_SEAL = register(
    Action(
        "records.certificate.register_school",
        _("Đăng ký chứng thư của trường"),
        (holds(*LEADERS, Role.IT_STAFF, unit="pk"),),
    )
).code
