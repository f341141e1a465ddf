"""Who may see, prepare, sign and approve transcripts (Điều 18-20 TT 22/2021; e-records.md 1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import Action, asked_once, holds, register, relation
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import QuerySet

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
READERS = (*LEADERS, Role.CLERK, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)


def taught_class_ids(person_id: UUID, day: dt.date) -> QuerySet[Any]:
    """Ids of the classes in which a person teaches a subject on a day (lớp dạy)."""
    subjects = schooling.ClassSubject.objects.filter(
        pk__in=schooling.taught_class_subject_ids(person_id, day)
    )
    return subjects.order_by().values_list("school_class_id", flat=True).distinct()


def _relates(path: str, ids: Callable[[UUID, dt.date], QuerySet[Any]]) -> Callable[[Actor], Q | None]:
    def rows(actor: Actor) -> Q | None:
        person = actor.person_id
        if person is None:
            return None
        found = asked_once(actor, ids, lambda: ids(person, actor.today))
        return Q(**{f"{path}__in": found})

    return rows


TEACHES = relation(
    "teaches", _("Được phân công dạy một môn của lớp."), _relates("school_class", taught_class_ids)
)
LEADS = relation(
    "homeroom", _("Là giáo viên chủ nhiệm của lớp."), _relates("school_class", schooling.homeroom_class_ids)
)
CLASS_TAUGHT = relation("teaches", _("Được phân công dạy một môn của lớp."), _relates("pk", taught_class_ids))
CLASS_LED = relation(
    "homeroom", _("Là giáo viên chủ nhiệm của lớp."), _relates("pk", schooling.homeroom_class_ids)
)

SEE_PAGE = register(Action("transcripts.page.see", _("Xem học bạ"), (holds(*READERS), LEADS))).code
# A subject teacher sees and signs her own subjects of a page, not the page.
SIGN_SUBJECT = register(
    Action("transcripts.page.sign_subject", _("Ký môn học trong học bạ"), (TEACHES,))
).code
SIGN_YEAR = register(Action("transcripts.page.sign_year", _("Ký kết quả năm trong học bạ"), (LEADS,))).code
APPROVE = register(Action("transcripts.page.approve", _("Ký duyệt học bạ"), (holds(*LEADERS),))).code
RENEW = register(
    Action("transcripts.page.renew", _("Lập bản mới của học bạ"), (holds(*LEADERS, Role.CLERK),))
).code
# Asked of the class.
SEE_CLASS = register(
    Action("transcripts.class.see", _("Xem học bạ của lớp"), (holds(*READERS), CLASS_LED))
).code
GENERATE = register(
    Action("transcripts.class.generate", _("Lập học bạ của lớp"), (holds(*LEADERS, Role.CLERK), CLASS_LED))
).code
COMMENT = register(
    Action("transcripts.class.comment", _("Viết nhận xét vào học bạ"), (CLASS_TAUGHT, CLASS_LED))
).code
ENTER_FACTS = register(
    Action(
        "transcripts.class.facts", _("Ghi khen thưởng, chứng chỉ, thể chất vào học bạ"),
        (holds(Role.CLERK), CLASS_LED),
    )
).code  # fmt: skip
APPROVE_CLASS = register(
    Action("transcripts.class.approve", _("Xem học bạ chờ hiệu trưởng ký"), (holds(*LEADERS),))
).code
# Asked of the school.
RECEIVE = register(
    Action(
        "transcripts.school.receive", _("Nhận học bạ của trường khác"),
        (holds(*LEADERS, Role.CLERK, unit="pk"),),
    )
).code  # fmt: skip
EXPORT = register(
    Action(
        "transcripts.school.export", _("Xuất điểm trung bình năm học"),
        (holds(*LEADERS, Role.CLERK, Role.DEPARTMENT_OFFICER, unit="pk"),),
    )
).code  # fmt: skip
