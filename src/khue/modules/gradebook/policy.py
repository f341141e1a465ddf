"""Who may see, enter, close and correct in the gradebook (Điều 18-20 TT 22/2021)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import FEW, Action, asked_once, holds, register, relation
from khue.kit.prepared import Prepared
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import QuerySet

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
READERS = (*LEADERS, Role.CLERK, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)


@cache
def _first(ids: Callable[[UUID, dt.date], QuerySet[Any]]) -> Prepared[UUID]:
    """The first of these ids, asked in nearly every request."""
    return Prepared(lambda person, day: ids(person, day)[: FEW + 1])


def _relates(path: str, ids: Callable[[UUID, dt.date], QuerySet[Any]]) -> Callable[[Actor], Q | None]:
    """A relation of the actor's person: what the path leads to is among these ids on the actor's day."""
    first = _first(ids)

    def rows(actor: Actor) -> Q | None:
        person = actor.person_id
        if person is None:
            return None
        found = asked_once(
            actor, ids, lambda: ids(person, actor.today), lambda: first(person=person, day=actor.today)
        )
        return Q(**{f"{path}__in": found})

    return rows


_taught = _relates("class_subject", schooling.taught_class_subject_ids)
_homeroom_of_class = _relates("school_class", schooling.homeroom_class_ids)
_taught_sheet_of_correction = _relates("sheet__class_subject", schooling.taught_class_subject_ids)
_homeroom_of_correction = _relates("sheet__school_class", schooling.homeroom_class_ids)
_class_led = _relates("pk", schooling.homeroom_class_ids)


def _homeroom_sheet(actor: Actor) -> Q | None:
    led = _homeroom_of_class(actor)
    return None if led is None else led & Q(class_subject__isnull=True)


TEACHES = relation("teaches", _("Được phân công dạy môn này của lớp."), _taught)
LEADS = relation("homeroom", _("Là giáo viên chủ nhiệm của lớp."), _homeroom_of_class)
OWNS_HOMEROOM_SHEET = relation(
    "homeroom_sheet", _("Là giáo viên chủ nhiệm và đây là bảng của chủ nhiệm."), _homeroom_sheet
)

SEE_SHEET = register(
    Action("gradebook.sheet.see", _("Xem bảng điểm"), (holds(*READERS), TEACHES, LEADS))
).code
ENTER = register(Action("gradebook.sheet.enter", _("Nhập điểm"), (TEACHES, OWNS_HOMEROOM_SHEET))).code
IMPORT = register(
    Action(
        "gradebook.sheet.import",
        _("Nhập điểm từ Excel"),
        (holds(*LEADERS, Role.CLERK), TEACHES, OWNS_HOMEROOM_SHEET),
    )
).code
CLOSE_SHEET = register(
    Action("gradebook.sheet.close", _("Chốt bảng điểm"), (TEACHES, OWNS_HOMEROOM_SHEET))
).code
def _own_phrase(actor: Actor) -> Q | None:
    return None if actor.person_id is None else Q(person=actor.person_id)


CHANGE_PHRASE = register(
    Action(
        "gradebook.phrase.change",
        _("Sửa kho nhận xét"),
        (
            holds(*LEADERS, Role.CLERK),
            relation("own", _("Là câu nhận xét của chính người đó."), _own_phrase),
        ),
    )
).code
ADD_PHRASE = register(
    Action(
        "gradebook.phrase.add",
        _("Thêm câu vào kho nhận xét của trường"),
        (holds(*LEADERS, Role.CLERK, unit="pk"),),
    )
).code

SEE_CORRECTION = register(
    Action(
        "gradebook.correction.see",
        _("Xem yêu cầu sửa điểm"),
        (
            holds(*READERS),
            relation("teaches", _("Được phân công dạy môn này của lớp."), _taught_sheet_of_correction),
            relation("homeroom", _("Là giáo viên chủ nhiệm của lớp."), _homeroom_of_correction),
        ),
    )
).code
REQUEST_CORRECTION = register(
    Action("gradebook.correction.request", _("Yêu cầu sửa điểm"), (TEACHES, OWNS_HOMEROOM_SHEET))
).code
CONFIRM_CORRECTION = register(
    Action(
        "gradebook.correction.confirm",
        _("Xác nhận sửa điểm"),
        (relation("homeroom", _("Là giáo viên chủ nhiệm của lớp."), _homeroom_of_correction),),
    )
).code
APPROVE_CORRECTION = register(
    Action("gradebook.correction.approve", _("Duyệt sửa điểm"), (holds(*LEADERS),))
).code

CLASS_LED = relation("homeroom", _("Là giáo viên chủ nhiệm của lớp."), _class_led)
# Results of a whole class: the homeroom teacher, the leaders, the office; subject teachers see sheets.
SEE_CLASS = register(
    Action("gradebook.class.see", _("Xem kết quả của lớp"), (holds(*READERS), CLASS_LED))
).code
CLOSE_CLASS = register(Action("gradebook.class.close", _("Chốt học kì, năm học của lớp"), (CLASS_LED,))).code
SEAL_CLASS = register(Action("gradebook.class.seal", _("Duyệt và khoá lớp"), (holds(*LEADERS),))).code
REOPEN_CLASS = register(Action("gradebook.class.reopen", _("Mở lại lớp đã khoá"), (holds(*LEADERS),))).code
EXPORT_CLASS = register(
    Action("gradebook.class.export", _("In sổ, xuất Excel"), (holds(*READERS), CLASS_LED))
).code
