"""Asking a loaded row what a `Q` would ask the database of it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q

if TYPE_CHECKING:
    from django.db.models import Model

PLAIN = (UUID, str, int, dt.date)


class _CannotTell(Exception):
    """The row does not hold what is asked."""


def holds(row: Model, q: Q) -> bool | None:
    """Whether the row meets the condition; None if only the database can tell.

    Understood are equality, `in` over values (not a subquery) and `isnull`, on fields of the row and
    of rows loaded with it, joined by and, or, not. An empty `Q` holds.
    """
    answers: list[bool | None] = []
    for child in q.children:
        if isinstance(child, Q):
            answers.append(holds(row, child))
        elif isinstance(child, tuple):
            answers.append(_leaf(row, *child))
        else:
            return None
    answer = _joined(q.connector, answers)
    return answer if answer is None or not q.negated else not answer


def _joined(connector: str, answers: list[bool | None]) -> bool | None:
    if connector == Q.AND or not answers:
        return False if False in answers else None if None in answers else True
    if connector == Q.OR:
        return True if True in answers else None if None in answers else False
    return None


def _leaf(row: Model, path: str, wanted: Any) -> bool | None:
    *names, last = path.split("__")
    lookup = last if names and last in {"in", "isnull"} else "exact"
    if lookup == "exact":
        names.append(last)
    try:
        value = _value(row, names)
    except _CannotTell:
        return None
    if lookup == "isnull":
        return (value is None) is wanted if isinstance(wanted, bool) else None
    if lookup == "in":
        if not isinstance(wanted, list | tuple | set | frozenset):
            return None
        if not wanted:
            return False
        return any(item == value for item in wanted) if _comparable(value, *wanted) else None
    return value == wanted if _comparable(value, wanted) else None


def _comparable(value: Any, *others: Any) -> bool:
    """Whether `==` here means what `=` means there: the same plain kind on both sides."""
    if value is None:
        return all(isinstance(other, PLAIN) for other in others)
    return isinstance(value, PLAIN) and all(isinstance(other, type(value)) for other in others)


def _value(row: Model, names: list[str]) -> Any:
    """The value at the end of a path, as far as it is loaded."""
    here: Any = row
    for number, name in enumerate(names):
        try:
            field = here._meta.pk if name == "pk" else here._meta.get_field(name)
        except FieldDoesNotExist as error:
            raise _CannotTell from error
        attribute = getattr(field, "attname", None)
        if attribute is None or attribute not in here.__dict__:
            raise _CannotTell
        if number == len(names) - 1:
            return here.__dict__[attribute]
        if here.__dict__[attribute] is None:
            return None
        if not (field.is_relation and field.is_cached(here)):
            raise _CannotTell
        here = field.get_cached_value(here)
    raise _CannotTell
