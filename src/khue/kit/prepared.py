"""Reads that are asked on every save: composed by the ORM once for each shape, then sent as text.

Composing a query costs the processor several times what the database needs to answer it. Here the
ORM composes it with markers in the place of values; the text stays, the values change. On
PostgreSQL a list is one value, and the statement is prepared in the connection; on SQLite lists are
filled up to the next power of two with their last value, so that few shapes exist. Measured in
docs/benchmarks.md.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models.query import FlatValuesListIterable, ModelIterable, get_related_populators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.db.models import QuerySet

R = TypeVar("R")
NONE = UUID(int=0)  # stands in an empty list; no row has it
DAY_ONE = dt.date(1901, 1, 1)


def execute(sql: str, values: Sequence[Any], *, fetch: bool = False, again: bool = False) -> list[Any]:
    """Send a text that is sent many times; on PostgreSQL it is prepared, and the values travel apart from it.

    With `again` it is planned anew each time.
    """
    here = connections[DEFAULT_DB_ALIAS]
    if here.vendor == "postgresql":
        if here.connection is None or here.queries_logged or here.execute_wrappers:
            return _observed(here, sql, values, fetch=fetch, again=again)
        here.validate_no_broken_transaction()
        with here.wrap_database_errors:
            made = preparing(here.connection, again=again)
            made.execute(sql, values)
            return made.fetchall() if fetch else []
    with here.cursor() as plain:
        plain.execute(sql, values)
        return list(plain.fetchall()) if fetch else []


def _observed(here: Any, sql: str, values: Sequence[Any], *, fetch: bool, again: bool) -> list[Any]:
    """The same through Django's own wrappers: they open the connection, count and log."""
    here.ensure_connection()
    with here._prepare_cursor(preparing(here.connection, again=again)) as wrapped:  # noqa: SLF001 - no public word
        wrapped.execute(sql, values)
        return list(wrapped.fetchall()) if fetch else []


def preparing(raw: Any, *, again: bool = False) -> Any:
    """A cursor that prepares what it sends."""
    from khue.kit.preparing import PreparingCursor  # noqa: PLC0415 - psycopg only where PostgreSQL is used

    made = PreparingCursor(raw)
    made.again = again
    return made


@contextmanager
def together() -> Iterator[None]:
    """What is written inside goes to PostgreSQL in one piece; a refusal of it is raised at the end."""
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


