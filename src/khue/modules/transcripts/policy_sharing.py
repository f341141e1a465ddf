"""Who may give out copies of a transcript and see who opened them (cấp bản sao, trích lục)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.core.actor import Role
from khue.kit.models import in_force
from khue.kit.permissions import Action, holds, register, relation
from khue.modules.people import api as people
from khue.modules.transcripts.policy import LEADERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from khue.core.actor import Actor

OFFICE = (*LEADERS, Role.CLERK)
READERS = (*OFFICE, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)


def _family(path: str) -> Callable[[Actor], Q | None]:
    """The pupil herself, and her parents or guardian (cha, mẹ, người giám hộ)."""

    def rows(actor: Actor) -> Q | None:
        if actor.person_id is None:
            return None
        links = people.Guardianship.objects.filter(in_force(actor.today), guardian=actor.person_id)
        return Q(**{path: actor.person_id}) | Q(**{f"{path}__in": links.values("child")})

    return rows


FAMILY = _("Là học sinh, cha, mẹ hoặc người giám hộ.")

# Asked of the transcript.
ISSUE_COPY = register(
    Action(
        "transcripts.copy.issue", _("Cấp bản sao học bạ"),
        (holds(*OFFICE), relation("family", FAMILY, _family("person"))),
    )
).code  # fmt: skip
SEE_COPIES = register(
    Action(
        "transcripts.copy.list", _("Xem các bản sao của học bạ"),
        (holds(*READERS), relation("family", FAMILY, _family("person"))),
    )
).code  # fmt: skip
SEND_ROWS = register(
    Action("transcripts.rows.send", _("Xuất bản ghi học bạ cho hệ thống khác"), (holds(*OFFICE),))
).code
# Asked of the copy: whoever may see the list of a transcript sees its copies.
SEE_COPY = register(
    Action(
        "transcripts.copy.see", _("Xem bản sao học bạ"),
        (holds(*READERS), relation("family", FAMILY, _family("transcript__person"))),
    )
).code  # fmt: skip
REVOKE_COPY = register(
    Action(
        "transcripts.copy.revoke", _("Thu hồi bản sao học bạ"),
        (holds(*OFFICE), relation("family", FAMILY, _family("transcript__person"))),
    )
).code  # fmt: skip
