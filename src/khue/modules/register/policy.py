"""Who may see and write the register: the school's office writes, homeroom teachers and officers read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Actor, Role
from khue.kit.permissions import Action, holds, register, relation
from khue.modules.schooling import api as schooling

if TYPE_CHECKING:
    from collections.abc import Callable

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
OFFICE = (*LEADERS, Role.CLERK)
READERS = (*OFFICE, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)


def _of_my_class(path: str) -> Callable[[Actor], Q | None]:
    """Pupils who stand in a class that the actor leads today; the path leads to the entry."""

    def rows(actor: Actor) -> Q | None:
        if actor.person_id is None:
            return None
        classes = schooling.homeroom_class_ids(actor.person_id, actor.today)
        led = schooling.ClassMembership.objects.filter(school_class__in=classes, valid_to__isnull=True)
        return Q(**{f"{path}person__in": led.values("pupil_id")}) & Q(
            **{f"{path}school__in": led.values("school_id")}
        )

    return rows


def _book_of_my_class(actor: Actor) -> Q | None:
    mine = _of_my_class("entries__")(actor)
    if mine is None:
        return None
    # A subquery, so that a book with many of my pupils stands once in a list.
    from khue.modules.register.models import RegisterBook  # noqa: PLC0415 - models come after policies

    return Q(pk__in=RegisterBook.objects.filter(mine).values("pk"))


_SENTENCE = _("Là giáo viên chủ nhiệm của học sinh.")

SEE_ENTRY = register(
    Action(
        "register.entry.see",
        _("Xem sổ đăng bộ"),
        (holds(*READERS), relation("homeroom", _SENTENCE, _of_my_class(""))),
    )
).code
SEE_SENSITIVE = register(
    Action(
        "register.entry.see_sensitive",
        _("Xem thông tin nhạy cảm trong sổ đăng bộ"),
        (holds(*OFFICE, Role.EMERGENCY_READER),),
    )
).code
WRITE_ENTRY = register(
    Action("register.entry.write", _("Ghi biến động vào sổ đăng bộ"), (holds(*OFFICE),))
).code
SEE_BOOK = register(
    Action(
        "register.book.see",
        _("Xem quyển sổ đăng bộ"),
        (holds(*READERS), relation("homeroom", _SENTENCE, _book_of_my_class)),
    )
).code
PRINT_BOOK = register(Action("register.book.print", _("In sổ đăng bộ"), (holds(*READERS),))).code
CLOSE_BOOK = register(Action("register.book.close", _("Khoá sổ đăng bộ của năm"), (holds(*LEADERS),))).code
# Asked of the school itself, because there is no row yet.
SEE_SCHOOL = register(
    Action("register.school.see", _("Xem sổ đăng bộ của trường"), (holds(*READERS, unit="id"),))
).code
ENTER = register(
    Action(
        "register.school.enter",
        _("Ghi học sinh mới vào sổ đăng bộ"),
        (holds(*OFFICE, unit="id"),),
        condition=Q(kind="school"),
        condition_sentence=_("Đơn vị là một trường."),
    )
).code
