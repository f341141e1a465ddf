"""What forms of the register are asked for: days, and a refusal beside what was typed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.dates import parse_date
from khue.core.errors import KhueError, NotAllowed, NotFound
from khue.kit.errors import sentence
from khue.kit.web import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a posted form ended: done, or the refusal to show."""

    done: bool
    refusal: str = ""
    field: str = ""
    status: int = 200


NOT_TRIED = Attempt(done=False)


def attempt(act: Callable[[], object]) -> Attempt:
    """Run one act; a refusal about the input comes back, «not found» and «not allowed» go on as pages."""
    try:
        act()
    except (NotFound, NotAllowed):
        raise
    except KhueError as error:
        text = sentence(error.code, error.params)
        return Attempt(done=False, refusal=text, field=error.field, status=status_of(error))
    return Attempt(done=True)


def typed(posted: Mapping[str, str], *names: str) -> dict[str, str]:
    """What was typed in these fields, so that a refused form shows it again."""
    return {name: posted.get(name, "") for name in names}


def day_of(posted: Mapping[str, str], name: str, *, empty: bool = False) -> dt.date | None:
    """A day from a form field, refused with the field's name (`CORE-006`); None where it may be empty."""
    text = posted.get(name, "").strip()
    if empty and not text:
        return None
    try:
        return parse_date(text)
    except KhueError as error:
        error.field = name
        raise
