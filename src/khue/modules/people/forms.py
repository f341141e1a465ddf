"""What the forms of newcomers, positions and family ask for, read once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop as _

from khue.core.dates import parse_date
from khue.core.errors import KhueError, NotAllowed, NotFound
from khue.core.ids import from_short
from khue.kit.errors import sentence
from khue.kit.web import status_of
from khue.modules.people.data import NewIdentifier, NewPerson
from khue.modules.people.models import IdentifierScheme

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from uuid import UUID

POSITIONS = (_("Giáo viên"), _("Hiệu trưởng"), _("Phó Hiệu trưởng"), _("Nhân viên"))
SCHEMES = (
    IdentifierScheme.MINISTRY, IdentifierScheme.PERSONAL, IdentifierScheme.LIFELONG, IdentifierScheme.STAFF,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a posted form ended: done, or the refusal to show beside what was typed."""

    done: bool = False
    refusal: str = ""
    field: str = ""
    status: int = 200


def attempt(act: Callable[[], object]) -> Attempt:
    """Run one act; a refusal about the input comes back, «not found» and «not allowed» go on as pages."""
    try:
        act()
    except (NotFound, NotAllowed):
        raise
    except KhueError as error:
        return Attempt(False, sentence(error.code, error.params), error.field, status_of(error))
    return Attempt(done=True)


def person_of(posted: Mapping[str, str]) -> NewPerson:
    """A newcomer as typed: name, birth date, codes."""
    identifiers = tuple(
        NewIdentifier(scheme.value, posted[scheme.value])
        for scheme in SCHEMES
        if posted.get(scheme.value, "").strip()
    )
    return NewPerson(
        posted.get("full_name", ""),
        birth_date=day_of(posted, "birth_date"),
        sex=posted.get("sex", ""),
        phone=posted.get("phone", ""),
        email=posted.get("email", ""),
        identifiers=identifiers,
    )


def day_of(posted: Mapping[str, str], name: str) -> dt.date | None:
    """A day from a field that may be empty; refused with the field's name (`CORE-006`)."""
    text = posted.get(name, "").strip()
    if not text:
        return None
    try:
        return parse_date(text)
    except KhueError as error:
        error.field = name
        raise


def key_of(posted: Mapping[str, str], name: str) -> UUID | None:
    """A short id, or None when the field is empty."""
    text = posted.get(name, "").strip()
    return from_short(text) if text else None


def page_of(text: str) -> int:
    """A page number from 1; what is none is the first page."""
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1  # noqa: PLR2004 - digits
