"""One SQL engine for «may I?» and «which rows?»: role over a subtree, or a relation, on a date.

A module's policy.py declares each action with rules; every rule gives a `Q`. `visible()` filters
rows by the sum of those, `can()` and `load()` ask the same `Q` of one row, so that a list and a
check cannot disagree, and `explain()` says which rule granted or refused. Default: deny.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db.models import Q, QuerySet

from khue.core.actor import Actor, ActorKind, Role
from khue.core.errors import NotAllowed, NotFound
from khue.kit import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from uuid import UUID

    from django.db.models import Model

M = TypeVar("M", bound="Model")
DENY = Q(pk__in=())
FEW = 32  # so many units are listed in the query; more stay a subquery
Subtree = "Callable[[Iterable[UUID]], QuerySet[Any]]"
_subtree: list[Callable[[Iterable[UUID], Any], Any]] = []


def use_subtree(resolver: Callable[[Iterable[UUID], Any], Any]) -> None:
    """Plug in «ids of all units below these, on that day»; called once by the orgs module."""
    _subtree[:] = [resolver]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to be allowed: a name for people, and the rows it opens for an actor."""

    code: str
    sentence: str
    rows: Callable[[Actor], Q | None]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done to rows of one model."""

    code: str
    label: str
    rules: tuple[Rule, ...]
    condition: Q | None = None
    condition_sentence: str = ""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule said about one row, for the page that explains access."""

    rule: str
    sentence: str
    granted: bool


_ACTIONS: dict[str, Action] = {}


def register(action: Action) -> Action:
    """Declare an action; a code has one meaning in the whole system."""
    known = _ACTIONS.get(action.code)
    if known is not None and known.label != action.label:
        msg = f"action {action.code} is declared twice"
        raise ValueError(msg)
    _ACTIONS[action.code] = action
    return action


def actions() -> dict[str, Action]:
    """All declared actions, for the permission matrix."""
    return dict(sorted(_ACTIONS.items()))


def holds(*roles: Role, unit: str = "school") -> Rule:
    """Allowed to whoever holds one of the roles over the row's unit or a unit above it."""

    def rows(actor: Actor) -> Q | None:
        units = actor.units_with(*roles)
        if not units:
            return None
        return Q(**{f"{unit}__in": units_below(actor, units)})

    names = ", ".join(sorted(role.value for role in roles))
    return Rule(f"role:{names}@{unit}", f"Có vai trò {names} trên đơn vị của hồ sơ.", rows)


def relation(code: str, sentence: str, rows: Callable[[Actor], Q | None]) -> Rule:
    """Allowed through a relation to the row itself: teaches it, is its homeroom teacher."""
    return Rule(f"relation:{code}", sentence, rows)


def units_below(actor: Actor, units: tuple[UUID, ...]) -> Any:
    """Ids of the units of a subtree on the actor's day."""
    return asked_once(actor, units, lambda: _subtree[0](units, actor.today))


def asked_once(
    actor: Actor, key: object, ids: Callable[[], Any], first: Callable[[], list[UUID]] | None = None
) -> Any:
    """Ids that several conditions of one request need: few are listed, many stay a subquery.

    A list costs one plain query; a subquery is compiled again in each condition that names it.
    `first` is the quick way to the first FEW + 1 of them, where there is one.
    """
    asked = (key, actor)  # a copy of an actor shares its cache: the person, the day and the grants count
    if asked not in actor.cache:
        few = first() if first is not None else list(ids()[: FEW + 1])
        actor.cache[asked] = few if len(few) <= FEW else ids()
    return actor.cache[asked]


def rows_for(actor: Actor, action: str) -> Q:
    """The rows on which the actor may do this; composed once for an actor."""
    key = (action, actor)
    if key not in actor.cache:
        actor.cache[key] = _composed(actor, _ACTIONS[action])
    return cast("Q", actor.cache[key])


def _composed(actor: Actor, declared: Action) -> Q:
    """The sum of an action's rules for this actor, within its condition."""
    condition = declared.condition or Q()
    if actor.kind is ActorKind.SYSTEM:
        return condition
    parts = list(_grounds(actor, declared))
    return reduce(or_, parts) & condition if parts else DENY


def visible(actor: Actor, action: str, queryset: QuerySet[M]) -> QuerySet[M]:
    """Only the rows of the queryset on which the actor may do this."""
    return queryset.filter(rows_for(actor, action))


def can(actor: Actor, action: str, row: Model) -> bool:
    """Whether the actor may do this to that row: the engine's `Q`, asked of one row.

    The row answers itself where it can; what it cannot tell is asked of the database.
    """
    declared = _ACTIONS[action]
    open_questions = Q()
    told = False
    for q in _grounds(actor, declared):
        answer = memory.holds(row, q)
        if answer:
            told = True
            break
        if answer is None:
            open_questions |= q
    if not told and not open_questions:
        return False
    condition = declared.condition or Q()
    met = memory.holds(row, condition)
    if met is False:
        return False
    wanted = (Q() if told else open_questions) & (Q() if met else condition)
    return not wanted or type(row)._default_manager.filter(pk=row.pk).filter(wanted).exists()


def _grounds(actor: Actor, declared: Action) -> Iterator[Q]:
    """What opens a row to this actor, one ground after the other; an empty `Q` opens all."""
    if actor.kind is ActorKind.SYSTEM:
        yield Q()
        return
    for rule in declared.rules:
        q = rule.rows(actor)
        if q is not None:
            yield q


def load(
    actor: Actor, queryset: QuerySet[M], key: UUID, *, see: str, do: str = "", lock: bool = False
) -> M:
    """Load one row in scope: strangers get NotFound, those who see but may not do NotAllowed.

    With `lock` the row is locked for the rest of the transaction.
    """
    rows = queryset.filter(pk=key)
    if lock:
        rows = rows.select_for_update(of=("self",))
    return opened(actor, rows.first(), see=see, do=do)


def opened(actor: Actor, row: M | None, *, see: str, do: str = "") -> M:
    """The row, if the actor may see it and may do this; the refusals of `load` otherwise."""
    if row is None or not can(actor, see, row):
        raise NotFound("KIT-001")
    if do and not can(actor, do, row):
        raise NotAllowed("KIT-002", action=_ACTIONS[do].label)
    return row


def explain(actor: Actor, action: str, row: Model) -> list[RuleOutcome]:
    """What each rule of an action says about one row, and whether its condition holds."""
    declared = _ACTIONS[action]
    one = type(row)._default_manager.filter(pk=row.pk)
    outcomes = []
    for rule in declared.rules:
        q = rule.rows(actor)
        outcomes.append(RuleOutcome(rule.code, rule.sentence, q is not None and one.filter(q).exists()))
    if declared.condition is not None:
        holds_now = one.filter(declared.condition).exists()
        outcomes.append(RuleOutcome("condition", declared.condition_sentence, holds_now))
    return outcomes
