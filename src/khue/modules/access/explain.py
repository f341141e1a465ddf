"""Why somebody may, or may not, do something: each rule's answer in plain Vietnamese.

Any row of any module can be explained: it is named by its model's label and its short id. A module
may register a better name and its own rows to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps
from django.core.exceptions import FieldError
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from khue.core.actor import Role
from khue.core.errors import Invalid, NotFound
from khue.kit import permissions
from khue.kit.privacy import classification_of
from khue.kit.words import said
from khue.modules.access import policy, roles
from khue.modules.access.queries import actor_for
from khue.modules.orgs.api import Unit, ancestors_of
from khue.modules.people import api as people

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import Model

    from khue.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Explainable:
    """A kind of row whose access can be explained: its name for people, how to name one row."""

    model: str
    label: str
    name: Callable[[Model], str] = str


_KINDS: dict[str, Explainable] = {}


def register_explainable(model: str, label: str, name: Callable[[Model], str] = str) -> None:
    """Give a kind of row a name on the page that explains access, e.g. («gradebook.Sheet», «Bảng điểm»)."""
    _KINDS[model] = Explainable(model, label, name)


def explainables(with_model: str = "") -> list[Explainable]:
    """The kinds with names, in the order registered; and the one asked for, named or not."""
    known = list(_KINDS.values())
    if with_model and with_model not in _KINDS:
        known.append(Explainable(with_model, with_model))
    return known


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's answer (một quy tắc)."""

    sentence: str
    granted: bool
    because: str = ""  # the grant that gives it: «Văn thư ở Trường A»


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer about one person, one action, one row."""

    who: str
    action: str
    row: str
    granted: bool
    reasons: tuple[Reason, ...]


def explain(actor: Actor, *, person_id: UUID, action: str, model: str, key: UUID) -> Explanation:
    """Why a person may or may not do something to a row (vì sao có quyền).

    About oneself everybody may ask; about others only who sees the grants of the row's unit. A row
    that is not there is explained like a row that no rule opens: asking proves nothing.
    """
    declared = permissions.actions().get(action)
    if declared is None:
        raise Invalid("ACC-030", field="action", action=action[:60])
    kind = _model(model)
    row = kind._default_manager.filter(pk=key).first()
    about_me = person_id == actor.person_id
    may_look = row is not None and _may_look(actor, row)
    if not may_look and not about_me:
        raise NotFound("KIT-001")
    if not about_me:
        people.person_in_scope(actor, person_id)
    who = actor if about_me else actor_for(person_id, actor.now)
    try:
        outcomes = permissions.explain(who, action, row) if row is not None else []
    except FieldError as error:
        raise Invalid("ACC-031", field="model", model=model[:60]) from error
    rules = [item for item in outcomes if item.rule != "condition"]
    condition = next((item for item in outcomes if item.rule == "condition"), None)
    opened = any(item.granted for item in rules)
    known = opened or may_look
    if row is None:
        rules = [permissions.RuleOutcome(item.code, item.sentence, False) for item in declared.rules]
    reasons = [_reason(who, item, row) for item in rules]
    if condition is not None and known:
        reasons.append(Reason(said(condition.sentence), condition.granted))
    return Explanation(
        who=who.name,
        action=declared.label,
        row=_name(model, row) if row is not None and known else gettext("Hồ sơ này"),
        granted=opened and (condition is None or condition.granted),
        reasons=tuple(reasons),
    )


def _model(label: str) -> type[Model]:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Invalid("ACC-031", field="model", model=label[:60]) from error
    # Only the product's own records: sessions and one-time codes are nobody's business.
    if not classification_of(model):
        raise Invalid("ACC-031", field="model", model=label[:60])
    return model


def unit_of(row: Model) -> UUID | None:
    """The unit a row belongs to, if it says so."""
    if isinstance(row, Unit):
        return row.pk
    for name in ("school_id", "unit_id"):
        found = getattr(row, name, None)
        if found is not None:
            return found
    return None


def _may_look(actor: Actor, row: Model) -> bool:
    if isinstance(row, people.Person):
        return permissions.can(actor, people.SEE_PERSON, row)
    unit = unit_of(row)
    if unit is None:
        return False
    return permissions.visible(actor, policy.EXPLAIN, Unit.objects.filter(pk=unit)).exists()


def _name(model: str, row: Model) -> str:
    kind = _KINDS.get(model)
    if kind is not None:
        return f"{said(kind.label)} {kind.name(row)}"
    # A model without __str__ shows «Model object (id)»: useless to people.
    name = str(row)
    return gettext("Hồ sơ") if "object (" in name else name


def _reason(who: Actor, item: permissions.RuleOutcome, row: Model | None) -> Reason:
    if not item.rule.startswith("role:"):
        return Reason(said(item.sentence), item.granted)
    codes = item.rule.removeprefix("role:").split("@")[0].split(", ")
    wanted = [Role(code) for code in codes]
    named = "; ".join(said(roles.role_name(code)) for code in codes)
    sentence = gettext("Có một trong các vai trò sau trên đơn vị của hồ sơ hoặc đơn vị cấp trên: {named}.")
    sentence = sentence.format(named=named)
    return Reason(sentence, item.granted, _grant_behind(who, wanted, row) if item.granted else "")


def _grant_behind(who: Actor, wanted: list[Role], row: Model | None) -> str:
    """The grant that opens the row: the nearest unit over which one of the roles is held."""
    unit = unit_of(row) if row is not None else None
    if unit is None:
        return ""
    chain = [unit, *(item.pk for item in ancestors_of(unit, who.today))]
    for place in chain:
        for grant in who.grants:
            if grant.unit_id == place and grant.role in wanted:
                name = Unit.objects.filter(pk=place).values_list("name", flat=True).first() or ""
                return f"{said(roles.role_name(grant.role))}, {name}"
    return ""


register_explainable("orgs.Unit", _("Đơn vị"))
register_explainable("people.Person", _("Người"))
register_explainable("people.PupilProfile", _("Hồ sơ học sinh"), lambda row: str(row.person))  # type: ignore[attr-defined]
register_explainable("people.Employment", _("Hồ sơ cán bộ"), lambda row: str(row.person))  # type: ignore[attr-defined]