class Prepared(Generic[R]):
    """One read with named values; what `compose` returns decides what comes out: rows, tuples or values.

    `compose` must use each value in the query and nothing that changes from call to call. A value is
    None, a UUID, a day, a moment, a text, a number, or a list of UUIDs.

    A table that grows by the minute wants `grows`: a plan that PostgreSQL made for the empty table
    reads all of the full one.
    """

    def __init__(self, compose: Callable[..., QuerySet[Any]], *, grows: bool = False) -> None:
        self._compose = compose
        self._grows = grows
        self._plans: dict[Any, _Plan] = {}

    def __call__(self, **given: Any) -> list[R]:
        """All rows."""
        arrays = connection.vendor == "postgresql"
        values = {name: _listed(value, fill=not arrays) for name, value in given.items()}
        shape = (arrays, *((name, _shape(value, arrays)) for name, value in values.items()))
        plan = self._plans.get(shape)
        if plan is None:
            plan = self._plans[shape] = _plan(self._compose, values, arrays=arrays)
        return plan.run(values, again=self._grows)

    def first(self, **given: Any) -> R | None:
        """The first row, or None."""
        rows = self(**given)
        return rows[0] if rows else None


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place of the text: which value stands there, and how the driver takes it."""

    name: str
    position: int | None
    convert: Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """The text of one shape, where its values stand, and what becomes of a row."""

    sql: str
    slots: tuple[_Slot | tuple[Any], ...]  # a tuple holds what is always the same
    keys: tuple[int, ...]  # where SQLite hands out UUIDs as text
    converters: tuple[tuple[int, list[Callable[..., Any]], Any], ...]
    make: Callable[[Any], Any] | None

    def run(self, values: dict[str, Any], *, again: bool = False) -> list[Any]:
        """Send the text with these values."""
        sent: list[Any] = []
        for slot in self.slots:
            if isinstance(slot, tuple):
                sent.append(slot[0])
                continue
            value = values[slot.name]
            if slot.position is not None:
                value = value[slot.position]
            sent.append(slot.convert(value) if slot.convert else value)
        rows = execute(self.sql, sent, fetch=True, again=again)
        if self.keys or self.converters:
            rows = self._converted(rows)
        return [self.make(row) for row in rows] if self.make else rows

    def _converted(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        keys, converters, known, all_found = self.keys, self.converters, _known_uuid, []
        for row in rows:
            found = list(row)
            for position in keys:
                found[position] = known(found[position])
            for position, converts, expression in converters:
                value = found[position]
                for convert in converts:
                    value = convert(value, expression, connection)
                found[position] = value
            all_found.append(tuple(found))
        return all_found


def _listed(value: Any, *, fill: bool) -> Any:
    """Any collection as a list, filled up to a power of two if wished: what is asked stays the same."""
    if not isinstance(value, list | tuple | set | frozenset):
        return value
    items = list(value) or [NONE]
    wanted = 1 << (len(items) - 1).bit_length() if fill else 0
    return items + items[-1:] * (wanted - len(items))


def _shape(value: Any, arrays: bool) -> Any:  # noqa: FBT001 - private
    if isinstance(value, list):
        return list if arrays else len(value)
    return type(value)


def _plan(compose: Callable[..., QuerySet[Any]], values: dict[str, Any], *, arrays: bool) -> _Plan:
    """Compose the query with a marker for each value and find where the markers went."""
    known: dict[Any, tuple[str, int | None]] = {}
    number = 0

    def marker(name: str, value: Any, position: int | None) -> Any:
        nonlocal number
        if value is None:
            return None
        number += 1
        found = _marker(value, number)
        known[found] = (name, position)
        return found

    marked = {
        name: [marker(name, item, at) for at, item in enumerate(value[:1] * 2 if arrays else value)]
        if isinstance(value, list)
        else marker(name, value, None)
        for name, value in values.items()
    }
    queryset = compose(**marked)
    compiler = queryset.query.get_compiler(using=queryset.db)
    sql, params = compiler.as_sql()
    forms = {as_sent(found): (found, convert) for found in known for as_sent, convert in _forms(found)}
    slots: list[_Slot | tuple[Any]] = []
    used = set()
    for param in params:
        found, convert = forms.get(param, (None, None)) if param.__hash__ else (None, None)
        if found is None:
            slots.append((param,))
        else:
            used.add(found)
            slots.append(_Slot(*known[found], convert))
    if len(used) < len(known):
        missing = sorted({known[found][0] for found in known.keys() - used})
        msg = f"the query does not hold {', '.join(missing)} as it was given"
        raise ValueError(msg)
    fields = [column[0] for column in compiler.select[: compiler.col_count]]
    slow = [getattr(connection.ops, "convert_uuidfield_value", None)]
    all_converters = compiler.get_converters(fields).items()
    keys = tuple(position for position, (found, _) in all_converters if found == slow)
    converters = tuple(
        (position, found, expression) for position, (found, expression) in all_converters if found != slow
    )
    if arrays:
        sql, slots = _with_arrays(sql, slots)
    return _Plan(sql, tuple(slots), keys, converters, _maker(queryset, compiler))


@lru_cache(maxsize=16_384)
def _known_uuid(text: str | None) -> UUID | None:
    """A key as the ORM gives it. The same few hundred stand in thousands of rows, and making one is slow."""
    return None if text is None else UUID(text)


def _with_arrays(
    sql: str, slots: list[_Slot | tuple[Any]]
) -> tuple[str, list[_Slot | tuple[Any]]]:
    """`x IN (%s, %s)`, the marks of a list, becomes `x = ANY(%s)` with one array."""
    pieces = sql.split("%s")
    text, taken, kept = pieces[0], iter(zip(slots, pieces[1:], strict=True)), []
    for slot, after in taken:
        if isinstance(slot, tuple) or slot.position is None:
            kept.append(slot)
            text += "%s" + after
            continue
        second, rest = next(taken)
        if not text.endswith(" IN (") or after != ", " or not isinstance(second, _Slot) or rest[:1] != ")":
            msg = f"the list {slot.name} may only stand after «in»"
            raise ValueError(msg)
        kept.append(_Slot(slot.name, None, _array))
        text = text.removesuffix(" IN (") + " = ANY(%s::uuid[])" + rest[1:]
    return text, kept


def _array(keys: list[UUID]) -> str:
    """The literal of an array of UUIDs."""
    return "{" + ",".join([key.hex for key in keys]) + "}"


def _marker(value: Any, number: int) -> Any:
    """A value of the same kind that stands nowhere else."""
    if isinstance(value, UUID):
        return UUID(int=(0xFEED << 112) + number)
    if isinstance(value, dt.datetime):
        return dt.datetime.combine(DAY_ONE, dt.time(), dt.UTC) + dt.timedelta(days=number)
    if isinstance(value, dt.date):
        return DAY_ONE + dt.timedelta(days=number)
    if isinstance(value, str):
        return f"\u27e6{number}\u27e7"
    if isinstance(value, int) and not isinstance(value, bool):
        return 31_987 + number  # fits into the smallest column
    msg = f"a prepared read takes no {type(value).__name__}"
    raise TypeError(msg)


def _forms(found: Any) -> Iterator[tuple[Callable[[Any], Any], Callable[[Any], Any] | None]]:
    """How a value may look when the ORM has prepared it for the driver, with what makes it so."""
    ops = connection.ops
    yield (lambda value: value), None
    if isinstance(found, UUID):
        yield (lambda value: value.hex), (lambda value: value.hex)
    elif isinstance(found, dt.datetime):
        yield ops.adapt_datetimefield_value, ops.adapt_datetimefield_value
    elif isinstance(found, dt.date):
        yield ops.adapt_datefield_value, ops.adapt_datefield_value


def _maker(queryset: QuerySet[Any], compiler: Any) -> Callable[[Any], Any] | None:
    """What becomes of a row: a model with what it points to, a bare value, or the tuple itself."""
    kind = queryset._iterable_class  # noqa: SLF001 - no public word for it
    if kind is FlatValuesListIterable:
        return lambda row: row[0]
    if kind is not ModelIterable:
        return None
    info, select = compiler.klass_info, compiler.select
    model = info["model"]
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[start:end]]
    populators = get_related_populators(info, select, queryset.db)  # type: ignore[call-arg] # stubs of Django 6

    def make(row: Any) -> Any:
        made = model.from_db(queryset.db, names, row[start:end])
        for populator in populators:
            populator.populate(row, made)
        return made

    return make
